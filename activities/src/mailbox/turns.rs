//! `open_turn`: the workflow says what it wants and waits for a signal.
use super::{Mailbox, Output, Turn};
use contract::moves::LegMoves;
use contract::signal::{Accept, Signal};
use jiff::Timestamp;
use std::cmp::Ordering;

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
    /// Opens a turn. First the turn before is settled: what it took and the workflow has received is done, what it took in
    /// vain goes back to its place. Then the moves are posted, once per round however often the turn is tried. Then the turn
    /// takes the first kept signal that it accepts, or waits.
    ///
    /// # Errors
    /// [`Refused`] if it is an older turn than the newest, or the call is over.
    pub fn open_turn(&mut self, opening: &Opening, now: Timestamp) -> Result<Opened, Refused> {
        if self.closed {
            return Err(Refused::Closed);
        }
        match self.age(opening) {
            Age::Older => return Err(Refused::Stale),
            Age::Same => {}
            Age::Newer => self.begin(opening),
        }
        let mut outputs = self.post(opening, now);
        outputs.extend(self.offer());
        Ok(Opened {
            led_by: self.turn.as_ref().and_then(|turn| turn.led_by.clone()),
            outputs,
        })
    }

    /// How an opening stands to the newest turn. The round and the attempt order turns; one of them can have only one token.
    fn age(&self, opening: &Opening) -> Age {
        let Some(turn) = &self.turn else {
            return Age::Newer;
        };
        match (opening.round, opening.attempt).cmp(&(turn.round, turn.attempt)) {
            Ordering::Greater => Age::Newer,
            Ordering::Equal if opening.token == turn.token => Age::Same,
            Ordering::Equal | Ordering::Less => Age::Older,
        }
    }

    /// Replaces the newest turn by this one, which takes the first kept signal that it accepts.
    fn begin(&mut self, opening: &Opening) {
        let led_by = self.settle(opening.received);
        let mut turn = Turn {
            round: opening.round,
            attempt: opening.attempt,
            token: opening.token.clone(),
            accepts: opening.accepts.clone(),
            taken: None,
            led_by,
        };
        if let Some(first) = self.pending.iter().position(|signal| turn.accepts(signal)) {
            turn.taken = self.pending.remove(first);
        }
        self.turn = Some(turn);
    }

    /// Ends the newest turn by what the workflow has received, which it gives back if it came from here.
    ///
    /// Only the very `seq` tells: a signal that waited long has a lower one than some that arrived before it.
    fn settle(&mut self, received: u64) -> Option<Signal> {
        let turn = self.turn.take()?;
        match turn.taken {
            Some(taken) if taken.seq == received => Some(taken),
            taken => {
                if let Some(unsettled) = taken {
                    let place = self
                        .pending
                        .partition_point(|kept| kept.seq < unsettled.seq);
                    self.pending.insert(place, unsettled);
                }
                turn.led_by.filter(|signal| signal.seq == received)
            }
        }
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

enum Age {
    Older,
    Same,
    Newer,
}
