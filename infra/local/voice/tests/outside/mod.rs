//! A running service, a scripted function, a client of the API, and a phone of our own.
#![allow(dead_code, reason = "each test file uses its part")]

use async_trait::async_trait;
use aws_sdk_chimesdkvoice as chime;
use bytes::Bytes;
use media::{JoinError, Party, Rooms, Seat, SeatControl};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use voice::{CarrierNumber, Config, Functions, InvokeError, SamplePhone, Voice};

pub(crate) const OURS: &str = "+41445550100";
pub(crate) const THEIRS: &str = "+41445550199";
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

type Rule = Box<dyn Fn(&Value) -> Value + Send + Sync>;

/// The function: answers by a rule, and tells the test of every event.
pub(crate) struct Script {
    rule: Mutex<Arc<Rule>>,
    events: mpsc::UnboundedSender<Value>,
}

impl Script {
    pub(crate) fn set(&self, rule: impl Fn(&Value) -> Value + Send + Sync + 'static) {
        *self.rule.lock().unwrap() = Arc::new(Box::new(rule));
    }
}

#[async_trait]
impl Functions for Script {
    async fn invoke(&self, _: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let event: Value = serde_json::from_slice(&payload).unwrap();
        let rule = Arc::clone(&self.rule.lock().unwrap());
        let actions = rule(&event);
        let _ = self.events.send(event);
        Ok(Bytes::from(
            json!({ "SchemaVersion": "1.0", "Actions": actions }).to_string(),
        ))
    }
}

/// A meeting that hands its party to the test.
#[derive(Default)]
pub(crate) struct OneRoom {
    pub(crate) party: Mutex<Option<Box<dyn Party>>>,
}

struct Leaving;

impl SeatControl for Leaving {
    fn set_muted(&self, _: bool) {}
    fn leave(&self) {}
}

impl Rooms for OneRoom {
    fn join(&self, meeting: &str, token: &str, party: Box<dyn Party>) -> Result<Seat, JoinError> {
        if meeting != "m" {
            return Err(JoinError::NoSuchMeeting);
        }
        if token != "j" {
            return Err(JoinError::BadToken);
        }
        *self.party.lock().unwrap() = Some(party);
        Ok(Seat::new(
            "attendee".into(),
            "user".into(),
            Box::new(Leaving),
        ))
    }
}

pub(crate) struct Service {
    pub(crate) voice: Voice,
    pub(crate) script: Arc<Script>,
    pub(crate) room: Arc<OneRoom>,
    pub(crate) events: mpsc::UnboundedReceiver<Value>,
    pub(crate) client: chime::Client,
    pub(crate) application: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) fn config(dir: &Path) -> Config {
    let mut config = Config::new(
        dir.join("voice"),
        "127.0.0.1:0".parse().unwrap(),
        dir.join("buckets"),
    );
    config.numbers = vec![
        CarrierNumber {
            number: OURS.into(),
            country: "CH".into(),
        },
        CarrierNumber {
            number: "+6565550100".into(),
            country: "SG".into(),
        },
    ];
    config.available = vec![CarrierNumber {
        number: "+5072020100".into(),
        country: "PA".into(),
    }];
    config.phones = vec![SamplePhone {
        username: "phone".into(),
        numbers: vec![THEIRS.into()],
    }];
    config.drain_limit = Duration::from_millis(200);
    config
}

/// A service with one application and a rule for [`OURS`]. Everybody on this host may call.
pub(crate) async fn service(config: Config) -> Service {
    let (tell, events) = mpsc::unbounded_channel();
    let rule: Rule = Box::new(|_| json!([]));
    let script = Arc::new(Script {
        rule: Mutex::new(Arc::new(rule)),
        events: tell,
    });
    let room = Arc::new(OneRoom::default());
    let voice = Voice::open(config, script.clone(), room.clone())
        .await
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = voice.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = client(&endpoint);
    let application = set_up(&client).await;
    Service {
        voice,
        script,
        room,
        events,
        client,
        application,
        server,
    }
}

pub(crate) fn client(endpoint: &str) -> chime::Client {
    let config = chime::Config::builder()
        .behavior_version(chime::config::BehaviorVersion::latest())
        .region(chime::config::Region::new("us-east-1"))
        .credentials_provider(chime::config::Credentials::new(
            "local", "local", None, None, "test",
        ))
        .retry_config(chime::config::retry::RetryConfig::disabled())
        .endpoint_url(endpoint)
        .build();
    chime::Client::from_conf(config)
}

