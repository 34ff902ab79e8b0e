//! Errors of tasks: a wire format that workflows catch by name.

/// May the workflow try the task again?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same input may succeed later; the definition names it in `Retry`.
    Yes,
    /// It will not, or it must not be tried; the definition names it in `Catch`.
    Never,
}

/// An error that a workflow can name. Names are `Area.Reason`: append, never rename.
pub trait TaskError: std::error::Error {
    /// Every name this error can have, with the workflow's right answer.
    const NAMES: &'static [(&'static str, Retry)];

    /// The name of this value, one of [`Self::NAMES`].
    fn name(&self) -> &'static str;
}

/// The store (DynamoDB) could not be reached or refused for a passing reason.
pub const STORE_UNAVAILABLE: &str = "Store.Unavailable";
/// The carrier did not answer, or takes no more for now.
pub const CARRIER_UNAVAILABLE: &str = "Carrier.Unavailable";
/// The carrier refuses, and will refuse the same again.
pub const CARRIER_REFUSED: &str = "Carrier.Refused";
/// The task's input does not fit its type: our bug, so it is never retried.
pub const BAD_INPUT: &str = "Contract.BadInput";
