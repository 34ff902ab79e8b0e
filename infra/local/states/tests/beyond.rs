//! The edge of the API, redrives over a restart, and histories as they happen.

mod support;

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use states::InvokeError;
use support::{CALLBACK, Folder, INVOKE, Running, flow, open, row, task};
use tower::ServiceExt;

type Http = Client<HttpConnector, Full<Bytes>>;

fn http() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

fn request(address: SocketAddr, target: &str) -> http::request::Builder {
    http::Request::post(format!("http://{address}/"))
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.0")
}

async fn ask(request: http::request::Builder, body: String) -> (u16, Option<String>, Value) {
    let request = request
        .body(Full::new(Bytes::from(body)))
        .expect("a request");
    let answer = http().request(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let kind = answer
        .headers()
        .get("x-amzn-errortype")
        .map(|kind| kind.to_str().expect("text").to_owned());
    let bytes = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    (status, kind, serde_json::from_slice(&bytes).expect("JSON"))
}

const LIST: &str = "AWSStepFunctions.ListStateMachines";

#[tokio::test(flavor = "multi_thread")]
async fn web_pages_and_foreign_hosts_are_refused() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let plain = || request(up.address, LIST);
    let (status, kind, _) = ask(plain(), "{}".into()).await;
    assert_eq!((status, kind), (200, None));
    let page = plain().header("origin", "http://127.0.0.1:8080");
    let (status, kind, told) = ask(page, "{}".into()).await;
    assert_eq!(
        (status, kind.as_deref()),
        (403, Some("AccessDeniedException"))
    );
    assert_eq!(told["__type"], "AccessDeniedException");
    let foreign = plain().header("host", "rebound.example");
    assert_eq!(ask(foreign, "{}".into()).await.0, 403);
    let sync = plain().header("host", "sync-localhost:1");
    assert_eq!(ask(sync, "{}".into()).await.0, 200);
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_gets_awss_errors() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let plain = |target| request(up.address, target);
    let (status, kind, _) = ask(plain("AWSStepFunctions.Nothing"), "{}".into()).await;
    assert_eq!(
        (status, kind.as_deref()),
        (400, Some("UnknownOperationException"))
    );
    let (status, kind, _) = ask(plain(LIST), "{".into()).await;
    assert_eq!(
        (status, kind.as_deref()),
        (400, Some("SerializationException"))
    );
    let form = http::Request::post(format!("http://{}/", up.address))
        .header("x-amz-target", LIST)
        .header("content-type", "text/plain");
    let (status, kind, _) = ask(form, "{}".into()).await;
    assert_eq!(
        (status, kind.as_deref()),
        (400, Some("SerializationException"))
    );
    let (status, kind, _) = ask(plain(LIST), "x".repeat(5 * 1_048_576)).await;
    assert_eq!(
        (status, kind.as_deref()),
        (413, Some("RequestEntityTooLargeException"))
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn region_and_account_come_from_the_credentials() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let definition = flow(json!({ "A": { "Type": "Succeed" } })).to_string();
    let body = json!({ "name": "m", "definition": definition, "roleArn": support::ROLE });
    let signed = |key: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/states/aws4_request, SignedHeaders=host, Signature=0"
        )
    };
    let create = request(up.address, "AWSStepFunctions.CreateStateMachine")
        .header("authorization", signed("123456789012"));
    let (_, _, told) = ask(create, body.to_string()).await;
    assert_eq!(
        told["stateMachineArn"],
        "arn:aws:states:eu-west-1:123456789012:stateMachine:m"
    );
    let own = request(up.address, LIST).header("authorization", signed("123456789012"));
    assert_eq!(
        ask(own, "{}".into()).await.2["stateMachines"][0]["name"],
        "m"
    );
    let others = request(up.address, LIST).header("authorization", signed("other"));
    assert_eq!(ask(others, "{}".into()).await.2["stateMachines"], json!([]));
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redriven_execution_goes_on_over_a_restart() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    up.functions.on("f", |_| {
        Err(InvokeError::Function {
            error_type: "E".into(),
            message: "m".into(),
        })
    });
    let definition = flow(json!({
        "A": { "Type": "Pass", "Output": { "x": 1 }, "Next": "B" },
        "B": task(INVOKE, "f", json!("{% $states.input %}"))
    }));
    let machine = up.machine("m", &definition).await;
    let execution = up.start(&machine, json!({})).await;
    let (_, _, error, _) = up.end(&execution).await;
    assert_eq!(error.as_deref(), Some("E"));
    // What goes on waits for a call that is not answered before the restart.
    up.functions.on("f", |_| Err(InvokeError::Throttled));
    let again = up.client.redrive_execution().execution_arn(&execution);
    again.send().await.expect("redriven");
    up.end(&execution).await;
    up.close().await;

    let up = open(folder.path()).await;
    up.functions.on("f", Ok);
    let again = up.client.redrive_execution().execution_arn(&execution);
    again.send().await.expect("redriven after the restart");
    let (_, output, ..) = up.end(&execution).await;
    assert_eq!(output.expect("an output")["Payload"], json!({ "x": 1 }));
    let outline = up.outline(&execution).await;
    let redriven = outline
        .iter()
        .filter(|event| event.ends_with("ExecutionRedriven"));
    assert_eq!(redriven.count(), 2, "{outline:#?}");
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_followed_to_its_end_and_again_from_any_event() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    up.functions.on("f", |_| Ok(json!(null)));
    let mut invoked = up.functions.invocations();
    let definition =
        flow(json!({ "A": task(CALLBACK, "f", json!("{% $states.context.Task.Token %}")) }));
    let machine = up.machine("m", &definition).await;
    let execution = up.start(&machine, json!({})).await;
    let token = invoked.recv().await.expect("invoked").1;
    let follow = |after: u32| {
        let body = json!({ "executionArn": execution, "afterEventId": after });
        request(up.address, "StrowgerStates.StreamHistory")
            .body(Full::new(Bytes::from(body.to_string())))
            .expect("a request")
    };
    let mut body = http()
        .request(follow(0))
        .await
        .expect("an answer")
        .into_body();
    let first = body.frame().await.expect("a chunk").expect("read");
    assert!(first.data_ref().is_some_and(|data| data.starts_with(b"{")));
    let done = up
        .client
        .send_task_success()
        .task_token(token.as_str().expect("a token"));
    done.output("1").send().await.expect("taken");
    let mut text = first.into_data().expect("data").to_vec();
    text.extend(body.collect().await.expect("the rest").to_bytes());
    let ids = |text: &[u8]| -> Vec<u64> {
        let lines = std::str::from_utf8(text).expect("text").lines();
        lines
            .map(|line| {
                serde_json::from_str::<Value>(line).expect("JSON")["id"]
                    .as_u64()
                    .expect("an id")
            })
            .collect()
    };
    let total = up.history(&execution).await.len() as u64;
    assert_eq!(ids(&text), (1..=total).collect::<Vec<_>>());
    let rest = http()
        .request(follow(3))
        .await
        .expect("an answer")
        .into_body();
    let rest = rest.collect().await.expect("read").to_bytes();
    assert_eq!(ids(&rest), (4..=total).collect::<Vec<_>>());
    up.close().await;
}

