//! The mailbox of a call: where signals from the world meet the turns of the workflow.
//!
//! Signals come when they like: twice, late, out of order, while the workflow waits or while it is between two turns. The workflow
//! waits for one signal at a time, and the service that hands it over may lose either side's answer. The mailbox makes of
//! this: *every signal reaches the workflow once, in order of arrival among those it accepts; every event of a phone leg
//! gets one answer, always the same; every move reaches its leg once; of all devices that answer for a leg, one has it*.
//!
//! It is one value per call and a pure machine over it: no I/O, no clock. Each operation takes the mailbox from one
//! consistent state to the next and says what to do in the world ([`Output`]). The [`shell`] stores it by compare-and-set, so
//! operations happen one after another however many functions run, and performs the outputs after the write.
//! *Every operation may run twice and every output may be performed twice or not at all*: keys, rounds and tokens see to it.
//!
//! | operation | asked by | what it does |
//! |---|---|---|
//! | [`deliver`](Mailbox::deliver) | SMA events, commands, meeting events | numbers a signal; hands it to the open turn, or keeps it |
//! | [`open_turn`](Mailbox::open_turn) | the workflow | settles the turn before, posts moves, takes the first kept signal or waits |
//! | [`ask`](Mailbox::ask), [`collect`](Mailbox::collect), [`give_up`](Mailbox::give_up) | the SMA function | an event's answer: the moves posted for its leg |
//! | [`claim`](Mailbox::claim), [`bind`](Mailbox::bind), [`release`](Mailbox::release) | dialling | one transaction per leg, ever |
//! | [`remind`](Mailbox::remind) | the sweep | says again what may have been lost between a write and its outputs |
//! | [`close`](Mailbox::close) | the end of the call | nothing is taken any more; lists the legs to hang up |
//!
//! Signals and turns are an [`Inbox`]'s; what a mailbox adds are the phone legs and who answered.

mod deliver;
mod legs;
pub mod shell;
mod turns;

pub use deliver::{Delivered, Delivery, Letter};
pub use legs::{Answer, Bound, Claim, Collected};
pub use turns::{Opened, Opening, Refused};

use crate::inbox::{Inbox, Note, Offer};
use contract::signal::{Accept, Signal};
use contract::{DeviceId, LegId};
use legs::PhoneLeg;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most keys (of whatever waits) among them: so that nobody crowds out a hang-up by pressing keys.
pub const MAX_PENDING_DIGITS: usize = 128;
/// Most phone legs of a call.
pub const MAX_LEGS: usize = 10;
/// Most actions in one answer (Chime SDK).
pub const MAX_MOVES: usize = 10;
/// Most rounds of moves that wait for a leg to collect them.
pub const MAX_OUTBOX: usize = 32;
/// Most answers remembered per leg: those of its newest events.
pub const MAX_ANSWERS: usize = 16;
/// Most events of one leg that wait for their answers at once.
pub const MAX_ASKING: usize = 4;

/// One call's mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mailbox {
    /// Signals and turns.
    #[serde(flatten)]
    inbox: Inbox<Signal>,
    /// Phone legs.
    #[serde(default)]
    legs: BTreeMap<LegId, PhoneLeg>,
    /// Who has answered, by client leg: the first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    answered: BTreeMap<LegId, Answerer>,
    /// Whether the call is over.
    #[serde(default)]
    closed: bool,
}

/// The device that has a leg, and the signal by which it answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Answerer {
    device: DeviceId,
    seq: u64,
}

impl Note for Signal {
    type Accept = Accept;

    fn seq(&self) -> u64 {
        self.seq
    }

    fn is_meant_by(&self, accept: &Accept) -> bool {
        accept.takes(self)
    }
}

/// Something to do in the world after the mailbox was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// End a turn with a signal. Harmless on a token that is spent.
    Complete(Offer<Signal>),
    /// Make the phone network ask for this leg's moves. Harmless if there are none by then.
    Push {
        /// The leg.
        leg: LegId,
        /// Its SMA transaction.
        transaction: String,
    },
}

impl Mailbox {
    /// An empty mailbox: before the first signal and the first turn.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the call is over.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether the workflow waits in a turn and has been handed nothing: all that it accepts has been answered.
    pub fn is_at_rest(&self) -> bool {
        self.inbox.is_at_rest()
    }

    /// Ends the mailbox: signals are refused from now on, and every leg that asks is told to hang up. Lists the phone legs
    /// that are still up, with their transactions. Closing again lists those still up then.
    pub fn close(&mut self) -> Vec<Output> {
        self.closed = true;
        self.inbox.close();
        self.legs
            .iter_mut()
            .filter_map(|(id, leg)| leg.close(id))
            .collect()
    }

    /// Everything that a crash between a write and its outputs may have left undone.
    pub fn remind(&self, now: jiff::Timestamp) -> Vec<Output> {
        let mut outputs: Vec<Output> = self.offer().into_iter().collect();
        outputs.extend(self.legs.iter().filter_map(|(id, leg)| leg.push(id, now)));
        outputs
    }

    /// Hands the taken signal to its turn (again).
    fn offer(&self) -> Option<Output> {
        self.inbox.offer().map(Output::Complete)
    }
}

#[cfg(test)]
mod tests;
