//! A state on its own, or a whole definition, tried without an engine: calls are answered by whoever tries it, and time
//! passes as soon as nothing else can happen.

mod runs;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::context::Here;
use super::items::Read;
use super::map_run::{MapRun, Phase, RunId};
use super::record::{Problem, Record, What};
use super::step::{Effect, Input, step_or_end};
use super::{
    Branch, Doing, Execution, ExecutionId, Failed, Identity, Status, TaskId, World, enter,
};
use crate::asl::expression::Variables;
use crate::asl::{Definition, Kind, StateIx, errors};
use crate::integration::{Pattern, TaskError};
use crate::json::Json;

/// Most deadlines that are waited for in one trial.
const MAX_WAITS: usize = 10_000;

/// What work outside gave.
pub type Outcome = Result<Json, (String, Option<String>)>;

/// An execution that is tried.
#[derive(Debug, Clone)]
pub struct Trial<'a> {
    /// As it stands.
    pub execution: Execution,
    /// What happened so far.
    pub records: Vec<Record>,
    definition: &'a Definition,
    context: Option<Json>,
    /// See [`World::tested`].
    tested: Option<&'static str>,
    now_ms: i64,
    waits: usize,
    /// The children of its map runs, by run and place.
    pub children: BTreeMap<(RunId, u32), runs::Child<'a>>,
    /// How many more children may be started, theirs too.
    pub room: u32,
    /// There was no room for a child.
    pub overfull: bool,
    /// What the branches of the state that was entered would have been given, if their work is mocked.
    forked: Option<Json>,
}

/// A task that waits to be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Which.
    pub task: TaskId,
    /// Its state.
    pub state: StateIx,
    /// What it is called with.
    pub arguments: Json,
    /// The items of this map run are asked for; then `task` says nothing.
    pub items: Option<RunId>,
    /// It is asked in a child of a map run: in which, from the outermost on.
    pub within: Vec<(RunId, u32)>,
}

/// How a single state came out.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It was left with this output, for that state if there is one.
    Succeeded {
        /// Its output.
        output: Json,
        /// The next state.
        next: Option<StateIx>,
    },
    /// An error that nothing took.
    Failed {
        /// Error name.
        error: String,
        /// Text for people.
        cause: Option<String>,
    },
    /// An error after which this retrier tries again.
    Retriable {
        /// Error name.
        error: String,
        /// Text for people.
        cause: Option<String>,
        /// Which retrier, from 0.
        retrier: u16,
        /// After how long, in seconds.
        delay_s: i64,
    },
    /// An error that this catcher took.
    Caught {
        /// Error name.
        error: String,
        /// Text for people.
        cause: Option<String>,
        /// Which catcher, from 0.
        catcher: usize,
        /// Its output.
        output: Json,
        /// The next state.
        next: Option<StateIx>,
    },
}

impl<'a> Trial<'a> {
    /// An execution to which nothing has happened. `context` takes the place of the context object.
    pub fn new(definition: &'a Definition, identity: Identity, context: Option<Json>) -> Self {
        let now_ms = identity.started_ms;
        Self {
            execution: Execution::new(Arc::new(identity)),
            records: Vec::new(),
            definition,
            context,
            tested: None,
            now_ms,
            waits: 0,
            children: BTreeMap::new(),
            room: 0,
            overfull: false,
            forked: None,
        }
    }

    /// It is of one state alone, which the context object calls `name`.
    pub fn tested_as(mut self, name: &'static str) -> Self {
        self.tested = Some(name);
        self
    }

    /// Enters the first state, with these variables and so many attempts already used, by retrier.
    pub fn enter(&mut self, variables: Variables, attempts: Vec<u32>) {
        let state = self.definition.flows.first().map_or(0, |flow| flow.start);
        let deadline_ms = None;
        self.note(What::Started { state, deadline_ms });
        if let Some(branch) = self.execution.branches.get_mut(&0) {
            branch.variables = variables;
        }
        self.note(What::Entered);
        if let Some(branch) = self.execution.branches.get_mut(&0) {
            branch.attempts = attempts;
        }
    }

    fn note(&mut self, what: What) {
        let record = Record {
            at_ms: self.now_ms,
            branch: 0,
            what,
        };
        if self.execution.apply(&record).is_ok() {
            self.records.push(record);
        }
    }

