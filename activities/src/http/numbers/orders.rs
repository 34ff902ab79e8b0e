//! Orders of numbers, and their returns: requests that take their time.
use super::search::{known_carrier, lists_none, not_orderable, way_to};
use crate::dial;
use crate::http::begin::{administrator, claimed, not_begun};
use crate::http::body::{Body, Key, is_plain, line};
use crate::http::dossiers::of_tenant;
use crate::http::requests::{take_back, told};
use crate::http::{Ports, Refused, Shared, access, query, targets};
use crate::number::by_case::Way;
use crate::number::{counted, wanted};
use crate::people::Caller;
use crate::ports::calls::Shelf;
use crate::ports::numbers::Numbers;
use crate::ports::requests::{Requests, Which};
use crate::request::{Begun, Letter, RequestRecord, begin::begin, shell};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::api::Problem;
use contract::number::api::{ChangeOrder, NumberOrders, OrderNumbers};
use contract::number::{AREA_MAX, MAX_NUMBERS};
use contract::request::signal::SignalName;
use contract::request::{Kind, RequestView};
use contract::{E164, RequestId, Role};
use serde_json::{Value, json};

/// Longest words on what numbers are for, in characters.
const PURPOSE_MAX: usize = 300;
/// Orders of a page unless the query says otherwise.
const LIMIT: u32 = 20;

