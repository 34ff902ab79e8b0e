//! `open_turn`: the workflow says what it wants and waits for a signal.
use super::{Mailbox, Output};
use crate::inbox::{Bid, Stale};
use contract::moves::LegMoves;
use contract::signal::{Accept, Signal};
use jiff::Timestamp;

/// A turn that the workflow opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// From 1, one more for each turn.
    pub round: u32,
    /// From 0, one more for each time the workflow tries this turn again.
    pub attempt: u32,
    /// The task token.
    pub token: String,
    /// `seq` of the last signal that the workflow has received; 0 if none.
    pub received: u64,
    /// What ends the turn.
    pub accepts: Vec<Accept>,
    /// What the phone legs are to do.
    pub moves: Vec<LegMoves>,
}

/// An opened turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The signal that led to this turn, if one did: the workflow has it.
    pub led_by: Option<Signal>,
    /// What to do after the write.
    pub outputs: Vec<Output>,
}

/// Why a turn was not opened: nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The workflow has left this turn: a function instance that comes late.
    Stale,
    /// The call is over.
    Closed,
}

impl Mailbox {
    /// Opens a turn of the [inbox](crate::inbox); then the moves are posted, once per round however often the turn is tried.
    ///
    /// # Errors
    /// [`Refused`] if it is an older turn than the newest, or the call is over.
    pub fn open_turn(&mut self, opening: &Opening, now: Timestamp) -> Result<Opened, Refused> {
        if self.closed {
            return Err(Refused::Closed);
        }
        let bid = Bid {
            round: opening.round,
            attempt: opening.attempt,
            token: &opening.token,
            received: opening.received,
            accepts: &opening.accepts,
        };
        let led_by = self.inbox.open(&bid).map_err(|Stale| Refused::Stale)?;
        let mut outputs = self.post(opening, now);
        outputs.extend(self.offer());
        Ok(Opened { led_by, outputs })
    }

    /// Puts the moves into the legs' outboxes. Legs that are asking now collect them; the others are to be woken.
    fn post(&mut self, opening: &Opening, now: Timestamp) -> Vec<Output> {
        for LegMoves { leg, moves } in &opening.moves {
            if let Some(leg) = self.leg_mut(leg) {
                leg.post(opening.round, moves);
            }
        }
        self.legs
            .iter()
            .filter_map(|(id, leg)| leg.push(id, now))
            .collect()
    }
}
