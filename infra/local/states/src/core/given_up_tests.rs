//! What the history says of a map run that is given up, and that there is always room for it.

use serde_json::{Value, json};

use super::history::Narrator;
use super::import::stopped;
use super::map_run::ChildEnd;
use super::redrive::{redrive, unfinished};
use super::run_summary::runs_of;
use super::specimen::started;
use super::*;
use crate::asl;

/// A Distributed Map of waits.
fn spread(tag: &str) -> Value {
    let child = format!("C{tag}");
    let mut states = serde_json::Map::new();
    states.insert(
        child.clone(),
        json!({ "Type": "Wait", "Seconds": 1_000, "End": true }),
    );
    json!({ "Type": "Map", "Label": tag, "Items": "{% [7] %}", "End": true,
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": child, "States": states } })
}

/// Fails five seconds after it began.
fn fails() -> Value {
    json!({ "StartAt": "W", "States": {
        "W": { "Type": "Wait", "Seconds": 5, "Next": "F" }, "F": { "Type": "Fail", "Error": "No" } } })
}

/// An execution and all that was written of it.
struct Run {
    definition: Definition,
    start: Execution,
    execution: Execution,
    records: Vec<Record>,
    now_ms: i64,
}

impl Run {
    /// Begins with a state named `M`, at second 1.
    fn new(state: &Value) -> Self {
        let text = json!({ "QueryLanguage": "JSONata", "TimeoutSeconds": 60, "StartAt": "M", "States": { "M": state } });
        let start = started(Json::trusted("{}"));
        let mut run = Self {
            definition: asl::compile(&text.to_string()).expect("it is well-formed"),
            execution: start.clone(),
            start,
            records: Vec::new(),
            now_ms: 1_000,
        };
        run.step(Input::Go);
        run
    }

    fn world(&self) -> World<'_> {
        World {
            definition: &self.definition,
            id: ExecutionId(1),
            activity: &|_| true,
            token: &|_| String::new(),
            now_ms: self.now_ms,
            context: None,
            deleting: false,
            tested: None,
            spent: &|| false,
        }
    }

    /// Steps until it waits for the world.
    fn step(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let mut execution = self.execution.clone();
            let done = step(&mut execution, &self.world(), input).expect("it takes that");
            self.execution = execution;
            next = done.effects.contains(&Effect::Again).then_some(Input::Go);
            self.records.extend(done.records);
        }
    }

    fn stop(&mut self) {
        self.step(Input::Stop {
            error: None,
            cause: None,
        });
    }

    fn redrive(&mut self) {
        let branches = unfinished(self.start.clone(), &self.records, &self.definition);
        let branches = branches.expect("records fit");
        let mut execution = self.execution.clone();
        let done = redrive(&mut execution, &self.world(), branches, None, 0);
        self.execution = execution;
        self.records.extend(done.records);
    }

    /// The history, an event each: `id<-previous type`.
    fn outline(&self) -> Vec<String> {
        let mut narrator = Narrator::new(self.start.clone(), &self.definition, "r", true);
        let told = self.records.iter().map(|record| narrator.tell(record));
        let events = told.filter_map(|told| told.expect("records fit"));
        events
            .map(|event| format!("{}<-{} {}", event.id, event.previous, event.kind))
            .collect()
    }

    fn statuses(&self) -> Vec<Status> {
        let runs = runs_of(self.start.clone(), &self.records).expect("records fit");
        runs.values().map(|run| run.status).collect()
    }

    fn aborts(&self) -> usize {
        let records = self.records.iter();
        records
            .filter(|record| record.what == What::MapRunAborted)
            .count()
    }
}

#[test]
fn stopping_an_execution_gives_its_run_up_and_a_redrive_goes_on_with_it() {
    let mut run = Run::new(&spread("L"));
    run.stop();
    let stopped = [
        "1<-0 ExecutionStarted",
        "2<-0 MapStateEntered",
        "3<-2 MapStateStarted",
        "4<-3 MapRunStarted",
        "5<-4 MapRunAborted",
        "6<-0 ExecutionAborted",
    ];
    assert_eq!(run.outline(), stopped);
    assert_eq!(run.statuses(), [Status::Aborted]);
    run.redrive();
    assert_eq!(run.statuses(), [Status::Running]);
    run.stop();
    let again = [
        "7<-6 ExecutionRedriven",
        "8<-7 MapRunRedriven",
        "9<-8 MapRunAborted",
        "10<-0 ExecutionAborted",
    ];
    assert_eq!(run.outline()[6..], again);
    assert_eq!(run.statuses(), [Status::Aborted]);
}

#[test]
fn the_time_of_an_execution_gives_its_run_up() {
    let mut run = Run::new(&spread("L"));
    run.now_ms = 61_000;
    run.step(Input::Tick);
    let told = ["5<-4 MapRunAborted", "6<-0 ExecutionTimedOut"];
    assert_eq!(run.outline()[4..], told);
    assert_eq!(run.statuses(), [Status::Aborted]);
}