/// Orders numbers.
///
/// The dossier is held against what the country asks, the numbers are reserved and ordered, the carrier is waited for; then
/// they ring whom they are to, and a test call shows that they do. Of a carrier that lists no numbers in a country (`byCase` of
/// `/v1/numbers/countries`) so many are ordered by `count`: an operator hands the order in as a support case, and the numbers are in the
/// order once they have come. The answer is where that is; look again for how it goes on.
#[utoipa::path(post, path = "/v1/number-orders", operation_id = "order_numbers", tag = "numbers", security(("bearer" = [])), request_body = OrderNumbers, responses(
    (status = 202, description = "The order begins; `Location` is where to look at it", body = RequestView),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Person.NotFound`, `Group.NotFound`, `Flow.NotFound`: the tenant has no such one", body = Problem),
    (status = 409, description = "`Number.InUse`: a number is in use here; `Request.KeyReused`: another request had this key", body = Problem),
    (status = 502, description = "`Request.NotStarted`: our fault; `Carrier.Unavailable`: a carrier that lists no numbers there did not say what it has", body = Problem),
))]
pub(in crate::http) async fn order<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    key: Key,
    Body(body): Body<OrderNumbers>,
) -> Result<Response, Refused> {
    let d = &*api.ports;
    let country = served(&body.country)?;
    let numbers = match lists_none(d, &body.carrier, &country) {
        Some(how) => counted_only(&body, &how)?,
        None => numbers_of(&body, &country)?,
    };
    if let Some(dossier) = &body.dossier {
        check_dossier(dossier)?;
    }
    known_carrier(d, &body.carrier)?;
    administrator(&caller)?;
    if let Some(dossier) = &body.dossier {
        of_tenant(d, &caller.tenant, &dossier.as_str().into(), "dossier").await?;
    }
    if let Way::NotHad(why) = way_to(d, &body.carrier, &country, body.number_type).await? {
        return Err(Refused::field("country", why));
    }
    let (person, group, flow) = (&body.person, &body.group, &body.flow);
    let target = targets::target(person.clone(), group.clone(), flow.clone())?;
    targets::check(d, &caller.tenant, target.as_ref()).await?;
    let id = claimed(d, &caller, &key, "POST /v1/number-orders", &body, "no").await?;
    // Sent again, it goes on with what is there, whatever became of its numbers since.
    if Requests::get(d, &id).await?.is_none() {
        free(d, &numbers).await?;
    }
    let prices = super::prices::told(d, &body, &numbers).await;
    let count = body.count.and_then(|count| usize::try_from(count).ok());
    let count = count.unwrap_or(numbers.len());
    let kind = json!(body.number_type);
    let begun = Begun {
        id,
        kind: Kind::NumberOrder,
        tenant: caller.tenant,
        person: Some(caller.person),
        title: format!(
            "{} in {country}",
            counted(count, kind.as_str().unwrap_or_default())
        ),
        details: details(&body, &country, prices),
        numbers: wanted(&numbers),
        hidden: Value::Null,
    };
    let record = begin(d, begun).await.map_err(not_begun)?;
    let location = format!("/v1/number-orders/{}", record.view.id);
    let headers = [(header::LOCATION, location)];
    let view = access::shown_to(caller.role, record.view);
    Ok((StatusCode::ACCEPTED, headers, Json(view)).into_response())
}

fn details(body: &OrderNumbers, country: &str, prices: Value) -> Value {
    let mut details = json!({
        "carrier": body.carrier, "country": country, "numberType": body.number_type,
    });
    if let Some(count) = body.count {
        details["byCase"] = json!(true);
        details["count"] = json!(count);
    }
    if let Some(area) = &body.area {
        details["area"] = json!(area);
    }
    if let Some(purpose) = &body.purpose {
        details["purpose"] = json!(purpose);
    }
    if let Some(dossier) = &body.dossier {
        details["dossier"] = json!(dossier);
    }
    if let Some(person) = &body.person {
        details["person"] = json!(person);
    }
    if let Some(group) = &body.group {
        details["group"] = json!(group);
    }
    if let Some(flow) = &body.flow {
        details["flow"] = json!(flow);
    }
    if !prices.is_null() {
        details["prices"] = prices;
    }
    details
}

/// A country whose terms and days this platform knows.
pub(in crate::http) fn served(text: &str) -> Result<String, Refused> {
    let country = query::country(text)?;
    match not_orderable(&country) {
        None => Ok(country),
        Some(why) => Err(Refused::field("country", why)),
    }
}

/// An order of numbers that the carrier lists: they are chosen.
fn check_chosen(body: &OrderNumbers) -> Result<(), Refused> {
    let given = [
        ("count", body.count.is_some()),
        ("area", body.area.is_some()),
        ("purpose", body.purpose.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((field, _)) => {
            let message = "only where the carrier lists no numbers: choose some in `numbers`";
            Err(Refused::field(field, message))
        }
        None => Ok(()),
    }
}

/// An order of numbers that the carrier does not list: how many there are to be, and none by name.
fn counted_only(body: &OrderNumbers, how: &str) -> Result<Vec<E164>, Refused> {
    if !body.numbers.is_empty() {
        return Err(Refused::field("numbers", format!("none: {how}")));
    }
    let count = body.count.and_then(|count| usize::try_from(count).ok());
    if !count.is_some_and(|count| (1..=MAX_NUMBERS).contains(&count)) {
        let message = format!("1 to {MAX_NUMBERS}: {how}");
        return Err(Refused::field("count", message));
    }
    if let Some(area) = &body.area {
        line("area", area, AREA_MAX)?;
    }
    if let Some(purpose) = &body.purpose {
        line("purpose", purpose, PURPOSE_MAX)?;
    }
    Ok(Vec::new())
}

/// The numbers of an order: each of the country's plan, none twice.
fn numbers_of(body: &OrderNumbers, country: &str) -> Result<Vec<E164>, Refused> {
    check_chosen(body)?;
    if !(1..=MAX_NUMBERS).contains(&body.numbers.len()) {
        let message = format!("1 to {MAX_NUMBERS} numbers");
        return Err(Refused::field("numbers", message));
    }
    let mut numbers: Vec<E164> = Vec::new();
    for (index, text) in body.numbers.iter().enumerate() {
        let wrong = |why: String| Refused::field(&format!("numbers[{index}]"), why);
        let number = E164::parse(text).map_err(|why| wrong(why.to_string()))?;
        match dial::look_up(&number) {
            Some(known) if known.iso2 == country => {}
            Some(known) => {
                return Err(wrong(format!(
                    "a number of {country}; this is of {}",
                    known.iso2
                )));
            }
            None => return Err(wrong("a number that a country's plan has".to_owned())),
        }
        if numbers.contains(&number) {
            return Err(wrong("each number once".to_owned()));
        }
        numbers.push(number);
    }
    Ok(numbers)
}

fn check_dossier(id: &str) -> Result<(), Refused> {
    let fits = is_plain(id, 8..=64);
    fits.then_some(())
        .ok_or_else(|| Refused::field("dossier", "8 to 64 characters of A-Za-z0-9_-"))
}

/// None of the numbers is in use here.
async fn free(d: &impl Numbers, numbers: &[E164]) -> Result<(), Refused> {
    for (index, number) in numbers.iter().enumerate() {
        if d.number_record(number).await?.is_some() {
            let message = format!("{number} is in use here already");
            let refused = Refused::conflict("Number.InUse", message);
            return Err(refused.of(format!("numbers[{index}]")));
        }
    }
    Ok(())
}

/// Orders and returns of the tenant, the newest first.
#[utoipa::path(get, path = "/v1/number-orders", operation_id = "list_number_orders", tag = "numbers", security(("bearer" = [])), params(
    ("live" = Option<bool>, Query, description = "`true`, or not given: those that run; `false`: those that have ended"),
    ("kind" = Option<String>, Query, description = "`order`, or not given: orders; `release`: returns"),
    ("limit" = Option<u32>, Query, description = "1 to 100; 20 if not given", minimum = 1, maximum = 100),
    ("next" = Option<String>, Query, description = "`next` of the page before, unchanged"),
), responses(
    (status = 200, description = "A page of orders", body = NumberOrders),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(in crate::http) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<NumberOrders>, Refused> {
    let (mut shelf, mut kind, mut limit, mut next) = (Shelf::Live, Kind::NumberOrder, LIMIT, None);
    for (name, value) in query::parameters(asked.as_deref(), &["live", "kind", "limit", "next"])? {
        match (name, value.as_str()) {
            ("live", _) => shelf = query::shelf(&value)?,
            ("kind", "order") => kind = Kind::NumberOrder,
            ("kind", "release") => kind = Kind::NumberRelease,
            ("kind", _) => return Err(Refused::field("kind", "order or release")),
            ("limit", _) => limit = query::limit(&value)?,
            (_, _) => next = Some(value),
        }
    }
    administrator(&caller)?;
    let which = Which::OfTenant {
        tenant: caller.tenant,
        kind,
        shelf,
    };
    let page = Requests::list(&*api.ports, &which, limit, next.as_deref()).await?;
    let views = page.records.into_iter().map(|record| record.view);
    Ok(Json(NumberOrders {
        orders: views
            .map(|view| access::shown_to(caller.role, view))
            .collect(),
        next: page.next,
    }))
}

/// An order or a return.
#[utoipa::path(get, path = "/v1/number-orders/{order}", operation_id = "get_number_order", tag = "numbers", security(("bearer" = [])), params(
    ("order" = String, Path, description = "The request's id"),
), responses(
    (status = 200, description = "The order as it is now", body = RequestView),
    (status = 404, description = "`Request.NotFound`: no such order, or not yours to see", body = Problem),
))]
pub(in crate::http) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(order): Path<String>,
) -> Result<Json<RequestView>, Refused> {
    let record = visible(&*api.ports, &caller, &order).await?;
    Ok(Json(access::shown_to(caller.role, record.view)))
}

/// Cancels an order, or takes back a return.
///
/// Possible while its `actions` have `request.cancel`; one that is `stalled` is ended by the phone company's people. What the carrier has
/// given by then is given back to it; a number that waited to be given back rings again.
#[utoipa::path(post, path = "/v1/number-orders/{order}/cancel", operation_id = "cancel_number_order", tag = "numbers", security(("bearer" = [])), params(
    ("order" = String, Path, description = "The request's id"),
), responses(
    (status = 202, description = "It will be cancelled; look again", body = RequestView),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such order, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`, or `Request.NotNow`: it cannot be cancelled where it is, `actions` says so", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(in crate::http) async fn cancel<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(order): Path<String>,
    Key(key): Key,
) -> Result<Response, Refused> {
    let d = &*api.ports;
    let record = visible(d, &caller, &order).await?;
    take_back(d, &caller, &record, &key).await?;
    shown_now(d, &caller, &record.view.id).await
}

