//! DynamoDB, SQS, SNS and EventBridge as Step Functions integrates them: results carry the SDK's metadata, and JSON is
//! taken where the service takes text.
//!
//! Source: developer guide, "Integrating optimized services with Step Functions".

use serde_json::{Map, Value, json};

use super::service::{self, Refusal};
use super::shape::Times;
use super::table;
use super::{About, Answer, Call, Family, Integration, Means, Pattern, Resource, TaskError, shape};
use crate::json::Json;

/// An integrated operation.
#[derive(Debug)]
pub(super) struct Optimised {
    /// Its service in the table.
    pub(super) service: &'static str,
    /// As the API names it.
    pub(super) operation: &'static str,
    /// What error names begin with.
    pub(super) prefix: &'static str,
    /// The service in the words of the AWS SDK for Java 1.
    pub(super) told: &'static str,
    /// Its error for what the model does not name.
    pub(super) unknown: &'static str,
    /// A member that takes JSON besides text.
    pub(super) text: Option<&'static str>,
}

const fn dynamodb(operation: &'static str) -> Optimised {
    Optimised {
        service: "dynamodb",
        operation,
        prefix: "DynamoDB",
        told: "AmazonDynamoDBv2",
        unknown: "AmazonDynamoDBException",
        text: None,
    }
}

static GET_ITEM: Optimised = dynamodb("GetItem");
static PUT_ITEM: Optimised = dynamodb("PutItem");
static UPDATE_ITEM: Optimised = dynamodb("UpdateItem");
static DELETE_ITEM: Optimised = dynamodb("DeleteItem");
static SEND_MESSAGE: Optimised = Optimised {
    service: "sqs",
    operation: "SendMessage",
    prefix: "SQS",
    told: "AmazonSQS",
    unknown: "AmazonSQSException",
    text: Some("MessageBody"),
};
static PUBLISH: Optimised = Optimised {
    service: "sns",
    operation: "Publish",
    prefix: "SNS",
    told: "AmazonSNS",
    unknown: "AmazonSNSException",
    text: Some("Message"),
};
static PUT_EVENTS: Events = Events(Optimised {
    service: "eventbridge",
    operation: "PutEvents",
    prefix: "EventBridge",
    told: "AmazonEventBridge",
    unknown: "AmazonEventBridgeException",
    text: None,
});

const RESOURCES: &[(&str, &str, &dyn Integration, bool)] = &[
    ("dynamodb", "getItem", &GET_ITEM, false),
    ("dynamodb", "putItem", &PUT_ITEM, false),
    ("dynamodb", "updateItem", &UPDATE_ITEM, false),
    ("dynamodb", "deleteItem", &DELETE_ITEM, false),
    ("sqs", "sendMessage", &SEND_MESSAGE, true),
    ("sns", "publish", &PUBLISH, true),
    ("events", "putEvents", &PUT_EVENTS, true),
];

/// The API operation behind a resource without its pattern.
pub(super) fn operation(resource: &str) -> Option<(&'static str, &'static str)> {
    let (of, action) = resource.split_once(':')?;
    RESOURCES
        .iter()
        .find(|(service, operation, ..)| *service == of && *operation == action)?;
    let found: &Optimised = match action {
        "getItem" => &GET_ITEM,
        "putItem" => &PUT_ITEM,
        "updateItem" => &UPDATE_ITEM,
        "deleteItem" => &DELETE_ITEM,
        "sendMessage" => &SEND_MESSAGE,
        "publish" => &PUBLISH,
        _events => &PUT_EVENTS.0,
    };
    Some((found.service, found.operation))
}

pub(super) fn resolve(arn: &str) -> Option<Resource> {
    let rest = arn.strip_prefix("arn:aws:states:::")?;
    let (service, action) = rest.split_once(':')?;
    let (plain, pattern) = match action.strip_suffix(".waitForTaskToken") {
        Some(plain) => (plain, Pattern::WaitForTaskToken),
        None => (action, Pattern::RequestResponse),
    };
    let (_, _, integration, _) = RESOURCES.iter().find(|(of, operation, _, callback)| {
        *of == service && *operation == plain && (*callback || pattern == Pattern::RequestResponse)
    })?;
    Some(Resource {
        arn: arn.to_owned(),
        service: service.to_owned(),
        action: action.to_owned(),
        pattern,
        family: Family::Task,
        integration: Means::Common(*integration),
    })
}

