//! What the desk does when time has passed.

use super::problem::Refusal;
use super::table::Row;
use super::time::At;
use super::{Reply, State};
use serde::{Deserialize, Serialize};

/// Most that one tick does; the next goes on.
const MAX_A_TICK: usize = 200;

/// Why the desk wakes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields of a variant are told by its line")]
pub enum Timer {
    /// A reservation ends.
    ReservationEnds(String),
    /// An ordered number's requirements have been looked at.
    OrderedReviewed(String),
    /// An ordered number is there, or not.
    OrderedDone(String),
    /// An ordered number waited long enough for its requirements.
    OrderedLimit(String),
    /// A released number may be sold again.
    QuarantineEnds(String),
    /// A draft was kept long enough.
    DraftEnds(String),
    /// A porting order moves, if it is still in this round.
    Port {
        id: String,
        round: u32,
        what: PortTimer,
    },
    /// A porting number moves, if its order is still in this round.
    PortNumber { id: String, round: u32 },
    /// A sharing token ends.
    TokenEnds(String),
    /// A port-out was not answered.
    PortOutLimit(String),
    /// A rejection of a port-out was looked at.
    PortOutReviewed(String),
    /// The date of a port-out.
    PortOutFoc(String),
}

/// Why a porting order moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortTimer {
    /// The carrier has looked at it.
    Reviewed,
    /// The donor answers.
    DonorAnswers,
    /// The donor counts as silent.
    DonorLimit,
    /// The carrier sends a corrected order again.
    Resubmitted,
    /// The agreed date.
    Foc,
    /// The cancellation was looked at.
    CancelReviewed,
}

/// A timer that is set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wake {
    /// When.
    pub due: At,
    /// Place in the order of setting.
    pub seq: u64,
    /// Why.
    pub what: Timer,
}

impl Row for Wake {
    const KIND: &'static str = "wake";
    fn key(&self) -> String {
        due_key(self.due, self.seq)
    }
}

/// A key that sorts by moment, then by order of making.
pub(super) fn due_key(due: At, seq: u64) -> String {
    format!("{:020}-{seq:012}", due.0.max(0))
}

impl State {
    pub(super) fn wake(&mut self, due: At, what: Timer) {
        let seq = self.count();
        self.wakes.put(Wake { due, seq, what });
    }

    /// When something is next to be done: a timer or a notice.
    #[must_use]
    pub fn next_due(&self) -> Option<At> {
        let wake = self.wakes.first().map(|wake| wake.due);
        let delivery = self.deliveries.first().map(|delivery| delivery.due);
        wake.into_iter().chain(delivery).min()
    }

    /// When a timer next runs out.
    #[must_use]
    pub fn next_wake(&self) -> Option<At> {
        self.wakes.first().map(|wake| wake.due)
    }

    pub(super) fn tick(&mut self, now: At) -> Result<Reply, Refusal> {
        for _ in 0..MAX_A_TICK {
            let Some(wake) = self.wakes.first().filter(|wake| wake.due <= now) else {
                break;
            };
            let key = wake.key();
            if let Some(wake) = self.wakes.remove(&key) {
                self.woken(wake.what, now);
            }
        }
        Ok(Reply::Done)
    }

    fn woken(&mut self, what: Timer, now: At) {
        match what {
            Timer::ReservationEnds(id) => self.reservation_ends(&id, now),
            Timer::OrderedReviewed(id) => self.ordered_reviewed(&id, now),
            Timer::OrderedDone(id) => self.ordered_done(&id, now),
            Timer::OrderedLimit(id) => self.ordered_limit(&id, now),
            Timer::QuarantineEnds(number) => self.quarantine_ends(&number),
            Timer::DraftEnds(id) => self.draft_ends(&id, now),
            Timer::Port { id, round, what } => self.port_woken(&id, round, what, now),
            Timer::PortNumber { id, round } => self.port_number_woken(&id, round, now),
            Timer::TokenEnds(id) => self.token_ends(&id, now),
            Timer::PortOutLimit(id) => self.port_out_limit(&id, now),
            Timer::PortOutReviewed(id) => self.port_out_reviewed(&id, now),
            Timer::PortOutFoc(id) => self.port_out_foc(&id, now),
        }
    }
}
