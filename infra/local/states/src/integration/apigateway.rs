//! `apigateway:invoke` calls an API of API Gateway, with or without a callback.
//!
//! Source: developer guide, "Create API Gateway REST APIs with Step Functions". What is wrong with arguments is told in the
//! words of AWS's answers on record.

use serde_json::{Map, Value};

use super::api_address::{located, url};
use super::http_call::{Authority, BodyEncoding, HttpCall, METHODS, is_among, repeated};
use super::{
    About, Answer, Call, Family, HttpFailure, Integration, Means, Pattern, Resource, TaskError,
    service,
};
use crate::json::Json;

#[derive(Debug)]
struct Invoke;

/// The methods whose requests have a body.
const WITH_BODY: [&str; 3] = ["PATCH", "POST", "PUT"];
const NO_AUTH: &str = "NO_AUTH";
/// `AuthType`. The last two are signatures: of the machine's role, and of Step Functions itself.
const AUTH_TYPES: [&str; 3] = [NO_AUTH, "IAM_ROLE", "RESOURCE_POLICY"];
/// Headers that a task may not set; those that begin with [`REFUSED_PREFIXES`] neither.
const REFUSED: &[&str] = &[
    "authorization",
    "connection",
    "content-md5",
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
const REFUSED_PREFIXES: &[&str] = &["x-forwarded", "x-amz"];
const HEADERS: &str = "Headers";
const JSON: &str = "application/json";
/// Largest body of an answer, in bytes (API Gateway developer guide, "Quotas": 10 MB). A result over 256 KiB is refused later.
const MAX_BODY_BYTES: usize = 10 * 1_048_576;
/// What error names begin with.
const PREFIX: &str = "ApiGateway";

pub(super) fn resolve(arn: &str) -> Option<Resource> {
    let action = arn.strip_prefix("arn:aws:states:::apigateway:")?;
    let pattern = match action {
        "invoke" => Pattern::RequestResponse,
        "invoke.waitForTaskToken" => Pattern::WaitForTaskToken,
        _other => return None,
    };
    Some(Resource {
        arn: arn.to_owned(),
        service: "apigateway".to_owned(),
        action: action.to_owned(),
        pattern,
        family: Family::Task,
        integration: Means::Common(&Invoke),
    })
}

impl Integration for Invoke {
    fn call(&self, _: &Resource, arguments: &Json, about: &About<'_>) -> Result<Call, TaskError> {
        let given: Map<String, Value> = serde_json::from_str(arguments.as_str()).map_err(|e| {
            TaskError::runtime(format!(
                "The arguments of apigateway:invoke must be an object: {e}"
            ))
        })?;
        match request(given.clone(), about.region) {
            Ok(call) => Ok(Call::Http(call)),
            Err(why) => Err(service::unfit(given, &why)),
        }
    }

    fn result(&self, _: &Resource, answer: Answer, _: &About<'_>) -> Result<Json, TaskError> {
        match answer {
            Answer::Http(Ok(answer)) if (200..300).contains(&answer.status) => {
                Ok(answer.told(shown))
            }
            Answer::Http(Ok(answer)) => Err(TaskError {
                error: format!("{PREFIX}.{}", answer.status),
                cause: answer.body,
            }),
            Answer::Http(Err(HttpFailure::Socket(why) | HttpFailure::Unusable(why))) => {
                Err(service::unreachable(PREFIX, why))
            }
            Answer::Http(Err(HttpFailure::Connection(why) | HttpFailure::Authorization(why))) => {
                Err(TaskError::runtime(why))
            }
            Answer::Function(_) | Answer::Api(_) | Answer::Service(_) => Err(service::unexpected()),
        }
    }
}

/// What is wrong with the value of an argument, whatever the others are.
pub(crate) fn misfit(name: &str, value: &Value) -> Option<String> {
    let text = value.as_str().unwrap_or_default();
    let fits = match name {
        "ApiEndpoint" => located(text).is_some(),
        "Method" => METHODS.contains(&text),
        // Null is as if it were not given.
        "AuthType" => value.is_null() || AUTH_TYPES.contains(&text),
        HEADERS => return unsupported(value),
        _other => true,
    };
    (!fits).then(|| not_valid(name))
}

fn not_valid(name: &str) -> String {
    format!("The value for the '{name}' field is not valid")
}

/// Headers that are not the task's to set.
fn unsupported(headers: &Value) -> Option<String> {
    let names = headers.as_object().into_iter().flat_map(|all| all.keys());
    let refused: Vec<String> = names
        // In a template, a name says that its value is made.
        .map(|name| name.strip_suffix(".$").unwrap_or(name))
        .filter(|name| is_among(name, REFUSED, REFUSED_PREFIXES))
        .map(str::to_ascii_lowercase)
        .collect();
    (!refused.is_empty()).then(|| {
        let refused = refused.join(", ");
        format!("The 'Headers' field contains unsupported values: [{refused}]")
    })
}

/// The request of these arguments, of a task in this region. The error is a sentence.
fn request(mut given: Map<String, Value>, region: &str) -> Result<HttpCall, String> {
    let with_nulls = match given.get("AllowNullValues") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(allowed)) => *allowed,
        Some(_other) => {
            return Err("The value for the field 'AllowNullValues' must be a BOOLEAN".to_owned());
        }
    };
    if !with_nulls {
        drop_nulls(&mut given);
    }
    if let Some(why) = given.iter().find_map(|(name, value)| misfit(name, value)) {
        return Err(why);
    }
    let endpoint = required(&given, "ApiEndpoint")?;
    let Some((base, at)) = located(endpoint) else {
        return Err(not_valid("ApiEndpoint"));
    };
    let method = required(&given, "Method")?;
    let stage = text(&given, "Stage")?.unwrap_or_default();
    let path = text(&given, "Path")?.unwrap_or_default();
    let authority = match text(&given, "AuthType")? {
        None | Some(NO_AUTH) => Authority::Nobody,
        Some(_signed) => Authority::Keys {
            region: at.unwrap_or(region).to_owned(),
        },
    };
    let mut call = HttpCall {
        method: method.to_owned(),
        url: url(&base, stage, path),
        query: pairs(&given, "QueryParameters")?,
        headers: pairs(&given, HEADERS)?,
        body: body(&given, method)?,
        encoding: BodyEncoding::Json,
        authority,
        most_bytes: MAX_BODY_BYTES,
    };
    let mut named = call.headers.iter().map(|(name, _)| name);
    let is_typed = named.any(|name| name.eq_ignore_ascii_case("content-type"));
    if call.body.is_some() && !is_typed {
        call.set_header("Content-Type", JSON.to_owned());
    }
    Ok(call)
}

