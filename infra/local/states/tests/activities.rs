//! Activities: workers that wait, go away, and come back after a restart.

mod support;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use serde_json::{Value, json};
use states::Config;
use support::{Folder, Functions, Running, flow, open, open_with};
use tower::ServiceExt;

async fn activity(running: &Running) -> String {
    let made = running.client.create_activity().name("work").send().await;
    made.expect("the activity is made").activity_arn
}

fn definition(activity: &str) -> Value {
    flow(json!({ "A": { "Type": "Task", "Resource": activity, "End": true } }))
}

/// Token and input of the next task.
async fn fetch(running: &Running, activity: &str) -> (Option<String>, Option<String>) {
    let asked = running.client.get_activity_task().activity_arn(activity);
    let told = asked.send().await.expect("an answer");
    (told.task_token, told.input)
}

async fn succeed(running: &Running, token: &str) {
    let told = running.client.send_task_success().task_token(token);
    told.output("\"done\"")
        .send()
        .await
        .expect("the task is over");
}

fn get_activity_task(activity: &str) -> Request<Body> {
    Request::post("/")
        .header("host", "localhost")
        .header("x-amz-target", "AWSStepFunctions.GetActivityTask")
        .body(Body::from(json!({ "activityArn": activity }).to_string()))
        .expect("a request")
}

async fn told(response: Response<Body>) -> Value {
    let bytes = to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a body");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[tokio::test]
async fn a_task_that_nobody_fetched_waits_for_its_worker_over_a_restart() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let activity = activity(&running).await;
    let machine = running.machine("m", &definition(&activity)).await;
    let execution = running.start(&machine, json!({ "n": 1 })).await;
    running.close().await;

    let running = open(folder.path()).await;
    let (token, input) = fetch(&running, &activity).await;
    assert_eq!(input.as_deref(), Some(r#"{"n":1}"#));
    let token = token.expect("a token");
    running.close().await;

    // The worker has it: nobody else gets it, and its token is good.
    let config = Config {
        drain_ms: 0,
        poll_ms: 20,
        ..Config::new(folder.path())
    };
    let running = open_with(config, Functions::default()).await;
    assert_eq!(fetch(&running, &activity).await, (None, None));
    succeed(&running, &token).await;
    let (_, output, ..) = running.end(&execution).await;
    assert_eq!(output, Some(json!("done")));
    running.close().await;
}

#[tokio::test]
async fn a_snapshot_keeps_activities_and_their_tasks() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let activity = activity(&running).await;
    let machine = running.machine("m", &definition(&activity)).await;
    running.start(&machine, json!({})).await;
    running.engine.compact().await.expect("a snapshot");
    running.close().await;
    let running = open(folder.path()).await;
    let (token, _) = fetch(&running, &activity).await;
    assert!(token.is_some());
    running.close().await;
}

#[tokio::test]
async fn workers_that_wait_get_one_task_each() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let activity = activity(&running).await;
    let machine = running.machine("m", &definition(&activity)).await;
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let asked = running.client.get_activity_task().activity_arn(&activity);
            tokio::spawn(asked.send())
        })
        .collect();
    for n in 0..3 {
        running.start(&machine, json!(n)).await;
    }
    let mut inputs = Vec::new();
    for worker in workers {
        let told = worker.await.expect("it ends").expect("an answer");
        inputs.extend(told.input);
    }
    inputs.sort();
    assert_eq!(inputs, ["0", "1", "2"]);
    running.close().await;
}

#[tokio::test]
async fn a_worker_that_went_away_while_it_waited_gets_nothing() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let activity = activity(&running).await;
    let machine = running.machine("m", &definition(&activity)).await;
    let router = running.engine.router();
    {
        let mut waiting = pin!(router.clone().oneshot(get_activity_task(&activity)));
        let polled = waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
    }
    running.start(&machine, json!("for the next")).await;
    let response = router.oneshot(get_activity_task(&activity)).await.unwrap();
    assert_eq!(told(response).await["input"], json!("\"for the next\""));
    running.close().await;
}

#[tokio::test]
async fn a_task_whose_answer_nobody_took_goes_back_and_is_told_once_per_worker() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let activity = activity(&running).await;
    let machine = running.machine("m", &definition(&activity)).await;
    let execution = running.start(&machine, json!({})).await;
    let router = running.engine.router();
    let lost = router.clone().oneshot(get_activity_task(&activity)).await;
    drop(lost.unwrap());
    let response = router.oneshot(get_activity_task(&activity)).await.unwrap();
    let token = told(response).await["taskToken"]
        .as_str()
        .map(str::to_owned);
    succeed(&running, &token.expect("a token")).await;
    running.end(&execution).await;
    let outline = running.outline(&execution).await;
    let started = outline
        .iter()
        .filter(|event| event.ends_with("ActivityStarted"));
    assert_eq!(started.count(), 2, "{outline:?}");
    running.close().await;
}

#[tokio::test]
async fn a_thousand_tasks_that_timed_out_do_not_hide_the_one_that_waits() {
    let folder = Folder::new();
    let running = open(folder.path()).await;
    let activity = activity(&running).await;
    let machine = running.machine("m", &definition(&activity)).await;
    for _ in 0..1_100 {
        let execution = running.start(&machine, json!("old")).await;
        let stop = running.client.stop_execution().execution_arn(&execution);
        stop.send().await.expect("stopped");
    }
    running.start(&machine, json!("new")).await;
    let (_, input) = fetch(&running, &activity).await;
    assert_eq!(input.as_deref(), Some("\"new\""));
    running.close().await;
}
