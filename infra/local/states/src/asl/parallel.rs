//! The Parallel state. Source: states-language.net, "Parallel State".

use jsonata_core::value::JValue;

use super::FlowIx;
use super::compile::Compiler;
use super::diagnostic::Code;
use super::fields::{EMPTY, Fields};
use super::handling;
use super::task::Handling;

/// Most branches of one state.
pub const MAX_BRANCHES: usize = 1_000;

/// Branches that run at the same time.
#[derive(Debug)]
pub struct Parallel {
    /// The machine of each branch.
    pub branches: Vec<FlowIx>,
    /// `Retry` and `Catch`.
    pub handling: Handling,
}

pub(super) fn read(
    compiler: &mut Compiler,
    fields: &Fields<'_>,
    flow: FlowIx,
    depth: usize,
) -> Parallel {
    let mut branches = Vec::new();
    match fields.get("Branches").map(JValue::as_array) {
        Some(Some(items)) if !items.is_empty() && items.len() <= MAX_BRANCHES => {
            for (i, item) in items.iter().enumerate() {
                let at = format!("{}/Branches/{i}", fields.at);
                if let Some(branch) = compiler.flow(item, at, depth + 1) {
                    branches.push(branch);
                }
            }
        }
        Some(Some(items)) if items.is_empty() => {
            compiler
                .findings
                .error(Code::Schema, fields.pointer("Branches"), EMPTY);
        }
        _ => {
            let message = "'Branches' must be an array of 1 to 1000 machines";
            compiler
                .findings
                .error(Code::Schema, fields.pointer("Branches"), message);
        }
    }
    Parallel {
        branches,
        handling: handling::read(compiler, fields, flow),
    }
}