/// Leaves out the members that are null, however deep.
fn drop_nulls(members: &mut Map<String, Value>) {
    members.retain(|_, value| !value.is_null());
    members.values_mut().for_each(drop_nulls_within);
}

fn drop_nulls_within(value: &mut Value) {
    match value {
        Value::Object(members) => drop_nulls(members),
        Value::Array(items) => items.iter_mut().for_each(drop_nulls_within),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn text<'a>(given: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_other) => Err(format!("The value for the field '{name}' must be a STRING")),
    }
}

fn required<'a>(given: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    let missing = || format!("The field '{name}' is required but was missing");
    text(given, name)?.ok_or_else(missing)
}

/// The names and values of a field. Each has a list; a header may have a single text too, as in the guide's example of a callback.
fn pairs(given: &Map<String, Value>, field: &str) -> Result<Vec<(String, String)>, String> {
    let Some(value) = given.get(field) else {
        return Ok(Vec::new());
    };
    let is_plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let fits = |value: &Value| match value {
        Value::Array(items) => items.iter().all(is_plain),
        single => field == HEADERS && single.is_string(),
    };
    match value.as_object().filter(|all| all.values().all(fits)) {
        Some(members) => Ok(members
            .iter()
            .flat_map(|(name, value)| repeated(name, value))
            .collect()),
        None => Err(format!(
            "The value of the field '{field}' has an invalid format"
        )),
    }
}

/// The body as it is sent: JSON, of text too.
fn body(given: &Map<String, Value>, method: &str) -> Result<Option<Value>, String> {
    let Some(body) = given.get("RequestBody") else {
        return Ok(None);
    };
    if WITH_BODY.contains(&method) {
        return Ok(Some(Value::String(body.to_string())));
    }
    // The guide's own GET has an empty one.
    let is_empty = match body {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
    };
    if is_empty {
        return Ok(None);
    }
    Err(format!(
        "The field 'RequestBody' is only supported for the methods {}",
        WITH_BODY.join(", ")
    ))
}

