//! The transaction layer (RFC 3261 section 17, RFC 6026): retransmission, matching, timeouts. Pure: messages and time
//! go in; bytes to send and events come out.
//!
//! | machine | states |
//! |---|---|
//! | server INVITE | proceeding, completed (final sent, waits for ACK), accepted (2xx sent, waits for ACK), confirmed |
//! | server other | trying, done |
//! | client INVITE | calling, proceeding, completed (refused, ACK sent), accepted (2xx, ACK is the dialog's) |
//! | client other | calling, proceeding, done |

mod client;
mod server;

use super::flow::Flow;
use super::message::{Message, Method};
use crate::time::At;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Round-trip estimate (section 17.1.1.1), in milliseconds.
pub const T1_MS: u64 = 500;
/// Longest retransmission interval, in milliseconds.
pub const T2_MS: u64 = 4_000;
/// How long a message may stay in the network, in milliseconds.
pub const T4_MS: u64 = 5_000;
/// Timers B, D, F, H, J, L: when to give up, in milliseconds.
pub const GIVE_UP_MS: u64 = 64 * T1_MS;
/// Most transactions at once; above it new requests are refused without state.
pub const MAX_TRANSACTIONS: usize = 100_000;

/// A transaction of either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionKey(u64);

/// What the user of the layer must hear.
#[derive(Debug)]
pub enum Event {
    /// A request that belongs to no transaction: accept or refuse it.
    Request(Message, Flow),
    /// The caller gave up: the INVITE transaction must be answered 487.
    Cancelled(TransactionKey),
    /// The 2xx of this INVITE is acknowledged; the ACK may carry the answer to a delayed offer.
    Acknowledged(TransactionKey, Message),
    /// The 2xx of this INVITE was never acknowledged.
    NeverAcknowledged(TransactionKey),
    /// A response to a request of ours.
    Response(TransactionKey, Message, Flow),
    /// No (final) response came, or the peer cannot be reached.
    TimedOut(TransactionKey),
}

/// Bytes for a peer.
#[derive(Debug, Clone)]
pub struct Send {
    /// Whereto.
    pub flow: Flow,
    /// A whole message.
    pub bytes: Vec<u8>,
}

#[derive(Debug)]
enum State {
    ServerProceeding {
        last: Option<Vec<u8>>,
    },
    ServerCompleted {
        last: Vec<u8>,
        interval_ms: u64,
        until: At,
    },
    ServerAccepted {
        last: Vec<u8>,
        interval_ms: u64,
        until: At,
        acknowledged: bool,
    },
    ServerDone {
        last: Vec<u8>,
    },
    Calling {
        request: Vec<u8>,
        interval_ms: u64,
        until: At,
    },
    ClientProceeding,
    ClientCompleted {
        ack: Vec<u8>,
    },
    ClientAccepted {
        ack: Option<(Vec<u8>, Flow)>,
    },
    ClientDone,
}

#[derive(Debug)]
struct Transaction {
    id: String,
    /// Index entries to remove with it.
    dialog_id: Option<String>,
    flow: Flow,
    invite: bool,
    /// The request, kept for INVITE only: its ACK and CANCEL are made from it.
    request: Option<Message>,
    state: State,
    due: Option<At>,
}

/// All transactions.
#[derive(Debug, Default)]
pub struct Transactions {
    all: HashMap<TransactionKey, Transaction>,
    by_id: HashMap<String, TransactionKey>,
    /// Server INVITEs by Call-ID, From tag and CSeq: an ACK of a 2xx and a request that came twice are found so.
    by_dialog: HashMap<String, TransactionKey>,
    timers: BinaryHeap<Reverse<(At, TransactionKey)>>,
    next: u64,
    out: Vec<Send>,
}

impl Transactions {
    /// Takes what is to be sent since the last call.
    pub fn take_sends(&mut self) -> Vec<Send> {
        std::mem::take(&mut self.out)
    }

    /// How many transactions live.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// True when none lives.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Takes a sound message from the network.
    pub fn receive(&mut self, message: Message, flow: Flow, now: At) -> Option<Event> {
        match message.method().cloned() {
            None => self.receive_response(message, flow, now),
            Some(Method::Ack) => self.receive_ack(message, now),
            Some(Method::Cancel) => self.receive_cancel(&message, flow),
            Some(method) => self.receive_request(message, &method, flow),
        }
    }

