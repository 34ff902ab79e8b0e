//! The one adapter: every port on the AWS SDKs. No SDK type leaves this module.
//!
//! A file per port. The same binary runs on AWS and on one machine: the SDKs read region, credentials and endpoints from the
//! environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, ..), and so do the few names of ours ([`Names`]).

mod call_control;
mod calls;
mod clock;
mod connections;
mod directory;
mod documents;
mod dossiers;
mod engaged;
mod history;
mod item;
mod mailboxes;
mod mails;
mod meetings;
mod names;
mod pace;
mod requests;
mod screening;
mod sessions;
mod table;
mod webhooks;
mod workflows;

pub use names::Names;

use crate::ports::Unavailable;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
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
}

impl Aws {
    /// From the environment.
    pub async fn from_env() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts())
            .load()
            .await;
        Self::new(config, Names::from_env())
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
        }
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
