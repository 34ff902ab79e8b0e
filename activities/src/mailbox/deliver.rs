//! `deliver`: a signal arrives.
use super::{Answerer, MAX_PENDING_DIGITS, Mailbox, Output};
use crate::inbox::{Patience, TakenIn};
use crate::ports::clock;
use contract::signal::{Signal, SignalName};
use contract::{DeviceId, LegId, PersonId};
use jiff::Timestamp;

/// A signal before the mailbox has numbered and dated it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What makes two deliveries the same signal: an event's transaction, sequence and kind, or a command's idempotency key.
    pub key: String,
    /// What happened.
    pub name: SignalName,
    /// The leg it is about.
    pub leg: Option<LegId>,
    /// The person who gave the command.
    pub person: Option<PersonId>,
    /// The device the command came from.
    pub device: Option<DeviceId>,
    /// `SipResponseCode` of a hang-up.
    pub status: Option<u16>,
    /// Keys pressed.
    pub digits: Option<String>,
    /// A reason in the service's words.
    pub reason: Option<String>,
}

impl Letter {
    /// A signal of which nothing but the name and the leg is known.
    pub fn new(key: impl Into<String>, name: SignalName, leg: Option<LegId>) -> Self {
        let key = key.into();
        Self {
            key,
            name,
            leg,
            person: None,
            device: None,
            status: None,
            digits: None,
            reason: None,
        }
    }

    fn signal(&self, seq: u64, now: Timestamp) -> Signal {
        let Self {
            key: _,
            name,
            leg,
            person,
            device,
            status,
            digits,
            reason,
        } = self.clone();
        Signal {
            seq,
            name,
            at: clock::text(now),
            leg,
            person,
            device,
            status,
            digits,
            reason,
        }
    }
}

/// What became of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// The open turn took it.
    Taken(u64),
    /// It waits for a turn that accepts it.
    Kept(u64),
    /// It only tells, and no open turn listens.
    Dropped(u64),
    /// It was delivered before; this is its number.
    Known(u64),
    /// An answer for a leg that another device has: it is no signal.
    Elsewhere,
    /// The call is over.
    Closed,
    /// Too many signals wait: try again later.
    Full,
}

/// What became of a signal, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What became of it.
    pub delivered: Delivered,
    /// What to do after the write.
    pub outputs: Vec<Output>,
}

impl Delivery {
    /// Nothing to do.
    pub fn quiet(delivered: Delivered) -> Self {
        Self {
            delivered,
            outputs: Vec::new(),
        }
    }
}

impl Mailbox {
    /// Takes in a signal. The same key again has no second effect, nor has a second answer for a leg; if the first signal has been
    /// handed to a turn and is not settled, it is offered again, because the first offer may have been lost.
    pub fn deliver(&mut self, letter: &Letter, now: Timestamp) -> Delivery {
        self.note_hangup(letter);
        if self.closed {
            return Delivery::quiet(Delivered::Closed);
        }
        if let Some(seq) = self.inbox.seq_of(&letter.key) {
            return self.again(Delivered::Known(seq), seq);
        }
        if let Some(first) = self.answerer(letter) {
            let same = letter.device.as_ref() == Some(&first.device);
            let seq = first.seq;
            let delivered = if same {
                Delivered::Known(seq)
            } else {
                Delivered::Elsewhere
            };
            return self.again(delivered, seq);
        }
        let signal = letter.signal(self.inbox.next_seq(), now);
        let patience = self.patience_with(letter.name);
        match self.inbox.take_in(&letter.key, signal, patience) {
            TakenIn::Taken(seq) => {
                self.note_answer(letter, seq);
                Delivery {
                    delivered: Delivered::Taken(seq),
                    outputs: self.offer().into_iter().collect(),
                }
            }
            TakenIn::Kept(seq) => {
                self.note_answer(letter, seq);
                Delivery::quiet(Delivered::Kept(seq))
            }
            TakenIn::Dropped(seq) => Delivery::quiet(Delivered::Dropped(seq)),
            TakenIn::Full => Delivery::quiet(Delivered::Full),
        }
    }

    /// Nothing new: the signal `seq` is offered again if a turn has been handed it and may not have got it.
    fn again(&self, delivered: Delivered, seq: u64) -> Delivery {
        let ours = self.inbox.taken_seq() == Some(seq);
        Delivery {
            delivered,
            outputs: self.offer().filter(|_| ours).into_iter().collect(),
        }
    }

    /// Who has the leg that this letter answers for.
    fn answerer(&self, letter: &Letter) -> Option<&Answerer> {
        let leg = letter.leg.as_ref()?;
        (letter.name == SignalName::ClientAnswer)
            .then(|| self.answered.get(leg))
            .flatten()
    }

    /// The first device that answers for a leg has it from the write that takes its signal in: between the two there is nothing to
    /// die in.
    fn note_answer(&mut self, letter: &Letter, seq: u64) {
        if let (SignalName::ClientAnswer, Some(leg), Some(device)) =
            (letter.name, &letter.leg, &letter.device)
        {
            let device = device.clone();
            self.answered.insert(leg.clone(), Answerer { device, seq });
        }
    }

    fn patience_with(&self, name: SignalName) -> Patience {
        let is_key = |name| matches!(name, SignalName::PhoneDigits | SignalName::ClientDigits);
        let keys = || {
            self.inbox
                .pending()
                .filter(|kept| is_key(kept.name))
                .count()
        };
        if !name.waits() {
            Patience::Tells
        } else if is_key(name) && keys() >= MAX_PENDING_DIGITS {
            Patience::IsFull
        } else {
            Patience::Waits
        }
    }

    fn note_hangup(&mut self, letter: &Letter) {
        if letter.name == SignalName::PhoneHungup
            && let Some(leg) = letter.leg.as_ref().and_then(|leg| self.legs.get_mut(leg))
        {
            leg.hung_up();
        }
    }
}
