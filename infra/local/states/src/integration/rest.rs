//! REST protocols of AWS: members go into the path, the query, headers and the body, and come back from headers and body.
//!
//! Source: Smithy, "HTTP binding traits", "AWS restJson1 protocol", "AWS restXml protocol". Where each member goes is in
//! `routes.txt`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

use super::answer::ServiceAnswer;
use super::naming::pascal;
use super::rest_xml::{self, Document, bare_id};
use super::service::unfit;
use super::shape::Times;
use super::table::{Form, Payload, Protocol, Route, Service, route};
use super::times::{self, TimeFormat};
use super::{ServiceCall, TaskError, members, query, s3_xml, shape};
use crate::core::rfc3339;

/// The request of an operation with these arguments.
pub(super) fn call(
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
    if matches!(service.protocol, Protocol::RestXml { .. }) {
        // The routes have the names that tasks see.
        arguments = arguments
            .into_iter()
            .map(|(name, value)| (pascal(&name), value))
            .collect();
    }
    let rules = &members::of(service.name).request;
    let mut write = |member: &str, format: TimeFormat| {
        if let Some(value) = arguments.get_mut(member) {
            times::write_one(rules, operation, member, value, format);
        }
    };
    for (_, member) in &route.query {
        write(member, in_query(service));
    }
    for (_, member) in &route.headers {
        write(member, TimeFormat::Http);
    }
    let mut path = path(service, operation, route, &mut arguments)?;
    for (parameter, member) in &route.query {
        let values = match arguments.remove(*member) {
            None => continue,
            Some(Value::Array(values)) => values,
            Some(value) => vec![value],
        };
        for value in values {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&format!("{parameter}={}", query::encoded(&plain(value))));
        }
    }
    let mut headers = Vec::new();
    for (header, member) in &route.headers {
        let Some(value) = arguments.remove(*member) else {
            continue;
        };
        match (header.strip_suffix('*'), value) {
            (Some(stem), Value::Object(entries)) => headers.extend(
                entries
                    .into_iter()
                    .map(|(key, value)| (format!("{stem}{}", key.to_lowercase()), plain(value))),
            ),
            (_, value) => headers.push(((*header).to_owned(), plain(value))),
        }
    }
    let body = match (route.payload, service.protocol) {
        (
            Some(Payload {
                member,
                form: Form::Document(root),
            }),
            Protocol::RestXml { namespace },
        ) => {
            let document = Document {
                service: service.name,
                operation,
                root,
                namespace,
                member,
            };
            written(&document, arguments, &mut headers)?
        }
        (_, _) => {
            times::write_all(rules, operation, &mut arguments, in_body(service));
            body(service, route, arguments, &mut headers)
        }
    };
    Ok(ServiceCall {
        service: service.known(),
        method: route.method,
        path,
        headers,
        body,
    })
}

/// How times are written in a query; S3's only ones there are headers that it is to answer with.
fn in_query(service: &Service) -> TimeFormat {
    match service.protocol {
        Protocol::S3 => TimeFormat::Http,
        _other => TimeFormat::Iso,
    }
}

/// How times are written in a body. S3's only one there is what it gave as a header.
fn in_body(service: &Service) -> TimeFormat {
    match service.protocol {
        Protocol::S3 => TimeFormat::Http,
        _json => TimeFormat::Seconds,
    }
}

/// A body in XML, of what is left of the arguments or of one of them.
fn written(
    document: &Document<'_>,
    arguments: Map<String, Value>,
    headers: &mut Vec<(String, String)>,
) -> Result<String, TaskError> {
    let members = match document.member {
        "" => arguments.clone(),
        member => match arguments.get(member) {
            Some(Value::Object(members)) => members.clone(),
            None | Some(Value::Null) => return Ok(String::new()),
            Some(_) => {
                let why = format!("The value for the field '{member}' must be an OBJECT");
                return Err(unfit(arguments, &why));
            }
        },
    };
    let body = document
        .written(&members)
        .map_err(|why| unfit(arguments, &why))?;
    headers.push(("content-type".to_owned(), "application/xml".to_owned()));
    Ok(body)
}

