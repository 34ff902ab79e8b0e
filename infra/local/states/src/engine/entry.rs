//! What a frame of the log holds.

use serde::{Deserialize, Serialize};

use super::activities::ActivityRecord;
use super::machine::{Machine, RevisionText};
use super::stops::StopImage;
use crate::core::{Execution, Identity, Record};
use crate::log::{Owner, Position};

/// A frame, read. Variants are a data format: append, and raise [`crate::log::FORMAT`] when one changes.
#[derive(Debug, Deserialize)]
pub(crate) enum Entry {
    /// An execution started.
    Started {
        /// Its id.
        id: u64,
        /// Number of the definition it runs.
        revision: u64,
        /// What it was started with.
        identity: Identity,
        /// The first records.
        records: Vec<Record>,
    },
    /// An execution moved.
    Moved {
        /// Its id.
        id: u64,
        /// Its frame before this one.
        previous: Position,
        /// What happened.
        records: Vec<Record>,
    },
    /// A definition that executions can run.
    Revision(RevisionText),
    /// A state machine as it is now.
    Machine(Machine),
    /// A state machine is gone.
    MachineGone(String),
    /// Closed executions are not kept any longer.
    Forgotten(Vec<u64>),
    /// An activity as it is now.
    Activity(ActivityRecord),
    /// An activity is gone.
    ActivityGone(String),
    /// A closed execution goes on.
    Redriven {
        /// Its id.
        id: u64,
        /// Number of the definition it runs from here on.
        revision: u64,
        /// Its frame before this one.
        previous: Position,
        /// It, as it had closed.
        execution: Execution,
        /// What happened.
        records: Vec<Record>,
    },
    /// An execution came from elsewhere. It has closed.
    Imported {
        /// Its id.
        id: u64,
        /// From which record on it ran which definition, by number.
        turns: Vec<(u64, u64)>,
        /// What it was started with.
        identity: Identity,
        /// All its records.
        records: Vec<Record>,
    },
    /// A job is to be stopped: the step that gives it up follows.
    Stopping(StopImage),
    /// The service has answered the stop that this frame told of.
    JobStopped(Position),
    /// An Express execution started that runs at least once.
    ExpressStarted {
        /// Its id.
        id: u64,
        /// Number of the definition it runs.
        revision: u64,
        /// What it was started with.
        identity: Identity,
        /// Others that have ended.
        ended: Vec<u64>,
    },
    /// Express executions have ended.
    ExpressEnded(Vec<u64>),
    /// An activity as it is now, and its encryption, if its key is not AWS's own.
    EncryptedActivity(ActivityRecord, String),
}

