//! An execution as it is drawn: its machine and its run.

use super::history::{self, Run};
use super::machine::{self, Machine};
use contract::api::ExecutionView;
use contract::api::requests::RequestExecution;
use std::rc::Rc;

/// What a graph, the turns and a time line are drawn from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Film {
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub(crate) status: String,
    /// The definition.
    pub(crate) machine: Rc<Machine>,
    /// What happened.
    pub(crate) run: Rc<Run>,
    /// Whether the history was cut.
    pub(crate) truncated: bool,
}

impl From<ExecutionView> for Film {
    fn from(view: ExecutionView) -> Self {
        Self {
            status: view.status,
            machine: Rc::new(machine::read(&view.definition)),
            run: Rc::new(history::read(&view.events)),
            truncated: view.truncated,
        }
    }
}

impl From<RequestExecution> for Film {
    fn from(view: RequestExecution) -> Self {
        Self {
            status: view.status,
            machine: Rc::new(machine::read(&view.definition)),
            run: Rc::new(history::read(&view.events)),
            truncated: view.truncated,
        }
    }
}
