//! HTTP tasks: `http:invoke` calls any HTTPS API, with the credentials of a connection.
//!
//! Source: developer guide, "Call HTTPS APIs in Step Functions workflows".

use serde_json::{Map, Value};

use super::http_call::{
    Arrays, Authority, BodyEncoding, HttpCall, METHODS, is_among, is_loopback, is_set_here,
    repeated,
};
use super::{
    About, Answer, Call, Family, HttpAnswer, HttpFailure, Integration, Means, Pattern, Resource,
    TaskError,
};
use crate::json::Json;

#[derive(Debug)]
struct Invoke;

/// Headers that a task may not set; those that begin with [`REFUSED_PREFIXES`] neither.
const REFUSED: &[&str] = &[
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "referer",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "warning",
];
const REFUSED_PREFIXES: &[&str] = &["x-forwarded-", "x-amz-", "x-amzn-"];
/// Largest body of an answer, in bytes (guide: 256 KiB).
const MAX_BODY_BYTES: usize = 262_144;
/// What a task names its connection in: one of them.
const CONNECTED_BY: [&str; 2] = ["Authentication", "InvocationConfig"];
/// What connection errors begin with.
const CONNECTION_ERROR: &str = "Events.ConnectionResource.";

pub(super) fn resolve(arn: &str) -> Option<Resource> {
    (arn == "arn:aws:states:::http:invoke").then(|| Resource {
        arn: arn.to_owned(),
        service: "http".to_owned(),
        action: "invoke".to_owned(),
        pattern: Pattern::RequestResponse,
        family: Family::Task,
        integration: Means::Common(&Invoke),
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
        let body = arguments.get("RequestBody").filter(|body| !body.is_null());
        let encoding = encoding(arguments.get("Transform").unwrap_or(&Value::Null))?;
        if let (BodyEncoding::Form(_), Some(body)) = (encoding, body)
            && !body.is_object()
        {
            return Err(TaskError::runtime(
                "'RequestBody' of http:invoke must be an object to be URL_ENCODED",
            ));
        }
        let mut call = HttpCall {
            method: method.to_owned(),
            url: checked(endpoint)?,
            query: QUERY.pairs(arguments.get("QueryParameters").unwrap_or(&Value::Null))?,
            headers: headers(arguments.get("Headers").unwrap_or(&Value::Null))?,
            body: body.cloned(),
            encoding,
            authority: Authority::Connection(connection(&arguments)?),
            most_bytes: MAX_BODY_BYTES,
        };
        let agent = format!("Amazon|StepFunctions|HttpInvoke|{}", about.region);
        call.set_header("User-Agent", agent);
        call.set_header("Range", "bytes=0-262144".to_owned());
        Ok(Call::Http(call))
    }

    fn result(&self, _: &Resource, answer: Answer, _: &About<'_>) -> Result<Json, TaskError> {
        let answer = match answer {
            Answer::Http(Ok(answer)) => answer,
            Answer::Http(Err(failure)) => return Err(failed(failure)),
            Answer::Function(_) | Answer::Api(_) | Answer::Service(_) => {
                return Err(super::service::unexpected());
            }
        };
        if let Some(kind) = unsupported(&answer) {
            return Err(TaskError::runtime(format!(
                "An answer with the content type '{kind}' is not supported by http:invoke"
            )));
        }
        if !(200..300).contains(&answer.status) {
            return Err(TaskError {
                error: format!("States.Http.StatusCode.{}", answer.status),
                cause: answer.body,
            });
        }
        Ok(answer.told(|name| name))
    }
}

/// The content type of an answer that no task can have.
fn unsupported(answer: &HttpAnswer) -> Option<&str> {
    let mut named = answer.headers.iter();
    let (_, kind) = named.find(|(name, _)| name == "content-type")?;
    let plain = kind.split(';').next().unwrap_or_default();
    let plain = plain.trim().to_ascii_lowercase();
    let refused = plain == "application/octet-stream"
        || ["image/", "video/", "audio/"]
            .iter()
            .any(|family| plain.starts_with(family));
    refused.then_some(kind.as_str())
}

fn failed(failure: HttpFailure) -> TaskError {
    let of_connection = |name: &str| format!("{CONNECTION_ERROR}{name}");
    let (error, cause) = match failure {
        HttpFailure::Socket(why) => ("States.Http.Socket".to_owned(), why),
        HttpFailure::Connection(why) => (of_connection("ResourceNotFound"), why),
        HttpFailure::Authorization(why) => (of_connection("InvalidConnectionState"), why),
        HttpFailure::Unusable(why) => return TaskError::runtime(why),
    };
    TaskError { error, cause }
}

/// The ARN of the connection.
fn connection(arguments: &Map<String, Value>) -> Result<String, TaskError> {
    let given: Vec<(&str, &Value)> = CONNECTED_BY
        .into_iter()
        .filter_map(|name| Some((name, arguments.get(name)?)))
        .filter(|(_, value)| !value.is_null())
        .collect();
    let [either, or] = CONNECTED_BY;
    match given.as_slice() {
        [(name, config)] => {
            let arn = config["ConnectionArn"].as_str().map(str::to_owned);
            arn.ok_or_else(|| {
                TaskError::runtime(format!(
                    "The arguments of http:invoke lack 'ConnectionArn' in '{name}'"
                ))
            })
        }
        [] => Err(TaskError::runtime(format!(
            "The arguments of http:invoke lack 'ConnectionArn': it is given in '{either}' or in '{or}'"
        ))),
        _both => Err(TaskError::runtime(format!(
            "The arguments of http:invoke have '{either}' and '{or}': a connection is given in one of them"
        ))),
    }
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
    match uri.scheme_str() {
        Some("https") => Ok(endpoint.to_owned()),
        Some("http") if is_loopback(host) => Ok(endpoint.to_owned()),
        _other => Err(refused("must begin with https://")),
    }
}

fn headers(given: &Value) -> Result<Vec<(String, String)>, TaskError> {
    let mut headers = HEADERS.pairs(given)?;
    for (name, _) in &headers {
        if is_among(name, REFUSED, REFUSED_PREFIXES) {
            return Err(TaskError::runtime(format!(
                "The header '{name}' cannot be set in 'Headers' of http:invoke"
            )));
        }
    }
    headers.retain(|(name, _)| !is_set_here(name));
    Ok(headers)
}

/// A field of names and values.
#[derive(Debug, Clone, Copy)]
struct Field {
    name: &'static str,
    /// What stands between pairs in text.
    between: char,
    /// What stands between a name and its value in text.
    within: char,
}

const HEADERS: Field = Field {
    name: "Headers",
    between: '\n',
    within: ':',
};
const QUERY: Field = Field {
    name: "QueryParameters",
    between: '&',
    within: '=',
};

impl Field {
    /// Names and values: of an object, where a list gives its name several times; of text (`a=1&b=2`, `a: 1`); of a list of these.
    fn pairs(self, given: &Value) -> Result<Vec<(String, String)>, TaskError> {
        match given {
            Value::Null => Ok(Vec::new()),
            Value::Object(members) => {
                let told = members
                    .iter()
                    .flat_map(|(name, value)| repeated(name, value));
                Ok(told.collect())
            }
            Value::String(text) => Ok(self.split(text)),
            Value::Array(items) => {
                let told: Result<Vec<_>, _> = items.iter().map(|item| self.pairs(item)).collect();
                Ok(told?.concat())
            }
            Value::Bool(_) | Value::Number(_) => Err(TaskError::runtime(format!(
                "'{}' of http:invoke must be an object, a list or a string",
                self.name
            ))),
        }
    }

    fn split(self, text: &str) -> Vec<(String, String)> {
        let pairs = text.split(self.between).map(str::trim);
        let told = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once(self.within).unwrap_or((pair, ""));
            (name.trim().to_owned(), value.trim().to_owned())
        });
        told.collect()
    }
}

