//! Bodies in XML of services that speak REST with it, besides S3.
//!
//! Source: Smithy, "AWS restXml protocol".

use serde_json::{Map, Value};

use super::fitting::fits;
use super::members::{self, Kind, Rules};
use super::naming::pascal;
use super::shape::{self, Times};
use super::{xml, xml_answer};

/// A body, and what it is of.
pub(super) struct Document<'a> {
    pub(super) service: &'a str,
    pub(super) operation: &'a str,
    /// Its element.
    pub(super) root: &'a str,
    pub(super) namespace: &'a str,
    /// The member that it is; empty if it is all of the request.
    pub(super) member: &'a str,
}

impl Document<'_> {
    /// The body with these members. The error is a sentence about an argument that does not fit.
    pub(super) fn written(&self, members: &Map<String, Value>) -> Result<String, String> {
        let enclosing = [self.operation, self.member];
        let enclosing = enclosing.iter().filter(|name| !name.is_empty());
        let mut writer = Writer {
            out: format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><{} xmlns=\"{}\">",
                self.root, self.namespace
            ),
            rules: &members::of(self.service).request,
            path: enclosing.map(|name| pascal(name)).collect(),
        };
        writer.members(members)?;
        writer.end(self.root);
        Ok(writer.out)
    }
}

struct Writer {
    out: String,
    rules: &'static Rules,
    /// The operation and the members that enclose what is written.
    path: Vec<String>,
}

impl Writer {
    fn members(&mut self, members: &Map<String, Value>) -> Result<(), String> {
        let rules = self.rules;
        for (given, value) in members {
            let told = pascal(given);
            self.path.push(told.clone());
            let member = rules.member(&self.path);
            let name = member.name.unwrap_or(&told);
            match (&member.kind, value) {
                (Kind::List { flat: true, of, .. }, Value::Array(items)) => {
                    for item in items {
                        self.element(name, given, of, item)?;
                    }
                }
                (kind, value) => self.element(name, given, kind, value)?,
            }
            self.path.pop();
        }
        Ok(())
    }

    fn element(
        &mut self,
        name: &str,
        given: &str,
        kind: &Kind,
        value: &Value,
    ) -> Result<(), String> {
        if value.is_null() {
            return Ok(());
        }
        fits(kind, given, value)?;
        self.out.push_str(&format!("<{name}>"));
        match (kind, value) {
            (Kind::List { item, of, .. }, Value::Array(items)) => {
                for value in items {
                    self.element(item, given, of, value)?;
                }
            }
            (
                Kind::Map {
                    key: key_name,
                    value: value_name,
                    of,
                    ..
                },
                Value::Object(entries),
            ) => {
                for (key, value) in entries {
                    self.out.push_str("<entry>");
                    self.element(key_name, given, &Kind::Text, &Value::from(key.as_str()))?;
                    self.element(value_name, given, of, value)?;
                    self.end("entry");
                }
            }
            (Kind::Structure, Value::Object(members)) => self.members(members)?,
            (Kind::Bytes, value) => {
                if let Value::String(coded) = shape::bytes(value.clone()) {
                    self.out.push_str(&coded);
                }
            }
            (_, Value::String(text)) => self.out.push_str(&xml::escaped(text)),
            (_, plain) => self.out.push_str(&plain.to_string()),
        }
        self.end(name);
        Ok(())
    }

    fn end(&mut self, name: &str) {
        self.out.push_str(&format!("</{name}>"));
    }
}

/// The members of an answer's body; `member` if the body is one member of it.
pub(super) fn read(
    service: &str,
    operation: &str,
    member: Option<&str>,
    body: &str,
    times: Times,
) -> Map<String, Value> {
    let Some(root) = xml::parse(body) else {
        return Map::new();
    };
    let mut told = match member {
        Some(member) => {
            let members = xml_answer::member(service, operation, &root, times);
            Map::from_iter([(member.to_owned(), Value::Object(members))])
        }
        None => xml_answer::members(service, operation, &root, times),
    };
    if service == ROUTE_53 {
        told.values_mut().for_each(bare);
    }
    told
}

