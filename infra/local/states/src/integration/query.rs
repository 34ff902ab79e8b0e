//! The query protocol of AWS, and EC2's: requests are forms, answers are XML.
//!
//! Source: Smithy, "AWS query protocol" and "Amazon EC2 query protocol".

use serde_json::{Map, Value};

use super::fitting::fits;
use super::members::{self, Kind, Rules};
use super::naming::pascal;
use super::shape::{self, Times};
use super::xml;
use super::xml_answer;

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// AWS query.
    Query,
    /// EC2 query: an empty list is not written, and answers have no wrapper.
    Ec2,
}

/// The form of an operation. The error is a sentence about an argument that does not fit.
pub(super) fn form(
    dialect: Dialect,
    service: &str,
    (operation, version): (&str, &str),
    arguments: &Map<String, Value>,
) -> Result<String, String> {
    let mut form = Form {
        out: format!("Action={operation}&Version={version}"),
        dialect,
        rules: &members::of(service).request,
        path: vec![pascal(operation)],
    };
    form.members("", arguments)?;
    Ok(form.out)
}

struct Form {
    out: String,
    dialect: Dialect,
    rules: &'static Rules,
    /// The operation and the members that enclose what is written.
    path: Vec<String>,
}

impl Form {
    fn members(&mut self, before: &str, members: &Map<String, Value>) -> Result<(), String> {
        let rules = self.rules;
        for (given, value) in members {
            let told = pascal(given);
            self.path.push(told.clone());
            let member = rules.member(&self.path);
            let name = format!("{before}{}", member.name.unwrap_or(&told));
            self.value(&name, given, &member.kind, value)?;
            self.path.pop();
        }
        Ok(())
    }

    fn value(&mut self, name: &str, given: &str, kind: &Kind, value: &Value) -> Result<(), String> {
        fits(kind, given, value)?;
        match (kind, value) {
            (_, Value::Null) => {}
            (Kind::List { item, flat, of }, Value::Array(items)) => {
                if items.is_empty() && self.dialect == Dialect::Query {
                    pair(&mut self.out, name, "");
                }
                let stem = if *flat {
                    name.to_owned()
                } else {
                    format!("{name}.{item}")
                };
                for (i, item) in items.iter().enumerate() {
                    self.value(&format!("{stem}.{}", i + 1), given, of, item)?;
                }
            }
            (
                Kind::Map {
                    key: key_name,
                    value: value_name,
                    flat,
                    of,
                },
                Value::Object(entries),
            ) => {
                let stem = if *flat {
                    name.to_owned()
                } else {
                    format!("{name}.entry")
                };
                for (i, (key, value)) in entries.iter().enumerate() {
                    let entry = format!("{stem}.{}", i + 1);
                    pair(&mut self.out, &format!("{entry}.{key_name}"), key);
                    self.value(&format!("{entry}.{value_name}"), given, of, value)?;
                }
            }
            (_, Value::Object(members)) if *kind == Kind::Structure => {
                self.members(&format!("{name}."), members)?;
            }
            (Kind::Bytes, value) => {
                if let Value::String(coded) = shape::bytes(value.clone()) {
                    pair(&mut self.out, name, &coded);
                }
            }
            (_, Value::String(text)) => pair(&mut self.out, name, text),
            (_, plain) => pair(&mut self.out, name, &plain.to_string()),
        }
        Ok(())
    }
}

