//! What a map run gives: the state's result, and the files of a `ResultWriter`.
//!
//! Source: developer guide, "ResultWriter (Map)". A child's whole record names its members in the order of the alphabet,
//! as AWS's files do.

use serde_json::{Map, Value, json};

use super::context::rfc3339;
use super::map_run::{Child, ChildEnd, MapRun, child_name};
use super::{Identity, Status};
use crate::asl::distributed::Transformation;
use crate::json::Json;

/// A result file is closed when it has grown to this many bytes.
const MAX_FILE_BYTES: usize = 64 * 1_048_576;

/// The ARN of the machine that the children of a run have.
pub fn machine_arn(identity: &Identity, label: &str) -> String {
    // `...:stateMachine:NAME`, `...:stateMachine:NAME/LABEL` and what versions and aliases put behind a name.
    let mut parts = identity.machine_arn.splitn(7, ':');
    let head: Vec<&str> = parts.by_ref().take(6).collect();
    let name = parts.next().unwrap_or("");
    let name = name.split([':', '/']).next().unwrap_or(name);
    format!("{}:{name}/{label}", head.join(":"))
}

/// The ARN of a run.
pub fn run_arn(identity: &Identity, label: &str, uuid: [u8; 16]) -> String {
    let uuid = uuid::Uuid::from_bytes(uuid);
    let machine = machine_arn(identity, label);
    format!(
        "{}:{uuid}",
        machine.replacen(":stateMachine:", ":mapRun:", 1)
    )
}

/// The ARN of a run's child.
pub fn child_arn(identity: &Identity, label: &str, run: [u8; 16], index: u32) -> String {
    let machine = machine_arn(identity, label);
    let name = child_name(run, index);
    format!(
        "{}:{name}",
        machine.replacen(":stateMachine:", ":execution:", 1)
    )
}

/// The results of all children in their order, as the state's result. `None` if that is longer than `most` bytes.
pub fn array(run: &MapRun, identity: &Identity, most: usize) -> Option<Json> {
    let mut text = String::from("[");
    for (index, child) in run.children.iter().enumerate() {
        for result in results(run, identity, index as u32, child) {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&result);
            if text.len() >= most {
                return None;
            }
        }
    }
    text.push(']');
    (text.len() <= most).then(|| Json::trusted(text))
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFile {
    /// Its key.
    pub key: String,
    /// What is in it.
    pub body: String,
}

/// Everything that a `ResultWriter` writes, the manifest last, and what the state's result is.
pub fn files(
    run: &MapRun,
    identity: &Identity,
    bucket: &str,
    prefix: &str,
) -> (Vec<ResultFile>, Json) {
    let uuid = uuid::Uuid::from_bytes(run.uuid);
    let folder = match prefix {
        "" => uuid.to_string(),
        prefix => format!("{}/{uuid}", prefix.trim_end_matches('/')),
    };
    let mut succeeded = Files::new(&folder, "SUCCEEDED", run.settings.writer.lines);
    let mut failed = Files::new(&folder, "FAILED", run.settings.writer.lines);
    for (index, child) in run.children.iter().enumerate() {
        let well = child
            .end
            .as_ref()
            .is_some_and(|end| end.status == Status::Succeeded);
        let files = if well { &mut succeeded } else { &mut failed };
        for result in results(run, identity, index as u32, child) {
            files.push(&result);
        }
    }
    let mut pending = Files::new(&folder, "PENDING", run.settings.writer.lines);
    for index in run.next_item..run.items.len() {
        pending.push(&pending_record(run, index).to_string());
    }
    let arn = run_arn(identity, &run.settings.label, run.uuid);
    let lists = [failed.done(), pending.done(), succeeded.done()];
    let told = |files: &[ResultFile]| -> Vec<Value> {
        files
            .iter()
            .map(|file| json!({ "Key": file.key, "Size": file.body.len() }))
            .collect()
    };
    let manifest = json!({
        "DestinationBucket": bucket,
        "MapRunArn": arn,
        "ResultFiles": {
            "FAILED": told(&lists[0]),
            "PENDING": told(&lists[1]),
            "SUCCEEDED": told(&lists[2]),
        },
    });
    let key = format!("{folder}/manifest.json");
    let details = json!({
        "MapRunArn": arn,
        "ResultWriterDetails": { "Bucket": bucket, "Key": key },
    });
    let mut files: Vec<ResultFile> = lists.into_iter().flatten().collect();
    files.push(ResultFile {
        key,
        body: manifest.to_string(),
    });
    (files, Json::trusted(details.to_string()))
}

