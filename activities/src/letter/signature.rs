//! A signature drawn on a screen.
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Most strokes of a signature.
const STROKES_MAX: usize = 64;
/// Most points of all strokes.
const POINTS_MAX: usize = 2_000;
/// Fewest points: a dot is no signature.
const POINTS_MIN: usize = 8;
/// The pad's width in its own units; x is 0 to this.
pub(super) const PAD_WIDTH: u16 = 1_000;
/// The pad's height; y is 0 (top) to this.
pub(super) const PAD_HEIGHT: u16 = 300;
/// Most characters of the name.
const NAME_MAX: usize = 200;

/// One line drawn without lifting the pen: points `[x, y]`, x 0 to 1000 from the left, y 0 to 300 from the top.
pub type Stroke = Vec<(u16, u16)>;

/// Who signed, what they drew, and what tells it apart from another's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signature {
    /// What they drew.
    pub strokes: Vec<Stroke>,
    /// The name they typed beside it.
    pub name: String,
    /// When it reached us, RFC 3339, UTC.
    pub at: String,
    /// The address that it came from, as far as the gateway knows.
    pub from: String,
    /// SHA-256 of the unsigned document that they saw, 64 characters of `0-9a-f`.
    pub document: String,
}

/// Why it is no signature.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {allowed}")]
pub struct BadSignature {
    /// The field.
    pub field: &'static str,
    /// What is allowed.
    pub allowed: String,
}

impl Signature {
    /// Checks what was drawn and typed.
    ///
    /// # Errors
    /// [`BadSignature`] with the first field that does not fit.
    pub fn check(&self) -> Result<(), BadSignature> {
        let bad = |field, allowed: String| Err(BadSignature { field, allowed });
        let points: usize = self.strokes.iter().map(Vec::len).sum();
        if !(1..=STROKES_MAX).contains(&self.strokes.len())
            || self.strokes.iter().any(Vec::is_empty)
        {
            return bad("strokes", format!("1 to {STROKES_MAX} strokes, none empty"));
        }
        if !(POINTS_MIN..=POINTS_MAX).contains(&points) {
            return bad(
                "strokes",
                format!("{POINTS_MIN} to {POINTS_MAX} points in all"),
            );
        }
        if self
            .strokes
            .iter()
            .flatten()
            .any(|(x, y)| *x > PAD_WIDTH || *y > PAD_HEIGHT)
        {
            return bad(
                "strokes",
                format!("x from 0 to {PAD_WIDTH}, y from 0 to {PAD_HEIGHT}"),
            );
        }
        let characters = self.name.trim().chars().count();
        if !(1..=NAME_MAX).contains(&characters) {
            return bad("name", format!("1 to {NAME_MAX} characters"));
        }
        Ok(())
    }
}
