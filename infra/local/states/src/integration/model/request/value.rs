//! Single values as services take them.

/// The sentence about an argument of another kind.
pub(super) fn wanted(given: &str, what: &str) -> String {
    format!("The value for the field '{given}' must be {what}")
}
