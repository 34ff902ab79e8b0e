//! What an expression's text mentions, so that only that is bound when it is evaluated.

/// The parts of `$states`, the variables and the extra functions that an expression may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Uses {
    pub(super) input: bool,
    pub(super) result: bool,
    pub(super) error_output: bool,
    pub(super) context: bool,
    /// It puts texts together: see [`super::bounds`].
    pub(super) texts: bool,
    /// Every `$name` in the text, `$states` left out.
    pub(super) names: Vec<String>,
}

impl Uses {
    /// Reads `source`. It errs to the side of more: a `$name` inside a string counts.
    pub(super) fn of(source: &str) -> Self {
        let mut uses = Self::default();
        let bytes = source.as_bytes();
        let mut at = 0;
        while let Some(found) = source[at..].find('$') {
            let start = at + found + 1;
            let end = start + bytes[start..].iter().take_while(|b| is_name(**b)).count();
            let name = &source[start..end];
            if name == "states" {
                uses.states(&source[end..]);
            } else if !name.is_empty() && !uses.names.iter().any(|n| n == name) {
                uses.names.push(name.to_owned());
            }
            at = end.max(start);
        }
        uses
    }

    fn states(&mut self, rest: &str) {
        let field = rest.strip_prefix('.').unwrap_or("");
        let name_len = field.bytes().take_while(|b| is_name(*b)).count();
        match &field[..name_len] {
            "input" => self.input = true,
            "result" => self.result = true,
            "errorOutput" => self.error_output = true,
            "context" => self.context = true,
            _ => {
                // `$states` bare, quoted or computed: anything may be meant.
                self.input = true;
                self.result = true;
                self.error_output = true;
                self.context = true;
            }
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.input |= other.input;
        self.result |= other.result;
        self.error_output |= other.error_output;
        self.context |= other.context;
        self.texts |= other.texts;
        for name in &other.names {
            if !self.names.contains(name) {
                self.names.push(name.clone());
            }
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_mentioned_is_bound() {
        let uses = Uses::of("$states.input.a & $count(x) + $uuid()");
        assert!(uses.input && !uses.context && !uses.result && !uses.error_output);
        assert_eq!(uses.names, ["count", "uuid"]);
    }

    #[test]
    fn a_bare_states_means_everything() {
        let uses = Uses::of("$lookup($states, $which)");
        assert!(uses.input && uses.context && uses.result && uses.error_output);
    }
}
