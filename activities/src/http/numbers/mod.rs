//! The numbers of a tenant.
use super::begin::{administrator, claimed, not_begun};
use super::body::{Body, Key};
use super::{Ports, Refused, Shared, access, query, targets};
use crate::number::emergency::wanting;
use crate::people::Caller;
use crate::ports::calls::Write;
use crate::ports::emergencies::{Emergencies, EmergencyNote};
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::requests::Requests;
use crate::request::{Begun, begin::begin};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::E164;
use contract::api::Problem;
use contract::number::api::{AssignNumber, EmergencyStanding, OwnedNumber, OwnedNumbers};
use contract::number::status;
use contract::request::{Kind, NumberLine, RequestView};
use prices::{Ordered, orders};
use serde_json::json;

pub(super) mod emergency_address;
pub(super) mod orders;
mod prices;
pub(super) mod search;

/// Numbers of a page unless the query says otherwise.
const LIMIT: u16 = 20;

/// The tenant's numbers, in their order.
#[utoipa::path(get, path = "/v1/numbers", operation_id = "list_numbers", tag = "numbers", security(("bearer" = [])), params(
    ("limit" = Option<u16>, Query, description = "1 to 100; 20 if not given", minimum = 1, maximum = 100),
    ("next" = Option<String>, Query, description = "`next` of the page before, unchanged"),
), responses(
    (status = 200, description = "A page of numbers", body = OwnedNumbers),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<OwnedNumbers>, Refused> {
    let (mut limit, mut after) = (LIMIT, None);
    for (name, value) in query::parameters(asked.as_deref(), &["limit", "next"])? {
        match name {
            "limit" => limit = query::limit(&value)?,
            _ => {
                let read = E164::parse(&value);
                let words = "the `next` of the page before, unchanged";
                after = Some(read.map_err(|_| Refused::field("next", words))?);
            }
        }
    }
    administrator(&caller)?;
    let d = &*api.ports;
    let page = d
        .numbers_of(&caller.tenant, limit.into(), after.as_ref())
        .await?;
    Ok(Json(OwnedNumbers {
        numbers: all_shown(d, page.numbers).await?,
        next: page.next.map(String::from),
    }))
}

/// Numbers with what their orders say of them.
async fn all_shown(
    d: &(impl Requests + Emergencies),
    records: Vec<NumberRecord>,
) -> Result<Vec<OwnedNumber>, Refused> {
    let orders = orders(d, &records).await?;
    let numbers: Vec<E164> = records.iter().map(|one| one.number.clone()).collect();
    let mut notes = d.emergency_notes(&numbers).await?;
    let each = records.into_iter().map(|record| {
        let order = record.request.as_ref().and_then(|id| orders.get(id));
        let note = notes.remove(&record.number);
        shown(order.unwrap_or(&Ordered::default()), note, record)
    });
    Ok(each.collect())
}

/// A number of the caller's tenant as it is now.
pub(super) async fn shown_now(
    d: &(impl Numbers + Emergencies + Requests),
    caller: &Caller,
    number: &str,
) -> Result<Json<OwnedNumber>, Refused> {
    let record = owned(d, caller, number).await?;
    let shown = all_shown(d, vec![record]).await?;
    let only = shown.into_iter().next();
    only.map(Json).ok_or_else(|| Refused::no_such("Number"))
}

/// Where help is sent: nothing where no address is wanted and none was given.
fn help(note: Option<EmergencyNote>, record: &NumberRecord) -> Option<EmergencyStanding> {
    let note = note.filter(|note| note.tenant == record.tenant);
    let wanted = wanting(&record.number).is_some();
    (wanted || note.is_some()).then(|| EmergencyStanding {
        wanted,
        problem: note.as_ref().and_then(|note| note.untold.clone()),
        address: note.map(|note| note.address.into()),
    })
}

fn shown(order: &Ordered, note: Option<EmergencyNote>, record: NumberRecord) -> OwnedNumber {
    OwnedNumber {
        emergency: help(note, &record),
        number_type: record.number_type.or_else(|| order.number_type()),
        price: order.price(&record.number),
        status: match record.standing {
            Standing::Active => status::ACTIVE,
            Standing::Quarantined => status::QUARANTINED,
        }
        .to_owned(),
        number: record.number,
        person: record.person,
        group: record.group,
        flow: record.flow,
        carrier: record.carrier,
        country: record.country,
        request: record.request,
        since: record.since,
        leaving: record.leaving,
    }
}

/// Lets a number ring somebody else, a group or a flow, or nobody.
#[utoipa::path(patch, path = "/v1/numbers/{number}", operation_id = "assign_number", tag = "numbers", security(("bearer" = [])), params(
    ("number" = String, Path, description = "In E.164, with or without the plus sign"),
), request_body = AssignNumber, responses(
    (status = 200, description = "The number as it is now", body = OwnedNumber),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Number.NotFound`: not a number of the tenant; `Person.NotFound`, `Group.NotFound`, `Flow.NotFound`: the tenant has no such one", body = Problem),
    (status = 409, description = "`Number.Leaving`: it is being given back", body = Problem),
))]
pub(super) async fn assign<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(number): Path<String>,
    Body(body): Body<AssignNumber>,
) -> Result<Json<OwnedNumber>, Refused> {
    let target = targets::wished(body)?;
    administrator(&caller)?;
    let d = &*api.ports;
    let record = stays(d, owned(d, &caller, &number).await?).await?;
    if record.standing == Standing::Quarantined {
        let message = "the number is being given back: cancel that first";
        return Err(Refused::conflict("Number.Leaving", message));
    }
    let led = d.lead_number(&caller.tenant, &record.number, target.as_ref());
    if led.await? == Write::Conflict {
        return Err(targets::unknown(target.as_ref()));
    }
    shown_now(d, &caller, &number).await
}

/// Gives a number back.
///
/// It rings nobody from now on, and goes back to its carrier after a while in which this can be cancelled.
#[utoipa::path(post, path = "/v1/numbers/{number}/release", operation_id = "release_number", tag = "numbers", security(("bearer" = [])), params(
    ("number" = String, Path, description = "In E.164, with or without the plus sign"),
), responses(
    (status = 202, description = "The request that gives it back; `Location` is where to look at it", body = RequestView),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Number.NotFound`: not a number of the tenant", body = Problem),
    (status = 409, description = "`Number.Leaving`: it is being given back; `Number.NotOrdered`: it came with the platform, from no carrier", body = Problem),
))]
pub(super) async fn release<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(number): Path<String>,
    key: Key,
) -> Result<Response, Refused> {
    administrator(&caller)?;
    let d = &*api.ports;
    let record = stays(d, owned(d, &caller, &number).await?).await?;
    let route = format!("POST /v1/numbers/{}/release", record.number);
    let id = claimed(d, &caller, &key, &route, &(), "nr").await?;
    if record.leaving.as_ref().is_some_and(|other| *other != id) {
        let message = "another request gives this number back";
        return Err(Refused::conflict("Number.Leaving", message));
    }
    let Some(carrier) = record.carrier else {
        let message = "this number came with the platform and not from a carrier";
        return Err(Refused::conflict("Number.NotOrdered", message));
    };
    let begun = Begun {
        id,
        kind: Kind::NumberRelease,
        tenant: caller.tenant,
        person: Some(caller.person),
        title: format!("Give back {}", record.number),
        details: json!({
            "carrier": carrier, "country": record.country,
            "person": record.person, "group": record.group, "flow": record.flow,
        }),
        numbers: vec![NumberLine {
            number: record.number,
            status: status::ACTIVE.to_owned(),
            reason: None,
        }],
        hidden: serde_json::Value::Null,
    };
    let record = begin(d, begun).await.map_err(not_begun)?;
    let location = format!("/v1/number-orders/{}", record.view.id);
    let headers = [(header::LOCATION, location)];
    let view = access::shown_to(caller.role, record.view);
    Ok((StatusCode::ACCEPTED, headers, Json(view)).into_response())
}

