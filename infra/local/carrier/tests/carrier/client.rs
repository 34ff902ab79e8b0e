//! A plain HTTP client, a receiver of notices, and a desk between them.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use carrier::{Carrier, Config, Connection, Faults, NotTaken, NumberRoute, NumberRoutes};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// Longest wait for something that must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn data(&self) -> Value {
        assert!(self.status < 300, "{self:?}");
        self.json()["data"].clone()
    }
}

/// Speaks to one address.
pub(crate) struct Client {
    http: Hyper<HttpConnector, Full<Bytes>>,
    addr: SocketAddr,
}

impl Client {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self {
            http: Hyper::builder(TokioExecutor::new()).build_http(),
            addr,
        }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.addr));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        let answer = self.http.request(request).await.expect("an answer");
        let (head, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            bytes,
        }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let headers = [
            ("authorization", "Bearer practice"),
            ("content-type", "application/json"),
        ];
        self.send(method, path, &headers, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, &body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, &body).await
    }

    /// Uploads a PDF of this name; its id.
    pub(crate) async fn document(&self, name: &str) -> String {
        let body = json!({ "file": STANDARD.encode("%PDF-1.4 test"), "filename": name });
        let made = self.post("/v2/documents", body).await.data();
        made["id"].as_str().expect("an id").to_owned()
    }

    /// A draft of a practice record's first numbers, filled in as the record has it.
    pub(crate) async fn draft(&self, account: &str, count: u64) -> String {
        let records = self.get("/practice/records").await.data();
        let records = records.as_array().expect("a list");
        let record = records
            .iter()
            .find(|record| record["account_number"] == account)
            .expect("a record");
        let first: u64 = record["first"].as_str().expect("a number")[1..]
            .parse()
            .expect("digits");
        let numbers: Vec<String> = (first..first + count)
            .map(|number| format!("+{number}"))
            .collect();
        let made = self
            .post("/v2/porting_orders", json!({ "phone_numbers": numbers }))
            .await
            .data();
        let id = made[0]["id"].as_str().expect("an id").to_owned();
        let proof = self.document("proof.pdf").await;
        let wanted = self
            .get(&format!("/v2/porting_orders/{id}/requirements"))
            .await
            .data();
        let requirements: Vec<Value> = wanted
            .as_array()
            .expect("a list")
            .iter()
            .map(|each| {
                let value = if each["field_type"] == "document" { proof.as_str() } else { "CHE-123.45" };
                json!({ "requirement_type_id": each["requirement_type"]["id"], "field_value": value })
            })
            .collect();
        let whole = record["count"] == count;
        let misc = if whole {
            json!({ "type": "full" })
        } else {
            json!({ "type": "partial", "remaining_numbers_action": "disconnect" })
        };
        let body = json!({
            "end_user": {
                "admin": {
                    "entity_name": record["entity_name"],
                    "auth_person_name": record["auth_person_name"],
                    "account_number": record["account_number"],
                    "pin_passcode": record["pin_passcode"],
                },
                "location": {
                    "street_address": record["street_address"],
                    "locality": record["locality"],
                    "postal_code": record["postal_code"],
                    "country_code": record["country"],
                },
            },
            "documents": { "loa": self.document("loa.pdf").await, "invoice": self.document("invoice.pdf").await },
            "misc": misc,
            "requirements": requirements,
            "phone_number_configuration": { "connection_id": "trunk-1" },
        });
        let filled = self
            .patch(&format!("/v2/porting_orders/{id}"), body)
            .await
            .data();
        assert_eq!(filled["requirements_met"], true, "{filled}");
        id
    }
}

/// A notice as it came.
pub(crate) struct Notice {
    headers: HeaderMap,
    body: String,
}

