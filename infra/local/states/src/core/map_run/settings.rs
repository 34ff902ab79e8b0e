//! How a map run was asked for: the settings of its state, evaluated.

use serde::{Deserialize, Serialize};

use crate::asl::distributed::Transformation;
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
    pub batch: Option<Batch>,
    /// What the `ItemReader` reads, if there is one.
    pub reading: Option<Reading>,
    /// Where results are written, if they are: bucket and prefix.
    pub writing: Option<Json>,
    /// What is told of a child that ended well.
    pub transformation: Transformation,
    /// Results are written as JSON lines.
    pub lines: bool,
}

/// `ItemReader`, evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Bucket and key, or bucket and prefix.
    pub arguments: Json,
    /// `MaxItems`; 0 stands for all.
    pub max_items: u32,
}

/// `ItemBatcher`, evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// `MaxItemsPerBatch`.
    pub max_items: Option<u32>,
    /// `MaxInputBytesPerBatch`.
    pub max_bytes: Option<u32>,
    /// `BatchInput`.
    pub input: Option<Json>,
}
