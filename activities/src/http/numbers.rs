//! Numbers: those of the tenant, and those that can be had.
use super::begin::{administrator, claimed, not_begun};
use super::body::{Body, Key};
use super::number_prices::{Ordered, orders};
use super::{Ports, Refused, Shared};
use crate::people::Caller;
use crate::ports::calls::Write;
use crate::ports::carriers::{Available, Carrier, CarrierError, Carriers, Pattern, Search};
use crate::ports::directory::Directory;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::requests::Requests;
use crate::ports::routings::Routings;
use crate::request::{Begun, begin::begin};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::api::Problem;
use contract::dossier::NumberType;
use contract::number::api::{
    AskedCarrier, AssignNumber, AvailableNumber, AvailableNumbers, NumberPrice, OfferedCountries,
    OfferedCountry, OwnedNumber, OwnedNumbers,
};
use contract::number::status;
use contract::request::{Kind, NumberLine, RequestView};
use contract::routing::{Several, Target};
use contract::{CarrierId, E164, FlowId, GroupId, PersonId, Role, TenantId};
use futures_util::future::join_all;
use serde_json::json;

/// Numbers of a page unless the query says otherwise.
const LIMIT: u16 = 20;
/// Most numbers of a page.
const MAX_LIMIT: u16 = 100;
/// Longest name of an area, in characters.
const AREA_MAX: usize = 60;

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
    RawQuery(query): RawQuery,
) -> Result<Json<OwnedNumbers>, Refused> {
    let (mut limit, mut after) = (LIMIT, None);
    for (name, value) in decoded(query.as_deref(), &["limit", "next"])? {
        match name {
            "limit" => limit = limit_of(&value)?,
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
    d: &impl Requests,
    records: Vec<NumberRecord>,
) -> Result<Vec<OwnedNumber>, Refused> {
    let orders = orders(d, &records).await?;
    let each = records.into_iter().map(|record| {
        let order = record.request.as_ref().and_then(|id| orders.get(id));
        shown(order.unwrap_or(&Ordered::default()), record)
    });
    Ok(each.collect())
}

fn shown(order: &Ordered, record: NumberRecord) -> OwnedNumber {
    OwnedNumber {
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

/// Numbers that can be ordered.
///
/// Every carrier of this platform is asked. One that does not answer is named in `carriers`, with why.
#[utoipa::path(get, path = "/v1/numbers/available", operation_id = "search_numbers", tag = "numbers", security(("bearer" = [])), params(
    ("country" = String, Query, description = "ISO 3166-1 alpha-2, such as CH", example = "CH"),
    ("type" = Option<NumberType>, Query, description = "`local` if not given"),
    ("area" = Option<String>, Query, description = "The digits it begins with in its country, such as 44, or a place"),
    ("pattern" = Option<String>, Query, description = "1 to 15 digits that it has: `77` anywhere, `77*` at the beginning, `*77` at the end"),
    ("carrier" = Option<String>, Query, description = "Only this carrier"),
    ("limit" = Option<u16>, Query, description = "Of each carrier, 1 to 100; 20 if not given", minimum = 1, maximum = 100),
), responses(
    (status = 200, description = "What was found", body = AvailableNumbers),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
    (status = 502, description = "`Carrier.Unavailable`: no carrier answered", body = Problem),
))]
pub(super) async fn available<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<AvailableNumbers>, Refused> {
    let d = &*api.ports;
    let wish = Wish::read(query.as_deref())?;
    administrator(&caller)?;
    let ids = match &wish.carrier {
        Some(id) => vec![known_carrier(d, id)?],
        None => d.carrier_ids(),
    };
    let asked = ids.into_iter().map(|id| {
        let search = &wish.search;
        async move {
            let found = match d.carrier(&id) {
                Some(carrier) => carrier.search(search).await,
                None => Ok(Vec::new()),
            };
            (id, found)
        }
    });
    let (mut numbers, mut carriers) = (Vec::new(), Vec::new());
    for (carrier, found) in join_all(asked).await {
        let problem = match found {
            Ok(found) => {
                let offered = found.into_iter().map(|each| offered(&carrier, each));
                numbers.extend(offered);
                None
            }
            Err(error) => Some(told(&carrier, &error)),
        };
        carriers.push(AskedCarrier { carrier, problem });
    }
    some_answered(&carriers)?;
    Ok(Json(AvailableNumbers { numbers, carriers }))
}

fn offered(carrier: &CarrierId, found: Available) -> AvailableNumber {
    AvailableNumber {
        number: found.number,
        carrier: carrier.clone(),
        country: found.country,
        number_type: found.number_type,
        area: found.area,
        features: found.features,
        price: found.price.map(|price| NumberPrice {
            upfront: price.upfront,
            monthly: price.monthly,
            per_minute: price.per_minute,
            currency: price.currency,
        }),
    }
}

/// Where numbers are sold.
#[utoipa::path(get, path = "/v1/numbers/countries", operation_id = "list_countries", tag = "numbers", security(("bearer" = [])), responses(
    (status = 200, description = "Countries and types, as the carriers say now", body = OfferedCountries),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 502, description = "`Carrier.Unavailable`: no carrier answered", body = Problem),
))]
pub(super) async fn countries<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
) -> Result<Json<OfferedCountries>, Refused> {
    // The phone company's people ask for tenants that are not there yet.
    if caller.role != Role::Staff {
        administrator(&caller)?;
    }
    let d = &*api.ports;
    let asked = d.carrier_ids().into_iter().map(|id| async move {
        let offers = match d.carrier(&id) {
            Some(carrier) => carrier.offers().await,
            None => Ok(Vec::new()),
        };
        (id, offers)
    });
    let (mut countries, mut carriers) = (Vec::new(), Vec::new());
    for (carrier, offers) in join_all(asked).await {
        let problem = match offers {
            Ok(offers) => {
                countries.extend(offers.into_iter().map(|offer| OfferedCountry {
                    country: offer.country,
                    carrier: carrier.clone(),
                    number_types: offer.number_types,
                }));
                None
            }
            Err(error) => Some(told(&carrier, &error)),
        };
        carriers.push(AskedCarrier { carrier, problem });
    }
    some_answered(&carriers)?;
    countries.sort_by(|a, b| a.country.cmp(&b.country));
    Ok(Json(OfferedCountries {
        countries,
        carriers,
    }))
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
    let target = wished(body)?;
    administrator(&caller)?;
    let d = &*api.ports;
    let record = owned(d, &caller, &number).await?;
    if record.standing == Standing::Quarantined {
        let message = "the number is being given back: cancel that first";
        return Err(Refused::conflict("Number.Leaving", message));
    }
    let led = d.lead_number(&caller.tenant, &record.number, target.as_ref());
    if led.await? == Write::Conflict {
        return Err(no_such_target(target.as_ref()));
    }
    let record = owned(d, &caller, &number).await?;
    let orders = orders(d, std::slice::from_ref(&record)).await?;
    let order = record.request.as_ref().and_then(|id| orders.get(id));
    Ok(Json(shown(order.unwrap_or(&Ordered::default()), record)))
}

