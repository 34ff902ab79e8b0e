//! Where what happens in the world meets a workflow that waits for it, one thing at a time.
//!
//! Notes come when they like: twice, late, out of order, while the workflow waits or while it is between two turns. The workflow waits
//! for one at a time, and the service that hands it over may lose either side's answer. The inbox makes of this: *every note reaches
//! the workflow once, in order of arrival among those it accepts*. It is a value and a pure machine over it; whoever stores it does
//! so by compare-and-set.
//!
//! What makes handing over exact: a turn that took a note stays in the inbox, *taken*, until the next turn opens. That turn's
//! `received` is the `seq` of the last note that the workflow has. Equal to what was taken: it arrived, and is settled. Not
//! equal: its token died first (the task timed out or failed), and the note goes back to its place. The old token is dead by
//! then, because the workflow opens a turn only after it has left the one before; so no note can arrive twice.
//!
//! Calls have one in their [mailbox](crate::mailbox), beside the phone legs; requests (orders, ports, onboardings) have one as it is.

mod hand_over;
mod turn;

pub use hand_over::hand_over;
use turn::Turn;
pub use turn::{Bid, Stale};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt::Debug;

/// Most notes that wait for a turn to accept them.
pub const MAX_PENDING: usize = 256;
/// Most keys of notes remembered, unless the note says otherwise. A phone leg has at most 1,000 events (Chime SDK), and retries come
/// within minutes.
pub const MAX_SEEN: usize = 1024;

/// What an inbox holds: something that happened, numbered.
pub trait Note: Debug + Clone + Eq + Serialize + DeserializeOwned {
    /// What a turn says that it waits for.
    type Accept: Debug + Clone + Eq + Serialize + DeserializeOwned;

    /// Most keys that are remembered.
    const MAX_SEEN: usize = MAX_SEEN;

    /// Its place in the inbox, from 1.
    fn seq(&self) -> u64;

    /// Whether a turn that waits for this takes it.
    fn is_meant_by(&self, accept: &Self::Accept) -> bool;
}

/// An inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    bound(serialize = "N: Note", deserialize = "N: Note")
)]
pub struct Inbox<N: Note> {
    /// `seq` of the newest note.
    last_seq: u64,
    /// Keys already taken in, oldest first.
    #[serde(default)]
    seen: VecDeque<Seen>,
    /// Notes that no turn has taken, by `seq`.
    #[serde(default)]
    pending: VecDeque<N>,
    /// The newest turn. Open while it has taken nothing; then it waits to be settled by the next.
    #[serde(default)]
    turn: Option<Turn<N>>,
}

/// A key and the number its note got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    key: String,
    seq: u64,
}

/// What became of a new note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenIn {
    /// The open turn took it: hand it over.
    Taken(u64),
    /// It waits for a turn that accepts it.
    Kept(u64),
    /// It only tells, and no open turn listens.
    Dropped(u64),
    /// Too many notes wait: nothing was changed.
    Full,
}

/// Whether a note that no open turn accepts waits for one that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It waits.
    Waits,
    /// It waits unless the inbox is full, which whoever asks judges by more than its size.
    IsFull,
    /// It only tells.
    Tells,
}

/// A note and the token of the turn that it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer<N> {
    /// The task token.
    pub token: String,
    /// The note.
    pub note: N,
}

impl<N: Note> Default for Inbox<N> {
    fn default() -> Self {
        Self {
            last_seq: 0,
            seen: VecDeque::new(),
            pending: VecDeque::new(),
            turn: None,
        }
    }
}

impl<N: Note> Inbox<N> {
    /// The number that the next note gets.
    pub fn next_seq(&self) -> u64 {
        self.last_seq + 1
    }

    /// The number of the note that came under this key, if it is remembered.
    pub fn seq_of(&self, key: &str) -> Option<u64> {
        let newest_first = self.seen.iter().rev();
        let mut same = newest_first.filter(|seen| seen.key == key);
        same.next().map(|seen| seen.seq)
    }

    /// The key under which the note of this number came, if it is remembered.
    pub fn key_of(&self, seq: u64) -> Option<&str> {
        let newest_first = self.seen.iter().rev();
        let mut same = newest_first.filter(|seen| seen.seq == seq);
        same.next().map(|seen| seen.key.as_str())
    }

    /// The note of this number, while the workflow is not known to have it.
    pub fn unsettled(&self, seq: u64) -> Option<&N> {
        let mut all = self.taken().into_iter().chain(&self.pending);
        all.find(|note| note.seq() == seq)
    }

    /// Forgets what the workflow is not to hear any more. Whatever was delivered under its key is known still.
    pub fn forget(&mut self, seq: u64) {
        self.pending.retain(|note| note.seq() != seq);
        if self.taken_seq() == Some(seq)
            && let Some(turn) = &mut self.turn
        {
            turn.give_up();
        }
    }

    /// What waits for a turn.
    pub fn pending(&self) -> impl ExactSizeIterator<Item = &N> {
        self.pending.iter()
    }

    /// Takes in a note whose key is new and whose number is [`Self::next_seq`].
    pub fn take_in(&mut self, key: &str, note: N, patience: Patience) -> TakenIn {
        // An open turn that has taken nothing accepts nothing that waits (`open` would have taken it), so the note does not
        // overtake an older one.
        let open = self.turn.as_mut().filter(|turn| turn.is_open());
        if let Some(turn) = open.filter(|turn| turn.accepts(&note)) {
            turn.take(note);
            return TakenIn::Taken(self.remember(key));
        }
        match patience {
            Patience::Tells => TakenIn::Dropped(self.remember(key)),
            Patience::Waits if self.pending.len() < MAX_PENDING => {
                self.pending.push_back(note);
                TakenIn::Kept(self.remember(key))
            }
            Patience::Waits | Patience::IsFull => TakenIn::Full,
        }
    }

