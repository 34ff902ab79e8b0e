//! `ValidateStateMachineDefinition`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, ApiError};
use crate::asl::{self, Diagnostic, Severity};

const MAX_DIAGNOSTICS: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    definition: Option<String>,
    severity: Option<String>,
    max_results: Option<usize>,
}

pub(super) fn validate(request: Request) -> Answer {
    let definition = request
        .definition
        .ok_or_else(|| ApiError::missing("definition"))?;
    let found = match asl::compile(&definition) {
        Ok(compiled) => compiled.warnings,
        Err(found) => found,
    };
    let failed = found.iter().any(|d| d.severity == Severity::Error);
    let with_warnings = request.severity.as_deref() == Some("WARNING");
    let shown: Vec<&Diagnostic> = found
        .iter()
        .filter(|d| with_warnings || d.severity == Severity::Error)
        .collect();
    let most = match request.max_results {
        None | Some(0) => MAX_DIAGNOSTICS,
        Some(most) => most.min(MAX_DIAGNOSTICS),
    };
    let diagnostics: Vec<Value> = shown.iter().take(most).map(|d| told(d)).collect();
    Ok(json!({
        "result": if failed { "FAIL" } else { "OK" },
        "truncated": shown.len() > most,
        "diagnostics": diagnostics,
    }))
}

fn told(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": diagnostic.severity.as_str(),
        "code": diagnostic.code.as_str(),
        "message": diagnostic.message,
        "location": diagnostic.location,
    })
}