/// Whom a number is to ring.
fn wished(body: AssignNumber) -> Result<Option<Target>, Refused> {
    let AssignNumber {
        person,
        group,
        flow,
    } = body;
    if person.is_none() && group.is_none() && flow.is_none() {
        let message = "one of person, group and flow is needed; person is null for nobody";
        return Err(Refused::field("person", message));
    }
    let nobody = matches!(person, Some(None));
    let target = target(person.flatten(), group, flow)?;
    if nobody && target.is_some() {
        return Err(Refused::field("person", Several.to_string()));
    }
    Ok(target)
}

/// The target that a body names, if it names one.
pub(super) fn target(
    person: Option<PersonId>,
    group: Option<GroupId>,
    flow: Option<FlowId>,
) -> Result<Option<Target>, Refused> {
    let empty = |field, what| Err(Refused::field(field, format!("a {what}'s id")));
    let target = Target::of(person, group, flow)
        .map_err(|several| Refused::field("person", several.to_string()))?;
    match &target {
        Some(Target::Person(id)) if id.as_str().is_empty() => empty("person", "person"),
        Some(Target::Group(id)) if id.as_str().is_empty() => empty("group", "group"),
        Some(Target::Flow(id)) if id.as_str().is_empty() => empty("flow", "flow"),
        Some(Target::Person(_) | Target::Group(_) | Target::Flow(_)) | None => Ok(target),
    }
}

