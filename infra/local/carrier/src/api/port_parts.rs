//! What belongs to porting orders: comments, papers, bundles, jobs, events.

use super::answer::{equal, moment, one, page};
use super::{Answer, Door, Query, body_of, stepped, text_of};
use crate::core::event::Family;
use crate::core::problem::{Code, Refusal};
use crate::core::time::At;
use crate::core::{Input, Reply, State};
use crate::desk::Desk;
use crate::view::ports as view;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use serde_json::Value;
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Desk>> {
    Router::new()
        .route("/porting_orders/{id}/comments", get(comments).post(comment))
        .route(
            "/porting_orders/{id}/additional_documents",
            get(attachments).post(attach),
        )
        .route(
            "/porting_orders/{id}/additional_documents/{attachment}",
            delete(detach),
        )
        .route("/porting_orders/{id}/activation_jobs", get(jobs))
        .route(
            "/porting_orders/{id}/activation_jobs/{job}",
            get(job).patch(edit_job),
        )
        .route(
            "/porting_orders/phone_number_configurations",
            get(configurations).post(configure),
        )
        .route("/porting/events", get(port_events))
        .route("/porting/events/{id}", get(port_event))
        .route("/porting/events/{id}/republish", post(republish_port))
        .route("/portouts/events", get(out_events))
        .route("/portouts/events/{id}", get(out_event))
        .route("/portouts/events/{id}/republish", post(republish_out))
}

fn known(state: &State, id: &str) -> Result<(), Refusal> {
    state
        .ports
        .get(id)
        .map(|_| ())
        .ok_or_else(|| Refusal::missing("porting order", id))
}

async fn comment(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = text_of(&body_of(&bytes)?, "body")?.unwrap_or_default();
    stepped(
        &desk,
        StatusCode::CREATED,
        Input::CommentPort {
            id,
            body,
            staff: false,
        },
        |state, id| {
            state
                .comments
                .get(id)
                .map(view::comment)
                .unwrap_or_default()
        },
    )
}

async fn comments(Shared(desk): Door, Path(id): Path<String>, query: Query) -> Answer {
    let rows = desk.read(|state| {
        known(state, &id)?;
        let mut rows: Vec<_> = state
            .comments
            .iter()
            .filter(|row| row.subject == id)
            .collect();
        rows.sort_by_key(|row| row.stamp.seq);
        Ok::<_, Refusal>(rows.into_iter().map(view::comment).collect())
    })?;
    page(rows, &query, &[])
}

/// The documents of a list, each with the text of `kind`.
pub(super) fn documents_of(
    body: &Value,
    list: &str,
    kind: &str,
) -> Result<Vec<(String, String)>, Refusal> {
    let rows = body.get(list).and_then(Value::as_array);
    let rows = rows.ok_or_else(|| {
        Refusal::at(
            Code::Missing,
            format!("/{list}"),
            format!("{list} is a list"),
        )
    })?;
    let field = |row: &Value, name: &str| {
        row.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Ok(rows
        .iter()
        .map(|row| (field(row, "document_id"), field(row, kind)))
        .collect())
}

async fn attach(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let documents = documents_of(&body_of(&bytes)?, "additional_documents", "document_type")?;
    let rows: Vec<Value> = desk.step(Input::AttachToPort { id, documents }, |state, reply| {
        let Reply::Many(ids) = reply else {
            return Vec::new();
        };
        ids.iter()
            .filter_map(|id| state.attachments.get(id))
            .map(|row| view::attachment(state, row))
            .collect()
    })?;
    Ok(one(StatusCode::CREATED, Value::Array(rows)))
}

async fn detach(Shared(desk): Door, Path((id, attachment)): Path<(String, String)>) -> Answer {
    desk.step(Input::DetachFromPort { id, attachment }, |_, _| ())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn attachments(Shared(desk): Door, Path(id): Path<String>, query: Query) -> Answer {
    let rows = desk.read(|state| {
        known(state, &id)?;
        let mut rows: Vec<_> = state
            .attachments
            .iter()
            .filter(|row| row.subject == id)
            .collect();
        rows.sort_by_key(|row| row.stamp.seq);
        Ok::<_, Refusal>(
            rows.into_iter()
                .map(|row| view::attachment(state, row))
                .collect(),
        )
    })?;
    page(rows, &query, &[equal!("document_type", "/document_type")])
}

async fn jobs(Shared(desk): Door, Path(id): Path<String>, query: Query) -> Answer {
    let rows = desk.read(|state| {
        known(state, &id)?;
        let mut rows: Vec<_> = state.jobs.iter().filter(|row| row.port == id).collect();
        rows.sort_by_key(|row| row.stamp.seq);
        Ok::<_, Refusal>(rows.into_iter().map(view::job).collect())
    })?;
    page(rows, &query, &[])
}

async fn job(Shared(desk): Door, Path((id, job)): Path<(String, String)>) -> Answer {
    let row = desk.read(|state| {
        state
            .jobs
            .get(&job)
            .filter(|row| row.port == id)
            .map(view::job)
    });
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("activation job", &job))?,
    ))
}