/// A frame, to be written. The same shape as [`Entry`], borrowed.
#[derive(Debug, Serialize)]
pub(crate) enum EntryRef<'a> {
    /// [`Entry::Started`].
    Started {
        /// As there.
        id: u64,
        /// As there.
        revision: u64,
        /// As there.
        identity: &'a Identity,
        /// As there.
        records: &'a [Record],
    },
    /// [`Entry::Moved`].
    Moved {
        /// As there.
        id: u64,
        /// As there.
        previous: Position,
        /// As there.
        records: &'a [Record],
    },
    /// [`Entry::Revision`].
    Revision(&'a RevisionText),
    /// [`Entry::Machine`].
    Machine(&'a Machine),
    /// [`Entry::MachineGone`].
    MachineGone(&'a str),
    /// [`Entry::Forgotten`].
    Forgotten(&'a [u64]),
    /// [`Entry::Activity`].
    Activity(&'a ActivityRecord),
    /// [`Entry::ActivityGone`].
    ActivityGone(&'a str),
    /// [`Entry::Redriven`].
    Redriven {
        /// As there.
        id: u64,
        /// As there.
        revision: u64,
        /// As there.
        previous: Position,
        /// As there.
        execution: &'a Execution,
        /// As there.
        records: &'a [Record],
    },
    /// [`Entry::Imported`].
    Imported {
        /// As there.
        id: u64,
        /// As there.
        turns: &'a [(u64, u64)],
        /// As there.
        identity: &'a Identity,
        /// As there.
        records: &'a [Record],
    },
    /// [`Entry::Stopping`].
    Stopping(&'a StopImage),
    /// [`Entry::JobStopped`].
    JobStopped(Position),
    /// [`Entry::ExpressStarted`].
    ExpressStarted {
        /// As there.
        id: u64,
        /// As there.
        revision: u64,
        /// As there.
        identity: &'a Identity,
        /// As there.
        ended: &'a [u64],
    },
    /// [`Entry::ExpressEnded`].
    ExpressEnded(&'a [u64]),
    /// [`Entry::EncryptedActivity`].
    EncryptedActivity(&'a ActivityRecord, &'a str),
}

impl<'a> EntryRef<'a> {
    /// An activity as it is now.
    pub(crate) fn activity(activity: &'a ActivityRecord) -> Self {
        match activity.encryption.as_deref() {
            None => Self::Activity(activity),
            Some(encryption) => Self::EncryptedActivity(activity, encryption),
        }
    }
}

impl EntryRef<'_> {
    /// Whom it concerns.
    pub(crate) fn owner(&self) -> Owner {
        match self {
            Self::Started { id, .. } | Self::Moved { id, .. } => Owner(*id),
            Self::Redriven { id, .. } | Self::Imported { id, .. } => Owner(*id),
            Self::ExpressStarted { id, .. } => Owner(*id),
            Self::Revision(_) | Self::Machine(_) | Self::MachineGone(_) | Self::Forgotten(_) => {
                Owner::NOBODY
            }
            Self::Activity(_) | Self::EncryptedActivity(..) | Self::ActivityGone(_) => {
                Owner::NOBODY
            }
            Self::Stopping(_) | Self::JobStopped(_) | Self::ExpressEnded(_) => Owner::NOBODY,
        }
    }

    /// The bytes. Writing to memory cannot fail for these types.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }
}

/// What can be made out of a frame that does not match its checksum. None of it is certain.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// The execution it says it is of.
    pub(crate) id: Option<u64>,
    /// The number of its definition and what it was started with, if it is the first frame.
    pub(crate) started: Option<(u64, Identity)>,
    /// The frame it says it follows.
    pub(crate) previous: Option<Position>,
}

impl Trace {
    /// The ARN of the execution, if it is its first frame.
    pub(crate) fn arn(&self) -> Option<std::sync::Arc<str>> {
        let started = self.started.as_ref();
        started.map(|(_, identity)| std::sync::Arc::clone(&identity.arn))
    }
}

/// Places of the variants in [`Entry`].
const STARTED: u32 = 0;
const MOVED: u32 = 1;
const REDRIVEN: u32 = 8;
const EXPRESS_STARTED: u32 = 12;

impl Entry {
    /// Makes out what a damaged frame was.
    pub(crate) fn trace(payload: &[u8]) -> Trace {
        let mut trace = Trace::default();
        // The variants of executions, all of which begin with the id.
        let Ok(((variant @ (STARTED | MOVED | REDRIVEN | EXPRESS_STARTED), id), rest)) =
            postcard::take_from_bytes::<(u32, u64)>(payload)
        else {
            return trace;
        };
        trace.id = Some(id);
        match variant {
            STARTED | EXPRESS_STARTED => {
                let started = postcard::take_from_bytes::<(u64, Identity)>(rest).ok();
                trace.started = started.map(|(started, _)| started);
            }
            MOVED => trace.previous = postcard::take_from_bytes(rest).ok().map(|(at, _)| at),
            _redriven => {
                let redriven = postcard::take_from_bytes::<(u64, Position)>(rest).ok();
                trace.previous = redriven.map(|((_, previous), _)| previous);
            }
        }
        trace
    }

    /// Reads a frame's payload.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(payload)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// An activity as formats 3 and 4 had it.
    #[derive(Serialize)]
    struct OfFormat4 {
        arn: &'static str,
        name: &'static str,
        created_ms: i64,
        tags: BTreeMap<String, String>,
    }

    /// Places of the variants.
    const ACTIVITY: u32 = 6;
    const ENCRYPTED_ACTIVITY: u8 = 14;

    #[test]
    fn an_activity_without_a_key_of_its_own_is_written_as_it_was_before_there_were_any() {
        let before = OfFormat4 {
            arn: "a",
            name: "n",
            created_ms: 1_000,
            tags: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
        };
        let activity = ActivityRecord {
            arn: before.arn.into(),
            name: before.name.to_owned(),
            created_ms: before.created_ms,
            tags: before.tags.clone(),
            encryption: None,
        };
        let bytes = postcard::to_stdvec(&(ACTIVITY, before)).expect("written");
        assert_eq!(EntryRef::activity(&activity).bytes(), bytes);
        let Ok(Entry::Activity(read)) = Entry::read(&bytes) else {
            panic!("it is an activity")
        };
        assert_eq!(read, activity);

        let keyed = activity.encrypted("{}".to_owned());
        let bytes = EntryRef::activity(&keyed).bytes();
        assert_eq!(bytes[0], ENCRYPTED_ACTIVITY);
        let Ok(Entry::EncryptedActivity(read, encryption)) = Entry::read(&bytes) else {
            panic!("it is an activity with a key")
        };
        assert_eq!(read.encrypted(encryption), keyed);
    }
}
