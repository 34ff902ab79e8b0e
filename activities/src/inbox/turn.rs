//! A turn: the workflow says what it waits for, and by which token it hears.
use super::{Inbox, Note, Offer};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// One turn of the workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    bound(serialize = "N: Note", deserialize = "N: Note")
)]
pub(super) struct Turn<N: Note> {
    round: u32,
    attempt: u32,
    token: String,
    accepts: Vec<N::Accept>,
    /// The note handed to this turn: not yet known to have arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken: Option<N>,
    /// The note that the workflow had received last when it opened this turn, if a turn here gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    led_by: Option<N>,
    /// The execution that opened it is over: redriven, it opens the same turn again, by another token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    left: bool,
}

/// A turn that the workflow wants to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bid<'a, A> {
    /// From 1, one more for each turn.
    pub round: u32,
    /// From 0, one more for each time the workflow tries this turn again.
    pub attempt: u32,
    /// The task token.
    pub token: &'a str,
    /// `seq` of the last note that the workflow has received; 0 if none.
    pub received: u64,
    /// What ends the turn.
    pub accepts: &'a [A],
}

/// The workflow has left this turn: a function instance that comes late. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale;

enum Age {
    Older,
    Same,
    Newer,
}

impl<N: Note> Turn<N> {
    pub(super) fn is_open(&self) -> bool {
        self.taken.is_none()
    }

    pub(super) fn accepts(&self, note: &N) -> bool {
        self.accepts.iter().any(|accept| note.is_meant_by(accept))
    }

    pub(super) fn take(&mut self, note: N) {
        self.taken = Some(note);
    }

    /// What it took is not to be heard any more.
    pub(super) fn give_up(&mut self) {
        self.taken = None;
    }

    /// How a bid stands to this turn. The round and the attempt order turns; one of them can have only one token. A redriven execution
    /// counts its attempts anew.
    fn age_of(&self, bid: &Bid<'_, N::Accept>) -> Age {
        if self.is_bid_again(bid) {
            return Age::Newer;
        }
        match (bid.round, bid.attempt).cmp(&(self.round, self.attempt)) {
            Ordering::Greater => Age::Newer,
            Ordering::Equal if bid.token == self.token => Age::Same,
            Ordering::Equal | Ordering::Less => Age::Older,
        }
    }

    fn is_bid_again(&self, bid: &Bid<'_, N::Accept>) -> bool {
        self.left && bid.round == self.round && bid.token != self.token
    }
}

impl<N: Note> Inbox<N> {
    /// Opens a turn. First the turn before is settled: what it took and the workflow has received is done, what it took in
    /// vain goes back to its place. Then the turn takes the first kept note that it accepts, or waits. Gives the note that led
    /// to this turn, if one did: the workflow has it.
    ///
    /// # Errors
    /// [`Stale`] if it is an older turn than the newest.
    pub fn open(&mut self, bid: &Bid<'_, N::Accept>) -> Result<Option<N>, Stale> {
        let age = self
            .turn
            .as_ref()
            .map_or(Age::Newer, |turn| turn.age_of(bid));
        match age {
            Age::Older => return Err(Stale),
            Age::Same => {}
            Age::Newer => self.begin(bid),
        }
        Ok(self.turn.as_ref().and_then(|turn| turn.led_by.clone()))
    }

    fn begin(&mut self, bid: &Bid<'_, N::Accept>) {
        let led_by = self.settle(bid.received);
        let mut turn = Turn {
            round: bid.round,
            attempt: bid.attempt,
            token: bid.token.to_owned(),
            accepts: bid.accepts.to_vec(),
            taken: None,
            led_by,
            left: false,
        };
        if let Some(first) = self.pending.iter().position(|note| turn.accepts(note)) {
            turn.taken = self.pending.remove(first);
        }
        self.turn = Some(turn);
    }

    /// Ends the newest turn by what the workflow has received, which it gives back if it came from here.
    ///
    /// Only the very `seq` tells: a note that waited long has a lower one than some that arrived before it.
    fn settle(&mut self, received: u64) -> Option<N> {
        let turn = self.turn.take()?;
        match turn.taken {
            Some(taken) if taken.seq() == received => Some(taken),
            taken => {
                if let Some(unsettled) = taken {
                    let place = self
                        .pending
                        .partition_point(|kept| kept.seq() < unsettled.seq());
                    self.pending.insert(place, unsettled);
                }
                turn.led_by.filter(|note| note.seq() == received)
            }
        }
    }

    /// The execution is over. If it is redriven where it waited, its newest turn opens again.
    pub fn leave(&mut self) {
        if let Some(turn) = &mut self.turn {
            turn.left = true;
        }
    }

    /// Whether this is the newest turn once more, of an execution that was redriven.
    pub fn opens_again(&self, bid: &Bid<'_, N::Accept>) -> bool {
        self.turn
            .as_ref()
            .is_some_and(|turn| turn.is_bid_again(bid))
    }

    /// Whether the workflow waits in a turn and has been handed nothing: all that it accepts has been answered.
    pub fn is_at_rest(&self) -> bool {
        self.turn.as_ref().is_some_and(Turn::is_open)
    }

    /// The number of the note handed to the newest turn and not settled.
    pub fn taken_seq(&self) -> Option<u64> {
        self.taken().map(Note::seq)
    }

    /// The note handed to the newest turn and not settled.
    pub fn taken(&self) -> Option<&N> {
        self.turn.as_ref()?.taken.as_ref()
    }

    /// The last note that the workflow heard or is to hear: what the newest turn took, or else what led to it.
    pub fn heard(&self) -> Option<&N> {
        let turn = self.turn.as_ref()?;
        turn.taken.as_ref().or(turn.led_by.as_ref())
    }

    /// The taken note, to be handed to its turn (again). Harmless on a token that is spent.
    pub fn offer(&self) -> Option<Offer<N>> {
        let turn = self.turn.as_ref()?;
        let note = turn.taken.clone()?;
        Some(Offer {
            token: turn.token.clone(),
            note,
        })
    }
}
