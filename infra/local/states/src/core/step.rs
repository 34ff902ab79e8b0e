//! The one function that decides.

use super::map_run::EXPRESS_MS;
use super::record::{Problem, Record, What};
use super::{
    Branch, BranchId, Doing, Execution, ExecutionId, MAX_EXPRESS_S, MAX_PAYLOAD_BYTES,
    MAX_RECORDS_PER_STEP, MAX_STEP_BYTES, Pending, Status, TaskId, Workflow, World,
};
use crate::asl::{Kind, errors};
use crate::caught::{Panicked, caught};
use crate::integration::{Pattern, TaskError, nested};
use crate::json::Json;

pub use super::input::{Effect, Input, Refused, Step};

/// How the cause of an execution begins whose step panicked.
pub(crate) const BROKEN_OFF: &str = "The engine broke off";

/// Decides what `input` means for `execution` and changes it accordingly.
pub fn step(execution: &mut Execution, world: &World<'_>, input: Input) -> Result<Step, Refused> {
    let mut stepper = Stepper::of(execution, world)?;
    stepper.take(input)?;
    stepper.run();
    Ok(stepper.step)
}

/// The same; an execution whose step panics ends with that. Otherwise it would panic again at every start.
pub fn step_or_end(
    execution: &mut Execution,
    world: &World<'_>,
    input: Input,
) -> Result<Step, Refused> {
    let mut stepper = Stepper::of(execution, world)?;
    let taken = caught(|| -> Result<(), Refused> {
        stepper.take(input)?;
        stepper.run();
        Ok(())
    });
    match taken {
        Ok(taken) => taken?,
        Err(panicked) => stepper.break_off(&panicked),
    }
    Ok(stepper.step)
}

pub(super) struct Stepper<'a> {
    pub(super) execution: &'a mut Execution,
    pub(super) world: &'a World<'a>,
    pub(super) step: Step,
    /// Bytes of its records.
    pub(super) written: usize,
}

impl<'a> Stepper<'a> {
    fn of(execution: &'a mut Execution, world: &'a World<'a>) -> Result<Self, Refused> {
        if execution.status != Status::Running {
            return Err(Refused::Closed);
        }
        Ok(Self {
            execution,
            world,
            step: Step::default(),
            written: 0,
        })
    }
}

