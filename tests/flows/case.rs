//! One story of a call, as data.
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// `cases/*.json`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The story in a sentence.
    pub(crate) what: String,
    /// What the execution is started with.
    pub(crate) input: Value,
    /// The states in order, and what the world answers the tasks among them.
    pub(crate) steps: Vec<Step>,
    /// `SUCCEEDED` or `FAILED`, after the last redrive if there are any.
    pub(crate) status: String,
    /// How long it waits in all, in seconds: tasks take no time.
    #[serde(default)]
    pub(crate) lasts_s: Option<i64>,
    /// What `call-end` or `request-end` must be told at last.
    #[serde(default)]
    pub(crate) end: Option<Value>,
}

/// A state and the answer to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// The state's name.
    pub(crate) state: String,
    /// What its function must be given, at least.
    #[serde(default)]
    pub(crate) given: serde_json::Map<String, Value>,
    /// The answer, for a task.
    #[serde(default)]
    pub(crate) then: Option<Then>,
    /// The execution fails here and is redriven, once for each of these: what the task is answered then. A task is not entered again for that.
    #[serde(default)]
    pub(crate) redriven: Vec<Then>,
}

impl Case {
    /// Whether somebody redrives its execution.
    pub(crate) fn is_redriven(&self) -> bool {
        self.steps.iter().any(|step| !step.redriven.is_empty())
    }
}

/// What the world answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    /// The function's result.
    Result(Value),
    /// The function's error, by name: at every try, where the state tries again.
    Error(String),
    /// The signal that ends a turn, without its number and time.
    Signal(Value),
    /// Nothing, until the state's time is up.
    Timeout(bool),
}

/// Every case of a folder.
pub(crate) fn all(folder: &Path) -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|why| panic!("{}: {why}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).expect("readable");
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
    };
    files.iter().map(|path| read(path)).collect()
}
