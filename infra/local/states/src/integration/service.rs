//! Calls to AWS services and what they answer, whatever the protocol.

use serde_json::{Map, Value, json};

use super::answer::{ServiceAnswer, metadata};
use super::query::Dialect;
use super::shape::Times;
use super::table::{Protocol, Service};
use super::times::{self, TimeFormat};
use super::{ServiceCall, TaskError, fitting, members, query, rest, s3_xml, shape};
use crate::asl::errors;

/// The request of an operation (`PutItem`) with these arguments.
pub(super) fn call(
    service: &'static Service,
    operation: &str,
    mut arguments: Map<String, Value>,
) -> Result<ServiceCall, TaskError> {
    if matches!(service.protocol, Protocol::Json { .. } | Protocol::Rest)
        && let Err(why) = fitting::all_fit(service.name, operation, &arguments)
    {
        return Err(unfit(arguments, &why));
    }
    match service.protocol {
        Protocol::Json { version, target } => {
            let rules = &members::of(service.name).request;
            times::write_all(rules, operation, &mut arguments, TimeFormat::Seconds);
            let body = shape::request(service, Value::Object(arguments)).to_string();
            Ok(ServiceCall {
                service: service.known(),
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
        Protocol::Query { version } => {
            form(service, Dialect::Query, (operation, version), arguments)
        }
        Protocol::Ec2 { version } => form(service, Dialect::Ec2, (operation, version), arguments),
        Protocol::Rest | Protocol::RestXml { .. } | Protocol::S3 => {
            rest::call(service, operation, arguments)
        }
    }
}

fn form(
    service: &'static Service,
    dialect: Dialect,
    operation: (&str, &str),
    arguments: Map<String, Value>,
) -> Result<ServiceCall, TaskError> {
    let body = query::form(dialect, service.name, operation, &arguments)
        .map_err(|why| unfit(arguments, &why))?;
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    Ok(ServiceCall {
        service: service.known(),
        method: "POST",
        path: "/".to_owned(),
        headers: vec![("content-type".to_owned(), form.to_owned())],
        body,
    })
}

/// The arguments of a task are of the wrong shape.
pub(super) fn unfit(arguments: Map<String, Value>, why: &str) -> TaskError {
    TaskError::runtime(format!(
        "The Parameters '{}' could not be used to start the Task: [{why}]",
        Value::Object(arguments)
    ))
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

/// Reads the answer of an operation: the result with members as tasks see them, or the refusal.
pub(super) fn read(
    service: &'static Service,
    operation: &str,
    answer: &ServiceAnswer,
    times: Times,
) -> Result<Value, Refusal> {
    if (200..300).contains(&answer.status) {
        return Ok(match service.protocol {
            Protocol::Rest | Protocol::RestXml { .. } | Protocol::S3 => {
                rest::result(service, operation, answer, times)
            }
            Protocol::Query { .. } => {
                query::result(Dialect::Query, service.name, operation, &answer.body, times)
            }
            Protocol::Ec2 { .. } => {
                query::result(Dialect::Ec2, service.name, operation, &answer.body, times)
            }
            Protocol::Json { .. } => {
                let result = serde_json::from_str(&answer.body).unwrap_or_else(|_| json!({}));
                shape::answer(service, operation, result, times)
            }
        });
    }
    Err(refusal(service, operation, answer))
}

/// Reads the refusal of an operation.
pub(super) fn refusal(service: &Service, operation: &str, answer: &ServiceAnswer) -> Refusal {
    let (code, message) = match service.protocol {
        Protocol::Query { .. } | Protocol::Ec2 { .. } | Protocol::RestXml { .. } => {
            query::error(&answer.body)
        }
        Protocol::S3 => s3_xml::error(operation, answer.status, &answer.body),
        Protocol::Json { .. } | Protocol::Rest => json_error(answer),
    };
    Refusal {
        status: answer.status,
        code,
        message,
        request_id: request_id(answer),
    }
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

/// What the AWS SDK for Java calls an error of this code, if the service's model has it.
pub(super) fn named(service: &Service, code: &str) -> Option<String> {
    if service.errors.is_empty() && !code.is_empty() {
        return Some(exception(code));
    }
    let mut listed = service.errors.iter();
    listed.find_map(|error| match error.split_once('=') {
        Some((of, name)) => (of == code).then(|| name.to_owned()),
        None => (*error == code).then(|| exception(code)),
    })
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
pub(super) fn shown(name: &str) -> &str {
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
