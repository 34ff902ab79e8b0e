//! The exchange: SIP on one side, sessions on the other, and what happens between them. It has no sockets and no
//! clock; it acts through [`Effect`]s and [`MediaPlane`].

mod act;
mod calls;
mod inbound;
mod leg;
mod outbound;
pub mod record;
mod recover;
mod registration;
#[cfg(test)]
mod tests;

pub use outbound::{Hop, Place, PlaceError};

use crate::carrier::Carrier;
use crate::carrier::registrar::Registrar;
use crate::functions::InvokeError;
use crate::rtp::plane::{LineId, MediaEvent, MediaPlane};
use crate::session::{HangupCode, Input, Leg, Session};
use crate::sip::check::{Refusal, Verdict, check};
use crate::sip::digest::Verifier;
use crate::sip::flow::{ConnectionId, Flow, Proto};
use crate::sip::message::{Message, Parsed, response};
use crate::sip::transaction::{Event, Send, TransactionKey, Transactions};
use crate::store::Store;
use crate::time::At;
use bytes::Bytes;
use leg::{Attempt, LegState, PhoneLeg};
use record::Record;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// What an exchange is told once.
#[derive(Debug, Clone)]
pub struct Site {
    /// AWS account.
    pub account: String,
    /// AWS Region.
    pub region: String,
    /// Address in our Via and Contact.
    pub host: IpAddr,
    /// Port of both protocols.
    pub port: u16,
    /// Most calls at once; above it 503.
    pub max_calls: usize,
    /// How long a called phone may ring, in milliseconds.
    pub ring_limit_ms: u64,
}

/// The present: a steady clock for timers, the calendar for what people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// Steady.
    pub at: At,
    /// Milliseconds since 1970.
    pub epoch_ms: u64,
}

/// What the shell is to do, in this order, after the records are safe.
#[derive(Debug)]
pub enum Effect {
    /// Send bytes.
    Send(Send),
    /// Invoke a function; [`Exchange::returned`] follows.
    Invoke {
        /// TransactionId.
        transaction: String,
        /// Sequence of the event.
        sequence: u32,
        /// Function.
        function_arn: String,
        /// The event.
        payload: Bytes,
        /// Whether to wait for the function to come up: the call is of before a restart.
        patient: bool,
    },
    /// Append to the journal. `durable`: flush it before anything after it is done.
    Record {
        /// What.
        record: Record,
        /// Whether losing it would leave a phone ringing.
        durable: bool,
    },
}

/// A call: its session and its phone.
#[derive(Debug)]
struct Call {
    session: Session,
    leg: PhoneLeg,
    /// Restored after a crash.
    restored: bool,
}

/// The exchange.
pub struct Exchange {
    site: Site,
    carrier: Arc<Carrier>,
    store: Arc<Store>,
    media: Box<dyn MediaPlane>,
    sip: Transactions,
    verifier: Verifier,
    registrar: Registrar,
    calls: HashMap<String, Call>,
    by_transaction: HashMap<TransactionKey, String>,
    /// By Call-ID and our tag.
    by_dialog: HashMap<(String, String), String>,
    by_line: HashMap<LineId, String>,
    /// INVITEs of ours that nobody waits for any more: cancelled, or hung up when they are answered all the same.
    orphans: HashMap<TransactionKey, Attempt>,
    timers: BinaryHeap<Reverse<(At, String)>>,
    draining: bool,
    now: Moment,
    out: Vec<Effect>,
}

impl Exchange {
    /// An exchange without calls.
    #[must_use]
    pub fn new(
        site: Site,
        carrier: Arc<Carrier>,
        store: Arc<Store>,
        media: Box<dyn MediaPlane>,
    ) -> Self {
        let verifier = Verifier::new(&carrier.realm, rand::random(), carrier.algorithms.clone());
        Self {
            site,
            carrier,
            store,
            media,
            sip: Transactions::default(),
            verifier,
            registrar: Registrar::default(),
            calls: HashMap::new(),
            by_transaction: HashMap::new(),
            by_dialog: HashMap::new(),
            by_line: HashMap::new(),
            orphans: HashMap::new(),
            timers: BinaryHeap::new(),
            draining: false,
            now: Moment::default(),
            out: Vec::new(),
        }
    }

