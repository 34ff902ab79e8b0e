//! Executions that start others: what holds over restarts and crashes.

mod support;

use aws_sdk_sfn::types::StateMachineType;
use serde_json::{Value, json};
use support::{CALLBACK, Folder, Running, flow, open, task};

const SYNC: &str = "arn:aws:states:::states:startExecution.sync:2";

fn parent(child: &str) -> Value {
    flow(json!({ "A": {
        "Type": "Task", "Resource": SYNC, "Arguments": { "StateMachineArn": child, "Name": "child" },
        "Output": "{% $states.result.Output %}", "End": true
    } }))
}

fn waiting() -> Value {
    let token = json!("{% $states.context.Task.Token %}");
    flow(json!({ "A": task(CALLBACK, "turn", token) }))
}

/// A parent that waits for a child that waits for a token.
async fn parked(running: &Running) -> (String, String, String) {
    running.functions.on("turn", |_| Ok(json!(null)));
    let mut invocations = running.functions.invocations();
    let child = running.machine("child", &waiting()).await;
    let machine = running.machine("parent", &parent(&child)).await;
    let execution = running.start(&machine, json!({})).await;
    let (_, token) = invocations.recv().await.expect("the child runs");
    let child = child.replace(":stateMachine:", ":execution:") + ":child";
    (
        execution,
        child,
        token.as_str().expect("a token").to_owned(),
    )
}

async fn submitted(running: &Running, execution: &str) {
    loop {
        let outline = running.outline(execution).await;
        if outline.iter().any(|event| event.ends_with("TaskSubmitted")) {
            return;
        }
    }
}

#[tokio::test]
async fn the_parent_learns_of_the_end_of_its_child_after_a_restart() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let (execution, _, token) = parked(&running).await;
    submitted(&running, &execution).await;
    running.engine.compact().await.expect("a snapshot");
    running.close().await;

    let running = open(folder.path()).await;
    let told = running.client.send_task_success().task_token(token);
    told.output("[1]").send().await.expect("the child ends");
    let (_, output, ..) = running.end(&execution).await;
    assert_eq!(output, Some(json!([1])));
    running.close().await;
}

#[tokio::test]
async fn a_child_runs_once_however_often_its_parent_is_taken_up_again() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let (execution, _, token) = parked(&running).await;
    running.close().await;
    let running = open(folder.path()).await;
    running.close().await;
    let running = open(folder.path()).await;
    let machines = running.client.list_state_machines().send().await.unwrap();
    let child = machines.state_machines.iter().find(|m| m.name == "child");
    let arn = &child.expect("the child's machine").state_machine_arn;
    let listed = running.client.list_executions().state_machine_arn(arn);
    assert_eq!(listed.send().await.unwrap().executions.len(), 1);
    let told = running.client.send_task_success().task_token(token);
    told.output("1").send().await.expect("the child ends");
    let (_, output, ..) = running.end(&execution).await;
    assert_eq!(output, Some(json!(1)));
    running.close().await;
}

#[tokio::test]
async fn stopping_the_parent_stops_the_child_and_its_token() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let (execution, child, token) = parked(&running).await;
    submitted(&running, &execution).await;
    let stop = running.client.stop_execution().execution_arn(&execution);
    stop.send().await.expect("stopped");
    let (status, ..) = running.end(&child).await;
    assert_eq!(status.as_str(), "ABORTED");
    let told = running.client.send_task_success().task_token(token);
    let refused = told
        .output("1")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(refused.is_task_timed_out(), "{refused:?}");
    running.close().await;
}

/// An Express child is forgotten when it ends, and it may end before its parent waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_express_child_that_ends_in_its_start_tells_its_parent() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let definition = flow(json!({ "A": { "Type": "Pass", "Output": { "made": 1 }, "End": true } }));
    let made = running.client.create_state_machine().name("quick");
    let made = made
        .r#type(StateMachineType::Express)
        .definition(definition.to_string())
        .role_arn("arn:aws:iam::000000000000:role/test");
    let made = made.send().await.expect("a machine");
    let parent = flow(json!({ "A": {
        "Type": "Task", "Resource": SYNC, "Arguments": { "StateMachineArn": made.state_machine_arn() },
        "Output": "{% $states.result.Output %}", "End": true
    } }));
    let machine = running.machine("parent", &parent).await;
    for _ in 0..20 {
        let execution = running.start(&machine, json!({})).await;
        let (status, output, _, cause) = running.end(&execution).await;
        assert_eq!(output, Some(json!({ "made": 1 })), "{status:?} {cause:?}");
    }
}