/// A header's name as API Gateway writes it: those of answers are read in small letters.
fn shown(name: &str) -> &str {
    match name {
        "via" => "Via",
        "x-amz-cf-id" => "X-Amz-Cf-Id",
        "x-amz-cf-pop" => "X-Amz-Cf-Pop",
        "x-amzn-trace-id" => "X-Amzn-Trace-Id",
        "x-cache" => "X-Cache",
        other => service::shown(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::HttpAnswer;
    use super::*;

    const ABOUT: About<'_> = About {
        execution_arn: "E",
        machine_arn: "M",
        region: "us-east-1",
        account: "000000000000",
        key: "k",
    };

    /// What the task sends, or why not, after a change of its arguments.
    fn called(change: impl Fn(&mut Value)) -> Result<HttpCall, String> {
        let mut arguments =
            json!({ "ApiEndpoint": "abc1.execute-api.eu-west-1.amazonaws.com", "Method": "POST" });
        change(&mut arguments);
        let resource = resolve("arn:aws:states:::apigateway:invoke").unwrap();
        let arguments = Json::parse(&arguments.to_string()).unwrap();
        match resource.integration.call(&resource, &arguments, &ABOUT) {
            Ok(Call::Http(call)) => Ok(call),
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert_eq!(error.error, crate::asl::errors::RUNTIME);
                Err(error.cause)
            }
        }
    }

    fn answered(status: u16, headers: &[&str], body: &str) -> Result<Value, TaskError> {
        let resource = resolve("arn:aws:states:::apigateway:invoke").unwrap();
        let named = headers.iter();
        let answer = Answer::Http(Ok(HttpAnswer {
            status,
            reason: "OK".to_owned(),
            headers: named
                .map(|name| ((*name).to_owned(), "1".to_owned()))
                .collect(),
            body: body.to_owned(),
        }));
        let result = resource.integration.result(&resource, answer, &ABOUT)?;
        Ok(serde_json::from_str(result.as_str()).unwrap())
    }

    #[test]
    fn it_has_a_callback_and_no_job() {
        let has = |action: &str| resolve(&format!("arn:aws:states:::apigateway:{action}"));
        assert_eq!(has("invoke").unwrap().pattern, Pattern::RequestResponse);
        let callback = has("invoke.waitForTaskToken").unwrap();
        assert_eq!(callback.pattern, Pattern::WaitForTaskToken);
        assert_eq!(callback.action, "invoke.waitForTaskToken");
        assert!(has("invoke.sync").is_none() && has("invokes").is_none());
    }

    #[test]
    fn the_address_is_made_of_host_stage_and_path() {
        let call = called(|a| {
            a["Stage"] = json!("prod");
            a["Path"] = json!("bills/1");
        });
        let host = "https://abc1.execute-api.eu-west-1.amazonaws.com";
        assert_eq!(call.unwrap().url, format!("{host}/prod/bills/1"));
        assert_eq!(called(|_| {}).unwrap().url, format!("{host}/"));
        let refused = called(|a| a["Path"] = json!(1)).unwrap_err();
        assert!(refused.ends_with("[The value for the field 'Path' must be a STRING]"));
    }

    #[test]
    fn headers_and_parameters_have_lists_and_a_header_may_be_text() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let call = called(|a| {
            a["Headers"] = json!({ "One": ["1", 2], "Two": "3" });
            a["QueryParameters"] = json!({ "a": ["x y", true] });
        })
        .unwrap();
        assert_eq!(
            call.headers,
            [pair("One", "1"), pair("One", "2"), pair("Two", "3")]
        );
        assert_eq!(call.query, [pair("a", "x y"), pair("a", "true")]);
        for (field, value) in [
            ("QueryParameters", json!({ "a": "1" })),
            ("QueryParameters", json!("a=1")),
            ("QueryParameters", json!({ "a": [["1"]] })),
            ("Headers", json!({ "a": 1 })),
            ("Headers", json!(["a: 1"])),
        ] {
            let refused = called(|a| a[field] = value.clone()).unwrap_err();
            let why = format!("[The value of the field '{field}' has an invalid format]");
            assert!(refused.ends_with(&why), "{refused}");
        }
    }

    #[test]
    fn headers_that_are_not_the_tasks_are_refused() {
        for name in [
            "Host",
            "AUTHORIZATION",
            "X-Amz-Date",
            "x-amzn-a",
            "X-ForwardedFor",
        ] {
            let refused = called(|a| a["Headers"][name] = json!(["x"])).unwrap_err();
            let why = format!("unsupported values: [{}]]", name.to_ascii_lowercase());
            assert!(refused.ends_with(&why), "{refused}");
        }
        for name in ["Accept", "User-Agent", "Proxy-Authorization", "Date"] {
            assert!(
                called(|a| a["Headers"][name] = json!(["x"])).is_ok(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_body_is_json_without_nulls_unless_they_are_allowed() {
        let body = |given: Value, nulls: bool| {
            let call = called(|a| {
                a["RequestBody"] = given.clone();
                a["AllowNullValues"] = json!(nulls);
            });
            call.unwrap().written().unwrap().body
        };
        let pet = json!({ "pet": { "category": null }, "list": [null, { "a": null }] });
        let sent: Value = serde_json::from_str(&body(pet.clone(), false).unwrap()).unwrap();
        assert_eq!(sent, json!({ "pet": {}, "list": [null, {}] }));
        let sent: Value = serde_json::from_str(&body(pet.clone(), true).unwrap()).unwrap();
        assert_eq!(sent, pet);
        assert_eq!(body(Value::Null, false), None);
        assert_eq!(body(json!("hello"), false).as_deref(), Some("\"hello\""));
        assert!(called(|a| a["AllowNullValues"] = json!("true")).is_err());
    }

    #[test]
    fn a_body_is_typed_by_the_task_or_as_json() {
        let typed = |headers: Value| {
            let call = called(|a| {
                a["RequestBody"] = json!({});
                a["Headers"] = headers.clone();
            });
            call.unwrap().written().unwrap().headers
        };
        let of = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
        assert_eq!(typed(Value::Null), of("Content-Type", JSON));
        let own = json!({ "content-type": ["text/csv"] });
        assert_eq!(typed(own), of("content-type", "text/csv"));
        assert!(called(|_| {}).unwrap().headers.is_empty());
    }

    #[test]
    fn only_three_methods_have_a_body() {
        let call = |method: &str, body: Value| {
            called(|a| {
                a["Method"] = json!(method);
                a["RequestBody"] = body.clone();
            })
        };
        for method in ["GET", "DELETE", "HEAD", "OPTIONS"] {
            assert_eq!(call(method, json!({})).unwrap().body, None);
            let refused = call(method, json!({ "a": 1 })).unwrap_err();
            assert!(refused.contains("PATCH, POST, PUT"), "{refused}");
        }
        assert!(call("FETCH", json!({})).is_err());
    }

    #[test]
    fn a_signature_is_for_the_region_of_the_api() {
        let authority = |kind: &str, at: &str| {
            let call = called(|a| {
                a["AuthType"] = json!(kind);
                a["ApiEndpoint"] = json!(at);
            });
            call.map(|call| call.authority)
        };
        let keys = |region: &str| -> Result<Authority, String> {
            let region = region.to_owned();
            Ok(Authority::Keys { region })
        };
        let api = "abc1.execute-api.eu-west-1.amazonaws.com";
        assert_eq!(authority("NO_AUTH", api), Ok(Authority::Nobody));
        assert_eq!(authority("IAM_ROLE", api), keys("eu-west-1"));
        assert_eq!(
            authority("RESOURCE_POLICY", "127.0.0.1:1"),
            keys("us-east-1")
        );
        let refused = authority("IAM", api).unwrap_err();
        assert!(refused.ends_with("[The value for the 'AuthType' field is not valid]"));
        assert_eq!(called(|_| {}).unwrap().authority, Authority::Nobody);
        for nulls in [false, true] {
            let call = called(|a| {
                a["AuthType"] = Value::Null;
                a["AllowNullValues"] = json!(nulls);
            });
            assert_eq!(call.unwrap().authority, Authority::Nobody);
        }
    }

    #[test]
    fn an_answer_that_cannot_be_had_is_an_error_that_can_be_caught() {
        let resource = resolve("arn:aws:states:::apigateway:invoke").unwrap();
        for failure in [HttpFailure::Socket, HttpFailure::Unusable] {
            let answer = Answer::Http(Err(failure("why".to_owned())));
            let error = resource.integration.result(&resource, answer, &ABOUT);
            let error = error.unwrap_err();
            assert_eq!(error.error, "ApiGateway.SdkClientException");
            assert_eq!(error.cause, "why");
        }
    }

    #[test]
    fn what_is_not_2xx_is_an_error_with_the_body_as_its_cause() {
        let told = answered(201, &["via", "x-amzn-requestid", "date", "x-mine"], "[1]").unwrap();
        assert_eq!(
            told,
            json!({ "StatusCode": 201, "StatusText": "OK", "ResponseBody": [1],
                "Headers": { "Via": ["1"], "x-amzn-RequestId": ["1"], "Date": ["1"], "x-mine": ["1"] } })
        );
        for status in [302, 403, 504] {
            let error = answered(status, &[], "no").unwrap_err();
            assert_eq!(error.error, format!("ApiGateway.{status}"));
            assert_eq!(error.cause, "no");
        }
    }
}
