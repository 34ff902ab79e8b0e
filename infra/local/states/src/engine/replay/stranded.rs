//! Executions whose beginning or definition cannot be read. What is known of them is enough to end them by their names.

use std::sync::Arc;

use super::Replayed;
use crate::core::{Execution, Identity, Record, Status, Workflow};
use crate::engine::damage::Subject;
use crate::engine::machine::Revision;
use crate::engine::shard::{SHARDS, shard_of};
use crate::json::Json;
use crate::log::{Position, segment_path};

/// An execution that cannot go on, and not be told from its records either.
#[derive(Debug)]
pub(in crate::engine) struct Stranded {
    /// What it was started with.
    pub(in crate::engine) identity: Identity,
    /// What it runs, if that can be read.
    pub(in crate::engine) revision: Option<Arc<Revision>>,
    /// Where what is missing was, in words.
    pub(in crate::engine) place: String,
    /// Where it began, as far as is known.
    at: Position,
    /// It, and its last frame; `None` if its beginning cannot be read.
    execution: Option<(Execution, Position)>,
}

impl Stranded {
    /// Its beginning is damaged, and can be made out.
    pub(super) fn beginning(
        at: Position,
        identity: Identity,
        revision: Option<Arc<Revision>>,
    ) -> Self {
        Self {
            identity,
            revision,
            place: place(at),
            at,
            execution: None,
        }
    }

    /// Its definition is missing.
    pub(super) fn definition(number: u64, at: Position, execution: Execution) -> Self {
        Self {
            identity: (*execution.identity).clone(),
            revision: None,
            place: format!("definition number {number}, which it ran"),
            at,
            execution: Some((execution, at)),
        }
    }

    /// What happened to it then.
    pub(super) fn moved(&mut self, previous: Position, position: Position, records: &[Record]) {
        if let Some((execution, last)) = &mut self.execution
            && *last == previous
            && records.iter().all(|record| execution.apply(record).is_ok())
        {
            *last = position;
        }
    }

    /// It went on after its end.
    pub(super) fn redriven(&mut self, previous: Position, execution: Execution) {
        self.execution = Some((execution, previous));
    }

    fn has_closed(&self) -> bool {
        let status = self.execution.as_ref().map(|(it, _)| it.status);
        status.is_some_and(|status| status != Status::Running)
    }

    fn subject(&self, id: u64) -> Subject {
        let arn = Arc::clone(&self.identity.arn);
        match &self.execution {
            Some(_) => Subject::Execution(arn),
            None => Subject::Beginning { id, arn },
        }
    }
}

/// A place in the log, in words.
pub(super) fn place(at: Position) -> String {
    let path = segment_path(std::path::Path::new(""), at.segment());
    format!("{} at byte {}", path.display(), at.offset())
}

/// What a damaged frame says that an execution was started with, if it can be believed; an input that is no JSON any more
/// is left out.
pub(super) fn believed(id: u64, mut identity: Identity) -> Option<Identity> {
    let parts = |arn: &str, kind: &str| {
        let (before, behind) = arn.split_once(&format!(":{kind}:"))?;
        let name = behind.split([':', '/']).next()?;
        Some((before.replacen(":states:", ":", 1), name.to_owned()))
    };
    let execution = parts(&identity.arn, "execution")?;
    let believed = parts(&identity.machine_arn, "stateMachine")? == execution
        && shard_of(&identity.arn) == id % SHARDS
        && identity.workflow == Workflow::Standard;
    if Json::parse(identity.input.as_str()).is_err() {
        identity.input = Json::trusted("null");
    }
    believed.then_some(identity)
}

impl Replayed<'_> {
    /// An execution is there by its name only.
    pub(super) fn strands(&mut self, id: u64, stranded: Stranded) {
        self.last_id = self.last_id.max(id / SHARDS);
        self.stranded.insert(id, stranded);
    }

    /// A start that can be read. If it is of one that was stranded, it is what had found the damage: its end.
    pub(super) fn begins_anew(&mut self, id: u64) {
        if let Some(stranded) = self.stranded.remove(&id) {
            self.notes(stranded.at, stranded.subject(id));
        }
        self.lost.remove(&id);
    }

    /// Names those that are left. Of what has closed nothing is to be ended.
    pub(super) fn name_stranded(&mut self) {
        for (id, stranded) in std::mem::take(&mut self.stranded) {
            if stranded.has_closed() {
                self.loses(id, Some(stranded.identity.arn), stranded.at);
                continue;
            }
            self.notes(stranded.at, stranded.subject(id));
            self.stranded.insert(id, stranded);
        }
    }
}