    /// Evaluates what the branches of the Parallel state that was entered would be given. False if that fails, and the state
    /// with it: then there is no work.
    pub fn fork(&mut self) -> bool {
        let Some(branch) = self.execution.branches.get(&0) else {
            return false;
        };
        let Kind::Parallel(parallel) = &self.definition.state(branch.state).kind else {
            return false;
        };
        let token = |task: TaskId| format!("trial-{}", task.0);
        let world = World {
            definition: self.definition,
            id: ExecutionId(0),
            token: &token,
            activity: &|_| true,
            now_ms: self.now_ms,
            context: self.context.as_ref(),
            deleting: false,
            tested: self.tested,
            spent: &|| false,
        };
        let here = Here {
            execution: &self.execution,
            branch,
            world: &world,
            item: None,
        };
        let what = enter::fork(&here, parallel);
        if let What::ParallelStarted { input, .. } = what {
            self.forked = Some(input.unwrap_or_else(|| branch.data.clone()));
            return true;
        }
        self.note(what);
        false
    }

    /// Takes `outcome` for the whole work of the state that was entered: what its branches or items gave.
    pub fn mock_work(&mut self, outcome: Outcome) {
        let Some(branch) = self.execution.branches.get_mut(&0) else {
            return;
        };
        branch.doing = match outcome {
            Ok(result) => Doing::Done(result),
            Err((error, cause)) => Doing::Failed(Failed {
                error,
                cause,
                from_branch: true,
                given_up: false,
                uncaught: false,
            }),
        };
    }

