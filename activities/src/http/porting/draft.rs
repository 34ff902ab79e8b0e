//! Writing a port: it begins as a draft, and is written on while it is one or something is to be mended.
use super::{mine, read, side};
use crate::http::begin::{administrator, claimed};
use crate::http::body::{Body, Key};
use crate::http::dossiers::of_tenant;
use crate::http::requests::{begun, no_such_request, told};
use crate::http::{Ports, Refused, Shared, access, targets};
use crate::people::Caller;
use crate::porting::draft::{drafted, line, title};
use crate::porting::record::{Hidden, Port};
use crate::porting::{desk, lead, offered};
use crate::ports::porting::Porting;
use crate::ports::requests::Requests;
use crate::request::{Letter, RequestRecord, shell};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use contract::api::Problem;
use contract::dossier::{Dossier, OrderStatus as At};
use contract::port::api::PortDraft;
use contract::port::{PortForm, PortView};
use contract::request::signal::SignalName;
use contract::request::{NumberLine, RequestView};
use contract::{E164, TenantId};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// Most numbers of one port.
const NUMBERS_MAX: usize = 500;
/// Longest PIN, in characters.
const PIN_MAX: usize = 40;

/// Begin a port.
///
/// It is a draft until it is submitted; everything may be written later by `PATCH`. Numbers of several countries, types or losing carriers
/// become a port each when it is submitted.
#[utoipa::path(post, path = "/v1/ports", operation_id = "create_port", tag = "ports", security(("bearer" = [])), request_body = PortDraft, responses(
    (status = 202, description = "The draft; `Location` is where to look at it", body = RequestView),
    (status = 403, description = "`Role.NotAllowed`: only for administrators", body = Problem),
    (status = 404, description = "`Person.NotFound`, `Group.NotFound`, `Flow.NotFound`: the tenant has no such one to ring", body = Problem),
    (status = 409, description = "`Request.KeyReused`: another request had this key", body = Problem),
))]
pub(in crate::http) async fn create<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    key: Key,
    Body(draft): Body<PortDraft>,
) -> Result<Response, Refused> {
    let d = &*state.ports;
    administrator(&caller)?;
    let mut port = Port {
        view: PortView::draft(PortForm::default()),
        lines: Vec::new(),
        hidden: Hidden::default(),
    };
    let written = read_in(d, &caller.tenant, &draft).await?;
    written.put(&draft, &mut port);
    can_be_wished(draft.requested_foc.as_deref(), &port.lines, d.now())?;
    is_taken(d, &draft, &port).await?;
    let id = claimed(d, &caller, &key, "POST /v1/ports", &draft, "pi").await?;
    let person = Some(caller.person.clone());
    let new = drafted(id, caller.tenant.clone(), person, &port);
    begun(d, &caller, new, "/v1/ports").await
}

/// Write on a port.
///
/// Possible while it is a draft, while something is to be added or corrected, and while the letter waits to be signed. Once the numbers were
/// checked they stay, but for those that are taken out while something is to be corrected.
#[utoipa::path(patch, path = "/v1/ports/{port}", operation_id = "edit_port", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), request_body = PortDraft, responses(
    (status = 200, description = "The port as it is now", body = RequestView),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see; `Person.NotFound`, `Group.NotFound`, `Flow.NotFound`: \
        the tenant has no such one to ring", body = Problem),
    (status = 409, description = "`Request.NotNow`: it is not written on in this status", body = Problem),
))]
pub(in crate::http) async fn edit<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(draft): Body<PortDraft>,
) -> Result<Json<RequestView>, Refused> {
    let d = &*state.ports;
    let (record, port) = mine(d, &caller, &id).await?;
    writable(&record, &port, &draft)?;
    let written = read_in(d, &record.view.tenant, &draft).await?;
    let lines = written.lines.as_ref().unwrap_or(&port.lines);
    can_be_wished(draft.requested_foc.as_deref(), lines, d.now())?;
    if port.view.order == At::Draft {
        let mut wished = port.clone();
        written.put(&draft, &mut wished);
        is_taken(d, &draft, &wished).await?;
    }
    let (by, now) = (side(&caller), d.now());
    // The workflow, or somebody else, may have gone on meanwhile: only what is given here is written.
    let put = |record: &mut RequestRecord| {
        let mut port = read(record)?;
        writable(record, &port, &draft)?;
        let before = port.lines.clone();
        written.put(&draft, &mut port);
        if draft.numbers.is_some() {
            record.view.title = title(&port.lines);
        }
        port.put(record);
        if let Some(says) = taken_out(&before, &port) {
            record.note(by, Some(caller.person.clone()), &says, now);
        }
        Ok::<At, Refused>(port.view.order)
    };
    let done = Requests::update(d, &record.view.id, put).await?;
    let (order, record) = done.ok_or_else(no_such_request)?;
    if order? == At::WaitingForSignature {
        // What was shown is no longer what would be signed.
        let letter = Letter {
            key: format!("edited#{}", record.view.rev),
            name: SignalName::RequestChange,
            topic: Some("order".to_owned()),
            person: Some(caller.person.clone()),
            data: Value::Null,
        };
        told(shell::deliver(d, &record.view.id, &letter).await?)?;
    }
    Ok(Json(access::shown_to(caller.role, record.view)))
}

