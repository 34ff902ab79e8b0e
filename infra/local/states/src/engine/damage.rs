//! What was found damaged: when the folder was opened, and when what had closed was read in.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Most entries of the list; further damage is only counted in the log of the program.
pub(crate) const MAX_DAMAGE: usize = 1_000;

/// Bytes that had been acknowledged and are not what was written. What they concern stands still or is gone; the rest
/// goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub offset: u64,
    /// What they concern.
    pub subject: Subject,
}

/// The list of what was found.
#[derive(Debug, Default)]
pub(super) struct Damages(Mutex<Vec<Damage>>);

impl Damages {
    pub(super) fn new(found: Vec<Damage>) -> Self {
        for damage in &found {
            tracing::error!(%damage, "found while opening");
        }
        Self(Mutex::new(found))
    }

    /// Everything found so far.
    pub(super) fn list(&self) -> Vec<Damage> {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.clone()
    }

    /// Adds what was found later, as far as there is room in the list.
    pub(super) fn add(&self, damage: Damage) {
        tracing::error!(%damage, "found while reading in what had closed");
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() < MAX_DAMAGE {
            list.push(damage);
        }
    }
}

/// What damage concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// This execution (its ARN): it ends with `States.Runtime` and a cause that names the place.
    Execution(Arc<str>),
    /// The beginning of an execution: it ends as well, under the ARN that can be made out.
    Beginning {
        /// Its number within the folder.
        id: u64,
        /// Its ARN. That is damaged itself in rare cases.
        arn: Arc<str>,
    },
    /// An execution that is not known any more: nothing says its name, or it had closed and its definition cannot be read.
    Lost {
        /// Its number within the folder.
        id: u64,
        /// Its ARN, if that can be read.
        arn: Option<Arc<str>>,
    },
    /// All of a segment, and nobody can say whose records were in it. What they concern goes on from before them.
    Segment,
    /// The key of the task tokens. A new one is made: the tokens of open tasks are void, and calls that are made again have other
    /// keys than at first.
    Tokens,
    /// State machines, definitions or lists.
    Other,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            offset,
            subject,
        } = self;
        write!(f, "{} is damaged at byte {offset}: ", path.display())?;
        match subject {
            Subject::Execution(arn) => write!(f, "{arn} ends there"),
            Subject::Beginning { id, arn } => {
                write!(f, "{arn}, execution number {id}, ends at its beginning")
            }
            Subject::Lost { arn: Some(arn), .. } => write!(f, "{arn} is lost"),
            Subject::Lost { id, arn: None } => write!(f, "execution number {id} is lost"),
            Subject::Segment => f.write_str("all its records are lost"),
            Subject::Tokens => f.write_str("all task tokens given out so far are void"),
            Subject::Other => f.write_str("no execution of its own"),
        }
    }
}