const ROUTE_53: &str = "route53";
/// Route 53 writes what an id is of before it; the SDKs take it away, in answers and in requests.
const ID_PREFIXES: [&str; 3] = ["/hostedzone/", "/change/", "/delegationset/"];

fn bare(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(id)) = members.get_mut("Id") {
                *id = bare_id(ROUTE_53, id).to_owned();
            }
            members.values_mut().for_each(bare);
        }
        Value::Array(items) => items.iter_mut().for_each(bare),
        _plain => {}
    }
}

/// An id as it stands in a path.
pub(super) fn bare_id<'a>(service: &str, id: &'a str) -> &'a str {
    let mut prefixes = ID_PREFIXES.iter().filter(|_| service == ROUTE_53);
    prefixes
        .find_map(|prefix| id.strip_prefix(prefix))
        .unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            other => panic!("{other}"),
        }
    }

    fn change() -> Document<'static> {
        Document {
            service: "route53",
            operation: "ChangeResourceRecordSets",
            root: "ChangeResourceRecordSetsRequest",
            namespace: "n",
            member: "",
        }
    }

    #[test]
    fn a_request_is_a_document_with_lists_in_lists() {
        let arguments = object(
            json!({ "ChangeBatch": { "Changes": [{ "Action": "UPSERT", "ResourceRecordSet": { "Name": "a&b",
            "ResourceRecords": [{ "Value": "192.0.2.1" }, { "Value": "192.0.2.2" }], "Ttl": 60 } }] } }),
        );
        assert_eq!(
            change().written(&arguments).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ChangeResourceRecordSetsRequest xmlns=\"n\"><ChangeBatch><Changes><Change>\
             <Action>UPSERT</Action><ResourceRecordSet><Name>a&amp;b</Name><ResourceRecords><ResourceRecord>\
             <Value>192.0.2.1</Value></ResourceRecord><ResourceRecord><Value>192.0.2.2</Value></ResourceRecord></ResourceRecords>\
             <TTL>60</TTL></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        let refused = change()
            .written(&object(json!({ "ChangeBatch": [] })))
            .unwrap_err();
        assert_eq!(
            refused,
            "The value for the field 'ChangeBatch' must be an OBJECT"
        );
    }

    #[test]
    fn ids_of_route_53_come_without_what_they_are_of() {
        let body = "<ListHostedZonesResponse><HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>a.</Name>\
            <Config><PrivateZone>false</PrivateZone></Config><ResourceRecordSetCount>2</ResourceRecordSetCount>\
            </HostedZone></HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>";
        let read = read("route53", "ListHostedZones", None, body, Times::Text);
        let expected = json!({ "HostedZones": [{ "Id": "Z1", "Name": "a.", "Config": { "PrivateZone": false },
            "ResourceRecordSetCount": 2 }], "IsTruncated": false, "MaxItems": "100" });
        assert_eq!(Value::Object(read), expected);
        assert_eq!(bare_id("route53", "/change/C1"), "C1");
        assert_eq!(bare_id("cloudfront", "/change/C1"), "/change/C1");
    }

    #[test]
    fn a_body_can_be_one_member() {
        let body = "<Invalidation><Id>I1</Id><Status>Completed</Status><InvalidationBatch><Paths><Quantity>1</Quantity>\
            <Items><Path>/*</Path></Items></Paths><CallerReference>c</CallerReference></InvalidationBatch></Invalidation>";
        let read = read(
            "cloudfront",
            "GetInvalidation",
            Some("Invalidation"),
            body,
            Times::Text,
        );
        let expected = json!({ "Invalidation": { "Id": "I1", "Status": "Completed", "InvalidationBatch": {
            "Paths": { "Quantity": 1, "Items": ["/*"] }, "CallerReference": "c" } } });
        assert_eq!(Value::Object(read), expected);
    }
}