#[test]
fn a_branch_that_fails_gives_the_run_of_another_up_before_its_state() {
    let branches = json!([{ "StartAt": "L", "States": { "L": spread("L") } }, fails()]);
    let mut run = Run::new(&json!({ "Type": "Parallel", "Branches": branches, "End": true }));
    run.now_ms = 6_000;
    run.step(Input::Tick);
    let told = [
        "1<-0 ExecutionStarted",
        "2<-0 ParallelStateEntered",
        "3<-2 ParallelStateStarted",
        "4<-3 MapStateEntered",
        "5<-4 MapStateStarted",
        "6<-5 MapRunStarted",
        "7<-3 WaitStateEntered",
        "8<-7 WaitStateExited",
        "9<-8 FailStateEntered",
        "10<-6 MapRunAborted",
        "11<-9 MapStateAborted",
        "12<-9 ParallelStateFailed",
        "13<-12 ExecutionFailed",
    ];
    assert_eq!(run.outline(), told);
    assert_eq!(run.statuses(), [Status::Aborted]);
    run.redrive();
    let outline = run.outline();
    assert!(outline[13].ends_with("ExecutionRedriven"), "{outline:?}");
    assert!(
        outline[14..].iter().any(|e| e.ends_with("MapRunRedriven")),
        "{outline:?}"
    );
}

#[test]
fn an_iteration_that_fails_gives_the_run_of_another_up_before_it() {
    let choice = json!({ "Type": "Choice", "Default": "W",
        "Choices": [{ "Condition": "{% $states.input = 1 %}", "Next": "L" }] });
    let mut states = fails()["States"].clone();
    states["L"] = spread("L");
    states["Q"] = choice;
    let map = json!({ "Type": "Map", "Items": "{% [1, 2] %}", "End": true,
        "ItemProcessor": { "StartAt": "Q", "States": states } });
    let mut run = Run::new(&map);
    run.now_ms = 6_000;
    run.step(Input::Tick);
    let outline = run.outline();
    let kinds = outline.iter().filter_map(|event| event.split(' ').nth(1));
    let ends: Vec<&str> = kinds.filter(|kind| kind.ends_with("Aborted")).collect();
    let expected = ["MapRunAborted", "MapIterationAborted", "MapStateAborted"];
    assert_eq!(ends, expected, "{outline:?}");
}

/// Format 4 knew no such event: what it wrote is told as it was, and goes on as it did.
#[test]
fn of_an_execution_that_was_stopped_before_there_was_such_an_event_none_is_told() {
    let mut run = Run::new(&spread("L"));
    run.stop();
    run.records
        .retain(|record| record.what != What::MapRunAborted);
    let mut execution = run.start.clone();
    for record in &run.records {
        execution.apply(record).expect("records fit");
    }
    run.execution = execution;
    assert_eq!(
        run.outline()[3..],
        ["4<-3 MapRunStarted", "5<-0 ExecutionAborted"]
    );
    assert_eq!(run.statuses(), [Status::Aborted]);
    run.redrive();
    assert_eq!(
        run.outline()[5..],
        ["6<-5 ExecutionRedriven", "7<-6 MapRunRedriven"]
    );
    assert_eq!(run.statuses(), [Status::Running]);
}

/// Runs of thirty branches.
fn thirty() -> Run {
    let branch = |n: u32| {
        let name = format!("M{n}");
        let mut states = serde_json::Map::new();
        states.insert(name.clone(), spread(&format!("L{n}")));
        json!({ "StartAt": name, "States": states })
    };
    let branches: Vec<Value> = (0..30).map(branch).collect();
    let run = Run::new(&json!({ "Type": "Parallel", "Branches": branches, "End": true }));
    assert_eq!(run.execution.runs_under_way().len(), 30);
    run
}

#[test]
fn a_history_keeps_room_for_the_runs_that_its_end_gives_up() {
    let mut run = thirty();
    run.execution.last_event = MAX_EVENTS - 40;
    let mut ended = 0;
    while run.execution.status == Status::Running {
        let under_way = run.execution.runs_under_way();
        let branch = run.execution.branches.get(&under_way[0]);
        let Some(Doing::Running(of)) = branch.map(|branch| &branch.doing) else {
            panic!("it has a run")
        };
        let id = of.id;
        let end = ChildEnd {
            index: 0,
            status: Status::Succeeded,
            output: Some(Json::trusted("1")),
            problem: None,
            started_ms: 0,
            stopped_ms: 0,
            attempt: 0,
            redrives: 0,
            spent: false,
        };
        run.step(Input::ChildrenEnded {
            run: id,
            ends: vec![end],
        });
        ended += 1;
    }
    let end = run.execution.end.as_ref().expect("it has ended");
    assert_eq!(end.error.as_deref(), Some("States.Runtime"));
    assert_eq!(run.aborts(), 30 - ended, "all of them are told");
    assert!(run.execution.last_event <= MAX_EVENTS);
    assert!(run.execution.last_event + 3 > MAX_EVENTS);
}

#[test]
fn a_history_from_before_tells_of_as_many_runs_as_it_has_room_for() {
    let mut run = thirty();
    run.execution.last_event = MAX_EVENTS - 10;
    run.stop();
    assert_eq!((run.aborts(), run.execution.last_event), (9, MAX_EVENTS));

    let mut imported = thirty().execution;
    imported.last_event = MAX_EVENTS - 10;
    let records = stopped(&mut imported, 2_000, "E", "C").expect("it fits");
    assert_eq!((records.len(), imported.last_event), (10, MAX_EVENTS));
    assert_eq!(imported.status, Status::Aborted);
}
