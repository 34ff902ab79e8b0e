//! Requests of every operation, with values that are nearly right: those of earlier answers, and what their neighbours take.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::grammar::{self, ACTIVITY, LEAF};
use super::support::ROLE;

/// What the service's model says of an operation: the errors it documents and the members of its request.
#[derive(Deserialize)]
struct Operation {
    errors: Vec<String>,
    members: Vec<String>,
}

/// Errors of every operation. Source: API reference, "Common Errors", and the protocol's own for a body that it cannot read.
const COMMON: [&str; 4] = [
    "ValidationException",
    "ThrottlingException",
    "SerializationException",
    "MissingRequiredParameter",
];
/// Where the model names no error for what can happen, the name is that of the neighbouring operations.
const BESIDES: [(&str, &str); 1] = [("ListStateMachineVersions", "StateMachineDoesNotExist")];
/// Most values kept of a kind.
const MOST: usize = 24;

/// What requests are made of.
pub(crate) struct Pool {
    operations: BTreeMap<String, Operation>,
    accepted: BTreeSet<String>,
    machines: Vec<String>,
    versions: Vec<String>,
    aliases: Vec<String>,
    executions: Vec<String>,
    map_runs: Vec<String>,
    activities: Vec<String>,
    pub(crate) tokens: Vec<String>,
    pages: Vec<String>,
    definitions: Vec<String>,
}

fn keep(values: &mut Vec<String>, value: Option<&str>) {
    if let Some(value) = value
        && !values.iter().any(|known| known == value)
    {
        if values.len() == MOST {
            values.remove(0);
        }
        values.push(value.to_owned());
    }
}

impl Pool {
    pub(crate) fn new(c: &mut Chance) -> Self {
        let operations =
            serde_json::from_str(include_str!("operations.json")).expect("a table of operations");
        let (run, hold) = (run(), hold());
        let quick = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
        let mut definitions: Vec<String> = [&run, &quick, &hold, &quick, &hold, &hold]
            .map(ToString::to_string)
            .into();
        definitions.extend((0..20).map(|_| grammar::definition(c).to_string()));
        Self {
            operations,
            accepted: BTreeSet::new(),
            machines: vec![LEAF.to_owned()],
            versions: Vec::new(),
            aliases: Vec::new(),
            executions: Vec::new(),
            map_runs: Vec::new(),
            activities: vec![ACTIVITY.to_owned()],
            tokens: Vec::new(),
            pages: Vec::new(),
            definitions,
        }
    }

    /// An operation and a body for it.
    pub(crate) fn request(&self, c: &mut Chance) -> (&'static str, String) {
        if c.percent(2) {
            return (c.one(&["Nonsense", "", "startExecution"]), c.text());
        }
        let names: Vec<&String> = self.operations.keys().collect();
        // What makes things is asked more often than what deletes them.
        let mut name = c.one(&names);
        if name.starts_with("Delete") && c.percent(70) {
            name = c.one(&names);
        }
        let mut body = Map::new();
        for member in &self.operations[name].members {
            if let Some(value) = self.member(c, name, member) {
                body.insert(member.clone(), value);
            }
        }
        let mut body = Value::Object(body);
        if c.percent(20) {
            c.bend(&mut body);
        }
        let mut text = body.to_string();
        if c.percent(1) {
            text.truncate(text.floor_char_boundary(text.len() / 2));
        }
        (
            NAMES
                .iter()
                .copied()
                .find(|known| *known == name)
                .expect("a name of the table"),
            text,
        )
    }

    /// Is this a documented error of the operation?
    pub(crate) fn documents(&self, operation: &str, error: &str) -> bool {
        match self.operations.get(operation) {
            Some(_) if BESIDES.contains(&(operation, error)) => true,
            Some(known) => COMMON.contains(&error) || known.errors.iter().any(|name| name == error),
            None => error == "UnknownOperationException",
        }
    }

    /// Operations of which no request was accepted.
    pub(crate) fn never_accepted(&self) -> Vec<&str> {
        let names = self.operations.keys().map(String::as_str);
        names
            .filter(|name| !self.accepted.contains(*name))
            .collect()
    }