fn writable(record: &RequestRecord, port: &Port, draft: &PortDraft) -> Result<(), Refused> {
    let status = port.view.order;
    let open = matches!(
        status,
        At::Draft | At::Collecting | At::WaitingForSignature | At::Rejected | At::Correction
    );
    if !record.view.is_open() || !open {
        let message = format!("a port that is `{}` is not written on", record.view.status);
        return Err(Refused::conflict("Request.NotNow", message));
    }
    let Some(wanted) = draft.numbers.as_ref().filter(|_| status != At::Draft) else {
        return Ok(());
    };
    let refuse = |message| Err(Refused::conflict("Request.NotNow", message).of("numbers"));
    // What the carrier has is known from here on; what its customer is asked to correct can become less.
    let asked = record.view.task.as_ref();
    let is_asked = asked.is_some_and(|task| task.form == "port-order");
    if !(is_asked && matches!(status, At::Rejected | At::Correction)) {
        return refuse(
            "the numbers were checked already: take the port back and begin another for other numbers",
        );
    }
    let is_ours = |wanted: &E164| port.lines.iter().any(|line| line.number == *wanted);
    if !wanted.iter().all(is_ours) {
        return refuse("numbers can only be taken out now: begin another port for other numbers");
    }
    Ok(())
}

/// What was taken out of a port that is corrected, in words.
fn taken_out(before: &[NumberLine], port: &Port) -> Option<String> {
    let stays = |line: &NumberLine| port.lines.iter().any(|now| now.number == line.number);
    let gone: Vec<&str> = before
        .iter()
        .filter(|line| !stays(line))
        .map(|line| line.number.as_str())
        .collect();
    let is_said = port.view.order != At::Draft && !gone.is_empty();
    is_said.then(|| format!("Taken out of this port: {}", gone.join(", ")))
}

/// Whether the numbers can come on the wished date, if they are submitted now.
pub(super) fn can_be_wished(
    wished: Option<&str>,
    lines: &[NumberLine],
    now: Timestamp,
) -> Result<(), Refused> {
    let Some(wished) = wished.and_then(|text| text.parse::<Timestamp>().ok()) else {
        return Ok(());
    };
    let numbers = lines.iter().map(|line| &line.number);
    match lead::too_early(numbers, now, wished) {
        Some(first) => Err(Refused::field(
            "requestedFoc",
            format!("the numbers cannot come before {first}"),
        )),
        None if wished <= now => Err(Refused::field("requestedFoc", "an instant still to come")),
        None => Ok(()),
    }
}

/// Whether the carrier takes such numbers, if it or they are written now. One that says nothing now is asked again when they are checked.
async fn is_taken<P: Ports>(d: &P, draft: &PortDraft, port: &Port) -> Result<(), Refused> {
    if draft.carrier.is_none() && draft.numbers.is_none() {
        return Ok(());
    }
    // Without a carrier nothing is checked, and the check says so.
    let Ok((carrier, desk)) = desk(d, port) else {
        return Ok(());
    };
    let offers = match desk.takes().await {
        Ok(Some(offers)) => offers,
        Ok(None) => return Ok(()),
        Err(error) => {
            let error = crate::shell::chain(&error);
            tracing::warn!(%carrier, error, "what a carrier takes is not known");
            return Ok(());
        }
    };
    for (at, line) in port.lines.iter().enumerate() {
        let Some(why) = offered::not_taken(&carrier, &offers, &line.number) else {
            continue;
        };
        let field = match draft.numbers {
            Some(_) => format!("numbers[{at}]"),
            None => "carrier".to_owned(),
        };
        return Err(Refused::field(&field, format!("{}: {why}", line.number)));
    }
    Ok(())
}

/// What a draft names, looked up and checked.
struct Written {
    lines: Option<Vec<NumberLine>>,
    dossier: Option<Dossier>,
}

async fn read_in<P: Ports>(
    d: &P,
    tenant: &TenantId,
    draft: &PortDraft,
) -> Result<Written, Refused> {
    let dossier = match &draft.dossier {
        None => None,
        Some(id) => {
            let own = of_tenant(d, tenant, id, "dossier").await?;
            Some(own.relied_on(d.now()).view.dossier)
        }
    };
    plain(d, draft)?;
    if let Some(rings) = &draft.rings {
        let target = targets::wished(rings.clone()).map_err(|refused| refused.within("rings"))?;
        let there = targets::check(d, tenant, target.as_ref()).await;
        there.map_err(|refused| refused.within("rings"))?;
    }
    let lines = draft.numbers.as_deref().map(lines).transpose()?;
    not_here(d, draft.numbers.as_deref().unwrap_or_default()).await?;
    Ok(Written { lines, dossier })
}

