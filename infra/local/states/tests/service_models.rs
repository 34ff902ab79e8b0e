//! `aws-sdk:` tasks of a service that only its API model says anything of.

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use states::{Config, Services};
use support::{Folder, Functions, ROLE, flow, open_with};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_called_by_its_model() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    assert_eq!(states::use_service_models(&models), Ok(1));
    assert!(states::use_service_models(&models).is_err(), "given twice");
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
