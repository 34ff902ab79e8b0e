//! `schemas`: the JSON Schemas of the contract, written from its types.

use anyhow::Result;

use crate::run;

/// Rewrites `workflows/schemas`; the difference is reviewed like any other.
pub(crate) fn run() -> Result<()> {
    run::quietly(run::cargo().args([
        "run",
        "--quiet",
        "--package",
        "contract",
        "--example",
        "schemas",
    ]))
}
