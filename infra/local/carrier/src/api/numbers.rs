//! Numbers for sale, the customer's numbers, requirements.

use super::answer::{contains, equal, one, page};
use super::{Answer, Door, Query, body_of, stepped};
use crate::core::hand::{Holder, Place};
use crate::core::number::E164;
use crate::core::order_done::is_for_practice;
use crate::core::problem::{Code, Refusal};
use crate::core::world::{Country, Range};
use crate::core::{Input, State};
use crate::desk::Desk;
use crate::view;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

/// Numbers in one answer when the query does not say, and most.
const LIMIT: usize = 100;
const MAX_LIMIT: usize = 500;

pub(super) fn router() -> Router<Arc<Desk>> {
    Router::new()
        .route("/country_coverage", get(coverage))
        .route("/country_coverage/countries/{code}", get(coverage_of))
        .route("/available_phone_numbers", get(available))
        .route("/phone_numbers", get(list))
        .route("/phone_numbers/slim", get(list))
        .route("/phone_numbers/{id}", get(show).patch(edit).delete(release))
        .route(
            "/phone_numbers/{id}/actions/enable_emergency",
            post(enable_emergency),
        )
        .route("/requirements", get(requirements))
        .route("/requirements/{id}", get(requirement))
        .route("/requirement_types", get(requirement_types))
        .route("/requirement_types/{id}", get(requirement_type))
}

/// What a search asks for.
struct Search<'a> {
    query: &'a Query,
    best_effort: bool,
}

impl Search<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.query.get(&format!("filter.{name}"))
    }

    fn range_fits(&self, country: &Country, range: &Range) -> bool {
        let is = |name: &str, value: &str| {
            self.get(name)
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        let area = country
            .administrative_areas
            .get(&range.area)
            .map_or("", String::as_str);
        let features = self.query.all("filter.features");
        is("country_code", &country.iso)
            && is("phone_number_type", range.kind.as_str())
            && features
                .iter()
                .all(|feature| range.features.contains(feature))
            && is("administrative_area", area)
    }

    /// Whether it is in the place asked for: code, town.
    fn place_fits(&self, range: &Range) -> bool {
        let is = |name: &str, value: &str| {
            self.get(name)
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        is("national_destination_code", &range.ndc)
            && is("locality", &range.area)
            && is("rate_center", &range.area)
    }

    fn number_fits(&self, country: &Country, range: &Range, number: &E164) -> bool {
        let digits = &number.as_str()[1 + country.code.len()..];
        let coded = self.get("national_destination_code").is_some();
        let digits = if coded {
            digits.strip_prefix(range.ndc.as_str()).unwrap_or(digits)
        } else {
            digits
        };
        let pattern = |name: &str| self.get(&format!("phone_number.{name}"));
        let test = |name: &str, fits: fn(&str, &str) -> bool| {
            pattern(name).is_none_or(|wanted| fits(digits, wanted.trim_start_matches('+')))
        };
        // Who does not look for digits wants any number, and not one that is there to fail.
        let looks = ["contains", "starts_with", "ends_with"];
        let looks = looks.into_iter().any(|name| pattern(name).is_some());
        (looks || !is_for_practice(number))
            && test("contains", |digits, part| digits.contains(part))
            && test("starts_with", |digits, part| digits.starts_with(part))
            && test("ends_with", |digits, part| digits.ends_with(part))
    }
}

const KNOWN: [&str; 16] = [
    "country_code",
    "national_destination_code",
    "phone_number_type",
    "phone_number.contains",
    "phone_number.starts_with",
    "phone_number.ends_with",
    "features",
    "limit",
    "best_effort",
    "locality",
    "administrative_area",
    "rate_center",
    "quickship",
    "reservable",
    "exclude_held_numbers",
    "phone_number",
];

async fn coverage(Shared(desk): Door) -> Answer {
    Ok(one(
        StatusCode::OK,
        desk.read(|state| view::numbers::coverage(&state.world, |_| true)),
    ))
}

async fn coverage_of(Shared(desk): Door, Path(code): Path<String>) -> Answer {
    let found = desk.read(|state| {
        let asked = |country: &Country| country.iso.eq_ignore_ascii_case(&code);
        view::numbers::coverage(&state.world, asked)
    });
    if found.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(Refusal::missing("country", &code).into());
    }
    Ok(one(StatusCode::OK, found))
}

async fn available(Shared(desk): Door, query: Query) -> Answer {
    if let Some((name, _)) = query.filters().find(|(name, _)| !KNOWN.contains(name)) {
        return Err(Refusal::at(
            Code::Invalid,
            format!("filter[{name}]"),
            format!("known are {}", KNOWN.join(", ")),
        )
        .into());
    }
    let limit = query.number("filter.limit", LIMIT, 1, MAX_LIMIT)?;
    let best_effort = query.truth("filter.best_effort")?.unwrap_or(false);
    let exclude_held = query.truth("filter.exclude_held_numbers")?.unwrap_or(true);
    let search = Search {
        query: &query,
        best_effort,
    };
    if let Some(code) = search.get("country_code") {
        let served = desk.read(|state| {
            state
                .world
                .countries
                .iter()
                .any(|country| country.iso.eq_ignore_ascii_case(code))
        });
        if !served {
            let detail = format!("the practice carrier has no numbers in {code:?}");
            return Err(Refusal::at(Code::Invalid, "filter[country_code]", detail).into());
        }
    }
    let data = desk.read(|state| find(state, &search, limit, exclude_held));
    let best = data.iter().filter(|row| row["best_effort"] == true).count();
    let meta = json!({ "total_results": data.len(), "best_effort_results": best });
    Ok(Json(json!({ "data": data, "meta": meta, "metadata": meta })).into_response())
}

