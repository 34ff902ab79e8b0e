//! The Amazon States Language: definitions compiled once, then read by the core.
//!
//! Pure: no I/O, no clock, no threads. Source: <https://states-language.net/spec.html> and the Step Functions
//! developer guide, "Amazon States Language". A definition is flattened: every state of every nested machine gets an
//! index, so that an execution holds numbers, not names.

mod arguments;
mod bounds;
#[cfg(test)]
mod bounds_tests;
pub(crate) mod chance;
pub mod choice;
mod comments;
pub mod compare;
mod compile;
pub mod data;
pub mod diagnostic;
mod dialect;
pub mod distributed;
pub mod errors;
mod estimates;
pub mod express;
pub mod expression;
mod fields;
mod functions;
mod handling;
pub mod intrinsic;
mod jsonpath;
mod kinds;
pub mod lint;
pub mod lookup;
pub mod map;
pub mod parallel;
pub mod path;
pub mod references;
mod repeats;
mod reserved;
mod scalar;
mod scan;
mod scopes;
mod sizes;
mod spelling;
pub mod task;
pub mod template;
#[cfg(test)]
mod template_tests;
mod texts;
mod urls;
pub mod wait;
pub(crate) mod walk;

use std::sync::Arc;

pub(crate) use compile::compile_stored;
pub use compile::{compile, compile_with};
use data::Data;
pub use diagnostic::{Code, Diagnostic, Severity};
pub use scalar::{Seconds, Text};

/// Largest definition accepted, in bytes (AWS: 1 MB).
pub const MAX_DEFINITION_BYTES: usize = 1_048_576;
/// Longest state name, in characters.
pub const MAX_STATE_NAME_CHARS: usize = 80;
/// Deepest nesting of Parallel and Map states.
pub const MAX_NESTING: usize = 32;
/// Deepest nesting of a definition's JSON: that of the parser.
const MAX_JSON_LEVELS: usize = 127;

/// Index of a state in [`Definition::states`].
pub type StateIx = u16;
/// Index of a (nested) machine in [`Definition::flows`].
pub type FlowIx = u16;

/// A compiled definition.
#[derive(Debug)]
pub struct Definition {
    /// All states, of the top level and of every nested machine.
    pub states: Vec<State>,
    /// The top level is flow 0; each Parallel branch and each Map's processor is one more.
    pub flows: Vec<Flow>,
    /// Top-level `TimeoutSeconds`: how long an execution may run.
    pub timeout_s: Option<u32>,
    /// What is odd but allowed.
    pub warnings: Vec<Diagnostic>,
}

/// A machine: the top level, one branch of a Parallel state or the processor of a Map.
#[derive(Debug)]
pub struct Flow {
    /// `StartAt`.
    pub start: StateIx,
}

/// A state.
#[derive(Debug)]
pub struct State {
    /// Its name, unique in the whole definition.
    pub name: Arc<str>,
    /// What it does.
    pub kind: Kind,
    /// `Next` or `End`.
    pub then: Then,
    /// How data passes through it.
    pub data: Data,
}

/// Where an execution goes when a state is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Then {
    /// To this state.
    Next(StateIx),
    /// The flow ends.
    End,
}

/// The kinds of state.
#[derive(Debug)]
pub enum Kind {
    /// Hands its input on, or its `Output`.
    Pass,
    /// One piece of work elsewhere.
    Task(Box<task::Task>),
    /// The first rule whose condition is true.
    Choice(Box<choice::Choice>),
    /// Until a time.
    Wait(wait::Wait),
    /// Branches at the same time.
    Parallel(Box<parallel::Parallel>),
    /// A machine for every item.
    Map(Box<map::Map>),
    /// The flow ends well.
    Succeed,
    /// The flow ends with an error.
    Fail(Box<Fail>),
}

/// A Fail state.
#[derive(Debug)]
pub struct Fail {
    /// `Error`.
    pub error: Option<Text>,
    /// `Cause`.
    pub cause: Option<Text>,
}

impl Definition {
    /// The distributed Map with this label.
    pub fn distributed(&self, label: &str) -> Option<&distributed::Distributed> {
        self.states.iter().find_map(|state| match &state.kind {
            Kind::Map(map) => map.distributed.as_deref().filter(|d| d.label == label),
            _other => None,
        })
    }

    /// The state with this index. Indices come from the definition itself, so one that is missing is our bug.
    pub fn state(&self, ix: StateIx) -> &State {
        &self.states[usize::from(ix)]
    }
}

impl Kind {
    /// The word that history event types start with (`TaskStateEntered`, ...).
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Task(_) => "Task",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
            Self::Succeed => "Succeed",
            Self::Fail(_) => "Fail",
        }
    }
}

impl State {
    /// `Retry` and `Catch`, for the states that may have them.
    pub fn handling(&self) -> Option<&task::Handling> {
        match &self.kind {
            Kind::Task(task) => Some(&task.handling),
            Kind::Parallel(parallel) => Some(&parallel.handling),
            Kind::Map(map) => Some(&map.handling),
            Kind::Pass | Kind::Choice(_) | Kind::Wait(_) | Kind::Succeed | Kind::Fail(_) => None,
        }
    }
}