    /// Takes a message from the network.
    pub fn message(&mut self, parsed: Parsed, flow: Flow, now: Moment) {
        self.now = now;
        match check(&parsed) {
            Verdict::Sound => {
                if let Some(event) = self.sip.receive(parsed.message, flow, now.at) {
                    self.event(event);
                }
            }
            Verdict::Refuse(refusal) => self.refuse(&parsed.message, flow, &refusal),
            Verdict::Ignore => tracing::debug!("a message that cannot be answered was dropped"),
        }
    }

    /// A stream could not be opened or written to.
    pub fn unreachable(&mut self, flow: Flow, now: Moment) {
        self.now = now;
        for event in self.sip.unreachable(flow) {
            self.event(event);
        }
    }

    /// A function answered or failed.
    pub fn returned(
        &mut self,
        transaction: &str,
        sequence: u32,
        result: Result<Bytes, InvokeError>,
        now: Moment,
    ) {
        self.now = now;
        self.step(transaction, Input::Returned { sequence, result });
    }

    /// The media of a leg reports.
    pub fn media(&mut self, line: LineId, event: MediaEvent, now: Moment) {
        self.now = now;
        let Some(id) = self.by_line.get(&line).cloned() else {
            return;
        };
        match event {
            MediaEvent::Digit(digit) => self.step(&id, Input::Digit(Leg::A, digit)),
            MediaEvent::Done(work) => self.step(&id, Input::Done(work)),
            MediaEvent::Failed {
                work,
                error_type,
                message,
            } => {
                self.step(
                    &id,
                    Input::Failed {
                        work,
                        error_type,
                        message,
                    },
                );
            }
            MediaEvent::MeetingLeft => {
                self.media.leave(line);
                self.step(&id, Input::Ended(Leg::B, HangupCode::Normal));
            }
            MediaEvent::Silent => {
                tracing::info!(transaction = %id, "no media from the phone for too long: it is gone");
                self.release_phone(&id, HangupCode::Unavailable);
                self.step(&id, Input::Ended(Leg::A, HangupCode::Unavailable));
            }
        }
    }

    /// When [`Exchange::tick`] is due.
    #[must_use]
    pub fn next_due(&self) -> Option<At> {
        let timers = self.timers.peek().map(|Reverse((at, _))| *at);
        [timers, self.sip.next_due()].into_iter().flatten().min()
    }

    /// Runs what is due.
    pub fn tick(&mut self, now: Moment) {
        self.now = now;
        for event in self.sip.tick(now.at) {
            self.event(event);
        }
        while let Some(Reverse((at, id))) = self.timers.peek().cloned() {
            if at > now.at {
                break;
            }
            self.timers.pop();
            self.call_due(&id);
        }
    }

