//! Step Functions state machines.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::aws_call::{Aws, CallError};
use crate::fail::StartError;
use crate::names;
use crate::stack::StateMachine;

/// Makes a state machine, or updates it if its definition changed.
pub async fn ensure(aws: &Aws, name: &str, definition: &str) -> Result<(), StartError> {
    let refused = |error: CallError| StartError::part("Step Functions", error);
    let arn = names::state_machine_arn(name);
    match aws
        .json(
            "AWSStepFunctions.DescribeStateMachine",
            &json!({ "stateMachineArn": arn }),
        )
        .await
    {
        Ok(found) if same(found["definition"].as_str().unwrap_or_default(), definition) => Ok(()),
        Ok(_) => {
            let update = json!({ "stateMachineArn": arn, "definition": definition });
            aws.json("AWSStepFunctions.UpdateStateMachine", &update)
                .await
                .map_err(refused)?;
            tracing::info!(
                machine = name,
                "the definition changed: new executions follow the new one"
            );
            Ok(())
        }
        Err(error) if error.kind == "StateMachineDoesNotExist" => {
            let create = json!({
                "name": name,
                "definition": definition,
                "roleArn": names::role_arn(name),
                "type": "STANDARD",
            });
            aws.json("AWSStepFunctions.CreateStateMachine", &create)
                .await
                .map_err(refused)?;
            Ok(())
        }
        Err(error) => Err(refused(error)),
    }
}

fn same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == other || read(one).is_some_and(|one| Some(one) == read(other))
}

/// Reads a machine's definition and puts the functions' ARNs into it.
pub fn definition<'a>(
    folder: &Path,
    machine: &StateMachine,
    functions: impl Iterator<Item = &'a str>,
) -> Result<String, StartError> {
    let path = find(&folder.join(&machine.definition_uri))?;
    let text = fs::read_to_string(&path)
        .map_err(|lost| StartError::part("a workflow definition", lost))?;
    let words = functions
        .map(|name| (names::substitution(name), names::function_arn(name)))
        .collect();
    substitute(&text, &words).map_err(|word| {
        StartError::part(
            "a workflow definition",
            format!("{} names ${{{word}}}, which is no function", path.display()),
        )
    })
}

fn find(folder: &Path) -> Result<PathBuf, StartError> {
    let missing = || StartError::Missing {
        what: "a workflow definition (one .asl.json)",
        path: folder.to_owned(),
        remedy: "say where the definitions are with --definitions",
    };
    let files = fs::read_dir(folder).map_err(|_| missing())?;
    let mut found = files.filter_map(Result::ok).map(|file| file.path());
    found
        .find(|path| path.to_string_lossy().ends_with(".asl.json"))
        .ok_or_else(missing)
}

/// Replaces every `${Word}`; the first unknown word is the error. Source: `DefinitionSubstitutions`.
fn substitute(text: &str, words: &BTreeMap<String, String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        let after = &rest[at + 2..];
        let end = after.find('}').unwrap_or(0);
        let word = &after[..end];
        if word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphanumeric()) {
            out.push_str("${");
            rest = after;
            continue;
        }
        out.push_str(words.get(word).ok_or_else(|| word.to_owned())?);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> BTreeMap<String, String> {
        BTreeMap::from([("TurnFunction".to_owned(), "arn:turn".to_owned())])
    }

    #[test]
    fn functions_are_put_in_by_arn() {
        let text = r#"{"a":"${TurnFunction}","b":"${TurnFunction}:live","c":"$${}"}"#;
        assert_eq!(
            substitute(text, &words()).expect("known"),
            r#"{"a":"arn:turn","b":"arn:turn:live","c":"$${}"}"#
        );
    }

    #[test]
    fn a_word_that_names_no_function_is_refused() {
        assert_eq!(
            substitute("${TurmFunction}", &words()),
            Err("TurmFunction".to_owned())
        );
    }

    #[test]
    fn a_definition_that_only_moved_its_white_space_did_not_change() {
        assert!(same(r#"{"a": 1}"#, "{\n\"a\":1}"));
        assert!(!same(r#"{"a": 1}"#, r#"{"a": 2}"#));
    }
}
