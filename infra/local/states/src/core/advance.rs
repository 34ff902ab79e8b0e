//! One branch, one move: what a branch that waits for nothing does next.

use std::sync::Arc;

use super::context::Here;
use super::record::{Problem, What};
use super::step::{Effect, Stepper, too_large};
use super::{
    Branch, BranchId, Doing, MAX_EVENTS, MAX_PAYLOAD_BYTES, MAX_VARIABLES_BYTES, Status, Workflow,
};
use crate::asl::data::Left;
use crate::asl::expression::Failure;
use crate::asl::{Kind, State, Then, errors};
use crate::json::Json;

/// Why an execution was ended that nobody stopped.
const DELETED: &str = "The state machine is being deleted";

impl Branch {
    /// Does this branch have a move of its own?
    pub(super) fn is_ready(&self) -> bool {
        match &self.doing {
            Doing::Entering | Doing::Working | Doing::Calling(_) => true,
            Doing::Done(_) | Doing::Failed(_) | Doing::Leaving(_) => true,
            Doing::Branching(outputs) => outputs.iter().all(Option::is_some),
            Doing::Tasking(_) | Doing::Waiting(_) | Doing::BackingOff(_) => false,
            Doing::Mapping(mapping) => mapping.can_start() || mapping.is_over(),
            Doing::Running(run) => run.is_ready(),
            Doing::Dead { .. } => false,
        }
    }
}

/// What `Assign` gave: names and values.
pub(super) type Assigned = Vec<(Arc<str>, Json)>;

impl Stepper<'_> {
    /// Makes one move of a ready branch.
    pub(super) fn advance(&mut self, id: BranchId) {
        if self.is_full(self.events_of_move(id)) {
            self.fail_full();
            return;
        }
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        match &branch.doing {
            Doing::Entering if self.world.deleting => self.terminate(),
            Doing::Entering => self.write(id, What::Entered),
            Doing::Working => self.work(id),
            Doing::Calling(_) => self.call(id),
            Doing::Branching(_) => self.write(id, What::ParallelSucceeded),
            Doing::Mapping(_) => self.map(id),
            Doing::Running(_) => self.run_on(id),
            Doing::Done(_) => self.exit(id),
            Doing::Failed(_) => self.fail(id),
            Doing::Leaving(_) => self.leave(id),
            Doing::Tasking(_) | Doing::Waiting(_) | Doing::BackingOff(_) | Doing::Dead { .. } => {}
        }
    }

    /// What a failure may have to tell of branches that are given up.
    fn events_of_move(&self, id: BranchId) -> u32 {
        match self.execution.branches.get(&id).map(|b| &b.doing) {
            Some(Doing::Failed(_)) => 2 * self.execution.branches.len() as u32,
            _other => 0,
        }
    }

    /// The flow of a branch ended.
    fn leave(&mut self, id: BranchId) {
        if id == 0 {
            self.write(0, What::Succeeded);
            self.step.effects.push(Effect::Closed(Status::Succeeded));
        } else if self.is_iteration(id) {
            self.write(id, What::IterationEnded);
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
            item: None,
        };
        let state = here.state();
        // A Wait state works for a time and has no result.
        let result = match &state.kind {
            Kind::Wait(_) => None,
            _other => Some(result),
        };
        let left = state.data.leave(&here.scope(result, None));
        let what = exited(&here, left, state.then, false);
        self.write(id, what);
    }

    /// Is there no room for what one move writes, so many events more, and the event that then says so?
    ///
    /// The end of the execution also tells of each map run that it gives up.
    pub(super) fn is_full(&self, more: u32) -> bool {
        let branches = self.execution.branches.len() as u32;
        // Counting takes longer, and is seldom needed.
        !self.has_room(more + branches + 3) && {
            let runs = self.execution.runs_under_way().len() as u32;
            !self.has_room(more + runs + 3)
        }
    }

    /// Is there room for so many events, and one more?
    pub(super) fn has_room(&self, events: u32) -> bool {
        let limited = self.execution.identity.workflow == Workflow::Standard
            && !self.execution.is_express_child();
        !limited || self.execution.last_event + events < MAX_EVENTS
    }

    /// The history has no room: the execution ends.
    pub(super) fn fail_full(&mut self) {
        let cause =
            format!("The execution reached the maximum number of history events ({MAX_EVENTS}).");
        self.fail_execution(Problem {
            error: errors::RUNTIME.to_owned(),
            cause: Some(cause),
        });
    }

    /// Writes what many branches can have one after the other without any of them making a move. `false` if the execution
    /// ends with it, because there is no room for more.
    pub(super) fn write_event(&mut self, branch: BranchId, what: What) -> bool {
        self.write(branch, what);
        let full = self.is_full(0);
        if full {
            self.fail_full();
        }
        !full
    }

    /// Its machine is being deleted: the execution ends instead of entering another state.
    fn terminate(&mut self) {
        let what = What::Stopped {
            error: None,
            cause: Some(DELETED.to_owned()),
        };
        self.write(0, what);
        self.step.effects.push(Effect::Closed(Status::Aborted));
    }

    /// Ends the execution with an error.
    pub(super) fn fail_execution(&mut self, problem: Problem) {
        self.write(0, What::Failed(problem));
        self.step.effects.push(Effect::Closed(Status::Failed));
    }
}

/// What to write for a state that is left with this.
pub(super) fn exited(
    here: &Here<'_>,
    left: Result<Left, Failure>,
    then: Then,
    uncaught: bool,
) -> What {
    let Left { output, assigned } = match left {
        Ok(left) => left,
        Err(failure) => return unevaluated(here, failure, uncaught),
    };
    if let Some(problem) = over_limit(here, &output, &assigned) {
        return What::Broke { problem, uncaught };
    }
    let output = (output != here.branch.data).then_some(output);
    What::Exited {
        output,
        assigned,
        then,
    }
}

fn over_limit(here: &Here<'_>, output: &Json, assigned: &Assigned) -> Option<Problem> {
    let state = here.state();
    let too_long = |json: &Json| json.len() > MAX_PAYLOAD_BYTES;
    if too_long(output) {
        return Some(too_large(&state.name));
    }
    if assigned.is_empty() {
        return None;
    }
    // One Assign has room for as much as one variable (guide, "Service quotas").
    let given: usize = assigned.iter().map(|(_, value)| value.len()).sum();
    if given > MAX_PAYLOAD_BYTES {
        return Some(too_large(&state.name));
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

/// The record of a field that could not be evaluated, in AWS's words.
pub(super) fn unevaluated(here: &Here<'_>, failure: Failure, uncaught: bool) -> What {
    let uncaught = uncaught || failure.is_terminal();
    if failure.error == errors::DATA_LIMIT {
        let problem = too_large(&here.state().name);
        return What::Broke { problem, uncaught };
    }
    let cause = in_state(here.state(), here.branch.entered_event, &failure.sentence);
    let problem = Problem {
        error: failure.error.to_owned(),
        cause: Some(cause),
    };
    match failure.field {
        Some(field) => What::EvaluationFailed {
            problem,
            field,
            uncaught,
        },
        None => What::Broke { problem, uncaught },
    }
}

/// AWS's opening of a cause.
pub(super) fn in_state(state: &State, entered_event: u32, sentence: &str) -> String {
    format!(
        "An error occurred while executing the state '{}' (entered at the event id #{entered_event}). {sentence}",
        state.name
    )
}
