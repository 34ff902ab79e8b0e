//! Meetings on loopback, and browsers to go with them: the real API client, a WebSocket, str0m.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod browser;
pub(crate) mod tone;

use aws_sdk_chimesdkmeetings as chime;
use chime::config::{BehaviorVersion, Credentials, Region};
use meetings::{Config, EventSink, Limits, Meetings};
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// Nothing in these tests takes this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Collects events.
#[derive(Default)]
pub(crate) struct Events {
    list: Mutex<Vec<Value>>,
    more: Notify,
}

impl EventSink for Events {
    fn emit(&self, event: Value) {
        self.list.lock().unwrap().push(event);
        self.more.notify_waiters();
    }
}

impl Events {
    /// Event types so far, with the attendee's external id where there is one: `AttendeeJoined anna`.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |event: &Value| {
            let detail = &event["detail"];
            let name = detail["eventType"]
                .as_str()
                .unwrap()
                .trim_start_matches("chime:");
            detail["externalUserId"]
                .as_str()
                .map_or_else(|| name.to_owned(), |user| format!("{name} {user}"))
        };
        self.list.lock().unwrap().iter().map(name).collect()
    }

    /// Waits until this event is among them.
    pub(crate) async fn wait_for(&self, name: &str) {
        let wait = async {
            loop {
                let more = self.more.notified();
                if self.names().iter().any(|n| n == name) {
                    return;
                }
                more.await;
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!("no {name} among {:?}", self.names());
        }
    }
}

/// A running server.
pub(crate) struct Server {
    pub meetings: Meetings,
    pub events: Arc<Events>,
    pub addr: SocketAddr,
    pub chime: chime::Client,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(dir: &Path, limits: Limits) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let addr = listener.local_addr().unwrap();
        let config = Config {
            dir: dir.to_owned(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            media_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            signaling_base: format!("ws://{addr}"),
        };
        let events = Arc::new(Events::default());
        let meetings = Meetings::open_with(config, limits, events.clone()).unwrap();
        let router = meetings.api_router().merge(meetings.signalling_router());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let config = chime::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(format!("http://{addr}"))
            .build();
        Self {
            meetings,
            events,
            addr,
            chime: chime::Client::from_conf(config),
            serving,
        }
    }

    /// A meeting with these attendees.
    pub(crate) async fn meeting(&self, names: &[&str]) -> Call {
        use chime::types::CreateAttendeeRequestItem;
        let attendees = names.iter().map(|n| {
            CreateAttendeeRequestItem::builder()
                .external_user_id(*n)
                .build()
                .unwrap()
        });
        let created = self
            .chime
            .create_meeting_with_attendees()
            .client_request_token(format!("request-{}", uuid::Uuid::new_v4()))
            .media_region("us-east-1")
            .external_meeting_id("call-1")
            .set_attendees(Some(attendees.collect()))
            .send()
            .await
            .unwrap();
        let meeting = created.meeting().unwrap();
        Call {
            id: meeting.meeting_id().unwrap().to_owned(),
            url: meeting
                .media_placement()
                .unwrap()
                .signaling_url()
                .unwrap()
                .to_owned(),
            attendees: created.attendees().to_vec(),
        }
    }

    /// Stops as an orderly shutdown does.
    pub(crate) async fn stop(self) {
        self.meetings.shutdown().await;
        self.serving.abort();
    }
}

/// A meeting as its creator knows it.
pub(crate) struct Call {
    pub id: String,
    pub url: String,
    pub attendees: Vec<chime::types::Attendee>,
}

impl Call {
    pub(crate) fn token(&self, n: usize) -> &str {
        self.attendees[n].join_token().unwrap()
    }

    pub(crate) fn attendee_id(&self, n: usize) -> &str {
        self.attendees[n].attendee_id().unwrap()
    }
}
