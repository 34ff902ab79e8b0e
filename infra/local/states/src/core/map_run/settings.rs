//! How a map run was asked for: the settings of its state, evaluated.

use serde::{Deserialize, Serialize};

use crate::asl::distributed::{Batcher, Distributed, Transformation, Writer};
use crate::asl::errors;
use crate::asl::expression::{Failure, Scope};
use crate::asl::map::{Amount, MAX_ITEMS, Map};
use crate::core::record::Problem;
use crate::json::Json;

/// How a map run was asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// The state's name in ARNs.
    pub label: String,
    /// `MaxConcurrency`; 0 stands for as many as there may be.
    pub max_concurrency: u32,
    /// `ToleratedFailureCount`.
    pub tolerated_count: Option<u32>,
    /// `ToleratedFailurePercentage`, 0 to 100.
    pub tolerated_percentage: Option<f64>,
    /// `ItemBatcher`.
    pub batch: Option<Batcher<u32, Json>>,
    /// What the `ItemReader` reads, if there is one.
    pub reading: Option<Reading>,
    /// `ResultWriter`. Without one, what children gave is the state's result.
    pub writer: Writer<Json>,
}

/// `ItemReader`, evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Bucket and key, or bucket and prefix.
    pub arguments: Json,
    /// `MaxItems`; 0 stands for all, `u32::MAX` for a number that cannot be one.
    pub max_items: u32,
}

/// Recorded from AWS: a `MaxItemsPath` that leads below 0 fails the run once it has started, and not its state before.
const BELOW_ZERO: u32 = u32::MAX;

impl Settings {
    /// Why nothing can be read, whatever there is.
    pub(in crate::core) fn unreadable(&self) -> Option<Problem> {
        let reading = self.reading.as_ref()?;
        (reading.max_items == BELOW_ZERO).then(|| Problem {
            error: errors::ITEM_READER_FAILED.to_owned(),
            cause: Some("field MaxItems must be positive".to_owned()),
        })
    }

    /// Evaluates what the state asks for. `scope` is that of its fields.
    pub(in crate::core) fn evaluated(
        map: &Map,
        distributed: &Distributed,
        scope: &Scope<'_>,
    ) -> Result<Self, Failure> {
        let whole = |amount: &Option<Amount>, field: &str, most| {
            let amount = amount.as_ref();
            amount.map(|a| a.whole(scope, field, most)).transpose()
        };
        let tolerated_percentage = distributed
            .tolerated_percentage
            .as_ref()
            .map(|amount| amount.percentage(scope, "ToleratedFailurePercentage"))
            .transpose()?;
        let max_items = "ItemReader/ReaderConfig/MaxItems";
        let reading = match &distributed.reader {
            None => None,
            Some(reader) => Some(Reading {
                arguments: reader.arguments.json(scope, "ItemReader/Arguments")?,
                max_items: match &reader.max_items {
                    Some(amount) if amount.is_negative(scope) => BELOW_ZERO,
                    amount => whole(amount, max_items, MAX_ITEMS)?.unwrap_or(0),
                },
            }),
        };
        let writer = match &distributed.writer {
            Some(writer) => writer.evaluated(scope)?,
            None => Writer {
                transformation: Transformation::Compact,
                ..Writer::default()
            },
        };
        let max_concurrency = whole(&map.max_concurrency, "MaxConcurrency", u32::MAX)?;
        let tolerated_count = &distributed.tolerated_count;
        let batcher = distributed.batcher.as_ref();
        Ok(Self {
            label: distributed.label.clone(),
            max_concurrency: max_concurrency.unwrap_or(0),
            tolerated_count: whole(tolerated_count, "ToleratedFailureCount", MAX_ITEMS)?,
            tolerated_percentage,
            batch: batcher
                .map(|batcher| batcher.evaluated(scope))
                .transpose()?,
            reading,
            writer,
        })
    }
}
