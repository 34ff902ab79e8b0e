//! The crates beside this one, opened on the data folder and wired to each other.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::middleware;
use bytes::Bytes;
use mail::Outbox;
use meetings::Meetings;
use objects::Objects;
use serde_json::{Value, json};
use states::Engine;
use voice::{CarrierNumber, SamplePhone, Voice};

use crate::events::Bus;
use crate::fail::StartError;
use crate::folder::Folder;
use crate::functions::{Functions, InvokeError};
use crate::gateway::origin;
use crate::names::{ACCESS_KEY_ID, ACCOUNT, REGION};
use crate::number_desk::NumberDesk;
use crate::pace::Pace;
use crate::stack::{Phone, PhoneNumber, Stack};

/// Where the platform listens.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The web client, the API and the WebSocket.
    pub web: SocketAddr,
    /// The AWS APIs.
    pub aws: SocketAddr,
    /// SIP as asked for; port 0 means any.
    pub sip: SocketAddr,
    /// The practice carrier's API.
    pub carrier: SocketAddr,
    /// S3.
    pub s3: SocketAddr,
}

impl Addresses {
    /// How a browser on this machine names the web client.
    pub fn public_url(&self) -> String {
        let ip = self.web.ip();
        if ip.is_loopback() || ip.is_unspecified() {
            format!("http://localhost:{}", self.web.port())
        } else {
            format!("http://{}", self.web)
        }
    }

    /// How a program on this machine names the web address: by number, so that nothing is looked up.
    pub fn own_url(&self) -> String {
        format!(
            "http://{}",
            SocketAddr::new(self.media_ip(), self.web.port())
        )
    }

    /// S3's address: by number, which makes clients name buckets in paths.
    pub fn s3_url(&self) -> String {
        format!(
            "http://{}",
            SocketAddr::new(self.media_ip(), self.s3.port())
        )
    }

    /// How browsers may name the web client.
    fn origins(&self) -> Vec<String> {
        let port = self.web.port();
        let names = [
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "[::1]".to_owned(),
        ];
        let mut origins: Vec<String> = names.map(|name| format!("http://{name}:{port}")).into();
        let own = self.own_url();
        if !origins.contains(&own) {
            origins.push(own);
        }
        origins
    }

    /// Where media is sent to: an address, never "any".
    fn media_ip(&self) -> IpAddr {
        let ip = self.web.ip();
        if ip.is_unspecified() {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            ip
        }
    }
}

/// Step Functions, Chime SDK Meetings, Chime SDK Voice, S3, SES and the practice carrier's number desk.
pub struct Parts {
    engine: Engine,
    meetings: Meetings,
    voice: Voice,
    number_desk: NumberDesk,
    objects: Objects,
    outbox: Outbox,
}

impl Parts {
    /// Opens all of them. What they resume invokes functions, which may start later.
    pub async fn open(
        folder: &Folder,
        addresses: &Addresses,
        stack: &Stack,
        functions: &Functions,
        bus: Bus,
        pace: Pace,
    ) -> Result<Self, StartError> {
        let config = states::Config {
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            // Tasks that call services reach those of this platform.
            services: states::Services {
                endpoint: Some(format!("http://{}", addresses.aws)),
                ..states::Services::default()
            },
            // What Map states read and write.
            objects: Some(Arc::new(states::FolderObjects::new(folder.path("buckets")))),
            ..states::Config::new(folder.path("states"))
        };
        let engine = Engine::open(config, Arc::new(functions.clone()))
            .map_err(|error| StartError::part("Step Functions", error))?;
        let config = meetings::Config {
            dir: folder.path("meetings"),
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            media_addr: SocketAddr::new(addresses.media_ip(), 0),
            signaling_base: addresses.public_url().replacen("http", "ws", 1),
        };
        let meetings = Meetings::open(config, Arc::new(bus))
            .map_err(|error| StartError::part("Chime SDK Meetings", error))?;
        let voice = Voice::open(
            voice_config(folder, addresses, stack),
            Arc::new(functions.clone()),
            Arc::new(meetings.clone()),
        )
        .await
        .map_err(voice_error)?;
        let web = addresses.own_url();
        let number_desk =
            NumberDesk::open(folder, addresses.carrier, &web, pace, voice.trunk()).await?;
        let objects = Objects::open(objects::Config {
            dir: folder.path("buckets"),
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: folder.secret("s3-key")?,
            encryption_secret: folder.secret("s3-encryption")?,
            buckets: stack.buckets.keys().cloned().collect(),
            origins: addresses.origins(),
        })
        .map_err(|error| StartError::part("S3", error))?;
        let outbox = Outbox::open(folder.path("mail"))
            .map_err(|error| StartError::part("the outbox of mails", error))?;
        Ok(Self {
            engine,
            meetings,
            voice,
            number_desk,
            objects,
            outbox,
        })
    }

