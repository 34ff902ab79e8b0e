//! Port-outs that a carrier without an interface tells of, by mail or in a support case: an operator writes them down.
use crate::http::begin::{claimed, not_begun};
use crate::http::body::{Body, Key, is_plain, line};
use crate::http::requests::not_allowed;
use crate::http::{Ports, Refused, Shared, access};
use crate::people::Caller;
use crate::porting::out::{NotWritten, Written, write_down};
use crate::porting::share::{Share, shares};
use crate::ports::numbers::NumberRecord;
use crate::ports::porting::{CarrierPortOut, OutStatus, Porting};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::api::Problem;
use contract::api::requests as api;
use contract::port::api::RecordPortOut;
use contract::{CarrierId, E164, Role, TenantId};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Most numbers of one port-out.
const NUMBERS_MAX: usize = 500;
/// Longest name, in characters.
const NAME_MAX: usize = 200;
/// Longest account number, in characters.
const ACCOUNT_MAX: usize = 60;
/// Longest PIN, in characters.
const PIN_MAX: usize = 40;
/// Longest id of a carrier's, in characters: as long as the support cases of AWS.
const ID_MAX: usize = 44;
/// How many numbers are looked up at once.
const AT_ONCE: usize = 8;

/// Write a port-out down that a carrier without an interface tells of.
///
/// For the phone company's people. It goes on like one that is found at a carrier: each customer whose numbers are in it gets a request
/// and answers; what the carrier is to be told is a task with a prepared text, and what it says is written down by a form. Which carrier it
/// is follows from its numbers.
#[utoipa::path(post, path = "/v1/port-outs", operation_id = "record_port_out", tag = "ports", security(("bearer" = [])), request_body = RecordPortOut, responses(
    (status = 202, description = "A request for each customer; `Location` is the first; their `details` are an `OutView`", body = api::Requests),
    (status = 403, description = "`Role.NotAllowed`: only for the phone company's people", body = Problem),
    (status = 409, description = "`PortOut.Known`: it is written down already; `Request.KeyReused`: another request had this key", body = Problem),
    (status = 502, description = "`Request.NotStarted`: our fault", body = Problem),
))]
pub(in crate::http) async fn record<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    key: Key,
    Body(body): Body<RecordPortOut>,
) -> Result<Response, Refused> {
    let d = &*state.ports;
    let asked = Asked::read(&body, d.now())?;
    if caller.role != Role::Staff {
        return Err(not_allowed("only the phone company's people do this"));
    }
    let (carrier, shares) = whose(d, &body.numbers).await?;
    let wish = claimed(d, &caller, &key, "POST /v1/port-outs", &body, "po").await?;
    let written = Written {
        out: asked.port_out(body, d.now()),
        carrier,
        answer_by: asked.answer_by,
        person: caller.person.clone(),
        wish: wish.0,
    };
    let records = write_down(d, written, shares).await.map_err(not_written)?;
    let first = records.first().map(|record| &record.view.id);
    let location = first.map_or_else(String::new, |id| format!("/v1/port-outs/{id}"));
    let views = records
        .into_iter()
        .map(|record| access::shown_to(caller.role, record.view));
    let page = api::Requests {
        requests: views.collect(),
        next: None,
    };
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(page),
    )
        .into_response())
}

fn not_written(why: NotWritten) -> Refused {
    match why {
        NotWritten::Known(request) => {
            let message = format!(
                "this id is written down already, as {request}: if the carrier asks for more under it, add `-b` to the id"
            );
            Refused::conflict("PortOut.Known", message).of("externalId")
        }
        NotWritten::NotBegun(error) => not_begun(error),
    }
}

/// The dates of a body that fits.
struct Asked {
    requested_foc: Option<Timestamp>,
    answer_by: Option<Timestamp>,
}

