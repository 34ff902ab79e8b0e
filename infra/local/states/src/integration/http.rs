//! HTTP tasks: `http:invoke` calls any HTTPS API, with the credentials of a connection.
//!
//! Source: developer guide, "Call HTTPS APIs in Step Functions workflows".

use serde_json::{Map, Value, json};

use super::query::encoded;
use super::{
    About, Answer, Call, Family, HttpCall, HttpFailure, Integration, Pattern, Resource, TaskError,
};
use crate::json::Json;

#[derive(Debug)]
struct Invoke;

const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];
/// Headers that a task may not set; those that begin with [`REFUSED_PREFIXES`] neither.
const REFUSED: &[&str] = &[
    "authorization",
    "connection",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
];
const REFUSED_PREFIXES: &[&str] = &["x-forwarded", "x-amz", "x-amzn"];
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) fn resolve(arn: &str) -> Option<Resource> {
    (arn == "arn:aws:states:::http:invoke").then(|| Resource {
        arn: arn.to_owned(),
        service: "http".to_owned(),
        action: "invoke".to_owned(),
        pattern: Pattern::RequestResponse,
        family: Family::Task,
        integration: &Invoke,
    })
}

impl Integration for Invoke {
    fn call(&self, _: &Resource, arguments: &Json, about: &About<'_>) -> Result<Call, TaskError> {
        let arguments: Map<String, Value> =
            serde_json::from_str(arguments.as_str()).map_err(|e| {
                TaskError::runtime(format!(
                    "The arguments of http:invoke must be an object: {e}"
                ))
            })?;
        let text = |name: &str| arguments.get(name).and_then(Value::as_str);
        let Some(endpoint) = text("ApiEndpoint") else {
            return Err(TaskError::runtime(
                "The arguments of http:invoke lack 'ApiEndpoint'",
            ));
        };
        let method = text("Method").unwrap_or_default();
        if !METHODS.contains(&method) {
            return Err(TaskError::runtime(format!(
                "'Method' of http:invoke must be one of {}, not '{method}'",
                METHODS.join(", ")
            )));
        }
        let connection = arguments
            .get("Authentication")
            .and_then(|a| a["ConnectionArn"].as_str());
        let Some(connection) = connection else {
            return Err(TaskError::runtime(
                "The arguments of http:invoke lack 'ConnectionArn' in 'Authentication'",
            ));
        };
        let mut headers = headers(arguments.get("Headers"))?;
        let body = body(&arguments, &headers)?;
        if body.is_some() && !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        if !headers.iter().any(|(name, _)| name == "user-agent") {
            let agent = format!("Amazon|StepFunctions|HttpInvoke|{}", about.region);
            headers.push(("user-agent".to_owned(), agent));
        }
        if !headers.iter().any(|(name, _)| name == "range") {
            headers.push(("range".to_owned(), "bytes=0-262144".to_owned()));
        }
        Ok(Call::Http(HttpCall {
            method: method.to_owned(),
            url: checked(endpoint)?,
            query: pairs(arguments.get("QueryParameters"), "QueryParameters")?,
            headers,
            body,
            connection: connection.to_owned(),
        }))
    }

    fn result(&self, _: &Resource, answer: Answer, _: &About<'_>) -> Result<Json, TaskError> {
        let answer = match answer {
            Answer::Http(Ok(answer)) => answer,
            Answer::Http(Err(failure)) => return Err(failed(failure)),
            Answer::Function(_) | Answer::Api(_) | Answer::Service(_) => {
                return Err(super::service::unexpected());
            }
        };
        let body = serde_json::from_str::<Value>(&answer.body)
            .unwrap_or(Value::String(answer.body.clone()));
        if !(200..300).contains(&answer.status) {
            return Err(TaskError {
                error: format!("States.Http.StatusCode.{}", answer.status),
                cause: answer.body,
            });
        }
        let mut shown: Map<String, Value> = Map::new();
        for (name, value) in answer.headers {
            let values = shown.entry(name).or_insert_with(|| json!([]));
            if let Some(values) = values.as_array_mut() {
                values.push(Value::String(value));
            }
        }
        let told = json!({
            "Headers": shown,
            "ResponseBody": body,
            "StatusCode": answer.status,
            "StatusText": answer.reason,
        });
        Ok(Json::trusted(told.to_string()))
    }
}