/// The fields that can be checked by themselves.
///
/// # Errors
/// [`Refused`] with the first that does not fit.
pub(in crate::http) fn plain<P: Ports>(d: &P, draft: &PortDraft) -> Result<(), Refused> {
    let pin_length = draft.pin.as_ref().map_or(0, |pin| pin.chars().count());
    if pin_length > PIN_MAX {
        return Err(Refused::field(
            "pin",
            format!("at most {PIN_MAX} characters"),
        ));
    }
    let is_instant = |text: &String| text.parse::<Timestamp>().is_ok();
    if !draft.requested_foc.as_ref().is_none_or(is_instant) {
        let allowed = "an instant such as 2026-11-20T10:00:00+01:00";
        return Err(Refused::field("requestedFoc", allowed));
    }
    if let Some(carrier) = &draft.carrier
        && d.desk(carrier).is_none()
    {
        let known: Vec<String> = d.desk_ids().into_iter().map(|id| id.0).collect();
        return Err(Refused::field(
            "carrier",
            format!("one of {}", known.join(", ")),
        ));
    }
    if let Some(language) = &draft.language
        && !is_language(language)
    {
        let allowed = "a language (BCP 47) of 2 to 12 characters, such as `de` or `es-PA`";
        return Err(Refused::field("language", allowed));
    }
    Ok(())
}

/// Whether a text has the form of a language tag (RFC 5646 §2.1), as short as ours are.
fn is_language(text: &str) -> bool {
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let first = text.split('-').next().unwrap_or_default();
    (2..=12).contains(&text.len())
        && first.len() > 1
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && text.split('-').all(is_part)
}

/// How many numbers are looked up at once.
const AT_ONCE: usize = 8;

/// A number that is in service here needs no port, and one of another customer's is not to be had by one.
///
/// # Errors
/// [`Refused`] with the first that is.
pub(in crate::http) async fn not_here<P: Ports>(d: &P, numbers: &[E164]) -> Result<(), Refused> {
    let mut found = stream::iter(numbers.iter().cloned().enumerate())
        .map(|(at, number)| async move {
            let known = d.number_record(&number).await;
            (at, number, known)
        })
        .buffered(AT_ONCE);
    while let Some((at, number, known)) = found.next().await {
        if known?.is_some() {
            return Err(Refused::field(
                &format!("numbers[{at}]"),
                format!("{number} is in use here already"),
            ));
        }
    }
    Ok(())
}

impl Written {
    /// Puts what was given into the port, and leaves the rest.
    fn put(&self, draft: &PortDraft, port: &mut Port) {
        if let Some(lines) = &self.lines {
            if port.view.order == At::Draft {
                port.lines.clone_from(lines);
            } else {
                let left: Vec<E164> = lines.iter().map(|line| line.number.clone()).collect();
                port.leave(&left);
            }
        }
        if let Some(pin) = &draft.pin {
            port.hidden.pin = Some(pin.clone()).filter(|pin| !pin.is_empty());
        }
        let form = &mut port.view.form;
        if let (Some(old), Some(new)) = (&form.dossier, &self.dossier)
            && old.id != new.id
            && let Some(letter) = &mut port.view.letter
            && letter
                .signed
                .as_ref()
                .is_some_and(|signer| signer.upload.is_some())
        {
            // The scan is a document of the dossier that is left behind.
            letter.signed = None;
        }
        given(&mut form.dossier, &self.dossier);
        given(&mut form.requested_foc, &draft.requested_foc);
        given(&mut form.carrier, &draft.carrier);
        given(&mut form.language, &draft.language);
        given(&mut form.rings, &draft.rings);
        given(&mut form.remaining, &draft.remaining);
        given(&mut form.new_billing_number, &draft.new_billing_number);
        form.port_type = draft.port_type.unwrap_or(form.port_type);
    }
}

fn given<T: Clone>(now: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        now.clone_from(new);
    }
}

/// The numbers of a port: 1 to 500 of some country's plan, none twice.
///
/// # Errors
/// [`Refused`] with the first that does not fit.
pub(in crate::http) fn lines(numbers: &[E164]) -> Result<Vec<NumberLine>, Refused> {
    if !(1..=NUMBERS_MAX).contains(&numbers.len()) {
        return Err(Refused::field(
            "numbers",
            format!("1 to {NUMBERS_MAX} numbers"),
        ));
    }
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for (at, number) in numbers.iter().enumerate() {
        if !seen.insert(number) {
            return Err(Refused::field(
                &format!("numbers[{at}]"),
                format!("{number} is there twice"),
            ));
        }
        if crate::dial::look_up(number).is_none() {
            return Err(Refused::field(
                &format!("numbers[{at}]"),
                format!("{number} is no number of any country's plan"),
            ));
        }
        lines.push(line(number));
    }
    Ok(lines)
}
