//! Arguments of a task as the service takes them, one protocol a file.
//!
//! Source: Smithy, "AWS JSON 1.0 protocol", "AWS restJson1 protocol", "AWS query protocol", "Amazon EC2 query protocol", "HTTP
//! binding traits".

mod form;
mod json;
mod rest;
mod value;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::shapes::{Member, Model, Operation, Shape};
use crate::integration::ServiceCall;
use crate::integration::naming::pascal;
use crate::integration::query::Dialect;
use crate::integration::table::Protocol;
use json::json_members;

/// The request of an operation. `key` is the task's: it stands in the members by which the service knows a request again. The
/// error is a sentence about an argument that does not fit.
pub(super) fn call(
    model: &Model,
    operation: &Operation,
    arguments: &Map<String, Value>,
    key: &str,
) -> Result<ServiceCall, String> {
    let nothing = Shape::default();
    let input = operation.input.as_ref();
    let input = input
        .and_then(|input| model.shape(input))
        .unwrap_or(&nothing);
    let keyed = keyed(input, arguments, key);
    let arguments = &*keyed;
    let posted = |kind: String, more: Option<(String, String)>, body: String| ServiceCall {
        service: model.service.known(),
        method: "POST",
        path: "/".to_owned(),
        headers: std::iter::once(("content-type".to_owned(), kind))
            .chain(more)
            .collect(),
        body,
    };
    let form = |dialect: Dialect, version: &str| -> Result<ServiceCall, String> {
        let body = form::body(model, dialect, (&operation.name, version), input, arguments)?;
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        Ok(posted(kind.to_owned(), None, body))
    };
    match model.service.protocol {
        Protocol::Json { version, target } => {
            let body = json_members(model, input, arguments)?;
            let target = format!("{target}.{}", operation.name);
            Ok(posted(
                format!("application/x-amz-json-{version}"),
                Some(("x-amz-target".to_owned(), target)),
                Value::Object(body).to_string(),
            ))
        }
        Protocol::Query { version } => form(Dialect::Query, version),
        Protocol::Ec2 { version } => form(Dialect::Ec2, version),
        Protocol::Rest => rest::call(model, operation, input, arguments),
        Protocol::RestXml { .. } | Protocol::S3 => {
            Err("REST with XML is not spoken by models".to_owned())
        }
    }
}

/// The arguments with the tokens that they lack and the AWS SDKs would make up.
fn keyed<'a>(
    input: &Shape,
    arguments: &'a Map<String, Value>,
    key: &str,
) -> Cow<'a, Map<String, Value>> {
    let mut keyed = Cow::Borrowed(arguments);
    for (name, _) in input.members.iter().filter(|(_, m)| m.idempotency_token) {
        // One that is null is not sent.
        let mut given = arguments.iter().filter(|(_, value)| !value.is_null());
        if !given.any(|(given, _)| pascal(given) == pascal(name)) {
            keyed.to_mut().insert(name.clone(), Value::from(key));
        }
    }
    keyed
}

/// The member that an argument is, with its name in the model.
fn known<'a>(shape: &'a Shape, given: &str) -> Result<(&'a str, &'a Member), String> {
    let found = shape.named(given);
    found.ok_or_else(|| format!("The field '{given}' is not supported by Step Functions"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::shapes::tests::model;
    use super::*;

    pub(super) fn called(
        protocol: &str,
        action: &str,
        arguments: Value,
    ) -> Result<ServiceCall, String> {
        let model = model(protocol);
        let operation = model.operation(action).unwrap();
        call(model, operation, arguments.as_object().unwrap(), "k")
    }

    pub(super) fn pairs(form: &str) -> Vec<&str> {
        let mut pairs: Vec<&str> = form.split('&').collect();
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |arguments: Value| called("json", "sendDbParcel", arguments).unwrap_err();
        assert!(refused(json!({ "Nothing": 1 })).contains("'Nothing'"));
        assert!(refused(json!({ "Items": {} })).contains("an ARRAY"));
        assert!(refused(json!({ "Tags": [] })).contains("an OBJECT"));
        let nowhere = called("rest-json", "sendDbParcel", json!({ "To": "a" })).unwrap_err();
        assert!(nowhere.contains("'Path'"), "{nowhere}");
    }

    #[test]
    fn a_token_that_is_not_given_is_the_key_of_the_task() {
        let token = |arguments: Value| {
            let call = called("rest-json", "label", arguments).unwrap();
            let mut headers = call.headers.into_iter();
            headers.find_map(|(name, value)| (name == "x-token").then_some(value))
        };
        assert_eq!(token(json!({})).as_deref(), Some("k"));
        let given = json!({ "ClientToken": "own" });
        assert_eq!(token(given).as_deref(), Some("own"));
        for name in ["ClientToken", "clientToken"] {
            let given = json!({ name: null });
            assert_eq!(token(given).as_deref(), Some("k"), "{name}");
        }
        let form = called("query", "label", json!({})).unwrap().body;
        assert!(pairs(&form).contains(&"X-Token=k"), "{form}");
    }
}