/// Exact matches first; then, with best effort, numbers of other places of the same country.
fn find(state: &State, search: &Search<'_>, limit: usize, exclude_held: bool) -> Vec<Value> {
    let free = |number: &E164| match state.place(number) {
        Place::Free => true,
        Place::Held(Holder::Reservation(_)) => !exclude_held,
        Place::Held(
            Holder::Ordered(_) | Holder::Customer(_) | Holder::Quarantine | Holder::Other(_),
        )
        | Place::Donor
        | Place::Elsewhere
        | Place::Unknown => false,
    };
    let ranges = || {
        let all = state
            .world
            .countries
            .iter()
            .flat_map(|country| country.ranges.iter().map(move |range| (country, range)));
        all.filter(|(country, range)| search.range_fits(country, range))
    };
    let exact = ranges()
        .filter(|(_, range)| search.place_fits(range))
        .flat_map(|(country, range)| {
            range
                .numbers()
                .filter(|number| search.number_fits(country, range, number) && free(number))
                .map(|number| view::numbers::available(country, range, &number, false))
                .collect::<Vec<_>>()
        });
    let mut found: Vec<Value> = exact.take(limit).collect();
    if search.best_effort && found.len() < limit {
        let near =
            ranges().filter(|(country, range)| country.iso == "US" && !search.place_fits(range));
        let near = near.flat_map(|(country, range)| {
            range
                .numbers()
                .filter(free)
                .map(move |number| view::numbers::available(country, range, &number, true))
                .collect::<Vec<_>>()
        });
        let more = limit - found.len();
        found.extend(near.take(more));
    }
    found
}

async fn list(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.owned.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        let gone = query.get("filter.status").is_some();
        // Without a status only what the customer has.
        let has = |row: &&crate::core::owned::Owned| {
            gone || state.owned_id(row.number.as_str()).as_ref() == Some(&row.id)
        };
        rows.into_iter()
            .filter(has)
            .map(view::numbers::owned)
            .collect::<Vec<_>>()
    });
    let source = |row: &Value, value: &str| match value {
        "ported" => row["source_type"] == "port_request",
        "purchased" => row["source_type"] == "number_order",
        _ => false,
    };
    let filters = [
        equal!("status", "/status"),
        contains!("phone_number", "/phone_number"),
        equal!("country_iso_alpha2", "/country_iso_alpha2"),
        equal!("connection_id", "/connection_id"),
        equal!("customer_reference", "/customer_reference"),
        equal!("billing_group_id", "/billing_group_id"),
        equal!("number_type", "/phone_number_type"),
        super::answer::Filter {
            name: "source",
            test: source,
        },
        super::answer::Filter {
            name: "tag",
            test: |row, value| {
                row["tags"]
                    .as_array()
                    .is_some_and(|tags| tags.iter().any(|tag| tag == value))
            },
        },
    ];
    page(rows, &query, &filters)
}

async fn show(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.read(|state| {
        let id = state.owned_id(&id)?;
        state.owned.get(&id).map(view::numbers::owned)
    });
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("phone number", &id))?,
    ))
}

fn owned(state: &State, id: &str) -> Value {
    state
        .owned
        .get(id)
        .map(view::numbers::owned)
        .unwrap_or_default()
}

async fn edit(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    stepped(&desk, StatusCode::OK, Input::EditNumber { id, body }, owned)
}

fn voice_settings(state: &State, id: &str) -> Value {
    let found = state.owned.get(id);
    found.map(view::numbers::voice_settings).unwrap_or_default()
}

async fn enable_emergency(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    let input = Input::EnableEmergency { id, body };
    stepped(&desk, StatusCode::OK, input, voice_settings)
}

async fn release(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    stepped(&desk, StatusCode::OK, Input::ReleaseNumber(id), owned)
}

async fn requirements(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let world = &state.world;
        world
            .requirements
            .requirements
            .iter()
            .map(|each| view::numbers::requirement(world, each))
            .collect()
    });
    let filters = [
        equal!("country_code", "/country_code"),
        equal!("phone_number_type", "/phone_number_type"),
        equal!("action", "/action"),
    ];
    page(rows, &query, &filters)
}

async fn requirement(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.read(|state| {
        let world = &state.world;
        let found = world
            .requirements
            .requirements
            .iter()
            .find(|each| each.id == id);
        found.map(|each| view::numbers::requirement(world, each))
    });
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("requirement", &id))?,
    ))
}

async fn requirement_types(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        state
            .world
            .requirements
            .types
            .values()
            .map(view::numbers::requirement_type)
            .collect()
    });
    page(
        rows,
        &query,
        &[contains!("name.contains", "/name"), equal!("type", "/type")],
    )
}

async fn requirement_type(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.read(|state| {
        let found = state
            .world
            .requirements
            .types
            .values()
            .find(|each| each.id == id);
        found.map(view::numbers::requirement_type)
    });
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("requirement type", &id))?,
    ))
}
