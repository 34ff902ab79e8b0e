//! Documents: uploaded as JSON with base64 or as a multipart form.

use super::answer::{Failure, contains, equal, moment, one, page};
use super::{Answer, Door, Query, body_of, stepped, text_of};
use crate::core::document::NewDocument;
use crate::core::problem::{Code, Refusal};
use crate::core::{Input, State};
use crate::desk::Desk;
use crate::view::numbers as view;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Desk>> {
    Router::new()
        .route("/documents", get(list).post(upload))
        .route("/documents/{id}", get(show).patch(edit).delete(remove))
        .route("/documents/{id}/download", get(download))
        .route("/documents/{id}/download_link", get(download_link))
}

fn document_of(state: &State, id: &str) -> Value {
    state
        .documents
        .get(id)
        .map(view::document)
        .unwrap_or_default()
}

async fn upload(Shared(desk): Door, headers: HeaderMap, bytes: Bytes) -> Answer {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let new = match kind.strip_prefix("multipart/form-data") {
        Some(rest) => from_form(rest, &bytes)?,
        None => from_json(&bytes)?,
    };
    stepped(&desk, StatusCode::OK, Input::Upload(new), document_of)
}

fn from_json(bytes: &Bytes) -> Result<NewDocument, Failure> {
    let body = body_of(bytes)?;
    // The SDKs wrap it, the pages show it bare.
    let body = body.get("document").unwrap_or(&body);
    if body.get("url").is_some_and(|url| !url.is_null()) {
        return Err(Refusal::at(
            Code::NotBuilt,
            "/url",
            "the practice carrier fetches nothing; send the file itself",
        )
        .into());
    }
    let file = body.get("file").and_then(Value::as_str);
    let file =
        file.ok_or_else(|| Refusal::at(Code::Missing, "/file", "file is the document in base64"))?;
    let bytes = STANDARD
        .decode(file)
        .map_err(|_| Refusal::at(Code::Invalid, "/file", "file is not base64"))?;
    let filename = text_of(body, "filename")?.unwrap_or_else(|| "document".to_owned());
    Ok(NewDocument {
        filename,
        bytes,
        customer_reference: text_of(body, "customer_reference")?,
    })
}

/// The parts `file`, `filename` and `customer_reference` of a form (RFC 7578).
fn from_form(parameters: &str, bytes: &Bytes) -> Result<NewDocument, Failure> {
    let boundary = parameters
        .split(';')
        .filter_map(|each| each.trim().strip_prefix("boundary="))
        .next();
    let boundary = boundary
        .map(|text| text.trim_matches('"'))
        .filter(|text| (1..=70).contains(&text.len()));
    let boundary = boundary
        .ok_or_else(|| Refusal::new(Code::MediaType, "multipart/form-data needs a boundary"))?;
    let mut new = NewDocument {
        filename: "document".to_owned(),
        bytes: Vec::new(),
        customer_reference: None,
    };
    let mut found = false;
    for part in parts(bytes, format!("--{boundary}").as_bytes()) {
        let Some(end) = position(part, b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&part[..end]).into_owned();
        let content = &part[end + 4..];
        let text = || String::from_utf8_lossy(content).trim().to_owned();
        match parameter(&head, "name").as_deref() {
            Some("file") => {
                found = true;
                new.bytes = content.to_vec();
                if let Some(name) = parameter(&head, "filename") {
                    new.filename = name;
                }
            }
            Some("filename") => new.filename = text(),
            Some("customer_reference") => new.customer_reference = Some(text()),
            Some(_) | None => {}
        }
    }
    if !found {
        return Err(Refusal::at(Code::Missing, "/file", "the form has no part named file").into());
    }
    Ok(new)
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// What lies between the boundaries, without the line ends that belong to them.
fn parts<'a>(mut bytes: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let Some(start) = position(bytes, boundary) else {
        return parts;
    };
    bytes = &bytes[start + boundary.len()..];
    while let Some(end) = position(bytes, boundary) {
        let part = &bytes[..end];
        let part = part.strip_prefix(b"\r\n").unwrap_or(part);
        parts.push(part.strip_suffix(b"\r\n").unwrap_or(part));
        bytes = &bytes[end + boundary.len()..];
    }
    parts
}

/// A parameter of the part's Content-Disposition.
fn parameter(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| {
        line.to_ascii_lowercase()
            .starts_with("content-disposition:")
    })?;
    let quoted = line
        .split(';')
        .filter_map(|each| each.trim().strip_prefix(name)?.strip_prefix('='))
        .next()?;
    Some(quoted.trim_matches('"').to_owned())
}

async fn show(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.read(|state| state.documents.get(&id).map(view::document));
    Ok(one(
        StatusCode::OK,
        row.ok_or_else(|| Refusal::missing("document", &id))?,
    ))
}

async fn edit(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    stepped(
        &desk,
        StatusCode::OK,
        Input::EditDocument { id, body },
        document_of,
    )
}

async fn remove(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let before = desk.read(|state| document_of(state, &id));
    desk.step(Input::DeleteDocument(id), |_, _| ())?;
    Ok(one(StatusCode::OK, before))
}

async fn download(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let kind = desk.read(|state| {
        state
            .documents
            .get(&id)
            .map(|document| document.content_type.clone())
    });
    let (kind, bytes) = kind
        .zip(desk.blob(&id)?)
        .ok_or_else(|| Refusal::missing("document", &id))?;
    Ok((
        [
            (header::CONTENT_TYPE, kind),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        ],
        bytes,
    )
        .into_response())
}

/// The link needs the API key, as everything here.
async fn download_link(Shared(desk): Door, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    if desk.read(|state| state.documents.get(&id).is_none()) {
        return Err(Refusal::missing("document", &id).into());
    }
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("localhost");
    Ok(one(
        StatusCode::OK,
        json!({ "url": format!("http://{host}/v2/documents/{id}/download") }),
    ))
}

async fn list(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.documents.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter().map(view::document).collect()
    });
    let filters = [
        contains!("filename.contains", "/filename"),
        equal!("customer_reference", "/customer_reference"),
        moment!("created_at.gt", "/created_at", >),
        moment!("created_at.lt", "/created_at", <),
    ];
    page(rows, &query, &filters)
}