impl Asked {
    /// Holds the body against what is allowed, as far as that takes no looking up.
    fn read(body: &RecordPortOut, now: Timestamp) -> Result<Self, Refused> {
        distinct(&body.numbers)?;
        line("gaining", body.gaining.trim(), NAME_MAX)?;
        if !is_plain(&body.external_id, 1..=ID_MAX) || body.external_id.contains('_') {
            let message = format!("1 to {ID_MAX} of letters, digits and -");
            return Err(Refused::field("externalId", message));
        }
        if let Some(name) = &body.end_user {
            line("endUser", name.trim(), NAME_MAX)?;
        }
        if let Some(number) = &body.account_number {
            line("accountNumber", number.trim(), ACCOUNT_MAX)?;
        }
        if let Some(pin) = &body.pin {
            line("pin", pin.trim(), PIN_MAX)?;
        }
        let requested_foc = instant("requestedFoc", body.requested_foc.as_deref())?;
        let answer_by = instant("answerBy", body.answer_by.as_deref())?;
        if answer_by.is_some_and(|until| until <= now) {
            return Err(Refused::field("answerBy", "an instant still to come"));
        }
        Ok(Self {
            requested_foc,
            answer_by,
        })
    }

    /// As the carrier has it.
    fn port_out(&self, body: RecordPortOut, now: Timestamp) -> CarrierPortOut {
        CarrierPortOut {
            id: body.external_id,
            status: OutStatus::Pending,
            numbers: body.numbers,
            gaining: body.gaining.trim().to_owned(),
            pin: body.pin.map(|pin| pin.trim().to_owned()),
            authorised_by: None,
            end_user: body.end_user.map(|name| name.trim().to_owned()),
            account: body.account_number.map(|number| number.trim().to_owned()),
            requested_foc: self.requested_foc,
            foc: None,
            since: Some(now),
        }
    }
}

fn instant(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Refused> {
    let read = text.map(str::parse::<Timestamp>).transpose();
    read.map_err(|_| Refused::field(field, "an instant such as 2026-11-20T10:00:00+01:00"))
}

fn distinct(numbers: &[E164]) -> Result<(), Refused> {
    if !(1..=NUMBERS_MAX).contains(&numbers.len()) {
        let message = format!("1 to {NUMBERS_MAX} numbers");
        return Err(Refused::field("numbers", message));
    }
    let mut seen = BTreeSet::new();
    for (at, number) in numbers.iter().enumerate() {
        if !seen.insert(number) {
            let message = format!("{number} is there twice");
            return Err(Refused::field(&format!("numbers[{at}]"), message));
        }
    }
    Ok(())
}

/// The one carrier of the numbers, which has no interface for port-outs, and whose each of them is.
async fn whose<P: Ports>(d: &P, numbers: &[E164]) -> Result<(CarrierId, Vec<Share>), Refused> {
    let mut found = stream::iter(numbers.iter().cloned())
        .map(|number| async move {
            let known = d.number_record(&number).await;
            (number, known)
        })
        .buffered(AT_ONCE)
        .enumerate();
    let (mut carrier, mut owned) = (None, Vec::with_capacity(numbers.len()));
    while let Some((at, (number, known))) = found.next().await {
        let tenant = known?
            .ok_or_else(|| format!("{number} is not in service here"))
            .and_then(|known| of_one(d, &mut carrier, known))
            .map_err(|why| Refused::field(&format!("numbers[{at}]"), why))?;
        owned.push((number, Some(tenant)));
    }
    let none = || Refused::field("numbers", "numbers that are in service here");
    Ok((carrier.ok_or_else(none)?, shares(owned)))
}

/// The tenant of a number, if its carrier is that of the numbers before it, or the first; else why it cannot be in one port-out with them.
fn of_one<P: Ports>(
    d: &P,
    carrier: &mut Option<CarrierId>,
    known: NumberRecord,
) -> Result<TenantId, String> {
    let number = known.number;
    let Some(own) = known.carrier else {
        return Err(format!(
            "{number} came with the platform and not from a carrier"
        ));
    };
    match carrier {
        Some(first) if *first == own => {}
        Some(first) => {
            return Err(format!(
                "{number} is of {own}, the numbers before it of {first}: all are to be of one carrier"
            ));
        }
        None if d.desk(&own).is_some_and(Porting::by_hand) => *carrier = Some(own),
        None => {
            return Err(format!(
                "{number} is of {own}, whose port-outs are found by themselves; here are those of carriers without an interface"
            ));
        }
    }
    Ok(known.tenant)
}
