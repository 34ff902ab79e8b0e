//! Calls to AWS services and what they answer, whatever the protocol.

use serde_json::{Map, Value, json};

use super::answer::{ServiceAnswer, metadata};
use super::table::{Protocol, Service, route};
use super::{ServiceCall, TaskError, query, shape};
use crate::asl::errors;

/// The request of an operation (`PutItem`) with these arguments.
pub(super) fn call(
    service: &'static Service,
    operation: &str,
    arguments: Value,
) -> Result<ServiceCall, TaskError> {
    let arguments = match arguments {
        Value::Object(arguments) => arguments,
        Value::Null => Map::new(),
        other => {
            return Err(TaskError::runtime(format!(
                "The arguments of {}:{operation} must be an object, not {other}",
                service.name
            )));
        }
    };
    match service.protocol {
        Protocol::Json { version, target } => {
            let body = shape::request(service, Value::Object(arguments)).to_string();
            Ok(ServiceCall {
                service,
                method: "POST",
                path: "/".to_owned(),
                headers: vec![
                    (
                        "content-type".to_owned(),
                        format!("application/x-amz-json-{version}"),
                    ),
                    ("x-amz-target".to_owned(), format!("{target}.{operation}")),
                ],
                body,
            })
        }
        Protocol::Query { version } => Ok(ServiceCall {
            service,
            method: "POST",
            path: "/".to_owned(),
            headers: vec![(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            )],
            body: query::form(operation, version, &arguments),
        }),
        Protocol::Rest => rest(service, operation, arguments),
    }
}

fn rest(
    service: &'static Service,
    operation: &str,
    mut arguments: Map<String, Value>,
) -> Result<ServiceCall, TaskError> {
    let Some(route) = route(service.name, operation) else {
        return Err(TaskError::runtime(format!(
            "The operation {operation} of {} is not known here",
            service.name
        )));
    };
    let mut path = String::new();
    let mut rest = route.path;
    while let Some((before, after)) = rest.split_once('{') {
        let (label, after) = after.split_once('}').unwrap_or((after, ""));
        let member = shape::capital(label);
        let Some(value) = arguments
            .remove(&member)
            .map(plain)
            .filter(|text| !text.is_empty())
        else {
            return Err(TaskError::runtime(format!(
                "The arguments of {}:{operation} lack '{member}'",
                service.name
            )));
        };
        path.push_str(before);
        path.push_str(&query::encoded(&value));
        rest = after;
    }
    path.push_str(rest);
    for (parameter, member) in &route.query {
        let Some(value) = arguments.remove(*member) else {
            continue;
        };
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&format!("{parameter}={}", query::encoded(&plain(value))));
    }
    let bodiless = matches!(route.method, "GET" | "DELETE") && arguments.is_empty();
    Ok(ServiceCall {
        service,
        method: route.method,
        path,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: if bodiless {
            String::new()
        } else {
            Value::Object(arguments).to_string()
        },
    })
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A service refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// As the service names it.
    pub(super) code: String,
    pub(super) message: String,
    pub(super) request_id: String,
}

/// Reads an answer: the result with members as tasks see them, or the refusal.
pub(super) fn read(service: &'static Service, answer: &ServiceAnswer) -> Result<Value, Refusal> {
    let is_query = matches!(service.protocol, Protocol::Query { .. });
    if (200..300).contains(&answer.status) {
        let result = if is_query {
            query::result(&answer.body)
        } else {
            serde_json::from_str(&answer.body).unwrap_or_else(|_| json!({}))
        };
        return Ok(shape::answer(service, result));
    }
    let (code, message) = if is_query {
        query::error(&answer.body)
    } else {
        json_error(answer)
    };
    Err(Refusal {
        status: answer.status,
        code,
        message,
        request_id: request_id(answer),
    })
}

/// Source: AWS JSON protocol, "Operation error serialization".
fn json_error(answer: &ServiceAnswer) -> (String, String) {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let named = answer.header("x-amzn-errortype");
    let named = named.or(body["__type"].as_str()).or(body["code"].as_str());
    let code = named.unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let message = body["message"].as_str().or(body["Message"].as_str());
    (code.to_owned(), message.unwrap_or_default().to_owned())
}

/// The id that the service gave to the request.
pub(super) fn request_id(answer: &ServiceAnswer) -> String {
    let given = answer
        .header("x-amzn-requestid")
        .or(answer.header("x-amz-request-id"));
    given.map_or_else(|| query::request_id(&answer.body), str::to_owned)
}

/// An error's name as the AWS SDK for Java writes it: always an `Exception`.
pub(super) fn exception(code: &str) -> String {
    if let Some(stem) = code.strip_suffix("Fault") {
        return format!("{stem}Exception");
    }
    if code.ends_with("Exception") {
        return code.to_owned();
    }
    format!("{code}Exception")
}

/// The answer's headers and status, as optimised integrations show them.
pub(super) fn with_metadata(mut result: Value, answer: &ServiceAnswer) -> Value {
    let id = request_id(answer);
    let headers: Vec<(&str, &str)> = answer
        .headers
        .iter()
        .map(|(name, value)| (shown(name), value.as_str()))
        .collect();
    if let Some(members) = result.as_object_mut() {
        members.insert(
            "SdkHttpMetadata".to_owned(),
            metadata(&headers, answer.status),
        );
        members.insert("SdkResponseMetadata".to_owned(), json!({ "RequestId": id }));
    }
    result
}

/// A header's name as it is usually written.
fn shown(name: &str) -> &str {
    match name {
        "content-length" => "Content-Length",
        "content-type" => "Content-Type",
        "date" => "Date",
        "server" => "Server",
        "connection" => "Connection",
        "x-amzn-requestid" => "x-amzn-RequestId",
        other => other,
    }
}

/// The service was not reached.
pub(super) fn unreachable(prefix: &str, why: String) -> TaskError {
    TaskError {
        error: format!("{prefix}.SdkClientException"),
        cause: why,
    }
}

/// An answer that this call cannot have.
pub(super) fn unexpected() -> TaskError {
    TaskError {
        error: errors::RUNTIME.to_owned(),
        cause: "the answer is not one to this call".to_owned(),
    }
}
