//! State machines and the definitions that executions were started with.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::asl::{self, Definition, Diagnostic};

/// A state machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Its ARN.
    pub(crate) arn: Arc<str>,
    /// Its name.
    pub(crate) name: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: i64,
    /// Number of its current definition.
    pub(crate) revision: u64,
    /// Tags, by key.
    pub(crate) tags: BTreeMap<String, String>,
    /// `loggingConfiguration` and `tracingConfiguration` as given, as JSON: kept and told, nothing more.
    pub(crate) configuration: String,
    /// Deleted, but executions still run.
    pub(crate) deleting: bool,
}

/// A definition as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RevisionText {
    /// Its number, unique in the data folder.
    pub(crate) number: u64,
    /// Its `revisionId`.
    pub(crate) id: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: i64,
    /// The definition as given.
    pub(crate) definition: String,
    /// `roleArn`.
    pub(crate) role_arn: Arc<str>,
}

/// A definition, ready to run.
#[derive(Debug)]
pub(crate) struct Revision {
    /// As stored.
    pub(crate) text: RevisionText,
    /// Compiled.
    pub(crate) definition: Definition,
}

impl Revision {
    pub(crate) fn compile(text: RevisionText) -> Result<Self, Vec<Diagnostic>> {
        let definition = asl::compile(&text.definition)?;
        Ok(Self { text, definition })
    }
}

/// All state machines.
#[derive(Debug, Default)]
pub(crate) struct Machines {
    /// By ARN.
    pub(crate) by_arn: BTreeMap<Arc<str>, Machine>,
    /// By number. A revision stays while a machine or an execution refers to it.
    pub(crate) revisions: HashMap<u64, Arc<Revision>>,
    /// The last number given out.
    pub(crate) last_revision: u64,
}

impl Machines {
    /// A machine and its current definition.
    pub(crate) fn current(&self, arn: &str) -> Option<(&Machine, &Arc<Revision>)> {
        let machine = self.by_arn.get(arn)?;
        Some((machine, self.revisions.get(&machine.revision)?))
    }

    /// Drops revisions that only this table still holds.
    pub(crate) fn drop_unused(&mut self) {
        let Self {
            by_arn, revisions, ..
        } = self;
        revisions.retain(|number, revision| {
            Arc::strong_count(revision) > 1
                || by_arn.values().any(|machine| machine.revision == *number)
        });
    }
}