/// The chunks of an answer, as they are given.
async fn chunks(up: &Running, target: &str, request: &Value) -> Vec<Bytes> {
    let request = http::Request::post("/")
        .header("x-amz-target", target)
        .body(axum::body::Body::from(request.to_string()))
        .expect("a request");
    let answer = up.engine.router().oneshot(request).await;
    let mut body = answer.expect("an answer").into_body();
    let mut chunks = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.expect("it is whole");
        chunks.push(frame.into_data().expect("data"));
    }
    chunks
}

/// All events of a history, and how many pages they were given in.
async fn by_pages(up: &Running, execution: &str, reverse: bool) -> (Vec<Value>, usize) {
    let (mut events, mut pages, mut token) = (Vec::new(), 0, Value::Null);
    loop {
        let asked = json!({ "executionArn": execution, "maxResults": 1000, "reverseOrder": reverse,
            "nextToken": token });
        let history = request(up.address, "AWSStepFunctions.GetExecutionHistory");
        let (status, _, mut told) = ask(history, asked.to_string()).await;
        assert_eq!(status, 200);
        let page = told["events"].as_array_mut().expect("events");
        assert!(!page.is_empty());
        events.append(page);
        pages += 1;
        token = told["nextToken"].take();
        if token.is_null() {
            if reverse {
                events.reverse();
            }
            return (events, pages);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_much_larger_than_its_log_is_told_in_pages_and_chunks_and_its_export_imports() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let machine = up.machine("m", &row(40)).await;
    let execution = up.start(&machine, json!("x".repeat(250_000))).await;
    up.end(&execution).await;
    let (whole, pages) = by_pages(&up, &execution, false).await;
    assert!(
        whole.len() > 80 && pages >= 3,
        "{} events, {pages} pages",
        whole.len()
    );
    let (backwards, pages) = by_pages(&up, &execution, true).await;
    assert!(backwards == whole && pages >= 3, "{pages} pages");

    let asked = json!({ "executionArn": execution });
    let mut texts = Vec::new();
    for target in [
        "StrowgerStates.StreamHistory",
        "StrowgerStates.ExportExecution",
    ] {
        let chunks = chunks(&up, target, &asked).await;
        let largest = chunks.iter().map(Bytes::len).max();
        assert!(
            largest < Some(3 * 1_048_576 / 2) && chunks.len() > 10,
            "{target}: {largest:?} bytes in one of {} chunks",
            chunks.len()
        );
        let mut text = Vec::new();
        for chunk in &chunks {
            text.extend_from_slice(chunk);
        }
        texts.push(String::from_utf8(text).expect("text"));
    }
    let lines = |text: &str| -> Vec<Value> {
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    };
    assert!(lines(&texts[0]) == whole);
    let exported = lines(&texts[1]);
    let events = exported.iter().filter(|line| line["line"] == "event");
    let events: Vec<Value> = events.map(|line| line["event"].clone()).collect();
    assert!(events == whole);
    let last = exported.last().expect("lines");
    assert_eq!(last["line"], "state");

    let copy = json!({ "export": texts[1], "name": "copy" });
    let import = request(up.address, "StrowgerStates.ImportExecution");
    let (status, _, told) = ask(import, copy.to_string()).await;
    assert_eq!(status, 200, "{told}");
    let copy = told["executionArn"].as_str().expect("an ARN");
    assert!(by_pages(&up, copy, false).await.0 == whole);
    up.close().await;
}
