//! The power goes while a workflow waits: for every state of every definition that waits, an execution is brought there
//! by a real engine process, the process is killed, and a new one on the same folder brings it to the end of its case.
use crate::case::{Case, Then};
use crate::world::{Answer, Turn, World};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEventType};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;

const FOLDER: &str = "FLOWS_KILLED_FOLDER";
const FUNCTIONS: &str = "FLOWS_KILLED_FUNCTIONS";

/// Not a test of its own: what the test below starts and kills.
#[test]
#[ignore = "started by the test of kills as a process of its own"]
fn engine() {
    let (Ok(folder), Ok(functions)) = (std::env::var(FOLDER), std::env::var(FUNCTIONS)) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let services = states::Services {
            endpoint: Some(functions),
            ..states::Services::default()
        };
        let lambda = Arc::new(states::RemoteLambda::new(services, "us-east-1"));
        let engine = states::Engine::open(states::Config::new(folder), lambda).expect("it opens");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut out = std::io::stdout();
        writeln!(out, "\nADDRESS {address}")
            .and_then(|()| out.flush())
            .expect("told");
        axum::serve(listener, engine.router())
            .await
            .expect("serving");
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

fn spawn(folder: &Path, functions: &str) -> (Process, Client) {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--ignored", "--exact", "killed::engine", "--nocapture"])
        .env(FOLDER, folder)
        .env(FUNCTIONS, functions)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let process = Process(child);
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("ADDRESS ").map(str::to_owned))
        .expect("the child says where it is");
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(format!("http://{address}"))
        .build();
    (process, Client::from_conf(config))
}

/// An execution, the state that it is killed in, and the case that takes it there.
struct Story {
    execution: String,
    target: String,
    case: Case,
}

/// The states of a definition that wait: for somebody's answer, or for a time.
fn waiting(asl: &Value) -> Vec<String> {
    let states = asl["States"].as_object().expect("States").iter();
    let waits = |state: &Value| {
        let resource = state["Resource"].as_str().unwrap_or_default();
        state["Type"] == "Wait" || resource.ends_with(".waitForTaskToken")
    };
    states
        .filter(|(_, state)| waits(state))
        .map(|(name, _)| name.clone())
        .collect()
}

/// The shortest case that waits in a state, of a request's first execution if there is one: what an execution that takes over finds
/// may be over by the clock of this world, and nobody in it redrives anything.
fn shortest<'a>(cases: &'a [Case], target: &str) -> Option<&'a Case> {
    let waits_there = |case: &&Case| {
        let mut there = case.steps.iter().filter(|step| step.state == target);
        there.any(|step| {
            matches!(
                step.then,
                None | Some(Then::Signal(_)) | Some(Then::Timeout(_))
            )
        })
    };
    cases
        .iter()
        .filter(|case| !case.is_redriven())
        .filter(waits_there)
        .min_by_key(|case| (!case.input["takenOver"].is_null(), case.steps.len()))
}

/// What the world is asked says who asks; the rest of a definition stays as it is.
fn telling_who(mut asl: Value) -> Value {
    for state in asl["States"].as_object_mut().expect("States").values_mut() {
        let arguments = state.get_mut("Arguments");
        if let Some(payload) = arguments.and_then(|arguments| arguments.get_mut("Payload")) {
            payload["execution"] = json!("{% $states.context.Execution.Name %}");
            payload["at"] = json!("{% $states.context.State.Name %}");
        }
    }
    asl
}

/// Reports the turns' ends as they come.
async fn report(client: Client, mut turns: UnboundedReceiver<Turn>) {
    while let Some(turn) = turns.recv().await {
        tell(&client, turn).await;
    }
}

async fn tell(client: &Client, Turn { token, answer }: Turn) {
    match answer {
        Answer::Signal(signal) => {
            let sent = client.send_task_success().task_token(token);
            let sent = sent.output(signal.to_string()).send().await;
            sent.expect("the token is good");
        }
        // The state's limit may be weeks: its error comes from us.
        Answer::Late => {
            let sent = client.send_task_failure().task_token(token);
            let sent = sent.error("States.Timeout").send().await;
            sent.expect("the token is good");
        }
    }
}

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:states:us-east-1:000000000000:{kind}:{name}")
}

