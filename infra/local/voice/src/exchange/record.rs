//! What the journal holds: for each live call, what is needed to end it after a crash.

use super::leg::{LegState, PhoneLeg};
use crate::carrier::registrar::Binding;
use crate::session::{Session, Snapshot};
use crate::sip::dialog::Dialog;
use crate::sip::flow::Flow;
use crate::sip::message::Message;
use serde::{Deserialize, Serialize};

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A call as it stands.
    Call(Box<CallRecord>),
    /// A call that is over, and whose function has heard of it: its TransactionId.
    Over(String),
    /// The phones of an account.
    Phones {
        /// The account.
        user: String,
        /// Its phones.
        bindings: Vec<Binding>,
    },
}

/// A call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Its session.
    pub session: Snapshot,
    /// Its phone.
    pub leg: LegRecord,
}

/// A phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegRecord {
    /// It called: the head of its INVITE, to be refused.
    Incoming {
        /// The INVITE, without its body.
        invite: String,
        /// Where the answer goes.
        flow: Flow,
        /// Our tag.
        tag: String,
    },
    /// It rings: our INVITEs, to be cancelled.
    Dialing(Vec<Ringing>),
    /// It talks: BYE.
    Up(Dialog),
    /// Nothing is left to do.
    Over,
}

/// An INVITE of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ringing {
    /// The INVITE, without its body.
    pub invite: String,
    /// Where it went.
    pub flow: Flow,
}

impl CallRecord {
    pub(super) fn of(session: &Session, leg: &PhoneLeg) -> Self {
        let leg = match &leg.state {
            LegState::Incoming(incoming) => LegRecord::Incoming {
                invite: head(&incoming.invite),
                flow: super::back(&incoming.invite, incoming.source),
                tag: incoming.tag.clone(),
            },
            LegState::Dialing(attempts) => LegRecord::Dialing(
                attempts
                    .iter()
                    .map(|a| Ringing {
                        invite: head(&a.invite),
                        flow: a.hop.flow,
                    })
                    .collect(),
            ),
            LegState::Up(up) => LegRecord::Up(up.dialog.clone()),
            LegState::Idle(_) | LegState::Over => LegRecord::Over,
        };
        Self {
            session: session.snapshot(),
            leg,
        }
    }
}

fn head(message: &Message) -> String {
    let head = Message {
        body: Vec::new(),
        ..message.clone()
    };
    String::from_utf8_lossy(&head.to_bytes()).into_owned()
}
