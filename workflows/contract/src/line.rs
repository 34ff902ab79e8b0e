//! A line of text: a name, a street, what something is for.

/// Whether a text is 1 to `most` characters (Unicode scalar values), not only spaces, and no control characters.
pub fn fits(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// What fits, in words.
pub fn allowed(most: usize) -> String {
    format!("1 to {most} characters, not only spaces, no control characters")
}

#[cfg(test)]
mod tests {
    use super::*;

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