    /// Numbers the newest note under its key. The oldest key of a settled note gives way.
    fn remember(&mut self, key: &str) -> u64 {
        self.last_seq += 1;
        if self.seen.len() >= N::MAX_SEEN {
            let taken = self.taken_seq();
            let settled =
                |seq: u64| taken != Some(seq) && self.pending.iter().all(|kept| kept.seq() != seq);
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

    /// Forgets what waits and who waits: the workflow is over.
    pub fn close(&mut self) {
        self.turn = None;
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A note that turns take by its first letter.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    struct Word(u64, String);

    impl Note for Word {
        type Accept = char;

        fn seq(&self) -> u64 {
            self.0
        }

        fn is_meant_by(&self, accept: &char) -> bool {
            self.1.starts_with(*accept)
        }
    }

    fn put(inbox: &mut Inbox<Word>, word: &str, patience: Patience) -> TakenIn {
        let note = Word(inbox.next_seq(), word.to_owned());
        inbox.take_in(word, note, patience)
    }

    fn bid<'a>(round: u32, received: u64, accepts: &'a [char]) -> Bid<'a, char> {
        Bid {
            round,
            attempt: 0,
            token: ["", "one", "two", "three"][round as usize],
            received,
            accepts,
        }
    }

    #[test]
    fn a_turn_takes_the_oldest_note_that_it_accepts_and_the_next_one_settles_it() {
        let mut inbox = Inbox::default();
        for word in ["beta", "alpha", "apple"] {
            put(&mut inbox, word, Patience::Waits);
        }
        inbox.open(&bid(1, 0, &['a'])).unwrap();
        let offer = inbox.offer().unwrap();
        assert_eq!((offer.token.as_str(), offer.note.seq()), ("one", 2));
        // It never arrived: the next turn gets it again, before younger ones.
        assert_eq!(inbox.open(&bid(2, 0, &['a'])), Ok(None));
        assert_eq!(inbox.offer().unwrap().note.seq(), 2);
        let led_by = inbox.open(&bid(3, 2, &['a', 'b'])).unwrap();
        assert_eq!(led_by.unwrap().1, "alpha");
        assert_eq!(inbox.offer().unwrap().note.1, "beta");
        assert_eq!(inbox.open(&bid(2, 0, &['a'])), Err(Stale));
    }

    #[test]
    fn a_turn_that_was_left_opens_again_by_another_token_and_what_it_took_in_vain_is_taken_again() {
        let mut inbox = Inbox::default();
        let second_try = Bid {
            attempt: 1,
            ..bid(1, 0, &['a'])
        };
        inbox.open(&second_try).unwrap();
        put(&mut inbox, "alpha", Patience::Waits);
        let again = Bid {
            token: "again",
            ..bid(1, 0, &['a'])
        };
        assert_eq!(inbox.open(&again), Err(Stale), "its execution runs");
        inbox.leave();
        assert!(!inbox.opens_again(&second_try));
        assert!(inbox.opens_again(&again));
        assert_eq!(inbox.open(&again), Ok(None));
        assert!(!inbox.opens_again(&again));
        let offer = inbox.offer().unwrap();
        assert_eq!((offer.token.as_str(), offer.note.seq()), ("again", 1));
        assert_eq!(inbox.open(&bid(1, 0, &['a'])), Err(Stale));
    }

    #[test]
    fn what_is_forgotten_reaches_no_turn_and_its_key_stays_known() {
        let mut inbox = Inbox::default();
        inbox.open(&bid(1, 0, &['a'])).unwrap();
        put(&mut inbox, "alpha", Patience::Waits);
        put(&mut inbox, "apple", Patience::Waits);
        assert_eq!(inbox.unsettled(1).unwrap().1, "alpha");
        assert_eq!(inbox.key_of(2), Some("apple"));
        inbox.forget(1);
        inbox.forget(2);
        assert_eq!((inbox.unsettled(1), inbox.unsettled(2)), (None, None));
        assert_eq!(inbox.open(&bid(2, 0, &['a'])), Ok(None));
        assert_eq!(inbox.offer(), None);
        assert_eq!(inbox.seq_of("alpha"), Some(1));
    }

    #[test]
    fn what_only_tells_is_remembered_and_not_kept() {
        let mut inbox = Inbox::default();
        assert_eq!(put(&mut inbox, "a", Patience::Tells), TakenIn::Dropped(1));
        assert_eq!((inbox.seq_of("a"), inbox.pending().len()), (Some(1), 0));
    }

    #[test]
    fn a_full_inbox_refuses_without_a_trace_but_an_open_turn_still_takes() {
        let mut inbox = Inbox::default();
        for n in 0..MAX_PENDING {
            put(&mut inbox, &format!("b{n}"), Patience::Waits);
        }
        assert_eq!(put(&mut inbox, "late", Patience::Waits), TakenIn::Full);
        assert_eq!(inbox.seq_of("late"), None);
        inbox.open(&bid(1, 0, &['l'])).unwrap();
        let next = inbox.next_seq();
        assert_eq!(
            put(&mut inbox, "late", Patience::IsFull),
            TakenIn::Taken(next)
        );
    }

    #[test]
    fn the_oldest_settled_keys_are_forgotten_and_those_that_wait_are_not() {
        let mut inbox = Inbox::default();
        put(&mut inbox, "waits", Patience::Waits);
        for n in 0..2 * MAX_SEEN {
            put(&mut inbox, &format!("told {n}"), Patience::Tells);
        }
        assert_eq!(inbox.seen.len(), MAX_SEEN);
        assert_eq!(inbox.seq_of("waits"), Some(1));
        assert_eq!(inbox.seq_of("told 0"), None);
    }
}