impl Optimised {
    pub(super) fn arguments(&self, arguments: &Json) -> Result<Map<String, Value>, TaskError> {
        let read: Result<Map<String, Value>, _> = serde_json::from_str(arguments.as_str());
        read.map_err(|e| {
            TaskError::runtime(format!(
                "The arguments of {} must be an object: {e}",
                self.operation
            ))
        })
    }

    pub(super) fn made(&self, arguments: Map<String, Value>) -> Result<Call, TaskError> {
        let service = table::service(self.service).ok_or_else(service::unexpected)?;
        service::call(service, self.operation, arguments).map(Call::Service)
    }

    /// The result without metadata, and the answer it was read from.
    pub(super) fn read(&self, answer: Answer) -> Result<(Value, super::ServiceAnswer), TaskError> {
        let service = table::service(self.service).ok_or_else(service::unexpected)?;
        match answer {
            Answer::Service(Ok(answer)) => {
                match service::read(service, self.operation, &answer, Times::Millis) {
                    Ok(result) => Ok((result, answer)),
                    Err(refusal) => Err(self.refused(service, &refusal)),
                }
            }
            Answer::Service(Err(why)) => Err(service::unreachable(self.prefix, why)),
            Answer::Function(_) | Answer::Api(_) | Answer::Http(_) => Err(service::unexpected()),
        }
    }

    /// The name of an error that the model does not name.
    pub(super) fn unnamed(&self) -> String {
        format!("{}.{}", self.prefix, self.unknown)
    }

    /// An error in the words of the AWS SDK for Java 1.
    fn refused(&self, service: &table::Service, refusal: &Refusal) -> TaskError {
        let code = refusal.code.as_str();
        let name = service::named(service, code).unwrap_or_else(|| self.unknown.to_owned());
        TaskError {
            error: format!("{}.{name}", self.prefix),
            cause: format!(
                "{} (Service: {}; Status Code: {}; Error Code: {code}; Request ID: {}; Proxy: null)",
                refusal.message, self.told, refusal.status, refusal.request_id
            ),
        }
    }
}

impl Integration for Optimised {
    fn call(&self, _: &Resource, arguments: &Json, _: &About<'_>) -> Result<Call, TaskError> {
        let mut arguments = self.arguments(arguments)?;
        if let Some(member) = self.text {
            shape::text_member(&mut arguments, member);
        }
        self.made(arguments)
    }

    fn result(&self, _: &Resource, answer: Answer, _: &About<'_>) -> Result<Json, TaskError> {
        let (result, answer) = self.read(answer)?;
        let told = service::with_metadata(result, &answer);
        Ok(Json::trusted(told.to_string()))
    }
}

/// `events:putEvents`: entries name the execution they come from, and one that is refused fails the task.
#[derive(Debug)]
struct Events(Optimised);