fn failed(failure: HttpFailure) -> TaskError {
    let (error, cause) = match failure {
        HttpFailure::Socket(why) => ("States.Http.Socket".to_owned(), why),
        HttpFailure::Connection(why) => ("Events.ConnectionResource.NotFound".to_owned(), why),
        HttpFailure::Authorization(why) => (
            "Events.ConnectionResource.AuthorizationFailed".to_owned(),
            why,
        ),
        HttpFailure::Unusable(why) => return TaskError::runtime(why),
    };
    TaskError { error, cause }
}

/// HTTPS, or HTTP to this machine.
fn checked(endpoint: &str) -> Result<String, TaskError> {
    let refused = |why: &str| {
        TaskError::runtime(format!("'ApiEndpoint' of http:invoke, '{endpoint}', {why}"))
    };
    let uri: http::Uri = endpoint.parse().map_err(|_| refused("is not an address"))?;
    let Some(host) = uri.host() else {
        return Err(refused("names no host"));
    };
    let loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match uri.scheme_str() {
        Some("https") => Ok(endpoint.to_owned()),
        Some("http") if loopback => Ok(endpoint.to_owned()),
        _other => Err(refused("must begin with https://")),
    }
}

fn headers(given: Option<&Value>) -> Result<Vec<(String, String)>, TaskError> {
    let mut headers = pairs(given, "Headers")?;
    for (name, _) in &mut headers {
        *name = name.to_ascii_lowercase();
        let refused = REFUSED.contains(&name.as_str())
            || REFUSED_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix));
        if refused {
            return Err(TaskError::runtime(format!(
                "The header '{name}' cannot be set in 'Headers' of http:invoke"
            )));
        }
    }
    Ok(headers)
}

/// Names and values; a list gives its name several times.
fn pairs(given: Option<&Value>, field: &str) -> Result<Vec<(String, String)>, TaskError> {
    let members = match given {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(members)) => members,
        Some(_) => {
            return Err(TaskError::runtime(format!(
                "'{field}' of http:invoke must be an object"
            )));
        }
    };
    let mut out = Vec::new();
    for (name, value) in members {
        match value {
            Value::Array(items) => out.extend(items.iter().map(|item| (name.clone(), plain(item)))),
            single => out.push((name.clone(), plain(single))),
        }
    }
    Ok(out)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn body(
    arguments: &Map<String, Value>,
    headers: &[(String, String)],
) -> Result<Option<String>, TaskError> {
    let Some(given) = arguments.get("RequestBody").filter(|body| !body.is_null()) else {
        return Ok(None);
    };
    let transform = arguments.get("Transform").unwrap_or(&Value::Null);
    match transform["RequestBodyEncoding"].as_str() {
        None | Some("NONE") => Ok(Some(plain(given))),
        Some("URL_ENCODED") => {
            if !headers
                .iter()
                .any(|(name, value)| name == "content-type" && value.starts_with(FORM))
            {
                return Err(TaskError::runtime(format!(
                    "'RequestBodyEncoding' URL_ENCODED of http:invoke needs the header Content-Type: {FORM}"
                )));
            }
            let options = &transform["RequestEncodingOptions"];
            form(given, options["ArrayFormat"].as_str()).map(Some)
        }
        Some(other) => Err(TaskError::runtime(format!(
            "'RequestBodyEncoding' of http:invoke must be NONE or URL_ENCODED, not '{other}'"
        ))),
    }
}

/// The body as a form.
fn form(body: &Value, arrays: Option<&str>) -> Result<String, TaskError> {
    let Some(members) = body.as_object() else {
        return Err(TaskError::runtime(
            "'RequestBody' of http:invoke must be an object to be URL_ENCODED",
        ));
    };
    let arrays = match arrays {
        None | Some("INDICES") => Arrays::Indices,
        Some("REPEAT") => Arrays::Repeat,
        Some("COMMAS") => Arrays::Commas,
        Some("BRACKETS") => Arrays::Brackets,
        Some("NONE") => Arrays::None,
        Some(other) => {
            return Err(TaskError::runtime(format!(
                "'ArrayFormat' of http:invoke must be INDICES, REPEAT, COMMAS, BRACKETS or NONE, not '{other}'"
            )));
        }
    };
    let mut pairs = Vec::new();
    for (name, value) in members {
        push(&mut pairs, name.clone(), value, arrays);
    }
    let told: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    Ok(told.join("&"))
}

