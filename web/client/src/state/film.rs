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

/// Where the call or the request stands whose execution it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It goes on.
    Open,
    /// Its workflow failed: it waits until somebody has it go on.
    Stalled,
    /// It is over.
    Over,
}

impl Film {
    /// Whether it was read a moment too early: what is over is so before its workflow is, and what goes on again, too.
    pub(crate) fn is_behind(&self, standing: Standing) -> bool {
        let running = self.status == "RUNNING";
        match standing {
            Standing::Open => !running,
            Standing::Stalled => false,
            Standing::Over => running,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_that_was_read_too_early_is_behind() {
        let is_behind = |status: &str, standing| {
            let film = Film {
                status: status.to_owned(),
                machine: Rc::default(),
                run: Rc::default(),
                truncated: false,
            };
            film.is_behind(standing)
        };
        assert!(is_behind("FAILED", Standing::Open), "it was redriven");
        assert!(is_behind("RUNNING", Standing::Over), "it has just ended");
        for (status, standing) in [
            ("RUNNING", Standing::Open),
            ("FAILED", Standing::Stalled),
            ("RUNNING", Standing::Stalled),
            ("SUCCEEDED", Standing::Over),
        ] {
            assert!(!is_behind(status, standing), "{status}, {standing:?}");
        }
    }
}
