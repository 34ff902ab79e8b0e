//! `fmt`: one layout for all Rust sources.

use anyhow::Result;

use crate::run;

/// Formats every crate.
pub(crate) fn run() -> Result<()> {
    run::quietly(run::cargo().args(["fmt", "--all"]))
}
