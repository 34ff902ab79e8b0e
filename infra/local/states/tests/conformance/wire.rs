//! The engine over HTTP: the real client, whose answers are kept as they came, and plain requests for scripts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_sfn::config::{
    BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
};
use aws_sdk_sfn::error::BoxError;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// An answer: what was given, or the error's name and message.
pub(crate) type Answer = Result<Value, (String, String)>;

/// A client of one engine.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) sdk: Client,
    last: LastBody,
    plain: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
}

/// The body of the last answer that the client read.
#[derive(Debug, Clone, Default)]
struct LastBody(Arc<Mutex<Bytes>>);

impl Intercept for LastBody {
    fn name(&self) -> &'static str {
        "LastBody"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let bytes = context.response().body().bytes().unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Bytes::copy_from_slice(bytes);
        Ok(())
    }
}

impl Wire {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let last = LastBody::default();
        let config = aws_sdk_sfn::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(aws_sdk_sfn::config::retry::RetryConfig::disabled())
            .timeout_config(aws_sdk_sfn::config::timeout::TimeoutConfig::disabled())
            .endpoint_url(format!("http://{address}"))
            .interceptor(last.clone())
            .build();
        Self {
            sdk: Client::from_conf(config),
            last,
            plain: hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http(),
            address,
        }
    }

    /// The last answer that the client read, as it came.
    pub(crate) fn last(&self) -> Value {
        let bytes = self.last.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_slice(&bytes).expect("answers are JSON")
    }

    /// Any operation, with any request.
    pub(crate) async fn call(&self, operation: &str, request: &Value) -> Answer {
        let target = match operation.contains('.') {
            true => operation.to_owned(),
            false => format!("AWSStepFunctions.{operation}"),
        };
        let request = http::Request::post(format!("http://{}/", self.address))
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .body(Full::new(Bytes::from(request.to_string())))
            .expect("a request");
        let answer = self.plain.request(request).await.expect("an answer");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a body");
        let value: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or(json!(null));
        if status.is_success() {
            return Ok(value);
        }
        let text = |member: &str| value[member].as_str().unwrap_or_default().to_owned();
        Err((text("__type"), text("message")))
    }
}
