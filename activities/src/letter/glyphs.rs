//! What the letter's type can write: Helvetica in the encoding that PDF calls `WinAnsiEncoding` (ISO 32000-1, annex D), which every
//! reader has without an embedded font, and how wide its signs are (Adobe's metrics, thousandths of the size).

/// 0x80 to 0x9F.
const HIGH: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8A),
    ('‹', 0x8B),
    ('Œ', 0x8C),
    ('Ž', 0x8E),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9A),
    ('›', 0x9B),
    ('œ', 0x9C),
    ('ž', 0x9E),
    ('Ÿ', 0x9F),
];

/// 0x20 to 0x7E.
const ASCII_WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// 0xA0 to 0xFF.
const LATIN_WIDTHS: [u16; 96] = [
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333, 400, 584, 333,
    333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611, 667, 667, 667, 667, 667, 667,
    1000, 722, 667, 667, 667, 667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778, 778, 584, 778,
    722, 722, 722, 722, 667, 667, 611, 556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556,
    278, 278, 278, 278, 556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556,
    500,
];

/// The widest sign of 0x80 to 0x9F, taken for all of them: a line may break early, never late.
const HIGH_WIDTH: u16 = 1000;

fn byte(sign: char) -> Option<u8> {
    match u32::from(sign) {
        code @ (0x20..=0x7E | 0xA0..=0xFF) => u8::try_from(code).ok(),
        _ => HIGH
            .iter()
            .find(|(known, _)| *known == sign)
            .map(|(_, byte)| *byte),
    }
}

/// The characters that cannot be written, each once, in the text's order.
pub(super) fn unwritable(text: &str) -> String {
    let mut found = String::new();
    for sign in text.chars() {
        if byte(sign).is_none() && !found.contains(sign) {
            found.push(sign);
        }
    }
    found
}

/// The text as bytes of the encoding. What cannot be written was refused before; a stray one becomes a question mark.
pub(super) fn encode(text: &str) -> Vec<u8> {
    text.chars()
        .map(|sign| byte(sign).unwrap_or(b'?'))
        .collect()
}

/// The text's width in thousandths of the size.
pub(super) fn width(text: &str) -> u32 {
    let of = |byte: u8| match byte {
        0x20..=0x7E => ASCII_WIDTHS[usize::from(byte - 0x20)],
        0xA0..=0xFF => LATIN_WIDTHS[usize::from(byte - 0xA0)],
        0..=0x1F | 0x7F..=0x9F => HIGH_WIDTH,
    };
    encode(text)
        .into_iter()
        .map(|byte| u32::from(of(byte)))
        .sum()
}

/// Breaks a text into lines of at most so many thousandths; a word that is longer alone is broken within.
pub(super) fn lines(text: &str, most: u32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("one line at least");
        let joined = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if width(&joined) <= most {
            *line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for sign in word.chars() {
            let line = lines.last_mut().expect("one line at least");
            let longer = format!("{line}{sign}");
            if width(&longer) <= most || line.is_empty() {
                *line = longer;
            } else {
                lines.push(sign.to_string());
            }
        }
    }
    lines
}
