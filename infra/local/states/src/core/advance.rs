//! One branch, one move: what a branch that waits for nothing does next.

use std::sync::Arc;

use super::context::Here;
use super::record::{Problem, What};
use super::step::{Effect, Stepper, too_large};
use super::{Branch, BranchId, Doing, MAX_EVENTS, MAX_PAYLOAD_BYTES, MAX_VARIABLES_BYTES, Status};
use crate::asl::expression::Failure;
use crate::asl::template::Template;
use crate::asl::{State, Then, errors};
use crate::json::Json;

impl Branch {
    /// Does this branch have a move of its own?
    pub(super) fn is_ready(&self) -> bool {
        match &self.doing {
            Doing::Entering | Doing::Working | Doing::Calling(_) => true,
            Doing::Done(_) | Doing::Failed(_) | Doing::Leaving(_) => true,
            Doing::Branching(outputs) => outputs.iter().all(Option::is_some),
            Doing::Tasking(_) | Doing::Waiting(_) | Doing::BackingOff(_) => false,
        }
    }
}

/// What `Assign` gave: names and values.
pub(super) type Assigned = Vec<(Arc<str>, Json)>;

impl Stepper<'_> {
    /// Makes one move of a ready branch.
    pub(super) fn advance(&mut self, id: BranchId) {
        // Room for what one move writes and for the event that then says so.
        if self.execution.last_event + 3 >= MAX_EVENTS {
            let cause = format!(
                "The execution reached the maximum number of history events ({MAX_EVENTS})."
            );
            self.fail_execution(Problem {
                error: errors::RUNTIME.to_owned(),
                cause: Some(cause),
            });
            return;
        }
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        match &branch.doing {
            Doing::Entering => self.write(id, What::Entered),
            Doing::Working => self.work(id),
            Doing::Calling(_) => self.call(id),
            Doing::Branching(_) => self.write(id, What::ParallelSucceeded),
            Doing::Done(_) => self.exit(id),
            Doing::Failed(_) => self.fail(id),
            Doing::Leaving(_) => self.leave(id),
            Doing::Tasking(_) | Doing::Waiting(_) | Doing::BackingOff(_) => {}
        }
    }

    /// The flow of a branch ended.
    fn leave(&mut self, id: BranchId) {
        if id == 0 {
            self.write(0, What::Succeeded);
            self.step.effects.push(Effect::Closed(Status::Succeeded));
        } else {
            self.write(id, What::BranchEnded);
        }
    }

    /// Leaves a state whose work is done: `Output`, `Assign`, then on.
    fn exit(&mut self, id: BranchId) {
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        let Doing::Done(result) = &branch.doing else {
            return;
        };
        let here = Here {
            execution: self.execution,
            branch,
            world: self.world,
        };
        let state = here.state();
        let gives = Gives {
            assign: state.assign.as_ref(),
            output: state.output.as_ref(),
            then: state.then,
        };
        let what = exited(&here, &gives, Some(result), None, Some(result), "", false);
        self.write(id, what);
    }

    /// Ends the execution with an error.
    pub(super) fn fail_execution(&mut self, problem: Problem) {
        self.write(0, What::Failed(problem));
        self.step.effects.push(Effect::Closed(Status::Failed));
    }
}

/// Where a state is left: by itself, by a Choice rule or by a catcher.
pub(super) struct Gives<'a> {
    pub(super) assign: Option<&'a Template>,
    pub(super) output: Option<&'a Template>,
    pub(super) then: Then,
}

/// Evaluates `Output` and `Assign`, both against the variables as they were, and says what to write.
pub(super) fn exited(
    here: &Here<'_>,
    gives: &Gives<'_>,
    result: Option<&Json>,
    error_output: Option<&Json>,
    default: Option<&Json>,
    place: &str,
    uncaught: bool,
) -> What {
    let scope = here.scope(result, error_output);
    let output = match gives.output {
        Some(template) => match template.json(&scope, &format!("{place}Output")) {
            Ok(output) => Some(output),
            Err(failure) => return evaluation_failed(here, failure, uncaught),
        },
        None => default.cloned(),
    };
    let assigned = match gives
        .assign
        .map(|template| template.members(&scope, &format!("{place}Assign")))
    {
        None => Vec::new(),
        Some(Ok(members)) => members
            .into_iter()
            .map(|(name, value)| (Arc::from(name), value))
            .collect(),
        Some(Err(failure)) => return evaluation_failed(here, failure, uncaught),
    };
    if let Some(problem) = over_limit(here, output.as_ref(), &assigned) {
        return What::Broke { problem, uncaught };
    }
    let output = output.filter(|output| *output != here.branch.data);
    What::Exited {
        output,
        assigned,
        then: gives.then,
    }
}

fn over_limit(here: &Here<'_>, output: Option<&Json>, assigned: &Assigned) -> Option<Problem> {
    let state = here.state();
    let too_long = |json: &Json| json.len() > MAX_PAYLOAD_BYTES;
    if output.is_some_and(too_long) || assigned.iter().any(|(_, value)| too_long(value)) {
        return Some(too_large(&state.name));
    }
    if assigned.is_empty() {
        return None;
    }
    let kept = here
        .branch
        .variables
        .iter()
        .filter(|(name, _)| !assigned.iter().any(|(n, _)| n == *name));
    let bytes: usize = kept
        .map(|(_, v)| v.len())
        .chain(assigned.iter().map(|(_, v)| v.len()))
        .sum();
    (bytes > MAX_VARIABLES_BYTES).then(|| too_large(&state.name))
}

/// The record of an expression that failed, in AWS's words.
pub(super) fn evaluation_failed(here: &Here<'_>, failure: Failure, uncaught: bool) -> What {
    What::EvaluationFailed {
        problem: Problem {
            error: errors::QUERY_EVALUATION.to_owned(),
            cause: Some(in_state(
                here.state(),
                here.branch.entered_event,
                &failure.sentence,
            )),
        },
        field: failure.field,
        uncaught,
    }
}

/// AWS's opening of a cause.
pub(super) fn in_state(state: &State, entered_event: u32, sentence: &str) -> String {
    format!(
        "An error occurred while executing the state '{}' (entered at the event id #{entered_event}). {sentence}",
        state.name
    )
}
