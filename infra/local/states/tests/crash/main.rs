//! SIGKILL at random moments of a busy engine: what was acknowledged is there afterwards, everything goes on, and every
//! execution gives the output that it would have given without any of it.
//!
//! The load is callbacks, activities, a Map of callbacks, executions that wait for others, children of a Distributed Map,
//! timers, executions that fail and are redriven, and Express executions that nobody waits for. A task is answered with a number that follows from its execution's
//! input and its place, so the outputs are known whoever answers. Snapshots are taken all the time, so that a kill can fall
//! into one, into the new segment that it begins, and among those that it deletes. What the kills fell into is counted: what
//! was not there cannot have failed.

mod process;
mod retention;
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent, HistoryEventType, StateMachineType};
use serde_json::{Value, json};
use states::InvokeError;
use support::{CALLBACK, Folder, Functions, INVOKE, ROLE, flow, open_with, task};

/// Tests under load; each makes its part of the kills.
const TESTS: usize = 4;
/// Executions that are looked at after each kill; all of them after every tenth.
const LOOKED_AT: usize = 40;
const CLIENTS: usize = 6;
/// A snapshot is taken so long after the last one. A process lives for some tenths of a second.
const BETWEEN_SNAPSHOTS: Duration = Duration::from_millis(15);
/// Of each test: acknowledged redrives, and timers, map runs and Express executions that were open at a kill. The moments of the kills are numbers of
/// acknowledgements, so it is some times as many however slow the machine is.
const LEAST_OF_A_KIND: usize = 5;
/// Of each test, by kill: rounds that left a new snapshot, and segments that were deleted. Nearly every round has several.
const KILLS_PER_SNAPSHOT: usize = 5;

/// Not a test of its own: what the tests below start and kill.
#[test]
#[ignore = "started by the crash test as a process of its own"]
fn child() {
    let Ok(dir) = std::env::var(process::DIR) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let functions = Functions::default();
        functions.on("turn", |_| Ok(json!(null)));
        functions.on("redriven", |redrives| {
            if redrives != json!(0) {
                return Ok(json!(null));
            }
            Err(InvokeError::Function {
                error_type: "NotYet".to_owned(),
                message: "it is redriven first".to_owned(),
            })
        });
        let config = states::Config {
            poll_ms: 200,
            ..states::Config::new(dir)
        };
        let up = open_with(config, functions).await;
        process::announce(up.address);
        loop {
            tokio::time::sleep(BETWEEN_SNAPSHOTS).await;
            up.engine.compact().await.expect("a snapshot");
        }
    });
}

/// What the engine acknowledged.
#[derive(Default)]
struct Acknowledged {
    /// Executions, with what they were started with.
    started: BTreeMap<String, i64>,
    stopped: HashSet<String>,
    /// Stops that were asked for, acknowledged or not.
    stopping: HashSet<String>,
    /// Answers taken by `SendTaskSuccess`, by execution.
    taken: HashMap<String, Vec<i64>>,
    redriven: HashSet<String>,
    /// Express executions, by what they were started with: when, in milliseconds since 1970.
    express: BTreeMap<i64, i64>,
}

const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:hands";
const MACHINES: [&str; 7] = [
    "turns", "hands", "map", "parent", "spread", "timed", "again",
];

/// A callback or an activity, told who it is for.
fn asked(resource: &str, place: &str) -> Value {
    let of = json!({ "n": "{% $states.context.Execution.Input.n %}", "at": place, "of": "{% $states.context.Execution.Id %}" });
    if resource == ACTIVITY {
        // What a worker took with it into the grave is offered again when its heart has not beaten.
        let again = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 1000 }]);
        return json!({ "Type": "Task", "Resource": ACTIVITY, "Arguments": of, "HeartbeatSeconds": 1, "Retry": again, "End": true });
    }
    let mut payload = of;
    payload["token"] = json!("{% $states.context.Task.Token %}");
    task(CALLBACK, "turn", payload)
}

/// The answer to the task at `place` of an execution started with `n`.
fn answer(n: i64, place: i64) -> i64 {
    n * 10 + place
}

/// One task after the other, with so many seconds between them; the output is what both were told.
fn two(resource: &str, seconds: u32) -> Value {
    let (mut a, mut b) = (asked(resource, "{% 0 %}"), asked(resource, "{% 1 %}"));
    a["Assign"] = json!({ "first": "{% $states.result %}" });
    a["Next"] = json!("W");
    a.as_object_mut().expect("an object").remove("End");
    b["Output"] = json!("{% [$first, $states.result] %}");
    flow(json!({ "A": a, "W": { "Type": "Wait", "Seconds": seconds, "Next": "B" }, "B": b }))
}

