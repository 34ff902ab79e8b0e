//! SIGKILL at random moments of a busy engine: what was acknowledged is there afterwards, and everything goes on.

mod support;

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEventType};
use serde_json::{Value, json};
use support::{CALLBACK, Folder, Functions, ROLE, flow, open_with, task};

const CHILD_DIR: &str = "STATES_CRASH_DIR";
/// Kills of each test; there are four.
const ROUNDS: usize = 50;
/// Executions that are looked at after each kill; all of them after every tenth.
const LOOKED_AT: usize = 40;
const CLIENTS: usize = 6;

/// Not a test of its own: what the tests below start and kill.
#[test]
#[ignore = "started by the crash test as a process of its own"]
fn child() {
    let Ok(dir) = std::env::var(CHILD_DIR) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let functions = Functions::default();
        functions.on("turn", |_| Ok(json!(null)));
        let up = open_with(states::Config::new(dir), functions).await;
        let mut out = std::io::stdout();
        writeln!(out, "\nADDRESS {}", up.address)
            .and_then(|()| out.flush())
            .expect("told");
        std::future::pending::<()>().await;
    });
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL, by the process's own id.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn spawn(dir: &Path) -> (Process, Client) {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--ignored", "--exact", "child", "--nocapture"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let process = Process(child);
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| {
            line.strip_prefix("ADDRESS ")
                .map(|a| a.parse().expect("an address"))
        })
        .expect("the child says where it is");
    (process, support::client(address))
}

/// What the engine acknowledged.
#[derive(Default)]
struct Acknowledged {
    started: HashSet<String>,
    stopped: HashSet<String>,
    /// Outputs taken by `SendTaskSuccess`, by execution, in order.
    taken: HashMap<String, Vec<i64>>,
}

/// Two callback tasks one after the other; the output is what both were told.
fn definition() -> Value {
    let token = json!("{% $states.context.Task.Token %}");
    let (mut a, mut b) = (
        task(CALLBACK, "turn", token.clone()),
        task(CALLBACK, "turn", token),
    );
    a["Assign"] = json!({ "first": "{% $states.result %}" });
    a["Next"] = json!("W");
    a.as_object_mut().expect("an object").remove("End");
    b["Output"] = json!("{% [$first, $states.result] %}");
    flow(json!({ "A": a, "W": { "Type": "Wait", "Seconds": 0, "Next": "B" }, "B": b }))
}

/// The token that an execution waits with, read from its history.
async fn token(client: &Client, arn: &str) -> Option<String> {
    let told = client
        .get_execution_history()
        .execution_arn(arn)
        .reverse_order(true)
        .max_results(10)
        .send()
        .await
        .ok()?;
    let last = told.events().iter().find(|e| {
        matches!(
            e.r#type,
            HistoryEventType::TaskScheduled | HistoryEventType::TaskSucceeded
        )
    })?;
    let parameters: Value =
        serde_json::from_str(last.task_scheduled_event_details()?.parameters()).ok()?;
    Some(parameters["Payload"].as_str()?.to_owned())
}

