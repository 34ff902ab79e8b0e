//! What a value of an expression weighs, and how much of one may be.

use jsonata_core::value::JValue;

/// Most bytes of the texts that the expressions of one field hold and have made themselves.
pub(super) const MAX_TEXT_BYTES: usize = 64 * 1_048_576;
/// What each of them costs besides.
pub(super) const ENTRY_BYTES: usize = 64;
/// What an object of `$match` costs.
pub(super) const MATCH_BYTES: usize = 512;
/// Most bytes of a result, about: far above what a state takes, so that what is only too large for a state is told as that.
const MAX_RESULT_BYTES: usize = 16 * 1_048_576;
/// Deepest result.
const MAX_RESULT_LEVELS: usize = 500;

/// Why a value is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weighed {
    /// It holds a function.
    Function,
    /// It is longer than [`MAX_RESULT_BYTES`] when it is written.
    TooLarge,
    /// It nests deeper than [`MAX_RESULT_LEVELS`].
    TooDeep,
}

/// Can this be written as a result? What is in a value many times is counted as often, as it would be written.
pub(super) fn result(value: &JValue) -> Result<(), Weighed> {
    let mut scales = Scales {
        left: MAX_RESULT_BYTES,
        indent: 0,
    };
    scales.weigh(value, 0)
}

/// How long the text of a value is, about; more than fits if it is too long or too deep.
pub(super) fn text_bytes(value: &JValue) -> usize {
    written_bytes(value, 0)
}

/// The same of a text that is indented.
pub(super) fn indented_bytes(value: &JValue) -> usize {
    // Two spaces at each level.
    written_bytes(value, 2)
}

fn written_bytes(value: &JValue, indent: usize) -> usize {
    if let Some(text) = value.as_str() {
        return text.len();
    }
    let mut scales = Scales {
        left: MAX_TEXT_BYTES,
        indent,
    };
    match scales.weigh(value, 0) {
        Ok(()) | Err(Weighed::Function) => MAX_TEXT_BYTES - scales.left,
        Err(Weighed::TooLarge | Weighed::TooDeep) => MAX_TEXT_BYTES + 1,
    }
}

/// What may still be put on, in bytes, and what each level costs a value that stands there.
struct Scales {
    left: usize,
    indent: usize,
}

impl Scales {
    fn weigh(&mut self, value: &JValue, level: usize) -> Result<(), Weighed> {
        if level > MAX_RESULT_LEVELS {
            return Err(Weighed::TooDeep);
        }
        self.pay(self.indent * level)?;
        match value {
            JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => {
                Err(Weighed::Function)
            }
            JValue::String(text) => self.pay(text.len() + 2),
            JValue::Null | JValue::Bool(_) | JValue::Number(_) | JValue::Undefined => self.pay(2),
            JValue::Array(_) => {
                self.pay(2 + self.indent * level)?;
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                items
                    .iter()
                    .try_for_each(|item| self.weigh(item, level + 1))
            }
            JValue::Object(_) => {
                self.pay(2 + self.indent * level)?;
                let fields = value.as_object().into_iter().flatten();
                for (name, field) in fields {
                    self.pay(name.len() + 3)?;
                    self.weigh(field, level + 1)?;
                }
                Ok(())
            }
        }
    }

    fn pay(&mut self, bytes: usize) -> Result<(), Weighed> {
        self.left = self.left.checked_sub(bytes).ok_or(Weighed::TooLarge)?;
        Ok(())
    }
}
