//! Phone legs: whom the phone network asks about, what they are to do, and what each of their events was answered.
use super::{MAX_ANSWERS, MAX_ASKING, MAX_LEGS, MAX_MOVES, MAX_OUTBOX, Mailbox, Output};
use contract::LegId;
use contract::moves::Move;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{VecDeque, btree_map::Entry};

/// How long an event counts as being waited on: a little more than the SMA function waits. An event still here after that is one
/// whose function died.
const ASKING_ENDS: SignedDuration = SignedDuration::from_millis(4_500);

/// One phone leg.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhoneLeg {
    line: Line,
    /// The last round whose moves were posted: a round posts once.
    #[serde(default)]
    posted: u32,
    /// Moves that no event has collected, by round.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    outbox: VecDeque<Vec<Move>>,
    /// Events whose answers are being waited for.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    asking: VecDeque<Asking>,
    /// The answers that events got, oldest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    answers: VecDeque<(String, Answer)>,
}

/// Whether a leg has a transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Line {
    /// Not dialled, not ringing in.
    #[default]
    None,
    /// Somebody is dialling, or has died while dialling.
    Claimed {
        /// Who.
        by: String,
    },
    /// The phone network has it.
    Up {
        /// Its SMA transaction.
        transaction: String,
    },
    /// Hung up.
    Down {
        /// Its SMA transaction, if it ever had one.
        transaction: Option<String>,
    },
}

/// An event that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Asking {
    key: String,
    since: Timestamp,
}

/// What an event is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Go on with what the leg was doing (no `Actions`).
    Keep,
    /// Do this instead (`Actions`).
    Do(Vec<Move>),
}

impl Answer {
    /// The answer of a call that is over.
    pub fn hang_up() -> Self {
        Self::Do(vec![Move::HangUp { status: 0 }])
    }
}

/// What an event that asks gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// Its answer: from now on always this one.
    Answer(Answer),
    /// The workflow has not said yet.
    Wait,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody has dialled this leg: dial it.
    Fresh,
    /// Somebody may have dialled it.
    Unfinished,
    /// It was dialled; this is its transaction.
    Done(String),
    /// The call is over.
    Closed,
}

/// What became of a transaction that says it is this leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It is.
    Ours,
    /// The leg has another one: this one is to be hung up.
    Foreign,
}

impl PhoneLeg {
    /// Posts a round's moves, once. A hang-up makes older moves that nobody collected pointless.
    pub(super) fn post(&mut self, round: u32, moves: &[Move]) {
        if self.posted >= round || matches!(self.line, Line::Down { .. }) {
            return;
        }
        self.posted = round;
        if moves.is_empty() {
            return;
        }
        if moves
            .iter()
            .any(|asked| matches!(asked, Move::HangUp { .. }))
        {
            self.outbox.clear();
        }
        if self.outbox.len() >= MAX_OUTBOX {
            self.outbox.pop_front();
        }
        self.outbox.push_back(moves.to_vec());
    }

    /// Wakes the leg if moves wait and nobody is about to collect them.
    pub(super) fn push(&self, id: &LegId, now: Timestamp) -> Option<Output> {
        let asked = self
            .asking
            .iter()
            .any(|asking| now.duration_since(asking.since) < ASKING_ENDS);
        match &self.line {
            Line::Up { transaction } if !self.outbox.is_empty() && !asked => Some(Output::Push {
                leg: id.clone(),
                transaction: transaction.clone(),
            }),
            Line::Up { .. } | Line::None | Line::Claimed { .. } | Line::Down { .. } => None,
        }
    }

    /// Drops what the leg was to do; wakes it if it is up, to be told to hang up.
    pub(super) fn close(&mut self, id: &LegId) -> Option<Output> {
        self.outbox.clear();
        match &self.line {
            Line::Up { transaction } => Some(Output::Push {
                leg: id.clone(),
                transaction: transaction.clone(),
            }),
            Line::None | Line::Claimed { .. } | Line::Down { .. } => None,
        }
    }

    pub(super) fn hung_up(&mut self) {
        let transaction = match std::mem::take(&mut self.line) {
            Line::Up { transaction } => Some(transaction),
            Line::Down { transaction } => transaction,
            Line::None | Line::Claimed { .. } => None,
        };
        self.line = Line::Down { transaction };
        self.outbox.clear();
    }

    fn answered(&self, key: &str) -> Option<Answer> {
        self.answers
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, answer)| answer.clone())
    }

    fn answer(&mut self, key: &str, answer: Answer) -> Answer {
        self.asking.retain(|asking| asking.key != key);
        if self.answers.len() >= MAX_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back((key.to_owned(), answer.clone()));
        answer
    }

    /// The rounds that wait, oldest first, as many as one answer may hold. What is left is for the next event.
    fn take_moves(&mut self) -> Option<Vec<Move>> {
        let mut moves = self.outbox.pop_front()?;
        while let Some(next) = self
            .outbox
            .pop_front_if(|next| moves.len() + next.len() <= MAX_MOVES)
        {
            moves.extend(next);
        }
        Some(moves)
    }
}

