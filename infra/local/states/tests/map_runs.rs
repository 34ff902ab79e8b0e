//! Distributed Maps over a restart, while they are updated, and against an S3 endpoint.

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_sfn::types::{ExecutionStatus, MapRunStatus};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use states::{Config, S3Objects, Services};
use support::{CALLBACK, Folder, Functions, Running, flow, open, open_with, task};

fn distributed(processor: Value) -> Value {
    json!({ "Type": "Map", "Label": "L", "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "T", "States": { "T": processor } } })
}

/// A child that waits for its token, told to the function `turn` with its item.
fn waiting() -> Value {
    let payload =
        json!({ "item": "{% $states.input %}", "token": "{% $states.context.Task.Token %}" });
    task(CALLBACK, "turn", payload)
}

async fn run_of(up: &Running, execution: &str) -> String {
    loop {
        let listed = up
            .client
            .list_map_runs()
            .execution_arn(execution)
            .send()
            .await;
        if let Some(run) = listed.expect("listed").map_runs().first() {
            return run.map_run_arn().to_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn children_go_on_after_a_restart_and_none_is_started_twice() {
    for compact in [false, true] {
        let folder = Folder::new();
        let up = open(folder.path()).await;
        up.functions.on("turn", |_| Ok(json!(null)));
        let mut invoked = up.functions.invocations();
        let machine = up
            .machine("m", &flow(json!({ "A": distributed(waiting()) })))
            .await;
        let execution = up.start(&machine, json!([10, 11, 12, 13])).await;
        let mut told = Vec::new();
        for _ in 0..4 {
            told.push(invoked.recv().await.expect("invoked").1);
        }
        told.sort_by_key(|t| t["item"].as_u64());
        let run = run_of(&up, &execution).await;
        up.succeed(&told[1]).await;
        let children = up
            .client
            .list_executions()
            .map_run_arn(&run)
            .send()
            .await
            .expect("listed");
        assert_eq!(children.executions().len(), 4);
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        up.close().await;

        let functions = Functions::default();
        functions.on("turn", |_| Ok(json!(null)));
        let config = Config {
            drain_ms: 0,
            ..Config::new(folder.path())
        };
        let up = open_with(config, functions).await;
        let children = up
            .client
            .list_executions()
            .map_run_arn(&run)
            .send()
            .await
            .expect("listed");
        assert_eq!(children.executions().len(), 4, "the same children");
        for at in [3, 0, 2] {
            up.succeed(&told[at]).await;
        }
        let (status, output, ..) = up.end(&execution).await;
        assert_eq!(status, ExecutionStatus::Succeeded);
        assert_eq!(output, Some(json!([10, 11, 12, 13])), "results in order");
        let described = up.client.describe_map_run().map_run_arn(&run).send().await;
        let described = described.expect("described");
        assert_eq!(described.status(), &MapRunStatus::Succeeded);
        let counts = described.item_counts().expect("counts");
        assert_eq!((counts.succeeded(), counts.total()), (4, 4));
        up.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_run_takes_a_new_concurrency_at_once() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    up.functions.on("turn", |_| Ok(json!(null)));
    let mut invoked = up.functions.invocations();
    let mut map = distributed(waiting());
    map["MaxConcurrency"] = json!(1);
    let machine = up.machine("m", &flow(json!({ "A": map }))).await;
    let execution = up.start(&machine, json!([0, 1, 2])).await;
    let mut told = vec![invoked.recv().await.expect("invoked").1];
    let run = run_of(&up, &execution).await;
    let described = up
        .client
        .describe_map_run()
        .map_run_arn(&run)
        .send()
        .await
        .expect("described");
    let counts = described.item_counts().expect("counts");
    assert_eq!((counts.running(), counts.pending()), (1, 2));
    let update = up
        .client
        .update_map_run()
        .map_run_arn(&run)
        .max_concurrency(3);
    update.send().await.expect("updated");
    for _ in 0..2 {
        told.push(
            invoked
                .recv()
                .await
                .expect("invoked, though none has ended")
                .1,
        );
    }
    for told in &told {
        up.succeed(told).await;
    }
    assert_eq!(up.end(&execution).await.1, Some(json!([0, 1, 2])));
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_execution_leaves_no_child_running() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    up.functions.on("turn", |_| Ok(json!(null)));
    let mut invoked = up.functions.invocations();
    let machine = up
        .machine("m", &flow(json!({ "A": distributed(waiting()) })))
        .await;
    let execution = up.start(&machine, json!([0, 1])).await;
    for _ in 0..2 {
        invoked.recv().await.expect("invoked");
    }
    let run = run_of(&up, &execution).await;
    up.client
        .stop_execution()
        .execution_arn(&execution)
        .send()
        .await
        .expect("stopped");
    let children = up
        .client
        .list_executions()
        .map_run_arn(&run)
        .send()
        .await
        .expect("listed");
    for child in children.executions() {
        assert_eq!(
            up.end(child.execution_arn()).await.0,
            ExecutionStatus::Aborted
        );
    }
    let described = up
        .client
        .describe_map_run()
        .map_run_arn(&run)
        .send()
        .await
        .expect("described");
    assert_eq!(described.status(), &MapRunStatus::Aborted);
    let outline = up.outline(&execution).await;
    assert_eq!(
        outline[3..],
        [
            "4<-3 MapRunStarted",
            "5<-4 MapRunAborted",
            "6<-0 ExecutionAborted"
        ]
    );
    up.close().await;
}

/// Executions of a map run that have not closed.
async fn open_children(up: &Running, run: &str) -> usize {
    let listed = up.client.list_executions().map_run_arn(run);
    let listed = listed.status_filter(ExecutionStatus::Running).send().await;
    listed.expect("listed").executions().len()
}

/// Waits for an hour, but for the item 0, which fails.
fn one_that_fails() -> Value {
    let mut map = distributed(json!({ "Type": "Choice", "Default": "W",
        "Choices": [{ "Condition": "{% $states.input = 0 %}", "Next": "F" }] }));
    let states = &mut map["ItemProcessor"]["States"];
    states["W"] = json!({ "Type": "Wait", "Seconds": 3600, "End": true });
    states["F"] = json!({ "Type": "Fail", "Error": "E" });
    map
}

#[tokio::test(flavor = "multi_thread")]
async fn children_that_start_after_one_too_many_failed_are_stopped() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let definition = flow(json!({ "A": one_that_fails() }));
    let machine = up.machine("m", &definition).await;
    let items: Vec<u32> = (0..1_000).collect();
    let execution = up.start(&machine, json!(items)).await;
    let (_, _, error, _) = up.end(&execution).await;
    let expected = "States.ExceedToleratedFailureThreshold";
    assert_eq!(error.as_deref(), Some(expected));
    let run = run_of(&up, &execution).await;
    assert_eq!(open_children(&up, &run).await, 0);
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn children_that_start_after_their_execution_was_stopped_are_stopped() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let definition = flow(json!({ "A": one_that_fails() }));
    let machine = up.machine("m", &definition).await;
    let items: Vec<u32> = (1..1_000).collect();
    let execution = up.start(&machine, json!(items)).await;
    let run = run_of(&up, &execution).await;
    let stop = up.client.stop_execution().execution_arn(&execution);
    stop.send().await.expect("stopped");
    while up.engine.calls_under_way() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(open_children(&up, &run).await, 0);
    up.close().await;
}

/// An S3 endpoint with the bucket in the path: objects by path, and the signatures it was sent.
#[derive(Clone, Default)]
struct Store {
    objects: Arc<Mutex<BTreeMap<String, Bytes>>>,
    unsigned: Arc<Mutex<Vec<String>>>,
}

async fn serve(
    State(store): State<Store>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Bytes) {
    let signed = headers.get("authorization").is_some_and(|value| {
        value
            .to_str()
            .is_ok_and(|text| text.contains("/us-east-1/s3/aws4_request"))
    });
    if !signed || !headers.contains_key("x-amz-content-sha256") {
        store.unsigned.lock().unwrap().push(uri.to_string());
    }
    let mut objects = store.objects.lock().unwrap();
    if method == Method::PUT {
        objects.insert(uri.path().to_owned(), body);
        return (StatusCode::OK, Bytes::new());
    }
    if uri
        .query()
        .is_some_and(|query| query.contains("list-type=2"))
    {
        let folder = format!("{}/", uri.path());
        let contents: String = objects
            .keys()
            .filter_map(|path| path.strip_prefix(&folder))
            .map(|key| {
                format!("<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>")
            })
            .collect();
        let list = format!(
            "<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
        );
        return (StatusCode::OK, list.into());
    }
    match objects.get(uri.path()) {
        Some(body) => (StatusCode::OK, body.clone()),
        None => (
            StatusCode::NOT_FOUND,
            "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>".into(),
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_come_from_an_s3_endpoint_and_results_go_to_it() {
    let store = Store::default();
    store
        .objects
        .lock()
        .unwrap()
        .insert("/b/in/a%20b.jsonl".into(), "1\n2\n".into());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().fallback(serve).with_state(store.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let services = Services {
        endpoint: Some(format!("http://{address}")),
        ..Services::default()
    };
    let folder = Folder::new();
    let config = Config {
        drain_ms: 0,
        objects: Some(Arc::new(S3Objects::new(services, "us-east-1"))),
        ..Config::new(folder.path())
    };
    let up = open_with(config, Functions::default()).await;
    let mut map = distributed(json!({ "Type": "Pass", "End": true }));
    map["ItemReader"] = json!({ "Resource": "arn:aws:states:::s3:getObject",
        "Arguments": { "Bucket": "b", "Key": "in/a b.jsonl" }, "ReaderConfig": { "InputType": "JSONL" } });
    map["ResultWriter"] = json!({ "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": { "Bucket": "out", "Prefix": "p/" },
        "WriterConfig": { "OutputType": "JSON", "Transformation": "COMPACT" } });
    let ended = up.run(&flow(json!({ "A": map.clone() })), json!({})).await;
    let output = ended.output.expect("an output");
    let key = output["ResultWriterDetails"]["Key"]
        .as_str()
        .expect("a key");
    let manifest = store
        .objects
        .lock()
        .unwrap()
        .get(&format!("/out/{key}"))
        .cloned();
    let manifest: Value = serde_json::from_slice(&manifest.expect("a manifest")).expect("JSON");
    let file = manifest["ResultFiles"]["SUCCEEDED"][0]["Key"]
        .as_str()
        .expect("a file");
    let results = store
        .objects
        .lock()
        .unwrap()
        .get(&format!("/out/{file}"))
        .cloned();
    assert_eq!(results.as_deref(), Some(&b"[1,2]"[..]));

    map["ItemReader"] =
        json!({ "Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": { "Bucket": "b" } });
    map.as_object_mut()
        .expect("an object")
        .remove("ResultWriter");
    let listed = up.run(&flow(json!({ "A": map.clone() })), json!({})).await;
    assert_eq!(
        listed.output.expect("an output")[0]["LastModified"],
        json!(1_767_225_600)
    );

    map["ItemReader"] = json!({ "Resource": "arn:aws:states:::s3:getObject",
        "Arguments": { "Bucket": "b", "Key": "none" }, "ReaderConfig": { "InputType": "JSON" } });
    let missing = up.run(&flow(json!({ "A": map })), json!({})).await;
    assert_eq!(missing.error.as_deref(), Some("States.ItemReaderFailed"));
    assert_eq!(
        store.unsigned.lock().unwrap().as_slice(),
        &[] as &[String],
        "all is signed"
    );
    up.close().await;
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redriven_run_reads_what_could_not_be_read_and_writes_what_could_not_be_written() {
    let folder = Folder::new();
    let buckets = folder.path().join("buckets");
    std::fs::create_dir_all(buckets.join("in")).expect("a bucket");
    let config = Config {
        drain_ms: 0,
        objects: Some(Arc::new(states::FolderObjects::new(&buckets))),
        ..Config::new(folder.path())
    };
    let up = open_with(config, Functions::default()).await;
    let mut map = distributed(task(support::INVOKE, "each", json!("{% $states.input %}")));
    map["ItemReader"] = json!({ "Resource": "arn:aws:states:::s3:getObject",
        "Arguments": { "Bucket": "in", "Key": "items.json" }, "ReaderConfig": { "InputType": "JSON" } });
    map["ResultWriter"] =
        json!({ "Resource": "arn:aws:states:::s3:putObject", "Arguments": { "Bucket": "out" } });
    up.functions.on("each", Ok);
    let mut invoked = up.functions.invocations();
    let machine = up.machine("m", &flow(json!({ "A": map }))).await;
    let execution = up.start(&machine, json!({})).await;
    let redrive = || up.client.redrive_execution().execution_arn(&execution);

    let (_, _, error, _) = up.end(&execution).await;
    assert_eq!(error.as_deref(), Some("States.ItemReaderFailed"));
    std::fs::write(buckets.join("in/items.json"), "[1, 2]").expect("written");
    redrive().send().await.expect("redriven");
    let (_, _, error, _) = up.end(&execution).await;
    assert_eq!(error.as_deref(), Some("States.ResultWriterFailed"));
    std::fs::create_dir_all(buckets.join("out")).expect("a bucket");
    redrive().send().await.expect("redriven");
    let (status, output, ..) = up.end(&execution).await;
    assert_eq!(status, ExecutionStatus::Succeeded);
    let output = output.expect("an output");
    let key = output["ResultWriterDetails"]["Key"].as_str();
    assert!(buckets.join("out").join(key.expect("a key")).exists());
    let mut items = Vec::new();
    while let Ok((_, item)) = invoked.try_recv() {
        items.push(item);
    }
    items.sort_by_key(Value::as_u64);
    assert_eq!(items, [json!(1), json!(2)], "each child ran once");
    let run = run_of(&up, &execution).await;
    let told = up.client.describe_map_run().map_run_arn(&run).send().await;
    let told = told.expect("told");
    assert_eq!(
        (told.redrive_count, told.status),
        (Some(2), MapRunStatus::Succeeded)
    );
    up.close().await;
}
