//! Jobs of services that tasks wait for outlive the process that started them.

mod support;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use states::{Clock, Config, Services};
use support::{Folder, Functions, Running, flow, open_with};

/// A service that counts what it is asked, and says of its job what it is told to say.
#[derive(Clone, Default)]
struct Glue {
    asked: Arc<Mutex<HashMap<String, usize>>>,
    state: Arc<Mutex<String>>,
    /// Stops are counted and not answered.
    deaf: Arc<Mutex<bool>>,
    /// So many of the next stops are refused for now.
    busy: Arc<Mutex<usize>>,
    /// Starts are counted, and not answered as long as this is locked.
    starting: Arc<tokio::sync::Mutex<()>>,
}

impl Glue {
    fn count(&self, operation: &str) -> usize {
        let asked = self.asked.lock().expect("no panic");
        asked.get(operation).copied().unwrap_or_default()
    }

    fn says(&self, state: &str) {
        *self.state.lock().expect("no panic") = state.to_owned();
    }

    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }
}

async fn answer(State(glue): State<Glue>, headers: HeaderMap) -> (StatusCode, axum::Json<Value>) {
    let target = headers["x-amz-target"].to_str().unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let told = match operation.as_str() {
        "StartJobRun" => json!({ "JobRunId": "jr_1" }),
        "GetJobRun" => {
            let state = glue.state.lock().expect("no panic").clone();
            json!({ "JobRun": { "Id": "jr_1", "JobRunState": state } })
        }
        _stop => json!({}),
    };
    let (starts, stops) = (operation == "StartJobRun", operation == "BatchStopJobRun");
    {
        let mut asked = glue.asked.lock().expect("no panic");
        *asked.entry(operation).or_default() += 1;
    }
    if starts {
        let _held_back = glue.starting.lock().await;
    }
    let deaf = *glue.deaf.lock().expect("no panic");
    if stops && deaf {
        std::future::pending::<()>().await;
    }
    let mut busy = glue.busy.lock().expect("no panic");
    if stops && *busy > 0 {
        *busy -= 1;
        let told = json!({ "__type": "ThrottlingException", "Message": "Rate exceeded" });
        return (StatusCode::BAD_REQUEST, axum::Json(told));
    }
    (StatusCode::OK, axum::Json(told))
}

async fn config(glue: &Glue, folder: &Folder) -> Config {
    Config {
        drain_ms: 0,
        services: Services {
            endpoint: Some(glue.serve().await),
            ..Services::default()
        },
        ..Config::new(folder.path())
    }
}

/// A machine that waits for a job.
fn job() -> Value {
    flow(
        json!({ "A": { "Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Arguments": { "JobName": "j" }, "End": true } }),
    )
}

/// An execution whose job has begun.
async fn submitted(up: &Running) -> String {
    let machine = up.machine("job", &job()).await;
    let execution = up.start(&machine, json!({})).await;
    let is_submitted = |outline: &[String]| outline.iter().any(|l| l.ends_with("TaskSubmitted"));
    while !is_submitted(&up.outline(&execution).await) {}
    execution
}

/// An execution that was stopped when its job had begun.
async fn stopped(up: &Running) {
    let execution = submitted(up).await;
    let stop = up.client.stop_execution().execution_arn(&execution);
    stop.send().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_asking_after_a_job_and_starts_no_second_one() {
    for compact in [false, true] {
        let glue = Glue::default();
        glue.says("RUNNING");
        let folder = Folder::new();
        let config = config(&glue, &folder).await;
        let up = open_with(config.clone(), Functions::default()).await;
        let execution = submitted(&up).await;
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        up.close().await;
        let before = glue.count("GetJobRun");
        glue.says("SUCCEEDED");

        let up = open_with(config, Functions::default()).await;
        let (_, output, ..) = up.end(&execution).await;
        assert_eq!(
            output,
            Some(json!({ "Id": "jr_1", "JobRunState": "SUCCEEDED" }))
        );
        assert_eq!(glue.count("StartJobRun"), 1);
        assert!(glue.count("GetJobRun") > before);
        up.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_is_lost_with_the_process_is_made_again_until_it_is_answered() {
    for compact in [false, true] {
        let glue = Glue::default();
        glue.says("RUNNING");
        *glue.deaf.lock().expect("no panic") = true;
        let folder = Folder::new();
        let config = config(&glue, &folder).await;
        let up = open_with(config.clone(), Functions::default()).await;
        stopped(&up).await;
        while glue.count("BatchStopJobRun") < 1 {
            tokio::task::yield_now().await;
        }
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        up.close().await;

        *glue.deaf.lock().expect("no panic") = false;
        let up = open_with(config.clone(), Functions::default()).await;
        while glue.count("BatchStopJobRun") < 2 || up.engine.calls_under_way() > 0 {
            tokio::task::yield_now().await;
        }
        up.close().await;

        let up = open_with(config, Functions::default()).await;
        while up.engine.calls_under_way() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(glue.count("BatchStopJobRun"), 2, "it was answered");
        assert_eq!(glue.count("StartJobRun"), 1);
        up.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_is_refused_for_now_is_made_again_after_a_while() {
    let glue = Glue::default();
    glue.says("RUNNING");
    *glue.busy.lock().expect("no panic") = 3;
    let folder = Folder::new();
    let clock = Clock::driven(1_767_225_600_000);
    let config = Config {
        clock: clock.clone(),
        ..config(&glue, &folder).await
    };
    let up = open_with(config.clone(), Functions::default()).await;
    stopped(&up).await;
    // What waits is nothing under way, and a snapshot keeps it.
    while glue.count("BatchStopJobRun") < 1 || up.engine.calls_under_way() > 0 {
        tokio::task::yield_now().await;
    }
    up.engine.compact().await.expect("compacted");
    while glue.count("BatchStopJobRun") < 3 {
        if up.engine.calls_under_way() == 0
            && let Some(next_ms) = up.engine.next_deadline_ms()
        {
            clock.advance_to(next_ms);
        }
        tokio::task::yield_now().await;
    }
    while up.engine.calls_under_way() > 0 {
        tokio::task::yield_now().await;
    }
    up.close().await;

    for _ in 0..2 {
        let up = open_with(config.clone(), Functions::default()).await;
        while glue.count("BatchStopJobRun") < 4 || up.engine.calls_under_way() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(glue.count("BatchStopJobRun"), 4, "the last one was taken");
        up.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_start_is_answered_after_its_task_was_given_up_is_stopped() {
    let glue = Glue::default();
    glue.says("RUNNING");
    let held_back = Arc::clone(&glue.starting).lock_owned().await;
    let folder = Folder::new();
    let config = config(&glue, &folder).await;
    let up = open_with(config.clone(), Functions::default()).await;
    let machine = up.machine("job", &job()).await;
    let execution = up.start(&machine, json!({})).await;
    while glue.count("StartJobRun") < 1 {
        tokio::task::yield_now().await;
    }
    let stop = up.client.stop_execution().execution_arn(&execution);
    stop.send().await.expect("stopped");
    drop(held_back);
    while up.engine.calls_under_way() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(glue.count("BatchStopJobRun"), 1);
    up.close().await;

    let up = open_with(config, Functions::default()).await;
    while up.engine.calls_under_way() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(glue.count("BatchStopJobRun"), 1, "it was answered");
    assert_eq!(glue.count("GetJobRun"), 0, "nobody waits for it");
    up.close().await;
}
