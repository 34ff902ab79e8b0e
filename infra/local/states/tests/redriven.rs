//! Redriven Maps over a restart, and redrives that the disk has lost.

mod support;

use std::path::Path;

use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::{Value, json};
use states::{InvokeError, Subject};
use support::{CALLBACK, Folder, Running, flow, open, task};
use tokio::sync::mpsc::UnboundedReceiver;

/// A Map whose iterations wait for their tokens, told to the function `turn` with their items.
fn waiting_map() -> Value {
    let payload =
        json!({ "item": "{% $states.input %}", "token": "{% $states.context.Task.Token %}" });
    let turn = task(CALLBACK, "turn", payload);
    flow(
        json!({ "A": { "Type": "Map", "End": true, "MaxConcurrency": 2,
        "ItemProcessor": { "StartAt": "T", "States": { "T": turn } } } }),
    )
}

/// An execution of it, failed.
async fn failed(up: &Running) -> String {
    up.functions.on("turn", |_| {
        Err(InvokeError::Function {
            error_type: "E".into(),
            message: "m".into(),
        })
    });
    let machine = up.machine("m", &waiting_map()).await;
    let execution = up.start(&machine, json!([10, 11, 12])).await;
    let (status, _, error, _) = up.end(&execution).await;
    assert_eq!(
        (status, error.as_deref()),
        (ExecutionStatus::Failed, Some("E"))
    );
    execution
}

async fn redrive(up: &Running, execution: &str) {
    up.functions.on("turn", |_| Ok(json!(null)));
    let again = up.client.redrive_execution().execution_arn(execution);
    again.send().await.expect("redriven");
}

/// What the next two tasks that wait were told, by item. One of the failed run may be called late: its token is nobody's any more.
async fn two_waiting(up: &Running, invoked: &mut UnboundedReceiver<(String, Value)>) -> Vec<Value> {
    let mut told = Vec::new();
    while told.len() < 2 {
        let next = invoked.recv().await.expect("invoked").1;
        let token = next["token"].as_str().expect("a token");
        let beat = up.client.send_task_heartbeat().task_token(token);
        if beat.send().await.is_ok() {
            told.push(next);
        }
    }
    told.sort_by_key(|t| t["item"].as_u64());
    told
}

