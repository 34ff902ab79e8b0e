//! The one adapter: every port on the AWS SDKs. No SDK type leaves this module.
//!
//! A file per port. The same binary runs on AWS and on one machine: the SDKs read region, credentials and endpoints from the
//! environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, ..), and so do the few names of ours ([`Names`]).

mod api_keys;
mod call_control;
mod calls;
mod chime;
mod clock;
mod connections;
mod directory;
mod documents;
mod dossiers;
mod emergencies;
mod engaged;
mod history;
mod item;
mod mailboxes;
mod mails;
mod meetings;
mod names;
mod numbers;
mod onboardings;
mod pace;
mod porting;
mod requests;
mod routings;
mod screening;
mod sessions;
mod table;
mod webhooks;
mod workflows;
mod world;

pub use chime::Chime;
pub use names::Names;

use crate::carriers::telnyx::notice::NotBelieved;
use crate::carriers::{Any, Configured, config};
use crate::ports::Unavailable;
use crate::ports::carriers::{CarrierNotices, Carriers};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use contract::CarrierId;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// The clients of all services, made once per function instance. Connections are opened when first used.
#[derive(Debug, Clone)]
pub struct Aws {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) states: aws_sdk_sfn::Client,
    pub(crate) voice: aws_sdk_chimesdkvoice::Client,
    pub(crate) meetings: aws_sdk_chimesdkmeetings::Client,
    pub(crate) sockets: aws_sdk_apigatewaymanagement::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) mail: aws_sdk_sesv2::Client,
    pub(crate) names: Names,
    pub(crate) carriers: Arc<Configured>,
}

impl Aws {
    /// From the environment.
    pub async fn from_env() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts())
            .load()
            .await;
        let mut aws = Self::new(config, Names::from_env());
        match config::read(&std::env::vars().collect()) {
            Ok(carriers) => aws = aws.with_carriers(carriers),
            Err(error) => tracing::error!("there are no carriers: {error}"),
        }
        aws
    }

    /// With these carriers instead of none.
    #[must_use]
    pub fn with_carriers(mut self, carriers: Vec<config::CarrierConfig>) -> Self {
        let names = &self.names;
        let application = names.sip_media_application.clone();
        let chime = Chime::new(self.voice.clone(), application, names.region.clone());
        self.carriers = Arc::new(Configured::new(carriers, &chime));
        self
    }

    /// From a shared configuration.
    pub fn new(config: SdkConfig, names: Names) -> Self {
        // The SDK would try a lost CreateSipMediaApplicationCall again, and the API has no token that makes that safe: one
        // attempt there, the SDK's usual three elsewhere.
        let once = aws_sdk_chimesdkvoice::config::retry::RetryConfig::disabled();
        let voice = aws_sdk_chimesdkvoice::config::Builder::from(&config)
            .retry_config(once)
            .build();
        // A lost SendEmail likewise.
        let once = aws_sdk_sesv2::config::retry::RetryConfig::disabled();
        let mail = aws_sdk_sesv2::config::Builder::from(&config)
            .retry_config(once)
            .build();
        // On AWS the management API is at the stage's own address.
        let mut sockets = aws_sdk_apigatewaymanagement::config::Builder::from(&config);
        if let Some(endpoint) = &names.web_socket_endpoint {
            sockets = sockets.endpoint_url(endpoint);
        }
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            states: aws_sdk_sfn::Client::new(&config),
            voice: aws_sdk_chimesdkvoice::Client::from_conf(voice),
            meetings: aws_sdk_chimesdkmeetings::Client::new(&config),
            sockets: aws_sdk_apigatewaymanagement::Client::from_conf(sockets.build()),
            s3: aws_sdk_s3::Client::new(&config),
            mail: aws_sdk_sesv2::Client::from_conf(mail),
            names,
            carriers: Arc::default(),
        }
    }
}

impl Carriers for Aws {
    type Any = Any;

    fn carrier_ids(&self) -> Vec<CarrierId> {
        self.carriers.ids()
    }

    fn carrier(&self, id: &CarrierId) -> Option<&Any> {
        self.carriers.get(id)
    }
}

impl CarrierNotices for Aws {
    fn check_telnyx_notice(
        &self,
        timestamp: Option<&str>,
        signature: Option<&str>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), NotBelieved> {
        let mut refused = NotBelieved::Signature;
        for key in self.carriers.telnyx_notice_keys() {
            match key.check(timestamp, signature, body, now) {
                Ok(()) => return Ok(()),
                Err(why) => refused = why,
            }
        }
        Err(refused)
    }
}

/// No request may outlive the function that makes it: the shortest has 10 s.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(Duration::from_secs(8))
        .build()
}

/// Any SDK error as a passing failure of its service.
pub(crate) fn unavailable<E, R>(
    service: &'static str,
) -> impl Fn(aws_sdk_dynamodb::error::SdkError<E, R>) -> Unavailable
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    move |error| Unavailable::new(service, error)
}
