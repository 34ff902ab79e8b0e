//! Records change an execution here and nowhere else.

use std::sync::Arc;

use super::items::Items;
use super::map::Mapping;
use super::map_run::MapRun;
use super::record::{Problem, Record, Scheduled, What, task_of_event};
use super::redrive::Redriven;
use super::{Branch, BranchId, Doing, End, Execution, Failed, Identity, Pending, Status, TaskId};
use crate::asl::expression::Variables;
use crate::json::Json;

/// A record does not fit the execution: the log was damaged or written by something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record does not fit the state of its execution")]
pub struct Misfit;

impl Execution {
    /// An execution to which nothing has happened.
    pub fn new(identity: Arc<Identity>) -> Self {
        Self {
            identity,
            status: Status::Running,
            last_event: 0,
            deadline_ms: None,
            branches: Default::default(),
            next_branch: 0,
            end: None,
            redrives: None,
        }
    }

    /// Applies one record.
    pub fn apply(&mut self, record: &Record) -> Result<(), Misfit> {
        if record.what.is_event() {
            self.last_event += 1;
        }
        let event = self.last_event;
        match &record.what {
            What::Started { state, deadline_ms } => self.start(*state, *deadline_ms),
            What::ParallelStarted { starts, input } => {
                self.fork(record.branch, starts, input.as_ref(), event)?
            }
            What::IterationStarted { start, input } => {
                self.iterate(record.branch, *start, input.as_ref(), event)?
            }
            What::IterationEnded => self.end_iteration(record.branch, event)?,
            What::IterationFailed => self.fail_iteration(record.branch)?,
            What::BranchEnded => self.join(record.branch)?,
            What::BranchFailed => self.fail_parent(record.branch)?,
            What::Aborted { .. } => {
                self.branches.remove(&record.branch).ok_or(Misfit)?;
            }
            What::Succeeded => {
                let output = self.branches.get(&0).ok_or(Misfit)?.data.clone();
                self.close(
                    Status::Succeeded,
                    End {
                        at_ms: record.at_ms,
                        output: Some(output),
                        error: None,
                        cause: None,
                    },
                );
            }
            What::Failed(Problem { error, cause }) => {
                let end = End {
                    at_ms: record.at_ms,
                    output: None,
                    error: Some(error.clone()),
                    cause: cause.clone(),
                };
                self.close(Status::Failed, end);
            }
            What::Stopped { error, cause } => {
                let end = End {
                    at_ms: record.at_ms,
                    output: None,
                    error: error.clone(),
                    cause: cause.clone(),
                };
                self.close(Status::Aborted, end);
            }
            What::TimedOut => {
                self.close(
                    Status::TimedOut,
                    End {
                        at_ms: record.at_ms,
                        output: None,
                        error: None,
                        cause: None,
                    },
                );
            }
            What::Redriven(redriven) => self.reopen(redriven, record.at_ms),
            inside => {
                let branch = self.branches.get_mut(&record.branch).ok_or(Misfit)?;
                branch.apply(inside, record.at_ms, event)?;
            }
        }
        Ok(())
    }

    fn start(&mut self, state: u16, deadline_ms: Option<i64>) {
        self.deadline_ms = deadline_ms;
        // AWS: the first state's event follows event 0, not the start.
        let first = Branch::new(
            None,
            state,
            0,
            self.identity.input.clone(),
            Variables::default(),
        );
        self.branches.insert(0, first);
        self.next_branch = 1;
    }

    fn fork(
        &mut self,
        id: BranchId,
        starts: &[u16],
        input: Option<&Json>,
        event: u32,
    ) -> Result<(), Misfit> {
        let parent = self.branches.get_mut(&id).ok_or(Misfit)?;
        parent.last_event = event;
        parent.doing = Doing::Branching(vec![None; starts.len()]);
        let input = input.unwrap_or(&parent.data).clone();
        let variables = parent.variables.clone();
        for (place, start) in starts.iter().enumerate() {
            let child = Branch::new(
                Some((id, place as u32)),
                *start,
                event,
                input.clone(),
                variables.clone(),
            );
            self.branches.insert(self.next_branch, child);
            self.next_branch += 1;
        }
        Ok(())
    }

