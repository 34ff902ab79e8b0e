//! Executions that move from one data folder to another: whole, or not at all.

mod bent;
mod changed;
#[path = "../support/mod.rs"]
mod support;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use states::InvokeError;
use support::{CALLBACK, Folder, INVOKE, Running, flow, open, task};

const EXPORT: &str = "StrowgerStates.ExportExecution";
const IMPORT: &str = "StrowgerStates.ImportExecution";

/// Status and body of an answer.
async fn ask(up: &Running, target: &str, body: String) -> (u16, String) {
    let request = http::Request::post(format!("http://{}/", up.address))
        .header("x-amz-target", target)
        .body(Full::new(Bytes::from(body)))
        .expect("a request");
    let http = Client::builder(TokioExecutor::new()).build_http();
    let answer = http.request(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body");
    let text = String::from_utf8(body.to_bytes().to_vec()).expect("text");
    (status, text)
}

async fn export(up: &Running, execution: &str) -> String {
    let body = json!({ "executionArn": execution }).to_string();
    let (status, text) = ask(up, EXPORT, body).await;
    assert_eq!(status, 200, "{text}");
    text
}

async fn import(up: &Running, body: String) -> Value {
    let (status, text) = ask(up, IMPORT, body).await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

/// Why an import is refused: the name and the message.
async fn refused(up: &Running, body: String) -> (String, String) {
    let (status, text) = ask(up, IMPORT, body).await;
    assert_eq!(status, 400, "{text}");
    let told: Value = serde_json::from_str(&text).expect("JSON");
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    (text("__type"), text("message"))
}

/// What the calls that read say of an execution and its map runs, as they say it.
async fn told(up: &Running, execution: &str) -> Vec<String> {
    let mut told = Vec::new();
    for call in [
        "DescribeExecution",
        "GetExecutionHistory",
        "DescribeStateMachineForExecution",
        "ListMapRuns",
    ] {
        let target = format!("AWSStepFunctions.{call}");
        let body = json!({ "executionArn": execution, "maxResults": 1000 }).to_string();
        let (status, text) = ask(up, &target, body).await;
        assert_eq!(status, 200, "{call}: {text}");
        told.push(text);
    }
    let runs: Value = serde_json::from_str(told.last().expect("a list")).expect("JSON");
    for run in runs["mapRuns"].as_array().expect("a list") {
        let body = json!({ "mapRunArn": run["mapRunArn"] }).to_string();
        let (status, text) = ask(up, "AWSStepFunctions.DescribeMapRun", body).await;
        assert_eq!(status, 200, "{text}");
        told.push(text);
    }
    told
}

/// Asks until the history has an event of this type.
async fn until(up: &Running, execution: &str, kind: &str) {
    while !up
        .outline(execution)
        .await
        .iter()
        .any(|e| e.ends_with(kind))
    {}
}

/// A flow of random states, at most so deep. Some fail.
fn states(chance: &mut SmallRng, depth: u32, place: &str) -> Value {
    let mut found = serde_json::Map::new();
    let count = chance.random_range(1..4);
    for i in 0..count {
        let name = format!("{place}{i}");
        let inner = |chance: &mut SmallRng, tag: &str| {
            states(chance, depth.saturating_sub(1), &format!("{name}{tag}"))
        };
        let kinds = if depth == 0 { 4 } else { 7 };
        let mut state = match chance.random_range(0..kinds) {
            0 => {
                json!({ "Type": "Pass", "Assign": { format!("x{name}"): "{% $states.context.State.EnteredTime %}" } })
            }
            1 => task(
                INVOKE,
                if chance.random_bool(0.2) {
                    "bad"
                } else {
                    "good"
                },
                json!({ "n": i }),
            ),
            2 => json!({ "Type": "Wait", "Seconds": 0 }),
            3 => json!({ "Type": "Pass", "Output": { "text": "ü\"\\\n", "number": 0.1 } }),
            4 => {
                json!({ "Type": "Parallel", "Branches": [inner(chance, "a"), inner(chance, "b")] })
            }
            5 => json!({ "Type": "Map", "Items": [1, 2], "ItemProcessor": inner(chance, "m") }),
            _distributed => {
                let mut processor = inner(chance, "d");
                processor["ProcessorConfig"] =
                    json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
                json!({ "Type": "Map", "Items": [1, 2], "ItemProcessor": processor })
            }
        };
        if i + 1 < count {
            state["Next"] = json!(format!("{place}{}", i + 1));
            state.as_object_mut().expect("an object").remove("End");
        } else {
            state["End"] = json!(true);
        }
        found.insert(name, state);
    }
    json!({ "StartAt": format!("{place}0"), "States": found })
}

fn functions(up: &Running) {
    up.functions.on("good", Ok);
    up.functions.on("bad", |_| {
        Err(InvokeError::Function {
            error_type: "Bad".into(),
            message: "m".into(),
        })
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_and_imported_elsewhere_is_the_same() {
    let (from, to) = (Folder::new(), Folder::new());
    let (here, mut there) = (open(from.path()).await, open(to.path()).await);
    functions(&here);
    let mut chance = SmallRng::seed_from_u64(7);
    let mut moved = Vec::new();
    for i in 0..40 {
        let mut definition = states(&mut chance, 2, "S");
        definition["QueryLanguage"] = json!("JSONata");
        let name = format!("m{i}");
        let machine = here.machine(&name, &definition).await;
        there.machine(&name, &definition).await;
        let execution = here.start(&machine, json!({ "i": i })).await;
        here.end(&execution).await;
        for _ in 0..chance.random_range(0..3) {
            let again = here.client.redrive_execution().execution_arn(&execution);
            if again.send().await.is_ok() {
                here.end(&execution).await;
            }
        }
        let lines = export(&here, &execution).await;
        let body = match i % 3 {
            0 => lines,
            1 => json!({ "export": lines }).to_string(),
            _values => {
                let values: Vec<Value> = lines
                    .lines()
                    .map(|line| serde_json::from_str(line).expect("JSON"))
                    .collect();
                json!({ "export": values }).to_string()
            }
        };
        let answer = import(&there, body.clone()).await;
        assert_eq!(answer["executionArn"], json!(execution));
        let (kind, _) = refused(&there, body).await;
        assert!(kind.ends_with("ExecutionAlreadyExists"), "{kind}");
        let before = told(&here, &execution).await;
        assert_eq!(told(&there, &execution).await, before, "{definition}");
        moved.push((execution, before));
    }
    let events = moved.iter().map(|(_, told)| told[1].as_str());
    let all: String = events.collect();
    for kind in [
        "ExecutionRedriven",
        "MapRunRedriven",
        "ParallelStateSucceeded",
        "MapIterationFailed",
    ] {
        assert!(all.contains(kind), "the seed leads to {kind}");
    }
    for compact in [false, true] {
        if compact {
            there.engine.compact().await.expect("compacted");
        }
        there.close().await;
        there = open(to.path()).await;
        assert!(there.engine.damage().is_empty());
        for (execution, before) in &moved {
            assert_eq!(told(&there, execution).await, *before);
        }
    }
    // An import can be exported again, and what failed can go on.
    functions(&there);
    there.functions.on("bad", Ok);
    for (execution, before) in &moved {
        assert_eq!(
            export(&there, execution).await.lines().count(),
            export(&here, execution).await.lines().count()
        );
        if before[0].contains("\"status\":\"FAILED\"") {
            let again = there.client.redrive_execution().execution_arn(execution);
            again.send().await.expect("redriven");
            let (status, ..) = there.end(execution).await;
            assert_eq!(
                status,
                aws_sdk_sfn::types::ExecutionStatus::Succeeded,
                "{}",
                before[1]
            );
        }
    }
    here.close().await;
    there.close().await;
}

/// An execution that waits for its token.
async fn waiting(up: &Running) -> (String, Value) {
    up.functions.on("turn", |_| Ok(json!(null)));
    let mut invoked = up.functions.invocations();
    let token = json!("{% $states.context.Task.Token %}");
    let mut turn = task(CALLBACK, "turn", token);
    turn["Output"] = json!("{% $states.result %}");
    let definition = flow(json!({ "A": { "Type": "Pass", "Next": "T" }, "T": turn }));
    let machine = up.machine("m", &definition).await;
    let execution = up.start(&machine, json!({ "kept": 1.50 })).await;
    let (_, token) = invoked.recv().await.expect("invoked");
    assert!(token.is_string());
    until(up, &execution, "TaskSubmitted").await;
    (execution, definition)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_execution_is_imported_stopped_and_goes_on_when_it_is_asked_to() {
    let (from, to) = (Folder::new(), Folder::new());
    let (here, there) = (open(from.path()).await, open(to.path()).await);
    let (execution, definition) = waiting(&here).await;
    let lines = export(&here, &execution).await;
    there.functions.on("turn", |_| Ok(json!(null)));

    let wrapped = |name: &str, resume: bool| {
        json!({ "export": lines, "name": name, "resume": resume }).to_string()
    };
    let (kind, _) = refused(&there, wrapped("early", true)).await;
    assert!(kind.ends_with("StateMachineDoesNotExist"), "{kind}");
    there.machine("m", &definition).await;

    let stopped = import(&there, lines.clone()).await;
    assert_eq!(stopped["status"], "ABORTED");
    let outline = there.outline(&execution).await;
    let before = here.outline(&execution).await;
    assert_eq!(outline[..before.len()], before[..], "the history is kept");
    assert_eq!(outline.len(), before.len() + 1);
    let mut invoked = there.functions.invocations();
    let resumed = import(&there, wrapped("resumed", true)).await;
    assert_eq!(resumed["status"], "RUNNING");
    let arn = resumed["executionArn"].as_str().expect("an ARN").to_owned();
    assert!(arn.ends_with(":m:resumed"), "{arn}");
    let (_, token) = invoked.recv().await.expect("invoked");
    until(&there, &arn, "TaskSubmitted").await;
    let there = {
        there.close().await;
        open(to.path()).await
    };
    let sent = there.client.send_task_success().output("\"done\"");
    let sent = sent.task_token(token.as_str().expect("a token")).send();
    sent.await.expect("the new token is good");
    let (status, output, ..) = there.end(&arn).await;
    assert_eq!(status, aws_sdk_sfn::types::ExecutionStatus::Succeeded);
    assert_eq!(output, Some(json!("done")));
    // The copy that was stopped can be redriven too.
    there.functions.on("turn", |_| Ok(json!(null)));
    let again = there.client.redrive_execution().execution_arn(&execution);
    again.send().await.expect("redriven");
    here.close().await;
    there.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_from_before_version_and_alias_were_told_is_taken() {
    let (from, to) = (Folder::new(), Folder::new());
    let (here, there) = (open(from.path()).await, open(to.path()).await);
    let definition = flow(json!({ "A": { "Type": "Pass", "End": true } }));
    let machine = here.machine("m", &definition).await;
    let published = here.client.publish_state_machine_version();
    let published = published.state_machine_arn(&machine).send().await;
    let version = published.expect("published").state_machine_version_arn;
    let execution = here.start(&version, json!({})).await;
    let lines = export(&here, &execution).await;
    let mut before: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let start = before
        .iter_mut()
        .find_map(|line| line.pointer_mut("/event/executionStartedEventDetails"));
    let start = start.and_then(Value::as_object_mut).expect("a start");
    let told = start.remove("stateMachineVersionArn");
    assert_eq!(told, Some(json!(version)));
    assert_eq!(before[0]["format"], json!(3));
    before[0]["format"] = json!(2);
    import(&there, json!({ "export": before }).to_string()).await;
    let history = there.history(&execution).await;
    let details = history[0].execution_started_event_details();
    let version_here = details.and_then(|details| details.state_machine_version_arn());
    assert_eq!(version_here, Some(version.as_str()), "it is told here");

    // What is told must be true all the same.
    let start = before
        .iter_mut()
        .find_map(|line| line.pointer_mut("/event/executionStartedEventDetails"));
    start.expect("a start")["stateMachineVersionArn"] = json!(format!("{machine}:7"));
    let wrong = json!({ "export": before, "name": "wrong" }).to_string();
    let (_, why) = refused(&there, wrong).await;
    assert!(why.contains("event 1 "), "{why}");
    here.close().await;
    there.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_map_run_is_given_up_by_its_import_and_goes_on_and_the_trace_is_kept() {
    let (from, to) = (Folder::new(), Folder::new());
    let (here, there) = (open(from.path()).await, open(to.path()).await);
    let map = json!({ "Type": "Map", "Items": [1], "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 3600, "End": true } } } });
    let definition = flow(json!({ "A": map }));
    let machine = here.machine("m", &definition).await;
    there.machine("m", &definition).await;
    let started = here.client.start_execution().state_machine_arn(&machine);
    let started = started.trace_header("Root=1-2-3").send().await;
    let execution = started.expect("it starts").execution_arn;
    until(&here, &execution, "MapRunStarted").await;
    let lines = export(&here, &execution).await;
    let stopped = import(&there, lines.clone()).await;
    assert_eq!(stopped["status"], "ABORTED");
    let outline = there.outline(&execution).await;
    assert_eq!(outline[..4], here.outline(&execution).await[..]);
    assert_eq!(
        outline[4..],
        ["5<-4 MapRunAborted", "6<-0 ExecutionAborted"]
    );
    let told = told(&there, &execution).await;
    assert!(
        told[0].contains("\"traceHeader\":\"Root=1-2-3\""),
        "{told:?}"
    );
    let run = told.last().expect("a map run");
    assert!(run.contains("\"status\":\"ABORTED\""), "{run}");

    // What was given up can be exported again, and goes on.
    let again = json!({ "export": export(&there, &execution).await, "name": "again" });
    assert_eq!(import(&there, again.to_string()).await["status"], "ABORTED");
    let redriven = there.client.redrive_execution().execution_arn(&execution);
    redriven.send().await.expect("redriven");
    let outline = there.outline(&execution).await;
    let on = ["7<-6 ExecutionRedriven", "8<-7 MapRunRedriven"];
    assert_eq!(outline[6..], on);

    let mut bent: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let header = bent[0]["identity"].pointer_mut("/origin/trace_header");
    *header.expect("a header") = json!("x".repeat(257));
    let (_, why) = refused(&there, json!({ "export": bent, "name": "b" }).to_string()).await;
    assert!(why.contains("'trace_header'"), "{why}");
    here.close().await;
    there.close().await;
}
