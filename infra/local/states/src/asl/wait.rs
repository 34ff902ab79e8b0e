//! The Wait state: `Seconds` or `Timestamp`. Source: states-language.net, "Wait State".

use super::compile::Compiler;
use super::diagnostic::Code;
use super::fields::Fields;
use super::{Seconds, Text};

/// Longest `Seconds` (guide: 99,999,999).
pub const MAX_WAIT_S: u32 = 99_999_999;

/// Until when.
#[derive(Debug)]
pub enum Wait {
    /// This long after the state was entered.
    For(Seconds),
    /// A time as in RFC 3339.
    Until(Text),
}

pub(super) fn read(compiler: &mut Compiler, fields: &Fields<'_>) -> Option<Wait> {
    let seconds = fields
        .seconds("Seconds", 0, MAX_WAIT_S, &mut compiler.findings)
        .map(Wait::For);
    let timestamp = fields.text("Timestamp", &mut compiler.findings);
    if let Some(Text::Literal(text)) = &timestamp
        && text.parse::<jiff::Timestamp>().is_err()
    {
        let message = "'Timestamp' must be a time like 2026-03-14T01:59:00Z (RFC 3339)";
        compiler
            .findings
            .error(Code::Schema, fields.pointer("Timestamp"), message);
    }
    if fields.get("Seconds").is_some() == fields.get("Timestamp").is_some() {
        let message = "A Wait state has exactly one of: [Seconds, Timestamp]";
        compiler
            .findings
            .error(Code::Schema, fields.at.clone(), message);
        return None;
    }
    seconds.or(timestamp.map(Wait::Until))
}
