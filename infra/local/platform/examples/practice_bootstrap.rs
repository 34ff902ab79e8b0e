//! A `bootstrap` for tests: every function does what its event tells it.
//!
//! `http-api`, `ws-api` and `seed` answer as the platform expects of them; any other one obeys `do`:
//! `echo`, `fail`, `crash`, `hang` (for ever), `wait` (until a file `until` exists), `env`.

use std::time::Duration;

use aws_sdk_apigatewaymanagement::primitives::Blob;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, Runtime, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = std::env::var("_HANDLER").unwrap_or_default();
    if std::env::var("PRACTICE_FAILS_TO_START").is_ok() {
        std::process::exit(3);
    }
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let name = name.clone();
        async move { handle(&name, event.payload).await }
    });
    Runtime::new(handler).run_concurrent().await
}

async fn handle(name: &str, event: Value) -> Result<Value, Diagnostic> {
    match name {
        "seed" => Ok(json!({
            "tenant": "practice",
            "people": [{ "name": "Ann", "email": "ann@example.test", "password": "pw", "role": "member", "number": event["numbers"][0] }],
            "numbers": event["numbers"],
        })),
        "http-api" => Ok(json!({
            "statusCode": 200,
            "headers": { "content-type": "application/json" },
            "cookies": ["seen=1; HttpOnly"],
            "body": event.to_string(),
        })),
        "ws-api" => Ok(web_socket(&event).await),
        "stream" => Ok(write_down(&event)),
        "sweep" | "meeting-event" | "webhook-events" => Ok(Value::Null),
        _ => obey(&event).await,
    }
}

async fn obey(event: &Value) -> Result<Value, Diagnostic> {
    match event["do"].as_str().unwrap_or("echo") {
        "fail" => Err(Diagnostic {
            error_type: "Practice.Failed".to_owned(),
            error_message: "as told".to_owned(),
        }),
        "crash" => std::process::exit(17),
        "hang" => std::future::pending().await,
        "wait" => {
            let path = event["until"].as_str().unwrap_or_default().to_owned();
            note("started", &path);
            while !std::path::Path::new(&path).exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(json!({ "pid": std::process::id() }))
        }
        "env" => Ok(json!(
            std::env::vars().collect::<std::collections::BTreeMap<_, _>>()
        )),
        "pid" => Ok(json!({ "pid": std::process::id() })),
        _ => Ok(event.clone()),
    }
}

/// Refuses a token that says so; answers each message by a push of the same text.
async fn web_socket(event: &Value) -> Value {
    let context = &event["requestContext"];
    let id = context["connectionId"].as_str().unwrap_or_default();
    match context["eventType"].as_str() {
        Some("CONNECT") => {
            let protocols = event["headers"]["sec-websocket-protocol"]
                .as_str()
                .unwrap_or_default();
            let status = if protocols.contains("bad-token") {
                401
            } else {
                200
            };
            note("connected", id);
            json!({ "statusCode": status })
        }
        Some("MESSAGE") => {
            let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
            let client = aws_sdk_apigatewaymanagement::Client::new(&config);
            let body = event["body"].as_str().unwrap_or_default();
            let told = match client
                .post_to_connection()
                .connection_id(id)
                .data(Blob::new(body))
                .send()
                .await
            {
                Ok(_) => 200,
                Err(_) => 500,
            };
            json!({ "statusCode": told })
        }
        _ => {
            note("disconnected", id);
            json!({ "statusCode": 200 })
        }
    }
}

fn write_down(event: &Value) -> Value {
    for record in event["Records"].as_array().into_iter().flatten() {
        note("record", &record.to_string());
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        note("record-at", &now.as_micros().to_string());
    }
    Value::Null
}

/// Adds a line to a file that the test reads.
fn note(what: &str, line: &str) {
    use std::io::Write;
    let Ok(dir) = std::env::var("PRACTICE_NOTES") else {
        return;
    };
    let path = std::path::Path::new(&dir).join(what);
    if let Ok(mut file) = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
    {
        let _ = writeln!(file, "{line}");
    }
}
