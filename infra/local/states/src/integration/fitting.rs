//! Whether arguments have structures, lists and maps where an operation has them: what does not fit is refused before anything
//! is sent.

use serde_json::{Map, Value};

use super::members::{self, Kind, Rules};
use super::shape::capital;

/// Whether a value can be of this kind. The error is a sentence in the manner of AWS.
pub(super) fn fits(kind: &Kind, given: &str, value: &Value) -> Result<(), String> {
    let wanted = match (kind, value) {
        (_, Value::Null)
        | (Kind::Structure | Kind::Map { .. }, Value::Object(_))
        | (Kind::List { .. }, Value::Array(_))
        // What is no text is sent as the bytes of its JSON.
        | (Kind::Bytes, _) => return Ok(()),
        (Kind::Structure | Kind::Map { .. }, _) => "an OBJECT",
        (Kind::List { .. }, _) => "an ARRAY",
        (_, Value::Object(_) | Value::Array(_)) => "a STRING",
        (_, _) => return Ok(()),
    };
    Err(format!(
        "The value for the field '{given}' must be {wanted}"
    ))
}

/// Whether the arguments of a service that speaks JSON fit. What is text there may be given as JSON.
pub(super) fn all_fit(
    service: &str,
    operation: &str,
    arguments: &Map<String, Value>,
) -> Result<(), String> {
    let mut fitting = Fitting {
        rules: &members::of(service).request,
        path: vec![operation.to_owned()],
    };
    fitting.members(arguments)
}

struct Fitting {
    rules: &'static Rules,
    /// The operation and the members that enclose what is looked at.
    path: Vec<String>,
}

impl Fitting {
    fn members(&mut self, members: &Map<String, Value>) -> Result<(), String> {
        let rules = self.rules;
        for (given, value) in members {
            self.path.push(capital(given));
            self.value(&rules.member(&self.path).kind, given, value)?;
            self.path.pop();
        }
        Ok(())
    }

    fn value(&mut self, kind: &Kind, given: &str, value: &Value) -> Result<(), String> {
        match (kind, value) {
            (Kind::Structure, Value::Object(members)) => self.members(members),
            (Kind::List { of, .. }, Value::Array(items)) => items
                .iter()
                .try_for_each(|item| self.value(of, given, item)),
            (Kind::Map { of, .. }, Value::Object(entries)) => entries
                .values()
                .try_for_each(|value| self.value(of, given, value)),
            (Kind::Structure | Kind::List { .. } | Kind::Map { .. }, value) => {
                fits(kind, given, value)
            }
            (_, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fit(service: &str, operation: &str, arguments: &Value) -> Result<(), String> {
        all_fit(service, operation, arguments.as_object().unwrap())
    }

    #[test]
    fn what_is_no_structure_list_or_map_where_one_is_wanted_is_named() {
        let network = |network| json!({ "Cluster": "c", "NetworkConfiguration": network });
        let nested = network(json!({ "AwsvpcConfiguration": [{ "Subnets": ["s"] }] }));
        assert_eq!(
            fit("ecs", "RunTask", &nested).unwrap_err(),
            "The value for the field 'AwsvpcConfiguration' must be an OBJECT"
        );
        let subnets = network(json!({ "AwsvpcConfiguration": { "Subnets": "s" } }));
        assert_eq!(
            fit("ecs", "RunTask", &subnets).unwrap_err(),
            "The value for the field 'Subnets' must be an ARRAY"
        );
        let good = network(json!({ "AwsvpcConfiguration": { "Subnets": ["s"] } }));
        assert_eq!(fit("ecs", "RunTask", &good), Ok(()));
        let key = json!({ "Key": ["S", "1"] });
        assert_eq!(
            fit("dynamodb", "GetItem", &key).unwrap_err(),
            "The value for the field 'Key' must be an OBJECT"
        );
    }

    #[test]
    fn keys_of_maps_are_no_members_and_text_may_be_json() {
        // `Key` and `L` are members of other structures.
        let item = json!({ "Item": { "Key": { "M": { "L": { "L": [{ "S": "1" }] } } }, "L": { "S": "2" } } });
        assert_eq!(fit("dynamodb", "PutItem", &item), Ok(()));
        let message = json!({ "MessageBody": { "a": [1] }, "MessageAttributes": null });
        assert_eq!(fit("sqs", "SendMessage", &message), Ok(()));
    }
}