/// Whether the tenant has whom a body names.
pub(super) async fn check_target(
    d: &(impl Directory + Routings),
    tenant: &TenantId,
    target: Option<&Target>,
) -> Result<(), Refused> {
    let there = match target {
        None => true,
        Some(Target::Person(person)) => d.person(tenant, person).await?.is_some(),
        Some(Target::Group(group)) => d.group(tenant, group).await?.is_some(),
        Some(Target::Flow(flow)) => d.flow(tenant, flow).await?.is_some(),
    };
    if there {
        Ok(())
    } else {
        Err(no_such_target(target))
    }
}

fn no_such_target(target: Option<&Target>) -> Refused {
    let (error, field) = match target {
        Some(Target::Group(_)) => ("Group.NotFound", "group"),
        Some(Target::Flow(_)) => ("Flow.NotFound", "flow"),
        Some(Target::Person(_)) | None => ("Person.NotFound", "person"),
    };
    let message = format!("the tenant has no such {field}");
    Refused::new(StatusCode::NOT_FOUND, error, message).of(field)
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
    let record = owned(d, &caller, &number).await?;
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
    Ok((StatusCode::ACCEPTED, headers, Json(record.view)).into_response())
}

/// A number of the caller's tenant. One of another tenant, and one that is nobody's, are the same.
async fn owned(d: &impl Numbers, caller: &Caller, text: &str) -> Result<NumberRecord, Refused> {
    let unknown = || {
        let message = "the tenant has no such number";
        Refused::new(StatusCode::NOT_FOUND, "Number.NotFound", message)
    };
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

/// The carrier of this id.
pub(super) fn known_carrier(d: &impl Carriers, id: &CarrierId) -> Result<CarrierId, Refused> {
    let known = d.carrier_ids();
    if known.contains(id) {
        return Ok(id.clone());
    }
    let known: Vec<String> = known.into_iter().map(|id| id.0).collect();
    let message = format!("one of the carriers: {}", known.join(", "));
    Err(Refused::field("carrier", message))
}

fn told(carrier: &CarrierId, error: &CarrierError) -> String {
    tracing::warn!(%carrier, error = crate::shell::chain(error), "a carrier gave nothing");
    error.to_string()
}

fn some_answered(carriers: &[AskedCarrier]) -> Result<(), Refused> {
    let unreached = |asked: &AskedCarrier| asked.problem.is_some();
    if carriers.is_empty() || !carriers.iter().all(unreached) {
        return Ok(());
    }
    let problems = carriers.iter().filter_map(|asked| asked.problem.as_deref());
    let message: Vec<&str> = problems.collect();
    Err(Refused::new(
        StatusCode::BAD_GATEWAY,
        "Carrier.Unavailable",
        message.join("; "),
    ))
}

/// What is looked for, and at whom.
struct Wish {
    search: Search,
    carrier: Option<CarrierId>,
}

impl Wish {
    fn read(query: Option<&str>) -> Result<Self, Refused> {
        let names = ["country", "type", "area", "pattern", "carrier", "limit"];
        let (mut country, mut carrier) = (None, None);
        let mut search = Search {
            country: String::new(),
            number_type: NumberType::Local,
            area: None,
            pattern: None,
            limit: LIMIT,
        };
        for (name, value) in decoded(query, &names)? {
            match name {
                "country" => country = Some(country_of(&value)?),
                "type" => search.number_type = type_of(&value)?,
                "area" => search.area = Some(area_of(&value)?),
                "pattern" => search.pattern = Some(pattern_of(&value)?),
                "carrier" => carrier = Some(CarrierId::from(value)),
                _ => search.limit = limit_of(&value)?,
            }
        }
        let needed = || Refused::field("country", "ISO 3166-1 alpha-2, such as CH, is needed");
        search.country = country.ok_or_else(needed)?;
        Ok(Self { search, carrier })
    }
}

/// Two capital letters.
pub(super) fn country_of(text: &str) -> Result<String, Refused> {
    let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    let wrong = || {
        Refused::field(
            "country",
            "ISO 3166-1 alpha-2: two capital letters, such as CH",
        )
    };
    fits.then(|| text.to_owned()).ok_or_else(wrong)
}

fn type_of(text: &str) -> Result<NumberType, Refused> {
    serde_json::from_value(json!(text)).map_err(|_| {
        let all: Vec<String> = NumberType::ALL
            .iter()
            .filter_map(|kind| json!(kind).as_str().map(str::to_owned))
            .collect();
        Refused::field("type", format!("one of {}", all.join(", ")))
    })
}

fn area_of(text: &str) -> Result<String, Refused> {
    let text = text.trim();
    let fits =
        (1..=AREA_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let message = format!("digits such as 44, or a place of at most {AREA_MAX} characters");
    fits.then(|| text.to_owned())
        .ok_or_else(|| Refused::field("area", message))
}

fn pattern_of(text: &str) -> Result<Pattern, Refused> {
    let (end, start) = (text.strip_prefix('*'), text.strip_suffix('*'));
    let digits = end.or(start).unwrap_or(text);
    let fits = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if !fits {
        let message = "1 to 15 digits: `77` anywhere, `77*` at the beginning, `*77` at the end";
        return Err(Refused::field("pattern", message));
    }
    let digits = digits.to_owned();
    Ok(match (end, start) {
        (Some(_), _) => Pattern::EndsWith(digits),
        (None, Some(_)) => Pattern::StartsWith(digits),
        (None, None) => Pattern::Contains(digits),
    })
}

fn limit_of(text: &str) -> Result<u16, Refused> {
    let number = text.parse().ok();
    let fits = number.filter(|limit| (1..=MAX_LIMIT).contains(limit));
    fits.ok_or_else(|| Refused::field("limit", format!("1 to {MAX_LIMIT}")))
}

/// The parameters of a query, decoded, each at most once and of those `known`.
pub(super) fn decoded<'n>(
    query: Option<&str>,
    known: &[&'n str],
) -> Result<Vec<(&'n str, String)>, Refused> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let Some(name) = known.iter().copied().find(|known| *known == name) else {
            let name: String = name.chars().take(40).collect();
            let message = format!("the parameters are {}", known.join(", "));
            return Err(Refused::field(&name, message));
        };
        if found.iter().any(|(seen, _)| *seen == name) {
            return Err(Refused::field(name, "once is enough"));
        }
        found.push((name, value.into_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Search, String> {
        Wish::read(Some(query))
            .map(|wish| wish.search)
            .map_err(|refused| refused.problem.field.unwrap_or_default())
    }

    #[test]
    fn a_search_reads_places_and_patterns() {
        let search = read("country=PA&area=Panam%C3%A1&pattern=*77&limit=3&type=mobile").unwrap();
        assert_eq!(search.area.as_deref(), Some("Panamá"));
        assert_eq!(search.pattern, Some(Pattern::EndsWith("77".into())));
        assert_eq!((search.number_type, search.limit), (NumberType::Mobile, 3));
        let begins = read("country=CH&pattern=445*").unwrap().pattern;
        assert_eq!(begins, Some(Pattern::StartsWith("445".into())));
    }

    #[test]
    fn each_field_that_does_not_fit_is_named() {
        for (query, field) in [
            ("", "country"),
            ("country=ch", "country"),
            ("country=CH&type=fax", "type"),
            ("country=CH&area=", "area"),
            ("country=CH&pattern=**", "pattern"),
            ("country=CH&pattern=12a", "pattern"),
            ("country=CH&limit=0", "limit"),
            ("country=CH&limit=101", "limit"),
            ("country=CH&country=CH", "country"),
            ("country=CH&tenant=t-2", "tenant"),
        ] {
            assert_eq!(read(query), Err(field.to_owned()), "{query}");
        }
    }
}
