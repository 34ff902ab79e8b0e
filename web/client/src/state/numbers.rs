//! Telephone numbers and names as people read and write them.

/// Calling codes of two digits (ITU-T E.164 annex, list of assigned country codes). `1` and `7` have one digit, all
/// others three.
const TWO_DIGITS: [&str; 42] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "98",
];

/// An E.164 number in groups: `+41 44 555 01 00`. Anything else comes back as it is.
pub(crate) fn readable(number: &str) -> String {
    let Some(digits) = number
        .strip_prefix('+')
        .filter(|d| d.len() > 4 && d.bytes().all(|b| b.is_ascii_digit()))
    else {
        return number.to_owned();
    };
    let code = match &digits[..1] {
        "1" | "7" => 1,
        _ if TWO_DIGITS.contains(&&digits[..2]) => 2,
        _ => 3,
    };
    let (code, national) = digits.split_at(code);
    format!("+{code} {}", grouped(national))
}

fn grouped(digits: &str) -> String {
    let groups: &[usize] = match digits.len() {
        7 => &[3, 4],
        8 => &[4, 4],
        9 => &[2, 3, 2, 2],
        10 => &[3, 3, 4],
        11 => &[3, 4, 4],
        _ => &[3, 3, 3, 3, 3],
    };
    let mut rest = digits;
    let mut parts = Vec::new();
    for &length in groups {
        let (part, after) = rest.split_at(length.min(rest.len()));
        if !part.is_empty() {
            parts.push(part);
        }
        rest = after;
    }
    parts.join(" ")
}

/// What can be dialled of a text that somebody typed or pasted: digits, a leading plus, `*` and `#`. `None` if the text
/// is not a number. Whether it is a good number is for the dial plan to say.
pub(crate) fn dialable(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let text = text.split(';').next().unwrap_or_default();
    let mut number = String::new();
    for c in text.replace("(0)", "").chars() {
        match c {
            '+' if number.is_empty() => number.push('+'),
            '0'..='9' | '*' | '#' => number.push(c),
            ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2011}' | '\u{2013}' | '.' | '/' | '(' | ')' => {
            }
            _ => return None,
        }
    }
    let digits = number.trim_start_matches('+').len();
    (2..=32).contains(&digits).then_some(number)
}

/// One or two letters for a picture: `AK` of `Anna Keller`, `?` of a number.
pub(crate) fn initials(name: &str) -> String {
    let letters = |word: &str| {
        word.chars()
            .find(|c| c.is_alphabetic())
            .map(|c| c.to_uppercase().to_string())
    };
    let words: Vec<String> = name.split_whitespace().filter_map(letters).collect();
    match words.as_slice() {
        [] => "?".to_owned(),
        [only] => only.clone(),
        [first, second, ..] => format!("{first}{second}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(readable("+41445550100"), "+41 44 555 01 00");
        assert_eq!(readable("+6565550123"), "+65 6555 0123");
        assert_eq!(readable("+5078330142"), "+507 833 0142");
        assert_eq!(readable("+12025550123"), "+1 202 555 0123");
        assert_eq!(readable("anonymous"), "anonymous");
    }

    #[test]
    fn pasted_numbers_keep_only_what_is_dialled() {
        assert_eq!(
            dialable("tel:+41-44-555-01-00;ext=3").as_deref(),
            Some("+41445550100")
        );
        assert_eq!(
            dialable(" +41 (0)44 555\u{a0}01 00 ").as_deref(),
            Some("+41445550100")
        );
        assert_eq!(dialable("044 555 01 00").as_deref(), Some("0445550100"));
        assert_eq!(dialable("112").as_deref(), Some("112"));
        for bad in ["", "4", "Anna", "12x4", "4+1"] {
            assert_eq!(dialable(bad), None, "{bad}");
        }
    }

    #[test]
    fn initials_come_from_the_first_two_words() {
        assert_eq!(initials("Anna Keller"), "AK");
        assert_eq!(initials("Luc\u{ed}a M\u{e9}ndez Ruiz"), "LM");
        assert_eq!(initials("+65 6555"), "?");
    }

    proptest! {
        #[test]
        fn grouping_changes_no_digit(number in r"\+[1-9][0-9]{6,14}") {
            prop_assert_eq!(readable(&number).replace(' ', ""), number);
        }

        #[test]
        fn what_is_dialled_is_dialled_again(text in ".{0,40}") {
            if let Some(number) = dialable(&text) {
                prop_assert_eq!(dialable(&number), Some(number));
            }
        }
    }
}
