//! The operator's side: a person answers for the donors, starts port-outs and sees what happened to notices. JSON for
//! programs, forms for the page; the same paths for both.

mod form;
mod page;

use crate::api::{Query, is_form, refused, status_of};
use crate::core::port::ExceptionCode;
use crate::core::port::PortStatus;
use crate::core::port::donor::{Answer, decide};
use crate::core::portout::NewPortOut;
use crate::core::problem::{Code, Refusal};
use crate::core::time::At;
use crate::core::{Input, Reply, State};
use crate::desk::{Desk, now};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use form::Sent;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Largest body, in bytes.
const MAX_BODY: usize = 64 * 1024;

type Door = Shared<Arc<Desk>>;

/// `/practice`.
pub(crate) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/practice", get(show_page))
        .route("/practice/queue", get(queue))
        .route("/practice/events", get(events))
        .route("/practice/records", get(records))
        .route("/practice/settings", get(settings).post(change_settings))
        .route(
            "/practice/ports/{id}/{answer}",
            post(answer_port).get(to_the_page),
        )
        .route("/practice/portouts", post(start_portout).get(to_the_page))
        .route(
            "/practice/portouts/{id}/{action}",
            post(portout_action).get(to_the_page),
        )
        .layer(middleware::from_fn(same_site))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(desk)
}

/// Pages of other sites may not press these buttons, and may not read the answers under a name of theirs.
async fn same_site(request: Request, next: Next) -> Response {
    if !request.method().is_safe() && foreign(request.headers()) {
        return (
            StatusCode::FORBIDDEN,
            "only the practice desk's own page may do this\n",
        )
            .into_response();
    }
    next.run(request).await
}

fn foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (origin, host) = (text("origin"), text("host"));
    let foreign_origin = origin.is_some_and(|origin| {
        let named = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        named != host
    });
    foreign_origin
        || text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// The fields of a body, JSON or form.
fn fields(headers: &HeaderMap, bytes: &Bytes) -> Result<Map<String, Value>, Refusal> {
    if is_form(headers) {
        let mut map = Map::new();
        for (name, value) in form_urlencoded::parse(bytes).take(100) {
            let value = Value::String(value.trim().to_owned());
            match map.get_mut(name.as_ref()) {
                Some(Value::Array(list)) => list.push(value),
                Some(other) => *other = json!([other.clone(), value]),
                None => {
                    map.insert(name.into_owned(), value);
                }
            }
        }
        map.retain(|_, value| value != "");
        return Ok(map);
    }
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(bytes).map_err(|error| {
        Refusal::new(
            Code::Invalid,
            format!("the body is no JSON object: {error}"),
        )
    })
}

/// A list that may be written as one text with commas.
fn list_of(value: Option<&Value>) -> Vec<String> {
    let split = |text: &str| {
        text.split([',', ' ', '\n', '\r'])
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    match value {
        Some(Value::String(text)) => split(text),
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .flat_map(split)
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            Vec::new()
        }
    }
}

fn text_of(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// What a program or a person asks.
struct Asked {
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (uri, headers) = (request.uri().clone(), request.headers().clone());
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(IntoResponse::into_response)?;
        Ok(Self {
            uri,
            headers,
            bytes,
        })
    }
}

impl Asked {
    fn fields(&self) -> Result<Map<String, Value>, Refusal> {
        fields(&self.headers, &self.bytes)
    }

    /// To a program the row; to a person the page again, with what went wrong and what they had typed.
    fn answered(&self, desk: &Desk, outcome: Result<Value, Refusal>) -> Response {
        match (is_form(&self.headers), outcome) {
            (true, Ok(_)) => Redirect::to("/practice?done=1").into_response(),
            (true, Err(refusal)) => {
                let status = status_of(&refusal);
                let sent = Sent {
                    action: self.uri.path().to_owned(),
                    typed: self.fields().unwrap_or_default(),
                    refusal,
                };
                (status, shown(desk, Some(&sent), false)).into_response()
            }
            (false, Ok(body)) => Json(json!({ "data": body })).into_response(),
            (false, Err(refusal)) => refused(&refusal),
        }
    }
}

