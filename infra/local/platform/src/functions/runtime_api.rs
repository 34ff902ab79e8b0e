//! The Lambda Runtime API, one address per process.
//!
//! Source: Lambda developer guide, "Using the Lambda runtime API", version 2018-06-01.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::queue::Outcome;
use super::{Function, InvokeError, PAYLOAD_LIMIT_BYTES};

/// The invocations that a process works on.
#[derive(Debug, Default)]
struct InFlight {
    open: HashMap<Uuid, oneshot::Sender<Outcome>>,
    /// Set once the process is gone.
    gone: bool,
}

/// One run of a function's process, from its start to its end.
#[derive(Debug)]
pub(super) struct Run {
    function: Arc<Function>,
    in_flight: Mutex<InFlight>,
    /// Cancelled when an invocation missed its deadline: this process gets no more of them.
    pub(super) overdue: CancellationToken,
    /// Cancelled when the process asked for its first invocation: its initialisation is over.
    pub(super) ready: CancellationToken,
    /// Told whenever an invocation ended.
    ended: Notify,
}

impl Run {
    pub(super) fn new(function: Arc<Function>) -> Arc<Self> {
        Arc::new(Self {
            function,
            in_flight: Mutex::default(),
            overdue: CancellationToken::new(),
            ready: CancellationToken::new(),
            ended: Notify::new(),
        })
    }

    /// The process is gone: whoever waits for it hears so.
    pub(super) fn fail_in_flight(&self, reason: &str) {
        let open = {
            let mut in_flight = self.lock();
            in_flight.gone = true;
            std::mem::take(&mut in_flight.open)
        };
        for (id, answer) in open {
            let _ = answer.send(Err(exit_error(id, reason)));
        }
    }

    /// Waits until nobody waits for this process any more.
    pub(super) async fn idle(&self) {
        loop {
            let ended = self.ended.notified();
            {
                let mut in_flight = self.lock();
                in_flight.open.retain(|_, answer| !answer.is_closed());
                if in_flight.open.is_empty() {
                    return;
                }
            }
            tokio::select! {
                () = ended => {}
                // A caller that gave up tells nobody.
                () = tokio::time::sleep(std::time::Duration::from_millis(50)) => {}
            }
        }
    }

    fn begin(&self, id: Uuid, answer: oneshot::Sender<Outcome>) {
        let mut in_flight = self.lock();
        if in_flight.gone {
            let _ = answer.send(Err(exit_error(id, "Runtime exited")));
        } else {
            in_flight.open.insert(id, answer);
        }
    }

    fn end(&self, id: &str, outcome: Outcome) -> bool {
        let Some(answer) = Uuid::parse_str(id)
            .ok()
            .and_then(|id| self.lock().open.remove(&id))
        else {
            return false;
        };
        let _ = answer.send(outcome);
        self.ended.notify_waiters();
        true
    }

    fn lock(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn exit_error(id: Uuid, reason: &str) -> InvokeError {
    InvokeError::function(
        "Runtime.ExitError",
        format!("RequestId: {id} Error: {reason}"),
    )
}

/// The API of one process.
pub(super) fn router(run: Arc<Run>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(response),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(PAYLOAD_LIMIT_BYTES + 1))
        .with_state(run)
}

async fn next(State(run): State<Arc<Run>>) -> Response {
    run.ready.cancel();
    let started = tokio::select! {
        biased;
        () = run.overdue.cancelled() => std::future::pending().await,
        started = run.function.queue.take(&run.overdue) => started,
    };
    let deadline = SystemTime::now() + run.function.timeout;
    let deadline_ms = deadline
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    run.begin(started.id, started.answer);
    let trace = started.id.simple().to_string();
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", started.id.to_string())
        .header("lambda-runtime-deadline-ms", deadline_ms.to_string())
        .header("lambda-runtime-invoked-function-arn", &run.function.arn)
        .header(
            "lambda-runtime-trace-id",
            format!("Root=1-{}-{};Sampled=0", &trace[..8], &trace[8..]),
        )
        .body(Body::from(started.payload))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn response(State(run): State<Arc<Run>>, Path(id): Path<String>, body: Bytes) -> Response {
    let outcome = if body.len() > PAYLOAD_LIMIT_BYTES {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({PAYLOAD_LIMIT_BYTES} bytes)."
        );
        Err(InvokeError::function(
            "Function.ResponseSizeTooLarge",
            message,
        ))
    } else {
        Ok(body)
    };
    accepted(run.end(&id, outcome))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    #[serde(default)]
    error_message: String,
    #[serde(default)]
    error_type: String,
}

async fn error(
    State(run): State<Arc<Run>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    accepted(run.end(&id, Err(failure(&headers, &body))))
}

async fn init_error(State(run): State<Arc<Run>>, headers: HeaderMap, body: Bytes) -> Response {
    tracing::error!(function = run.function.name, error = %failure(&headers, &body), "a function did not initialise");
    accepted(true)
}

fn failure(headers: &HeaderMap, body: &[u8]) -> InvokeError {
    let told = serde_json::from_slice::<Failure>(body).unwrap_or(Failure {
        error_message: String::new(),
        error_type: String::new(),
    });
    let header = headers
        .get("lambda-runtime-function-error-type")
        .and_then(|value| value.to_str().ok());
    let error_type = if told.error_type.is_empty() {
        header.unwrap_or("Unhandled").to_owned()
    } else {
        told.error_type
    };
    InvokeError::Function {
        error_type,
        message: told.error_message,
    }
}

fn accepted(known: bool) -> Response {
    let (status, body): (_, Value) = if known {
        (StatusCode::ACCEPTED, json!({ "status": "OK" }))
    } else {
        let body = json!({ "errorType": "InvalidRequestID", "errorMessage": "no invocation of this process has this id" });
        (StatusCode::BAD_REQUEST, body)
    };
    (status, axum::Json(body)).into_response()
}
