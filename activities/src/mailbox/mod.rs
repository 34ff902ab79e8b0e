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
//! What makes handing over exact: a turn that took a signal stays in the mailbox, *taken*, until the next turn opens. That turn's
//! `received` is the `seq` of the last signal that the workflow has. Equal to what was taken: it arrived, and is settled. Not
//! equal: its token died first (the task timed out or failed), and the signal goes back to its place. The old token is dead by
//! then, because the workflow opens a turn only after it has left the one before; so no signal can arrive twice.

mod deliver;
mod legs;
pub mod shell;
mod turns;

pub use deliver::{Delivered, Delivery, Letter};
pub use legs::{Answer, Bound, Claim, Collected};
pub use turns::{Opened, Opening, Refused};

use contract::signal::{Accept, Signal};
use contract::{DeviceId, LegId};
use legs::PhoneLeg;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Most signals that wait for a turn to accept them.
pub const MAX_PENDING: usize = 256;
/// Most keys (of whatever waits) among them: so that nobody crowds out a hang-up by pressing keys.
pub const MAX_PENDING_DIGITS: usize = 128;
/// Most keys of signals remembered. A phone leg has at most 1,000 events (Chime SDK), and retries come within minutes.
pub const MAX_SEEN: usize = 1024;
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
    /// `seq` of the newest signal.
    last_seq: u64,
    /// Keys already delivered, oldest first.
    #[serde(default)]
    seen: VecDeque<Seen>,
    /// Signals that no turn has taken, by `seq`.
    #[serde(default)]
    pending: VecDeque<Signal>,
    /// The newest turn. Open while `taken` is empty; then it waits to be settled by the next.
    #[serde(default)]
    turn: Option<Turn>,
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

/// A key and the number its signal got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    key: String,
    seq: u64,
}

/// The device that has a leg, and the signal by which it answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Answerer {
    device: DeviceId,
    seq: u64,
}

/// One turn of the workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Turn {
    round: u32,
    attempt: u32,
    token: String,
    accepts: Vec<Accept>,
    /// The signal handed to this turn: not yet known to have arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken: Option<Signal>,
    /// The signal that the workflow had received last when it opened this turn, if a turn here gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    led_by: Option<Signal>,
}

impl Turn {
    fn accepts(&self, signal: &Signal) -> bool {
        self.accepts.iter().any(|accept| accept.takes(signal))
    }
}

/// Something to do in the world after the mailbox was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// End a turn with a signal. Harmless on a token that is spent.
    Complete {
        /// The turn's task token.
        token: String,
        /// The signal.
        signal: Signal,
    },
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
        self.turn.as_ref().is_some_and(|turn| turn.taken.is_none())
    }

    /// Ends the mailbox: signals are refused from now on, and every leg that asks is told to hang up. Lists the phone legs
    /// that are still up, with their transactions. Closing again lists those still up then.
    pub fn close(&mut self) -> Vec<Output> {
        self.closed = true;
        self.turn = None;
        self.pending.clear();
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
        let turn = self.turn.as_ref()?;
        let signal = turn.taken.clone()?;
        Some(Output::Complete {
            token: turn.token.clone(),
            signal,
        })
    }
}

#[cfg(test)]
mod tests;