/// The kind of an execution's last event.
async fn last(client: &Client, execution: &str) -> HistoryEventType {
    let asked = client.get_execution_history().execution_arn(execution);
    let told = asked.reverse_order(true).max_results(1).send().await;
    told.expect("a history").events()[0].r#type.clone()
}

/// The states that an execution has entered.
async fn path(client: &Client, execution: &str) -> Vec<String> {
    let asked = client.get_execution_history().execution_arn(execution);
    let told = asked
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>();
    let events = told.await.expect("a history");
    let entered = events
        .iter()
        .filter_map(|event| event.state_entered_event_details());
    entered.map(|details| details.name.clone()).collect()
}

/// What comes, unless it does not.
async fn within<T>(what: &str, comes: impl Future<Output = T>) -> T {
    let limit = std::time::Duration::from_secs(120);
    let came = tokio::time::timeout(limit, comes).await;
    came.unwrap_or_else(|_| panic!("{what}: not within {limit:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_every_state_that_waits_a_workflow_goes_on_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let (world, turns) = World::start().await;
    let (process, client) = spawn(folder.path(), &world.endpoint);
    let reporter = tokio::spawn(report(client.clone(), turns));

    let mut stories = BTreeMap::new();
    for (flow, asl, cases) in crate::definitions() {
        let made = client.create_state_machine().name(&flow);
        let made = made.role_arn("arn:aws:iam::000000000000:role/test");
        let made = made
            .definition(telling_who(asl.clone()).to_string())
            .send()
            .await;
        let machine = made
            .unwrap_or_else(|why| panic!("{flow}: {why:?}"))
            .state_machine_arn;
        for (at, target) in waiting(&asl).into_iter().enumerate() {
            let case =
                shortest(&cases, &target).unwrap_or_else(|| panic!("no case waits in {target}"));
            let name = format!("{flow}-{at}");
            world.expect(&name, &target, case);
            let started = client.start_execution().state_machine_arn(&machine);
            let started = started
                .name(&name)
                .input(case.input.to_string())
                .send()
                .await;
            let story = Story {
                execution: arn("execution", &format!("{flow}:{name}")),
                target,
                case: case.clone(),
            };
            assert_eq!(started.expect("started").execution_arn, story.execution);
            stories.insert(name, story);
        }
    }
    assert!(stories.len() > 60, "{} states wait", stories.len());

    for (name, Story { execution, .. }) in &stories {
        let is_there = |last: &HistoryEventType| match last {
            HistoryEventType::TaskSubmitted => world.holds(name),
            HistoryEventType::WaitStateEntered => true,
            HistoryEventType::ExecutionFailed | HistoryEventType::ExecutionSucceeded => {
                panic!("{name} ended before it waited where it should")
            }
            _ => false,
        };
        let waits = async { while !is_there(&last(&client, execution).await) {} };
        within(&format!("{name} waits"), waits).await;
    }
    drop(process);
    reporter.abort();

    let turns = world.turns();
    let (_process, client) = spawn(folder.path(), &world.endpoint);
    for turn in world.let_go() {
        tell(&client, turn).await;
    }
    let reporter = tokio::spawn(report(client.clone(), turns));
    for Story {
        execution,
        target,
        case,
    } in stories.values()
    {
        let at = format!("{execution}, killed in {target}: {}", case.what);
        let ends = async {
            loop {
                let asked = client.describe_execution().execution_arn(execution);
                let told = asked.send().await.expect("described");
                if *told.status() != ExecutionStatus::Running {
                    break told;
                }
            }
        };
        let told = within(&at, ends).await;
        let expected: Vec<_> = case.steps.iter().map(|step| step.state.clone()).collect();
        assert_eq!(path(&client, execution).await, expected, "{at}");
        assert_eq!(told.status().as_str(), case.status, "{at}");
    }
    reporter.abort();
    world.is_done();
}