/// A number that was to be given back by a request which has ended, and is here all the same, is in use again.
pub(super) async fn stays(
    d: &(impl Numbers + Requests),
    record: NumberRecord,
) -> Result<NumberRecord, Refused> {
    let Some(by) = record.leaving.clone() else {
        return Ok(record);
    };
    let request = Requests::get(d, &by).await?;
    if request.is_some_and(|request| request.view.is_open()) {
        return Ok(record);
    }
    let marked = d
        .mark_leaving(&record.tenant, &record.number, &by, false)
        .await?;
    Ok(match marked {
        Write::Done => NumberRecord {
            standing: Standing::Active,
            leaving: None,
            ..record
        },
        Write::Conflict => record,
    })
}

/// A number of the caller's tenant. One of another tenant, and one that is nobody's, are the same.
pub(super) async fn owned(
    d: &impl Numbers,
    caller: &Caller,
    text: &str,
) -> Result<NumberRecord, Refused> {
    let unknown = || Refused::no_such("Number");
    let text = if text.starts_with('+') {
        text.to_owned()
    } else {
        format!("+{text}")
    };
    let number = E164::parse(&text).map_err(|_| unknown())?;
    let record = d.number_record(&number).await?;
    let own = record.filter(|record| record.tenant == caller.tenant);
    own.ok_or_else(unknown)
}
