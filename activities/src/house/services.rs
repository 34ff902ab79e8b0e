//! The services that the house asks, and what they were asked.
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What the services were asked.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// `StartExecution`: inputs by execution name, one per request.
    pub(crate) started: Vec<(String, Value)>,
    /// What `DescribeExecution` says of executions by name: `RUNNING` if nothing, no execution if `GONE`.
    pub(crate) statuses: BTreeMap<String, String>,
    /// `SendTaskSuccess`: outputs.
    pub(crate) completed: Vec<Value>,
    /// `PostToConnection`: messages by connection.
    pub(crate) posted: BTreeMap<String, Vec<Value>>,
    /// `DeleteConnection`.
    pub(crate) closed: Vec<String>,
    /// Connections that are closed, as the gateway knows.
    pub(crate) gone: BTreeSet<String>,
    /// Connections for which the gateway fails.
    pub(crate) broken: BTreeSet<String>,
    /// `SendEmail`: what was sent.
    pub(crate) mails: Vec<Value>,
    /// What `GetExecutionHistory` answers.
    pub(crate) history: Vec<Value>,
    /// `DeleteObject`: keys.
    pub(crate) deleted: Vec<String>,
}

pub(super) type Log = Arc<Mutex<Asked>>;

/// Step Functions, the API Gateway management API and a few calls of others, as far as these tests ask them.
pub(super) async fn serve_services(log: Log) -> SocketAddr {
    let router = Router::new()
        .route("/", post(states))
        .route(
            "/@connections/{id}",
            post(post_to_connection).delete(delete_connection),
        )
        .route("/v2/email/outbound-emails", post(send_email))
        .route("/phone-number-countries", get(phone_number_countries))
        .route("/phone-numbers/{id}", get(phone_number))
        .route("/{bucket}/{*key}", delete(delete_object))
        .with_state(log);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    addr
}

async fn states(State(log): State<Log>, headers: HeaderMap, body: String) -> Response {
    let target = headers["x-amz-target"]
        .to_str()
        .unwrap()
        .rsplit('.')
        .next()
        .unwrap()
        .to_owned();
    let body: Value = serde_json::from_str(&body).unwrap();
    let mut log = log.lock().unwrap();
    let answer = match target.as_str() {
        "StartExecution" => {
            let machine = body["stateMachineArn"].as_str().unwrap();
            let name = body["name"].as_str().unwrap();
            if log.statuses.get(name).is_some_and(|it| it == "REFUSED") {
                let error = json!({ "__type": "InvalidName", "message": "refused" });
                return (StatusCode::BAD_REQUEST, Json(error)).into_response();
            }
            let arn = format!(
                "{}:{name}",
                machine.replace(":stateMachine:", ":execution:")
            );
            let input = serde_json::from_str(body["input"].as_str().unwrap()).unwrap();
            log.started.push((name.to_owned(), input));
            json!({ "executionArn": arn, "startDate": 1_790_000_000.0 })
        }
        "SendTaskSuccess" => {
            log.completed
                .push(serde_json::from_str(body["output"].as_str().unwrap()).unwrap());
            json!({})
        }
        "DescribeExecution" => {
            let arn = body["executionArn"].as_str().unwrap();
            let name = arn.rsplit(':').next().unwrap();
            let status = log.statuses.get(name).map_or("RUNNING", String::as_str);
            if status == "GONE" {
                let error = json!({ "__type": "ExecutionDoesNotExist", "message": "gone" });
                return (StatusCode::BAD_REQUEST, Json(error)).into_response();
            }
            json!({
                "executionArn": arn, "stateMachineArn": "arn", "name": name, "status": status,
                "startDate": 1_790_000_000.0,
            })
        }
        "RedriveExecution" => {
            let arn = body["executionArn"].as_str().unwrap();
            let name = arn.rsplit(':').next().unwrap().to_owned();
            let status = log.statuses.get(&name).map_or("RUNNING", String::as_str);
            if status != "FAILED" {
                let error =
                    json!({ "__type": "ExecutionNotRedrivable", "message": "not redrivable" });
                return (StatusCode::BAD_REQUEST, Json(error)).into_response();
            }
            log.statuses.insert(name, "RUNNING".to_owned());
            json!({ "redriveDate": 1_790_000_000.0 })
        }
        "DescribeStateMachineForExecution" => json!({
            "stateMachineArn": "arn", "name": "outbound-call", "roleArn": "arn", "updateDate": 1_790_000_000.0,
            "definition": r#"{"StartAt":"Authorise","States":{}}"#,
        }),
        "GetExecutionHistory" => json!({ "events": log.history }),
        other => panic!("nobody answers {other}"),
    };
    Json(answer).into_response()
}

