//! A house for tests: the real adapter over a real store (DynamoDB by dynoxide, in memory, with the tables of the stack), the other
//! services answered by a few lines of HTTP that remember what they were asked.
mod furniture;
mod services;

use crate::aws::{Aws, Names};
use crate::http::{Api, Source, router};
use crate::people::{Caller, Keys, Passwords, access};
use crate::seed::{SeedInput, Seeded, sample, seed};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::{Extension, Router};
use contract::Role;
use serde_json::{Value, json};
use services::{Asked, Log, serve_services};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// The keys that sign.
const KEYS: &str = "a:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

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
        Self::seeded(&SeedInput::default()).await
    }

    /// A house as a deployment begins: the facts about the world, and nobody in it.
    pub(crate) async fn without_sample() -> Self {
        let input = SeedInput {
            sample: Some(false),
            ..SeedInput::default()
        };
        Self::seeded(&input).await
    }

    async fn seeded(input: &SeedInput) -> Self {
        let log = Log::default();
        let mut aws = Aws::new(
            config(serve_services(log.clone()).await),
            Names::from_map(&HashMap::from(
                [
                    ("TOKEN_KEY", KEYS),
                    ("OPERATORS_MAIL", "ruth.amsler@strowger.example"),
                    ("PRACTICE_SCREENING", "true"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            )),
        );
        aws.dynamodb = aws_sdk_dynamodb::Client::new(&config(serve_store().await));
        let aws = Arc::new(aws);
        let keys = Arc::new(Keys::parse(KEYS).unwrap());
        let seeded = seed(&*aws, input).await.unwrap();
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
        serde_json::from_str(include_str!("../../../infra/local/platform/stack.json")).unwrap();
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