    fn join(&mut self, id: BranchId) -> Result<(), Misfit> {
        let child = self.branches.remove(&id).ok_or(Misfit)?;
        let (parent, place) = child.parent.ok_or(Misfit)?;
        let parent = self.branches.get_mut(&parent).ok_or(Misfit)?;
        let Doing::Branching(outputs) = &mut parent.doing else {
            return Err(Misfit);
        };
        *outputs.get_mut(place as usize).ok_or(Misfit)? = Some(child.data);
        parent.last_event = child.last_event;
        Ok(())
    }

    fn fail_parent(&mut self, id: BranchId) -> Result<(), Misfit> {
        let child = self.branches.remove(&id).ok_or(Misfit)?;
        let (parent, _) = child.parent.ok_or(Misfit)?;
        let Doing::Failed(failed) = child.doing else {
            return Err(Misfit);
        };
        let parent = self.branches.get_mut(&parent).ok_or(Misfit)?;
        parent.last_event = child.last_event;
        parent.doing = Doing::Failed(Failed {
            from_branch: true,
            given_up: false,
            uncaught: false,
            ..failed
        });
        Ok(())
    }

    fn iterate(
        &mut self,
        id: BranchId,
        start: u16,
        input: Option<&Json>,
        event: u32,
    ) -> Result<(), Misfit> {
        let parent = self.branches.get_mut(&id).ok_or(Misfit)?;
        let Doing::Mapping(mapping) = &mut parent.doing else {
            return Err(Misfit);
        };
        let index = mapping.next;
        if index >= mapping.items.len() {
            return Err(Misfit);
        }
        let input = match input {
            Some(input) => input.clone(),
            None => mapping.items.get(index).ok_or(Misfit)?,
        };
        mapping.started();
        let variables = parent.variables.clone();
        let child = Branch::new(Some((id, index)), start, event, input, variables);
        self.branches.insert(self.next_branch, child);
        self.next_branch += 1;
        Ok(())
    }

    fn end_iteration(&mut self, id: BranchId, event: u32) -> Result<(), Misfit> {
        let child = self.branches.remove(&id).ok_or(Misfit)?;
        let (parent, index) = child.parent.ok_or(Misfit)?;
        let parent = self.branches.get_mut(&parent).ok_or(Misfit)?;
        let Doing::Mapping(mapping) = &mut parent.doing else {
            return Err(Misfit);
        };
        mapping.ended(index, child.data, child.last_event)?;
        parent.last_event = event;
        Ok(())
    }

    /// The iteration stays until its Map has let go of it, for its state's own event.
    fn fail_iteration(&mut self, id: BranchId) -> Result<(), Misfit> {
        let child = self.branches.get_mut(&id).ok_or(Misfit)?;
        let (parent, _) = child.parent.ok_or(Misfit)?;
        let dead = Doing::Dead { inside: true };
        let Doing::Failed(failed) = std::mem::replace(&mut child.doing, dead) else {
            return Err(Misfit);
        };
        let last_event = child.last_event;
        let parent = self.branches.get_mut(&parent).ok_or(Misfit)?;
        parent.last_event = last_event;
        parent.doing = Doing::Failed(Failed {
            from_branch: true,
            given_up: false,
            uncaught: false,
            ..failed
        });
        Ok(())
    }

    fn reopen(&mut self, redriven: &Redriven, at_ms: i64) {
        self.status = Status::Running;
        self.end = None;
        self.deadline_ms = redriven.deadline_ms;
        self.branches = redriven.branches.iter().cloned().collect();
        for branch in self.branches.values_mut() {
            branch.last_event = self.last_event;
        }
        self.redrives.get_or_insert_default().add(redriven, at_ms);
    }

    fn close(&mut self, status: Status, end: End) {
        self.status = status;
        self.end = Some(Box::new(end));
        self.branches.clear();
        self.deadline_ms = None;
    }
}

