//! What a service's API model says, as far as its calls need it.
//!
//! Source: botocore, `docs/source` on service models; Smithy, "AWS protocols". Names that tasks see: the AWS SDK for Java 2,
//! `DefaultNamingStrategy`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use super::super::naming::pascal;
use super::super::service::exception;
use super::super::table::{Protocol, Service};
use super::super::times::TimeFormat;

/// `metadata` of a model.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    #[serde(default)]
    api_version: String,
    endpoint_prefix: String,
    protocol: String,
    #[serde(default)]
    protocols: Vec<String>,
    service_id: String,
    signing_name: Option<String>,
    json_version: Option<String>,
    target_prefix: Option<String>,
    global_endpoint: Option<String>,
}

impl Metadata {
    /// What error names begin with: `Lex Models V2` is `LexModelsV2`.
    fn prefix(&self) -> String {
        let name = pascal(&self.service_id);
        let short = name
            .strip_prefix("Amazon")
            .or_else(|| name.strip_prefix("Aws"))
            .unwrap_or(&name);
        let short = short.strip_suffix("Service").unwrap_or(short);
        if short.is_empty() {
            return name;
        }
        short.to_owned()
    }

    /// As in resources.
    pub(super) fn name(&self) -> String {
        self.prefix().to_lowercase()
    }

    /// As in `AWS_ENDPOINT_URL_<SERVICE>`, in lower case.
    fn id(&self) -> String {
        self.service_id
            .to_lowercase()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    }

    /// The first protocol that is spoken here.
    fn protocol(&self) -> Result<Protocol, String> {
        let spoken = self.protocols.iter().chain([&self.protocol]);
        let found = spoken.map(String::as_str).find_map(|name| match name {
            "json" => Some(Protocol::Json {
                version: kept(self.json_version.as_deref().unwrap_or("1.0")),
                target: kept(self.target_prefix.as_deref().unwrap_or_default()),
            }),
            "rest-json" => Some(Protocol::Rest),
            "query" => Some(Protocol::Query {
                version: kept(&self.api_version),
            }),
            "ec2" => Some(Protocol::Ec2 {
                version: kept(&self.api_version),
            }),
            _unspoken => None,
        });
        found.ok_or_else(|| {
            format!(
                "the service speaks {}, and only json, rest-json, query and ec2 are spoken by models",
                self.protocol
            )
        })
    }
}

/// A service's model.
#[derive(Debug)]
pub(super) struct Model {
    /// How the service is reached, and what its errors are called.
    pub(super) service: Service,
    /// By the names that tasks have for them, with a capital (`CreateDbInstance`).
    operations: HashMap<String, Arc<Operation>>,
    shapes: HashMap<String, Shape>,
}

/// An operation.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    /// As the service names it.
    pub(super) name: String,
    pub(super) http: Http,
    pub(super) input: Option<Member>,
    pub(super) output: Option<Member>,
}

/// Where an operation of a REST service is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Http {
    pub(super) method: String,
    /// Path and query, with members in braces.
    pub(super) request_uri: String,
}

/// A shape, where it is used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Member {
    pub(super) shape: String,
    /// `uri`, `querystring`, `header`, `headers`, `statusCode`; the body without one.
    pub(super) location: Option<String>,
    pub(super) location_name: Option<String>,
    /// Its name in EC2's forms.
    pub(super) query_name: Option<String>,
    flattened: bool,
    timestamp_format: Option<String>,
    /// JSON in Base64, in a header.
    pub(super) jsonvalue: bool,
    /// By it the service knows a request that is made again.
    pub(super) idempotency_token: bool,
}

/// A shape.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Shape {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    /// Of a structure.
    pub(super) members: BTreeMap<String, Member>,
    /// The member of a structure that is the whole body.
    pub(super) payload: Option<String>,
    /// The items of a list.
    pub(super) member: Member,
    /// The keys of a map.
    pub(super) key: Member,
    /// The values of a map.
    pub(super) value: Member,
    /// A structure that is any JSON.
    pub(super) document: bool,
    /// A structure whose members come one after the other, as events.
    eventstream: bool,
    flattened: bool,
    timestamp_format: Option<String>,
    exception: bool,
    error: Option<ErrorCode>,
}

#[derive(Debug, Deserialize)]
struct ErrorCode {
    code: Option<String>,
}

