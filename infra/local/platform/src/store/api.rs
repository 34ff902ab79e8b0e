//! The DynamoDB and DynamoDB Streams JSON API over the engine.
//!
//! Source: DynamoDB API reference, "DynamoDB low-level API" (`X-Amz-Target`, `application/x-amz-json-1.0`).

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Answer, BODY_LIMIT_BYTES, Store, in_our_region};

/// The API, at `POST /`.
pub fn router(store: Store) -> Router {
    Router::new()
        .route("/", post(serve))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(store)
}

async fn serve(State(store): State<Store>, headers: HeaderMap, body: String) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let answer = store.perform(operation, body).await;
    let request_id = uuid::Uuid::new_v4().to_string();
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amzn-requestid", request_id.as_str()),
    ];
    (answer.status, headers, answer.body).into_response()
}

/// Whether an operation may change data, and with it a stream.
pub(super) fn writes(operation: &str) -> bool {
    matches!(
        operation,
        "PutItem"
            | "UpdateItem"
            | "DeleteItem"
            | "BatchWriteItem"
            | "TransactWriteItems"
            | "ExecuteStatement"
            | "ExecuteTransaction"
            | "BatchExecuteStatement"
    )
}

pub(super) fn internal_error() -> Answer {
    let body = json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "internal error" });
    Answer {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        body: body.to_string(),
    }
}

/// Performs one operation; blocks.
pub(super) fn perform(database: &Database, operation: &str, body: &str) -> Answer {
    match dispatch(database, operation, body) {
        Ok(body) => Answer {
            status: StatusCode::OK,
            body,
        },
        Err(error) => {
            let error = worded(operation, error);
            let status =
                StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            Answer {
                status,
                body: error.to_json(),
            }
        }
    }
}

fn dispatch(database: &Database, operation: &str, body: &str) -> Result<String, DynoxideError> {
    let db = database;
    match operation {
        "PutItem" => data(body, |request| db.put_item(request)),
        "GetItem" => data(body, |request| db.get_item(request)),
        "DeleteItem" => data(body, |request| db.delete_item(request)),
        "UpdateItem" => data(body, |request| db.update_item(request)),
        "Query" => data(body, |request| db.query(request)),
        "Scan" => data(body, |request| db.scan(request)),
        "BatchGetItem" => data(body, |request| db.batch_get_item(request)),
        "BatchWriteItem" => data(body, |request| db.batch_write_item(request)),
        "TransactWriteItems" => data(body, |request| db.transact_write_items(request)),
        "TransactGetItems" => data(body, |request| db.transact_get_items(request)),
        "ExecuteStatement" => data(body, |request| db.execute_statement(request)),
        "ExecuteTransaction" => data(body, |request| db.execute_transaction(request)),
        "BatchExecuteStatement" => data(body, |request| db.batch_execute_statement(request)),
        "GetRecords" => data(body, |request| {
            db.get_records(request).map(super::from_our_region)
        }),
        "GetShardIterator" => data(body, |request| db.get_shard_iterator(request)),
        "CreateTable" => control(body, |request| db.create_table(request)),
        "DeleteTable" => control(body, |request| db.delete_table(request)),
        "DescribeTable" => control(body, |request| db.describe_table(request)),
        "ListTables" => control(body, |request| db.list_tables(request)),
        "UpdateTable" => control(body, |request| db.update_table(request)),
        "UpdateTimeToLive" => control(body, |request| db.update_time_to_live(request)),
        "DescribeTimeToLive" => control(body, |request| db.describe_time_to_live(request)),
        "TagResource" => control(body, |request| db.tag_resource(request)),
        "UntagResource" => control(body, |request| db.untag_resource(request)),
        "ListTagsOfResource" => control(body, |request| db.list_tags_of_resource(request)),
        "ListStreams" => control(body, |request| db.list_streams(request)),
        "DescribeStream" => control(body, |request| db.describe_stream(request)),
        _ => Err(DynoxideError::SerializationException(format!(
            "there is no operation {operation:?} here"
        ))),
    }
}

/// An operation on items: the answer goes out as the engine wrote it.
fn data<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    serde_json::to_string(&run(read(body)?)?).map_err(unwritable)
}

/// An operation on tables and streams: the answer names our region.
fn control<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let mut answer: Value = serde_json::to_value(run(read(body)?)?).map_err(unwritable)?;
    in_our_region(&mut answer);
    Ok(answer.to_string())
}

fn read<Q: DeserializeOwned>(body: &str) -> Result<Q, DynoxideError> {
    serde_json::from_str(body).map_err(|wrong| {
        // The engine marks, in its messages, which error a wrong value is.
        let message = wrong.to_string();
        let plain = message.split(" at line ").next().unwrap_or(&message);
        let invalid = [
            "missing field",
            "unknown variant",
            "invalid type: null",
            "AttributeValue",
        ];
        if let Some(told) = ["VALIDATION_REQUEST:", "VALIDATION_AS_READ:", "VALIDATION:"]
            .iter()
            .find_map(|mark| plain.strip_prefix(mark))
        {
            DynoxideError::ValidationException(told.to_owned())
        } else if let Some(told) = ["SERIALIZATION_AS_READ:", "SERIALIZATION:"]
            .iter()
            .find_map(|mark| plain.strip_prefix(mark))
        {
            DynoxideError::SerializationException(told.to_owned())
        } else if invalid.iter().any(|sign| plain.contains(sign)) {
            DynoxideError::ValidationException(plain.to_owned())
        } else {
            DynoxideError::SerializationException(plain.to_owned())
        }
    })
}

fn unwritable(error: serde_json::Error) -> DynoxideError {
    DynoxideError::InternalServerError(error.to_string())
}

/// DynamoDB puts a request's validation errors into an envelope on these three operations.
fn worded(operation: &str, error: DynoxideError) -> DynoxideError {
    match error {
        DynoxideError::EnvelopedValidation(message)
            if matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem") =>
        {
            DynoxideError::ValidationException(format!("1 validation error detected: {message}"))
        }
        other => other,
    }
}