    /// Takes what is to be done.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        let mut effects = std::mem::take(&mut self.out);
        effects.extend(self.sip.take_sends().into_iter().map(Effect::Send));
        effects
    }

    /// Takes only the messages to send. For the start, where they come before the journal is written anew.
    pub fn take_sends(&mut self) -> Vec<Send> {
        self.sip.take_sends()
    }

    /// No new calls from now on.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// Ends every call.
    pub fn end_all(&mut self, now: Moment) {
        self.now = now;
        let ids: Vec<String> = self.calls.keys().cloned().collect();
        for id in ids {
            self.release_phone(&id, HangupCode::Unavailable);
            self.step(&id, Input::Ended(Leg::A, HangupCode::Unavailable));
        }
    }

    /// How many calls there are, ended ones whose function has not heard of it included.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// A call begins: it is written down before its function hears of it.
    fn begin(&mut self, id: String, session: Session, leg: LegState) {
        let call = Call {
            session,
            leg: PhoneLeg::new(leg),
            restored: false,
        };
        self.calls.insert(id.clone(), call);
        self.record_call(&id, true);
        self.step(&id, Input::Begin);
    }

    fn call_due(&mut self, id: &str) {
        let Some(call) = self.calls.get(id) else {
            return;
        };
        if call
            .leg
            .ring_limit
            .is_some_and(|limit| limit <= self.now.at)
        {
            self.release_phone(id, HangupCode::Unavailable);
            self.step(id, Input::Ended(Leg::A, HangupCode::Unavailable));
        } else if call
            .session
            .next_due()
            .is_some_and(|due| due <= self.now.at)
        {
            self.step(id, Input::Timer);
        } else {
            self.schedule(id);
        }
    }

    fn schedule(&mut self, id: &str) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        let due = [call.session.next_due(), call.leg.ring_limit]
            .into_iter()
            .flatten()
            .min();
        if let Some(due) = due
            && call.leg.scheduled != Some(due)
        {
            call.leg.scheduled = Some(due);
            self.timers.push(Reverse((due, id.to_owned())));
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Request(message, flow) => self.request(message, flow),
            Event::Cancelled(key) => self.cancelled(key),
            Event::Acknowledged(key, ack) => self.acknowledged(key, &ack),
            Event::NeverAcknowledged(key) => self.never_acknowledged(key),
            Event::Response(key, answer, flow) => self.response(key, &answer, flow),
            Event::TimedOut(key) => self.timed_out(key),
        }
    }

    /// Answers without a transaction: nothing is kept of who is not known.
    fn refuse(&mut self, request: &Message, flow: Flow, refusal: &Refusal) {
        let mut answer = response(request, refusal.status, refusal.reason, Some(&new_tag()));
        for (name, value) in &refusal.headers {
            answer.push(name, value.clone());
        }
        self.sip.refuse(&answer, back(request, flow));
    }

    /// Answers a request that needs nothing more.
    fn reply(&mut self, request: &Message, flow: Flow, refusal: &Refusal) {
        let key = self.sip.accept(request, back(request, flow));
        let mut answer = response(request, refusal.status, refusal.reason, Some(&new_tag()));
        for (name, value) in &refusal.headers {
            answer.push(name, value.clone());
        }
        self.sip.respond(key, &answer, self.now.at);
    }

    fn contact(&self, proto: Proto) -> String {
        let (host, port) = (host_text(self.site.host), self.site.port);
        match proto {
            Proto::Udp => format!("<sip:strowger@{host}:{port}>"),
            Proto::Tcp => format!("<sip:strowger@{host}:{port};transport=tcp>"),
        }
    }

    fn via(&self, proto: Proto) -> String {
        let (host, port) = (host_text(self.site.host), self.site.port);
        format!(
            "SIP/2.0/{} {host}:{port};branch=z9hG4bK{};rport",
            proto.as_str(),
            new_tag()
        )
    }

    fn record(&mut self, record: Record, durable: bool) {
        self.out.push(Effect::Record { record, durable });
    }

    /// A connection closed.
    pub fn disconnected(&mut self, connection: ConnectionId, now: Moment) {
        self.now = now;
        for user in self.registrar.disconnected(connection) {
            self.record_bindings(&user);
        }
    }
}

/// Where a response goes (RFC 3261 section 18.2.2, RFC 3581): the connection, or the source address, with the port of
/// the Via when the sender did not ask for the source port. Never to another host than the one that asked.
fn back(request: &Message, flow: Flow) -> Flow {
    if flow.proto == Proto::Tcp {
        return flow;
    }
    let Some(via) = request.via() else {
        return flow;
    };
    if via.param("rport").is_some() {
        return flow;
    }
    let mut peer = flow.peer;
    peer.set_port(via.port.unwrap_or(5060));
    Flow::udp(peer)
}

fn host_text(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn new_tag() -> String {
    format!("{:016x}", rand::random::<u64>())
}