impl Mailbox {
    /// An event of a leg asks what to do: moves posted from now on wait for it and not for a wake-up.
    pub fn ask(&mut self, leg: &LegId, key: &str, now: Timestamp) {
        if self.closed {
            return;
        }
        let Some(leg) = self.leg_mut(leg) else { return };
        if leg.answered(key).is_some() || leg.asking.iter().any(|asking| asking.key == key) {
            return;
        }
        if leg.asking.len() >= MAX_ASKING {
            leg.asking.pop_front();
        }
        leg.asking.push_back(Asking {
            key: key.to_owned(),
            since: now,
        });
    }

    /// The answer to an event of a leg. The moves that wait for the leg, if there are some; else nothing to change, once the
    /// workflow is at rest; until then, wait.
    pub fn collect(&mut self, leg: &LegId, key: &str) -> Collected {
        let rest = self.is_at_rest();
        self.settle_event(leg, key, rest, Answer::Keep)
    }

    /// The answer to an event of a leg that cannot wait any longer: what there is, else `otherwise`. Moves that come later wake the leg.
    pub fn give_up(&mut self, leg: &LegId, key: &str, otherwise: Answer) -> Answer {
        match self.settle_event(leg, key, true, otherwise.clone()) {
            Collected::Answer(answer) => answer,
            Collected::Wait => otherwise,
        }
    }

    fn settle_event(
        &mut self,
        leg: &LegId,
        key: &str,
        now_or_never: bool,
        otherwise: Answer,
    ) -> Collected {
        let closed = self.closed;
        let Some(leg) = self.leg_mut(leg) else {
            return Collected::Answer(Answer::hang_up());
        };
        if let Some(answer) = leg.answered(key) {
            return Collected::Answer(answer);
        }
        let answer = if closed {
            Answer::hang_up()
        } else if let Some(moves) = leg.take_moves() {
            Answer::Do(moves)
        } else if now_or_never {
            otherwise
        } else {
            return Collected::Wait;
        };
        Collected::Answer(leg.answer(key, answer))
    }

    /// Reserves a leg for the one that is about to dial it. `by` is new for every run of the task, so that a run which repeats
    /// its own write knows itself, and one that follows a dead run does not dial again.
    pub fn claim(&mut self, leg: &LegId, by: &str) -> Claim {
        if self.closed {
            return Claim::Closed;
        }
        let Some(leg) = self.leg_mut(leg) else {
            return Claim::Closed;
        };
        match &leg.line {
            Line::None => {
                leg.line = Line::Claimed { by: by.to_owned() };
                Claim::Fresh
            }
            Line::Claimed { by: holder } if holder == by => Claim::Fresh,
            Line::Claimed { .. } | Line::Down { transaction: None } => Claim::Unfinished,
            Line::Up { transaction }
            | Line::Down {
                transaction: Some(transaction),
            } => Claim::Done(transaction.clone()),
        }
    }

    /// Gives a claim back: nothing was dialled.
    pub fn release(&mut self, leg: &LegId, by: &str) {
        if let Some(leg) = self.legs.get_mut(leg)
            && matches!(&leg.line, Line::Claimed { by: holder } if holder == by)
        {
            leg.line = Line::None;
        }
    }

    /// Says which transaction a leg is: the first one to say so has it for ever. Moves that waited for the leg can go now; a
    /// leg that comes up after the call is over is woken to be hung up.
    pub fn bind(
        &mut self,
        leg: &LegId,
        transaction: &str,
        now: Timestamp,
    ) -> (Bound, Option<Output>) {
        let closed = self.closed;
        let id = leg.clone();
        let Some(leg) = self.leg_mut(leg) else {
            return (Bound::Foreign, None);
        };
        match &leg.line {
            Line::None | Line::Claimed { .. } => {
                leg.line = Line::Up {
                    transaction: transaction.to_owned(),
                };
                let output = if closed {
                    leg.close(&id)
                } else {
                    leg.push(&id, now)
                };
                (Bound::Ours, output)
            }
            Line::Up { transaction: known }
            | Line::Down {
                transaction: Some(known),
            } if known == transaction => (Bound::Ours, None),
            Line::Up { .. } | Line::Down { .. } => (Bound::Foreign, None),
        }
    }

    /// The transaction of a leg that is up.
    pub fn transaction_of(&self, leg: &LegId) -> Option<&str> {
        match &self.legs.get(leg)?.line {
            Line::Up { transaction } => Some(transaction),
            Line::None | Line::Claimed { .. } | Line::Down { .. } => None,
        }
    }

    /// The legs that are up, with their transactions.
    pub fn legs_up(&self) -> impl Iterator<Item = (&LegId, &str)> {
        self.legs.iter().filter_map(|(id, leg)| match &leg.line {
            Line::Up { transaction } => Some((id, transaction.as_str())),
            Line::None | Line::Claimed { .. } | Line::Down { .. } => None,
        })
    }

    /// The leg, made if it is new; `None` if the call has too many.
    pub(super) fn leg_mut(&mut self, leg: &LegId) -> Option<&mut PhoneLeg> {
        let room = self.legs.len() < MAX_LEGS;
        match self.legs.entry(leg.clone()) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(new) => room.then(|| new.insert(PhoneLeg::default())),
        }
    }
}
