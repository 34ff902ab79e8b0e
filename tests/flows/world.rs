//! The world as the cases tell it, asked over HTTP as the functions are.
use crate::case::{Case, Step, Then};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How a turn ends.
pub(crate) enum Answer {
    Signal(Value),
    Late,
}

/// A turn that has ended.
pub(crate) struct Turn {
    pub(crate) token: String,
    pub(crate) answer: Answer,
}

/// What one execution is answered.
struct Script {
    steps: VecDeque<Step>,
    /// The state that is waited in until everybody waits.
    target: String,
    held: Option<Turn>,
    reached: bool,
    seq: u64,
}

struct Shared {
    scripts: BTreeMap<String, Script>,
    ended: UnboundedSender<Turn>,
}

/// Every execution's script.
pub(crate) struct World {
    pub(crate) endpoint: String,
    shared: Arc<Mutex<Shared>>,
}

impl World {
    /// Listens as Lambda does; gives the turns that end, too.
    pub(crate) async fn start() -> (Self, UnboundedReceiver<Turn>) {
        let (ended, turns) = unbounded_channel();
        let scripts = BTreeMap::new();
        let shared = Arc::new(Mutex::new(Shared { scripts, ended }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let router = axum::Router::new()
            .fallback(invoke)
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });
        (Self { endpoint, shared }, turns)
    }

    /// The turns that end from now on.
    pub(crate) fn turns(&self) -> UnboundedReceiver<Turn> {
        let (ended, turns) = unbounded_channel();
        self.shared.lock().expect("whole").ended = ended;
        turns
    }

    /// An execution of this name is going to be answered as the case says.
    pub(crate) fn expect(&self, execution: &str, target: &str, case: &Case) {
        let script = Script {
            steps: case
                .steps
                .iter()
                .filter(|step| step.then.is_some())
                .cloned()
                .collect(),
            target: target.to_owned(),
            held: None,
            reached: false,
            seq: 0,
        };
        let scripts = &mut self.shared.lock().expect("whole").scripts;
        scripts.insert(execution.to_owned(), script);
    }

    /// Whether an execution waits where it should.
    pub(crate) fn holds(&self, execution: &str) -> bool {
        self.shared.lock().expect("whole").scripts[execution]
            .held
            .is_some()
    }

    /// Everybody goes on.
    pub(crate) fn let_go(&self) -> Vec<Turn> {
        let scripts = &mut self.shared.lock().expect("whole").scripts;
        scripts
            .values_mut()
            .filter_map(|script| script.held.take())
            .collect()
    }

    /// Everything that the cases say was asked for.
    pub(crate) fn is_done(&self) {
        for (name, script) in &self.shared.lock().expect("whole").scripts {
            let left: Vec<_> = script.steps.iter().map(|step| &step.state).collect();
            assert!(left.is_empty(), "{name}: nobody asked at {left:?}");
        }
    }
}

async fn invoke(State(shared): State<Arc<Mutex<Shared>>>, payload: Bytes) -> Response {
    let payload: Value = serde_json::from_slice(&payload).expect("payloads are JSON");
    let told = |field: &str| payload[field].as_str().expect("told who asks").to_owned();
    let (execution, at) = (told("execution"), told("at"));
    let mut shared = shared.lock().expect("whole");
    let Shared { scripts, ended } = &mut *shared;
    let script = scripts.get_mut(&execution).expect("an execution");
    let Some(step) = script.steps.pop_front().filter(|step| step.state == at) else {
        return failed("Case.OtherState", &format!("{execution} asks at {at}"));
    };
    let answer = match step.then.expect("an answer") {
        Then::Result(result) => return axum::Json(result).into_response(),
        Then::Error(error) => return failed(&error, "as the case says"),
        Then::Timeout(_) => Answer::Late,
        Then::Signal(mut signal) => {
            script.seq += 1;
            signal["seq"] = script.seq.into();
            signal["at"] = "2026-09-21T12:53:20.000Z".into();
            Answer::Signal(signal)
        }
    };
    let token = told("token");
    let turn = Turn { token, answer };
    if at == script.target && !script.reached {
        script.reached = true;
        script.held = Some(turn);
    } else {
        ended.send(turn).expect("somebody reports");
    }
    axum::Json(Value::Null).into_response()
}

fn failed(error: &str, why: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-amz-function-error",
        "Unhandled".parse().expect("a value"),
    );
    let body = json!({ "errorType": error, "errorMessage": why });
    (headers, axum::Json(body)).into_response()
}
