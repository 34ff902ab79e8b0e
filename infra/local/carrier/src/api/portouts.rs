//! Port-outs.

use super::answer::{Filter, equal, moment, one, page};
use super::port_parts::documents_of;
use super::{Answer, Door, Query, body_of, stepped, text_of};
use crate::core::portout::{PortOutAnswer, REJECTIONS};
use crate::core::problem::{Code, Refusal};
use crate::core::{Input, Reply, State};
use crate::desk::Desk;
use crate::view::portouts as view;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::routing::{get, patch};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Desk>> {
    Router::new()
        .route("/portouts", get(list))
        .route("/portouts/{id}", get(show))
        .route("/portouts/{id}/{status}", patch(answer))
        .route("/portouts/{id}/comments", get(comments).post(comment))
        .route(
            "/portouts/{id}/supporting_documents",
            get(attachments).post(attach),
        )
        .route("/portouts/rejections/{id}", get(rejections))
}

fn portout_of(state: &State, id: &str) -> Value {
    state
        .portouts
        .get(id)
        .map(view::portout)
        .unwrap_or_default()
}

fn known(state: &State, id: &str) -> Result<(), Refusal> {
    state
        .portouts
        .get(id)
        .map(|_| ())
        .ok_or_else(|| Refusal::missing("port-out", id))
}

async fn show(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.read(|state| known(state, &id).map(|()| portout_of(state, &id)))?;
    Ok(one(StatusCode::OK, row))
}

async fn answer(
    Shared(desk): Door,
    Path((id, status)): Path<(String, String)>,
    bytes: Bytes,
) -> Answer {
    let answer = match status.as_str() {
        "authorized" => PortOutAnswer::Authorized,
        "rejected-pending" => PortOutAnswer::RejectedPending,
        _ => {
            return Err(Refusal::at(
                Code::Invalid,
                "/status",
                "the status is authorized or rejected-pending",
            )
            .into());
        }
    };
    let body = body_of(&bytes)?;
    let reason = text_of(&body, "reason")?.unwrap_or_default();
    let host_messaging = body.get("host_messaging").and_then(Value::as_bool);
    stepped(
        &desk,
        StatusCode::OK,
        Input::AnswerPortOut {
            id,
            answer,
            reason,
            host_messaging,
        },
        portout_of,
    )
}

async fn list(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.portouts.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter().map(view::portout).collect()
    });
    fn has_number(row: &Value, value: &str) -> bool {
        row["phone_numbers"]
            .as_array()
            .is_some_and(|numbers| numbers.iter().any(|number| number == value))
    }
    let filters = [
        equal!("status", "/status"),
        equal!("status_in", "/status"),
        equal!("carrier_name", "/carrier_name"),
        equal!("spid", "/spid"),
        equal!("pon", "/pon"),
        equal!("support_key", "/support_key"),
        moment!("inserted_at.gte", "/inserted_at", >=),
        moment!("inserted_at.lte", "/inserted_at", <=),
        Filter {
            name: "phone_number",
            test: has_number,
        },
    ];
    page(rows, &query, &filters)
}

async fn comment(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = text_of(&body_of(&bytes)?, "body")?.unwrap_or_default();
    stepped(
        &desk,
        StatusCode::OK,
        Input::CommentPortOut {
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

async fn comments(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let rows: Vec<Value> = desk.read(|state| {
        known(state, &id)?;
        let mut rows: Vec<_> = state
            .comments
            .iter()
            .filter(|row| row.subject == id)
            .collect();
        rows.sort_by_key(|row| row.stamp.seq);
        Ok::<_, Refusal>(rows.into_iter().map(view::comment).collect())
    })?;
    Ok(one(StatusCode::OK, Value::Array(rows)))
}

async fn attach(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let documents = documents_of(&body_of(&bytes)?, "documents", "type")?;
    let rows: Vec<Value> =
        desk.step(Input::AttachToPortOut { id, documents }, |state, reply| {
            let Reply::Many(ids) = reply else {
                return Vec::new();
            };
            ids.iter()
                .filter_map(|id| state.attachments.get(id))
                .map(view::attachment)
                .collect()
        })?;
    Ok(one(StatusCode::CREATED, Value::Array(rows)))
}

async fn attachments(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let rows: Vec<Value> = desk.read(|state| {
        known(state, &id)?;
        let mut rows: Vec<_> = state
            .attachments
            .iter()
            .filter(|row| row.subject == id)
            .collect();
        rows.sort_by_key(|row| row.stamp.seq);
        Ok::<_, Refusal>(rows.into_iter().map(view::attachment).collect())
    })?;
    Ok(one(StatusCode::OK, Value::Array(rows)))
}

async fn rejections(Shared(desk): Door, Path(id): Path<String>, query: Query) -> Answer {
    desk.read(|state| known(state, &id))?;
    let wanted = query.all("filter.code");
    let rows: Vec<Value> = REJECTIONS
        .iter()
        .filter(|(code, _, _)| wanted.is_empty() || wanted.contains(&code.to_string()))
        .map(|(code, text, reason)| json!({ "code": code, "description": text, "reason_required": reason }))
        .collect();
    Ok(one(StatusCode::OK, Value::Array(rows)))
}
