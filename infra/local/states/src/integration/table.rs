//! The services that `aws-sdk:` tasks reach, from two tables that are data.

use std::collections::HashMap;
use std::sync::LazyLock;

const SERVICES: &str = include_str!("services.txt");
const ROUTES: &str = include_str!("routes.txt");
const TOKENS: &str = include_str!("tokens.txt");
/// `LastModified` of a function is text on the wire, that of an event source mapping seconds.
const LAMBDA_TIMES: &str = "EndTimestamp EventTimestamp LastModified NextAttemptTimestamp ScheduledEndTimestamp StartTimestamp StartingPositionTimestamp";
/// Operations that answer with a stream of events, which is not read; those of REST are no routes.
const STREAMS: [(&str, &str); 3] = [
    ("kinesis", "SubscribeToShard"),
    ("cloudwatchlogs", "GetLogObject"),
    ("cloudwatchlogs", "StartLiveTail"),
];

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON: `version` is that of the content type, `target` what stands before the operation.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// As in `X-Amz-Target`.
        target: &'static str,
    },
    /// Paths and methods, with JSON.
    Rest,
    /// Paths and methods, with XML.
    RestXml {
        /// Of the elements of requests.
        namespace: &'static str,
    },
    /// Paths and methods, with XML, as S3 has them.
    S3,
    /// Forms and XML. `version` is the API's.
    Query {
        /// As in `Version`.
        version: &'static str,
    },
    /// Forms and XML, as EC2 has them.
    Ec2 {
        /// As in `Version`.
        version: &'static str,
    },
}

/// A service.
#[derive(Debug)]
pub struct Service {
    /// As in the resource (`secretsmanager`).
    pub name: &'static str,
    /// What its error names begin with (`SecretsManager`).
    pub prefix: &'static str,
    /// As in `AWS_ENDPOINT_URL_<SERVICE>`, in lower case (`secrets_manager`).
    pub id: &'static str,
    /// The first part of its host at AWS, or the whole where there is one for all regions.
    pub host: &'static str,
    /// Its name in signatures.
    pub signing: &'static str,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Its members begin with a small letter, which tasks write as a capital.
    pub camel: bool,
    /// Members whose keys are anybody's.
    pub maps: Vec<&'static str>,
    /// Members that are bytes: tasks give text, the wire has Base64.
    pub blobs: Vec<&'static str>,
    /// Members that are times: the wire has seconds, tasks see ISO 8601. Where a name means several things, what encloses it stands
    /// before it (`JobRun.StartedOn`): a member, or the operation.
    pub times: Vec<&'static str>,
    /// Codes of its errors; `CODE=NAME` where the SDK's name does not follow from it.
    pub errors: Vec<&'static str>,
}

/// What is to be known of a service to reach it; as in [`Service`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its name in resources.
    pub name: &'static str,
    /// Its name in `AWS_ENDPOINT_URL_<SERVICE>`.
    pub id: &'static str,
    /// Its host at AWS.
    pub host: &'static str,
    /// Its name in signatures.
    pub signing: &'static str,
}

impl Service {
    /// What is to be known to reach it.
    pub fn known(&self) -> Known {
        Known {
            name: self.name,
            id: self.id,
            host: self.host,
            signing: self.signing,
        }
    }
}

/// An operation of a REST service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// HTTP method.
    pub method: &'static str,
    /// Path, with members in braces.
    pub path: &'static str,
    /// Query parameters and their members.
    pub query: Vec<(&'static str, &'static str)>,
    /// Headers and their members; a `*` at the end takes a map.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The member that is the whole body; without a name, all that go nowhere else.
    pub payload: Option<Payload>,
    /// Headers of the answer, their members, and what they are: `n`, `b`, `t` or nothing for text.
    pub answers: Vec<(&'static str, &'static str, &'static str)>,
    /// The member that is the whole body of the answer.
    pub answer: Option<Payload>,
}

/// A member that is a whole body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// Its name, with a capital.
    pub member: &'static str,
    /// How it is written.
    pub form: Form,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Bytes,
    /// As JSON.
    Json,
    /// As XML.
    Xml,
    /// As XML, in this element.
    Document(&'static str),
}

fn payload(text: &'static str) -> Option<Payload> {
    let (member, form) = text.split_once(':')?;
    let form = match form {
        "bytes" => Form::Bytes,
        "json" => Form::Json,
        form => form.strip_prefix("xml=").map_or(Form::Xml, Form::Document),
    };
    Some(Payload { member, form })
}

static TABLE: LazyLock<HashMap<&'static str, Service>> = LazyLock::new(|| {
    let listed = rows(SERVICES).filter_map(listed);
    let others = [
        Service {
            times: words(LAMBDA_TIMES).collect(),
            ..plain("lambda", "Lambda", "lambda", Protocol::Rest)
        },
        Service {
            id: "chime_sdk_voice",
            signing: "chime",
            ..plain(
                "chimesdkvoice",
                "ChimeSdkVoice",
                "voice-chime",
                Protocol::Rest,
            )
        },
        Service {
            id: "chime_sdk_meetings",
            signing: "chime",
            ..plain(
                "chimesdkmeetings",
                "ChimeSdkMeetings",
                "meetings-chime",
                Protocol::Rest,
            )
        },
    ];
    listed
        .chain(others)
        .map(|service| (service.name, service))
        .collect()
});

