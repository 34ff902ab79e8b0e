//! A house for tests: the real adapter over a real store (DynamoDB by dynoxide, in memory, with the tables of the stack), the other
//! services answered by a few lines of HTTP that remember what they were asked.
use crate::aws::{Aws, Names};
use crate::http::{Api, Source, router};
use crate::people::{Caller, Keys, Passwords, access};
use crate::ports::calls::{CallRecord, Calls};
use crate::ports::connections::{Connection, Connections};
use crate::ports::directory::{Credential, Directory, NewTenant, Person, Tenant};
use crate::ports::requests::Requests;
use crate::ports::sessions::{SessionRecord, Sessions};
use crate::request::{self, Begun};
use crate::seed::{SeedInput, Seeded, sample, seed};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use axum::{Extension, Json};
use contract::request::{Kind, RequestView};
use contract::view::CallView;
use contract::{CallId, Role};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// The keys that sign.
const KEYS: &str = "a:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

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

type Log = Arc<Mutex<Asked>>;

/// The house.
pub(crate) struct House {
    pub(crate) aws: Arc<Aws>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) seeded: Seeded,
    log: Log,
    router: Router,
}

/// One answer of the API.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// The problem's name.
    pub(crate) fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }
}

impl House {
    /// A house with the sample tenant in it.
    pub(crate) async fn new() -> Self {
        let log = Log::default();
        let mut aws = Aws::new(
            config(serve_services(log.clone()).await),
            Names::from_map(&HashMap::from(
                [
                    ("TOKEN_KEY", KEYS),
                    ("OPERATORS_MAIL", "ruth.amsler@strowger.example"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            )),
        );
        aws.dynamodb = aws_sdk_dynamodb::Client::new(&config(serve_store().await));
        let aws = Arc::new(aws);
        let keys = Arc::new(Keys::parse(KEYS).unwrap());
        let seeded = seed(&*aws, &SeedInput::default()).await.unwrap();
        Self {
            router: serve(&aws, &keys),
            aws,
            keys,
            seeded,
            log,
        }
    }

    /// What the services were asked so far.
    pub(crate) fn asked(&self) -> MutexGuard<'_, Asked> {
        self.log.lock().unwrap()
    }

    /// What was sent by mail so far.
    pub(crate) fn mails(&self) -> Vec<Value> {
        self.asked().mails.clone()
    }

    /// A second tenant with one operator, to be kept out.
    pub(crate) async fn add_foreign_tenant(&self) -> Caller {
        let tenant = Tenant {
            tenant: "t-other".into(),
            name: "Other".into(),
            dial: sample::dial_policy(),
            country: None,
            closed_at: None,
        };
        let person = Person {
            person: "p-eve".into(),
            tenant: "t-other".into(),
            name: "Eve".into(),
            email: "eve@other.example".into(),
            role: Role::Operator,
            numbers: Vec::new(),
            ring_limit_s: 25,
            language: None,
        };
        let people = vec![Credential {
            person,
            password_hash: "none".into(),
        }];
        self.aws
            .create_tenant(&NewTenant {
                tenant,
                people,
                numbers: Vec::new(),
            })
            .await
            .unwrap();
        Caller {
            tenant: "t-other".into(),
            person: "p-eve".into(),
            role: Role::Operator,
            session: "s-eve".into(),
        }
    }

    pub(crate) fn anna(&self) -> Caller {
        someone("p-anna-keller", Role::Person)
    }

    pub(crate) fn wei(&self) -> Caller {
        someone("p-tan-wei-ming", Role::Person)
    }

    pub(crate) fn lucia(&self) -> Caller {
        someone("p-lucia-mendez", Role::Administrator)
    }

    /// A good token, `age_s` seconds old.
    pub(crate) fn token(&self, caller: &Caller, age_s: i64) -> String {
        access::issue(
            &self.keys,
            caller,
            jiff::Timestamp::now().as_second() - age_s,
        )
    }

    /// The password of a sample person.
    pub(crate) fn password(&self, name: &str) -> (String, String) {
        let person = self
            .seeded
            .people
            .iter()
            .find(|person| person.name == name)
            .unwrap();
        (person.email.clone(), person.password.clone().unwrap())
    }

    /// The same house, except that its mailboxes cannot be reached.
    pub(crate) fn without_mailboxes(&self) -> Self {
        let mut aws = (*self.aws).clone();
        aws.names.mailboxes = "nowhere".to_owned();
        let aws = Arc::new(aws);
        Self {
            router: serve(&aws, &self.keys),
            aws,
            keys: self.keys.clone(),
            seeded: self.seeded.clone(),
            log: self.log.clone(),
        }
    }

    /// The same house with these carriers.
    pub(crate) fn with_carriers(
        &self,
        carriers: Vec<crate::carriers::config::CarrierConfig>,
    ) -> Self {
        let aws = Arc::new((*self.aws).clone().with_carriers(carriers));
        Self {
            router: serve(&aws, &self.keys),
            aws,
            keys: self.keys.clone(),
            seeded: self.seeded.clone(),
            log: self.log.clone(),
        }
    }

    /// One request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        // A letter is a PDF.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
            text,
        }
    }

    /// One request of somebody, with a key of its own.
    pub(crate) async fn ask(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let key = uuid::Uuid::new_v4().simple().to_string();
        self.ask_with_key(caller, method, path, body, &key).await
    }

    /// One request of somebody.
    pub(crate) async fn ask_with_key(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: &str,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token(caller, 0)))
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        self.send(request).await
    }

    /// Places a call and gives its record.
    pub(crate) async fn place(&self, caller: &Caller, to: &str) -> CallView {
        let body = json!({ "to": to, "device": "tab-12345678" });
        let answer = self
            .ask(caller, Method::POST, "/v1/calls", Some(body))
            .await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        serde_json::from_value(answer.body).unwrap()
    }

    /// A dossier of the sample tenant; gives its id.
    pub(crate) async fn dossier(&self) -> String {
        let body = json!({ "kind": "business", "endUser": { "businessName": "Isthmus Trading" } });
        let lucia = self.lucia();
        let answer = self
            .ask(&lucia, Method::POST, "/v1/dossiers", Some(body))
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.body["dossier"]["id"].as_str().unwrap().to_owned()
    }

    /// A request of the sample tenant in which its administrator has to fill in the form `review`.
    pub(crate) async fn asks_for_review(&self, request: &str) -> RequestView {
        self.begins(request, Kind::VerifyDossier).await;
        self.asks(request, "customer", Value::Null).await
    }

    /// A request of the sample tenant begins.
    pub(crate) async fn begins(&self, request: &str, kind: Kind) {
        let begun = Begun {
            id: request.into(),
            kind,
            tenant: sample::TENANT.into(),
            person: None,
            title: "A dossier".to_owned(),
            details: json!({ "dossier": "d-1" }),
            numbers: Vec::new(),
            hidden: Value::Null,
        };
        request::begin::begin(&*self.aws, begun).await.unwrap();
    }

    /// A request asks somebody to fill in the form `review`.
    pub(crate) async fn asks(&self, request: &str, owner: &str, about: Value) -> RequestView {
        let turn = json!({
            "token": "token", "request": request, "state": "Review", "round": 1, "attempt": 0, "received": 0,
            "status": "in_review", "owner": owner, "nextAction": "Look at it",
            "task": { "form": "review", "title": "Review the dossier", "about": about },
            "accepts": ["task.done@review", "request.cancel"],
        });
        let turn = serde_json::from_value(turn).unwrap();
        request::turn::turn(&*self.aws, turn).await.unwrap();
        let record = Requests::get(&*self.aws, &request.into()).await.unwrap();
        record.unwrap().view
    }

    /// Changes a call's record as turns do.
    pub(crate) async fn change(
        &self,
        call: &CallId,
        mut change: impl FnMut(&mut CallRecord) + Send,
    ) -> CallRecord {
        let changed = Calls::update(&*self.aws, call, |record| {
            change(record);
            crate::ports::calls::Changed::Yes
        });
        changed.await.unwrap().unwrap()
    }

    /// Has somebody signed in, so that their tokens belong to a session.
    pub(crate) async fn sign_in(&self, caller: &Caller) {
        let now = jiff::Timestamp::now();
        let session = SessionRecord {
            family: caller.session.clone(),
            tenant: caller.tenant.clone(),
            person: caller.person.clone(),
            current: String::new(),
            previous: None,
            rotated_at_ms: now.as_millisecond(),
            client: String::new(),
            expires: now.as_second() + 600,
        };
        self.aws.create_session(&session).await.unwrap();
    }

    /// Records a connection that was opened `age_s` seconds ago.
    pub(crate) async fn connect(&self, caller: &Caller, id: &str, age_s: i64) -> Connection {
        let now = jiff::Timestamp::now().as_second();
        let connection = Connection {
            id: id.to_owned(),
            tenant: caller.tenant.clone(),
            person: caller.person.clone(),
            role: caller.role,
            device: "tab-12345678".into(),
            session: caller.session.clone(),
            since: now - age_s,
            expires: now + 600,
        };
        self.aws.add(&connection).await.unwrap();
        connection
    }
}

