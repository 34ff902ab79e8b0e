//! `schemas`: the JSON Schemas of the contract and the pictures of the definitions, written from their sources.

use anyhow::Result;

use crate::run;

/// Rewrites `workflows/schemas` and the READMEs of definitions; the difference is reviewed like any other.
pub(crate) fn run() -> Result<()> {
    // The tests that hold them together know how to write them.
    let mut cargo = run::cargo();
    cargo.args(["test", "--quiet", "--workspace", "--test", "workflows"]);
    run::quietly(cargo.env("UPDATE", "1"))
}
