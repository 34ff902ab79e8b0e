//! The look's promise: text can be read, light and dark (WCAG 2.2, 1.4.3: 4.5:1).

use std::collections::HashMap;

const TOKENS: &str = include_str!("../styles/tokens.css");

/// Text and what it stands on.
const PAIRS: [(&str, &str); 18] = [
    ("ink", "ground"),
    ("ink", "card"),
    ("ink", "accent-on"),
    ("ink", "ring-on"),
    ("ink", "failed-on"),
    ("quiet", "ground"),
    ("quiet", "card"),
    ("quiet", "accent-on"),
    ("card", "ink"),
    ("accent", "card"),
    ("accent", "accent-on"),
    ("ring", "ring-on"),
    ("done", "done-on"),
    ("failed", "failed-on"),
    ("failed", "card"),
    ("on-strong", "accent"),
    ("on-strong", "done-mark"),
    ("on-strong", "failed"),
];

fn tokens(block: &str) -> HashMap<&str, [f64; 3]> {
    let lines = block
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
    lines
        .filter_map(|(name, value)| Some((name, colour(value.trim_end_matches(';'))?)))
        .collect()
}

fn colour(hex: &str) -> Option<[f64; 3]> {
    let part = |i: usize| {
        u8::from_str_radix(hex.get(i..i + 2)?, 16)
            .ok()
            .map(|byte| f64::from(byte) / 255.0)
    };
    Some([part(0)?, part(2)?, part(4)?])
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |c: f64| {
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_text_can_be_read_light_and_dark() {
    let (light, rest) = TOKENS
        .split_once("@media (prefers-color-scheme: dark)")
        .unwrap();
    let dark = rest.split_once("@media").unwrap().0;
    for (mode, tokens) in [("light", tokens(light)), ("dark", tokens(dark))] {
        for (text, ground) in PAIRS {
            let ratio = contrast(tokens[text], tokens[ground]);
            assert!(ratio >= 4.5, "{mode}: {text} on {ground} is {ratio:.2}:1");
        }
    }
}