async fn answer_port(
    Shared(desk): Door,
    Path((id, answer)): Path<(String, String)>,
    asked: Asked,
) -> Response {
    let outcome = asked.fields().and_then(|fields| {
        let input = port_input(id.clone(), &answer, &fields)?;
        desk.step(input, |state, _| {
            state
                .ports
                .get(&id)
                .map(|port| crate::view::ports::port(state, port, false))
        })
    });
    asked.answered(&desk, outcome.map(Option::unwrap_or_default))
}

fn port_input(id: String, answer: &str, fields: &Map<String, Value>) -> Result<Input, Refusal> {
    let answer = match answer {
        "accept" => Answer::Accept(None),
        "foc" => {
            let text = text_of(fields, "foc_datetime").unwrap_or_default();
            // A page's date and time field has no offset: it means UTC.
            let date = At::parse(&text).or_else(|| At::parse(&format!("{text}:00Z")));
            let date = date.ok_or_else(|| {
                Refusal::at(Code::Invalid, "/foc_datetime", "an ISO 8601 date and time")
            })?;
            Answer::Accept(Some(date))
        }
        "reject" => {
            let codes = list_of(fields.get("codes"))
                .into_iter()
                .map(|code| {
                    serde_json::from_value::<ExceptionCode>(Value::String(code.clone())).map_err(
                        |_| {
                            Refusal::at(
                                Code::Invalid,
                                "/codes",
                                format!("{code:?} is no exception code"),
                            )
                        },
                    )
                })
                .collect::<Result<Vec<_>, _>>()?;
            Answer::Reject(codes, text_of(fields, "comment"))
        }
        "silent" => Answer::Silent,
        "comment" => {
            let body = text_of(fields, "body").unwrap_or_default();
            return Ok(Input::CommentPort {
                id,
                body,
                staff: true,
            });
        }
        _ => {
            return Err(Refusal::new(
                Code::NotFound,
                "a donor answers accept, foc, reject, silent or comment",
            ));
        }
    };
    Ok(Input::DonorAnswers { id, answer })
}

fn portout_of(state: &State, reply: &Reply) -> Value {
    match reply {
        Reply::One(id) => state
            .portouts
            .get(id)
            .map(crate::view::portouts::portout)
            .unwrap_or_default(),
        Reply::Many(_) | Reply::Done => Value::Null,
    }
}

async fn start_portout(Shared(desk): Door, asked: Asked) -> Response {
    let outcome = asked.fields().and_then(|mut fields| {
        let numbers = list_of(fields.get("phone_numbers"));
        fields.insert("phone_numbers".to_owned(), numbers.into());
        let wanted: NewPortOut =
            serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
                Refusal::at(
                    Code::Invalid,
                    format!("/{}", error.path()),
                    error.inner().to_string(),
                )
            })?;
        desk.step(Input::StartPortOut(wanted), |state, reply| {
            portout_of(state, &reply)
        })
    });
    asked.answered(&desk, outcome)
}

async fn portout_action(
    Shared(desk): Door,
    Path((id, action)): Path<(String, String)>,
    asked: Asked,
) -> Response {
    let outcome = asked.fields().and_then(|fields| match action.as_str() {
        "cancel" => desk.step(Input::CancelPortOut(id), |state, reply| {
            portout_of(state, &reply)
        }),
        "comment" => {
            let body = text_of(&fields, "body").unwrap_or_default();
            desk.step(
                Input::CommentPortOut {
                    id,
                    body,
                    staff: true,
                },
                |_, _| json!({}),
            )
        }
        _ => Err(Refusal::new(
            Code::NotFound,
            "a gaining carrier can cancel or comment",
        )),
    });
    asked.answered(&desk, outcome)
}

fn settings_of(state: &State) -> Value {
    let memory = state.memory();
    json!({ "manual_donor": memory.manual_donor, "reliable_notices": memory.reliable, "time_scale": state.settings.scale.carrier_s(1000) })
}