async fn edit_job(
    Shared(desk): Door,
    Path((port, id)): Path<(String, String)>,
    bytes: Bytes,
) -> Answer {
    let text = text_of(&body_of(&bytes)?, "activate_at")?.unwrap_or_default();
    let activate_at = At::parse(&text).ok_or_else(|| {
        Refusal::at(
            Code::Invalid,
            "/activate_at",
            "activate_at is an ISO 8601 date and time",
        )
    })?;
    stepped(
        &desk,
        StatusCode::OK,
        Input::EditJob {
            port,
            id,
            activate_at,
        },
        |state, id| state.jobs.get(id).map(view::job).unwrap_or_default(),
    )
}

async fn configure(Shared(desk): Door, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    let rows = body
        .get("phone_number_configurations")
        .and_then(Value::as_array);
    let rows = rows.ok_or_else(|| {
        Refusal::at(
            Code::Missing,
            "/phone_number_configurations",
            "phone_number_configurations is a list",
        )
    })?;
    let field = |row: &Value, name: &str| {
        row.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let pairs = rows
        .iter()
        .map(|row| {
            (
                field(row, "porting_phone_number_id"),
                field(row, "user_bundle_id"),
            )
        })
        .collect();
    let rows: Vec<Value> = desk.step(Input::ConfigurePortNumbers(pairs), |state, reply| {
        let Reply::Many(ids) = reply else {
            return Vec::new();
        };
        ids.iter()
            .filter_map(|id| state.configurations.get(id))
            .map(view::configuration)
            .collect()
    })?;
    Ok(one(StatusCode::CREATED, Value::Array(rows)))
}

async fn configurations(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.configurations.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter().map(view::configuration).collect()
    });
    let filters = [
        equal!("porting_phone_number", "/porting_phone_number_id"),
        equal!("user_bundle_id", "/user_bundle_id"),
    ];
    page(rows, &query, &filters)
}

fn subject_of(family: Family) -> &'static str {
    match family {
        Family::Port | Family::Order => "porting_order_id",
        Family::PortOut => "portout_id",
    }
}

fn events(desk: &Desk, family: Family, query: &Query) -> Answer {
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state
            .events
            .iter()
            .filter(|row| row.family == family)
            .collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter()
            .map(|row| view::event(row, subject_of(family)))
            .collect()
    });
    let filters = [
        equal!("type", "/event_type"),
        equal!("event_type", "/event_type"),
        equal!("porting_order_id", "/porting_order_id"),
        equal!("portout_id", "/portout_id"),
        moment!("created_at.gte", "/created_at", >=),
        moment!("created_at.lte", "/created_at", <=),
    ];
    page(rows, query, &filters)
}

fn event(desk: &Desk, family: Family, id: &str) -> Answer {
    let row = desk.read(|state| {
        state
            .events
            .get(id)
            .filter(|row| row.family == family)
            .map(|row| view::event(row, subject_of(family)))
    });
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("event", id))?,
    ))
}

fn republish(desk: &Desk, family: Family, id: String) -> Answer {
    event(desk, family, &id)?;
    desk.step(Input::Republish(id), |_, _| ())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn port_events(Shared(desk): Door, query: Query) -> Answer {
    events(&desk, Family::Port, &query)
}

async fn port_event(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    event(&desk, Family::Port, &id)
}

async fn republish_port(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    republish(&desk, Family::Port, id)
}

async fn out_events(Shared(desk): Door, query: Query) -> Answer {
    events(&desk, Family::PortOut, &query)
}

async fn out_event(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    event(&desk, Family::PortOut, &id)
}

async fn republish_out(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    republish(&desk, Family::PortOut, id)
}
