//! Answers in XML, as members with the names that tasks see.
//!
//! Source: Smithy, "XML binding traits"; the AWS query and EC2 query protocols.

use serde_json::{Map, Value, json};

use super::members::{self, Kind, Rules};
use super::naming::pascal;
use super::shape::Times;
use super::xml::Element;
use crate::core::rfc3339;

/// The members of an element that is the answer of an operation.
pub(super) fn members(
    service: &str,
    operation: &str,
    answer: &Element,
    times: Times,
) -> Map<String, Value> {
    reader(service, vec![operation.to_owned()], times).members(answer)
}

/// As [`members`], of an element that is one member of the answer.
pub(super) fn member(
    service: &str,
    operation: &str,
    element: &Element,
    times: Times,
) -> Map<String, Value> {
    let path = vec![operation.to_owned(), element.name.clone()];
    reader(service, path, times).members(element)
}

fn reader(service: &str, path: Vec<String>, times: Times) -> Reader<'static> {
    Reader {
        rules: &members::of(service).answer,
        times,
        path,
    }
}

struct Reader<'a> {
    rules: &'a Rules,
    times: Times,
    /// The operation and the members that enclose what is read.
    path: Vec<String>,
}

impl Reader<'_> {
    fn members(&mut self, element: &Element) -> Map<String, Value> {
        let mut told = Map::new();
        let rules = self.rules;
        for child in &element.children {
            self.path.push(child.name.clone());
            let member = rules.member(&self.path);
            let name = pascal(member.name.unwrap_or(&child.name));
            match &member.kind {
                Kind::List { flat: true, of, .. } => {
                    let item = self.value(child, of);
                    let items = told.entry(name).or_insert_with(|| json!([]));
                    if let Some(items) = items.as_array_mut() {
                        items.push(item);
                    }
                }
                Kind::Map {
                    key,
                    value,
                    flat: true,
                    of,
                } => {
                    let entry = self.entry(child, (key, value), of);
                    let entries = told.entry(name).or_insert_with(|| json!({}));
                    if let Some(entries) = entries.as_object_mut() {
                        entries.extend(entry);
                    }
                }
                kind => {
                    let value = self.value(child, kind);
                    told.insert(name, value);
                }
            }
            self.path.pop();
        }
        told
    }

    fn value(&mut self, element: &Element, kind: &Kind) -> Value {
        let text = element.text.as_str();
        match kind {
            Kind::Structure => Value::Object(self.members(element)),
            Kind::List { of, .. } => {
                let items = element.children.iter().map(|item| self.value(item, of));
                Value::Array(items.collect())
            }
            Kind::Map { key, value, of, .. } => {
                let entries = element.children.iter();
                let entries = entries.filter_map(|entry| self.entry(entry, (key, value), of));
                Value::Object(entries.collect())
            }
            // What is newer than the table: members there are shown, as text.
            Kind::Text | Kind::Bytes if !element.children.is_empty() => {
                Value::Object(self.members(element))
            }
            Kind::Text | Kind::Bytes => json!(text),
            Kind::Boolean => json!(text.trim() == "true"),
            Kind::Number => number(text.trim()),
            Kind::Time => time(text.trim(), self.times),
        }
    }

    fn entry(
        &mut self,
        entry: &Element,
        (key, value): (&str, &str),
        of: &Kind,
    ) -> Option<(String, Value)> {
        let key = entry.child(key)?.text.clone();
        let value = entry.child(value)?;
        Some((key, self.value(value, of)))
    }
}

fn number(text: &str) -> Value {
    let whole = text.parse::<i64>().ok().map(Value::from);
    let number = whole.or_else(|| text.parse::<f64>().ok().map(Value::from));
    number.unwrap_or_else(|| json!(text))
}

