//! Addresses of the customer.

use super::answer::{equal, one, page};
use super::{Answer, Door, Query, body_of, stepped};
use crate::core::problem::Refusal;
use crate::core::{Input, State};
use crate::desk::Desk;
use crate::view::numbers as view;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::Value;
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Desk>> {
    Router::new()
        .route("/addresses", get(list).post(add))
        .route("/addresses/{id}", get(show))
}

fn address_of(state: &State, id: &str) -> Value {
    let found = state.addresses.get(id);
    found.map(view::address).unwrap_or_default()
}

async fn add(Shared(desk): Door, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    stepped(&desk, StatusCode::OK, Input::AddAddress(body), address_of)
}

async fn list(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.addresses.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter().map(view::address).collect()
    });
    let filters = [equal!("customer_reference", "/customer_reference")];
    page(rows, &query, &filters)
}

async fn show(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.read(|state| state.addresses.get(&id).map(view::address));
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("address", &id))?,
    ))
}