/// `Transform`.
fn encoding(transform: &Value) -> Result<BodyEncoding, TaskError> {
    match transform["RequestBodyEncoding"].as_str() {
        None | Some("NONE") => Ok(BodyEncoding::Json),
        Some("URL_ENCODED") => {
            let options = &transform["RequestEncodingOptions"];
            arrays(options["ArrayFormat"].as_str()).map(BodyEncoding::Form)
        }
        Some(other) => Err(TaskError::runtime(format!(
            "'RequestBodyEncoding' of http:invoke must be NONE or URL_ENCODED, not '{other}'"
        ))),
    }
}

fn arrays(format: Option<&str>) -> Result<Arrays, TaskError> {
    match format {
        None | Some("INDICES") => Ok(Arrays::Indices),
        Some("REPEAT") => Ok(Arrays::Repeat),
        Some("COMMAS") => Ok(Arrays::Commas),
        Some("BRACKETS") => Ok(Arrays::Brackets),
        Some("NONE") => Ok(Arrays::None),
        Some(other) => Err(TaskError::runtime(format!(
            "'ArrayFormat' of http:invoke must be INDICES, REPEAT, COMMAS, BRACKETS or NONE, not '{other}'"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
            "If-None-Match",
            "Accept-Encoding",
            "HTTP2-Settings",
            "Proxy-Authorization",
        ] {
            let refused = called(|a| a["Headers"][name] = json!("x")).unwrap_err();
            assert_eq!(refused.error, crate::asl::errors::RUNTIME, "{name}");
        }
        for name in ["X-Mine", "WWW-Authenticate", "X-Amzing", "Accept"] {
            let call = called(|a| a["Headers"][name] = json!("1")).unwrap();
            assert!(
                call.headers.contains(&(name.to_owned(), "1".to_owned())),
                "{name}"
            );
        }
    }

    #[test]
    fn headers_that_step_functions_sets_are_its_own() {
        let call = called(|a| a["Headers"] = json!({ "user-agent": "me", "RANGE": "bytes=0-1" }));
        let agent = "Amazon|StepFunctions|HttpInvoke|us-east-1".to_owned();
        assert_eq!(
            call.unwrap().headers,
            [
                ("User-Agent".to_owned(), agent),
                ("Range".to_owned(), "bytes=0-262144".to_owned())
            ]
        );
    }

    #[test]
    fn headers_and_parameters_may_be_text_or_lists() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let call = called(|a| {
            a["QueryParameters"] = json!("a=1&b=x y&c");
            a["Headers"] = json!(["X-One: 1", { "X-Two": ["2", 3] }]);
        })
        .unwrap();
        assert_eq!(
            call.query,
            [pair("a", "1"), pair("b", "x y"), pair("c", "")]
        );
        assert_eq!(
            call.headers[..3],
            [pair("X-One", "1"), pair("X-Two", "2"), pair("X-Two", "3")]
        );
        let refused = called(|a| a["Headers"] = json!(["host: x"])).unwrap_err();
        assert!(refused.cause.contains("'host'"), "{}", refused.cause);
        assert!(called(|a| a["QueryParameters"] = json!(1)).is_err());
    }

    #[test]
    fn a_connection_is_given_in_one_of_two_places() {
        let arn = json!({ "ConnectionArn": "arn:d" });
        let call = called(|a| {
            a["Authentication"] = Value::Null;
            a["InvocationConfig"] = arn.clone();
        });
        let connected = Authority::Connection("arn:d".to_owned());
        assert_eq!(call.unwrap().authority, connected);
        let both = called(|a| a["InvocationConfig"] = arn.clone()).unwrap_err();
        assert!(both.cause.contains("one of them"), "{}", both.cause);
        let none = called(|a| a["Authentication"] = Value::Null).unwrap_err();
        assert!(none.cause.contains("'InvocationConfig'"), "{}", none.cause);
        let empty = called(|a| a["Authentication"] = json!({})).unwrap_err();
        assert!(
            empty.cause.contains("in 'Authentication'"),
            "{}",
            empty.cause
        );
    }

    #[test]
    fn only_an_object_is_a_form() {
        let call = |body: Value, format: &str| {
            called(|a| {
                a["RequestBody"] = body.clone();
                a["Transform"] = json!({ "RequestBodyEncoding": "URL_ENCODED",
                    "RequestEncodingOptions": { "ArrayFormat": format } });
            })
        };
        let made = call(json!({ "a": 1 }), "REPEAT").unwrap();
        assert_eq!(made.encoding, BodyEncoding::Form(Arrays::Repeat));
        assert!(call(json!("a=1"), "REPEAT").is_err());
        assert!(call(json!({}), "X").is_err());
    }

    #[test]
    fn what_is_no_text_by_its_content_type_is_refused() {
        let answer = |kind: &str| HttpAnswer {
            status: 200,
            reason: "OK".to_owned(),
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: "x".to_owned(),
        };
        for kind in [
            "application/octet-stream",
            "image/svg+xml; charset=utf-8",
            "Video/mp4",
            "audio/ogg",
        ] {
            assert_eq!(unsupported(&answer(kind)), Some(kind));
        }
        for kind in ["application/json", "text/plain", "imagery/png"] {
            assert_eq!(unsupported(&answer(kind)), None);
        }
    }
}
