//! Port-outs: numbers that another carrier takes over.
use super::seen;
use crate::http::body::{Body, Key};
use crate::http::caller::SignedIn;
use crate::http::requests::{Wish, not_allowed, of_kind, tell, told};
use crate::http::tasks::answer;
use crate::http::{Ports, Refused, Shared, access};
use crate::people::Caller;
use crate::porting::out::by_hand::STANDING;
use crate::porting::out::offer::FORM;
use crate::request::{Letter, shell};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use contract::Role;
use contract::api::Problem;
use contract::api::requests as api;
use contract::port::api::{PortOutPin, RejectPortOut};
use contract::port::{OutSaid, OutStanding};
use contract::request::signal::SignalName;
use contract::request::{Kind, RequestView};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Longest note, in characters.
const NOTE_MAX: usize = 500;
/// Longest note of what a carrier says, in characters.
const SAID_MAX: usize = 1_000;

/// Port-outs: those that run by their deadlines, the nearest first; those that have ended, newest first.
#[utoipa::path(get, path = "/v1/port-outs", operation_id = "list_port_outs", tag = "ports", security(("bearer" = [])), params(
    ("live" = Option<bool>, Query, description = "`true`: those that run; `false` or not given: those that have ended"),
    ("limit" = Option<u32>, Query, description = "1 to 100; 50 if not given", minimum = 1, maximum = 100),
    ("next" = Option<String>, Query, description = "`next` of the page before, unchanged"),
), responses(
    (status = 200, description = "A page of port-outs", body = api::Requests),
    (status = 403, description = "`Role.NotAllowed`: only for administrators", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(in crate::http) async fn list<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<api::Requests>, Refused> {
    of_kind(&*state.ports, &caller, Kind::PortOut, asked.as_deref()).await
}

/// A port-out.
#[utoipa::path(get, path = "/v1/port-outs/{portOut}", operation_id = "get_port_out", tag = "ports", security(("bearer" = [])), params(
    ("portOut" = String, Path, description = "The port-out's id"),
), responses(
    (status = 200, description = "The port-out; its `details` are an `OutView`", body = RequestView),
    (status = 404, description = "`Request.NotFound`: no such port-out, or not yours to see", body = Problem),
))]
pub(in crate::http) async fn get<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RequestView>, Refused> {
    let record = seen(&*state.ports, &caller, &id, Kind::PortOut).await?;
    Ok(Json(access::shown_to(caller.role, record.view)))
}

