//! The one function that decides.

use super::map_run::{ChildEnd, EXPRESS_MS, RunId};
use super::record::{Problem, Record, What};
use super::{
    Branch, BranchId, Doing, Execution, ExecutionId, MAX_EXPRESS_S, MAX_PAYLOAD_BYTES,
    MAX_RECORDS_PER_STEP, Pending, Status, TaskId, Workflow, World,
};
use crate::asl::{Kind, StateIx, errors};
use crate::integration::{Pattern, TaskError, nested};
use crate::json::Json;

/// What can happen to an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Nothing: go on with what is ready. Also what starts an execution.
    Go,
    /// The time of a deadline may have come.
    Tick,
    /// The call of a task was answered.
    Answered {
        /// Which.
        task: TaskId,
        /// The answer.
        outcome: Result<Json, TaskError>,
    },
    /// A token's holder answered.
    Reported {
        /// Which.
        task: TaskId,
        /// The answer.
        outcome: Result<Json, (Option<String>, Option<String>)>,
    },
    /// The call of a task started an execution whose end the task waits for.
    ChildStarted {
        /// Which.
        task: TaskId,
        /// The answer to the call.
        output: Json,
        /// The execution.
        child: ExecutionId,
    },
    /// The execution that a task waits for has ended.
    ChildEnded {
        /// Which.
        task: TaskId,
        /// The answer of `DescribeExecution`.
        described: Json,
    },
    /// The call of a task started a job whose end the task waits for.
    JobStarted {
        /// Which.
        task: TaskId,
        /// The answer to the call.
        output: Json,
        /// What the job is asked after and stopped by.
        job: Json,
    },
    /// The job that a task waits for has ended.
    JobEnded {
        /// Which.
        task: TaskId,
        /// How.
        outcome: Result<Json, TaskError>,
    },
    /// A worker fetches an activity's task.
    Claimed {
        /// Which.
        task: TaskId,
        /// `workerName`.
        worker: Option<String>,
    },
    /// The worker was gone before the task had reached it.
    Returned {
        /// Which.
        task: TaskId,
    },
    /// An activity's task could not be offered to workers.
    OfferFailed {
        /// Which.
        task: TaskId,
        /// Why.
        problem: TaskError,
    },
    /// A token's holder is alive.
    Beat {
        /// Which.
        task: TaskId,
    },
    /// A map run's items were read, or not.
    ItemsRead {
        /// Which run.
        run: RunId,
        /// An array or an object.
        outcome: Result<Json, Problem>,
    },
    /// Children of a map run ended.
    ChildrenEnded {
        /// Which run.
        run: RunId,
        /// How. Those that are known already are passed over.
        ends: Vec<ChildEnd>,
    },
    /// A map run's results were written, or not.
    ResultsWritten {
        /// Which run.
        run: RunId,
        /// What the state's result says of it.
        outcome: Result<Json, Problem>,
    },
    /// `UpdateMapRun`.
    UpdateRun {
        /// Which run.
        run: RunId,
        /// As given.
        max_concurrency: Option<u32>,
        /// As given.
        tolerated_count: Option<u32>,
        /// As given.
        tolerated_percentage: Option<f64>,
    },
    /// A part of the execution's own log cannot be read: it cannot go on.
    Damaged {
        /// Where, in words.
        place: String,
    },
    /// `StopExecution`.
    Stop {
        /// As given.
        error: Option<String>,
        /// As given.
        cause: Option<String>,
    },
}

/// What the shell does once the records are durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make the call of this task.
    Call {
        /// Which.
        task: TaskId,
        /// The state that has it.
        state: StateIx,
        /// What with.
        arguments: Json,
    },
    /// Stop this execution: the task that started it was given up.
    StopChild(ExecutionId),
    /// Stop this job: the task that started it was given up.
    StopJob {
        /// The state whose task it was.
        state: StateIx,
        /// What the job is stopped by.
        job: Json,
    },
    /// Read the items of a map run.
    ReadItems {
        /// Which run.
        run: RunId,
        /// The state that has it.
        state: StateIx,
    },
    /// Start children of a map run, those that have not been started yet.
    StartChildren {
        /// Which run.
        run: RunId,
        /// The state that has it.
        state: StateIx,
        /// Which children.
        children: Vec<u32>,
    },
    /// Stop children of a map run.
    StopChildren {
        /// Which children, and in which attempt of the run they were started. One that was started again since is left alone.
        children: Vec<(String, u32)>,
    },
    /// Write the results of a map run.
    WriteResults {
        /// Which run.
        run: RunId,
        /// The state that has it.
        state: StateIx,
    },
    /// There is more to do: step again with [`Input::Go`].
    Again,
    /// The execution has closed.
    Closed(Status),
}

