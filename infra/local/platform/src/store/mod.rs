//! DynamoDB on a file: dynoxide behind the AWS JSON API, told apart by operation.
//!
//! Its own HTTP server is not used: it listens on an address of its own and lets any web page in (CORS `*`).

mod api;
mod retention;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use dynoxide::Database;
use dynoxide::actions::get_records::{GetRecordsRequest, GetRecordsResponse};
use dynoxide::actions::get_shard_iterator::{GetShardIteratorRequest, encode_shard_iterator};
use dynoxide::streams::{shard_id, stream_arn};
use serde_json::Value;
use thiserror::Error;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

pub use api::router;

use retention::Retention;

/// The largest request, in bytes. Source: DynamoDB quotas, `BatchWriteItem`, 16 MB.
const BODY_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// How many requests may wait for the database at once; more are told to slow down.
const REQUEST_LIMIT: usize = 512;

/// From one look for expired items to the next.
const EXPIRY_PERIOD: Duration = Duration::from_secs(60);

/// How long a write may be in the system's memory only.
const SYNC_PERIOD: Duration = Duration::from_secs(1);

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    database: Database,
    retention: Arc<Retention>,
    requests: Arc<Semaphore>,
    written: watch::Sender<()>,
}

/// The store does not work.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database said so.
    #[error("{0}")]
    Database(String),
}

impl StoreError {
    fn new(error: impl std::fmt::Display) -> Self {
        Self::Database(error.to_string())
    }
}

/// What an operation answers: a status and a JSON document.
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The document.
    pub body: String,
}

impl Store {
    /// Opens the database in a folder, or makes it.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("dynamodb.sqlite");
        let database = Database::new(&path.to_string_lossy()).map_err(StoreError::new)?;
        // `synchronous = NORMAL`: a commit is in the file at once, so that no kill loses it, and on the disk within
        // a second ([`Store::keep_on_disk`]), which is all that a power cut may cost.
        database.disable_bulk_loading().map_err(StoreError::new)?;
        let retention = Retention::open(&path).map_err(StoreError::new)?;
        Ok(Self {
            database,
            retention: Arc::new(retention),
            requests: Arc::new(Semaphore::new(REQUEST_LIMIT)),
            written: watch::Sender::new(()),
        })
    }

    /// Performs one operation of the DynamoDB or the DynamoDB Streams API.
    pub async fn perform(&self, operation: &str, body: String) -> Answer {
        let Ok(permit) = Arc::clone(&self.requests).try_acquire_owned() else {
            return Answer {
                status: StatusCode::BAD_REQUEST,
                body: serde_json::json!({
                    "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
                    "message": format!("more than {REQUEST_LIMIT} requests wait"),
                })
                .to_string(),
            };
        };
        let (database, name) = (self.database.clone(), operation.to_owned());
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            api::perform(&database, &name, &body)
        });
        let answer = work.await.unwrap_or_else(|_| api::internal_error());
        if api::writes(operation) && answer.status.is_success() {
            self.written.send_replace(());
        }
        answer
    }

    /// Wakes whenever something may have been written.
    pub fn writes(&self) -> watch::Receiver<()> {
        self.written.subscribe()
    }

    /// The records of a table's stream after a sequence number (or from the oldest kept one), in order.
    pub async fn records(
        &self,
        table: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<GetRecordsResponse, StoreError> {
        let (database, table) = (self.database.clone(), table.to_owned());
        let work = tokio::task::spawn_blocking(move || {
            let shard_iterator = match after {
                None => encode_shard_iterator(&table, &shard_id(&table), 0),
                Some(sequence_number) => {
                    let request = GetShardIteratorRequest {
                        stream_arn: stream_arn(&table, "latest"),
                        shard_id: shard_id(&table),
                        shard_iterator_type: "AFTER_SEQUENCE_NUMBER".to_owned(),
                        sequence_number: Some(sequence_number),
                    };
                    database
                        .get_shard_iterator(request)?
                        .shard_iterator
                        .unwrap_or_default()
                }
            };
            database
                .get_records(GetRecordsRequest {
                    shard_iterator,
                    limit: Some(limit),
                })
                .map(from_our_region)
        });
        work.await
            .map_err(StoreError::new)?
            .map_err(StoreError::new)
    }

    /// Puts on the disk what was written, every second that something was.
    pub async fn keep_on_disk(self, stopping: CancellationToken) {
        let mut written = self.written.subscribe();
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = written.changed() => {}
            }
            tokio::time::sleep(SYNC_PERIOD).await;
            let retention = Arc::clone(&self.retention);
            match tokio::task::spawn_blocking(move || retention.sync()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the database was not put on the disk"),
                Err(error) => tracing::warn!(%error, "the database was not put on the disk"),
            }
        }
    }

    /// Deletes expired items and old stream records for as long as the platform lives.
    pub async fn keep_tidy(self, stopping: CancellationToken) {
        let mut period = tokio::time::interval(EXPIRY_PERIOD);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = period.tick() => {}
            }
            let (database, retention) = (self.database.clone(), Arc::clone(&self.retention));
            let work = tokio::task::spawn_blocking(move || {
                let expired = database.sweep_ttl().map_err(StoreError::new)?;
                retention.forget_old_records().map_err(StoreError::new)?;
                Ok::<_, StoreError>(expired)
            });
            match work.await {
                Ok(Ok(0)) => {}
                Ok(Ok(_)) => {
                    self.written.send_replace(());
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "expired items and old records were not deleted")
                }
                Err(error) => {
                    tracing::warn!(%error, "expired items and old records were not deleted")
                }
            }
        }
    }
}

/// Names the region that we answer for as the origin of records.
fn from_our_region(mut response: GetRecordsResponse) -> GetRecordsResponse {
    for record in &mut response.records {
        crate::names::REGION.clone_into(&mut record.aws_region);
    }
    response
}

/// Puts the region that we answer for in place of the engine's own, in a document without user data.
fn in_our_region(document: &mut Value) {
    match document {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix("arn:aws:dynamodb:dynoxide:") {
                *text = format!("arn:aws:dynamodb:{}:{rest}", crate::names::REGION);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(in_our_region),
        Value::Object(fields) => fields.values_mut().for_each(in_our_region),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