/// Let the numbers go.
///
/// A person says so, no program's key.
#[utoipa::path(post, path = "/v1/port-outs/{portOut}/authorise", operation_id = "authorise_port_out", tag = "ports", security(("bearer" = [])), params(
    ("portOut" = String, Path, description = "The port-out's id"),
), responses(
    (status = 202, description = "The workflow goes on"),
    (status = 403, description = "`Role.NotAllowed`: not yours to do; `ApiKey.NotAllowed`: asked by a key", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port-out, or not yours to see", body = Problem),
    (status = 409, description = "`Request.NotNow`: it does not wait for an answer; `PortOut.NotTheirs`: some of the numbers are not this customer's, it can only be refused; `Task.Done`: it has another; `Request.Ended`", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(in crate::http) async fn authorise<P: Ports>(
    State(state): State<Shared<P>>,
    SignedIn(caller): SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    decide(
        &*state.ports,
        &caller,
        &id,
        json!({ "decision": "authorise" }),
    )
    .await
}

/// Refuse for a lawful reason that was found (`faults`), before the deadline.
///
/// The phone company's people may refuse for another one with a note that says why; the timeline keeps it.
#[utoipa::path(post, path = "/v1/port-outs/{portOut}/reject", operation_id = "reject_port_out", tag = "ports", security(("bearer" = [])), params(
    ("portOut" = String, Path, description = "The port-out's id"),
), request_body = RejectPortOut, responses(
    (status = 202, description = "The workflow goes on"),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port-out, or not yours to see", body = Problem),
    (status = 409, description = "`Request.NotNow`: it does not wait for an answer; `PortOut.NotFound`: this reason was not found; `PortOut.NoteWanted`: it was not found, and the note does not say why it counts; `Task.Done`: it has another; `Request.Ended`", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(in crate::http) async fn reject<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<RejectPortOut>,
) -> Result<StatusCode, Refused> {
    if body
        .note
        .as_ref()
        .is_some_and(|note| note.chars().count() > NOTE_MAX)
    {
        return Err(Refused::field(
            "note",
            format!("at most {NOTE_MAX} characters"),
        ));
    }
    let data = json!({ "decision": "reject", "reason": body.reason, "note": body.note.unwrap_or_default() });
    decide(&*state.ports, &caller, &id, data).await
}

async fn decide<P: Ports>(
    d: &P,
    caller: &Caller,
    id: &str,
    data: Value,
) -> Result<StatusCode, Refused> {
    let record = seen(d, caller, id, Kind::PortOut).await?;
    if !access::may_act_on(caller, &record.view) {
        return Err(not_allowed("only administrators of its tenant do this"));
    }
    let Some(task) = record.view.task.as_ref().filter(|task| task.form == FORM) else {
        let message = format!(
            "a port-out that is `{}` does not wait for an answer",
            record.view.status
        );
        return Err(Refused::conflict("Request.NotNow", message));
    };
    // As by the task itself: an operator's is not for the customer.
    if !access::may_do(caller, &record.view, task.owner) {
        return Err(not_allowed("the task waits for somebody else"));
    }
    answer(d, caller, &record, task, data).await
}

/// Write down what a carrier without an interface says of a port-out.
///
/// For the phone company's people, at any time: where its state waits for that, there is a task by the same form. A person says so, no program's
/// key: by it the numbers go.
#[utoipa::path(post, path = "/v1/port-outs/{portOut}/standing", operation_id = "port_out_stands", tag = "ports", security(("bearer" = [])), params(
    ("portOut" = String, Path, description = "The port-out's id"),
), request_body = OutSaid, responses(
    (status = 202, description = "The workflow was told"),
    (status = 403, description = "`Role.NotAllowed`: only for the phone company's people; `ApiKey.NotAllowed`: asked by a key", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port-out, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `PortOut.NotByHand`: its carrier tells by itself where it stands", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(in crate::http) async fn stands<P: Ports>(
    State(state): State<Shared<P>>,
    SignedIn(caller): SignedIn,
    Path(id): Path<String>,
    Key(key): Key,
    Body(body): Body<OutSaid>,
) -> Result<StatusCode, Refused> {
    let d = &*state.ports;
    let record = seen(d, &caller, &id, Kind::PortOut).await?;
    if caller.role != Role::Staff {
        return Err(not_allowed("only the phone company's people do this"));
    }
    check(&body)?;
    if record.view.details["byHand"] != true {
        let message = "its carrier tells by itself where it stands";
        return Err(Refused::conflict("PortOut.NotByHand", message));
    }
    let letter = Letter {
        key: format!("command#{}#{key}", caller.person),
        name: SignalName::CarrierNotice,
        topic: Some(STANDING.to_owned()),
        person: Some(caller.person.clone()),
        data: json!(body),
    };
    told(shell::deliver(d, &record.view.id, &letter).await?)
}

fn check(said: &OutSaid) -> Result<(), Refused> {
    let read = said.foc.as_deref().map(str::parse::<Timestamp>);
    let fits = match read {
        Some(read) => read.is_ok(),
        None => said.status != OutStanding::Authorised,
    };
    if !fits {
        let allowed = "the moment at which the numbers go, such as 2026-11-20T10:00:00+01:00";
        return Err(Refused::field("foc", allowed));
    }
    let length = said.note.as_deref().unwrap_or_default().chars().count();
    if length > SAID_MAX {
        return Err(Refused::field(
            "note",
            format!("at most {SAID_MAX} characters"),
        ));
    }
    Ok(())
}

/// Say that the numbers, ported in error, came back.
#[utoipa::path(post, path = "/v1/port-outs/{portOut}/snapback", operation_id = "restore_port_out", tag = "ports", security(("bearer" = [])), params(
    ("portOut" = String, Path, description = "The port-out's id"),
), responses(
    (status = 202, description = "The workflow was told"),
    (status = 400, description = "`Request.BadHeader`: no good `Idempotency-Key`", body = Problem),
    (status = 403, description = "`Role.NotAllowed`: only for the phone company's people", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port-out, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `Request.NotNow`: the window is not open", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(in crate::http) async fn snap_back<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
    Key(key): Key,
) -> Result<StatusCode, Refused> {
    let d = &*state.ports;
    let record = seen(d, &caller, &id, Kind::PortOut).await?;
    if caller.role != Role::Staff {
        return Err(not_allowed("only the phone company's people do this"));
    }
    let wish = Wish::change("snapback", Value::Null);
    tell(d, &caller, &record, &key, wish).await
}

/// The PIN that a gaining carrier must name, if one is set.
///
/// A tenant that is onboarded is given one; a person reads it, no program's key. The number of its account, which a carrier may name too, is its tenant's id.
#[utoipa::path(get, path = "/v1/port-outs/pin", operation_id = "get_port_out_pin", tag = "ports", security(("bearer" = [])), responses(
    (status = 200, description = "The PIN of the caller's tenant; null: none is set", body = PortOutPin),
    (status = 403, description = "`Role.NotAllowed`: only for administrators; `ApiKey.NotAllowed`: asked by a key", body = Problem),
))]
pub(in crate::http) async fn get_pin<P: Ports>(
    State(state): State<Shared<P>>,
    SignedIn(caller): SignedIn,
) -> Result<Json<PortOutPin>, Refused> {
    if !caller.role.makes_requests() {
        return Err(not_allowed("only administrators see the PIN"));
    }
    let pin = state.ports.port_out_pin(&caller.tenant).await?;
    Ok(Json(PortOutPin { pin }))
}

/// Set the PIN that a gaining carrier must name, or take it away.
///
/// A person does, no program's key.
#[utoipa::path(put, path = "/v1/port-outs/pin", operation_id = "set_port_out_pin", tag = "ports", security(("bearer" = [])), request_body = PortOutPin, responses(
    (status = 204, description = "Set"),
    (status = 403, description = "`Role.NotAllowed`: only for administrators; `ApiKey.NotAllowed`: asked by a key", body = Problem),
))]
pub(in crate::http) async fn set_pin<P: Ports>(
    State(state): State<Shared<P>>,
    SignedIn(caller): SignedIn,
    Body(body): Body<PortOutPin>,
) -> Result<StatusCode, Refused> {
    if !caller.role.makes_requests() {
        return Err(not_allowed("only administrators set the PIN"));
    }
    let fits = |pin: &String| {
        (4..=10).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit())
    };
    if body.pin.as_ref().is_some_and(|pin| !fits(pin)) {
        return Err(Refused::field("pin", "4 to 10 digits, or null"));
    }
    state
        .ports
        .set_port_out_pin(&caller.tenant, body.pin.as_deref())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
