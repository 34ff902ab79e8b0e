//! Event source mappings: a table's stream, batch by batch and in order, to a function.
//!
//! Source: Lambda developer guide, "Using Lambda with DynamoDB Streams".

mod batch;
mod checkpoint;

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use dynoxide::actions::get_records::Record;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::functions::Functions;
use crate::names::{ACCOUNT, REGION};
use crate::pattern;
use crate::stack::EventSource;
use crate::store::Store;

use batch::{Next, Verdict};
use checkpoint::Checkpoint;

/// A look at the stream even though nobody was heard to write, for what changes behind the API.
const IDLE_PERIOD: Duration = Duration::from_secs(5);

/// The rest before the first further attempt at a batch; it doubles with each.
const RETRY_FIRST: Duration = Duration::from_millis(50);

/// The longest rest between attempts.
const RETRY_LIMIT: Duration = Duration::from_secs(5);

/// One event source mapping at work.
pub struct Mapping {
    source: EventSource,
    store: Store,
    functions: Functions,
    checkpoint: Checkpoint,
    written: watch::Receiver<()>,
}

impl Mapping {
    /// A mapping that goes on from its checkpoint in `dir`, or from the oldest record if it has none.
    pub fn new(source: EventSource, store: Store, functions: Functions, dir: PathBuf) -> Self {
        let checkpoint =
            Checkpoint::open(dir.join(format!("{}--{}.json", source.table, source.function)));
        let written = store.writes();
        Self {
            source,
            store,
            functions,
            checkpoint,
            written,
        }
    }

    /// Feeds the function until the platform stops.
    pub async fn run(mut self, stopping: CancellationToken) {
        loop {
            self.written.borrow_and_update();
            let more = tokio::select! {
                () = stopping.cancelled() => return,
                more = self.drain() => more,
            };
            if more {
                continue;
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = self.written.changed() => {}
                () = tokio::time::sleep(IDLE_PERIOD) => {}
            }
        }
    }

    /// Handles one read of the stream; true if there may be more at once.
    async fn drain(&mut self) -> bool {
        let after = self.checkpoint.position().map(str::to_owned);
        let read = self
            .store
            .records(&self.source.table, after, self.source.batch_size)
            .await;
        let records = match read {
            Ok(read) => read.records,
            Err(error) => {
                tracing::warn!(table = self.source.table, %error, "the stream cannot be read");
                return false;
            }
        };
        let Some(last) = records
            .last()
            .map(|record| record.dynamodb.sequence_number.clone())
        else {
            return false;
        };
        let wanted: Vec<Value> = records
            .iter()
            .map(|record| self.event(record))
            .filter(|e| self.wants(e))
            .collect();
        self.deliver(wanted).await;
        self.checkpoint.advance(last);
        true
    }

    async fn deliver(&mut self, records: Vec<Value>) {
        let mut queue = batch::Queue::new(records, self.source.maximum_retry_attempts);
        let mut rest = RETRY_FIRST;
        loop {
            match queue.next() {
                Next::Done => return,
                Next::Send(records) => {
                    let payload = json!({ "Records": records }).to_string();
                    let answer = self
                        .functions
                        .invoke(&self.source.function, Bytes::from(payload))
                        .await;
                    let verdict = match answer {
                        Ok(answer) => Verdict::read(&answer),
                        Err(error) => {
                            tracing::warn!(function = self.source.function, %error, "a batch of records failed");
                            Verdict::Failed
                        }
                    };
                    let clean = verdict == Verdict::Taken;
                    if let Some(reached) = queue.judge(verdict) {
                        self.checkpoint.advance(reached);
                    }
                    if clean {
                        rest = RETRY_FIRST;
                    } else {
                        tokio::time::sleep(rest).await;
                        rest = (rest * 2).min(RETRY_LIMIT);
                    }
                }
                Next::Drop(sequence_number) => {
                    tracing::error!(
                        function = self.source.function,
                        sequence_number,
                        "a record was given up"
                    );
                    self.checkpoint.advance(sequence_number);
                }
            }
        }
    }

    fn wants(&self, event: &Value) -> bool {
        let filters = &self.source.filter_criteria.filters;
        filters.is_empty()
            || filters
                .iter()
                .any(|filter| pattern::fits(&filter.pattern, event))
    }

    fn event(&self, record: &Record) -> Value {
        let mut event = serde_json::to_value(record).unwrap_or_default();
        let table = &self.source.table;
        event["eventSourceARN"] = json!(format!(
            "arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/local"
        ));
        event
    }
}