/// What a shape is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) enum Kind {
    Structure,
    List,
    Map,
    Timestamp,
    Blob,
    Boolean,
    Number,
    #[default]
    Text,
}

impl From<String> for Kind {
    fn from(told: String) -> Self {
        match told.as_str() {
            "structure" => Self::Structure,
            "list" => Self::List,
            "map" => Self::Map,
            "timestamp" => Self::Timestamp,
            "blob" => Self::Blob,
            "boolean" => Self::Boolean,
            "integer" | "long" | "short" | "byte" | "float" | "double" | "bigInteger"
            | "bigDecimal" => Self::Number,
            _text => Self::Text,
        }
    }
}

/// A file.
#[derive(Debug, Deserialize)]
struct File {
    metadata: Metadata,
    #[serde(default)]
    operations: HashMap<String, Operation>,
    #[serde(default)]
    shapes: HashMap<String, Shape>,
}

impl Model {
    /// Reads the JSON of a model. The error is a sentence.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let File {
            metadata,
            operations,
            shapes,
        } = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let host = metadata.global_endpoint.as_deref();
        let host = host.unwrap_or(&metadata.endpoint_prefix);
        let signing = metadata.signing_name.as_deref();
        let service = Service {
            name: kept(&metadata.name()),
            prefix: kept(&metadata.prefix()),
            id: kept(&metadata.id()),
            host: kept(host),
            signing: kept(signing.unwrap_or(&metadata.endpoint_prefix)),
            protocol: metadata.protocol()?,
            camel: false,
            maps: Vec::new(),
            blobs: Vec::new(),
            times: Vec::new(),
            errors: errors(&shapes),
        };
        Ok(Self {
            service,
            operations: operations
                .into_values()
                .map(|operation| (pascal(&operation.name), Arc::new(operation)))
                .collect(),
            shapes,
        })
    }

    /// The operation of an action (`createDbInstance`).
    pub(super) fn operation(&self, action: &str) -> Option<&Arc<Operation>> {
        self.operations.get(&pascal(action))
    }

    /// Whether arguments or result of an operation have a stream of events.
    pub(super) fn is_stream(&self, operation: &Operation) -> bool {
        let both = [&operation.input, &operation.output].into_iter().flatten();
        let shapes = both.filter_map(|member| self.shape(member));
        let mut members = shapes.flat_map(|shape| shape.members.values());
        members.any(|member| self.shape(member).is_some_and(|shape| shape.eventstream))
    }

    /// What is used here, if the model has it.
    pub(super) fn shape(&self, member: &Member) -> Option<&Shape> {
        self.shapes.get(&member.shape)
    }

    /// What kind it is; text if the model does not have it.
    pub(super) fn kind(&self, member: &Member) -> Kind {
        self.shape(member).map_or(Kind::Text, |shape| shape.kind)
    }

    /// Whether items or entries stand beside each other, without an element of their own.
    pub(super) fn is_flat(&self, member: &Member) -> bool {
        member.flattened || self.shape(member).is_some_and(|shape| shape.flattened)
    }

    /// How a time is written; `usual` where the model does not say.
    pub(super) fn time_format(&self, member: &Member, usual: TimeFormat) -> TimeFormat {
        let shape = self.shape(member);
        let told = member.timestamp_format.as_deref();
        match told.or_else(|| shape?.timestamp_format.as_deref()) {
            Some("unixTimestamp") => TimeFormat::Seconds,
            Some("iso8601") => TimeFormat::Iso,
            Some("rfc822") => TimeFormat::Http,
            _unsaid => usual,
        }
    }
}

impl Shape {
    /// The member of a structure that tasks call so, and its name in the model.
    pub(super) fn named(&self, given: &str) -> Option<(&str, &Member)> {
        let told = pascal(given);
        let mut members = self.members.iter();
        let found = members.find(|(name, _)| pascal(name) == told)?;
        Some((found.0.as_str(), found.1))
    }

    /// The member of a structure with this name on the wire, and its name in the model.
    pub(super) fn on_wire(&self, wire: &str) -> Option<(&str, &Member)> {
        let mut members = self.members.iter();
        let found = members.find(|(name, member)| member.wire(name) == wire)?;
        Some((found.0.as_str(), found.1))
    }
}