impl Notice {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Checks the signature as Telnyx's SDKs do.
    pub(crate) fn check(&self, public_key: &str) {
        let text = |name: &str| {
            self.headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .expect("a header")
                .to_owned()
        };
        let key: [u8; 32] = STANDARD
            .decode(public_key)
            .expect("base64")
            .try_into()
            .expect("32 bytes");
        let key = VerifyingKey::from_bytes(&key).expect("a key");
        let signature = STANDARD
            .decode(text("telnyx-signature-ed25519"))
            .expect("base64");
        let signature = Signature::from_slice(&signature).expect("64 bytes");
        let signed = format!("{}|{}", text("telnyx-timestamp"), self.body);
        key.verify(signed.as_bytes(), &signature)
            .expect("the carrier's signature");
    }
}

/// Takes notices; refuses the first `refusals` of them.
pub(crate) struct Receiver {
    pub(crate) url: String,
    notices: mpsc::UnboundedReceiver<Notice>,
}

impl Receiver {
    pub(crate) async fn new(refusals: u32) -> Self {
        let (sender, notices) = mpsc::unbounded_channel();
        let left = Arc::new(Mutex::new(refusals));
        let take = move |headers: HeaderMap, body: String| {
            let (sender, left) = (sender.clone(), left.clone());
            async move {
                let mut left = left.lock().await;
                if *left > 0 {
                    *left -= 1;
                    return StatusCode::SERVICE_UNAVAILABLE;
                }
                // A receiver that is gone needs nothing more.
                let _ = sender.send(Notice { headers, body });
                StatusCode::OK
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!(
            "http://{}/notices",
            listener.local_addr().expect("an address")
        );
        let router = Router::new().route("/notices", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, notices }
    }

    /// The next notice that `wanted` knows.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Notice {
        let wait = async {
            loop {
                let notice = self.notices.recv().await.expect("the receiver runs");
                if wanted(&notice.json()["data"]) {
                    return notice;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .expect("the notice comes in time")
    }

    /// The notice that an order has this status.
    pub(crate) async fn status(&mut self, id: &str, status: &str) -> Notice {
        self.until(|data| {
            data["payload"]["id"] == id && data["payload"]["status"]["value"] == status
        })
        .await
    }
}

/// Keeps the routes that it is told.
#[derive(Debug)]
pub(crate) struct Routes(mpsc::UnboundedSender<NumberRoute>);

#[async_trait::async_trait]
impl NumberRoutes for Routes {
    fn connection(&self, id: &str) -> Option<Connection> {
        (id == "trunk-1").then_some(Connection { active: true })
    }

    async fn set(&self, route: NumberRoute) -> Result<(), NotTaken> {
        self.0.send(route).map_err(|_| NotTaken)
    }
}

/// A desk in a folder, with everybody around it.
pub(crate) struct Bench {
    pub(crate) client: Client,
    pub(crate) receiver: Receiver,
    pub(crate) routes: mpsc::UnboundedReceiver<NumberRoute>,
    pub(crate) carrier: Carrier,
    _dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn new(time_scale: u32, refusals: u32) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let receiver = Receiver::new(refusals).await;
        let (sender, routes) = mpsc::unbounded_channel();
        let carrier = open(dir.path(), time_scale, &receiver.url, sender).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = Client::new(listener.local_addr().expect("an address"));
        let router = carrier.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            client,
            receiver,
            routes,
            carrier,
            _dir: dir,
        }
    }
}

async fn open(
    dir: &Path,
    time_scale: u32,
    url: &str,
    routes: mpsc::UnboundedSender<NumberRoute>,
) -> Carrier {
    let config = Config {
        time_scale,
        webhook_url: Some(url.to_owned()),
        faults: Faults::NONE,
        ..Config::new(dir.to_owned(), "practice".to_owned())
    };
    Carrier::open(config, Arc::new(Routes(routes)))
        .await
        .expect("opens")
}

pub(crate) fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        body.append_pair(name, value);
    }
    body.finish().into_bytes()
}

pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub(crate) fn location(answer: &Answer) -> String {
    answer
        .headers
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}