/// Times are in ISO 8601 on the wire, seldom in seconds.
fn time(text: &str, times: Times) -> Value {
    let seconds = || Some((text.parse::<f64>().ok()? * 1_000.0).round() as i64);
    let read = text.parse::<jiff::Timestamp>().ok();
    match (read.map(|at| at.as_millisecond()).or_else(seconds), times) {
        (Some(ms), Times::Text) => Value::String(rfc3339(ms)),
        (Some(ms), Times::Millis) => Value::from(ms),
        (None, _) => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::xml;
    use super::*;

    fn read(service: &str, operation: &str, body: &str) -> Value {
        let root = xml::parse(body).unwrap();
        Value::Object(members(service, operation, &root, Times::Text))
    }

    #[test]
    fn instances_of_ec2_have_lists_numbers_and_times() {
        let body = "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><reservationSet><item>\
            <reservationId>r-1</reservationId><groupSet/><instancesSet><item><instanceId>i-1</instanceId>\
            <instanceState><code>16</code><name>running</name></instanceState><amiLaunchIndex>0</amiLaunchIndex>\
            <launchTime>2018-05-08T16:46:19.000Z</launchTime><ebsOptimized>false</ebsOptimized><vpcId>vpc-1</vpcId>\
            <privateDnsName/><tagSet><item><key>Name</key><value>a &amp; b</value></item></tagSet></item></instancesSet>\
            </item></reservationSet></DescribeInstancesResponse>";
        let expected = json!({ "Reservations": [{ "ReservationId": "r-1", "Groups": [], "Instances": [{
            "InstanceId": "i-1", "State": { "Code": 16, "Name": "running" }, "AmiLaunchIndex": 0,
            "LaunchTime": "2018-05-08T16:46:19.000Z", "EbsOptimized": false, "VpcId": "vpc-1", "PrivateDnsName": "",
            "Tags": [{ "Key": "Name", "Value": "a & b" }] }] }] });
        assert_eq!(read("ec2", "DescribeInstances", body), expected);
    }

    #[test]
    fn names_are_those_of_the_java_sdk() {
        let body = "<R><DBInstances><DBInstance><DBInstanceIdentifier>d</DBInstanceIdentifier><AllocatedStorage>20</AllocatedStorage>\
            <MultiAZ>true</MultiAZ><DBSecurityGroups/><Endpoint><Port>3306</Port></Endpoint>\
            <VpcSecurityGroups><VpcSecurityGroupMembership><Status>active</Status></VpcSecurityGroupMembership></VpcSecurityGroups>\
            </DBInstance></DBInstances></R>";
        let expected = json!({ "DbInstances": [{ "DbInstanceIdentifier": "d", "AllocatedStorage": 20, "MultiAz": true,
            "DbSecurityGroups": [], "Endpoint": { "Port": 3306 }, "VpcSecurityGroups": [{ "Status": "active" }] }] });
        assert_eq!(read("rds", "DescribeDBInstances", body), expected);
    }

    #[test]
    fn maps_have_the_keys_they_come_with() {
        let body =
            "<R><SummaryMap><entry><key>Users</key><value>3</value></entry></SummaryMap></R>";
        let expected = json!({ "SummaryMap": { "Users": 3 } });
        assert_eq!(read("iam", "GetAccountSummary", body), expected);
        let body =
            "<R><Attributes><entry><key>TopicArn</key><value>1</value></entry></Attributes></R>";
        let expected = json!({ "Attributes": { "TopicArn": "1" } });
        assert_eq!(read("sns", "GetTopicAttributes", body), expected);
    }

    #[test]
    fn times_are_text_or_milliseconds() {
        assert_eq!(
            time("2010-07-27T22:26:28Z", Times::Text),
            json!("2010-07-27T22:26:28.000Z")
        );
        assert_eq!(time("1970-01-01T00:00:01.5Z", Times::Millis), json!(1_500));
        assert_eq!(time("1.5", Times::Millis), json!(1_500));
        assert_eq!(time("soon", Times::Text), json!("soon"));
    }
}