/// SES: an address without `@` is none.
async fn send_email(State(log): State<Log>, Json(mail): Json<Value>) -> Response {
    let to = mail["Destination"]["ToAddresses"][0].as_str().unwrap();
    if !to.contains('@') {
        let refused = [("x-amzn-errortype", "BadRequestException")];
        let body = Json(json!({ "message": "not an address" }));
        return (StatusCode::BAD_REQUEST, refused, body).into_response();
    }
    let mut log = log.lock().unwrap();
    log.mails.push(mail);
    Json(json!({ "MessageId": format!("m-{}", log.mails.len()) })).into_response()
}

/// Chime SDK Voice: where it sells numbers.
async fn phone_number_countries() -> Json<Value> {
    let row = |code: &str, types: &[&str]| json!({ "CountryCode": code, "SupportedPhoneNumberTypes": types });
    Json(json!({
        "PhoneNumberCountries": [row("CH", &["Local"]), row("US", &["Local", "TollFree"])],
    }))
}

/// Chime SDK Voice: the numbers that the account has are those of one block, and nothing uses them. Those of another it may not ask about.
async fn phone_number(Path(id): Path<String>) -> Response {
    if id.contains("4144555400") {
        let kind = [("x-amzn-errortype", "ForbiddenException")];
        let refused = Json(json!({ "Code": "Forbidden", "Message": "not allowed" }));
        return (StatusCode::FORBIDDEN, kind, refused).into_response();
    }
    if !id.contains("4144555200") {
        let kind = [("x-amzn-errortype", "NotFoundException")];
        let none = Json(json!({ "Code": "NotFoundException", "Message": "no such number" }));
        return (StatusCode::NOT_FOUND, kind, none).into_response();
    }
    let number = json!({
        "PhoneNumberId": id, "E164PhoneNumber": id, "Status": "Unassigned", "ProductType": "SipMediaApplicationDialIn",
    });
    Json(json!({ "PhoneNumber": number })).into_response()
}

async fn post_to_connection(
    State(log): State<Log>,
    Path(id): Path<String>,
    body: String,
) -> Response {
    let mut log = log.lock().unwrap();
    if log.gone.contains(&id) {
        return (
            StatusCode::GONE,
            [("x-amzn-errortype", "GoneException")],
            "{}",
        )
            .into_response();
    }
    if log.broken.contains(&id) {
        return (
            StatusCode::FORBIDDEN,
            [("x-amzn-errortype", "ForbiddenException")],
            "{}",
        )
            .into_response();
    }
    log.posted
        .entry(id)
        .or_default()
        .push(serde_json::from_str(&body).unwrap());
    StatusCode::OK.into_response()
}

async fn delete_connection(State(log): State<Log>, Path(id): Path<String>) -> Response {
    log.lock().unwrap().closed.push(id);
    StatusCode::NO_CONTENT.into_response()
}

async fn delete_object(
    State(log): State<Log>,
    Path((_, key)): Path<(String, String)>,
) -> StatusCode {
    log.lock().unwrap().deleted.push(key);
    StatusCode::NO_CONTENT
}
