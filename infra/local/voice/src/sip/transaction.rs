//! The transaction layer (RFC 3261 section 17, RFC 6026): retransmission, matching, timeouts. Pure: messages and time
//! go in; bytes to send and events come out.
//!
//! | machine | states |
//! |---|---|
//! | server INVITE | proceeding, completed (final sent, waits for ACK), accepted (2xx sent, waits for ACK), confirmed |
//! | server other | trying, done |
//! | client INVITE | calling, proceeding, completed (refused, ACK sent), accepted (2xx, ACK is the dialog's) |
//! | client other | calling, proceeding, done |

use super::flow::Flow;
use super::message::{Message, Method, Start, response};
use super::uri::split_list;
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

    /// Begins a server transaction for a request that [`Event::Request`] brought.
    pub fn accept(&mut self, request: &Message, flow: Flow) -> TransactionKey {
        let invite = request.method() == Some(&Method::Invite);
        let method = request
            .method()
            .map(Method::as_str)
            .unwrap_or_default()
            .to_owned();
        let transaction = Transaction {
            id: server_id(request, &method),
            dialog_id: invite.then(|| dialog_id(request)),
            flow,
            invite,
            request: None,
            state: State::ServerProceeding { last: None },
            due: None,
        };
        self.insert(transaction)
    }

    /// Whether the same request already came another way (section 8.2.2.2): it went through a loop or a fork.
    #[must_use]
    pub fn merged(&self, request: &Message) -> bool {
        request.to().is_some_and(|to| to.tag().is_none())
            && self.by_dialog.contains_key(&dialog_id(request))
    }

    /// Answers without state.
    pub fn refuse(&mut self, answer: &Message, flow: Flow) {
        self.out.push(Send {
            flow,
            bytes: answer.to_bytes(),
        });
    }

    /// Sends a response in a server transaction. Ignored when it is final already.
    pub fn respond(&mut self, key: TransactionKey, answer: &Message, now: At) {
        let Some(transaction) = self.all.get_mut(&key) else {
            return;
        };
        let State::ServerProceeding { last } = &mut transaction.state else {
            return;
        };
        let (bytes, status) = (answer.to_bytes(), answer.status().unwrap_or(500));
        let flow = transaction.flow;
        self.out.push(Send {
            flow,
            bytes: bytes.clone(),
        });
        if status < 200 {
            *last = Some(bytes);
            return;
        }
        let until = now.after(GIVE_UP_MS);
        let due = if !transaction.invite {
            transaction.state = State::ServerDone { last: bytes };
            if flow.reliable() { now } else { until }
        } else if status < 300 {
            // A 2xx goes again until its ACK also over TCP: it is end to end (section 13.3.1.4).
            transaction.state = State::ServerAccepted {
                last: bytes,
                interval_ms: T1_MS,
                until,
                acknowledged: false,
            };
            now.after(T1_MS)
        } else {
            transaction.state = State::ServerCompleted {
                last: bytes,
                interval_ms: T1_MS,
                until,
            };
            if flow.reliable() {
                until
            } else {
                now.after(T1_MS)
            }
        };
        self.schedule(key, due);
    }

    /// Sends a request of ours; its topmost Via holds a new branch.
    pub fn request(&mut self, request: Message, flow: Flow, now: At) -> TransactionKey {
        let bytes = request.to_bytes();
        let method = request.method().map(Method::as_str).unwrap_or_default();
        let invite = method == "INVITE";
        self.out.push(Send {
            flow,
            bytes: bytes.clone(),
        });
        let until = now.after(GIVE_UP_MS);
        let transaction = Transaction {
            id: client_id(&request, method),
            dialog_id: None,
            flow,
            invite,
            request: invite.then_some(request),
            state: State::Calling {
                request: bytes,
                interval_ms: T1_MS,
                until,
            },
            due: None,
        };
        let key = self.insert(transaction);
        self.schedule(
            key,
            if flow.reliable() {
                until
            } else {
                now.after(T1_MS)
            },
        );
        key
    }

    /// Takes up an INVITE of ours that rang before a restart: it is not sent again, but can be cancelled and answered.
    pub fn restore(&mut self, invite: Message, flow: Flow) -> TransactionKey {
        let id = client_id(&invite, "INVITE");
        let state = State::ClientProceeding;
        self.insert(Transaction {
            id,
            dialog_id: None,
            flow,
            invite: true,
            request: Some(invite),
            state,
            due: None,
        })
    }

    /// Sends the ACK of a 2xx, now and again whenever the 2xx comes again.
    pub fn acknowledge(&mut self, key: TransactionKey, ack: &Message, flow: Flow) {
        let bytes = ack.to_bytes();
        self.out.push(Send {
            flow,
            bytes: bytes.clone(),
        });
        if let Some(State::ClientAccepted { ack }) = self.all.get_mut(&key).map(|t| &mut t.state) {
            *ack = Some((bytes, flow));
        }
    }

    /// Sends CANCEL for an INVITE of ours that has had a provisional response; false when it had none yet.
    pub fn cancel(&mut self, key: TransactionKey, now: At) -> bool {
        let Some(transaction) = self.all.get(&key) else {
            return false;
        };
        let (State::ClientProceeding, Some(invite)) = (&transaction.state, &transaction.request)
        else {
            return false;
        };
        let (cancel, flow) = (hop_request(invite, &Method::Cancel, None), transaction.flow);
        self.request(cancel, flow, now);
        // Section 9.1: no answer within 64 T1 ends the INVITE as well.
        self.schedule(key, now.after(GIVE_UP_MS));
        true
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

    fn receive_request(&mut self, message: Message, method: &Method, flow: Flow) -> Option<Event> {
        let Some(key) = self.by_id.get(&server_id(&message, method.as_str())) else {
            return Some(Event::Request(message, flow));
        };
        let transaction = self.all.get(key)?;
        let last = match &transaction.state {
            State::ServerProceeding { last } => last.clone(),
            State::ServerCompleted { last, .. } | State::ServerDone { last } => Some(last.clone()),
            // RFC 6026: the 2xx has its own clock.
            _ => None,
        };
        let flow = transaction.flow;
        self.out.extend(last.map(|bytes| Send { flow, bytes }));
        None
    }

    fn receive_ack(&mut self, message: Message, now: At) -> Option<Event> {
        let key = self
            .by_id
            .get(&server_id(&message, "INVITE"))
            .or_else(|| self.by_dialog.get(&dialog_id(&message)))
            .copied()?;
        let transaction = self.all.get_mut(&key)?;
        match &mut transaction.state {
            State::ServerCompleted { .. } => {
                // Confirmed: absorb more ACKs for T4, nothing is sent any more.
                let (reliable, last) = (transaction.flow.reliable(), Vec::new());
                transaction.state = State::ServerDone { last };
                self.schedule(key, if reliable { now } else { now.after(T4_MS) });
                None
            }
            State::ServerAccepted {
                acknowledged,
                until,
                ..
            } if !*acknowledged => {
                *acknowledged = true;
                let until = *until;
                self.schedule(key, until);
                Some(Event::Acknowledged(key, message))
            }
            _ => None,
        }
    }

    fn receive_cancel(&mut self, message: &Message, flow: Flow) -> Option<Event> {
        let key = self.by_id.get(&server_id(message, "INVITE")).copied();
        let status = if key.is_some() { 200 } else { 481 };
        let tag = format!("c{:x}", self.next);
        let answer = response(
            message,
            status,
            super::message::reason_of(status),
            Some(&tag),
        );
        self.out.push(Send {
            flow,
            bytes: answer.to_bytes(),
        });
        let key = key?;
        let proceeding = matches!(self.all.get(&key)?.state, State::ServerProceeding { .. });
        proceeding.then_some(Event::Cancelled(key))
    }

    fn receive_response(&mut self, message: Message, flow: Flow, now: At) -> Option<Event> {
        let (_, method) = message.cseq()?;
        let key = *self.by_id.get(&client_id(&message, method.as_str()))?;
        let status = message.status()?;
        let transaction = self.all.get_mut(&key)?;
        match (&mut transaction.state, status) {
            (State::Calling { .. } | State::ClientProceeding, 100..200) => {
                if let State::Calling { until, .. } = transaction.state {
                    transaction.state = State::ClientProceeding;
                    // How long an INVITE may ring is its caller's business; other requests still end at timer F.
                    transaction.due = (!transaction.invite).then_some(until);
                    if !transaction.invite {
                        self.schedule(key, until);
                    }
                }
                Some(Event::Response(key, message, flow))
            }
            (State::Calling { .. } | State::ClientProceeding, 200..300) if transaction.invite => {
                transaction.state = State::ClientAccepted { ack: None };
                self.schedule(key, now.after(GIVE_UP_MS));
                Some(Event::Response(key, message, flow))
            }
            (State::Calling { .. } | State::ClientProceeding, _) if transaction.invite => {
                let invite = transaction.request.as_ref()?;
                let ack = hop_request(invite, &Method::Ack, message.header("To")).to_bytes();
                let flow_out = transaction.flow;
                transaction.state = State::ClientCompleted { ack: ack.clone() };
                self.out.push(Send {
                    flow: flow_out,
                    bytes: ack,
                });
                self.schedule(
                    key,
                    if flow_out.reliable() {
                        now
                    } else {
                        now.after(GIVE_UP_MS)
                    },
                );
                Some(Event::Response(key, message, flow))
            }
            (State::Calling { .. } | State::ClientProceeding, _) => {
                let reliable = transaction.flow.reliable();
                transaction.state = State::ClientDone;
                self.schedule(key, if reliable { now } else { now.after(T4_MS) });
                Some(Event::Response(key, message, flow))
            }
            (State::ClientCompleted { ack }, 300..) => {
                let bytes = ack.clone();
                let flow = transaction.flow;
                self.out.push(Send { flow, bytes });
                None
            }
            (State::ClientAccepted { ack }, 200..300) => {
                let again = ack
                    .as_ref()
                    .filter(|(bytes, _)| same_to_tag(bytes, &message))
                    .cloned();
                match again {
                    Some((bytes, flow)) => {
                        self.out.push(Send { flow, bytes });
                        None
                    }
                    // Another branch of a fork answered as well (section 13.2.2.4).
                    None => Some(Event::Response(key, message, flow)),
                }
            }
            _ => None,
        }
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

/// Section 17.2.3: branch, sent-by and method; without the cookie, what RFC 2543 had.
fn server_id(message: &Message, method: &str) -> String {
    let Some(via) = message.via() else {
        return String::new();
    };
    match via.param("branch") {
        Some(branch) if branch.starts_with("z9hG4bK") && branch.len() > 7 => {
            let port = via.port.unwrap_or(5060);
            format!(
                "s|{branch}|{}:{port}|{method}",
                via.host.to_ascii_lowercase()
            )
        }
        _ => {
            let top = message.header("Via").map(|v| {
                split_list(v)
                    .first()
                    .copied()
                    .unwrap_or_default()
                    .to_owned()
            });
            format!(
                "o|{}|{}|{method}",
                dialog_id(message),
                top.unwrap_or_default()
            )
        }
    }
}

fn client_id(message: &Message, method: &str) -> String {
    let branch = message
        .via()
        .and_then(|v| v.param("branch").map(str::to_owned))
        .unwrap_or_default();
    format!("c|{branch}|{method}")
}

fn dialog_id(message: &Message) -> String {
    let from = message.from();
    let tag = from.as_ref().and_then(|f| f.tag()).unwrap_or_default();
    let number = message.cseq().map_or(0, |(number, _)| number);
    format!("{}|{tag}|{number}", message.call_id().unwrap_or_default())
}

fn same_to_tag(ack: &[u8], message: &Message) -> bool {
    let Some(tag) = message.to().and_then(|to| to.tag().map(str::to_owned)) else {
        return true;
    };
    Message::parse(ack)
        .ok()
        .and_then(|p| p.message.to())
        .is_some_and(|to| to.tag() == Some(&tag))
}

/// ACK of a refusal and CANCEL: same hop, same branch (sections 17.1.1.3 and 9.1).
fn hop_request(invite: &Message, method: &Method, to: Option<&str>) -> Message {
    let uri = match &invite.start {
        Start::Request { uri, .. } => uri.clone(),
        Start::Response { .. } => String::new(),
    };
    let number = invite.cseq().map_or(1, |(number, _)| number);
    let mut message = Message {
        start: Start::Request {
            method: method.clone(),
            uri,
        },
        headers: Vec::new(),
        body: Vec::new(),
    };
    let copy = |name: &str| invite.header(name).unwrap_or_default().to_owned();
    message.push("Via", copy("Via"));
    message.push("From", copy("From"));
    message.push("To", to.map_or_else(|| copy("To"), str::to_owned));
    message.push("Call-ID", copy("Call-ID"));
    message.push("CSeq", format!("{number} {method}"));
    invite
        .all("Route")
        .for_each(|route| message.push("Route", route));
    message.push("Max-Forwards", "70");
    message
}
