//! Retry, Catch, and what a failure does to branches.

use rand::RngExt;

use super::advance::exited;
use super::context::Here;
use super::enter::error_output;
use super::record::{Problem, What};
use super::step::Stepper;
use super::{Branch, BranchId, Doing, Failed};
use crate::asl::task::{Catcher, Retrier};
use crate::asl::{Kind, Then, errors};

impl Stepper<'_> {
    /// A branch's state failed: try again, catch, or give up.
    pub(super) fn fail(&mut self, id: BranchId) {
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        let Doing::Failed(failed) = branch.doing.clone() else {
            return;
        };
        self.drop_children(id);
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        let here = Here {
            execution: self.execution,
            branch,
            world: self.world,
            item: None,
        };
        if let Some(what) = retry(&here, &failed) {
            self.write(id, what);
            return;
        }
        if tells_failure(&here, &failed) && !failed.given_up {
            self.write(id, What::ParallelFailed);
        }
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        let here = Here {
            execution: self.execution,
            branch,
            world: self.world,
            item: None,
        };
        if let Some(what) = catch(&here, &failed) {
            self.write(id, what);
            return;
        }
        match branch.parent {
            None => self.fail_execution(Problem {
                error: failed.error,
                cause: failed.cause,
            }),
            Some(_) if self.is_iteration(id) => self.write(id, What::IterationFailed),
            Some(_) => self.write(id, What::BranchFailed),
        }
    }

    /// Gives up the branches that still serve this one's Parallel state, deepest first.
    fn drop_children(&mut self, id: BranchId) {
        let because = self
            .execution
            .branches
            .get(&id)
            .map_or(0, |branch| branch.last_event);
        let is_dead = |branch: &Branch| matches!(branch.doing, Doing::Dead { .. });
        let mut children: Vec<(bool, BranchId)> = self
            .execution
            .branches
            .iter()
            .filter(|(_, branch)| branch.parent.is_some_and(|(parent, _)| parent == id))
            .map(|(child, branch)| (!is_dead(branch), *child))
            .collect();
        // The iteration that failed comes first: its own event has been told already.
        children.sort_unstable();
        for (alive, child) in children {
            if alive && self.is_iteration(child) {
                self.write(child, What::IterationAborted { because });
            }
            self.drop_children(child);
            let silent = !self.shows_abort(child);
            self.write(child, What::Aborted { because, silent });
        }
    }
}

impl Stepper<'_> {
    /// Is this branch an iteration of an inline Map?
    pub(super) fn is_iteration(&self, id: BranchId) -> bool {
        let branches = &self.execution.branches;
        let parent = branches.get(&id).and_then(|branch| branch.parent);
        parent
            .and_then(|(parent, _)| branches.get(&parent))
            .is_some_and(|parent| {
                let kind = &self.world.definition.state(parent.state).kind;
                matches!(kind, Kind::Map(_))
            })
    }

    /// AWS has an event for giving up a Task, a Wait, a Parallel and a Map state, once it has been entered.
    fn shows_abort(&self, id: BranchId) -> bool {
        let Some(branch) = self.execution.branches.get(&id) else {
            return false;
        };
        let inside = match &branch.doing {
            Doing::Entering | Doing::Leaving(_) => false,
            Doing::Working
            | Doing::Calling(_)
            | Doing::Tasking(_)
            | Doing::Waiting(_)
            | Doing::BackingOff(_) => true,
            Doing::Branching(_) | Doing::Done(_) | Doing::Failed(_) => true,
            Doing::Mapping(_) | Doing::Running(_) => true,
            Doing::Dead { inside } => *inside,
        };
        inside
            && match &self.world.definition.state(branch.state).kind {
                Kind::Task(_) | Kind::Wait(_) | Kind::Parallel(_) | Kind::Map(_) => true,
                Kind::Pass | Kind::Choice(_) | Kind::Succeed | Kind::Fail(_) => false,
            }
    }
}

/// `States.BranchFailed` speaks of branches of a Parallel state, not of iterations.
fn from_parallel(here: &Here<'_>, failed: &Failed) -> bool {
    failed.from_branch && matches!(here.state().kind, Kind::Parallel(_))
}

/// Is there an event that this state failed? A Map has one for an expression that failed, too.
fn tells_failure(here: &Here<'_>, failed: &Failed) -> bool {
    failed.from_branch
        || (matches!(here.state().kind, Kind::Map(_)) && failed.error == errors::QUERY_EVALUATION)
}

fn retry(here: &Here<'_>, failed: &Failed) -> Option<What> {
    if failed.uncaught || failed.given_up {
        return None;
    }
    let in_branch = from_parallel(here, failed);
    let (place, retrier) =
        here.state()
            .handling()?
            .retriers
            .iter()
            .enumerate()
            .find(|(_, retrier)| {
                retrier
                    .errors
                    .iter()
                    .any(|pattern| errors::matches(pattern, &failed.error, in_branch))
            })?;
    let used = here.branch.attempts.get(place).copied().unwrap_or(0);
    if used >= retrier.max_attempts {
        return None;
    }
    let until_ms = here.world.now_ms + delay_ms(here, retrier, used + 1);
    Some(What::BackedOff {
        retrier: u16::try_from(place).ok()?,
        until_ms,
    })
}

fn delay_ms(here: &Here<'_>, retrier: &Retrier, attempt: u32) -> i64 {
    retrier.delay_ms(attempt, here.chance("Retry").random::<f64>())
}

fn catch(here: &Here<'_>, failed: &Failed) -> Option<What> {
    if failed.uncaught {
        return None;
    }
    let catchers = &here.state().handling()?.catchers;
    let (place, catcher) = catchers.iter().enumerate().find(|(_, catcher)| {
        catcher
            .errors
            .iter()
            .any(|p| errors::matches(p, &failed.error, from_parallel(here, failed)))
    })?;
    Some(caught(here, failed, place, catcher))
}

fn caught(here: &Here<'_>, failed: &Failed, place: usize, catcher: &Catcher) -> What {
    let output = error_output(&failed.error, failed.cause.as_deref());
    let left = here.state().data.leave_by_catch(
        &catcher.way,
        &here.scope(None, Some(&output)),
        &format!("Catch[{place}]/"),
    );
    exited(here, left, Then::Next(catcher.next), true)
}
