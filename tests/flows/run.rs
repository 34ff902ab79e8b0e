//! Runs one case on the pure core of the engine: no clock, no store, no functions.
use crate::case::{Case, Step, Then};
use crate::coverage::{Coverage, texts, there};
use crate::rules;
use contract::registry::{Entry, activities};
use serde_json::{Map, Value, json};
use states::asl::Definition;
use states::core::redrive::{redrive, unfinished};
use states::core::{
    Effect, Execution, Identity, Input, Record, Status, Step as Stepped, TaskId, Via, What,
    Workflow, World, step,
};
use states::integration::TaskError;
use states::json::Json;
use std::collections::VecDeque;
use std::sync::Arc;

const START_MS: i64 = 1_790_000_000_000;
/// More steps than any case needs.
const MAX_STEPS: usize = 1_000;

/// Runs a case and gives what it took: the definition is [marked](rules::marked).
pub(crate) fn run(flow: &str, asl: &Value, case: &Case) -> Coverage {
    let definition =
        states::asl::compile(&asl.to_string()).unwrap_or_else(|why| panic!("{flow}: {why:?}"));
    let mut runner = Runner::new(flow, &definition, case);
    runner.feed(Input::Go);
    for _ in 0..MAX_STEPS {
        let Some(effect) = runner.todo.pop_front() else {
            if runner.wait() || runner.redrive() {
                continue;
            }
            break;
        };
        match effect {
            Effect::Again => runner.feed(Input::Go),
            // The flows start no executions and no jobs of their own.
            Effect::Closed(_) | Effect::StopChild(_) | Effect::StopJob { .. } => {}
            Effect::ReadItems { .. } | Effect::StartChildren { .. } => {}
            Effect::StopChildren { .. } | Effect::WriteResults { .. } => {}
            Effect::Call {
                task,
                state,
                arguments,
            } => {
                let name = definition.state(state).name.to_string();
                runner.answer(task, &name, &arguments);
            }
        }
    }
    runner.finish()
}

/// What a task is going to be asked with, and answered.
struct Asked<'a> {
    state: &'a str,
    given: &'a Map<String, Value>,
    then: &'a Then,
    /// The execution has failed at this state and was redriven.
    redriven: bool,
}

/// The answers of a step, in turn; none for a state that asks nobody.
fn asked(step: &Step) -> impl Iterator<Item = Asked<'_>> {
    let first = step.then.iter().map(|then| (then, false));
    let again = step.redriven.iter().map(|then| (then, true));
    first.chain(again).map(move |(then, redriven)| Asked {
        state: &step.state,
        given: &step.given,
        then,
        redriven,
    })
}

struct Runner<'a> {
    at: String,
    definition: &'a Definition,
    execution: Execution,
    /// The same execution, rebuilt record by record: tells the names of the states entered.
    replay: Execution,
    /// All records so far: a redrive finds out from them what goes on.
    told: Vec<Record>,
    path: Vec<String>,
    taken: Coverage,
    /// The last error that a task ended with, and whether the task is tried again.
    error: String,
    tries_again: bool,
    /// Redriven, and the task has not been asked since.
    redriven: bool,
    todo: VecDeque<Effect>,
    script: VecDeque<Asked<'a>>,
    case: &'a Case,
    now_ms: i64,
    seq: u64,
    round: u64,
    end: Option<Value>,
    known: Vec<Entry>,
}

impl<'a> Runner<'a> {
    fn new(flow: &str, definition: &'a Definition, case: &'a Case) -> Self {
        // An execution that takes a request over goes on with the numbers of the one before.
        let left = |field: &str| case.input["takenOver"][field].as_u64().unwrap_or(0);
        let arn = |kind: &str, name: &str| {
            format!("arn:aws:states:us-east-1:000000000000:{kind}:{name}").into()
        };
        let identity = Arc::new(Identity {
            arn: arn("execution", &format!("{flow}:c-1")),
            machine_arn: arn("stateMachine", flow),
            workflow: Workflow::Standard,
            via: Via::default(),
            role_arn: "arn:aws:iam::000000000000:role/test".into(),
            started_ms: START_MS,
            input: Json::parse(&case.input.to_string()).expect("JSON"),
            seed: 1,
            started_by: None,
            origin: None,
            trace_header: None,
        });
        Self {
            at: format!("{flow}: {}", case.what),
            definition,
            execution: Execution::new(identity.clone()),
            replay: Execution::new(identity),
            told: Vec::new(),
            path: Vec::new(),
            taken: Coverage::default(),
            error: String::new(),
            tries_again: false,
            redriven: false,
            todo: VecDeque::new(),
            script: case.steps.iter().flat_map(asked).collect(),
            case,
            now_ms: START_MS,
            seq: left("received"),
            round: left("round"),
            end: None,
            known: activities(),
        }
    }