    /// A request was accepted.
    pub(crate) fn accept(&mut self, operation: &str) {
        self.accepted.insert(operation.to_owned());
    }

    /// Keeps what an answer names.
    pub(crate) fn learn(&mut self, operation: &str, told: &Value) {
        if operation.starts_with("Delete") {
            return;
        }
        keep(
            &mut self.machines,
            told["stateMachineArn"]
                .as_str()
                .filter(|_| operation == "CreateStateMachine"),
        );
        keep(&mut self.versions, told["stateMachineVersionArn"].as_str());
        keep(&mut self.aliases, told["stateMachineAliasArn"].as_str());
        keep(&mut self.activities, told["activityArn"].as_str());
        keep(
            &mut self.executions,
            told["executionArn"]
                .as_str()
                .filter(|_| operation == "StartExecution"),
        );
        keep(&mut self.tokens, told["taskToken"].as_str());
        keep(&mut self.pages, told["nextToken"].as_str());
        for run in told["mapRuns"].as_array().into_iter().flatten() {
            keep(&mut self.map_runs, run["mapRunArn"].as_str());
        }
    }

    fn arn(&self, c: &mut Chance, kinds: &[&Vec<String>]) -> Value {
        let all: Vec<&String> = kinds.iter().flat_map(|kind| kind.iter()).collect();
        if all.is_empty() || c.percent(5) {
            let any = [
                "arn:aws:states:us-east-1:000000000000:stateMachine:none",
                "arn:aws:states:us-east-1:000000000000:execution:m:n",
                "arn:",
                "",
            ];
            return json!(c.one(&any));
        }
        json!(c.one(&all))
    }

    fn member(&self, c: &mut Chance, operation: &str, member: &str) -> Option<Value> {
        let seldom = match member {
            "nextToken" => Some(self.arn(c, &[&self.pages])),
            "mapRunArn" if operation == "ListExecutions" => Some(self.arn(c, &[&self.map_runs])),
            _plain => None,
        };
        if let Some(value) = seldom {
            return c.percent(10).then_some(value);
        }
        let named = operation.starts_with("Start") && member == "name";
        if !named && let Some(value) = self.required(c, operation, member) {
            return Some(value);
        }
        let (share, value) = optional(c, member);
        c.percent(share).then_some(value)
    }

    /// What a request does not go without.
    fn required(&self, c: &mut Chance, operation: &str, member: &str) -> Option<Value> {
        let started = [&self.machines, &self.machines, &self.aliases];
        Some(match member {
            "activityArn" => self.arn(c, &[&self.activities]),
            "executionArn" => self.arn(c, &[&self.executions]),
            "mapRunArn" if c.percent(70) => json!(self.map_runs.last()),
            "mapRunArn" => self.arn(c, &[&self.map_runs]),
            "stateMachineAliasArn" => self.arn(c, &[&self.aliases]),
            "stateMachineVersionArn" => self.arn(c, &[&self.versions]),
            "stateMachineArn" if operation.starts_with("Start") => self.arn(c, &started),
            "stateMachineArn" => self.arn(c, &[&self.machines]),
            "resourceArn" => self.arn(c, &[&self.machines, &self.activities]),
            // The newest is the one whose task most likely still waits.
            "taskToken" if c.percent(70) => json!(self.tokens.last()),
            "taskToken" => self.arn(c, &[&self.tokens]),
            "definition" if operation == "TestState" => json!(state(c)),
            "definition" => json!(c.one(&self.definitions)),
            "roleArn" => json!(ROLE),
            "name" => json!(format!("n{}", c.below(400))),
            "input" | "output" | "variables" => json!(c.input().to_string()),
            "tags" if operation == "TagResource" => json!([{ "key": "k", "value": "v" }]),
            "tagKeys" => json!(["k"]),
            "routingConfiguration" => {
                json!([{ "stateMachineVersionArn": self.arn(c, &[&self.versions]), "weight": 100 }])
            }
            _optional => return None,
        })
    }
}