impl Branch {
    fn apply(&mut self, what: &What, at_ms: i64, event: u32) -> Result<(), Misfit> {
        // AWS: the event after ParallelStateSucceeded follows the last event of the branches, and that of a Map the
        // last end of an iteration, or the start of its map run.
        let aside = matches!(what, What::ParallelSucceeded | What::MapRunSucceeded);
        let entered_after = self.last_event;
        if what.is_event() && !aside {
            self.last_event = event;
        }
        match what {
            What::Entered => {
                self.entered_ms = at_ms;
                self.entered_event = event;
                self.entered_after = entered_after;
                self.attempts.clear();
                self.doing = Doing::Working;
            }
            What::Scheduled(scheduled) => {
                self.doing = Doing::Calling(pending(scheduled, at_ms, event))
            }
            What::TaskStarted => {
                match &self.doing {
                    Doing::Calling(task) => self.doing = Doing::Tasking(task.clone()),
                    // Called again after a restart.
                    Doing::Tasking(task) if !task.submitted => {}
                    _other => return Err(Misfit),
                }
            }
            What::Submitted { .. } => {
                let task = self.task_mut()?;
                task.submitted = true;
                task.arguments = None;
            }
            What::JobStarted { job, .. } => {
                let task = self.task_mut()?;
                task.submitted = true;
                task.arguments = Some(job.clone());
            }
            What::ChildStarted { child, .. } => {
                let task = self.task_mut()?;
                task.submitted = true;
                task.arguments = None;
                task.child = Some(*child);
            }
            What::Offered => {
                let Doing::Calling(task) = &self.doing else {
                    return Err(Misfit);
                };
                // Who has not fetched the task cannot beat, and its time has not begun.
                self.doing = Doing::Tasking(Pending {
                    beat_ms: None,
                    timeout_ms: task.timeout_ms.map(|until_ms| (at_ms - until_ms).min(-1)),
                    ..task.clone()
                });
            }
            What::Claimed { .. } => {
                let task = self.task_mut()?;
                task.submitted = true;
                task.beat_ms = task.heartbeat_s.map(|s| at_ms + i64::from(s) * 1_000);
                if let Some(left_ms) = task.timeout_ms.filter(|until_ms| *until_ms < 0) {
                    task.timeout_ms = Some(at_ms - left_ms);
                }
            }
            // The history says that it was started: its time goes on.
            What::Returned => {
                let task = self.task_mut()?;
                task.submitted = false;
                task.beat_ms = None;
            }
            What::TaskSucceeded { result } | What::Worked { result } => {
                self.doing = Doing::Done(result.clone())
            }
            What::TaskFailed(problem)
            | What::TaskTimedOut(problem)
            | What::OfferFailed(problem) => self.doing = failed(problem, false),
            What::Broke { problem, uncaught } => self.doing = failed(problem, *uncaught),
            What::EvaluationFailed {
                problem, uncaught, ..
            } => self.doing = failed(problem, *uncaught),
            What::Beat { until_ms } => self.task_mut()?.beat_ms = Some(*until_ms),
            What::Waiting { until_ms } => self.doing = Doing::Waiting(*until_ms),
            What::BackedOff { retrier, until_ms } => {
                let retrier = usize::from(*retrier);
                if self.attempts.len() <= retrier {
                    self.attempts.resize(retrier + 1, 0);
                }
                self.attempts[retrier] += 1;
                self.doing = Doing::BackingOff(*until_ms);
            }
            What::Retried => self.doing = Doing::Working,
            What::ParallelSucceeded => {
                self.doing = Doing::Done(match &self.doing {
                    Doing::Branching(outputs) => array(outputs)?,
                    Doing::Mapping(mapping) => array(&mapping.outputs)?,
                    Doing::Running(run) => run.written.clone().ok_or(Misfit)?,
                    _other => return Err(Misfit),
                });
            }
            What::MapStarted { items, concurrency } => {
                let items = self.items(items.as_ref())?;
                self.doing = Doing::Mapping(Box::new(Mapping::new(items, *concurrency, event)));
            }
            What::IterationAborted { .. } => {
                let inside = !matches!(self.doing, Doing::Entering | Doing::Leaving(_));
                self.doing = Doing::Dead { inside };
            }
            What::MapRunEntered { items } => {
                let items = self.items(items.as_ref())?;
                self.doing = Doing::Running(Box::new(MapRun::new(items)));
            }
            What::MapRunFailed(problem) => {
                self.doing = Doing::Failed(Failed {
                    error: problem.error.clone(),
                    cause: problem.cause.clone(),
                    from_branch: true,
                    given_up: false,
                    uncaught: false,
                });
            }
            What::MapRunStarted { .. }
            | What::ItemsRead { .. }
            | What::ItemsLoaded { .. }
            | What::ChildrenStarted(_)
            | What::ChildrenEnded(_)
            | What::MapRunRedriven { .. }
            | What::ChildrenRedriven(_)
            | What::MapRunUpdated { .. }
            | What::MapRunBroke(_)
            | What::MapRunOver
            | What::ResultsWritten { .. }
            | What::MapRunAborted
            | What::MapRunSucceeded => {
                let Doing::Running(run) = &mut self.doing else {
                    return Err(Misfit);
                };
                run.apply(what, at_ms, event)?;
            }
            What::ParallelFailed => {
                let Doing::Failed(failed) = &mut self.doing else {
                    return Err(Misfit);
                };
                failed.given_up = true;
            }
            What::Exited {
                output,
                assigned,
                then,
            } => {
                if let Some(output) = output {
                    self.data = output.clone();
                }
                if !assigned.is_empty() {
                    let variables = Arc::make_mut(&mut self.variables);
                    variables.extend(assigned.iter().cloned());
                }
                self.doing = Doing::Leaving(*then);
                if let crate::asl::Then::Next(next) = then {
                    self.state = *next;
                    self.doing = Doing::Entering;
                }
            }
            What::Started { .. }
            | What::ParallelStarted { .. }
            | What::IterationStarted { .. }
            | What::IterationEnded
            | What::IterationFailed
            | What::BranchEnded
            | What::Aborted { .. }
            | What::BranchFailed
            | What::Succeeded
            | What::Failed(_)
            | What::Stopped { .. }
            | What::TimedOut
            | What::Redriven(_) => return Err(Misfit),
        }
        Ok(())
    }

