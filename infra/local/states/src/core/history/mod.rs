//! Records as the events of `GetExecutionHistory`.
//!
//! Source: API reference, "HistoryEvent". An event's type and details depend on the state it happened in, so the records
//! are told in order: a [`Narrator`] applies them to an execution of its own and looks.

mod tasks;

use serde_json::{Map, Value, json};

use super::apply::Misfit;
use super::items::Items;
use super::record::{Problem, Record, What};
use super::{Branch, Doing, Execution, map_results};
use crate::asl::{Definition, Kind, State};
use crate::json::Json;

/// One history event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// From 1, without gaps.
    pub id: u32,
    /// The event that led to it; 0 for none.
    pub previous: u32,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// `type`.
    pub kind: String,
    /// Name and value of the details, if the type has any.
    pub details: Option<(&'static str, Value)>,
}

/// The details of `ExecutionStarted` ...
pub const STARTED_DETAILS: &str = "executionStartedEventDetails";
/// ... and those members of it that name what an execution was started through. They were not always told.
pub const VERSION_ARN: &str = "stateMachineVersionArn";
/// As [`VERSION_ARN`].
pub const ALIAS_ARN: &str = "stateMachineAliasArn";

/// What an event is about as JSON besides its details, in bytes.
const EVENT_BYTES: usize = 100;
/// The same of a number, a truth value or a null.
const VALUE_BYTES: usize = 8;

impl Event {
    /// About how long it is as JSON, in bytes. What texts need more when they are escaped is not counted: it at most doubles
    /// a payload.
    pub fn size(&self) -> usize {
        let details = self.details.as_ref();
        EVENT_BYTES + details.map_or(0, |(name, details)| name.len() + size(details))
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => VALUE_BYTES,
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(members) => {
            let of_each = members.iter().map(|(name, value)| name.len() + size(value));
            of_each.sum()
        }
    }
}

/// Tells records as events.
pub struct Narrator<'a> {
    execution: Execution,
    definition: &'a Definition,
    region: &'a str,
    /// Inputs and outputs are told too.
    with_data: bool,
}