impl Integration for Events {
    fn call(&self, _: &Resource, arguments: &Json, about: &About<'_>) -> Result<Call, TaskError> {
        let mut arguments = self.0.arguments(arguments)?;
        if let Some(entries) = arguments.get_mut("Entries").and_then(Value::as_array_mut) {
            for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
                shape::text_member(entry, "Detail");
                let named = entry.entry("Resources").or_insert_with(|| json!([]));
                if let Some(named) = named.as_array_mut() {
                    named.extend([json!(about.execution_arn), json!(about.machine_arn)]);
                }
            }
        }
        self.0.made(arguments)
    }

    fn result(&self, _: &Resource, answer: Answer, _: &About<'_>) -> Result<Json, TaskError> {
        let (result, _) = self.0.read(answer)?;
        if result["FailedEntryCount"].as_u64().unwrap_or(0) > 0 {
            return Err(TaskError {
                error: "EventBridge.FailedEntry".to_owned(),
                cause: result.to_string(),
            });
        }
        Ok(Json::trusted(result.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ServiceAnswer;
    use super::*;

    const ABOUT: About<'_> = About {
        execution_arn: "E",
        machine_arn: "M",
        region: "us-east-1",
        account: "000000000000",
        key: "k",
    };

    fn body(resource: &str, arguments: Value) -> Value {
        let resource = resolve(resource).unwrap();
        let arguments = Json::parse(&arguments.to_string()).unwrap();
        let call = resource
            .integration
            .call(&resource, &arguments, &ABOUT)
            .unwrap();
        let Call::Service(call) = call else {
            panic!("{call:?}")
        };
        serde_json::from_str(&call.body).unwrap()
    }

    fn answered(resource: &str, status: u16, body: &str) -> Result<Value, TaskError> {
        let resource = resolve(resource).unwrap();
        let answer = Answer::Service(Ok(ServiceAnswer {
            status,
            headers: vec![("x-amzn-requestid".into(), "r-1".into())],
            body: body.to_owned(),
        }));
        let result = resource.integration.result(&resource, answer, &ABOUT)?;
        Ok(serde_json::from_str(result.as_str()).unwrap())
    }

    #[test]
    fn only_the_callbacks_that_aws_has_are_there() {
        assert!(resolve("arn:aws:states:::sqs:sendMessage.waitForTaskToken").is_some());
        assert!(resolve("arn:aws:states:::dynamodb:getItem").is_some());
        assert!(resolve("arn:aws:states:::dynamodb:getItem.waitForTaskToken").is_none());
        assert!(resolve("arn:aws:states:::sqs:sendMessage.sync").is_none());
        assert!(resolve("arn:aws:states:::dynamodb:scan").is_none());
    }

    #[test]
    fn json_is_sent_as_text_where_the_service_takes_text() {
        let sent = body(
            "arn:aws:states:::sqs:sendMessage",
            json!({ "QueueUrl": "u", "MessageBody": { "a": 1 } }),
        );
        assert_eq!(sent["MessageBody"], "{\"a\":1}");
        let sent = body(
            "arn:aws:states:::sqs:sendMessage",
            json!({ "QueueUrl": "u", "MessageBody": "plain" }),
        );
        assert_eq!(sent["MessageBody"], "plain");
    }

    #[test]
    fn events_carry_their_execution_and_fail_with_their_entries() {
        let resource = "arn:aws:states:::events:putEvents";
        let sent = body(
            resource,
            json!({ "Entries": [{ "Detail": { "a": 1 }, "Resources": ["x"] }, {}] }),
        );
        assert_eq!(sent["Entries"][0]["Detail"], "{\"a\":1}");
        assert_eq!(sent["Entries"][0]["Resources"], json!(["x", "E", "M"]));
        assert_eq!(sent["Entries"][1]["Resources"], json!(["E", "M"]));
        let failed = answered(
            resource,
            200,
            r#"{"Entries":[{"ErrorCode":"X"}],"FailedEntryCount":1}"#,
        )
        .unwrap_err();
        assert_eq!(failed.error, "EventBridge.FailedEntry");
        let cause: Value = serde_json::from_str(&failed.cause).unwrap();
        assert_eq!(
            cause,
            json!({ "Entries": [{ "ErrorCode": "X" }], "FailedEntryCount": 1 })
        );
    }

    #[test]
    fn errors_have_the_first_sdks_words() {
        let refused =
            |body: &str| answered("arn:aws:states:::dynamodb:putItem", 400, body).unwrap_err();
        let missing = refused(
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#,
        );
        assert_eq!(missing.error, "DynamoDB.ResourceNotFoundException");
        assert_eq!(
            missing.cause,
            "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; \
             Error Code: ResourceNotFoundException; Request ID: r-1; Proxy: null)"
        );
        let invalid =
            refused(r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}"#);
        assert_eq!(invalid.error, "DynamoDB.AmazonDynamoDBException");
    }

    #[test]
    fn results_carry_headers_and_the_requests_id() {
        let told = answered(
            "arn:aws:states:::dynamodb:getItem",
            200,
            r#"{"Item":{"k":{"S":"v"}}}"#,
        )
        .unwrap();
        assert_eq!(told["Item"]["k"]["S"], "v");
        assert_eq!(told["SdkHttpMetadata"]["HttpStatusCode"], 200);
        assert_eq!(
            told["SdkHttpMetadata"]["AllHttpHeaders"]["x-amzn-RequestId"],
            json!(["r-1"])
        );
        assert_eq!(told["SdkResponseMetadata"]["RequestId"], "r-1");
    }
}