impl Stepper<'_> {
    /// Writes a record and applies it. The core writes only records that fit.
    pub(super) fn write(&mut self, branch: BranchId, what: What) {
        self.give_up_runs(branch, &what);
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
        // Counting cannot fail for these types.
        self.written += postcard::experimental::serialized_size(&record).unwrap_or_default();
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
            // An iteration is given up by both, and has a task only at the first.
            What::Aborted { .. } | What::IterationAborted { .. } => {
                branches.get(&branch).and_then(stop).into_iter().collect()
            }
            _other => return,
        };
        self.step.effects.extend(effects);
    }

    fn take(&mut self, input: Input) -> Result<(), Refused> {
        match input {
            Input::Go => {
                if !self.end_if_overdue() {
                    self.start_if_new();
                }
            }
            Input::Tick => self.tick(),
            Input::Answered { task, outcome } => self.answered(task, outcome)?,
            Input::CalledAgain { task } => self.call_again(task)?,
            Input::Reported { task, outcome } => self.reported(task, outcome)?,
            Input::ChildStarted {
                task,
                output,
                child,
            } => self.child_started(task, output, child)?,
            Input::ChildEnded { task, described } => self.child_ended(task, &described)?,
            Input::JobStarted { task, output, job } => {
                let id = self.unclaimed(task)?;
                self.write_event(id, What::JobStarted { output, job });
            }
            Input::JobEnded { task, outcome } => self.job_ended(task, outcome)?,
            Input::Claimed { task, worker } => {
                let id = self.unclaimed(task)?;
                self.write_event(id, What::Claimed { worker });
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
            Input::Damaged { place } => self.cannot_go_on(format!(
                "What was recorded of this execution is damaged: {place}"
            )),
            Input::Stop { error, cause } => {
                self.write(0, What::Stopped { error, cause });
                self.step.effects.push(Effect::Closed(Status::Aborted));
            }
        }
        Ok(())
    }

    /// What has been written so far holds: every record was applied when it was written.
    fn break_off(&mut self, panicked: &Panicked) {
        let arn = &*self.execution.identity.arn;
        tracing::error!(%arn, %panicked, "a step broke off; its execution ends");
        if self.execution.status == Status::Running {
            self.cannot_go_on(format!("{BROKEN_OFF}: {panicked}"));
        }
    }

    fn cannot_go_on(&mut self, cause: String) {
        self.start_if_new();
        self.fail_execution(Problem {
            error: errors::RUNTIME.to_owned(),
            cause: Some(cause),
        });
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

    /// The history tells of a second call by a second start of the task.
    fn call_again(&mut self, task: TaskId) -> Result<(), Refused> {
        let (id, pending) = self.execution.pending(task).ok_or(Refused::NoSuchTask)?;
        let (Some(arguments), false) = (&pending.arguments, pending.submitted) else {
            return Err(Refused::NoSuchTask);
        };
        let state = self.execution.branches.get(&id).map(|branch| branch.state);
        let call = Effect::Call {
            task,
            state: state.ok_or(Refused::NoSuchTask)?,
            arguments: arguments.clone(),
        };
        // Its end, and that of the execution, must still find room. A call that the history cannot tell of is not made.
        if self.is_full(0) {
            self.fail_full();
            return Ok(());
        }
        self.write(id, What::TaskStarted);
        self.step.effects.push(call);
        Ok(())
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
        self.write_event(id, what);
        Ok(())
    }

    fn child_started(
        &mut self,
        task: TaskId,
        output: Json,
        child: ExecutionId,
    ) -> Result<(), Refused> {
        let id = self.unclaimed(task)?;
        self.write_event(id, What::ChildStarted { output, child });
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
            // The cause of a child has its input in it: uncut, no Catch could take it.
            Err(TaskError { error, cause }) => What::TaskFailed(Problem::cut(error, Some(cause))),
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
            Err((error, cause)) => What::TaskFailed(Problem {
                error: error.unwrap_or_default(),
                cause,
            }),
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

    /// Has the execution's own deadline come? It ends then.
    fn end_if_overdue(&mut self) -> bool {
        let now = self.world.now_ms;
        let ends = [self.execution.deadline_ms, self.execution.ends_ms()];
        let overdue = ends.into_iter().flatten().any(|at| at <= now);
        if overdue {
            self.write(0, What::TimedOut);
            self.step.effects.push(Effect::Closed(Status::TimedOut));
        }
        overdue
    }

    /// Deadlines that have come, the execution's own first.
    fn tick(&mut self) {
        if self.end_if_overdue() {
            return;
        }
        let now = self.world.now_ms;
        let due: Vec<BranchId> = self
            .execution
            .branches
            .iter()
            .filter(|(_, branch)| branch.deadline_ms().is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            if self.written >= MAX_STEP_BYTES {
                // The time of the others has come as well: they have the next tick.
                return;
            }
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
            if !self.write_event(id, what) {
                return;
            }
        }
    }

    /// Goes on until every branch waits for the world, or enough has been done for one step, or it has had its time.
    pub(super) fn run(&mut self) {
        while self.execution.status == Status::Running {
            let records = self.step.records.len();
            if records >= MAX_RECORDS_PER_STEP || self.written >= MAX_STEP_BYTES {
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
            // Something is done in any time: else it would be stepped for ever.
            if records > 0 && (self.world.spent)() {
                self.step.effects.push(Effect::Again);
                return;
            }
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
    let error = if task.ends_ms().is_some_and(|at| at <= now_ms) {
        errors::TIMEOUT
    } else {
        errors::HEARTBEAT_TIMEOUT
    };
    Problem {
        error: error.to_owned(),
        cause: None,
    }
}
