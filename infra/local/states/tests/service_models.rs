//! `aws-sdk:` tasks of a service that only its API model says anything of.

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex};

use aws_sdk_sfn::types::{ExecutionStatus, ValidateStateMachineDefinitionResultCode};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use states::{Config, ServiceModels, Services};
use support::{Folder, Functions, ROLE, Running, flow, open, open_with};

/// What was asked: path with query, and headers.
type Asked = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

async fn answer(
    State(asked): State<Asked>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let path = uri.to_string();
    let is_lost = path.starts_with("/to/nobody/");
    asked.lock().expect("no panic").push((path, headers, body));
    if is_lost {
        let told = json!({ "message": "nobody lives there" });
        let kind = [
            ("x-amzn-errortype", "NoSuchParcel"),
            ("x-amzn-requestid", "r-1"),
        ];
        return (StatusCode::NOT_FOUND, kind, axum::Json(told)).into_response();
    }
    let told = json!({ "parcelArn": "arn:p", "sentAt": 1.5, "items": [{ "weight": 3 }] });
    ([("x-left", "2")], axum::Json(told)).into_response()
}

fn models() -> ServiceModels {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    let models = ServiceModels::open(&folder).expect("models");
    assert_eq!(models.len(), 1);
    models
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_called_by_its_model() {
    let asked = Asked::default();
    let router = Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = Folder::new();
    let config = Config {
        drain_ms: 0,
        service_models: models(),
        services: Services {
            endpoints: [("parcels".to_owned(), url)].into(),
            ..Services::default()
        },
        ..Config::new(folder.path())
    };
    let up = open_with(config, Functions::default()).await;
    let make = |name: &str, action: &str, to: &str| {
        let definition = flow(json!({
            "A": { "Type": "Task", "Resource": format!("arn:aws:states:::aws-sdk:parcels:{action}"), "Arguments": {
                "To": to, "Path": "b/c", "Colours": ["red"], "SentAt": "1970-01-01T00:00:01Z" },
                "Catch": [{ "ErrorEquals": ["Parcels.NoSuchDbParcelException"], "Next": "B",
                    "Output": "{% $states.errorOutput.Cause %}" }],
                "End": true },
            "B": { "Type": "Succeed" }
        }));
        let made = up.client.create_state_machine().name(name).role_arn(ROLE);
        made.definition(definition.to_string()).send()
    };
    let run = async |name: &str, to: &str| -> Value {
        let made = make(name, "sendDbParcel", to).await.expect("made");
        let start = up.client.start_execution();
        let started = start.state_machine_arn(made.state_machine_arn).send().await;
        support::output(&up.client, &started.expect("started").execution_arn).await
    };
    let sent = json!({ "ParcelArn": "arn:p", "SentAt": "1970-01-01T00:00:01.500Z", "Items": [{ "Weight": 3 }],
        "Left": 2, "Status": 200 });
    assert_eq!(run("sent", "me").await, sent);
    assert_eq!(
        run("lost", "nobody").await,
        json!(
            "nobody lives there (Service: Parcels, Status Code: 404, Request ID: r-1) (SDK Attempt Count: 1)"
        )
    );
    let refused = make("unknown", "fly", "me")
        .await
        .expect_err("no such action");
    let refused = refused.into_service_error().to_string();
    assert!(refused.contains("not in the service's model"), "{refused}");
    let asked = asked.lock().expect("no panic").clone();
    let (path, headers, body) = asked.first().expect("a request");
    assert_eq!(path, "/to/me/b/c?v=1&colour=red");
    assert_eq!(body, r#"{"sentAt":1}"#);
    let signature = headers["authorization"].to_str().expect("text");
    assert!(
        signature.contains("/us-east-1/parcels/aws4_request"),
        "{signature}"
    );
}

/// Why its state `A` is not tried out. The client would put a prefix before the host.
async fn tested(up: &Running, definition: &str) -> Option<String> {
    let mock = json!({ "result": "{}" });
    let asked = json!({ "definition": definition, "stateName": "A", "mock": mock });
    let request = http::Request::post(format!("http://{}/", up.address))
        .header("x-amz-target", "AWSStepFunctions.TestState")
        .header("content-type", "application/x-amz-json-1.0")
        .body(Full::new(Bytes::from(asked.to_string())))
        .expect("a request");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.expect("an answer");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("a body");
    let told: Value = serde_json::from_slice(&body.to_bytes()).expect("JSON");
    (!status.is_success()).then(|| told["message"].to_string())
}

/// The first refusal, if there is one, of a definition that names the invented service: made, validated and tried out.
async fn refusals(up: &Running) -> [Option<String>; 3] {
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:parcels:label", "End": true });
    let definition = flow(json!({ "A": task })).to_string();
    let create = up.client.create_state_machine().name("m").role_arn(ROLE);
    let made = create.definition(&definition).send().await;
    let validate = up.client.validate_state_machine_definition();
    let validated = validate.definition(&definition).send().await;
    let validated = validated.expect("validated");
    let is_valid = *validated.result() == ValidateStateMachineDefinitionResultCode::Ok;
    [
        made.err()
            .map(|error| error.into_service_error().to_string()),
        (!is_valid).then(|| validated.diagnostics()[0].message().to_owned()),
        tested(up, &definition).await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_has_the_models_that_it_was_opened_with() {
    let (with, without) = (Folder::new(), Folder::new());
    let config = Config {
        drain_ms: 0,
        service_models: models(),
        ..Config::new(with.path())
    };
    let up = open_with(config, Functions::default()).await;
    let other = open(without.path()).await;
    assert_eq!(refusals(&up).await, [None, None, None]);
    for refusal in refusals(&other).await {
        let refusal = refusal.expect("it has no models");
        assert!(refusal.contains("--service-models"), "{refusal}");
    }
    other.close().await;
    up.close().await;

    // Without its model a machine stays, and its tasks fail.
    let up = open(with.path()).await;
    let machines = up.client.list_state_machines().send().await;
    let machines = machines.expect("listed").state_machines;
    let [machine] = machines.as_slice() else {
        panic!("{machines:?}")
    };
    let execution = up.start(&machine.state_machine_arn, json!({})).await;
    let (status, _, error, cause) = up.end(&execution).await;
    assert_eq!(status, ExecutionStatus::Failed);
    assert_eq!(error.as_deref(), Some("States.Runtime"));
    let cause = cause.expect("a cause");
    assert!(cause.contains("--service-models"), "{cause}");
    up.close().await;
}
