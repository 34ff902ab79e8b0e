//! Cases as they are written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Case {
    /// What holds, in words.
    pub(crate) name: String,
    /// The section of the document that says so.
    pub(crate) section: String,
    /// The definition: JSON, or text. Without one, only the steps are done.
    pub(crate) definition: Option<Value>,
    /// `STANDARD` (default), `EXPRESS`, or `SYNC`: an Express machine started with `StartSyncExecution`.
    #[serde(default)]
    pub(crate) kind: Kind,
    /// The input; `{}` if there is none.
    pub(crate) input: Option<Value>,
    /// The input as text, where its spelling matters or it is no JSON.
    pub(crate) input_text: Option<String>,
    /// What functions answer, by name, in order; the last answer is given for ever.
    #[serde(default)]
    pub(crate) functions: BTreeMap<String, Vec<Reply>>,
    /// What services and addresses answer, by operation or `METHOD /path`, in order; the last answer is given for ever.
    #[serde(default)]
    pub(crate) services: BTreeMap<String, Vec<crate::services::Reply>>,
    /// The connections of HTTP tasks.
    #[serde(default)]
    pub(crate) connections: Value,
    /// Objects in buckets, by `BUCKET/KEY`: text, or JSON.
    #[serde(default)]
    pub(crate) objects: BTreeMap<String, Value>,
    /// Done before the machine is made.
    #[serde(default)]
    pub(crate) before: Vec<Step>,
    /// Done while the execution runs; time stands still meanwhile.
    #[serde(default)]
    pub(crate) script: Vec<Step>,
    /// Done once it has closed and has been judged.
    #[serde(default)]
    pub(crate) after: Vec<Step>,
    /// What comes of it.
    #[serde(default)]
    pub(crate) expect: Expect,
    /// Why it is known to come out otherwise.
    pub(crate) differs: Option<String>,
}

/// How a machine is made and started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Kind {
    #[default]
    Standard,
    Express,
    Sync,
}

/// What a function answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) enum Reply {
    /// What it was given.
    Echo,
    /// This.
    Return(Value),
    /// These very bytes.
    Text(String),
    /// An error of its own.
    Error { name: String, message: String },
    /// The service fails.
    Service(String),
    /// Too many invocations.
    Throttled,
    /// It ran too long.
    Timeout,
    /// There is no such function.
    Missing,
    /// It does not answer.
    Never,
}

/// One step of a script.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", untagged)]
pub(crate) enum Step {
    /// An API call.
    Call(Box<Call>),
    /// Waits for the next invocation of a function; its payload gets a name.
    Await {
        r#await: String,
        #[serde(default = "payload")]
        r#as: String,
    },
    /// Waits for the next request of a service or to an address; it gets a name.
    #[serde(rename_all = "camelCase")]
    AwaitRequest {
        await_request: String,
        #[serde(default = "request")]
        r#as: String,
    },
    /// Waits until the history has so many events of a type.
    #[serde(rename_all = "camelCase")]
    AwaitEvent {
        await_event: String,
        #[serde(default = "once")]
        times: usize,
    },
    /// Lets time go on until the execution has closed.
    AwaitEnd {
        #[serde(rename = "awaitEnd")]
        _closed: bool,
    },
    /// Moves the clock on by so many seconds.
    Advance { advance: f64 },
}

/// An API call and what it answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Call {
    /// The operation.
    pub(crate) call: String,
    /// The request.
    #[serde(default = "empty")]
    pub(crate) with: Value,
    /// The answer, as far as it matters.
    pub(crate) answer: Option<Value>,
    /// The error, if it is refused.
    pub(crate) error: Option<Refusal>,
    /// Parts of the answer that get a name: name to JSON pointer.
    #[serde(default)]
    pub(crate) save: BTreeMap<String, String>,
}

fn empty() -> Value {
    Value::Object(Map::new())
}

/// An error of the API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Refusal {
    /// Its name.
    pub(crate) name: String,
    /// Its message, if that matters.
    pub(crate) message: Option<Value>,
}

/// What comes of an execution.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Expect {
    /// Objects that are there afterwards, by `BUCKET/KEY`.
    #[serde(default)]
    pub(crate) objects: BTreeMap<String, Value>,
    /// `CreateStateMachine` is refused.
    pub(crate) refused: Option<Refusal>,
    /// `StartExecution` is refused.
    pub(crate) start_refused: Option<Refusal>,
    /// How it ends.
    pub(crate) status: Option<String>,
    /// Its output.
    pub(crate) output: Option<Value>,
    /// Its output as text, where the spelling matters.
    pub(crate) output_text: Option<String>,
    /// Its error name.
    pub(crate) error: Option<Value>,
    /// Its cause.
    pub(crate) cause: Option<Value>,
    /// All its events, in order: a type, or what matters of an event.
    pub(crate) history: Option<Vec<Value>>,
    /// Some of its events, in order.
    pub(crate) history_includes: Option<Vec<Value>>,
    /// What each operation or path was asked, in order, as far as it matters: `query`, `headers`, `text`, `json`.
    #[serde(default)]
    pub(crate) asked: BTreeMap<String, Vec<Value>>,
    /// What each function was invoked with, in order.
    #[serde(default)]
    pub(crate) invoked: BTreeMap<String, Vec<Value>>,
}

fn once() -> usize {
    1
}

fn payload() -> String {
    "payload".to_owned()
}

fn request() -> String {
    "request".to_owned()
}

/// A case and where it was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) feature: String,
    pub(crate) case: Arc<Case>,
}

impl Found {
    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.feature, self.case.name)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases")
}

/// Every case, by feature, file and place in the file.
pub(crate) fn all() -> Result<Vec<Found>, String> {
    let mut cases = Vec::new();
    for feature in sorted(&folder())? {
        let name = feature
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for file in sorted(&feature)? {
            let said = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
            let text = std::fs::read_to_string(&file).map_err(|error| said(&error))?;
            let found: Vec<Case> = serde_json::from_str(&text).map_err(|error| said(&error))?;
            cases.extend(found.into_iter().map(|case| Found {
                feature: name.clone(),
                case: Arc::new(case),
            }));
        }
    }
    let mut seen = BTreeSet::new();
    for found in &cases {
        if !seen.insert(found.title()) {
            return Err(format!("two cases are called `{}`", found.title()));
        }
    }
    Ok(cases)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let said = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries: Result<Vec<PathBuf>, _> = std::fs::read_dir(folder)
        .map_err(said)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut paths = entries.map_err(said)?;
    paths.sort();
    Ok(paths)
}