type Told = (String, Option<(&'static str, Value)>);

impl<'a> Narrator<'a> {
    /// Begins with an execution to which nothing has happened.
    pub fn new(
        execution: Execution,
        definition: &'a Definition,
        region: &'a str,
        with_data: bool,
    ) -> Self {
        Self {
            execution,
            definition,
            region,
            with_data,
        }
    }

    /// The execution after what has been told.
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// The same, for good.
    pub fn into_execution(self) -> Execution {
        self.execution
    }

    /// From here on the records are of this definition.
    pub fn goes_on_with(&mut self, definition: &'a Definition) {
        self.definition = definition;
    }

    /// The event of the next record, if it has one.
    pub fn tell(&mut self, record: &Record) -> Result<Option<Event>, Misfit> {
        let told = record
            .what
            .is_event()
            .then(|| self.event(record))
            .transpose()?;
        self.execution.apply(record)?;
        Ok(told)
    }

    fn event(&self, record: &Record) -> Result<Event, Misfit> {
        let branch = self.execution.branches.get(&record.branch);
        let previous = match &record.what {
            What::Started { .. } | What::Stopped { .. } | What::TimedOut => 0,
            What::Aborted { because, .. } | What::IterationAborted { because } => *because,
            What::Redriven(_) => self.execution.last_event,
            What::EvaluationFailed { .. } => self.after_entry(branch.ok_or(Misfit)?)?,
            What::IterationStarted { .. } => match &branch.ok_or(Misfit)?.doing {
                Doing::Mapping(mapping) => mapping.follows,
                _other => return Err(Misfit),
            },
            What::ParallelSucceeded => match &branch.ok_or(Misfit)?.doing {
                Doing::Running(run) => run.told,
                _other => branch.ok_or(Misfit)?.last_event,
            },
            _inside => branch.ok_or(Misfit)?.last_event,
        };
        let (kind, details) = match branch {
            None => self.of_execution(&record.what)?,
            Some(branch) => self.of_branch(branch, &record.what)?,
        };
        Ok(Event {
            id: self.execution.last_event + 1,
            previous,
            at_ms: record.at_ms,
            kind,
            details,
        })
    }

    fn of_execution(&self, what: &What) -> Result<Told, Misfit> {
        let identity = &self.execution.identity;
        match what {
            What::Started { .. } => {
                let mut details = Map::new();
                self.put(&mut details, "input", &identity.input);
                details.insert("roleArn".into(), json!(&*identity.role_arn));
                let (via, machine) = (&identity.via, &identity.machine_arn);
                for (name, arn) in [
                    (VERSION_ARN, via.version_arn(machine)),
                    (ALIAS_ARN, via.alias_arn(machine)),
                ] {
                    details.extend(arn.map(|arn| (name.to_owned(), json!(arn))));
                }
                Ok((
                    "ExecutionStarted".into(),
                    Some((STARTED_DETAILS, Value::Object(details))),
                ))
            }
            What::Stopped { error, cause } => Ok(stopped(error.as_deref(), cause.as_deref())),
            What::TimedOut => Ok(timed_out()),
            What::Redriven(_) => {
                let count = self.execution.redrive_count() + 1;
                Ok((
                    "ExecutionRedriven".into(),
                    Some((
                        "executionRedrivenEventDetails",
                        json!({ "redriveCount": count }),
                    )),
                ))
            }
            _inside => Err(Misfit),
        }
    }

    fn of_branch(&self, branch: &Branch, what: &What) -> Result<Told, Misfit> {
        let state = self
            .definition
            .states
            .get(usize::from(branch.state))
            .ok_or(Misfit)?;
        let word = state.kind.word();
        let told = match what {
            What::Entered => {
                let mut details = named(state);
                self.put(&mut details, "input", &branch.data);
                (
                    format!("{word}StateEntered"),
                    Some(("stateEnteredEventDetails", Value::Object(details))),
                )
            }
            What::Exited {
                output, assigned, ..
            } => {
                let details = self.exited(state, output.as_ref().unwrap_or(&branch.data), assigned);
                (
                    format!("{word}StateExited"),
                    Some(("stateExitedEventDetails", details)),
                )
            }
            What::EvaluationFailed { problem, field, .. } => {
                let mut details = problem_details(problem);
                if !field.is_empty() {
                    details.insert("location".into(), json!(field));
                }
                details.insert("state".into(), json!(&*state.name));
                (
                    "EvaluationFailed".into(),
                    Some(("evaluationFailedEventDetails", Value::Object(details))),
                )
            }
            What::ParallelStarted { .. } => ("ParallelStateStarted".into(), None),
            What::ParallelSucceeded => (format!("{word}StateSucceeded"), None),
            What::ParallelFailed => (format!("{word}StateFailed"), None),
            What::MapStarted { .. }
            | What::IterationStarted { .. }
            | What::IterationEnded
            | What::IterationFailed
            | What::IterationAborted { .. }
            | What::MapRunEntered { .. }
            | What::MapRunStarted { .. }
            | What::MapRunSucceeded
            | What::MapRunAborted
            | What::MapRunRedriven { .. }
            | What::MapRunFailed(_) => self.of_map(branch, state, what)?,
            What::Aborted { .. } => (format!("{word}StateAborted"), None),
            What::Succeeded => {
                let mut details = Map::new();
                self.put(&mut details, "output", &branch.data);
                (
                    "ExecutionSucceeded".into(),
                    Some(("executionSucceededEventDetails", Value::Object(details))),
                )
            }
            What::Failed(problem) => {
                let details = Value::Object(problem_details(problem));
                (
                    "ExecutionFailed".into(),
                    Some(("executionFailedEventDetails", details)),
                )
            }
            What::Stopped { error, cause } => stopped(error.as_deref(), cause.as_deref()),
            What::TimedOut => timed_out(),
            task => match &state.kind {
                Kind::Task(of) => self.of_task(&of.resource, task)?,
                Kind::Pass
                | Kind::Choice(_)
                | Kind::Wait(_)
                | Kind::Parallel(_)
                | Kind::Map(_)
                | Kind::Succeed
                | Kind::Fail(_) => {
                    return Err(Misfit);
                }
            },
        };
        Ok(told)
    }

    /// AWS: an expression that fails right after its state was entered follows what the entry followed, but in a Wait.
    fn after_entry(&self, branch: &Branch) -> Result<u32, Misfit> {
        let state = self.definition.states.get(usize::from(branch.state));
        let waits = matches!(state.ok_or(Misfit)?.kind, Kind::Wait(_));
        Ok(if branch.last_event == branch.entered_event && !waits {
            branch.entered_after
        } else {
            branch.last_event
        })
    }

    fn of_map(&self, branch: &Branch, state: &State, what: &What) -> Result<Told, Misfit> {
        let told = match what {
            What::MapStarted { items, .. } | What::MapRunEntered { items } => {
                let items =
                    Items::of(items.as_ref().unwrap_or(&branch.data)).map_err(|_| Misfit)?;
                let details = json!({ "length": items.len() });
                (
                    "MapStateStarted",
                    Some(("mapStateStartedEventDetails", details)),
                )
            }
            What::IterationStarted { .. } => {
                let Doing::Mapping(mapping) = &branch.doing else {
                    return Err(Misfit);
                };
                let details = json!({ "name": &*state.name, "index": mapping.next });
                (
                    "MapIterationStarted",
                    Some(("mapIterationStartedEventDetails", details)),
                )
            }
            What::IterationEnded => (
                "MapIterationSucceeded",
                Some(("mapIterationSucceededEventDetails", self.iteration(branch)?)),
            ),
            What::IterationFailed => (
                "MapIterationFailed",
                Some(("mapIterationFailedEventDetails", self.iteration(branch)?)),
            ),
            What::IterationAborted { .. } => (
                "MapIterationAborted",
                Some(("mapIterationAbortedEventDetails", self.iteration(branch)?)),
            ),
            What::MapRunStarted { uuid, settings } => {
                let arn = map_results::run_arn(&self.execution.identity, &settings.label, *uuid);
                let details = json!({ "mapRunArn": arn });
                (
                    "MapRunStarted",
                    Some(("mapRunStartedEventDetails", details)),
                )
            }
            What::MapRunRedriven { .. } => {
                let Doing::Running(run) = &branch.doing else {
                    return Err(Misfit);
                };
                let label = &run.settings.label;
                let arn = map_results::run_arn(&self.execution.identity, label, run.uuid);
                let details = json!({ "mapRunArn": arn, "redriveCount": run.redrives + 1 });
                (
                    "MapRunRedriven",
                    Some(("mapRunRedrivenEventDetails", details)),
                )
            }
            What::MapRunSucceeded => ("MapRunSucceeded", None),
            What::MapRunAborted => ("MapRunAborted", None),
            What::MapRunFailed(problem) => {
                let details = Value::Object(problem_details(problem));
                ("MapRunFailed", Some(("mapRunFailedEventDetails", details)))
            }
            _other => return Err(Misfit),
        };
        Ok((told.0.into(), told.1))
    }

    /// Name and index of an iteration.
    fn iteration(&self, branch: &Branch) -> Result<Value, Misfit> {
        let (parent, index) = branch.parent.ok_or(Misfit)?;
        let parent = self.execution.branches.get(&parent).ok_or(Misfit)?;
        let state = self.definition.states.get(usize::from(parent.state));
        Ok(json!({ "name": &*state.ok_or(Misfit)?.name, "index": index }))
    }

    /// An input or output and its `...Details`.
    fn put(&self, details: &mut Map<String, Value>, name: &str, data: &Json) {
        if self.with_data {
            details.insert(name.to_owned(), json!(data.as_str()));
            details.insert(format!("{name}Details"), json!({ "truncated": false }));
        }
    }
}

/// An event's type and the name of its details.
type Named = (&'static str, &'static str);

fn named(state: &State) -> Map<String, Value> {
    let mut details = Map::new();
    details.insert("name".into(), json!(&*state.name));
    details
}

fn problem_details(problem: &Problem) -> Map<String, Value> {
    error_details(problem.name(), problem.cause.as_deref())
}

fn error_details(error: Option<&str>, cause: Option<&str>) -> Map<String, Value> {
    let mut details = Map::new();
    if let Some(error) = error {
        details.insert("error".into(), json!(error));
    }
    if let Some(cause) = cause {
        details.insert("cause".into(), json!(cause));
    }
    details
}

fn stopped(error: Option<&str>, cause: Option<&str>) -> Told {
    let details = Value::Object(error_details(error, cause));
    (
        "ExecutionAborted".into(),
        Some(("executionAbortedEventDetails", details)),
    )
}

fn timed_out() -> Told {
    (
        "ExecutionTimedOut".into(),
        Some(("executionTimedOutEventDetails", json!({}))),
    )
}