fn serve(aws: &Arc<Aws>, keys: &Arc<Keys>) -> Router {
    let api = Api {
        ports: aws.clone(),
        keys: keys.clone(),
        passwords: Passwords::default(),
    };
    router(Arc::new(api)).layer(Extension(Source("192.0.2.7".to_owned())))
}

fn someone(person: &str, role: Role) -> Caller {
    Caller {
        tenant: sample::TENANT.into(),
        person: person.into(),
        role,
        session: format!("s-{person}"),
    }
}

fn config(addr: SocketAddr) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "test", "test", None, None, "test",
        )))
        .endpoint_url(format!("http://{addr}"))
        .build()
}

/// The store, with the tables that the stack declares.
async fn serve_store() -> SocketAddr {
    let store = dynoxide::Database::memory().unwrap();
    let stack: Value =
        serde_json::from_str(include_str!("../../infra/local/platform/stack.json")).unwrap();
    for (name, table) in stack["Tables"].as_object().unwrap() {
        let mut table = table.clone();
        table
            .as_object_mut()
            .unwrap()
            .remove("TimeToLiveSpecification");
        table["TableName"] = json!(name);
        store
            .create_table(serde_json::from_value(table).unwrap())
            .unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, store));
    addr
}

/// Step Functions and the API Gateway management API, as far as these tests ask them.
async fn serve_services(log: Log) -> SocketAddr {
    let router = Router::new()
        .route("/", post(states))
        .route(
            "/@connections/{id}",
            post(post_to_connection).delete(delete_connection),
        )
        .route("/v2/email/outbound-emails", post(send_email))
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
