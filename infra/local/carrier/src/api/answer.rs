//! Answers and refusals as Telnyx writes them, and pages of lists.
//! <https://developers.telnyx.com/docs/development/api-fundamentals/request-response>

use super::query::Query;
use crate::core::problem::{Code, Problem, Refusal};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What a handler gives.
pub(crate) type Answer = Result<Response, Failure>;

/// A refusal on its way out.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) Refusal);

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        refused(&self.0)
    }
}

/// `{"errors": [...]}`.
pub(crate) fn refused(refusal: &Refusal) -> Response {
    let errors: Vec<Value> = refusal.0.iter().map(error).collect();
    (status_of(refusal), Json(json!({ "errors": errors }))).into_response()
}

/// The status of a refusal: that of its first problem.
pub(crate) fn status_of(refusal: &Refusal) -> StatusCode {
    let first = refusal.0.first();
    let status = first.map_or(500, |problem| problem.code.words().2);
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn error(problem: &Problem) -> Value {
    let (code, title, _) = problem.code.words();
    let mut body = json!({
        "code": code,
        "title": title,
        "detail": problem.detail,
        "meta": { "url": format!("https://developers.telnyx.com/docs/overview/errors/{code}") },
    });
    if let Some(pointer) = &problem.pointer {
        let name = if pointer.starts_with('/') {
            "pointer"
        } else {
            "parameter"
        };
        body["source"] = json!({ name: pointer });
    }
    body
}

/// `{"data": ...}`.
pub(crate) fn one(status: StatusCode, body: Value) -> Response {
    (status, Json(json!({ "data": body }))).into_response()
}

/// Largest page.
const MAX_PAGE: usize = 250;
/// Page when none is asked for.
const PAGE: usize = 20;

/// A filter on the rows of a list: the query's name, and how the row is tested.
pub(crate) struct Filter {
    /// `filter[status]`, with dots: `status`.
    pub(crate) name: &'static str,
    /// Whether a row passes, given the value.
    pub(crate) test: fn(&Value, &str) -> bool,
}

/// Tests whether the text at `$pointer` is the value.
macro_rules! equal {
    ($name:literal, $pointer:literal) => {
        $crate::api::answer::Filter {
            name: $name,
            test: |row, value| $crate::api::answer::shown(row.pointer($pointer)) == value,
        }
    };
}
pub(crate) use equal;

/// Tests whether the text at `$pointer` has the value in it.
macro_rules! contains {
    ($name:literal, $pointer:literal) => {
        $crate::api::answer::Filter {
            name: $name,
            test: |row, value| $crate::api::answer::shown(row.pointer($pointer)).contains(value),
        }
    };
}
pub(crate) use contains;

/// Tests whether the moment at `$pointer` lies on the given side of the value.
macro_rules! moment {
    ($name:literal, $pointer:literal, $side:tt) => {
        $crate::api::answer::Filter {
            name: $name,
            test: |row, value| {
                let at = row.pointer($pointer).and_then(serde_json::Value::as_str);
                let (at, limit) = (at.and_then($crate::core::time::At::parse), $crate::core::time::At::parse(value));
                matches!((at, limit), (Some(at), Some(limit)) if at $side limit)
            },
        }
    };
}
pub(crate) use moment;

/// A value as a query would write it; a missing one is nothing, null is `null`.
pub(crate) fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// The rows that pass the filters, newest first or as asked, one page of them.
///
/// # Errors
/// A filter that is not known, a page that is not a number.
pub(crate) fn page(mut rows: Vec<Value>, query: &Query, filters: &[Filter]) -> Answer {
    for (name, values) in query.filters() {
        let filter = filters
            .iter()
            .find(|filter| filter.name == name)
            .ok_or_else(|| {
                let known: Vec<&str> = filters.iter().map(|filter| filter.name).collect();
                let detail = format!(
                    "filter[{name}] is not known here; known are {}",
                    known.join(", ")
                );
                Refusal::at(Code::Invalid, format!("filter[{name}]"), detail)
            })?;
        rows.retain(|row| values.iter().any(|value| (filter.test)(row, value)));
    }
    let sort = query
        .get("sort.value")
        .or_else(|| query.get("sort"))
        .unwrap_or("-created_at");
    let (name, down) = sort
        .strip_prefix('-')
        .map_or((sort, false), |name| (name, true));
    let pointer = format!("/{}", name.replace('.', "/"));
    // Rows come in the order of making: a stable sort keeps it among equals.
    rows.sort_by_key(|row| shown(row.pointer(&pointer)));
    if down {
        rows.reverse();
    }
    let size = query.number("page.size", PAGE, 1, MAX_PAGE)?;
    let number = query.number("page.number", 1, 1, usize::MAX)?;
    let total = rows.len();
    let data: Vec<Value> = rows
        .into_iter()
        .skip((number - 1).saturating_mul(size))
        .take(size)
        .collect();
    let meta = json!({
        "page_number": number,
        "page_size": size,
        "total_pages": total.div_ceil(size),
        "total_results": total,
    });
    Ok(Json(json!({ "data": data, "meta": meta })).into_response())
}
