//! Reservations and number orders.

use super::answer::{Filter, equal, moment, one, page};
use super::{Answer, Door, Query, body_of, numbers_of, stepped, text_of};
use crate::core::order::NewOrder;
use crate::core::problem::Refusal;
use crate::core::reservation::NewReservation;
use crate::core::{Input, State};
use crate::desk::{Desk, now};
use crate::view::orders as view;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::routing::{get, patch, post};
use serde_json::Value;
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Desk>> {
    Router::new()
        .route("/number_reservations", get(reservations).post(reserve))
        .route("/number_reservations/{id}", get(reservation))
        .route("/number_reservations/{id}/actions/extend", post(extend))
        .route("/number_orders", get(orders).post(order))
        .route("/number_orders/{id}", get(show_order).patch(edit_order))
        .route("/number_order_phone_numbers", get(ordered_list))
        .route(
            "/number_order_phone_numbers/{id}",
            get(show_ordered).patch(edit_ordered),
        )
        .route("/sub_number_orders", get(sub_orders))
        .route(
            "/sub_number_orders/{id}",
            get(show_sub_order).patch(edit_sub_order),
        )
        .route("/sub_number_orders/{id}/cancel", patch(cancel_sub_order))
}

fn reservation_of(state: &State, id: &str) -> Value {
    state
        .reservations
        .get(id)
        .map(|row| view::reservation(row, now()))
        .unwrap_or_default()
}

async fn reserve(Shared(desk): Door, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    let (numbers, customer_reference) = (numbers_of(&body)?, text_of(&body, "customer_reference")?);
    stepped(
        &desk,
        StatusCode::OK,
        Input::Reserve(NewReservation {
            numbers,
            customer_reference,
        }),
        reservation_of,
    )
}

async fn extend(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    stepped(
        &desk,
        StatusCode::OK,
        Input::ExtendReservation(id),
        reservation_of,
    )
}

async fn reservation(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.read(|state| {
        state
            .reservations
            .get(&id)
            .map(|row| view::reservation(row, now()))
    });
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("number reservation", &id))?,
    ))
}

fn has_number(row: &Value, value: &str) -> bool {
    row["phone_numbers"]
        .as_array()
        .is_some_and(|rows| rows.iter().any(|row| row["phone_number"] == value))
}

async fn reservations(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.reservations.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter()
            .map(|row| view::reservation(row, now()))
            .collect()
    });
    let filters = [
        equal!("status", "/status"),
        equal!("customer_reference", "/customer_reference"),
        moment!("created_at.gt", "/created_at", >),
        moment!("created_at.lt", "/created_at", <),
        Filter {
            name: "phone_numbers.phone_number",
            test: has_number,
        },
    ];
    page(rows, &query, &filters)
}

fn order_of(state: &State, id: &str) -> Value {
    state
        .orders
        .get(id)
        .map(|row| view::order(state, row))
        .unwrap_or_default()
}

async fn order(Shared(desk): Door, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    let wanted = NewOrder {
        numbers: numbers_of(&body)?,
        customer_reference: text_of(&body, "customer_reference")?,
        connection_id: text_of(&body, "connection_id")?,
        billing_group_id: text_of(&body, "billing_group_id")?,
        messaging_profile_id: text_of(&body, "messaging_profile_id")?,
    };
    stepped(&desk, StatusCode::OK, Input::Order(wanted), order_of)
}

async fn show_order(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.read(|state| state.orders.get(&id).map(|row| view::order(state, row)));
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("number order", &id))?,
    ))
}

async fn edit_order(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    stepped(
        &desk,
        StatusCode::OK,
        Input::EditOrder { id, body },
        order_of,
    )
}

async fn orders(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.orders.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter()
            .map(|row| view::order(state, row))
            .collect()
    });
    let filters = [
        equal!("status", "/status"),
        equal!("customer_reference", "/customer_reference"),
        equal!("requirements_met", "/requirements_met"),
        equal!("phone_numbers_count", "/phone_numbers_count"),
        moment!("created_at.gt", "/created_at", >),
        moment!("created_at.lt", "/created_at", <),
    ];
    page(rows, &query, &filters)
}

fn ordered_of(state: &State, id: &str) -> Value {
    state.ordered.get(id).map(view::ordered).unwrap_or_default()
}

async fn show_ordered(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.read(|state| state.ordered.get(&id).map(view::ordered));
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("number order phone number", &id))?,
    ))
}

async fn edit_ordered(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    stepped(
        &desk,
        StatusCode::OK,
        Input::EditOrdered { id, body },
        ordered_of,
    )
}

async fn ordered_list(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.ordered.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter().map(view::ordered).collect()
    });
    page(rows, &query, &[equal!("country_code", "/country_code")])
}

fn sub_order_of(state: &State, id: &str) -> Value {
    state
        .sub_orders
        .get(id)
        .map(|row| view::sub_order(state, row, false))
        .unwrap_or_default()
}

async fn show_sub_order(Shared(desk): Door, Path(id): Path<String>, query: Query) -> Answer {
    let listed = query
        .truth("filter.include_phone_numbers")?
        .unwrap_or(false);
    let row = desk.read(|state| {
        state
            .sub_orders
            .get(&id)
            .map(|row| view::sub_order(state, row, listed))
    });
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("sub number order", &id))?,
    ))
}

async fn edit_sub_order(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    stepped(
        &desk,
        StatusCode::OK,
        Input::EditSubOrder { id, body },
        sub_order_of,
    )
}

async fn cancel_sub_order(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    stepped(
        &desk,
        StatusCode::OK,
        Input::CancelSubOrder(id),
        sub_order_of,
    )
}

async fn sub_orders(Shared(desk): Door, query: Query) -> Answer {
    let listed = query
        .truth("filter.include_phone_numbers")?
        .unwrap_or(false);
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.sub_orders.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter()
            .map(|row| view::sub_order(state, row, listed))
            .collect()
    });
    let filters = [
        equal!("status", "/status"),
        equal!("order_request_id", "/order_request_id"),
        equal!("country_code", "/country_code"),
        equal!("phone_number_type", "/phone_number_type"),
        equal!("phone_numbers_count", "/phone_numbers_count"),
        Filter {
            name: "include_phone_numbers",
            test: |_, _| true,
        },
    ];
    page(rows, &query, &filters)
}