/// One client's work until the engine is gone.
async fn work(
    client: Client,
    machine: String,
    book: Arc<Mutex<Acknowledged>>,
    acks: Arc<AtomicUsize>,
    seed: usize,
) {
    for turn in 0_usize.. {
        let Ok(started) = client
            .start_execution()
            .state_machine_arn(&machine)
            .send()
            .await
        else {
            return;
        };
        let arn = started.execution_arn;
        book.lock().unwrap().started.insert(arn.clone());
        acks.fetch_add(1, Ordering::SeqCst);
        for step in 0..(seed + turn) % 3 {
            let Some(token) = token(&client, &arn).await else {
                break;
            };
            let value = (seed * 1_000 + turn * 10 + step) as i64;
            let sent = client
                .send_task_success()
                .task_token(token)
                .output(value.to_string())
                .send()
                .await;
            if sent.is_err() {
                break;
            }
            book.lock()
                .unwrap()
                .taken
                .entry(arn.clone())
                .or_default()
                .push(value);
            acks.fetch_add(1, Ordering::SeqCst);
        }
        if (seed + turn).is_multiple_of(7) {
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

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_sigkill_first_fifty() {
    kills().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_sigkill_second_fifty() {
    kills().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_sigkill_third_fifty() {
    kills().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_sigkill_fourth_fifty() {
    kills().await;
}

/// Each with a folder of its own, so that they run beside each other.
async fn kills() {
    let folder = Folder::new();
    let book = Arc::new(Mutex::new(Acknowledged::default()));
    let mut machine = String::new();
    for round in 0..ROUNDS {
        let (process, client) = spawn(folder.path());
        let most = if round % 10 == 0 {
            usize::MAX
        } else {
            LOOKED_AT
        };
        check(&client, &book, most).await;
        let made = client
            .create_state_machine()
            .name("m")
            .role_arn(ROLE)
            .definition(definition().to_string());
        machine = made.send().await.expect("made, or there").state_machine_arn;
        let acks = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..CLIENTS)
            .map(|i| {
                tokio::spawn(work(
                    client.clone(),
                    machine.clone(),
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
        for worker in workers {
            worker.await.expect("a worker");
        }
    }
    let (_process, client) = spawn(folder.path());
    check(&client, &book, usize::MAX).await;
    finish(&client, &machine, &book).await;
}

/// Everything acknowledged so far is known.
async fn check(client: &Client, book: &Mutex<Acknowledged>, most: usize) {
    let (started, stopped, taken) = {
        let book = book.lock().unwrap();
        (
            book.started.clone(),
            book.stopped.clone(),
            book.taken.clone(),
        )
    };
    // A set's order is chance.
    for arn in started.iter().take(most) {
        let told = client.describe_execution().execution_arn(arn).send().await;
        let status = told
            .unwrap_or_else(|e| panic!("{arn} is lost: {e:?}"))
            .status;
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
            .filter_map(|e| e.task_succeeded_event_details()?.output()?.parse().ok())
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

/// Every execution that is still open can be brought to its end.
async fn finish(client: &Client, machine: &str, book: &Mutex<Acknowledged>) {
    let taken = book.lock().unwrap().taken.clone();
    loop {
        let list = client
            .list_executions()
            .state_machine_arn(machine)
            .status_filter(ExecutionStatus::Running);
        let running = list
            .max_results(1000)
            .send()
            .await
            .expect("listed")
            .executions;
        if running.is_empty() {
            break;
        }
        for execution in running {
            if let Some(token) = token(client, &execution.execution_arn).await {
                // The second task may not have begun; then this one is over, and the next round finds the other.
                let _taken = client
                    .send_task_success()
                    .task_token(token)
                    .output("-1")
                    .send()
                    .await;
            }
        }
    }
    for (arn, values) in taken {
        let told = client
            .describe_execution()
            .execution_arn(&arn)
            .send()
            .await
            .expect("told");
        if told.status == ExecutionStatus::Succeeded {
            let output: Vec<i64> =
                serde_json::from_str(told.output().expect("an output")).expect("numbers");
            assert_eq!(output.len(), 2);
            assert!(
                output.starts_with(&values),
                "{arn}: {output:?} keeps what it was told, {values:?}"
            );
        }
    }
}

/// Children that succeed once they have been redriven as often as their item says.
fn redriven_definition() -> Value {
    let attempt = "{% $states.context.Execution.RedriveCount < $states.input % 3 ? $error('not yet') : $states.input %}";
    let map = json!({ "Type": "Map", "Label": "L", "MaxConcurrency": 3, "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "P",
        "States": { "P": { "Type": "Pass", "Output": attempt, "End": true } } } });
    flow(json!({ "A": map }))
}

/// Redrives what failed until all have succeeded; with `starts`, starts more until the engine is gone.
async fn redrive_all(
    client: &Client,
    machine: &str,
    acks: &AtomicUsize,
    starts: bool,
) -> Option<()> {
    loop {
        if starts {
            let start = client.start_execution().state_machine_arn(machine);
            start.input("[1, 2, 0, 4, 5, 3]").send().await.ok()?;
            acks.fetch_add(1, Ordering::SeqCst);
        }
        let list = client.list_executions().state_machine_arn(machine);
        let found = list.max_results(1_000).send().await.ok()?.executions;
        for execution in &found {
            if execution.status == ExecutionStatus::Failed {
                let arn = &execution.execution_arn;
                let again = client.redrive_execution().execution_arn(arn).send().await;
                if again.is_err() {
                    // Gone, or redriven by somebody else.
                    client
                        .describe_execution()
                        .execution_arn(arn)
                        .send()
                        .await
                        .ok()?;
                }
                acks.fetch_add(1, Ordering::SeqCst);
            }
        }
        let over =
            |e: &aws_sdk_sfn::types::ExecutionListItem| e.status == ExecutionStatus::Succeeded;
        if !starts && found.iter().all(over) {
            return Some(());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redriven_map_runs_go_on_after_sigkill() {
    let folder = Folder::new();
    let mut machine = String::new();
    for _round in 0..20 {
        let (process, client) = spawn(folder.path());
        let made = client
            .create_state_machine()
            .name("r")
            .role_arn(ROLE)
            .definition(redriven_definition().to_string());
        machine = made.send().await.expect("made, or there").state_machine_arn;
        let acks = Arc::new(AtomicUsize::new(0));
        let worker = {
            let (client, machine, acks) = (client.clone(), machine.clone(), acks.clone());
            tokio::spawn(async move { redrive_all(&client, &machine, &acks, true).await })
        };
        let moment = rand::random_range(1..12);
        while acks.load(Ordering::SeqCst) < moment {
            tokio::task::yield_now().await;
        }
        drop(process);
        assert_eq!(worker.await.expect("a worker"), None);
    }
    let (_process, client) = spawn(folder.path());
    let acks = AtomicUsize::new(0);
    redrive_all(&client, &machine, &acks, false)
        .await
        .expect("all succeed");
    let list = client.list_executions().state_machine_arn(&machine);
    let all = list.max_results(1_000).send().await.expect("listed");
    for execution in all.executions() {
        let arn = execution.execution_arn();
        let told = client.describe_execution().execution_arn(arn).send().await;
        let output = told.expect("told").output.expect("an output");
        assert_eq!(output, "[1,2,0,4,5,3]", "{arn}");
        let runs = client.list_map_runs().execution_arn(arn).send().await;
        let runs = runs.expect("listed").map_runs;
        assert_eq!(runs.len(), 1, "{arn} has one map run, redriven");
        let run = runs[0].map_run_arn();
        let told = client.describe_map_run().map_run_arn(run).send().await;
        let told = told.expect("told");
        let counts = told.execution_counts.expect("counts");
        assert_eq!((counts.succeeded, counts.total), (6, 6), "{counts:?}");
        let list = client.list_executions().map_run_arn(run);
        let children = list.send().await.expect("listed").executions;
        assert_eq!(children.len(), 6, "none was started twice");
        for child in children {
            let told = client.describe_execution();
            let told = told.execution_arn(child.execution_arn()).send().await;
            let told = told.expect("told");
            let item: i32 = told.input().and_then(|i| i.parse().ok()).expect("a number");
            let redrives = told.redrive_count().expect("a count");
            assert!(redrives >= item % 3, "{item} was redriven {redrives} times");
            assert!(redrives <= execution.redrive_count().expect("a count"));
        }
    }
}
