//! A queue that task tokens come through: a peer's own SQS, or one of ours that only passes messages on.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use super::http::{Connection, Request};
use super::subject::Subject;
use super::{Failure, Load};

/// Messages that wait to be taken.
const MAX_MESSAGES: usize = 100_000;

/// Takes SQS messages and hands on their task tokens.
#[derive(Debug, Clone)]
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    tokens: Arc<Mutex<mpsc::Receiver<String>>>,
}

impl Sink {
    pub(crate) async fn open() -> Result<Self, Failure> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (give, take) = mpsc::channel(MAX_MESSAGES);
        let router = Router::new().route("/", post(taken)).with_state(give);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            tokens: Arc::new(Mutex::new(take)),
        })
    }
}

async fn taken(State(give): State<mpsc::Sender<String>>, body: Bytes) -> String {
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(token) = token_in(&message["MessageBody"]) {
        let _full = give.send(token).await;
    }
    json!({ "MessageId": uuid::Uuid::new_v4().to_string(), "MD5OfMessageBody": "" }).to_string()
}

fn token_in(body: &Value) -> Option<String> {
    let body: Value = serde_json::from_str(body.as_str()?).ok()?;
    Some(body["token"].as_str()?.to_owned())
}

/// Where the tokens of a server come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Sink(Sink, String),
    /// The queue's URL, at the server itself.
    Polled(String),
}

impl Source {
    pub(crate) async fn open(load: &Load, subject: &Subject) -> Result<Self, Failure> {
        if subject.own {
            let url = format!("http://{}/000000000000/load", load.queues.address);
            return Ok(Self::Sink(load.queues.clone(), url));
        }
        let name = format!("load-{}", uuid::Uuid::new_v4().simple());
        let request = Request::to("AmazonSQS", "CreateQueue", &json!({ "QueueName": name }));
        let made = subject.connect().send(&request).await?;
        let url = made["QueueUrl"].as_str().ok_or("no QueueUrl")?;
        Ok(Self::Polled(url.to_owned()))
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Sink(_, url) | Self::Polled(url) => url,
        }
    }

    /// The next tokens.
    pub(crate) async fn tokens(&self, connection: &mut Connection) -> Result<Vec<String>, Failure> {
        match self {
            Self::Sink(sink, _) => Ok(sink.tokens.lock().await.recv().await.into_iter().collect()),
            Self::Polled(url) => {
                let body =
                    json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1 });
                let told = connection
                    .send(&Request::to("AmazonSQS", "ReceiveMessage", &body))
                    .await?;
                let messages = told["Messages"].as_array().into_iter().flatten();
                Ok(messages.filter_map(|m| token_in(&m["Body"])).collect())
            }
        }
    }
}
