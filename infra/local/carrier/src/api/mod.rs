//! Telnyx's v2 API. Each handler names the page that it follows by its view.

mod addresses;
mod answer;
mod connections;
mod documents;
mod numbers;
mod orders;
mod port_parts;
mod portouts;
mod ports;
mod query;

use crate::core::problem::{Code, Refusal};
use crate::core::{Input, Reply, State};
use crate::desk::Desk;
use crate::routes::NumberRoutes;
use answer::{Failure, one};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) use answer::{Answer, refused, status_of};
pub(crate) use query::Query;

/// Largest body: a document of the largest size, in base64 or with its frame.
const MAX_BODY: usize = crate::core::document::MAX_BYTES / 3 * 4 + 64 * 1024;

type Door = Shared<Arc<Desk>>;

/// The API under `/v2`.
pub(crate) fn router(desk: Arc<Desk>, routes: Arc<dyn NumberRoutes>) -> Router {
    let v2 = Router::new()
        .merge(connections::router(routes))
        .merge(numbers::router())
        .merge(orders::router())
        .merge(addresses::router())
        .merge(documents::router())
        .merge(ports::router())
        .merge(port_parts::router())
        .merge(portouts::router())
        .route("/public_key", get(public_key))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(desk.clone(), authenticated))
        .layer(DefaultBodyLimit::max(MAX_BODY));
    Router::new().nest("/v2", v2).with_state(desk)
}

async fn authenticated(Shared(desk): Door, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = given
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(str::trim);
    if key.is_some_and(|key| equal(key.as_bytes(), desk.api_key.as_bytes())) {
        return next.run(request).await;
    }
    let detail = "the Authorization header must be Bearer and the API key";
    Failure(Refusal::new(Code::Unauthenticated, detail)).into_response()
}

/// Compares in a time that tells nothing of where they differ.
fn equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

async fn public_key(Shared(desk): Door) -> Answer {
    Ok(one(
        StatusCode::OK,
        json!({ "record_type": "public_key", "public": desk.signer.public() }),
    ))
}

/// What Telnyx has under these names and the practice carrier has not.
const NOT_BUILT: [&str; 14] = [
    "advanced_orders",
    "available_phone_number_blocks",
    "inexplicit_number_orders",
    "mobile_phone_numbers",
    "number_block_orders",
    "phone_number_blocks",
    "phone_number_extensions",
    "associated_phone_numbers",
    "verification_codes",
    "action_requirements",
    "loa_configurations",
    "reports",
    "requirement_groups",
    "requirement_group",
];

async fn nothing_here(request: Request) -> Failure {
    let path = request.uri().path();
    if path.split('/').any(|part| NOT_BUILT.contains(&part)) {
        return Failure(Refusal::new(
            Code::NotBuilt,
            format!("the practice carrier has no {path}; Telnyx has"),
        ));
    }
    Failure(Refusal::new(
        Code::NotFound,
        format!("there is nothing at {path}"),
    ))
}

async fn wrong_method(request: Request) -> Failure {
    let detail = format!(
        "{} cannot be used on {}",
        request.method(),
        request.uri().path()
    );
    Failure(Refusal::new(Code::NotFound, detail))
}

/// A JSON object; an empty body is an empty object.
fn body_of(bytes: &Bytes) -> Result<Value, Failure> {
    if bytes.is_empty() {
        return Ok(json!({}));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        Failure(Refusal::new(
            Code::Invalid,
            format!("the body is not JSON: {error}"),
        ))
    })?;
    if value.is_object() {
        return Ok(value);
    }
    Err(Failure(Refusal::new(
        Code::Invalid,
        "the body must be a JSON object",
    )))
}

/// An optional text of a body.
fn text_of(body: &Value, name: &str) -> Result<Option<String>, Failure> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= crate::core::order::MAX_TEXT => {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(Failure(Refusal::at(
            Code::Invalid,
            format!("/{name}"),
            format!("{name} must be a text"),
        ))),
    }
}

/// A list of texts of a body.
fn texts_of(body: &Value, name: &str) -> Result<Vec<String>, Failure> {
    let list = body.get(name).ok_or_else(|| {
        Failure(Refusal::at(
            Code::Missing,
            format!("/{name}"),
            format!("{name} is needed"),
        ))
    })?;
    serde_json::from_value(list.clone()).map_err(|_| {
        Failure(Refusal::at(
            Code::Invalid,
            format!("/{name}"),
            format!("{name} must be a list of texts"),
        ))
    })
}

/// The `phone_number` of each object of the list `phone_numbers`.
fn numbers_of(body: &Value) -> Result<Vec<String>, Failure> {
    let list = body.get("phone_numbers").and_then(Value::as_array);
    let list = list.ok_or_else(|| {
        Failure(Refusal::at(
            Code::Missing,
            "/phone_numbers",
            "phone_numbers is a list of objects with a phone_number",
        ))
    })?;
    list.iter()
        .enumerate()
        .map(|(index, each)| {
            each.get("phone_number")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or_else(|| {
                    let pointer = format!("/phone_numbers/{index}/phone_number");
                    Failure(Refusal::at(
                        Code::Missing,
                        pointer,
                        "phone_number is needed",
                    ))
                })
        })
        .collect()
}

/// The one id of a reply.
fn id_of(reply: &Reply) -> &str {
    match reply {
        Reply::One(id) => id,
        Reply::Many(ids) => ids.first().map_or("", String::as_str),
        Reply::Done => "",
    }
}

/// Steps and shows the row that the reply names.
fn stepped(
    desk: &Desk,
    status: StatusCode,
    input: Input,
    show: impl FnOnce(&State, &str) -> Value,
) -> Answer {
    let body = desk
        .step(input, |state, reply| show(state, id_of(&reply)))
        .map_err(Failure)?;
    Ok(one(status, body))
}

/// Whether the body is a form, as a page without scripts sends it.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}