/// By `<service>:<operation>`.
static REST: LazyLock<HashMap<String, Route>> = LazyLock::new(|| {
    rows(ROUTES)
        .filter_map(|row| {
            let [service, operation, method, path, query] = *row.first_chunk::<5>()?;
            let column = |number: usize| row.get(number).copied().unwrap_or_default();
            let pairs = |text| words(text).filter_map(|pair| pair.split_once('='));
            let answers = pairs(column(7)).filter(|(header, _)| !header.is_empty());
            let whole = pairs(column(7)).find(|(header, _)| header.is_empty());
            let route = Route {
                method,
                path,
                query: pairs(query).collect(),
                headers: pairs(column(5)).collect(),
                payload: payload(column(6)),
                answers: answers
                    .map(|(header, member)| match member.split_once(':') {
                        Some((member, kind)) => (header, member, kind),
                        None => (header, member, ""),
                    })
                    .collect(),
                answer: whole.and_then(|(_, member)| payload(member)),
            };
            Some((format!("{service}:{operation}"), route))
        })
        .collect()
});

/// By `<service>:<operation>`.
static BY_OPERATION: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let listed = rows(TOKENS).filter_map(|row| {
        let [service, member, operations] = *row.first_chunk::<3>()?;
        let named = words(operations).map(move |operation| format!("{service}:{operation}"));
        Some(named.map(move |operation| (operation, member)))
    });
    listed.flatten().collect()
});

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let told = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    told.map(|line| line.split('|').collect())
}

fn words(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split(' ').filter(|word| !word.is_empty())
}

fn listed(row: Vec<&'static str>) -> Option<Service> {
    let [
        name,
        prefix,
        id,
        host,
        signing,
        version,
        target,
        case,
        maps,
        blobs,
        times,
        errors,
    ] = row[..]
    else {
        return None;
    };
    Some(Service {
        name,
        prefix,
        id,
        host,
        signing,
        protocol: match version {
            "rest" => Protocol::Rest,
            "rest-xml" => Protocol::RestXml { namespace: target },
            "s3" => Protocol::S3,
            "query" => Protocol::Query { version: target },
            "ec2" => Protocol::Ec2 { version: target },
            version => Protocol::Json { version, target },
        },
        camel: case == "camel",
        maps: words(maps).collect(),
        blobs: words(blobs).collect(),
        times: words(times).collect(),
        errors: words(errors).collect(),
    })
}

fn plain(
    name: &'static str,
    prefix: &'static str,
    host: &'static str,
    protocol: Protocol,
) -> Service {
    Service {
        name,
        prefix,
        id: name,
        host,
        signing: host,
        protocol,
        camel: false,
        maps: Vec::new(),
        blobs: Vec::new(),
        times: Vec::new(),
        errors: Vec::new(),
    }
}

/// The service of this name.
pub fn service(name: &str) -> Option<&'static Service> {
    TABLE.get(name)
}

/// The route of an operation (`CreateMeeting`).
pub fn route(service: &'static str, operation: &str) -> Option<&'static Route> {
    REST.get(&format!("{service}:{operation}"))
}

/// The member by which the service knows a request of this operation again, with a capital.
pub fn token(service: &str, operation: &str) -> Option<&'static str> {
    let found = BY_OPERATION.get(&format!("{service}:{operation}"));
    found.copied()
}

/// Whether an operation answers with a stream of events.
pub fn is_stream(service: &str, operation: &str) -> bool {
    STREAMS.contains(&(service, operation))
}

/// Names of all services, in order.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLE.keys().copied().collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_every_route_has_its_service() {
        assert_eq!(TABLE.len(), rows(SERVICES).count() + 3);
        assert_eq!(REST.len(), rows(ROUTES).count());
        for (name, _) in BY_OPERATION.keys().filter_map(|key| key.split_once(':')) {
            assert!(service(name).is_some(), "{name}");
        }
        for (name, _) in REST.keys().filter_map(|key| key.split_once(':')) {
            let protocol = service(name).map(|s| s.protocol);
            assert!(
                matches!(
                    protocol,
                    Some(Protocol::Rest | Protocol::RestXml { .. } | Protocol::S3)
                ),
                "{name}"
            );
        }
    }

    #[test]
    fn a_service_is_found_with_its_target_and_address() {
        let found = service("secretsmanager").unwrap();
        assert_eq!(
            (found.id, found.prefix),
            ("secrets_manager", "SecretsManager")
        );
        let target = "secretsmanager";
        assert_eq!(
            found.protocol,
            Protocol::Json {
                version: "1.1",
                target
            }
        );
        let route = route("chimesdkmeetings", "DeleteAttendee").unwrap();
        assert_eq!(route.path, "/meetings/{MeetingId}/attendees/{AttendeeId}");
    }
}
