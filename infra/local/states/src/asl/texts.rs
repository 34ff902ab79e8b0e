//! The texts that the expressions of a field have made and still hold. Whoever makes one asks first whether there is room.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use jsonata_core::evaluator::EvaluatorError;
use jsonata_core::value::JValue;

use super::sizes::{ENTRY_BYTES, MATCH_BYTES, MAX_TEXT_BYTES};

/// What a function of an expression gives.
pub(super) type Answer = Result<JValue, EvaluatorError>;

/// The account of one [`super::expression::Session`]; its clones are the same account.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts(Rc<RefCell<Account>>);

#[derive(Debug, Default)]
struct Account {
    /// Each with its bytes.
    held: Vec<(Weak<str>, usize)>,
    /// The sum of `held`, with what each costs besides.
    bytes: usize,
    /// Bytes that were given away and cannot be seen any more.
    passed: usize,
}

impl Texts {
    /// Is there room for so many bytes more?
    pub(super) fn admit(&self, bytes: usize) -> Result<(), EvaluatorError> {
        self.0
            .borrow_mut()
            .make_room(bytes.saturating_add(ENTRY_BYTES))
    }

    /// Notes a value that has just been made, and gives it back.
    pub(super) fn hold(&self, value: JValue) -> Answer {
        self.note(&value)?;
        Ok(value)
    }

    /// Notes a value that has just been made: a text, or a list of texts, or of matches. What has another handle than the one
    /// here was there before.
    pub(super) fn note(&self, value: &JValue) -> Result<(), EvaluatorError> {
        let mut account = self.0.borrow_mut();
        match value.as_array() {
            Some(items) => items.iter().for_each(|item| account.note(item)),
            None => account.note(value),
        }
        account.make_room(0)
    }

    /// Notes a text that becomes part of another one before that can be seen.
    pub(super) fn pass(&self, bytes: usize) -> Result<(), EvaluatorError> {
        let mut account = self.0.borrow_mut();
        account.passed = account.passed.saturating_add(bytes);
        if account.passed > MAX_TEXT_BYTES {
            return Err(too_large());
        }
        Ok(())
    }
}

impl Account {
    fn make_room(&mut self, wanted: usize) -> Result<(), EvaluatorError> {
        if self.bytes.saturating_add(wanted) > MAX_TEXT_BYTES {
            self.held.retain(|(text, _)| text.strong_count() > 0);
            self.bytes = self.held.iter().map(|(_, bytes)| bytes + ENTRY_BYTES).sum();
        }
        if self.bytes.saturating_add(wanted) > MAX_TEXT_BYTES {
            return Err(too_large());
        }
        Ok(())
    }

    fn note(&mut self, value: &JValue) {
        match value {
            JValue::String(text) => self.note_text(text, 0),
            // What `$match` finds.
            other => {
                let fields = other.as_object().into_iter().flatten();
                for (_, field) in fields {
                    if let JValue::String(text) = field {
                        self.note_text(text, MATCH_BYTES);
                    }
                }
            }
        }
    }

    fn note_text(&mut self, text: &Rc<str>, besides: usize) {
        if Rc::strong_count(text) == 1 && Rc::weak_count(text) == 0 {
            let bytes = text.len() + besides;
            self.held.push((Rc::downgrade(text), bytes));
            self.bytes += bytes + ENTRY_BYTES;
        }
    }
}

fn too_large() -> EvaluatorError {
    EvaluatorError::EvaluationError(format!(
        "It puts together more than {} MiB of text",
        MAX_TEXT_BYTES / 1_048_576
    ))
}