/// What is told of one child: one text, or one for each element of its output.
fn results(run: &MapRun, identity: &Identity, index: u32, child: &Child) -> Vec<String> {
    let output = child
        .end
        .as_ref()
        .filter(|end| end.status == Status::Succeeded)
        .and_then(|end| end.output.as_ref());
    match (run.settings.writer.transformation, output) {
        (Transformation::Compact, Some(output)) => vec![output.as_str().to_owned()],
        (Transformation::Flatten, Some(output)) => flattened(output),
        (Transformation::None, _) | (Transformation::Compact | Transformation::Flatten, None) => {
            vec![record(run, identity, index, child).to_string()]
        }
    }
}

fn flattened(output: &Json) -> Vec<String> {
    let elements: Option<Vec<&serde_json::value::RawValue>> =
        serde_json::from_str(output.as_str()).ok();
    match elements {
        Some(elements) => elements.iter().map(|e| e.get().to_owned()).collect(),
        None => vec![output.as_str().to_owned()],
    }
}

/// A child's whole record.
fn record(run: &MapRun, identity: &Identity, index: u32, child: &Child) -> Value {
    let label = &run.settings.label;
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| {
        record.insert(name.to_owned(), value);
    };
    let end = child.end.as_ref();
    let problem = end.and_then(|end| end.problem.as_ref());
    if let Some(cause) = problem.and_then(|problem| problem.cause.as_ref()) {
        put("Cause", json!(cause));
    }
    // Who stops an execution need not say why.
    if let Some(problem) = problem.filter(|problem| !problem.error.is_empty()) {
        put("Error", json!(problem.error));
    }
    put(
        "ExecutionArn",
        json!(child_arn(identity, label, run.uuid, index)),
    );
    put("Input", json!(run.input(child).as_str()));
    put("InputDetails", json!({ "Included": true }));
    put("Name", json!(child_name(run.uuid, index)));
    if let Some(output) = end.and_then(|end| end.output.as_ref()) {
        put("Output", json!(output.as_str()));
        put("OutputDetails", json!({ "Included": true }));
    }
    let status = end.map_or(Status::Running, |end| end.status);
    put("RedriveCount", json!(end.map_or(0, |end| end.redrives)));
    let refused = match status {
        Status::Succeeded => Some("Execution is SUCCEEDED and cannot be redriven"),
        _other if end.is_some_and(ChildEnd::is_permanent) => {
            Some("Execution history event limit or redrivable period exceeded")
        }
        _other => None,
    };
    match refused {
        Some(reason) => {
            put("RedriveStatus", json!("NOT_REDRIVABLE"));
            put("RedriveStatusReason", json!(reason));
        }
        None => put("RedriveStatus", json!("REDRIVABLE_BY_MAP_RUN")),
    }
    if let Some(end) = end {
        put("StartDate", json!(rfc3339(end.started_ms)));
    }
    put("StateMachineArn", json!(machine_arn(identity, label)));
    put("Status", json!(status.as_str()));
    if let Some(end) = end {
        put("StopDate", json!(rfc3339(end.stopped_ms)));
    }
    Value::Object(record)
}

/// An item that no child took.
fn pending_record(run: &MapRun, index: u32) -> Value {
    json!({
        "Input": run.items.slice(index, index + 1),
        "InputDetails": { "Included": true },
        "Status": "PENDING",
    })
}

/// The files of one kind.
struct Files {
    stem: String,
    lines: bool,
    closed: Vec<ResultFile>,
    body: String,
}

impl Files {
    fn new(folder: &str, kind: &str, lines: bool) -> Self {
        Self {
            stem: format!("{folder}/{kind}_"),
            lines,
            closed: Vec::new(),
            body: String::new(),
        }
    }

    fn push(&mut self, result: &str) {
        if !self.body.is_empty() && self.body.len() + result.len() > MAX_FILE_BYTES {
            self.close();
        }
        if !self.lines {
            self.body.push(if self.body.is_empty() { '[' } else { ',' });
        }
        self.body.push_str(result);
        if self.lines {
            self.body.push('\n');
        }
    }

    fn close(&mut self) {
        if self.body.is_empty() {
            return;
        }
        let extension = if self.lines { "jsonl" } else { "json" };
        if !self.lines {
            self.body.push(']');
        }
        self.closed.push(ResultFile {
            key: format!("{}{}.{extension}", self.stem, self.closed.len()),
            body: std::mem::take(&mut self.body),
        });
    }

    fn done(mut self) -> Vec<ResultFile> {
        self.close();
        self.closed
    }
}
