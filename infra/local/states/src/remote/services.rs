//! Where AWS services are, and requests to them signed with Signature Version 4.
//!
//! Source: AWS SDKs and Tools reference guide, "Service-specific endpoints" and "AWS Signature Version 4".

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{HeaderValue, Request};

use super::{Answer, Client, SendError};

/// Largest answer of a service, in bytes: a result over 256 KiB is refused later, with AWS's words.
const MAX_ANSWER_BYTES: usize = 8 * 1_048_576;
const PREFIX: &str = "AWS_ENDPOINT_URL_";
/// Where services that have no region are signed for.
const GLOBAL_REGION: &str = "us-east-1";

/// How other services are reached.
#[derive(Debug, Clone, Default)]
pub struct Services {
    /// Addresses by service, named as in `AWS_ENDPOINT_URL_<SERVICE>` in lower case (`dynamodb`, `secrets_manager`).
    pub endpoints: BTreeMap<String, String>,
    /// The address of all others. Without it they are asked at AWS.
    pub endpoint: Option<String>,
    /// What requests are signed with. A service at an address of its own is asked as `test` without them.
    pub keys: Option<Keys>,
}

/// An access key.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// `AWS_ACCESS_KEY_ID`.
    pub id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret: String,
    /// `AWS_SESSION_TOKEN`.
    pub session: Option<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({}, ..)", self.id)
    }
}

impl Services {
    /// As the environment says, in the words of the AWS SDKs.
    pub fn from_env() -> Self {
        Self::from_vars(std::env::vars())
    }

    fn from_vars(vars: impl Iterator<Item = (String, String)>) -> Self {
        let vars: BTreeMap<String, String> = vars.filter(|(_, value)| !value.is_empty()).collect();
        let endpoints = vars
            .iter()
            .filter_map(|(name, url)| {
                Some((name.strip_prefix(PREFIX)?.to_lowercase(), url.clone()))
            })
            .collect();
        let keys = match (
            vars.get("AWS_ACCESS_KEY_ID"),
            vars.get("AWS_SECRET_ACCESS_KEY"),
        ) {
            (Some(id), Some(secret)) => Some(Keys {
                id: id.clone(),
                secret: secret.clone(),
                session: vars.get("AWS_SESSION_TOKEN").cloned(),
            }),
            _incomplete => None,
        };
        Self {
            endpoints,
            endpoint: vars.get("AWS_ENDPOINT_URL").cloned(),
            keys,
        }
    }

    /// The address that this configuration gives to a service, without a slash at its end.
    fn configured(&self, id: &str) -> Option<&str> {
        let url = self.endpoints.get(id).or(self.endpoint.as_ref())?;
        Some(url.trim_end_matches('/'))
    }

    /// Sends a request to a service. `path` begins with a slash and is already encoded.
    pub(crate) async fn send(
        &self,
        client: &Client,
        target: &Target<'_>,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Answer, SendError> {
        self.send_within(client, target, request, limit, MAX_ANSWER_BYTES)
            .await
    }

    /// As [`Services::send`], with an answer of at most `most_bytes`.
    pub(crate) async fn send_within(
        &self,
        client: &Client,
        target: &Target<'_>,
        request: Request<Bytes>,
        limit: Duration,
        most_bytes: usize,
    ) -> Result<Answer, SendError> {
        let request = self.addressed(target, request)?;
        client.send(request, limit, most_bytes).await
    }

    /// Signs a request that has its address. On this machine, which alone is asked without TLS, it is signed as `test`: whoever
    /// listens there is shown no signature by the keys.
    pub(crate) fn sign(
        &self,
        request: &mut Request<Bytes>,
        target: &Target<'_>,
    ) -> Result<(), SendError> {
        let keys = match &self.keys {
            _any if request.uri().scheme_str() == Some("http") => test_keys(),
            Some(keys) => keys.clone(),
            None => {
                return Err(SendError::Socket(format!(
                    "there are no credentials to sign a request to '{}' with",
                    request.uri().host().unwrap_or_default()
                )));
            }
        };
        signed(request, target, &keys).map_err(SendError::Socket)
    }

    /// The request with its address and signature.
    fn addressed(
        &self,
        target: &Target<'_>,
        request: Request<Bytes>,
    ) -> Result<Request<Bytes>, SendError> {
        let wrong = |why: String| SendError::Socket(why);
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |p| p.as_str());
        let (base, keys) = match (self.configured(target.id), &self.keys) {
            (Some(base), Some(keys)) => (base.to_owned(), keys.clone()),
            (Some(base), None) => (base.to_owned(), test_keys()),
            (None, Some(keys)) => (target.host(), keys.clone()),
            (None, None) => {
                return Err(wrong(format!(
                    "there is no address for the service '{}' and there are no credentials to ask AWS with: set {PREFIX}{} or AWS_ENDPOINT_URL",
                    target.id,
                    target.id.to_uppercase()
                )));
            }
        };
        let address = format!("{base}{path}");
        head.uri = address
            .parse()
            .map_err(|error| wrong(format!("'{address}' is not an address: {error}")))?;
        let mut request = Request::from_parts(head, body);
        signed(&mut request, target, &keys).map_err(wrong)?;
        Ok(request)
    }
}