fn path(
    service: &Service,
    operation: &str,
    route: &Route,
    arguments: &mut Map<String, Value>,
) -> Result<String, TaskError> {
    let mut path = String::new();
    let mut rest = route.path;
    while let Some((before, after)) = rest.split_once('{') {
        let (label, after) = after.split_once('}').unwrap_or((after, ""));
        let whole = label.strip_suffix('+');
        let member = shape::capital(whole.unwrap_or(label));
        let given = arguments.remove(&member).map(plain);
        let given = given.map(|id| bare_id(service.name, &id).to_owned());
        let Some(value) = given.filter(|text| !text.is_empty()) else {
            return Err(TaskError::runtime(format!(
                "The arguments of {}:{operation} lack '{member}'",
                service.name
            )));
        };
        path.push_str(before);
        match whole {
            Some(_) => {
                let parts: Vec<String> = value.split('/').map(query::encoded).collect();
                path.push_str(&parts.join("/"));
            }
            None => path.push_str(&query::encoded(&value)),
        }
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

fn body(
    service: &'static Service,
    route: &Route,
    mut arguments: Map<String, Value>,
    headers: &mut Vec<(String, String)>,
) -> String {
    let mut typed = |kind: &str| {
        if !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
    };
    let Some(Payload { member, form }) = route.payload else {
        if matches!(route.method, "GET" | "DELETE" | "HEAD") && arguments.is_empty()
            || matches!(service.protocol, Protocol::S3 | Protocol::RestXml { .. })
        {
            return String::new();
        }
        typed("application/json");
        return shape::request(service, Value::Object(arguments)).to_string();
    };
    let Some(value) = arguments.remove(member) else {
        return String::new();
    };
    match form {
        Form::Bytes => {
            typed(if value.is_string() {
                "application/octet-stream"
            } else {
                "application/json"
            });
            plain(value)
        }
        Form::Json => {
            typed("application/json");
            shape::request(service, value).to_string()
        }
        Form::Xml | Form::Document(_) => {
            typed("application/xml");
            let body = s3_xml::written(member, &value);
            // S3 wants it where what is sent deletes or replaces.
            let sum = STANDARD.encode(Md5::digest(&body));
            headers.push(("content-md5".to_owned(), sum));
            body
        }
    }
}

/// The result of an operation, with members as tasks see them.
pub(super) fn result(
    service: &'static Service,
    operation: &str,
    answer: &ServiceAnswer,
    times: Times,
) -> Value {
    let Some(route) = route(service.name, operation) else {
        return json!({});
    };
    let mut members = match route.answer {
        Some(Payload {
            member,
            form: Form::Bytes,
        }) => single(member, Value::String(answer.body.clone())),
        Some(Payload {
            member,
            form: Form::Document(_),
        }) => rest_xml::read(service.name, operation, Some(member), &answer.body, times),
        Some(Payload { member, .. }) => {
            let value = serde_json::from_str(&answer.body).unwrap_or_default();
            single(member, shape::answer(service, member, value, times))
        }
        None if service.protocol == Protocol::S3 => s3_xml::read(operation, &answer.body),
        None if matches!(service.protocol, Protocol::RestXml { .. }) => {
            rest_xml::read(service.name, operation, None, &answer.body, times)
        }
        None => match shape::answer(
            service,
            operation,
            serde_json::from_str(&answer.body).unwrap_or_default(),
            times,
        ) {
            Value::Object(members) => members,
            _empty => Map::new(),
        },
    };
    for (header, member, kind) in &route.answers {
        match header.strip_suffix('*') {
            Some(stem) => {
                let found = answer.headers.iter().filter_map(|(name, value)| {
                    Some((name.strip_prefix(stem)?.to_owned(), json!(value)))
                });
                members.insert((*member).to_owned(), Value::Object(found.collect()));
            }
            None => {
                if let Some(value) = answer.header(header) {
                    members.insert((*member).to_owned(), told(value, kind));
                }
            }
        }
    }
    Value::Object(members)
}

fn single(member: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(member.to_owned(), value)])
}