/// What a step gives.
#[derive(Debug, Default)]
pub struct Step {
    /// To be made durable first, all or none.
    pub records: Vec<Record>,
    /// Then to be done.
    pub effects: Vec<Effect>,
}

/// The input does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The task is not under way, or not any more.
    #[error("the task is not under way")]
    NoSuchTask,
    /// The map run is not under way, or does not wait for this.
    #[error("the map run is not under way")]
    NoSuchRun,
    /// The execution has closed.
    #[error("the execution has closed")]
    Closed,
}

/// Decides what `input` means for `execution` and changes it accordingly.
pub fn step(execution: &mut Execution, world: &World<'_>, input: Input) -> Result<Step, Refused> {
    if execution.status != Status::Running {
        return Err(Refused::Closed);
    }
    let mut stepper = Stepper {
        execution,
        world,
        step: Step::default(),
    };
    stepper.take(input)?;
    stepper.run();
    Ok(stepper.step)
}

pub(super) struct Stepper<'a> {
    pub(super) execution: &'a mut Execution,
    pub(super) world: &'a World<'a>,
    pub(super) step: Step,
}

impl Stepper<'_> {
    /// Writes a record and applies it. The core writes only records that fit.
    pub(super) fn write(&mut self, branch: BranchId, what: What) {
        self.stop_children(branch, &what);
        let record = Record {
            at_ms: self.world.now_ms,
            branch,
            what,
        };
        let stops = self.stops(&record);
        let applied = self.execution.apply(&record);
        debug_assert!(
            applied.is_ok(),
            "{record:?} does not fit {:?}",
            self.execution
        );
        self.step.records.push(record);
        self.step.effects.extend(stops);
    }

    /// What a given-up task has started is given up with it.
    fn stop_children(&mut self, branch: BranchId, what: &What) {
        let branches = &self.execution.branches;
        let definition = self.world.definition;
        let stop = |branch: &Branch| branch.started(definition);
        let effects: Vec<Effect> = match what {
            What::Stopped { .. } | What::TimedOut | What::Failed(_) => {
                branches.values().filter_map(stop).collect()
            }
            What::Aborted { .. } => branches.get(&branch).and_then(stop).into_iter().collect(),
            _other => return,
        };
        self.step.effects.extend(effects);
    }

    fn take(&mut self, input: Input) -> Result<(), Refused> {
        match input {
            Input::Go => self.start_if_new(),
            Input::Tick => self.tick(),
            Input::Answered { task, outcome } => self.answered(task, outcome)?,
            Input::Reported { task, outcome } => self.reported(task, outcome)?,
            Input::ChildStarted {
                task,
                output,
                child,
            } => self.child_started(task, output, child)?,
            Input::ChildEnded { task, described } => self.child_ended(task, &described)?,
            Input::JobStarted { task, output, job } => {
                let id = self.unclaimed(task)?;
                self.write(id, What::JobStarted { output, job });
            }
            Input::JobEnded { task, outcome } => self.job_ended(task, outcome)?,
            Input::Claimed { task, worker } => {
                let id = self.unclaimed(task)?;
                self.write(id, What::Claimed { worker });
            }
            Input::Returned { task } => {
                let (id, pending) = self.execution.pending(task).ok_or(Refused::NoSuchTask)?;
                if pending.submitted {
                    self.write(id, What::Returned);
                }
            }
            Input::OfferFailed { task, problem } => {
                let id = self.unclaimed(task)?;
                self.write(
                    id,
                    What::OfferFailed(Problem {
                        error: problem.error,
                        cause: Some(problem.cause),
                    }),
                );
            }
            Input::Beat { task } => self.beat(task)?,
            Input::ItemsRead { run, outcome } => self.items_read(run, outcome)?,
            Input::ChildrenEnded { run, ends } => self.children_ended(run, ends)?,
            Input::ResultsWritten { run, outcome } => self.results_written(run, outcome)?,
            Input::UpdateRun {
                run,
                max_concurrency,
                tolerated_count,
                tolerated_percentage,
            } => {
                let (branch, _, _) = self.execution.run(run).ok_or(Refused::NoSuchRun)?;
                let what = What::MapRunUpdated {
                    max_concurrency,
                    tolerated_count,
                    tolerated_percentage,
                };
                self.write(branch, what);
            }
            Input::Damaged { place } => {
                let cause = format!("What was recorded of this execution is damaged: {place}");
                self.write(
                    0,
                    What::Failed(Problem {
                        error: errors::RUNTIME.to_owned(),
                        cause: Some(cause),
                    }),
                );
                self.step.effects.push(Effect::Closed(Status::Failed));
            }
            Input::Stop { error, cause } => {
                self.write(0, What::Stopped { error, cause });
                self.step.effects.push(Effect::Closed(Status::Aborted));
            }
        }
        Ok(())
    }

    fn start_if_new(&mut self) {
        if self.execution.last_event > 0 {
            return;
        }
        let definition = self.world.definition;
        let identity = &self.execution.identity;
        let longest_s = match identity.workflow {
            Workflow::Standard => None,
            Workflow::Express => Some(MAX_EXPRESS_S),
        };
        let timeout_s = definition.timeout_s.into_iter().chain(longest_s).min();
        let deadline_ms = timeout_s.map(|s| identity.started_ms + i64::from(s) * 1_000);
        let started = match (&identity.origin, definition.flows.first()) {
            (Some(origin), _) => What::Started {
                state: origin.start,
                deadline_ms: origin.express.then(|| identity.started_ms + EXPRESS_MS),
            },
            (None, Some(flow)) => What::Started {
                state: flow.start,
                deadline_ms,
            },
            (None, None) => return,
        };
        self.write(0, started);
    }

    fn answered(&mut self, task: TaskId, outcome: Result<Json, TaskError>) -> Result<(), Refused> {
        let (id, pending) = self.execution.pending(task).ok_or(Refused::NoSuchTask)?;
        if pending.submitted {
            // A second call after a restart; the first answer counts.
            return Err(Refused::NoSuchTask);
        }
        let fits = |result: &Json| result.len() <= MAX_PAYLOAD_BYTES;
        let what = match (outcome, self.pattern(id)) {
            (Ok(output), Pattern::WaitForTaskToken | Pattern::Sync { .. }) if fits(&output) => {
                What::Submitted { output }
            }
            (outcome, _) => self.ended(id, outcome),
        };
        self.write(id, what);
        Ok(())
    }

    fn child_started(
        &mut self,
        task: TaskId,
        output: Json,
        child: ExecutionId,
    ) -> Result<(), Refused> {
        let id = self.unclaimed(task)?;
        self.write(id, What::ChildStarted { output, child });
        Ok(())
    }

    fn child_ended(&mut self, task: TaskId, described: &Json) -> Result<(), Refused> {
        let (id, pending) = self.execution.pending(task).ok_or(Refused::NoSuchTask)?;
        if pending.child.is_none() {
            return Err(Refused::NoSuchTask);
        }
        let parsed = self.pattern(id) == Pattern::Sync { parsed: true };
        let described = serde_json::from_str(described.as_str()).unwrap_or_default();
        let what = self.ended(id, nested::ended(&described, parsed));
        self.write(id, what);
        Ok(())
    }

    fn job_ended(&mut self, task: TaskId, outcome: Result<Json, TaskError>) -> Result<(), Refused> {
        let (id, pending) = self.execution.pending(task).ok_or(Refused::NoSuchTask)?;
        if !pending.submitted {
            return Err(Refused::NoSuchTask);
        }
        let what = self.ended(id, outcome);
        self.write(id, what);
        Ok(())
    }

    /// The end of a task.
    fn ended(&self, id: BranchId, outcome: Result<Json, TaskError>) -> What {
        match outcome {
            Ok(result) if result.len() > MAX_PAYLOAD_BYTES => {
                What::TaskFailed(self.too_large_result(id))
            }
            Ok(result) => What::TaskSucceeded { result },
            Err(TaskError { error, cause }) => What::TaskFailed(Problem {
                error,
                cause: Some(cause),
            }),
        }
    }

    /// The branch of a task that nobody has answered, taken or submitted yet.
    fn unclaimed(&self, task: TaskId) -> Result<BranchId, Refused> {
        match self.execution.pending(task) {
            Some((id, pending)) if !pending.submitted => Ok(id),
            _other => Err(Refused::NoSuchTask),
        }
    }

    fn reported(
        &mut self,
        task: TaskId,
        outcome: Result<Json, (Option<String>, Option<String>)>,
    ) -> Result<(), Refused> {
        let (id, _) = self.execution.pending(task).ok_or(Refused::NoSuchTask)?;
        let what = match outcome {
            Ok(result) => What::TaskSucceeded { result },
            Err((error, cause)) => {
                let error = error.unwrap_or_else(|| errors::TASK_FAILED.to_owned());
                What::TaskFailed(Problem { error, cause })
            }
        };
        self.write(id, what);
        Ok(())
    }

    fn beat(&mut self, task: TaskId) -> Result<(), Refused> {
        let (id, pending) = self.execution.pending(task).ok_or(Refused::NoSuchTask)?;
        if let Some(heartbeat_s) = pending.heartbeat_s {
            let until_ms = self.world.now_ms + i64::from(heartbeat_s) * 1_000;
            self.write(id, What::Beat { until_ms });
        }
        Ok(())
    }

    /// Deadlines that have come, the execution's own first.
    fn tick(&mut self) {
        let now = self.world.now_ms;
        if self.execution.deadline_ms.is_some_and(|at| at <= now) {
            self.write(0, What::TimedOut);
            self.step.effects.push(Effect::Closed(Status::TimedOut));
            return;
        }
        let due: Vec<BranchId> = self
            .execution
            .branches
            .iter()
            .filter(|(_, branch)| branch.deadline_ms().is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            let Some(branch) = self.execution.branches.get(&id) else {
                continue;
            };
            let what = match &branch.doing {
                Doing::Tasking(task) => What::TaskTimedOut(overdue(task, now)),
                Doing::Waiting(_) => What::Worked {
                    result: branch.data.clone(),
                },
                Doing::BackingOff(_) => What::Retried,
                Doing::Entering | Doing::Working | Doing::Calling(_) | Doing::Branching(_) => {
                    continue;
                }
                Doing::Done(_) | Doing::Failed(_) | Doing::Leaving(_) => continue,
                Doing::Mapping(_) | Doing::Running(_) | Doing::Dead { .. } => continue,
            };
            self.write(id, what);
        }
    }

    /// Goes on until every branch waits for the world, or enough has been done for one step.
    pub(super) fn run(&mut self) {
        while self.execution.status == Status::Running {
            if self.step.records.len() >= MAX_RECORDS_PER_STEP {
                self.step.effects.push(Effect::Again);
                return;
            }
            let ready = self
                .execution
                .branches
                .iter()
                .find(|(_, branch)| branch.is_ready())
                .map(|(id, _)| *id);
            let Some(id) = ready else { return };
            self.advance(id);
        }
    }

    fn pattern(&self, id: BranchId) -> Pattern {
        match self
            .execution
            .branches
            .get(&id)
            .map(|b| &self.world.definition.state(b.state).kind)
        {
            Some(Kind::Task(task)) => task.resource.pattern,
            _other => Pattern::RequestResponse,
        }
    }

    fn too_large_result(&self, id: BranchId) -> Problem {
        let state = self
            .execution
            .branches
            .get(&id)
            .map(|b| self.world.definition.state(b.state));
        let name = match state.map(|s| &s.kind) {
            Some(Kind::Task(task)) if task.resource.action.starts_with("arn:") => {
                task.resource.arn.as_str()
            }
            Some(Kind::Task(task)) => task.resource.service.as_str(),
            _other => "",
        };
        too_large(name)
    }
}

/// AWS's words for a payload over 256 KiB.
pub(super) fn too_large(name: &str) -> Problem {
    Problem {
        error: errors::DATA_LIMIT.to_owned(),
        cause: Some(format!(
            "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
        )),
    }
}

fn overdue(task: &Pending, now_ms: i64) -> Problem {
    let error = if task.timeout_ms.is_some_and(|at| at <= now_ms) {
        errors::TIMEOUT
    } else {
        errors::HEARTBEAT_TIMEOUT
    };
    Problem {
        error: error.to_owned(),
        cause: None,
    }
}