/// Names the dossier that is to do, or asks for another look at it.
#[utoipa::path(patch, path = "/v1/number-orders/{order}", operation_id = "change_number_order", tag = "numbers", security(("bearer" = [])), params(
    ("order" = String, Path, description = "The request's id"),
), request_body = ChangeOrder, responses(
    (status = 202, description = "It will be looked at; look again", body = RequestView),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such order, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`, or `Request.NotNow`: no dossier is wanted where it is", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(in crate::http) async fn change<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(order): Path<String>,
    Body(body): Body<ChangeOrder>,
) -> Result<Response, Refused> {
    check_dossier(&body.dossier)?;
    let d = &*api.ports;
    let record = visible(d, &caller, &order).await?;
    administrator(&caller)?;
    let view = &record.view;
    of_tenant(d, &view.tenant, &body.dossier.as_str().into(), "dossier").await?;
    if view.is_open() && !view.allows(SignalName::RequestChange, Some("dossier")) {
        let message = format!("no dossier is asked for while it is {}", view.status);
        return Err(Refused::conflict("Request.NotNow", message));
    }
    // The same turn takes one change; a later turn takes the next.
    let letter = Letter {
        key: format!("dossier/{}/{}", record.round, body.dossier),
        name: SignalName::RequestChange,
        topic: Some("dossier".to_owned()),
        person: Some(caller.person.clone()),
        data: json!({ "dossier": body.dossier }),
    };
    told(shell::deliver(d, &record.view.id, &letter).await?)?;
    shown_now(d, &caller, &record.view.id).await
}

/// The order as it is by now.
async fn shown_now(
    d: &impl Requests,
    caller: &Caller,
    id: &RequestId,
) -> Result<Response, Refused> {
    let now = visible(d, caller, id.as_str()).await?;
    let view = access::shown_to(caller.role, now.view);
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// An order that the caller may see: an administrator's own tenant's; the phone company's people see all.
async fn visible(d: &impl Requests, caller: &Caller, id: &str) -> Result<RequestRecord, Refused> {
    let unknown = || {
        let message = "there is no such order";
        Refused::new(StatusCode::NOT_FOUND, "Request.NotFound", message)
    };
    if !is_plain(id, 1..=80) {
        return Err(unknown());
    }
    let found = Requests::get(d, &RequestId::from(id)).await?;
    let sees = |record: &RequestRecord| {
        let view = &record.view;
        let ours = matches!(view.kind, Kind::NumberOrder | Kind::NumberRelease);
        let own = view.tenant == caller.tenant && caller.role.makes_requests();
        ours && (own || caller.role == Role::Staff)
    };
    found.filter(sees).ok_or_else(unknown)
}
