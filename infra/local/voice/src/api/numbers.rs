//! Phone numbers: those of the practice carrier, listed, searched, ordered.

use super::fields::{Fields, Query};
use super::{Answer, Api, Failure, Shared, created, listed, no_content, ok, page, page_of};
use crate::carrier::is_e164;
use crate::store::{Number, Order, OrderedNumber, State, TriggerType};
use axum::body::Bytes;
use axum::extract::Path;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The product of numbers that reach SIP media applications.
pub(super) const DIAL_IN: &str = "SipMediaApplicationDialIn";
/// Most numbers of one search (`PhoneNumberMaxResults` of the API).
const MAX_FOUND: usize = 500;
/// Most numbers in one order.
const MAX_ORDERED: usize = 50;

/// A path's number: the plus may have been left out.
fn e164(id: &str) -> String {
    if id.starts_with('+') {
        id.to_owned()
    } else {
        format!("+{id}")
    }
}

fn find<'a>(state: &'a State, id: &str) -> Result<&'a Number, Failure> {
    state
        .numbers
        .get(&e164(id))
        .ok_or_else(|| Failure::NotFound("no such phone number in this account".to_owned()))
}

fn rule_of(state: &State, number: &str) -> Option<(String, jiff::Timestamp)> {
    let rule = state
        .rules
        .values()
        .find(|r| r.trigger_type == TriggerType::ToPhoneNumber && r.trigger_value == number)?;
    Some((rule.sip_rule_id.clone(), rule.created_timestamp))
}

fn shown(api: &Api, state: &State, number: &Number) -> Value {
    let rule = rule_of(state, &number.number);
    let associations: Vec<Value> = rule
        .iter()
        .map(|(id, at)| json!({ "Name": "SipRuleId", "Value": id, "AssociatedTimestamp": at }))
        .collect();
    let mut shown = json!({
        "PhoneNumberId": number.number,
        "E164PhoneNumber": number.number,
        "PhoneNumberArn": format!("arn:aws:chime:{}:{}:phone-number/{}", api.region, api.account, number.number),
        "Country": number.country,
        "Type": "Local",
        "ProductType": DIAL_IN,
        "Status": if rule.is_some() { "Assigned" } else { "Unassigned" },
        "Capabilities": { "InboundCall": true, "OutboundCall": true, "InboundSMS": false, "OutboundSMS": false,
            "InboundMMS": false, "OutboundMMS": false },
        "Associations": associations,
        "CallingNameStatus": "Unassigned",
        "CreatedTimestamp": number.created,
        "UpdatedTimestamp": number.updated,
    });
    if let Some(order) = &number.order_id {
        shown["OrderId"] = json!(order);
    }
    if let Some(name) = &number.name {
        shown["Name"] = json!(name);
    }
    shown
}

pub(super) async fn list(axum::extract::State(api): Shared, query: Query) -> Answer {
    let state = api.store.current();
    let product = query.get("product-type").is_none_or(|p| p == DIAL_IN);
    let fits = |number: &Number| {
        let rule = rule_of(&state, &number.number).map(|(id, _)| id);
        let status = query
            .get("status")
            .is_none_or(|s| (s == "Assigned") == rule.is_some() && s.ends_with("ssigned"));
        let filter = match (query.get("filter-name"), query.get("filter-value")) {
            (Some("SipRuleId"), Some(value)) => rule.as_deref() == Some(value),
            (Some(_), _) => false,
            (None, _) => true,
        };
        product && status && filter
    };
    let all = state
        .numbers
        .iter()
        .filter(|(_, n)| fits(n))
        .map(|(key, n)| (key.clone(), shown(&api, &state, n)));
    listed("PhoneNumbers", page(all, &query)?)
}

pub(super) async fn fetch(axum::extract::State(api): Shared, Path(id): Path<String>) -> Answer {
    let state = api.store.current();
    let number = find(&state, &id)?;
    ok(json!({ "PhoneNumber": shown(&api, &state, number) }))
}

pub(super) async fn update(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let fields = Fields::parse(&body)?;
    if fields.get("CallingName").is_some()
        || fields.get("ProductType").is_some_and(|p| p != DIAL_IN)
    {
        return Err(Failure::BadRequest(format!(
            "only Name can be changed; ProductType is always {DIAL_IN}"
        )));
    }
    let name = fields.optional_text("Name", 0, 256)?;
    let number = api
        .change(|state| {
            find(state, &id)?;
            let number = state
                .numbers
                .get_mut(&e164(&id))
                .ok_or_else(|| Failure::NotFound(id.clone()))?;
            number.name = name.or(number.name.take());
            number.updated = jiff::Timestamp::now();
            Ok(number.clone())
        })
        .await?;
    ok(json!({ "PhoneNumber": shown(&api, &api.store.current(), &number) }))
}

pub(super) async fn delete(axum::extract::State(api): Shared, Path(id): Path<String>) -> Answer {
    if api.carrier.numbers.iter().any(|n| n.number == e164(&id)) {
        return Err(Failure::Forbidden(
            "this number is in carrier.json; remove it there".to_owned(),
        ));
    }
    api.change(|state| {
        let number = find(state, &id)?.number.clone();
        if rule_of(state, &number).is_some() {
            return Err(Failure::BadRequest(
                "a SIP rule still uses this number".to_owned(),
            ));
        }
        state.numbers.remove(&number);
        Ok(())
    })
    .await?;
    no_content()
}