/// Opens the folder again, and ends the items 10 to 12, of which `told` has the tokens of the first two.
async fn end_in_turn(dir: &Path, execution: &str, told: &[Value]) {
    let up = open(dir).await;
    assert!(up.engine.damage().is_empty());
    up.functions.on("turn", |_| Ok(json!(null)));
    let mut invoked = up.functions.invocations();
    up.succeed(&told[1]).await;
    let third = loop {
        let next = invoked.recv().await.expect("invoked").1;
        if next["item"] == 12 {
            break next;
        }
    };
    up.succeed(&third).await;
    up.succeed(&told[0]).await;
    let (status, output, ..) = up.end(execution).await;
    assert_eq!(status, ExecutionStatus::Succeeded);
    assert_eq!(output, Some(json!([10, 11, 12])));
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_iterations_of_a_redriven_map_go_on_after_a_restart() {
    for compact in [false, true] {
        let folder = Folder::new();
        let up = open(folder.path()).await;
        let execution = failed(&up).await;
        let mut invoked = up.functions.invocations();
        redrive(&up, &execution).await;
        let told = two_waiting(&up, &mut invoked).await;
        assert_eq!(
            (&told[0]["item"], &told[1]["item"]),
            (&json!(10), &json!(11))
        );
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        up.close().await;

        end_in_turn(folder.path(), &execution, &told).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_children_of_a_redriven_map_run_go_on_after_a_restart() {
    for compact in [false, true] {
        let folder = Folder::new();
        let up = open(folder.path()).await;
        up.functions.on("turn", |told| match &told["item"] {
            item if item == 10 => Ok(json!(null)),
            _other => Err(InvokeError::Function {
                error_type: "E".into(),
                message: "m".into(),
            }),
        });
        let mut invoked = up.functions.invocations();
        let mut definition = waiting_map();
        let map = &mut definition["States"]["A"];
        map["ItemProcessor"]["ProcessorConfig"] =
            json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
        let machine = up.machine("m", &definition).await;
        let execution = up.start(&machine, json!([10, 11, 12])).await;
        let (status, ..) = up.end(&execution).await;
        assert_eq!(status, ExecutionStatus::Failed, "11 failed, 10 was stopped");
        redrive(&up, &execution).await;
        let told = two_waiting(&up, &mut invoked).await;
        let items: Vec<&Value> = told.iter().map(|t| &t["item"]).collect();
        assert_eq!(items, [&json!(10), &json!(11)]);
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        up.close().await;

        end_in_turn(folder.path(), &execution, &told).await;
    }
}

fn last_segment(dir: &Path) -> std::path::PathBuf {
    let segments = std::fs::read_dir(dir.join("log")).expect("a log");
    let paths = segments.map(|entry| entry.expect("an entry").path());
    paths.max().expect("a segment")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_whose_redrive_is_damaged_stays_closed_as_it_was() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let execution = failed(&up).await;
    up.close().await;
    let path = last_segment(folder.path());
    let before = std::fs::metadata(&path).expect("a segment").len() as usize;
    let up = open(folder.path()).await;
    let mut invoked = up.functions.invocations();
    redrive(&up, &execution).await;
    for _ in 0..2 {
        invoked.recv().await.expect("invoked");
    }
    up.close().await;
    let mut bytes = std::fs::read(&path).expect("a segment");
    bytes[before + 40] ^= 0x10;
    std::fs::write(&path, &bytes).expect("written");

    let up = open(folder.path()).await;
    let [damage] = &up.engine.damage()[..] else {
        panic!("{:?}", up.engine.damage())
    };
    let Subject::Execution(arn) = &damage.subject else {
        panic!("{damage:?}")
    };
    assert_eq!(**arn, *execution);
    let (status, _, error, _) = up.end(&execution).await;
    assert_eq!(
        (status, error.as_deref()),
        (ExecutionStatus::Failed, Some("E"))
    );
    let outline = up.outline(&execution).await;
    let redriven = |event: &String| event.ends_with("ExecutionRedriven");
    assert!(!outline.iter().any(redriven), "{outline:#?}");
    redriven_for_good(up, &folder, &execution).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_damage_ended_can_be_redriven() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let execution = failed(&up).await;
    up.close().await;
    let path = last_segment(folder.path());
    let mut bytes = std::fs::read(&path).expect("a segment");
    // Bytes that follow keep what is damaged from being a torn end.
    let end = bytes.len();
    let up = open(folder.path()).await;
    let other = up.machine("other", &waiting_map()).await;
    assert!(!other.is_empty());
    up.close().await;
    let longer = std::fs::read(&path).expect("a segment");
    bytes.extend(&longer[end..]);
    bytes[end - 5] ^= 0x10;
    std::fs::write(&path, &bytes).expect("written");

    let up = open(folder.path()).await;
    let (status, _, error, _) = up.end(&execution).await;
    assert_eq!(
        (status, error.as_deref()),
        (ExecutionStatus::Failed, Some("States.Runtime"))
    );
    redriven_for_good(up, &folder, &execution).await;
}

/// Redrives, restarts, and finds it redriven.
async fn redriven_for_good(up: Running, folder: &Folder, execution: &str) {
    let mut invoked = up.functions.invocations();
    redrive(&up, execution).await;
    invoked.recv().await.expect("invoked");
    up.close().await;
    let up = open(folder.path()).await;
    let told = up.client.describe_execution().execution_arn(execution);
    let told = told.send().await.expect("described");
    assert_eq!(
        (told.status(), told.redrive_count()),
        (&ExecutionStatus::Running, Some(1))
    );
    up.history(execution).await;
    up.close().await;
}
