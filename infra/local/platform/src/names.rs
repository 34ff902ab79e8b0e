//! The names that things have on this machine: region, account, ARNs.

/// The region every local service answers for.
pub const REGION: &str = "us-east-1";

/// The account every local ARN carries.
pub const ACCOUNT: &str = "000000000000";

/// The id of the access key that functions sign with.
pub const ACCESS_KEY_ID: &str = "local";

/// The ARN of a function of this machine.
pub fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// The ARN of a state machine of this machine.
pub fn state_machine_arn(name: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}")
}

/// The role that a state machine names: local calls check no IAM, yet the API asks for one.
pub fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// The function that a name, a partial ARN or an ARN (each with or without a qualifier) means.
/// Source: Lambda API, `Invoke`, `FunctionName`.
pub fn function_name(name_or_arn: &str) -> &str {
    let unqualified = match name_or_arn.find("function:") {
        Some(at) => &name_or_arn[at + "function:".len()..],
        None => name_or_arn,
    };
    unqualified.split(':').next().unwrap_or(unqualified)
}

/// The word that a definition uses for a function: `call-route` is `${CallRouteFunction}`.
pub fn substitution(function: &str) -> String {
    let mut word = String::with_capacity(function.len() + 8);
    for part in function.split('-') {
        let mut letters = part.chars();
        word.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        word.push_str(letters.as_str());
    }
    word.push_str("Function");
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_function_means_that_function() {
        for named in [
            "turn",
            "turn:$LATEST",
            "000000000000:function:turn",
            "arn:aws:lambda:us-east-1:000000000000:function:turn",
            "arn:aws:lambda:us-east-1:000000000000:function:turn:live",
        ] {
            assert_eq!(function_name(named), "turn", "{named}");
        }
    }

    #[test]
    fn a_function_is_substituted_by_its_name_in_camel_case() {
        assert_eq!(substitution("call-route"), "CallRouteFunction");
        assert_eq!(substitution("turn"), "TurnFunction");
    }
}