/// A header's value: `n` a number, `b` a Boolean, `t` a time, otherwise text.
fn told(value: &str, kind: &str) -> Value {
    let read = match kind {
        "n" => value.parse::<i64>().ok().map(Value::from),
        "b" => value.parse::<bool>().ok().map(Value::from),
        "t" => jiff::fmt::rfc2822::parse(value)
            .ok()
            .map(|at| Value::from(rfc3339(at.timestamp().as_millisecond()))),
        _text => None,
    };
    read.unwrap_or_else(|| Value::from(value))
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::service;
    use super::*;

    fn called(name: &str, operation: &str, arguments: Value) -> ServiceCall {
        let Value::Object(arguments) = arguments else {
            panic!("{arguments}")
        };
        call(service(name).unwrap(), operation, arguments).unwrap()
    }

    #[test]
    fn members_go_where_the_model_says() {
        let put = called(
            "s3",
            "PutObject",
            json!({ "Bucket": "b", "Key": "a b/c", "Body": { "k": 1 }, "Metadata": { "Who": "me" }, "ContentType": "x/y" }),
        );
        assert_eq!((put.method, put.path.as_str()), ("PUT", "/b/a%20b/c"));
        assert_eq!(put.body, r#"{"k":1}"#);
        assert!(
            put.headers
                .contains(&("x-amz-meta-who".into(), "me".into()))
        );
        assert!(put.headers.contains(&("content-type".into(), "x/y".into())));
        let list = called(
            "s3",
            "ListObjectsV2",
            json!({ "Bucket": "b", "Prefix": "p/" }),
        );
        assert_eq!(list.path, "/b?list-type=2&prefix=p%2F");
        assert_eq!(list.body, "");
        let job = called(
            "batch",
            "SubmitJob",
            json!({ "JobName": "n", "Parameters": { "Key": "v" } }),
        );
        assert_eq!((job.method, job.path.as_str()), ("POST", "/v1/submitjob"));
        let sent: Value = serde_json::from_str(&job.body).unwrap();
        assert_eq!(
            sent,
            json!({ "jobName": "n", "parameters": { "Key": "v" } })
        );
        let cluster = called("eks", "DescribeCluster", json!({ "Name": "c" }));
        assert_eq!(cluster.path, "/clusters/c");
    }

    #[test]
    fn headers_and_body_of_an_answer_become_members() {
        let answer = ServiceAnswer {
            status: 200,
            headers: vec![
                ("content-length".into(), "2".into()),
                (
                    "last-modified".into(),
                    "Wed, 21 Oct 2015 07:28:00 GMT".into(),
                ),
                ("x-amz-meta-who".into(), "me".into()),
                ("etag".into(), "\"e\"".into()),
            ],
            body: "hi".into(),
        };
        let got = result(service("s3").unwrap(), "GetObject", &answer, Times::Text);
        let expected = json!({ "Body": "hi", "ContentLength": 2, "LastModified": "2015-10-21T07:28:00.000Z",
            "Metadata": { "who": "me" }, "ETag": "\"e\"" });
        assert_eq!(got, expected);
    }

    #[test]
    fn times_are_in_the_form_of_the_place_where_they_go() {
        let at = "2015-10-21T07:28:00Z";
        let get = called(
            "s3",
            "GetObject",
            json!({ "Bucket": "b", "Key": "k", "IfModifiedSince": at, "ResponseExpires": at }),
        );
        let since = "Wed, 21 Oct 2015 07:28:00 GMT";
        let header = ("if-modified-since".to_owned(), since.to_owned());
        assert!(get.headers.contains(&header), "{:?}", get.headers);
        let expires = "response-expires=Wed%2C%2021%20Oct%202015%2007%3A28%3A00%20GMT";
        assert!(get.path.contains(expires), "{}", get.path);
        let put = called(
            "s3",
            "PutObject",
            json!({ "Bucket": "b", "Key": "k", "Body": at, "Expires": since, "ObjectLockRetainUntilDate": at }),
        );
        let (expires, until) = ("expires", "x-amz-object-lock-retain-until-date");
        for (name, expected) in [(expires, since), (until, at)] {
            let header = (name.to_owned(), expected.to_owned());
            assert!(put.headers.contains(&header), "{:?}", put.headers);
        }
        assert_eq!(put.body, at);
        let gone = json!({ "Objects": [{ "Key": "k", "LastModifiedTime": at }] });
        let delete = called(
            "s3",
            "DeleteObjects",
            json!({ "Bucket": "b", "Delete": gone }),
        );
        let told = format!("<LastModifiedTime>{since}</LastModifiedTime>");
        assert!(delete.body.contains(&told), "{}", delete.body);
        let schedule = called(
            "scheduler",
            "CreateSchedule",
            json!({ "Name": "n", "StartDate": at }),
        );
        let sent: Value = serde_json::from_str(&schedule.body).unwrap();
        assert_eq!(sent, json!({ "StartDate": 1_445_412_480 }));
        let runs = called(
            "emrserverless",
            "ListJobRuns",
            json!({ "ApplicationId": "a", "CreatedAtAfter": at }),
        );
        assert!(
            runs.path
                .contains("createdAtAfter=2015-10-21T07%3A28%3A00.000Z"),
            "{}",
            runs.path
        );
    }

    #[test]
    fn an_argument_of_the_path_is_needed() {
        let refused = call(service("s3").unwrap(), "GetObject", Map::new()).unwrap_err();
        assert!(refused.cause.contains("'Bucket'"), "{}", refused.cause);
    }
}
