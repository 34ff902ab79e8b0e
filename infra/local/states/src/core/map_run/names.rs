//! What a map run and its children are called, and how they find each other.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{MapRun, RunId};
use crate::asl::StateIx;
use crate::core::{ExecutionId, Identity, Via, map_results};
use crate::json::Json;

/// A new map run's UUID. It says whose it is, so that nothing has to be stored to find a run by its ARN: 60 bits of the
/// execution's id, the event's id, the rest from chance (RFC 9562, version 8).
pub(in crate::core) fn run_uuid(execution: ExecutionId, run: RunId, seed: u64) -> [u8; 16] {
    let chance = seed.to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(execution.0 << 4).to_be_bytes());
    // Makes room for the version: twelve bits go one nibble down.
    let low = u16::from_be_bytes([bytes[6], bytes[7]]) >> 4;
    bytes[6..8].copy_from_slice(&(low | 0x8000).to_be_bytes());
    bytes[8] = 0x80 | (chance[0] & 0x3f);
    bytes[9..13].copy_from_slice(&run.0.to_be_bytes());
    bytes[13..].copy_from_slice(&chance[1..4]);
    bytes
}

/// Whose run has this UUID.
pub fn owner_of(uuid: [u8; 16]) -> Option<(ExecutionId, RunId)> {
    if uuid[6] >> 4 != 8 || uuid[8] >> 6 != 2 {
        return None;
    }
    let mut high = [0; 8];
    high[2..].copy_from_slice(&uuid[..6]);
    let high = u64::from_be_bytes(high);
    let low = u64::from(u16::from_be_bytes([uuid[6], uuid[7]]) & 0x0fff);
    let run = u32::from_be_bytes([uuid[9], uuid[10], uuid[11], uuid[12]]);
    Some((ExecutionId(high << 12 | low), RunId(run)))
}

/// The name of a run's child: always the same for the same child.
pub fn child_name(run: [u8; 16], index: u32) -> String {
    let hash = Sha256::new()
        .chain_update(run)
        .chain_update(index.to_be_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes)
        .into_uuid()
        .to_string()
}

/// A child execution knows whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The execution that has the run.
    pub parent: ExecutionId,
    /// The run.
    pub run: RunId,
    /// Its ARN.
    pub run_arn: Arc<str>,
    /// The machine that its children have.
    pub machine_arn: Arc<str>,
    /// Which child of the run it is.
    pub index: u32,
    /// Where it starts.
    pub start: StateIx,
    /// It runs as an Express execution.
    pub express: bool,
    /// The attempt of the run in which it was started.
    pub attempt: u32,
}

impl MapRun {
    /// Whose a child of this run is. `start` is where it starts, and whether it runs as an Express execution.
    pub fn origin(
        &self,
        identity: &Identity,
        parent: ExecutionId,
        (start, express): (StateIx, bool),
        index: u32,
    ) -> Origin {
        let label = &self.settings.label;
        let child = self.children.get(index as usize);
        Origin {
            parent,
            run: self.id,
            run_arn: map_results::run_arn(identity, label, self.uuid).into(),
            machine_arn: map_results::machine_arn(identity, label).into(),
            index,
            start,
            express,
            attempt: child.map_or(0, |child| child.attempt),
        }
    }
}

impl Origin {
    /// What the child is started with. Its name is made from its run's and its place.
    pub fn identity(self, parent: &Identity, input: Json, started_ms: i64, seed: u64) -> Identity {
        let uuid = self.run_arn.rsplit(':').next();
        let uuid = uuid.and_then(|text| uuid::Uuid::parse_str(text).ok());
        let name = child_name(uuid.unwrap_or_default().into_bytes(), self.index);
        let prefix = self
            .machine_arn
            .replacen(":stateMachine:", ":execution:", 1);
        Identity {
            arn: format!("{prefix}:{name}").into(),
            machine_arn: Arc::clone(&self.machine_arn),
            via: Via::default(),
            started_ms,
            input,
            seed,
            started_by: None,
            origin: Some(self),
            trace_header: None,
            ..parent.clone()
        }
    }
}