fn definition(machine: &str) -> Value {
    match machine {
        "turns" => two(CALLBACK, 0),
        "hands" => two(ACTIVITY, 0),
        "timed" => two(CALLBACK, 1),
        "spread" => {
            let mut call = task(INVOKE, "turn", json!(null));
            call["Output"] = json!("{% $states.input.n * 10 + $states.input.at %}");
            flow(
                json!({ "A": { "Type": "Map", "Items": "{% [0..2] %}", "End": true,
            "ItemSelector": { "n": "{% $states.input.n %}", "at": "{% $states.context.Map.Item.Index %}" },
            "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "T", "States": { "T": call } } } }),
            )
        }
        "marks" => flow(json!({ "A": { "Type": "Succeed" } })),
        // Nothing tells of an Express execution but what it starts.
        "express" => flow(
            json!({ "A": { "Type": "Wait", "Seconds": "{% $states.input.wait %}", "Next": "B" },
            "B": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true,
                "Arguments": { "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:marks",
                    "Name": "{% $states.input.mark %}" } } }),
        ),
        "again" => {
            let redrives = json!("{% $states.context.Execution.RedriveCount %}");
            let mut call = task(INVOKE, "redriven", redrives);
            call["Output"] = json!("{% [$states.input.n * 10, $states.input.n * 10 + 1] %}");
            flow(json!({ "A": call }))
        }
        "map" => {
            let turn = asked(CALLBACK, "{% $states.context.Map.Item.Index %}");
            let processor = json!({ "StartAt": "T", "States": { "T": turn } });
            flow(
                json!({ "A": { "Type": "Map", "Items": "{% [0..2] %}", "MaxConcurrency": 2, "ItemProcessor": processor, "End": true } }),
            )
        }
        _parent => flow(
            json!({ "A": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
            "Arguments": { "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:turns",
                "Input": "{% $states.input %}" },
            "Output": "{% $states.result.Output %}" } }),
        ),
    }
}

fn output(machine: &str, n: i64) -> Value {
    let places = if matches!(machine, "map" | "spread") {
        3
    } else {
        2
    };
    (0..places).map(|place| json!(answer(n, place))).collect()
}

/// A task that waits for its answer.
struct Held {
    execution: String,
    token: String,
    value: i64,
}

impl Held {
    fn new(told: &Value, token: &str) -> Option<Self> {
        Some(Self {
            execution: told["of"].as_str()?.to_owned(),
            token: token.to_owned(),
            value: answer(told["n"].as_i64()?, told["at"].as_i64()?),
        })
    }
}

/// The callbacks that an execution has scheduled, those of the execution that it waits for, too.
async fn callbacks(client: &Client, arn: &str) -> Option<Vec<Held>> {
    let (mut found, mut next) = (Vec::new(), Some(arn.to_owned()));
    while let Some(arn) = next.take() {
        let asked = client.get_execution_history().execution_arn(&arn);
        let told = asked.max_results(100).send().await.ok()?;
        for event in told.events() {
            if let Some(scheduled) = event.task_scheduled_event_details() {
                let parameters: Value = serde_json::from_str(scheduled.parameters()).ok()?;
                let payload = &parameters["Payload"];
                found.extend(
                    payload["token"]
                        .as_str()
                        .and_then(|token| Held::new(payload, token)),
                );
            }
            if let Some(submitted) = event.task_submitted_event_details() {
                let output: Value = serde_json::from_str(submitted.output()?).ok()?;
                next = output["ExecutionArn"].as_str().map(str::to_owned);
            }
        }
    }
    Some(found)
}

/// A task for a worker, if there is one within its poll.
async fn fetched(client: &Client) -> Option<Held> {
    let asked = client.get_activity_task().activity_arn(ACTIVITY);
    let told = asked.worker_name("hand").send().await.ok()?;
    let input: Value = serde_json::from_str(told.input()?).ok()?;
    Held::new(&input, told.task_token()?)
}

/// Answers a task; what is acknowledged goes into the book.
async fn succeed(client: &Client, held: Held, book: &Mutex<Acknowledged>) -> bool {
    let sent = client
        .send_task_success()
        .task_token(held.token)
        .output(held.value.to_string());
    let taken = sent.send().await.is_ok();
    if taken {
        let mut book = book.lock().unwrap();
        book.taken
            .entry(held.execution)
            .or_default()
            .push(held.value);
    }
    taken
}

/// One client's work until the engine is gone.
async fn work(client: Client, book: Arc<Mutex<Acknowledged>>, acks: Arc<AtomicUsize>, seed: usize) {
    for turn in 0_usize.. {
        let machine = MACHINES[(seed + turn) % MACHINES.len()];
        let n = (seed * 1_000 + turn) as i64;
        if (seed + turn).is_multiple_of(3) {
            let Some(at_ms) = marking(&client, n).await else {
                return;
            };
            book.lock().unwrap().express.insert(n, at_ms);
            acks.fetch_add(1, Ordering::SeqCst);
        }
        let started = client
            .start_execution()
            .state_machine_arn(format!(
                "arn:aws:states:us-east-1:000000000000:stateMachine:{machine}"
            ))
            .input(json!({ "n": n }).to_string());
        let Ok(started) = started.send().await else {
            return;
        };
        let arn = started.execution_arn;
        book.lock().unwrap().started.insert(arn.clone(), n);
        acks.fetch_add(1, Ordering::SeqCst);
        if machine == "again" {
            match redriven(&client, &arn, &book).await {
                Some(true) => acks.fetch_add(1, Ordering::SeqCst),
                Some(false) => 0,
                None => return,
            };
        }
        for _ in 0..(seed + turn) % 4 {
            let held = if machine == "hands" {
                fetched(&client).await.into_iter().collect()
            } else {
                let Some(held) = callbacks(&client, &arn).await else {
                    return;
                };
                held
            };
            for held in held {
                if succeed(&client, held, &book).await {
                    acks.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
        // What failed and may be redriven is left alone.
        if machine != "again" && (seed + turn).is_multiple_of(5) {
            book.lock().unwrap().stopping.insert(arn.clone());
            if client
                .stop_execution()
                .execution_arn(&arn)
                .send()
                .await
                .is_err()
            {
                return;
            }
            book.lock().unwrap().stopped.insert(arn);
            acks.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The execution that says of an Express one that it ran.
fn mark(n: i64) -> String {
    format!("n{n}")
}

/// Starts an Express execution that leaves its mark, every other one a second later; gives when it was started. `None` if the
/// engine is gone.
async fn marking(client: &Client, n: i64) -> Option<i64> {
    let started = client
        .start_execution()
        .state_machine_arn("arn:aws:states:us-east-1:000000000000:stateMachine:express")
        .input(json!({ "mark": mark(n), "wait": n / 1_000 % 2 }).to_string());
    let started = started.send().await.ok()?;
    Some(started.start_date.to_millis().expect("a time"))
}

/// Redrives an execution once it has failed, if it does so soon; what is acknowledged goes into the book. `None` if the engine
/// is gone.
async fn redriven(client: &Client, arn: &str, book: &Mutex<Acknowledged>) -> Option<bool> {
    for _ in 0..50 {
        let told = client.describe_execution().execution_arn(arn).send().await;
        if told.ok()?.status == ExecutionStatus::Failed {
            let asked = client.redrive_execution().execution_arn(arn);
            asked.send().await.ok()?;
            book.lock().unwrap().redriven.insert(arn.to_owned());
            return Some(true);
        }
    }
    Some(false)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_sigkill_first_quarter() {
    kills().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_sigkill_second_quarter() {
    kills().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_sigkill_third_quarter() {
    kills().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_sigkill_fourth_quarter() {
    kills().await;
}

/// Each with a folder of its own, so that they run beside each other.
async fn kills() {
    let folder = Folder::new();
    let book = Arc::new(Mutex::new(Acknowledged::default()));
    let mut fallen = Fallen::default();
    let rounds = process::kills() / TESTS;
    for round in 0..rounds {
        let before = snapshot_written(folder.path());
        let (process, client) = process::spawn("child", folder.path(), &[]);
        let most = if round % 10 == 0 {
            usize::MAX
        } else {
            LOOKED_AT
        };
        check(&client, &book, most).await;
        make(&client).await;
        let acks = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..CLIENTS)
            .map(|i| {
                tokio::spawn(work(
                    client.clone(),
                    book.clone(),
                    acks.clone(),
                    round * CLIENTS + i,
                ))
            })
            .collect();
        // The moment is a number of acknowledgements; what else is under way then is chance.
        let moment = rand::random_range(1..40);
        while acks.load(Ordering::SeqCst) < moment {
            tokio::task::yield_now().await;
        }
        drop(process);
        fallen.kills_ms.push(now_ms());
        fallen.snapshots += usize::from(snapshot_written(folder.path()) != before);
        for worker in workers {
            worker.await.expect("a worker");
        }
    }
    fallen.redriven = book.lock().unwrap().redriven.len();
    fallen.deleted = deleted(folder.path());
    let (_process, client) = process::spawn("child", folder.path(), &[]);
    check(&client, &book, usize::MAX).await;
    finish(&client, &book).await;
    fallen.look(&client, &book).await;
    fallen.look_for_marks(&client, &book).await;
    fallen.hold(rounds);
}

/// What the kills of a test fell into.
#[derive(Debug, Default)]
struct Fallen {
    /// When each was over, in milliseconds since 1970: what a history has before came from who was killed, or from an earlier one.
    kills_ms: Vec<i64>,
    /// Rounds that left a new snapshot.
    snapshots: usize,
    /// Segments that were deleted.
    deleted: usize,
    /// Redrives that were acknowledged.
    redriven: usize,
    /// Waits that were open at a kill.
    timers: usize,
    /// Map runs that were open at a kill.
    runs: usize,
    /// Express executions that were acknowledged before a kill and left their mark behind it.
    express: usize,
}

impl Fallen {
    /// Looks into the histories of all that has been started, which have all ended.
    async fn look(&mut self, client: &Client, book: &Mutex<Acknowledged>) {
        let arns: Vec<String> = book.lock().unwrap().started.keys().cloned().collect();
        for arn in &arns {
            let timed = arn.contains(":timed:");
            let (begun, ended) = if timed {
                (
                    HistoryEventType::WaitStateEntered,
                    HistoryEventType::WaitStateExited,
                )
            } else if arn.contains(":spread:") {
                (
                    HistoryEventType::MapRunStarted,
                    HistoryEventType::MapRunSucceeded,
                )
            } else {
                continue;
            };
            let asked = client.get_execution_history().execution_arn(arn);
            let told = asked.max_results(1000).send().await.expect("a history");
            let was_open = usize::from(self.was_open(told.events(), &begun, &ended));
            if timed {
                self.timers += was_open;
            } else {
                self.runs += was_open;
            }
        }
    }

    /// Every Express execution whose start was acknowledged has left its mark, or will without being asked.
    async fn look_for_marks(&mut self, client: &Client, book: &Mutex<Acknowledged>) {
        let express = book.lock().unwrap().express.clone();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        for (n, started_ms) in express {
            let arn = format!(
                "arn:aws:states:us-east-1:000000000000:execution:marks:{}",
                mark(n)
            );
            let marked = loop {
                let told = client.describe_execution().execution_arn(&arn).send().await;
                if let Ok(told) = told {
                    break told.start_date.to_millis().expect("a time");
                }
                assert!(
                    tokio::time::Instant::now() < deadline,
                    "{n} was acknowledged and never ran"
                );
                tokio::time::sleep(Duration::from_millis(10)).await;
            };
            let between = started_ms..marked;
            let was_open = self
                .kills_ms
                .iter()
                .any(|kill_ms| between.contains(kill_ms));
            self.express += usize::from(was_open);
        }
    }

    /// Was there a kill between these two events? One that was stopped has its end for the second.
    fn was_open(
        &self,
        events: &[HistoryEvent],
        begun: &HistoryEventType,
        ended: &HistoryEventType,
    ) -> bool {
        let at_ms = |event: &HistoryEvent| event.timestamp.to_millis().expect("a time");
        let first = |kind: &HistoryEventType| events.iter().find(|event| event.r#type == *kind);
        let (Some(begun), Some(ended)) = (first(begun), first(ended).or(events.last())) else {
            return false;
        };
        let open = at_ms(begun)..at_ms(ended);
        self.kills_ms.iter().any(|kill_ms| open.contains(kill_ms))
    }

    /// Without these the test says less than it seems to.
    fn hold(&self, rounds: usize) {
        println!("{self:?}");
        let least = rounds / KILLS_PER_SNAPSHOT;
        let of_a_kind = [self.redriven, self.timers, self.runs, self.express];
        assert!(
            of_a_kind.iter().all(|count| *count >= LEAST_OF_A_KIND),
            "too little was under way at the kills: {self:?}"
        );
        assert!(
            self.snapshots >= least && self.deleted >= least,
            "too few snapshots: {self:?}"
        );
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("a time after 1970").as_millis() as i64
}

/// When the snapshot of a folder was written, if there is one.
fn snapshot_written(dir: &Path) -> Option<SystemTime> {
    let there = std::fs::metadata(dir.join("snapshot")).ok()?;
    Some(there.modified().expect("a time"))
}

/// How many segments of a folder's log are gone: their numbers have no gaps otherwise.
fn deleted(dir: &Path) -> usize {
    let names = std::fs::read_dir(dir.join("log")).expect("a log");
    let numbers: Vec<usize> = names
        .filter_map(|entry| {
            let name = entry.expect("a name").file_name();
            name.to_str()?.strip_suffix(".seg")?.parse().ok()
        })
        .collect();
    numbers.iter().max().map_or(0, |last| last - numbers.len())
}

/// The activity and the machines, if they are not there.
async fn make(client: &Client) {
    let activity = client.create_activity().name("hands").send().await;
    assert_eq!(activity.expect("made, or there").activity_arn, ACTIVITY);
    for machine in MACHINES.into_iter().chain(["marks", "express"]) {
        let kind = if machine == "express" {
            StateMachineType::Express
        } else {
            StateMachineType::Standard
        };
        let made = client
            .create_state_machine()
            .name(machine)
            .r#type(kind)
            .role_arn(ROLE)
            .definition(definition(machine).to_string());
        made.send().await.expect("made, or there");
    }
}

/// Everything acknowledged so far is known.
async fn check(client: &Client, book: &Mutex<Acknowledged>, most: usize) {
    let (started, stopped, taken, redriven) = {
        let book = book.lock().unwrap();
        (
            book.started.clone(),
            book.stopped.clone(),
            book.taken.clone(),
            book.redriven.clone(),
        )
    };
    for arn in chosen(&started, most) {
        let told = client.describe_execution().execution_arn(arn).send().await;
        let told = told.unwrap_or_else(|e| panic!("{arn} is lost: {e:?}"));
        let status = told.status;
        if redriven.contains(arn) {
            assert_eq!(told.redrive_count, Some(1), "{arn} was redriven once");
            assert_ne!(status, ExecutionStatus::Failed, "{arn}");
        }
        assert!(
            !stopped.contains(arn)
                || matches!(
                    status,
                    ExecutionStatus::Aborted | ExecutionStatus::Succeeded
                )
        );
        let events = client
            .get_execution_history()
            .execution_arn(arn)
            .send()
            .await
            .expect("a history")
            .events;
        let ids: Vec<i64> = events.iter().map(|e| e.id).collect();
        assert_eq!(ids, (1..=events.len() as i64).collect::<Vec<_>>());
        let outputs: Vec<i64> = events
            .iter()
            .filter_map(|e| {
                let called = e.task_succeeded_event_details().and_then(|d| d.output());
                let worked = e
                    .activity_succeeded_event_details()
                    .and_then(|d| d.output());
                called.or(worked)?.parse().ok()
            })
            .collect();
        for value in taken.get(arn).into_iter().flatten() {
            let times = outputs.iter().filter(|output| *output == value).count();
            assert_eq!(
                times, 1,
                "{arn} was told {value} once and has it {times} times"
            );
        }
    }
}

/// So many of them, other ones each time.
fn chosen(started: &BTreeMap<String, i64>, most: usize) -> Vec<&String> {
    let from = rand::random_range(0..=started.len().saturating_sub(most));
    started.keys().skip(from).take(most).collect()
}

/// Every execution that is still open can be brought to its end, and each that nobody asked to stop has its output.
async fn finish(client: &Client, book: &Mutex<Acknowledged>) {
    let (started, stopping) = {
        let book = book.lock().unwrap();
        (book.started.clone(), book.stopping.clone())
    };
    let mut open: Vec<&String> = started.keys().collect();
    while !open.is_empty() {
        let mut left = Vec::new();
        for arn in open {
            let told = client.describe_execution().execution_arn(arn).send().await;
            let told = told.expect("told");
            if told.status == ExecutionStatus::Running {
                let held = callbacks(client, arn).await.expect("a history");
                for held in held {
                    // Those that were answered before are refused.
                    succeed(client, held, book).await;
                }
                left.push(arn);
                continue;
            }
            if stopping.contains(arn) && told.status == ExecutionStatus::Aborted {
                continue;
            }
            if told.status == ExecutionStatus::Failed && told.redrive_count == Some(0) {
                assert!(arn.contains(":again:"), "{arn}: {:?}", told.cause);
                redriven(client, arn, book).await.expect("redriven");
                left.push(arn);
                continue;
            }
            assert_eq!(
                told.status,
                ExecutionStatus::Succeeded,
                "{arn}: {:?}",
                told.cause
            );
            let given: Value =
                serde_json::from_str(told.output().expect("an output")).expect("JSON");
            let machine = arn.rsplit(':').nth(1).expect("a machine");
            assert_eq!(given, output(machine, started[arn]), "{arn}");
        }
        // Some of these wait for a worker that is no more: their tasks come again.
        while let Some(held) = fetched(client).await {
            succeed(client, held, book).await;
        }
        open = left;
    }
    check(client, book, usize::MAX).await;
}
