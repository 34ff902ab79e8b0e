//! Names and ARNs. Source: API reference, `CreateStateMachine` and `StartExecution`, "name".

use super::ApiError;
use crate::engine::Inner;

/// Longest name, in characters.
pub(super) const MAX_NAME_CHARS: usize = 80;
const FORBIDDEN: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";

/// Checks a name of a state machine or an execution.
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    let bad = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || FORBIDDEN.contains(c)
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(bad) {
        return Err(ApiError::InvalidName(name.to_owned()));
    }
    Ok(())
}

/// The ARN of a state machine.
pub(super) fn machine(inner: &Inner, name: &str) -> String {
    format!(
        "arn:aws:states:{}:{}:stateMachine:{name}",
        inner.config.region, inner.config.account
    )
}

/// The ARN of an activity.
pub(super) fn activity(inner: &Inner, name: &str) -> String {
    format!(
        "arn:aws:states:{}:{}:activity:{name}",
        inner.config.region, inner.config.account
    )
}

/// Checks that `arn` is the ARN of an activity.
pub(super) fn check_activity(arn: Option<String>) -> Result<String, ApiError> {
    let arn = arn.ok_or_else(|| ApiError::missing("activityArn"))?;
    if !arn.starts_with("arn:") {
        return Err(ApiError::InvalidArn(format!("Invalid ARN prefix: {arn}")));
    }
    check(&arn, "activity", 7)?;
    Ok(arn)
}

/// The ARN of an execution of the machine with this ARN.
pub(super) fn execution(machine_arn: &str, name: &str) -> String {
    format!(
        "{}:{name}",
        machine_arn.replacen(":stateMachine:", ":execution:", 1)
    )
}

/// Checks that `arn` is the ARN of a state machine.
pub(super) fn check_machine(arn: Option<String>) -> Result<String, ApiError> {
    let arn = arn.ok_or_else(|| ApiError::missing("stateMachineArn"))?;
    check(&arn, "stateMachine", 7)?;
    Ok(arn)
}

/// Checks that `arn` is the ARN of an execution.
pub(super) fn check_execution(arn: Option<String>) -> Result<String, ApiError> {
    let arn = arn.ok_or_else(|| ApiError::missing("executionArn"))?;
    check(&arn, "execution", 8)?;
    Ok(arn)
}

/// Checks that `arn` is the ARN of a map run.
pub(super) fn check_map_run(arn: &str) -> Result<(), ApiError> {
    check(arn, "mapRun", 8)
}

fn check(arn: &str, kind: &str, parts: usize) -> Result<(), ApiError> {
    let invalid = |why: &str| Err(ApiError::InvalidArn(format!("{why}: {arn}")));
    let found: Vec<&str> = arn.split(':').collect();
    if found.len() < 7
        || found[0] != "arn"
        || found[2] != "states"
        || found.iter().skip(3).any(|p| p.is_empty())
    {
        return invalid("Invalid ARN");
    }
    if found[5] != kind {
        return invalid("Resource type not valid in this context");
    }
    if found.len() < parts {
        return invalid("Invalid ARN");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_api_reference() {
        for good in ["a", "call-1_x.y", "Größe", &"n".repeat(80)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a:b", "a/b", "a\u{7f}", "a*", &"n".repeat(81)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_execution_arn_names_its_machine() {
        let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
        let arn = execution(machine, "e");
        assert_eq!(arn, "arn:aws:states:us-east-1:000000000000:execution:m:e");
        assert!(check_execution(Some(arn.clone())).is_ok());
        assert!(check_machine(Some(arn)).is_err());
        assert!(check_machine(Some("nonsense".into())).is_err());
    }
}