    /// Answers without state.
    pub fn refuse(&mut self, answer: &Message, flow: Flow) {
        self.out.push(Send {
            flow,
            bytes: answer.to_bytes(),
        });
    }

    /// The peer of a stream could not be reached: what still calls it has failed.
    pub fn unreachable(&mut self, flow: Flow) -> Vec<Event> {
        let failed: Vec<TransactionKey> = self
            .all
            .iter()
            .filter(|(_, t)| t.flow.proto == flow.proto && t.flow.peer == flow.peer)
            .filter(|(_, t)| matches!(t.state, State::Calling { .. }))
            .map(|(key, _)| *key)
            .collect();
        failed.iter().for_each(|key| self.remove(*key));
        failed.into_iter().map(Event::TimedOut).collect()
    }

    /// When [`Transactions::tick`] must be called.
    #[must_use]
    pub fn next_due(&self) -> Option<At> {
        self.timers.peek().map(|Reverse((at, _))| *at)
    }

    /// Runs the timers that are due.
    pub fn tick(&mut self, now: At) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(Reverse((at, key))) = self.timers.peek().copied() {
            if at > now {
                break;
            }
            self.timers.pop();
            if self.all.get(&key).is_some_and(|t| t.due == Some(at)) {
                events.extend(self.fire(key, now));
            }
        }
        events
    }

    fn fire(&mut self, key: TransactionKey, now: At) -> Option<Event> {
        let transaction = self.all.get_mut(&key)?;
        let flow = transaction.flow;
        let again = match &mut transaction.state {
            State::ServerCompleted {
                last,
                interval_ms,
                until,
            }
            | State::Calling {
                request: last,
                interval_ms,
                until,
            } if now < *until => {
                // INVITE requests double without bound, everything else up to T2.
                let request = matches!(last.first_chunk::<6>(), Some(b"INVITE"));
                *interval_ms = if request {
                    *interval_ms * 2
                } else {
                    (*interval_ms * 2).min(T2_MS)
                };
                Some((last.clone(), now.after(*interval_ms).min(*until)))
            }
            State::ServerAccepted {
                last,
                interval_ms,
                until,
                acknowledged: false,
            } if now < *until => {
                *interval_ms = (*interval_ms * 2).min(T2_MS);
                Some((last.clone(), now.after(*interval_ms).min(*until)))
            }
            State::ServerAccepted {
                acknowledged: false,
                ..
            } => {
                self.remove(key);
                return Some(Event::NeverAcknowledged(key));
            }
            State::Calling { .. } | State::ClientProceeding => {
                self.remove(key);
                return Some(Event::TimedOut(key));
            }
            State::ServerProceeding { .. }
            | State::ServerCompleted { .. }
            | State::ServerAccepted { .. }
            | State::ServerDone { .. }
            | State::ClientCompleted { .. }
            | State::ClientAccepted { .. }
            | State::ClientDone => None,
        };
        match again {
            Some((bytes, due)) => {
                self.out.push(Send { flow, bytes });
                self.schedule(key, due);
            }
            None => self.remove(key),
        }
        None
    }

    fn insert(&mut self, transaction: Transaction) -> TransactionKey {
        self.next += 1;
        let key = TransactionKey(self.next);
        self.by_id.insert(transaction.id.clone(), key);
        if let Some(dialog) = &transaction.dialog_id {
            self.by_dialog.insert(dialog.clone(), key);
        }
        self.all.insert(key, transaction);
        key
    }

    fn remove(&mut self, key: TransactionKey) {
        let Some(transaction) = self.all.remove(&key) else {
            return;
        };
        if self.by_id.get(&transaction.id) == Some(&key) {
            self.by_id.remove(&transaction.id);
        }
        if let Some(dialog) = &transaction.dialog_id
            && self.by_dialog.get(dialog) == Some(&key)
        {
            self.by_dialog.remove(dialog);
        }
    }

    fn schedule(&mut self, key: TransactionKey, due: At) {
        if let Some(transaction) = self.all.get_mut(&key) {
            transaction.due = Some(due);
            self.timers.push(Reverse((due, key)));
        }
    }
}