fn pair(out: &mut String, name: &str, value: &str) {
    out.push('&');
    out.push_str(&encoded(name));
    out.push('=');
    out.push_str(&encoded(value));
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The members of an answer: inside `<XResponse><XResult>`, or in EC2's `<XResponse>`.
pub(super) fn result(
    dialect: Dialect,
    service: &str,
    operation: &str,
    body: &str,
    times: Times,
) -> Value {
    let Some(response) = xml::parse(body) else {
        return Value::Object(Map::new());
    };
    let mut told = Map::new();
    match dialect {
        Dialect::Query => {
            let mut children = response.children.iter();
            if let Some(result) = children.find(|child| child.name.ends_with("Result")) {
                told = xml_answer::members(service, operation, result, times);
            }
        }
        Dialect::Ec2 => {
            told = xml_answer::members(service, operation, &response, times);
            // No operation has a member of this name: it is the protocol's.
            told.remove("RequestId");
        }
    }
    Value::Object(told)
}

/// Code and message of `<ErrorResponse><Error>`, and of EC2's `<Response><Errors><Error>`.
pub(super) fn error(body: &str) -> (String, String) {
    let response = xml::parse(body);
    let found = response.as_ref().and_then(|response| {
        let holder = response.child("Errors").unwrap_or(response);
        holder.child("Error")
    });
    let text = |name: &str| {
        let element = found.and_then(|error| error.child(name));
        element
            .map(|element| element.text.clone())
            .unwrap_or_default()
    };
    (text("Code"), text("Message"))
}

/// The request's id, which is in the body.
pub(super) fn request_id(body: &str) -> String {
    let Some(response) = xml::parse(body) else {
        return String::new();
    };
    let holder = response.child("ResponseMetadata").unwrap_or(&response);
    // The second and the third are EC2's.
    let names = ["RequestId", "requestId", "RequestID"];
    let found = names.iter().find_map(|name| holder.child(name));
    found.map(|id| id.text.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The pairs of a form, in order of the alphabet.
    fn pairs(dialect: Dialect, service: &str, operation: &str, arguments: Value) -> Vec<String> {
        let Value::Object(arguments) = arguments else {
            panic!("{arguments}")
        };
        let form = form(dialect, service, (operation, "V"), &arguments).unwrap();
        let mut pairs: Vec<String> = form.split('&').map(str::to_owned).collect();
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn lists_maps_and_structures_are_written_as_the_protocol_says() {
        let arguments = json!({ "TopicArn": "a b", "MessageAttributes": { "k": { "DataType": "String",
            "BinaryValue": "hi" } }, "Tags": [], "Subject": null });
        assert_eq!(
            pairs(Dialect::Query, "sns", "Publish", arguments),
            [
                "Action=Publish",
                "MessageAttributes.entry.1.Name=k",
                "MessageAttributes.entry.1.Value.BinaryValue=aGk%3D",
                "MessageAttributes.entry.1.Value.DataType=String",
                "Tags=",
                "TopicArn=a%20b",
                "Version=V",
            ]
        );
        let arguments = json!({ "PublishBatchRequestEntries": [{ "Id": "1" }, { "Id": "2" }] });
        assert_eq!(
            pairs(Dialect::Query, "sns", "PublishBatch", arguments),
            [
                "Action=PublishBatch",
                "PublishBatchRequestEntries.member.1.Id=1",
                "PublishBatchRequestEntries.member.2.Id=2",
                "Version=V",
            ]
        );
    }

    #[test]
    fn names_of_the_java_sdk_go_out_as_the_model_has_them() {
        let arguments = json!({ "DbInstanceIdentifier": "d", "AllocatedStorage": 20, "MultiAz": true,
            "DbSecurityGroups": ["a"], "VpcSecurityGroupIds": ["sg"], "Tags": [{ "Key": "k", "Value": "v" }] });
        let written = pairs(Dialect::Query, "rds", "CreateDBInstance", arguments);
        assert_eq!(
            written,
            [
                "Action=CreateDBInstance",
                "AllocatedStorage=20",
                "DBInstanceIdentifier=d",
                "DBSecurityGroups.DBSecurityGroupName.1=a",
                "MultiAZ=true",
                "Tags.Tag.1.Key=k",
                "Tags.Tag.1.Value=v",
                "Version=V",
                "VpcSecurityGroupIds.VpcSecurityGroupId.1=sg",
            ]
        );
        let model = json!({ "DBInstanceIdentifier": "d" });
        let written = pairs(Dialect::Query, "rds", "DescribeDBInstances", model);
        assert!(
            written.contains(&"DBInstanceIdentifier=d".to_owned()),
            "{written:?}"
        );
    }

    #[test]
    fn ec2_numbers_its_lists_and_has_names_of_its_own() {
        let arguments = json!({ "InstanceIds": ["i-1", "i-2"], "DryRun": false,
            "Filters": [{ "Name": "tag:Name", "Values": ["a", "b"] }], "MaxResults": 5 });
        assert_eq!(
            pairs(Dialect::Ec2, "ec2", "DescribeInstances", arguments),
            [
                "Action=DescribeInstances",
                "DryRun=false",
                "Filter.1.Name=tag%3AName",
                "Filter.1.Value.1=a",
                "Filter.1.Value.2=b",
                "InstanceId.1=i-1",
                "InstanceId.2=i-2",
                "MaxResults=5",
                "Version=V",
            ]
        );
        let arguments = json!({ "TagSpecifications": [{ "ResourceType": "instance", "Tags": [{ "Key": "k" }] }],
            "SecurityGroupIds": [] });
        assert_eq!(
            pairs(Dialect::Ec2, "ec2", "RunInstances", arguments),
            [
                "Action=RunInstances",
                "TagSpecification.1.ResourceType=instance",
                "TagSpecification.1.Tag.1.Key=k",
                "Version=V",
            ]
        );
    }

    #[test]
    fn an_argument_of_another_shape_is_refused() {
        let refused = |arguments: Value| {
            let arguments = arguments.as_object().unwrap();
            form(Dialect::Ec2, "ec2", ("RunInstances", "V"), arguments).unwrap_err()
        };
        assert_eq!(
            refused(json!({ "Placement": [{ "Tenancy": "default" }] })),
            "The value for the field 'Placement' must be an OBJECT"
        );
        assert_eq!(
            refused(json!({ "SecurityGroupIds": "sg" })),
            "The value for the field 'SecurityGroupIds' must be an ARRAY"
        );
        assert_eq!(
            refused(json!({ "Placement": { "Tenancy": {} } })),
            "The value for the field 'Tenancy' must be a STRING"
        );
    }

    #[test]
    fn answers_are_read_with_lists_maps_and_ids() {
        let body = "<?xml version=\"1.0\"?><R><GetResult><Topics><member><TopicArn>a</TopicArn></member></Topics>\
            <Attributes><entry><key>k</key><value>1 &amp; 2</value></entry></Attributes></GetResult>\
            <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></R>";
        let expected = json!({ "Topics": [{ "TopicArn": "a" }], "Attributes": { "k": "1 & 2" } });
        let read = |dialect, service, body| result(dialect, service, "Get", body, Times::Text);
        assert_eq!(read(Dialect::Query, "sns", body), expected);
        assert_eq!(request_id(body), "r-1");
        let refused = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>no</Message></Error></ErrorResponse>";
        assert_eq!(error(refused), ("NotFound".to_owned(), "no".to_owned()));
        let body = "<StopResponse><requestId>r-2</requestId><return>true</return></StopResponse>";
        assert_eq!(read(Dialect::Ec2, "ec2", body), json!({ "Return": true }));
        assert_eq!(request_id(body), "r-2");
    }

    #[test]
    fn errors_of_ec2_are_one_level_deeper() {
        let body = "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>no i-1</Message></Error></Errors>\
            <RequestID>r-3</RequestID></Response>";
        assert_eq!(
            error(body),
            ("InvalidInstanceID.NotFound".to_owned(), "no i-1".to_owned())
        );
        assert_eq!(request_id(body), "r-3");
    }
}
