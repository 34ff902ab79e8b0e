//! A line of text: a name, a street, what something is for.

/// Whether a text is 1 to `most` characters (Unicode scalar values), not only spaces, and no control characters.
pub fn fits(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// What fits, in words.
pub fn allowed(most: usize) -> String {
    format!("1 to {most} characters, not only spaces, no control characters")
}

/// A text as one line: whatever would break it, or is not seen, is a space. For what was stored before it was held against [`fits`].
pub fn unbroken(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.replace(breaks, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_several_lines_is_made_one() {
        for (text, line) in [
            ("Zürich", "Zürich"),
            ("a.pdf)\n- b\r\n(c\u{2028}d", "a.pdf) - b  (c d"),
        ] {
            assert_eq!(unbroken(text), line);
        }
    }

    #[test]
    fn a_line_says_something_and_has_an_end() {
        for text in ["a", "Zürich", " a ", "ééé"] {
            assert!(fits(text, 6), "{text}");
        }
        for text in ["", "   ", "\u{a0}", "a\nb", "a\u{7}b", "ééééééé", "a      "] {
            assert!(!fits(text, 6), "{text:?}");
        }
        let words = "1 to 6 characters, not only spaces, no control characters";
        assert_eq!(allowed(6), words);
    }
}
