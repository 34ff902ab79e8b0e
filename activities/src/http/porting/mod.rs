//! Ports: numbers that come from another carrier.
use super::body::{Body, Key};
use super::requests::{Wish, no_such_request, not_allowed, of_kind, said, tell, visible};
use super::tasks::answer;
use super::{Ports, Refused, Shared, access};
use crate::dossier::DossierRecord;
use crate::dossier::evaluate::label;
use crate::people::Caller;
use crate::porting::record::Port;
use crate::porting::{check, desk, lead};
use crate::ports::clock;
use crate::ports::porting::Porting;
use crate::ports::requests::Requests;
use crate::request::RequestRecord;
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use contract::Role;
use contract::api::Problem;
use contract::api::requests as api;
use contract::dossier::review::DossierStatus;
use contract::port::api::{ChangeDateTo, PortComment, SnapBackNumbers};
use contract::request::{Kind, Party, RequestView};
use jiff::Timestamp;
use serde_json::json;

pub(super) mod draft;
pub(super) mod letter;
pub(super) mod out_record;
pub(super) mod outs;
pub(super) mod pin;

/// Ports: those that run by their deadlines, the nearest first; those that have ended, newest first.
#[utoipa::path(get, path = "/v1/ports", operation_id = "list_ports", tag = "ports", security(("bearer" = [])), params(
    ("live" = Option<bool>, Query, description = "`true`: those that run; `false` or not given: those that have ended"),
    ("limit" = Option<u32>, Query, description = "1 to 100; 50 if not given", minimum = 1, maximum = 100),
    ("next" = Option<String>, Query, description = "`next` of the page before, unchanged"),
), responses(
    (status = 200, description = "A page of ports", body = api::Requests),
    (status = 403, description = "`Role.NotAllowed`: only for administrators", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<api::Requests>, Refused> {
    of_kind(&*state.ports, &caller, Kind::PortIn, asked.as_deref()).await
}

/// A port: where it stands, its numbers, and everything that was said.
#[utoipa::path(get, path = "/v1/ports/{port}", operation_id = "get_port", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), responses(
    (status = 200, description = "The port; its `details` are a `PortView`", body = RequestView),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
))]
pub(super) async fn get<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(port): Path<String>,
) -> Result<Json<RequestView>, Refused> {
    let record = seen(&*state.ports, &caller, &port, Kind::PortIn).await?;
    Ok(Json(access::shown_to(caller.role, record.view)))
}

/// A request of this kind that the caller may see.
pub(super) async fn seen(
    d: &impl Requests,
    caller: &Caller,
    id: &str,
    kind: Kind,
) -> Result<RequestRecord, Refused> {
    let record = visible(d, caller, id).await?;
    if record.view.kind != kind {
        return Err(no_such_request());
    }
    Ok(record)
}

/// One that the caller may also change.
async fn mine(
    d: &impl Requests,
    caller: &Caller,
    id: &str,
) -> Result<(RequestRecord, Port), Refused> {
    let record = seen(d, caller, id, Kind::PortIn).await?;
    if !access::may_act_on(caller, &record.view) {
        return Err(not_allowed("only administrators of its tenant do this"));
    }
    let port = read(&record)?;
    Ok((record, port))
}

/// On whose side somebody does something.
fn side(caller: &Caller) -> Party {
    if caller.role == Role::Staff {
        Party::Operator
    } else {
        Party::Customer
    }
}

fn read(record: &RequestRecord) -> Result<Port, Refused> {
    Port::of(record).map_err(|error| {
        tracing::error!(request = %record.view.id, "a port does not read: {error}");
        Refused::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Port.Unreadable",
            "the port cannot be read: this is our fault",
        )
    })
}

/// Ends the open task, if it is by this form.
async fn finish<P: Ports>(
    d: &P,
    caller: &Caller,
    record: &RequestRecord,
    form: &str,
) -> Result<StatusCode, Refused> {
    let open = record.view.task.as_ref().filter(|task| task.form == form);
    let Some(task) = open else {
        let message = format!(
            "a port that is `{}` does not wait for this",
            record.view.status
        );
        return Err(Refused::conflict("Request.NotNow", message));
    };
    answer(d, caller, record, task, json!({})).await
}

/// Submit a port, or submit it again once what was missing or refused is mended.
#[utoipa::path(post, path = "/v1/ports/{port}/submit", operation_id = "submit_port", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), responses(
    (status = 202, description = "The workflow goes on"),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
    (status = 409, description = "`Request.NotNow`: it does not wait for this; `Request.Ended`; `Dossier.Expired`: nothing was mended in its dossier since", body = Problem),
    (status = 422, description = "`Request.BadField`: something that a draft must have is missing, or the wished date is too near", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(super) async fn submit<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let d = &*state.ports;
    let (record, port) = mine(d, &caller, &id).await?;
    if let Some(what) = check::incomplete(&port) {
        let field = if port.lines.is_empty() {
            "numbers"
        } else {
            "dossier"
        };
        return Err(Refused::field(field, what));
    }
    has_not_expired(d, &record, &port).await?;
    let wished = port.view.form.requested_foc.as_deref();
    draft::can_be_wished(wished, &port.lines, d.now())?;
    finish(d, &caller, &record, "port-order").await
}

