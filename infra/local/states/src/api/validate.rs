//! `ValidateStateMachineDefinition`.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::machines::workflow_named;
use super::{Answer, ApiError};
use crate::asl::{self, Code, Diagnostic, Severity};
use crate::core::Workflow;
use crate::engine::{Inner, beside};
use crate::integration::ServiceModels;

const MAX_DIAGNOSTICS: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    definition: Option<String>,
    r#type: Option<String>,
    severity: Option<String>,
    max_results: Option<i64>,
}

pub(super) fn validate(inner: &Inner, request: Request) -> Answer {
    let definition = request
        .definition
        .ok_or_else(|| ApiError::missing("definition"))?;
    let workflow = workflow_named(request.r#type.as_deref())?;
    let with_warnings = match request.severity.as_deref() {
        None | Some("ERROR") => false,
        Some("WARNING") => true,
        Some(other) => return Err(ApiError::not_in("severity", other, &["ERROR", "WARNING"])),
    };
    let most = most(request.max_results)?;
    let models = &inner.config.service_models;
    let found = beside(|| findings(&definition, workflow, models));
    let failed = found.iter().any(|d| d.severity == Severity::Error);
    let shown: Vec<&Diagnostic> = found
        .iter()
        .filter(|d| with_warnings || d.severity == Severity::Error)
        .collect();
    let diagnostics: Vec<Value> = shown.iter().take(most).map(|d| told(d)).collect();
    Ok(json!({
        "result": if failed { "FAIL" } else { "OK" },
        "truncated": shown.len() > most,
        "diagnostics": diagnostics,
    }))
}

fn findings(definition: &str, workflow: Workflow, models: &ServiceModels) -> Vec<Diagnostic> {
    if definition.trim().is_empty() {
        return vec![Diagnostic {
            severity: Severity::Error,
            code: Code::Schema,
            message: "Definition must be a valid JSON object".to_owned(),
            location: String::new(),
        }];
    }
    let is_express = workflow == Workflow::Express;
    match asl::compile_with(definition, models) {
        Ok(compiled) => {
            let mut found = asl::lint::refused(definition, &compiled.warnings, is_express);
            let others = compiled.warnings.into_iter();
            found.extend(others.filter(|d| d.code != Code::Unreachable));
            found.extend(asl::lint::warnings(definition));
            found
        }
        Err(found) => with_lint(found, definition, is_express),
    }
}

/// What keeps a definition from compiling, and what else there is to find in it. Of a place that is told of already nothing
/// more is said, and what is too long is not looked at.
fn with_lint(mut found: Vec<Diagnostic>, definition: &str, is_express: bool) -> Vec<Diagnostic> {
    let is_too_long = definition.len() > asl::MAX_DEFINITION_BYTES;
    if is_too_long || serde_json::from_str::<Value>(definition).is_err() {
        return found;
    }
    let mut more = asl::lint::refused(definition, &found, is_express);
    more.extend(asl::lint::warnings(definition));
    found.retain(|d| d.code != Code::Unreachable);
    let told: HashSet<String> = found.iter().map(|d| d.location.clone()).collect();
    found.extend(more.into_iter().filter(|d| !told.contains(&d.location)));
    found
}

fn most(max_results: Option<i64>) -> Result<usize, ApiError> {
    match max_results.map(usize::try_from) {
        None | Some(Ok(0)) => Ok(MAX_DIAGNOSTICS),
        Some(Ok(most)) if most <= MAX_DIAGNOSTICS => Ok(most),
        Some(_) => Err(ApiError::Validation(format!(
            "Value '{}' at 'maxResults' failed to satisfy constraint: Member must have value between 0 and \
             {MAX_DIAGNOSTICS}",
            max_results.unwrap_or_default()
        ))),
    }
}

fn told(diagnostic: &Diagnostic) -> Value {
    let mut told = json!({
        "severity": diagnostic.severity.as_str(),
        "code": diagnostic.code.as_str(),
        "message": diagnostic.message,
    });
    if !diagnostic.location.is_empty() {
        told["location"] = json!(diagnostic.location);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_more_is_said_of_a_definition_that_is_too_long() {
        let definition =
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":"$.x","Next":"B"}}}"#;
        let findings = |text: &str| findings(text, Workflow::Standard, &ServiceModels::default());
        assert!(findings(definition).len() > 1);
        let padded = format!("{definition}{}", " ".repeat(asl::MAX_DEFINITION_BYTES));
        let found = findings(&padded);
        let [only] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert!(only.message.contains("bytes"), "{only}");
    }
}