    fn feed(&mut self, input: Input) {
        let at = self.at.clone();
        self.take_down(|execution, world| {
            step(execution, world, input).unwrap_or_else(|why| panic!("{at}: {why}"))
        });
    }

    /// Lets the core go on, and takes down what it did.
    fn take_down(&mut self, go: impl FnOnce(&mut Execution, &World<'_>) -> Stepped) {
        let token = |task: TaskId| format!("token-{}", task.0);
        let world = World {
            definition: self.definition,
            id: states::core::ExecutionId(1),
            token: &token,
            activity: &|_| true,
            now_ms: self.now_ms,
            context: None,
            deleting: false,
            tested: None,
            spent: &|| false,
        };
        let done = go(&mut self.execution, &world);
        for record in &done.records {
            self.replay.apply(record).expect("records fit");
            self.taken.rules.extend(rules::taken(&record.what));
            self.tries_again |= matches!(record.what, What::Retried);
            if matches!(record.what, What::Entered) {
                let branch = self.replay.branches.get(&record.branch);
                let state = branch.expect("a branch that entered").state;
                let name = self.definition.state(state).name.to_string();
                self.taken.states.insert(name.clone());
                self.path.push(name);
            }
        }
        assert_eq!(
            self.execution, self.replay,
            "{}: the records rebuild the execution",
            self.at
        );
        self.told.extend(done.records);
        self.todo.extend(done.effects);
    }

    /// Lets the time of a Wait state pass; false when there is nothing to wait for.
    fn wait(&mut self) -> bool {
        let running = self.execution.status == Status::Running;
        let Some(until) = self.execution.next_deadline_ms().filter(|_| running) else {
            return false;
        };
        self.now_ms = until;
        self.feed(Input::Tick);
        true
    }

    /// Redrives an execution that failed where the case says so; false where it says nothing of that.
    fn redrive(&mut self) -> bool {
        if !self.script.front().is_some_and(|next| next.redriven) {
            return false;
        }
        assert_eq!(self.execution.status, Status::Failed, "{}", self.at);
        assert!(!self.redriven, "{}: redriven, it asks nobody", self.at);
        let start = Execution::new(self.execution.identity.clone());
        let branches = unfinished(start, &self.told, self.definition).expect("records fit");
        self.redriven = true;
        self.take_down(|execution, world| redrive(execution, world, branches, None, 0));
        true
    }

    /// Answers a call as the case says, after holding it against the contract.
    fn answer(&mut self, task: TaskId, state: &str, arguments: &Json) {
        let arguments: Value = serde_json::from_str(arguments.as_str()).expect("JSON");
        let activity = activity_of(&arguments);
        let entry = self
            .known
            .iter()
            .find(|entry| entry.name == activity)
            .expect("an activity");
        valid(
            entry.input.as_value(),
            &arguments["Payload"],
            &format!("{} / {state}", self.at),
        );
        let answers = entry.output.clone();
        if std::mem::take(&mut self.tries_again) {
            // As before, to the last try.
            let error = self.error.clone();
            self.fail(task, state, &error);
            return;
        }
        if matches!(activity.as_str(), "call-end" | "request-end") {
            self.end = Some(arguments["Payload"].clone());
        }
        let next = self
            .script
            .pop_front()
            .unwrap_or_else(|| panic!("{}: nothing is said about {state}", self.at));
        let redriven = std::mem::take(&mut self.redriven);
        assert_eq!(
            (next.state, next.redriven),
            (state, redriven),
            "{}: asked, and whether it was redriven",
            self.at
        );
        if matches!(activity.as_str(), "turn" | "request-turn") {
            self.check_turn(&arguments["Payload"], state, redriven);
        }
        for (field, value) in next.given {
            let told = &arguments["Payload"][field];
            assert_eq!(told, value, "{} / {state}: {field}", self.at);
        }
        match next.then {
            Then::Error(error) => self.fail(task, state, error),
            Then::Result(result) => {
                valid(
                    answers.as_value(),
                    result,
                    &format!("{} / {state}", self.at),
                );
                self.succeed(
                    task,
                    &json!({ "ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200 }),
                );
            }
            Then::Signal(signal) => {
                self.seq += 1;
                let mut signal = signal.clone();
                signal["seq"] = self.seq.into();
                signal["at"] = "2026-09-21T12:53:20.000Z".into();
                valid(
                    answers.as_value(),
                    &signal,
                    &format!("{} / {state}", self.at),
                );
                self.is_accepted(&arguments["Payload"]["accepts"], &signal, state);
                self.succeed(task, &json!({ "Payload": null, "StatusCode": 200 }));
                self.feed(Input::Reported {
                    task,
                    outcome: Ok(Json::parse(&signal.to_string()).expect("JSON")),
                });
            }
            Then::Timeout(yes) => {
                assert!(yes, "{}: a timeout is true or not there", self.at);
                self.succeed(task, &json!({ "Payload": null, "StatusCode": 200 }));
                self.taken.errors.insert(there(state, "States.Timeout"));
                let (_, pending) = self.execution.pending(task).expect("a task under way");
                self.now_ms = pending.timeout_ms.expect("a limit");
                self.feed(Input::Tick);
            }
        }
    }

    fn succeed(&mut self, task: TaskId, result: &Value) {
        let outcome = Ok(Json::parse(&result.to_string()).expect("JSON"));
        self.feed(Input::Answered { task, outcome });
    }

    fn fail(&mut self, task: TaskId, state: &str, error: &str) {
        self.taken.errors.insert(there(state, error));
        error.clone_into(&mut self.error);
        let failed = TaskError {
            error: error.to_owned(),
            cause: "as the case says".to_owned(),
        };
        let outcome = Err(failed);
        self.feed(Input::Answered { task, outcome });
    }

    /// A signal that the turn does not accept would never come.
    fn is_accepted(&mut self, accepts: &Value, signal: &Value, state: &str) {
        let taken: Vec<_> = texts(accepts)
            .filter(|accept| takes(accept, signal))
            .collect();
        assert!(!taken.is_empty(), "{} / {state}: {signal}", self.at);
        let taken = taken.into_iter().map(|accept| there(state, accept));
        self.taken.signals.extend(taken);
    }

    /// Turns are numbered without a gap, and each tells the last signal that came. One that failed and is redriven is the same turn.
    fn check_turn(&mut self, payload: &Value, state: &str, redriven: bool) {
        self.round += u64::from(!redriven);
        assert_eq!(payload["round"], self.round, "{} / {state}", self.at);
        assert_eq!(payload["received"], self.seq, "{} / {state}", self.at);
    }

    fn finish(self) -> Coverage {
        let expected: Vec<_> = self
            .case
            .steps
            .iter()
            .map(|step| step.state.clone())
            .collect();
        assert_eq!(self.path, expected, "{}", self.at);
        assert_eq!(
            self.execution.status.as_str(),
            self.case.status,
            "{}",
            self.at
        );
        assert!(
            self.script.is_empty(),
            "{}: the execution ended early",
            self.at
        );
        if let Some(lasts_s) = self.case.lasts_s {
            assert_eq!((self.now_ms - START_MS) / 1_000, lasts_s, "{}", self.at);
        }
        if let Some(end) = &self.case.end {
            let told = self.end.expect("the end was told");
            for (field, value) in end.as_object().expect("an object") {
                assert_eq!(&told[field], value, "{}: {field}", self.at);
            }
        }
        self.taken
    }
}

/// Whether a turn that accepts this is moved on by a signal: its name, or its name and its leg or topic.
fn takes(accept: &str, signal: &Value) -> bool {
    let (name, only) = accept
        .split_once('@')
        .map_or((accept, None), |(name, only)| (name, Some(only)));
    let is_about = |only: &str| signal["leg"] == only || signal["topic"] == only;
    signal["name"] == name && only.is_none_or(is_about)
}

/// `${CallEndFunction}` is `call-end`.
fn activity_of(arguments: &Value) -> String {
    let name = arguments["FunctionName"].as_str().expect("FunctionName");
    let stem = name.trim_start_matches("${").trim_end_matches("Function}");
    let mut kebab = String::new();
    for (at, letter) in stem.char_indices() {
        if letter.is_uppercase() && at > 0 {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

fn valid(schema: &Value, value: &Value, at: &str) {
    let errors: Vec<_> = jsonschema::validator_for(schema)
        .expect("a schema")
        .iter_errors(value)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{at}: {errors:?}\n{value:#}");
}