pub(super) async fn countries(axum::extract::State(api): Shared, query: Query) -> Answer {
    if !matches!(query.get("product-type"), Some(DIAL_IN | "VoiceConnector")) {
        return Err(Failure::BadRequest(format!(
            "product-type must be {DIAL_IN} or VoiceConnector"
        )));
    }
    // Non-US numbers are dial-in numbers only.
    let codes: BTreeSet<&str> = api
        .carrier
        .numbers
        .iter()
        .chain(&api.carrier.available)
        .map(|n| n.country.as_str())
        .filter(|country| query.get("product-type") == Some(DIAL_IN) || *country == "US")
        .collect();
    let countries: Vec<Value> = codes
        .into_iter()
        .map(|code| json!({ "CountryCode": code, "SupportedPhoneNumberTypes": ["Local"] }))
        .collect();
    ok(json!({ "PhoneNumberCountries": countries }))
}

pub(super) async fn search(axum::extract::State(api): Shared, query: Query) -> Answer {
    if query.get("type") != Some("phone-numbers") {
        return Err(Failure::BadRequest("type must be phone-numbers".to_owned()));
    }
    let state = api.store.current();
    let free = api
        .carrier
        .available
        .iter()
        .filter(|n| !state.numbers.contains_key(&n.number))
        .filter(|n| query.get("country").is_none_or(|c| c == n.country))
        .filter(|_| {
            query.get("phone-number-type").is_none_or(|t| t == "Local")
                && query.get("toll-free-prefix").is_none()
        })
        .filter(|n| {
            query
                .get("area-code")
                .is_none_or(|code| n.number.get(1..).is_some_and(|d| d.contains(code)))
        });
    let mut free: Vec<String> = free.map(|n| n.number.clone()).collect();
    free.sort();
    listed(
        "E164PhoneNumbers",
        page_of(
            free.into_iter().map(|n| (n.clone(), json!(n))),
            &query,
            MAX_FOUND,
        )?,
    )
}

pub(super) async fn order(axum::extract::State(api): Shared, body: Bytes) -> Answer {
    let fields = Fields::parse(&body)?;
    if fields.text("ProductType", 1, 64)? != DIAL_IN {
        return Err(Failure::BadRequest(format!(
            "ProductType must be {DIAL_IN}"
        )));
    }
    let wanted = fields.texts("E164PhoneNumbers", 1, MAX_ORDERED)?;
    let wanted =
        wanted.ok_or_else(|| Failure::BadRequest("E164PhoneNumbers is required".to_owned()))?;
    if let Some(bad) = wanted.iter().find(|n| !is_e164(n)) {
        return Err(Failure::BadRequest(format!(
            "E164PhoneNumbers: {bad} is not an E.164 number"
        )));
    }
    let name = fields.optional_text("Name", 0, 256)?;
    let available = api.carrier.available.clone();
    let order = api
        .change(|state| Ok(place_order(state, &available, &wanted, name)))
        .await?;
    created(json!({ "PhoneNumberOrder": order }))
}

fn place_order(
    state: &mut State,
    available: &[crate::carrier::CarrierNumber],
    wanted: &[String],
    name: Option<String>,
) -> Order {
    let (now, id) = (jiff::Timestamp::now(), uuid::Uuid::new_v4().to_string());
    let mut ordered = Vec::new();
    for number in wanted {
        let offered = available
            .iter()
            .find(|n| n.number == *number && !state.numbers.contains_key(number));
        if let Some(offered) = offered {
            let order_id = Some(id.clone());
            let (number, country) = (number.clone(), offered.country.clone());
            let new = Number {
                number: number.clone(),
                country,
                order_id,
                name: name.clone(),
                created: now,
                updated: now,
            };
            state.numbers.insert(number, new);
        }
        let status = if offered.is_some() {
            "Acquired"
        } else {
            "Failed"
        };
        ordered.push(OrderedNumber {
            number: number.clone(),
            status: status.to_owned(),
        });
    }
    let mut order = Order {
        phone_number_order_id: id.clone(),
        product_type: DIAL_IN.to_owned(),
        status: "Processing".to_owned(),
        order_type: "New".to_owned(),
        ordered_phone_numbers: ordered,
        created_timestamp: now,
        updated_timestamp: now,
        foc_date: None,
    };
    order.settle();
    state.orders.insert(id, order.clone());
    order
}

pub(super) async fn fetch_order(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
) -> Answer {
    let state = api.store.current();
    let order = state
        .orders
        .get(&id)
        .ok_or_else(|| Failure::NotFound(format!("no phone number order {id}")))?;
    ok(json!({ "PhoneNumberOrder": order }))
}

pub(super) async fn list_orders(axum::extract::State(api): Shared, query: Query) -> Answer {
    let state = api.store.current();
    listed(
        "PhoneNumberOrders",
        page(
            state.orders.iter().map(|(id, o)| (id.clone(), json!(o))),
            &query,
        )?,
    )
}
