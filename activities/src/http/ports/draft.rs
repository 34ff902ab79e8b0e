//! Writing a port: it begins as a draft, and is written on while it is one or something is to be mended.
use super::{mine, read};
use crate::http::begin::{administrator, claimed};
use crate::http::body::{Body, Key};
use crate::http::requests::{begun, no_such_request, told};
use crate::http::{Ports, Refused, Shared, access, targets};
use crate::people::Caller;
use crate::porting::record::{Hidden, Port};
use crate::ports::requests::Requests;
use crate::request::{Begun, Letter, RequestRecord, shell};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use contract::api::Problem;
use contract::dossier::{Dossier, OrderStatus as At};
use contract::port::api::PortDraft;
use contract::port::{PortForm, PortView};
use contract::request::signal::SignalName;
use contract::request::{Kind, NumberLine, RequestView};
use contract::{E164, TenantId};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
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
    read_in(d, &caller.tenant, &draft)
        .await?
        .put(&draft, &mut port);
    let id = claimed(d, &caller, &key, "POST /v1/ports", &draft, "pi").await?;
    let new = Begun {
        id: id.clone(),
        kind: Kind::PortIn,
        tenant: caller.tenant.clone(),
        person: Some(caller.person.clone()),
        title: title(&port.lines),
        details: json!(port.view),
        numbers: port.lines.clone(),
        hidden: json!(port.hidden),
    };
    begun(d, &caller, new, "/v1/ports").await
}

fn title(lines: &[NumberLine]) -> String {
    match lines {
        [] => "A port".to_owned(),
        [one] => one.number.to_string(),
        [first, more @ ..] => format!("{} and {} more", first.number, more.len()),
    }
}

/// Write on a port.
///
/// Possible while it is a draft, while something is to be added or corrected, and while the letter waits to be signed.
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
    // The workflow, or somebody else, may have gone on meanwhile: only what is given here is written.
    let put = |record: &mut RequestRecord| {
        let mut now = read(record)?;
        writable(record, &now, &draft)?;
        written.put(&draft, &mut now);
        if draft.numbers.is_some() {
            record.view.title = title(&now.lines);
        }
        now.put(record);
        Ok::<At, Refused>(now.view.order)
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
    if draft.numbers.is_some() && status != At::Draft {
        let message = "the numbers were checked already: take the port back and begin another for other numbers";
        return Err(Refused::conflict("Request.NotNow", message).of("numbers"));
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
            let found = d.dossier(id).await?.map(|record| record.view.dossier);
            let unknown = || Refused::field("dossier", "a dossier of this tenant");
            let own = found.filter(|dossier| dossier.tenant == *tenant);
            Some(own.ok_or_else(unknown)?)
        }
    };
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
        && !(2..=12).contains(&language.len())
    {
        return Err(Refused::field(
            "language",
            "a language such as `de` or `es`",
        ));
    }
    if let Some(rings) = &draft.rings {
        let target = targets::wished(rings.clone()).map_err(|refused| refused.within("rings"))?;
        let there = targets::check(d, tenant, target.as_ref()).await;
        there.map_err(|refused| refused.within("rings"))?;
    }
    let lines = draft.numbers.as_deref().map(lines).transpose()?;
    not_here(d, draft.numbers.as_deref().unwrap_or_default()).await?;
    Ok(Written { lines, dossier })
}

/// How many numbers are looked up at once.
const AT_ONCE: usize = 8;

/// A number that is in service here needs no port, and one of another customer's is not to be had by one.
async fn not_here<P: Ports>(d: &P, numbers: &[E164]) -> Result<(), Refused> {
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
            port.lines.clone_from(lines);
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

fn lines(numbers: &[E164]) -> Result<Vec<NumberLine>, Refused> {
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
        lines.push(NumberLine {
            number: number.clone(),
            status: "waiting".to_owned(),
            reason: None,
        });
    }
    Ok(lines)
}