    /// Its definition.
    pub fn definition(&self) -> &'a Definition {
        self.definition
    }

    /// The map run under way at the top level, if there is one.
    pub fn map_run(&self) -> Option<&MapRun> {
        match &self.execution.branches.get(&0)?.doing {
            Doing::Running(run) => Some(run),
            _other => None,
        }
    }

    /// Tells the map run under way what its items are.
    pub fn items_read(&mut self, outcome: Result<Read, Problem>) {
        if let Some(run) = self.map_run().map(|run| run.id) {
            self.input(Input::ItemsRead { run, outcome });
        }
    }

    /// Goes on until tasks wait to be answered, or it is over.
    pub fn run(&mut self) -> Vec<Asked> {
        self.input(Input::Go)
    }

    /// Answers a task and goes on.
    pub fn answer(&mut self, asked: &Asked, outcome: Outcome) -> Vec<Asked> {
        if !asked.within.is_empty() {
            return self.answer_within(asked, outcome);
        }
        if let Some(run) = asked.items {
            return self.items_given(run, outcome);
        }
        let pattern = match &self.definition.state(asked.state).kind {
            Kind::Task(task) => task.resource.pattern,
            _other => Pattern::RequestResponse,
        };
        let task = asked.task;
        match outcome {
            Err((error, cause)) => {
                let cause = cause.unwrap_or_default();
                let outcome = Err(TaskError { error, cause });
                self.input(Input::Answered { task, outcome })
            }
            Ok(result) if pattern == Pattern::RequestResponse => {
                let outcome = Ok(result);
                self.input(Input::Answered { task, outcome })
            }
            Ok(result) => {
                let outcome = Ok(Json::trusted("{}"));
                let mut more = self.input(Input::Answered { task, outcome });
                let outcome = Ok(result);
                more.extend(self.input(Input::Reported { task, outcome }));
                more
            }
        }
    }

    fn input(&mut self, input: Input) -> Vec<Asked> {
        let mut asked = Vec::new();
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let token = |task: TaskId| format!("trial-{}", task.0);
            let world = World {
                definition: self.definition,
                id: ExecutionId(0),
                token: &token,
                activity: &|_| true,
                now_ms: self.now_ms,
                context: self.context.as_ref(),
                deleting: false,
                tested: self.tested,
                spent: &|| false,
            };
            let Ok(done) = step_or_end(&mut self.execution, &world, input) else {
                continue;
            };
            self.records.extend(done.records);
            for effect in done.effects {
                asked.extend(self.act(effect, &mut inputs));
            }
            if inputs.is_empty() && asked.is_empty() {
                inputs.extend(self.wait());
            }
        }
        asked
    }

    /// Carries out an effect. Gives what is asked; what happens by itself goes to `inputs`.
    fn act(&mut self, effect: Effect, inputs: &mut VecDeque<Input>) -> Vec<Asked> {
        let (task, state, arguments, items) = match effect {
            Effect::Call {
                task,
                state,
                arguments,
            } => (task, state, arguments, None),
            Effect::ReadItems { run, state } => {
                (TaskId(0), state, Json::trusted("null"), Some(run))
            }
            Effect::StartChildren {
                run,
                state,
                children,
            } => return self.start_children(run, state, &children, inputs),
            Effect::StopChildren { .. } => {
                self.stop_children(inputs);
                return Vec::new();
            }
            Effect::WriteResults { run, .. } => {
                inputs.extend(self.results_told(run));
                return Vec::new();
            }
            Effect::Again => {
                inputs.push_front(Input::Go);
                return Vec::new();
            }
            Effect::StopChild(_) | Effect::StopJob { .. } | Effect::Closed(_) => {
                return Vec::new();
            }
        };
        vec![Asked {
            task,
            state,
            arguments,
            items,
            within: Vec::new(),
        }]
    }

    /// Lets the next deadline come, unless a task is under way: its answer comes first.
    fn wait(&mut self) -> Option<Input> {
        let under_way = |branch: &Branch| match &branch.doing {
            Doing::Tasking(_) => true,
            Doing::Running(run) => run.executions.running > 0 || run.phase == Phase::Reading,
            _other => false,
        };
        let held = self.execution.branches.values().any(under_way);
        if held || self.execution.status != Status::Running || self.waits >= MAX_WAITS {
            return None;
        }
        let at_ms = self.execution.next_deadline_ms()?;
        self.waits += 1;
        self.now_ms = self.now_ms.max(at_ms);
        Some(Input::Tick)
    }

    /// How the state that was entered first came out; `None` while it has not.
    pub fn verdict(&self) -> Option<Verdict> {
        let mut problem: Option<(String, Option<String>)> = None;
        let mut from_branch = false;
        for record in &self.records {
            match &record.what {
                What::TaskFailed(p) | What::TaskTimedOut(p) => {
                    problem = Some((p.error.clone(), p.cause.clone()));
                }
                What::Broke { problem: p, .. } | What::EvaluationFailed { problem: p, .. } => {
                    problem = Some((p.error.clone(), p.cause.clone()));
                }
                What::ParallelFailed | What::BranchFailed => from_branch = true,
                What::BackedOff { retrier, until_ms } if record.branch == 0 => {
                    let (error, cause) = problem?;
                    return Some(Verdict::Retriable {
                        error,
                        cause,
                        retrier: *retrier,
                        delay_s: (until_ms - record.at_ms) / 1_000,
                    });
                }
                What::Exited { output, then, .. } if record.branch == 0 => {
                    let next = match then {
                        crate::asl::Then::Next(next) => Some(*next),
                        crate::asl::Then::End => None,
                    };
                    let output = output
                        .clone()
                        .unwrap_or_else(|| self.execution.identity.input.clone());
                    return Some(match problem {
                        None => Verdict::Succeeded { output, next },
                        Some((error, cause)) => Verdict::Caught {
                            catcher: self.catcher(&error, from_branch),
                            error,
                            cause,
                            output,
                            next,
                        },
                    });
                }
                What::Failed(p) => {
                    return Some(Verdict::Failed {
                        error: p.error.clone(),
                        cause: p.cause.clone(),
                    });
                }
                _other => {}
            }
        }
        None
    }

    /// A mocked failure of branches leaves no record of its own: this one is told beforehand.
    pub fn note_problem(&mut self, error: &str, cause: Option<&str>) {
        let problem = Problem {
            error: error.to_owned(),
            cause: cause.map(str::to_owned),
        };
        self.records.push(Record {
            at_ms: self.now_ms,
            branch: 0,
            what: What::TaskFailed(problem),
        });
    }

    fn catcher(&self, error: &str, from_branch: bool) -> usize {
        let start = self.definition.flows.first().map_or(0, |flow| flow.start);
        let state = self.definition.state(start);
        let from_branch = from_branch && matches!(state.kind, Kind::Parallel(_));
        let catchers = state.handling().map(|h| &h.catchers);
        let takes = |patterns: &[String]| {
            patterns
                .iter()
                .any(|pattern| errors::matches(pattern, error, from_branch))
        };
        catchers
            .and_then(|catchers| catchers.iter().position(|c| takes(&c.errors)))
            .unwrap_or(0)
    }

    /// The retrier that takes this error, if one does.
    pub fn retrier(&self, error: &str) -> Option<usize> {
        let start = self.definition.flows.first().map_or(0, |flow| flow.start);
        let state = self.definition.state(start);
        let from_branch = matches!(state.kind, Kind::Parallel(_));
        let handling = state.handling()?;
        handling.retriers.iter().position(|retrier| {
            retrier
                .errors
                .iter()
                .any(|pattern| errors::matches(pattern, error, from_branch))
        })
    }

    /// What the first task was called with, or the branches would have been given.
    pub fn arguments(&self) -> Option<&Json> {
        let scheduled = self.records.iter().find_map(|record| match &record.what {
            What::Scheduled(scheduled) => Some(&scheduled.arguments),
            _other => None,
        });
        scheduled.or(self.forked.as_ref())
    }

    /// What the first task gave.
    pub fn result(&self) -> Option<&Json> {
        self.records.iter().find_map(|record| match &record.what {
            What::TaskSucceeded { result } => Some(result),
            _other => None,
        })
    }

    /// The variables once the first state was left.
    pub fn assigned(&self) -> Vec<(Arc<str>, Json)> {
        let found = self.records.iter().find_map(|record| match &record.what {
            What::Exited { assigned, .. } if record.branch == 0 => Some(assigned.clone()),
            _other => None,
        });
        found.unwrap_or_default()
    }
}