/// A service, as it is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// Its name in [`Services::endpoints`].
    pub(crate) id: &'a str,
    /// The first label of its host at AWS (`dynamodb`), or the whole where there is one for all regions (`iam.amazonaws.com`).
    pub(crate) prefix: &'a str,
    /// Its name in signatures.
    pub(crate) signing: &'a str,
    /// The region.
    pub(crate) region: &'a str,
}

impl Target<'_> {
    fn is_global(&self) -> bool {
        self.prefix.ends_with(".amazonaws.com")
    }

    /// The region in signatures: services without one are signed for the first.
    fn signing_region(&self) -> &str {
        if self.is_global() {
            GLOBAL_REGION
        } else {
            self.region
        }
    }

    fn host(&self) -> String {
        if self.is_global() {
            return format!("https://{}", self.prefix);
        }
        let domain = if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        format!("https://{}.{}.{domain}", self.prefix, self.region)
    }
}

fn test_keys() -> Keys {
    Keys {
        id: "test".to_owned(),
        secret: "test".to_owned(),
        session: None,
    }
}

/// S3 signs the path as it is sent, and wants the body's hash in a header.
fn settings(target: &Target<'_>) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if target.signing == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

fn signed(request: &mut Request<Bytes>, target: &Target<'_>, keys: &Keys) -> Result<(), String> {
    let authority = request.uri().authority().map(|a| a.as_str());
    let host = authority.and_then(|a| HeaderValue::from_str(a).ok());
    if let Some(host) = host {
        request.headers_mut().insert(http::header::HOST, host);
    }
    let identity = Credentials::new(&keys.id, &keys.secret, keys.session.clone(), None, "states");
    let identity = identity.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(target.signing_region())
        .name(target.signing)
        .time(SystemTime::now())
        .settings(settings(target))
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let uri = request.uri().to_string();
    let instructions = {
        let headers = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = SignableBody::Bytes(request.body());
        let signable = SignableRequest::new(request.method().as_str(), uri, headers, body)
            .map_err(|error| error.to_string())?;
        let (instructions, _signature) = sign(signable, &params)
            .map_err(|error| error.to_string())?
            .into_parts();
        instructions
    };
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DYNAMODB: Target<'_> = Target {
        id: "dynamodb",
        prefix: "dynamodb",
        signing: "dynamodb",
        region: "eu-central-1",
    };

    fn services(vars: &[(&str, &str)]) -> Services {
        Services::from_vars(vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    fn request() -> Request<Bytes> {
        Request::post("/").body(Bytes::from_static(b"{}")).unwrap()
    }

    #[test]
    fn an_address_of_its_own_goes_before_the_common_one() {
        let services = services(&[
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1/"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:2"),
        ]);
        assert_eq!(
            services.configured("secrets_manager"),
            Some("http://127.0.0.1:1")
        );
        assert_eq!(services.configured("sqs"), Some("http://127.0.0.1:2"));
    }

    #[test]
    fn with_keys_and_no_address_aws_is_asked_and_the_request_signed() {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ];
        let request = services(&keys).addressed(&DYNAMODB, request()).unwrap();
        assert_eq!(
            request.uri(),
            "https://dynamodb.eu-central-1.amazonaws.com/"
        );
        let signature = request.headers()["authorization"].to_str().unwrap();
        assert!(
            signature.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"),
            "{signature}"
        );
        assert!(
            signature.contains("/eu-central-1/dynamodb/aws4_request"),
            "{signature}"
        );
    }

    #[test]
    fn a_service_without_regions_has_one_host_and_one_signature() {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ];
        let iam = Target {
            id: "iam",
            prefix: "iam.amazonaws.com",
            signing: "iam",
            region: "eu-central-1",
        };
        let request = services(&keys).addressed(&iam, request()).unwrap();
        assert_eq!(request.uri(), "https://iam.amazonaws.com/");
        let signature = request.headers()["authorization"].to_str().unwrap();
        assert!(
            signature.contains("/us-east-1/iam/aws4_request"),
            "{signature}"
        );
    }

    #[test]
    fn an_api_is_signed_for_at_the_address_that_it_has() {
        let api = Target {
            id: "execute-api",
            prefix: "execute-api",
            signing: "execute-api",
            region: "eu-west-1",
        };
        let signed = |services: &Services, at: &str| {
            let mut request = Request::get(at).body(Bytes::new()).unwrap();
            let signed = services.sign(&mut request, &api);
            signed.map(|()| {
                request.headers()["authorization"]
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
        };
        let here = signed(&services(&[]), "http://127.0.0.1:1/prod/x?a=1").unwrap();
        assert!(here.contains("Credential=test/"), "{here}");
        assert!(
            here.contains("/eu-west-1/execute-api/aws4_request"),
            "{here}"
        );
        assert!(here.contains("SignedHeaders=host;"), "{here}");
        let at_aws = "https://abc.execute-api.eu-west-1.amazonaws.com/prod/x";
        assert!(signed(&services(&[]), at_aws).is_err());
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ];
        let there = signed(&services(&keys), at_aws).unwrap();
        assert!(there.contains("Credential=AKID/"), "{there}");
        let here = signed(&services(&keys), "http://127.0.0.1:1/prod/x").unwrap();
        assert!(here.contains("Credential=test/"), "{here}");
    }

    #[test]
    fn without_keys_and_address_nothing_is_sent() {
        let refused = services(&[]).addressed(&DYNAMODB, request()).unwrap_err();
        assert!(
            refused.to_string().contains("AWS_ENDPOINT_URL_DYNAMODB"),
            "{refused}"
        );
    }
}