    /// Step Functions' API.
    pub fn states_router(&self) -> Router {
        self.engine.router()
    }

    /// Chime SDK Meetings' API.
    pub fn meetings_router(&self) -> Router {
        self.meetings.api_router()
    }

    /// Chime SDK Voice's API.
    pub fn voice_router(&self) -> Router {
        self.voice.router()
    }

    /// The meetings' signalling, for browsers.
    pub fn signalling_router(&self) -> Router {
        self.meetings.signalling_router()
    }

    /// The practice carrier's number desk.
    pub fn number_desk(&self) -> &NumberDesk {
        &self.number_desk
    }

    /// S3's API, for whoever has a signature.
    pub fn objects_router(&self) -> Router {
        self.objects.router()
    }

    /// SES's API.
    pub fn mail_router(&self) -> Router {
        self.outbox.api_router()
    }

    /// What developers and testers do from outside: donors' answers and the outbox, for this machine alone.
    pub fn practice_router(&self) -> Router {
        let both = self
            .number_desk
            .practice_router()
            .merge(self.outbox.practice_router());
        both.layer(middleware::from_fn(origin::this_machine_only))
    }

    /// Where phones reach us.
    pub fn sip_addr(&self) -> SocketAddr {
        self.voice.sip_addr()
    }

    /// The accounts that phones sign in with.
    pub fn sip_accounts(&self) -> Vec<Value> {
        let account = |account: &voice::Account| json!({ "username": account.username, "password": account.password, "numbers": account.numbers });
        self.voice.accounts().iter().map(account).collect()
    }

    /// Ends calls and meetings in good order.
    pub async fn stop_taking_calls(&self, patience: Duration) {
        // Calls first: their legs sit in meetings.
        let calls = async {
            self.voice.shutdown().await;
            self.meetings.shutdown().await;
        };
        // The carrier may wait for somebody to answer a notice.
        let all = async { tokio::join!(self.number_desk.shutdown(), calls) };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!("calls, meetings or the carrier did not end in time");
        }
    }

    /// Lets the workflows' log be written.
    pub async fn stop_workflows(&self, patience: Duration) {
        if tokio::time::timeout(patience, self.engine.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("the workflows' log was not closed in time");
        }
    }
}

fn voice_config(folder: &Folder, addresses: &Addresses, stack: &Stack) -> voice::Config {
    let number = |number: &PhoneNumber| CarrierNumber {
        number: number.e164.clone(),
        country: number.country.clone(),
    };
    let phone = |phone: &Phone| SamplePhone {
        username: phone.username.clone(),
        numbers: phone.numbers.clone(),
    };
    voice::Config {
        region: REGION.to_owned(),
        account: ACCOUNT.to_owned(),
        media_ip: addresses.media_ip(),
        numbers: stack.phone_numbers.iter().map(number).collect(),
        phones: stack.phones.iter().map(phone).collect(),
        ..voice::Config::new(folder.path("voice"), addresses.sip, folder.path("buckets"))
    }
}

fn voice_error(error: voice::OpenError) -> StartError {
    match error {
        voice::OpenError::Sip { address, source } => {
            StartError::listen("SIP", address, "--sip-port", source)
        }
        voice::OpenError::Dir { .. }
        | voice::OpenError::MediaIp(_)
        | voice::OpenError::Carrier(_)
        | voice::OpenError::Store(_)
        | voice::OpenError::Journal(_) => StartError::part("Chime SDK Voice", error),
    }
}

impl meetings::EventSink for Bus {
    fn emit(&self, event: Value) {
        self.put(&event);
    }
}

#[async_trait]
impl states::Lambda for Functions {
    async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, states::InvokeError> {
        Functions::invoke(self, function, payload)
            .await
            .map_err(|error| match error {
                InvokeError::Function {
                    error_type,
                    message,
                } => states::InvokeError::Function {
                    error_type,
                    message,
                },
                InvokeError::NotFound(_) => states::InvokeError::NotFound,
                InvokeError::Throttled => states::InvokeError::Throttled,
                InvokeError::Timeout => states::InvokeError::Timeout,
                InvokeError::Service(reason) => states::InvokeError::Service(reason),
            })
    }
}

#[async_trait]
impl voice::Functions for Functions {
    async fn invoke(&self, lambda_arn: &str, payload: Bytes) -> Result<Bytes, voice::InvokeError> {
        Functions::invoke(self, lambda_arn, payload)
            .await
            .map_err(|error| match error {
                InvokeError::Function {
                    error_type,
                    message,
                } => voice::InvokeError::Function {
                    error_type,
                    message,
                },
                InvokeError::NotFound(_) => voice::InvokeError::NotFound,
                InvokeError::Throttled => voice::InvokeError::Throttled,
                InvokeError::Timeout => voice::InvokeError::Timeout,
                InvokeError::Service(reason) => voice::InvokeError::Service(reason),
            })
    }
}