impl Member {
    /// Its name on the wire; `name` is that in the model.
    pub(super) fn wire<'a>(&'a self, name: &'a str) -> &'a str {
        self.location_name.as_deref().unwrap_or(name)
    }
}

/// `CODE=NAME` of every error.
fn errors(shapes: &HashMap<String, Shape>) -> Vec<&'static str> {
    let all = shapes.iter().filter(|(_, shape)| shape.exception);
    all.map(|(name, shape)| {
        let code = shape.error.as_ref().and_then(|error| error.code.as_ref());
        kept(&format!(
            "{}={}",
            code.unwrap_or(name),
            exception(&pascal(name))
        ))
    })
    .collect()
}

/// A text for as long as the process lives, as the tables have them. Each is kept once, however often models are read.
fn kept(text: &str) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(&known) = all.get(text) {
        return known;
    }
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    all.insert(text);
    text
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An invented service that sends parcels and has a member of every kind.
    pub(in super::super) fn model(protocol: &str) -> &'static Model {
        const REST: &str = r#""protocol": "rest-json""#;
        let told = include_str!("../../../tests/models/parcels/2026-01-01/service-2.json");
        assert!(told.contains(REST));
        let told = told.replace(REST, &format!(r#""protocol": "{protocol}""#));
        Box::leak(Box::new(Model::parse(told.as_bytes()).unwrap()))
    }

    #[test]
    fn errors_have_the_names_of_the_java_sdk() {
        let service = &model("query").service;
        assert_eq!(service.errors, ["NoSuchParcel=NoSuchDbParcelException"]);
        assert_eq!((service.host, service.signing), ("parcels", "parcels"));
        assert!(model("query").operation("sendDbParcel").is_some());
    }

    #[test]
    fn a_stream_of_events_is_told() {
        let told = serde_json::json!({
            "metadata": { "endpointPrefix": "x", "protocol": "json", "serviceId": "X" },
            "operations": { "Listen": { "name": "Listen", "http": { "method": "POST", "requestUri": "/" },
                "output": { "shape": "Heard" } } },
            "shapes": { "Heard": { "type": "structure", "members": { "Sounds": { "shape": "Sounds" } } },
                "Sounds": { "type": "structure", "members": {}, "eventstream": true } },
        });
        let streaming = Model::parse(told.to_string().as_bytes()).unwrap();
        assert!(streaming.is_stream(streaming.operation("listen").unwrap()));
        let parcels = model("json");
        assert!(!parcels.is_stream(parcels.operation("sendDbParcel").unwrap()));
    }

    #[test]
    fn the_texts_of_a_model_are_kept_once_however_often_it_is_read() {
        let (one, other) = (model("query"), model("query"));
        assert!(std::ptr::eq(one.service.name, other.service.name));
        assert!(std::ptr::eq(one.service.errors[0], other.service.errors[0]));
    }

    fn metadata(id: &str) -> Metadata {
        let told =
            serde_json::json!({ "endpointPrefix": "x", "protocol": "json", "serviceId": id });
        serde_json::from_value(told).unwrap()
    }

    #[test]
    fn services_are_named_as_in_the_java_sdk() {
        for (id, name, prefix, endpoint) in [
            (
                "Secrets Manager",
                "secretsmanager",
                "SecretsManager",
                "secrets_manager",
            ),
            (
                "Lex Models V2",
                "lexmodelsv2",
                "LexModelsV2",
                "lex_models_v2",
            ),
            (
                "Database Migration Service",
                "databasemigration",
                "DatabaseMigration",
                "database_migration_service",
            ),
            ("DynamoDB", "dynamodb", "DynamoDb", "dynamodb"),
            ("AWS", "aws", "Aws", "aws"),
        ] {
            let told = metadata(id);
            assert_eq!(
                (told.name().as_str(), told.prefix().as_str()),
                (name, prefix)
            );
            assert_eq!(told.id(), endpoint);
        }
    }

    #[test]
    fn a_protocol_that_is_not_spoken_is_refused_unless_there_is_another() {
        let mut told = metadata("X");
        told.protocol = "smithy-rpc-v2-cbor".to_owned();
        assert!(told.protocol().is_err());
        told.protocols = vec!["smithy-rpc-v2-cbor".to_owned(), "rest-json".to_owned()];
        assert_eq!(told.protocol(), Ok(Protocol::Rest));
    }
}