/// Refuses a port on a dossier that has expired and in which nothing has been mended since it was checked: what was mended is handed in for
/// its check with the port.
async fn has_not_expired<P: Ports>(
    d: &P,
    record: &RequestRecord,
    port: &Port,
) -> Result<(), Refused> {
    let Some(copy) = &port.view.form.dossier else {
        return Ok(());
    };
    let known = d.dossier(&copy.id).await?;
    let is_theirs = |known: &DossierRecord| known.view.dossier.tenant == record.view.tenant;
    let has_expired =
        |known: &DossierRecord| known.view.status == DossierStatus::Expired && !known.is_stale();
    let Some(expired) = known.filter(is_theirs).filter(has_expired) else {
        return Ok(());
    };
    let dossier = &expired.view.dossier;
    let (id, whose) = (&dossier.id, label(dossier));
    let message = format!(
        "the dossier {id} of {whose} has expired: nothing is ported on it until it is renewed"
    );
    Err(Refused::conflict("Dossier.Expired", message).of("dossier"))
}

/// Take a port back.
///
/// Possible while its `actions` have `request.cancel`; a carrier that has it may refuse, and the timeline says so.
#[utoipa::path(post, path = "/v1/ports/{port}/cancel", operation_id = "cancel_port", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), responses(
    (status = 202, description = "The workflow was told"),
    (status = 400, description = "`Request.BadHeader`: no good `Idempotency-Key`", body = Problem),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `Request.NotNow`: its state does not allow it", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(super) async fn cancel<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
    Key(key): Key,
) -> Result<StatusCode, Refused> {
    let d = &*state.ports;
    let (record, _) = mine(d, &caller, &id).await?;
    let wish = Wish::cancel();
    tell(d, &caller, &record, &key, wish).await
}

/// Ask for another date.
#[utoipa::path(post, path = "/v1/ports/{port}/change-date", operation_id = "change_port_date", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), request_body = ChangeDateTo, responses(
    (status = 202, description = "The workflow was told; whether the carrier agrees is in the timeline"),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `Request.NotNow`: no date is agreed, or it is too late", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(super) async fn change_date<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
    Key(key): Key,
    Body(body): Body<ChangeDateTo>,
) -> Result<StatusCode, Refused> {
    let d = &*state.ports;
    let (record, port) = mine(d, &caller, &id).await?;
    let due = body
        .foc
        .parse::<Timestamp>()
        .ok()
        .filter(|due| *due > d.now());
    let due = due.ok_or_else(|| {
        Refused::field(
            "foc",
            "an instant still to come, such as 2026-11-20T10:00:00+01:00",
        )
    })?;
    let numbers = port.lines.iter().map(|line| &line.number);
    if let Some(first) = lead::too_early_since(numbers, &port.view.moments, due) {
        let message = format!("the numbers cannot come before {first}");
        return Err(Refused::field("foc", message));
    }
    let wish = Wish::change("date", json!({ "foc": clock::text(due) }));
    tell(d, &caller, &record, &key, wish).await
}

/// Let numbers go back that were ported in error.
#[utoipa::path(post, path = "/v1/ports/{port}/snapback", operation_id = "snap_back", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), request_body = SnapBackNumbers, responses(
    (status = 202, description = "The workflow was told"),
    (status = 403, description = "`Role.NotAllowed`: only for the phone company's people", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `Request.NotNow`: the window is not open", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(super) async fn snap_back<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
    Key(key): Key,
    Body(body): Body<SnapBackNumbers>,
) -> Result<StatusCode, Refused> {
    let d = &*state.ports;
    let (record, port) = mine(d, &caller, &id).await?;
    if caller.role != Role::Staff {
        return Err(not_allowed("only the phone company's people do this"));
    }
    if !(1..=100).contains(&body.numbers.len()) {
        return Err(Refused::field("numbers", "1 to 100 numbers"));
    }
    for (at, number) in body.numbers.iter().enumerate() {
        if !port.lines.iter().any(|line| line.number == *number) {
            return Err(Refused::field(
                &format!("numbers[{at}]"),
                format!("{number} is no number of this port"),
            ));
        }
    }
    let wish = Wish::change("snapback", json!({ "numbers": body.numbers }));
    tell(d, &caller, &record, &key, wish).await
}

/// Say something about a port, to everybody who sees it, and to the carrier's people if they are to read it.
#[utoipa::path(post, path = "/v1/ports/{port}/comments", operation_id = "comment_port", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), request_body = PortComment, responses(
    (status = 200, description = "The port with the comment in its timeline", body = RequestView),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
    (status = 409, description = "`Port.NotAtCarrier`: the carrier does not have it", body = Problem),
))]
pub(super) async fn comment<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<PortComment>,
) -> Result<Json<RequestView>, Refused> {
    let d = &*state.ports;
    let (record, port) = mine(d, &caller, &id).await?;
    let text = said(&body.text)?;
    if body.to_carrier {
        let refuse = |why: &str| Refused::conflict("Port.NotAtCarrier", why).of("toCarrier");
        let at = port
            .view
            .external_id
            .as_deref()
            .filter(|_| port.is_at_carrier());
        let at = at.ok_or_else(|| refuse("the carrier does not have this port"))?;
        let (_, desk) = desk(d, &port).map_err(|error| refuse(&error.to_string()))?;
        desk.comment_port(at, text)
            .await
            .map_err(|error| refuse(&error.to_string()))?;
    }
    let by = side(&caller);
    let (now, person) = (d.now(), Some(caller.person.clone()));
    let said = Requests::update(d, &record.view.id, |record| {
        record.comment(by, person.clone(), text, now);
    });
    let (_, record) = said.await?.ok_or_else(no_such_request)?;
    Ok(Json(access::shown_to(caller.role, record.view)))
}
