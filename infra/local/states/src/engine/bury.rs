//! Ends executions of which too little can be read to go on with them: they begin anew, under their names, and fail at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::drive::DriveError;
use super::machine::{INITIAL, Revision, RevisionText};
use super::replay::Stranded;
use super::{EntryRef, Inner};
use crate::core::{ExecutionId, Input};

/// Stands for a definition that cannot be read.
const UNREADABLE: &str = r#"{"Comment":"The definition that was here is damaged","StartAt":"Damaged","States":{"Damaged":{"Type":"Fail","Error":"States.Runtime"}}}"#;

impl Inner {
    pub(super) fn bury(self: &Arc<Self>, stranded: BTreeMap<u64, Stranded>) {
        let mut unreadable = None;
        for (id, stranded) in stranded {
            if let Err(error) = self.bury_one(ExecutionId(id), stranded, &mut unreadable) {
                tracing::error!(%error, execution = id, "an execution could not be ended");
            }
        }
    }

    fn bury_one(
        self: &Arc<Self>,
        id: ExecutionId,
        stranded: Stranded,
        unreadable: &mut Option<Arc<Revision>>,
    ) -> Result<(), DriveError> {
        let Stranded {
            mut identity,
            revision,
            place,
            ..
        } = stranded;
        let revision = match revision.or(unreadable.clone()) {
            Some(revision) => revision,
            None => self.unreadable(&identity.role_arn)?,
        };
        if revision.text.definition == UNREADABLE {
            *unreadable = Some(Arc::clone(&revision));
            // Its states are not those that it knew.
            if let (Some(origin), Some(flow)) =
                (&mut identity.origin, revision.definition.flows.first())
            {
                origin.start = flow.start;
            }
        }
        let mut shard = self.shard_by_id(id);
        if shard.find(&identity.arn).is_some() {
            return Ok(());
        }
        let input = Input::Damaged { place };
        let now_ms = self.now_ms();
        self.begin_as(&mut shard, id, identity, &revision, (input, now_ms))
    }

    fn unreadable(&self, role_arn: &Arc<str>) -> Result<Arc<Revision>, DriveError> {
        let mut machines = self.machines_mut();
        machines.last_revision += 1;
        let text = RevisionText {
            number: machines.last_revision,
            id: INITIAL.to_owned(),
            created_ms: self.now_ms(),
            definition: UNREADABLE.to_owned(),
            role_arn: Arc::clone(role_arn),
            configuration: "{}".to_owned(),
        };
        self.log.append(&EntryRef::Revision(&text).bytes(), None)?;
        let number = text.number;
        let Ok(revision) = Revision::compile(text, &self.config.service_models) else {
            return Err(DriveError::NoExecution);
        };
        let revision = Arc::new(revision);
        machines.revisions.insert(number, Arc::clone(&revision));
        Ok(revision)
    }
}
