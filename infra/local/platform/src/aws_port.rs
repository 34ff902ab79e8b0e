//! The one address of the AWS APIs: which service a request is for.
//!
//! JSON services say it in `X-Amz-Target`, REST services by their paths.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tower::ServiceExt;

use crate::gateway::origin;

/// Each service's API.
#[derive(Clone)]
pub struct Services {
    /// Step Functions.
    pub states: Router,
    /// DynamoDB and DynamoDB Streams.
    pub dynamodb: Router,
    /// Lambda.
    pub lambda: Router,
    /// API Gateway's `@connections`.
    pub connections: Router,
    /// Chime SDK Meetings.
    pub meetings: Router,
    /// SES v2.
    pub mail: Router,
    /// Chime SDK Voice: everything else by path.
    pub voice: Router,
}

/// A service of the AWS port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    States,
    DynamoDb,
    Lambda,
    Connections,
    Meetings,
    Mail,
    Voice,
}

/// The whole address, closed to web pages.
pub fn router(services: Services) -> Router {
    Router::new()
        .fallback(dispatch)
        .with_state(services)
        .layer(middleware::from_fn(origin::own_programs_only))
}

/// The same without the check of who asks, for the platform's own requests.
pub fn inner_router(services: Services) -> Router {
    Router::new().fallback(dispatch).with_state(services)
}

async fn dispatch(State(services): State<Services>, request: Request) -> Response {
    let target = request
        .headers()
        .get("x-amz-target")
        .map(|target| target.to_str().unwrap_or_default());
    let router = match service(target, request.uri().path()) {
        Some(Service::States) => services.states,
        Some(Service::DynamoDb) => services.dynamodb,
        Some(Service::Lambda) => services.lambda,
        Some(Service::Connections) => services.connections,
        Some(Service::Meetings) => services.meetings,
        Some(Service::Mail) => services.mail,
        Some(Service::Voice) => services.voice,
        None if is_query(&request) => return unknown_query(),
        None => return unknown(target.unwrap_or_else(|| request.uri().path())),
    };
    router
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {})
}

fn service(target: Option<&str>, path: &str) -> Option<Service> {
    if let Some(target) = target {
        return match target.split('.').next().unwrap_or_default() {
            "AWSStepFunctions" | "StrowgerStates" => Some(Service::States),
            "DynamoDB_20120810" | "DynamoDBStreams_20120810" => Some(Service::DynamoDb),
            _ => None,
        };
    }
    match path.split('/').nth(1).unwrap_or_default() {
        "" => None,
        "2015-03-31" => Some(Service::Lambda),
        "@connections" | "%40connections" => Some(Service::Connections),
        "meetings" | "meetings-with-attendees" | "tags" => Some(Service::Meetings),
        "v2" => Some(Service::Mail),
        _ => Some(Service::Voice),
    }
}

/// Whether a request speaks the query protocol: parameters of a form, answers in XML (STS, IAM, SNS).
fn is_query(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn unknown_query() -> Response {
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code>\
        <Message>no service of this machine speaks the query protocol</Message></Error></ErrorResponse>";
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/xml")],
        body,
    )
        .into_response()
}

/// The answer to what no service here knows.
pub(crate) fn unknown(asked: &str) -> Response {
    let message = format!("no service of this machine answers {asked:?}");
    let body = json!({ "__type": "UnknownOperationException", "message": message });
    (
        StatusCode::NOT_FOUND,
        [("x-amzn-errortype", "UnknownOperationException")],
        axum::Json(body),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request as HttpRequest;

    #[test]
    fn each_request_finds_its_service() {
        for (target, path, expected) in [
            (
                Some("AWSStepFunctions.StartExecution"),
                "/",
                Some(Service::States),
            ),
            (
                Some("DynamoDB_20120810.PutItem"),
                "/",
                Some(Service::DynamoDb),
            ),
            (
                Some("DynamoDBStreams_20120810.GetRecords"),
                "/",
                Some(Service::DynamoDb),
            ),
            (Some("AmazonSSM.GetParameter"), "/", None),
            (
                None,
                "/2015-03-31/functions/turn/invocations",
                Some(Service::Lambda),
            ),
            (None, "/@connections/abc", Some(Service::Connections)),
            (None, "/%40connections/abc", Some(Service::Connections)),
            (None, "/meetings/m/attendees", Some(Service::Meetings)),
            (None, "/meetings-with-attendees", Some(Service::Meetings)),
            (
                None,
                "/sip-media-applications/s/calls",
                Some(Service::Voice),
            ),
            (None, "/phone-numbers", Some(Service::Voice)),
            (None, "/v2/email/outbound-emails", Some(Service::Mail)),
            (None, "/", None),
        ] {
            assert_eq!(service(target, path), expected, "{target:?} {path}");
        }
    }

    /// Clients read an error only in the form of their protocol.
    #[tokio::test]
    async fn what_nobody_answers_is_refused_in_the_askers_form() {
        let none = Router::new;
        let services = Services {
            states: none(),
            dynamodb: none(),
            lambda: none(),
            connections: none(),
            meetings: none(),
            mail: none(),
            voice: none(),
        };
        for (kind, begins) in [
            (
                "application/x-amz-json-1.1",
                r#"{"__type":"UnknownOperationException""#,
            ),
            (
                "application/x-www-form-urlencoded; charset=utf-8",
                "<ErrorResponse>",
            ),
        ] {
            let request = HttpRequest::post("/").header("content-type", kind);
            let request = request.body(Body::empty()).expect("a request");
            let response = inner_router(services.clone())
                .oneshot(request)
                .await
                .expect("infallible");
            assert_eq!(response.status(), StatusCode::NOT_FOUND);
            let body = to_bytes(response.into_body(), 4096).await.expect("a body");
            assert!(body.starts_with(begins.as_bytes()), "{kind}: {body:?}");
        }
    }

    #[tokio::test]
    async fn web_pages_and_foreign_hosts_are_refused() {
        let answers = |text: &'static str| Router::new().fallback(move || async move { text });
        let services = Services {
            states: answers("states"),
            dynamodb: answers("dynamodb"),
            lambda: answers("lambda"),
            connections: answers("connections"),
            meetings: answers("meetings"),
            mail: answers("mail"),
            voice: answers("voice"),
        };
        for (host, origin, status) in [
            ("127.0.0.1:4566", None, StatusCode::OK),
            ("localhost", None, StatusCode::OK),
            ("evil.example:4566", None, StatusCode::FORBIDDEN),
            (
                "127.0.0.1:4566",
                Some("http://127.0.0.1:4566"),
                StatusCode::FORBIDDEN,
            ),
            (
                "127.0.0.1:4566",
                Some("http://evil.example"),
                StatusCode::FORBIDDEN,
            ),
        ] {
            let mut request = HttpRequest::post("/").header("host", host);
            request = request.header("x-amz-target", "DynamoDB_20120810.ListTables");
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let request = request.body(Body::empty()).expect("a request");
            let response = router(services.clone())
                .oneshot(request)
                .await
                .expect("infallible");
            assert_eq!(response.status(), status, "{host} {origin:?}");
            let body = to_bytes(response.into_body(), 4096).await.expect("a body");
            assert_eq!(body == "dynamodb", status.is_success());
        }
    }
}