/// `ArrayFormat`.
#[derive(Debug, Clone, Copy)]
enum Arrays {
    Indices,
    Repeat,
    Commas,
    Brackets,
    /// A list is its JSON.
    None,
}

fn push(pairs: &mut Vec<(String, String)>, name: String, value: &Value, arrays: Arrays) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                push(pairs, format!("{name}[{member}]"), value, arrays);
            }
        }
        Value::Array(items) => match arrays {
            Arrays::Indices => {
                for (i, item) in items.iter().enumerate() {
                    push(pairs, format!("{name}[{i}]"), item, arrays);
                }
            }
            Arrays::Repeat => items
                .iter()
                .for_each(|item| push(pairs, name.clone(), item, arrays)),
            Arrays::Brackets => {
                for item in items {
                    push(pairs, format!("{name}[]"), item, arrays);
                }
            }
            Arrays::Commas => {
                let joined: Vec<String> = items.iter().map(plain).collect();
                pairs.push((name, joined.join(",")));
            }
            Arrays::None => pairs.push((name, value.to_string())),
        },
        single => pairs.push((name, plain(single))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About<'_> = About {
        execution_arn: "E",
        machine_arn: "M",
        region: "us-east-1",
        account: "000000000000",
        key: "k",
    };

    fn called(change: impl Fn(&mut Value)) -> Result<HttpCall, TaskError> {
        let mut arguments = json!({ "ApiEndpoint": "https://api.example.com/v1", "Method": "POST",
            "Authentication": { "ConnectionArn": "arn:c" } });
        change(&mut arguments);
        let resource = resolve("arn:aws:states:::http:invoke").unwrap();
        let arguments = Json::parse(&arguments.to_string()).unwrap();
        match resource.integration.call(&resource, &arguments, &ABOUT)? {
            Call::Http(call) => Ok(call),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_https_or_this_machine_is_called() {
        let refused = |endpoint: &str| called(|a| a["ApiEndpoint"] = json!(endpoint)).is_err();
        assert!(refused("http://api.example.com/"));
        assert!(refused("ftp://127.0.0.1/"));
        assert!(refused("nonsense"));
        assert!(!refused("http://127.0.0.1:1/x"));
        assert!(!refused("https://api.example.com/"));
    }

    #[test]
    fn headers_that_are_not_the_tasks_are_refused() {
        for name in [
            "Host",
            "authorization",
            "X-Amz-Date",
            "x-amzn-trace-id",
            "X-Forwarded-For",
            "TE",
        ] {
            let refused = called(|a| a["Headers"][name] = json!("x")).unwrap_err();
            assert_eq!(refused.error, crate::asl::errors::RUNTIME, "{name}");
        }
        let call = called(|a| a["Headers"]["X-Mine"] = json!("1")).unwrap();
        assert!(call.headers.contains(&("x-mine".into(), "1".into())));
        assert!(call.headers.iter().any(|(n, v)| n == "user-agent" && v == "Amazon|StepFunctions|HttpInvoke|us-east-1"));
    }

    #[test]
    fn lists_in_a_form_are_written_as_asked() {
        let body = json!({ "a": [1, "x y"], "o": { "k": "v" } });
        let told = |format| form(&body, format).unwrap();
        assert_eq!(told(None), "a%5B0%5D=1&a%5B1%5D=x%20y&o%5Bk%5D=v");
        assert_eq!(told(Some("REPEAT")), "a=1&a=x%20y&o%5Bk%5D=v");
        assert_eq!(told(Some("COMMAS")), "a=1%2Cx%20y&o%5Bk%5D=v");
        assert_eq!(told(Some("BRACKETS")), "a%5B%5D=1&a%5B%5D=x%20y&o%5Bk%5D=v");
        assert!(form(&body, Some("X")).is_err());
        assert!(form(&json!([1]), None).is_err());
    }

    #[test]
    fn a_form_needs_its_content_type() {
        let encoded = |a: &mut Value| {
            a["RequestBody"] = json!({ "a": 1 });
            a["Transform"] = json!({ "RequestBodyEncoding": "URL_ENCODED" });
        };
        assert!(called(encoded).unwrap_err().cause.contains(FORM));
        let call = called(|a| {
            encoded(a);
            a["Headers"] = json!({ "Content-Type": FORM });
        });
        assert_eq!(call.unwrap().body.as_deref(), Some("a=1"));
    }
}