/// How often in a hundred a member is there, and what it is.
fn optional(c: &mut Chance, member: &str) -> (u32, Value) {
    let states = [
        "RUNNING",
        "SUCCEEDED",
        "FAILED",
        "TIMED_OUT",
        "ABORTED",
        "PENDING_REDRIVE",
    ];
    let value = match member {
        "name" => json!(format!("e{}", c.below(1_000_000))),
        "type" => json!(c.one(&["STANDARD", "EXPRESS"])),
        "publish" | "includeExecutionData" | "reverseOrder" | "revealSecrets" => {
            json!(c.percent(50))
        }
        "error" | "cause" | "description" | "versionDescription" | "workerName" => json!("why"),
        "maxResults" => json!(c.below(1_001)),
        "statusFilter" => json!(c.one(&states)),
        "redriveFilter" => return (10, json!(c.one(&["REDRIVEN", "NOT_REDRIVEN"]))),
        "includedData" => json!(c.one(&["ALL_DATA", "METADATA_ONLY"])),
        "tags" => json!([{ "key": "k", "value": "v" }]),
        "maxConcurrency" | "toleratedFailureCount" => json!(c.below(50)),
        "toleratedFailurePercentage" => json!(c.below(101)),
        "clientToken" | "traceHeader" => json!(format!("t{}", c.below(9))),
        "inspectionLevel" => json!(c.one(&["INFO", "DEBUG", "TRACE"])),
        "severity" => json!(c.one(&["ERROR", "WARNING"])),
        "tracingConfiguration" => json!({ "enabled": false }),
        "mock" => return (15, json!({ "result": c.value(1).to_string() })),
        "stateConfiguration" => return (10, json!({ "retrierRetryCount": c.below(3) })),
        "context" => return (10, json!("{\"Execution\":{\"Id\":\"x\"}}")),
        "loggingConfiguration" => return (10, json!({ "level": c.one(&["OFF", "ALL"]) })),
        // These are rarely right: a revision by chance, a state that is not in what is tested, a key of KMS.
        "revisionId" | "stateName" | "encryptionConfiguration" => return (5, json!("x")),
        other => panic!("{other} is new in the table: say what it looks like"),
    };
    (40, value)
}

/// A map run whose children wait and fail.
pub(crate) fn run() -> Value {
    json!({ "StartAt": "M", "QueryLanguage": "JSONata", "States": { "M": { "Type": "Map", "Items": [1, 2, 3], "End": true,
            "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "W",
                "States": { "W": { "Type": "Wait", "Seconds": 3, "Next": "F" }, "F": { "Type": "Fail", "Error": "E" } } } } } })
}

/// A task for a worker.
pub(crate) fn hold() -> Value {
    json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": ACTIVITY, "TimeoutSeconds": 600, "End": true } } })
}

/// A state for `TestState`.
fn state(c: &mut Chance) -> String {
    let flow = grammar::definition(c);
    let start = flow["StartAt"].as_str().unwrap_or_default().to_owned();
    let mut state = flow["States"][&start].clone();
    if state.get("QueryLanguage").is_none() && flow.get("QueryLanguage").is_some() {
        state["QueryLanguage"] = flow["QueryLanguage"].clone();
    }
    state.to_string()
}

/// The operations of the table, as names that outlive it.
const NAMES: [&str; 37] = [
    "CreateActivity",
    "CreateStateMachine",
    "CreateStateMachineAlias",
    "DeleteActivity",
    "DeleteStateMachine",
    "DeleteStateMachineAlias",
    "DeleteStateMachineVersion",
    "DescribeActivity",
    "DescribeExecution",
    "DescribeMapRun",
    "DescribeStateMachine",
    "DescribeStateMachineAlias",
    "DescribeStateMachineForExecution",
    "GetActivityTask",
    "GetExecutionHistory",
    "ListActivities",
    "ListExecutions",
    "ListMapRuns",
    "ListStateMachineAliases",
    "ListStateMachineVersions",
    "ListStateMachines",
    "ListTagsForResource",
    "PublishStateMachineVersion",
    "RedriveExecution",
    "SendTaskFailure",
    "SendTaskHeartbeat",
    "SendTaskSuccess",
    "StartExecution",
    "StartSyncExecution",
    "StopExecution",
    "TagResource",
    "TestState",
    "UntagResource",
    "UpdateMapRun",
    "UpdateStateMachine",
    "UpdateStateMachineAlias",
    "ValidateStateMachineDefinition",
];
