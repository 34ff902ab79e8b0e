//! `deliver`: a signal arrives.
use super::{Answerer, MAX_PENDING, MAX_PENDING_DIGITS, MAX_SEEN, Mailbox, Output, Seen};
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
        if let Some(seq) = self.seq_of(&letter.key) {
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
        let signal = letter.signal(self.last_seq + 1, now);
        // An open turn that has taken nothing accepts nothing that waits (`open_turn` would have taken it), so the signal
        // does not overtake an older one.
        if let Some(turn) = self
            .turn
            .as_mut()
            .filter(|turn| turn.taken.is_none() && turn.accepts(&signal))
        {
            turn.taken = Some(signal);
            let seq = self.remember(&letter.key);
            self.note_answer(letter, seq);
            return Delivery {
                delivered: Delivered::Taken(seq),
                outputs: self.offer().into_iter().collect(),
            };
        }
        if !letter.name.waits() {
            return Delivery::quiet(Delivered::Dropped(self.remember(&letter.key)));
        }
        if self.is_full_for(letter.name) {
            return Delivery::quiet(Delivered::Full);
        }
        self.pending.push_back(signal);
        let seq = self.remember(&letter.key);
        self.note_answer(letter, seq);
        Delivery::quiet(Delivered::Kept(seq))
    }

    /// Nothing new: the signal `seq` is offered again if a turn has been handed it and may not have got it.
    fn again(&self, delivered: Delivered, seq: u64) -> Delivery {
        let ours = self.taken_seq() == Some(seq);
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

    /// The number of the signal handed to the newest turn and not settled.
    fn taken_seq(&self) -> Option<u64> {
        self.turn.as_ref()?.taken.as_ref().map(|signal| signal.seq)
    }

    fn seq_of(&self, key: &str) -> Option<u64> {
        self.seen
            .iter()
            .rev()
            .find(|seen| seen.key == key)
            .map(|seen| seen.seq)
    }

    /// Numbers the newest signal under its key. The oldest key of a settled signal gives way.
    fn remember(&mut self, key: &str) -> u64 {
        self.last_seq += 1;
        if self.seen.len() >= MAX_SEEN {
            let taken = self.taken_seq();
            let settled =
                |seq: u64| taken != Some(seq) && self.pending.iter().all(|kept| kept.seq != seq);
            if let Some(oldest) = self.seen.iter().position(|seen| settled(seen.seq)) {
                self.seen.remove(oldest);
            }
        }
        self.seen.push_back(Seen {
            key: key.to_owned(),
            seq: self.last_seq,
        });
        self.last_seq
    }

    fn is_full_for(&self, name: SignalName) -> bool {
        let digits = |name| matches!(name, SignalName::PhoneDigits | SignalName::ClientDigits);
        let crowd = self.pending.iter().filter(|kept| digits(kept.name)).count();
        self.pending.len() >= MAX_PENDING || digits(name) && crowd >= MAX_PENDING_DIGITS
    }

    fn note_hangup(&mut self, letter: &Letter) {
        if letter.name == SignalName::PhoneHungup
            && let Some(leg) = letter.leg.as_ref().and_then(|leg| self.legs.get_mut(leg))
        {
            leg.hung_up();
        }
    }
}