    /// The items of this branch's Map: its own, or the state's input.
    fn items(&self, items: Option<&Json>) -> Result<Items, Misfit> {
        Items::of(items.unwrap_or(&self.data)).map_err(|_| Misfit)
    }

    fn task_mut(&mut self) -> Result<&mut Pending, Misfit> {
        match &mut self.doing {
            Doing::Tasking(task) => Ok(task),
            _other => Err(Misfit),
        }
    }
}

fn pending(scheduled: &Scheduled, at_ms: i64, event: u32) -> Pending {
    let after = |seconds: Option<u32>| seconds.map(|s| at_ms + i64::from(s) * 1_000);
    let id: TaskId = task_of_event(event);
    Pending {
        id,
        arguments: Some(scheduled.arguments.clone()),
        timeout_ms: after(scheduled.timeout_s),
        beat_ms: after(scheduled.heartbeat_s),
        heartbeat_s: scheduled.heartbeat_s,
        submitted: false,
        child: None,
    }
}

fn failed(problem: &Problem, uncaught: bool) -> Doing {
    Doing::Failed(Failed {
        error: problem.error.clone(),
        cause: problem.cause.clone(),
        from_branch: false,
        given_up: false,
        uncaught,
    })
}

fn array(outputs: &[Option<Json>]) -> Result<Json, Misfit> {
    let mut text = String::from("[");
    for (i, output) in outputs.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        text.push_str(output.as_ref().ok_or(Misfit)?.as_str());
    }
    text.push(']');
    Ok(Json::trusted(text))
}
