//! Names and ARNs. Source: API reference, `CreateStateMachine` and `StartExecution`, "name".

use super::ApiError;
use super::caller::Caller;

/// Longest name, in characters.
pub(super) const MAX_NAME_CHARS: usize = 80;
/// Longest ARN, in characters (API reference, `Arn`).
pub(super) const MAX_ARN_CHARS: usize = 256;
/// Longest ARN that may carry a qualifier, in characters (API reference, `LongArn`).
const MAX_LONG_ARN_CHARS: usize = 2_000;
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
pub(super) fn machine(caller: &Caller, name: &str) -> String {
    format!("{}{name}", caller.prefix("stateMachine"))
}

/// The ARN of an activity.
pub(super) fn activity(caller: &Caller, name: &str) -> String {
    format!("{}{name}", caller.prefix("activity"))
}

/// Checks that `arn` is the ARN of an activity.
pub(super) fn check_activity(arn: Option<String>) -> Result<String, ApiError> {
    let arn = arn.ok_or_else(|| ApiError::missing("activityArn"))?;
    if !arn.starts_with("arn:") {
        return Err(ApiError::InvalidArn(format!("Invalid ARN prefix: {arn}")));
    }
    check(&arn, "activityArn", "activity", 7..=7)?;
    Ok(arn)
}

/// The ARN of an execution of the machine with this ARN.
pub(super) fn execution(machine_arn: &str, name: &str) -> String {
    format!(
        "{}:{name}",
        machine_arn.replacen(":stateMachine:", ":execution:", 1)
    )
}

/// The ARN of an Express execution: no two have the same, whatever their names.
pub(super) fn express(machine_arn: &str, name: &str, unique: &str) -> String {
    format!(
        "{}:{name}:{unique}",
        machine_arn.replacen(":stateMachine:", ":express:", 1)
    )
}

/// Checks that `arn` is the ARN of a state machine, possibly with a version or an alias behind it.
pub(super) fn check_machine(arn: Option<String>) -> Result<String, ApiError> {
    let arn = arn.ok_or_else(|| ApiError::missing("stateMachineArn"))?;
    check(&arn, "stateMachineArn", "stateMachine", 7..=8)?;
    Ok(arn)
}

/// As [`check_machine`], for operations that take no labels: all that work with a machine itself.
pub(super) fn check_unlabelled(arn: Option<String>) -> Result<String, ApiError> {
    let arn = check_machine(arn)?;
    if arn.split(':').nth(6).is_some_and(|name| name.contains('/')) {
        return Err(ApiError::Labelled(arn));
    }
    Ok(arn)
}

/// Checks that `arn`, the member `member`, is that of a version: gives the machine's ARN and the number.
pub(super) fn version_of(arn: &str) -> Option<(&str, u32)> {
    check(arn, "", "stateMachine", 8..=8).ok()?;
    let (machine, version) = arn.rsplit_once(':')?;
    Some((machine, version.parse().ok()?))
}

/// Checks that `arn` is that of an alias: gives the machine's ARN and the name.
pub(super) fn check_alias(arn: Option<&str>) -> Result<(&str, &str), ApiError> {
    let arn = arn.ok_or_else(|| ApiError::missing("stateMachineAliasArn"))?;
    check(arn, "stateMachineAliasArn", "stateMachine", 8..=8)?;
    arn.rsplit_once(':')
        .ok_or_else(|| ApiError::InvalidArn(arn.to_owned()))
}

/// The machine's own ARN: without version or alias.
pub(super) fn machine_of(arn: &str) -> &str {
    match arn.match_indices(':').nth(6) {
        Some((at, _)) => &arn[..at],
        None => arn,
    }
}

/// Checks that `arn` is the ARN of an execution.
pub(super) fn check_execution(arn: Option<String>) -> Result<String, ApiError> {
    let arn = arn.ok_or_else(|| ApiError::missing("executionArn"))?;
    check(&arn, "executionArn", "execution", 8..=9)?;
    Ok(arn)
}

/// Checks that `arn` is the ARN of a map run.
pub(super) fn check_map_run(arn: &str) -> Result<(), ApiError> {
    check(arn, "mapRunArn", "mapRun", 8..=8)
}

/// Checks that `arn` is the ARN of something that could have tags. Whether it has, is another matter.
pub(super) fn check_resource(arn: Option<String>) -> Result<String, ApiError> {
    let arn = arn.ok_or_else(|| ApiError::missing("resourceArn"))?;
    let kind = arn.split(':').nth(5).unwrap_or_default();
    check(&arn, "resourceArn", kind, 7..=9)?;
    Ok(arn)
}

fn check(
    arn: &str,
    member: &str,
    kind: &str,
    parts: std::ops::RangeInclusive<usize>,
) -> Result<(), ApiError> {
    let invalid = |why: &str, what: &str| Err(ApiError::InvalidArn(format!("{why}: {what}")));
    if arn.chars().count() > MAX_LONG_ARN_CHARS {
        return Err(ApiError::too_long(member, MAX_LONG_ARN_CHARS));
    }
    let found: Vec<&str> = arn.split(':').collect();
    if found[0] != "arn" {
        return invalid("Invalid ARN prefix", arn);
    }
    if found.len() < 7 || found[2] != "states" || found.iter().skip(3).any(|p| p.is_empty()) {
        return invalid("Invalid ARN", arn);
    }
    if found[5] != kind {
        return invalid("Resource type not valid in this context", found[5]);
    }
    if !parts.contains(&found.len()) {
        return invalid("Invalid ARN", arn);
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
        let express = express(machine, "e", "u");
        let refused = check_execution(Some(express)).expect_err("an Express execution");
        assert_eq!(
            refused.to_string(),
            "Invalid Arn: 'Resource type not valid in this context: express'"
        );
    }

    #[test]
    fn a_version_and_an_alias_are_told_from_their_machine() {
        let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
        assert_eq!(version_of(&format!("{machine}:7")), Some((machine, 7)));
        assert_eq!(version_of(machine), None);
        assert_eq!(version_of(&format!("{machine}:live")), None);
        let alias = format!("{machine}:live");
        assert_eq!(check_alias(Some(&alias)), Ok((machine, "live")));
        assert!(check_alias(Some(machine)).is_err());
        assert!(check_unlabelled(Some(format!("{machine}/label"))).is_err());
    }
}