async fn set_up(client: &chime::Client) -> String {
    let listed = client.list_sip_media_applications().send().await.unwrap();
    if let Some(application) = listed.sip_media_applications().first() {
        return application.sip_media_application_id().unwrap().to_owned();
    }
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:sma-event";
    let endpoint = chime::types::SipMediaApplicationEndpoint::builder()
        .lambda_arn(arn)
        .build();
    let created = client
        .create_sip_media_application()
        .aws_region("us-east-1")
        .name("main")
        .endpoints(endpoint)
        .send()
        .await;
    let id = created
        .unwrap()
        .sip_media_application
        .unwrap()
        .sip_media_application_id
        .unwrap();
    let target = chime::types::SipRuleTargetApplication::builder();
    let target = target
        .sip_media_application_id(&id)
        .priority(1)
        .aws_region("us-east-1")
        .build();
    let rule = client
        .create_sip_rule()
        .name("main")
        .target_applications(target);
    rule.trigger_type(chime::types::SipRuleTriggerType::ToPhoneNumber)
        .trigger_value(OURS)
        .send()
        .await
        .unwrap();
    let connector = client
        .create_voice_connector()
        .name("here")
        .aws_region(chime::types::VoiceConnectorAwsRegion::UsEast1);
    let connector = connector
        .require_encryption(false)
        .send()
        .await
        .unwrap()
        .voice_connector
        .unwrap();
    let termination = chime::types::Termination::builder()
        .calling_regions("CH")
        .cidr_allowed_list("127.0.0.1/32")
        .build();
    let put = client
        .put_voice_connector_termination()
        .voice_connector_id(connector.voice_connector_id.unwrap());
    put.termination(termination).send().await.unwrap();
    id
}

impl Service {
    /// Takes the allow list away: everybody must show a password.
    pub(crate) async fn ask_for_passwords(&self) {
        let connectors = self.client.list_voice_connectors().send().await.unwrap();
        let id = connectors.voice_connectors()[0].voice_connector_id();
        let delete = self.client.delete_voice_connector_termination();
        delete
            .set_voice_connector_id(id.map(str::to_owned))
            .send()
            .await
            .unwrap();
    }

    /// Calls a number from ours.
    pub(crate) async fn place(&self, to: &str) {
        let place = self.client.create_sip_media_application_call();
        place
            .sip_media_application_id(&self.application)
            .from_phone_number(OURS)
            .to_phone_number(to)
            .send()
            .await
            .unwrap();
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> Value {
        tokio::time::timeout(LIMIT, self.events.recv())
            .await
            .expect("no event in time")
            .unwrap()
    }

    /// The next event of this kind; others before it are skipped.
    pub(crate) async fn event_of(&mut self, kind: &str) -> Value {
        loop {
            let event = self.event().await;
            if event["InvocationEventType"] == kind {
                return event;
            }
        }
    }
}

/// Actions by event kind: what most scripts are.
pub(crate) fn on(event: &Value, table: &[(&str, Value)]) -> Value {
    let kind = event["InvocationEventType"].as_str().unwrap();
    table
        .iter()
        .find(|(name, _)| *name == kind)
        .map_or(json!([]), |(_, actions)| actions.clone())
}

pub(crate) fn pause(ms: u64) -> Value {
    json!({ "Type": "Pause", "Parameters": { "DurationInMilliseconds": ms.to_string() } })
}

pub(crate) fn hangup(code: u16) -> Value {
    json!({ "Type": "Hangup", "Parameters": { "SipResponseCode": code.to_string() } })
}

pub(crate) fn play(key: &str) -> Value {
    json!({ "Type": "PlayAudio", "Parameters": { "AudioSource": { "Type": "S3", "BucketName": "prompts", "Key": key } } })
}

/// Writes one second of a tone as a prompt.
pub(crate) fn prompt(dir: &Path, key: &str, frequency: f64) {
    let mut samples = vec![0i16; 16_000];
    media::tone::Tone::new(&[frequency], 10_000.0, 16_000).fill(&mut samples);
    let bucket = dir.join("buckets/prompts");
    std::fs::create_dir_all(&bucket).unwrap();
    std::fs::write(bucket.join(key), media::wav::write(16_000, &samples)).unwrap();
}