/// To a program the settings; a browser that opens the address of their forms again comes to the page, as from any form's.
async fn settings(Shared(desk): Door, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    if accepted.is_some_and(|kinds| kinds.contains("text/html")) {
        return to_the_page().await.into_response();
    }
    Json(json!({ "data": desk.read(settings_of) })).into_response()
}

async fn change_settings(Shared(desk): Door, asked: Asked) -> Response {
    let outcome = asked.fields().and_then(|fields| {
        let truth = |name: &str| match fields.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) if text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err(Refusal::at(
                Code::Invalid,
                format!("/{name}"),
                format!("{name} is true or false"),
            )),
        };
        let input = Input::Practice {
            manual_donor: truth("manual_donor")?,
            reliable: truth("reliable_notices")?,
        };
        desk.step(input, |state, _| settings_of(state))
    });
    asked.answered(&desk, outcome)
}

/// Orders that wait for their donor, with what its records would say.
fn queue_of(state: &State, at: At) -> Vec<Value> {
    let mut rows: Vec<_> = state
        .ports
        .iter()
        .filter(|port| port.status == PortStatus::Submitted)
        .collect();
    rows.sort_by_key(|port| port.stamp.seq);
    rows.into_iter()
        .map(|port| {
            let would = match decide(&state.world, port, &state.numbers_of(port), at) {
                Answer::Accept(_) => json!({ "answer": "accept" }),
                Answer::Reject(codes, _) => json!({ "answer": "reject", "codes": codes }),
                Answer::Silent => json!({ "answer": "silent" }),
            };
            json!({
                "port": crate::view::ports::port(state, port, false),
                "donor": port.donor,
                "request": port.requests,
                "records_say": would,
            })
        })
        .collect()
}

async fn queue(Shared(desk): Door) -> Response {
    Json(json!({ "data": desk.read(|state| queue_of(state, now())) })).into_response()
}

/// The newest events, with what went wrong with their notices.
fn events_of(state: &State, most: usize) -> Vec<Value> {
    let mut rows: Vec<_> = state.events.iter().collect();
    rows.sort_by_key(|event| std::cmp::Reverse(event.stamp.seq));
    let row = |event: &crate::core::event::Event| {
        json!({
            "id": event.id,
            "event_type": event.event_type,
            "subject": event.subject,
            "created_at": event.stamp.created_at.iso(),
            "fault": event.fault,
            "taken": event.taken,
            "url": event.url,
        })
    };
    rows.into_iter().take(most).map(row).collect()
}

async fn events(Shared(desk): Door) -> Response {
    Json(json!({ "data": desk.read(|state| events_of(state, 500)) })).into_response()
}

/// The donors' customers: what to write into an order so that its donor accepts it.
async fn records(Shared(desk): Door) -> Response {
    let rows: Vec<Value> = desk.read(|state| {
        let row = |record: &crate::core::world::Record| {
            json!({
                "donor": record.donor,
                "country": record.country,
                "phone_number_type": record.kind,
                "first": record.first,
                "count": record.count,
                "account_number": record.account,
                "pin_passcode": record.pin,
                "entity_name": record.entity,
                "auth_person_name": record.person,
                "billing_phone_number": record.billing,
                "street_address": record.address.street,
                "locality": record.address.locality,
                "postal_code": record.address.postal,
                "administrative_area": record.address.area,
                "behaviour": format!("{:?}", record.behaviour),
            })
        };
        state.world.records.iter().map(row).collect()
    });
    Json(json!({ "data": rows })).into_response()
}

async fn show_page(Shared(desk): Door, query: Query) -> Response {
    shown(&desk, None, query.get("done").is_some())
}

/// A form's address, opened again, is the page: what was refused is shown there.
async fn to_the_page() -> Redirect {
    Redirect::to("/practice")
}

/// The page; `sent` is a form that was refused just now, `done` whether one was taken.
fn shown(desk: &Desk, sent: Option<&Sent>, done: bool) -> Response {
    let body = desk.read(|state| page::page(state, now(), sent, done));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        // Without it, a browser that is to tell no referrer sends `Origin: null` with this page's forms, and they are refused as another site's.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, Html(body)).into_response()
}
