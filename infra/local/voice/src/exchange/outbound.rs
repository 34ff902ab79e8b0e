//! Calls that the service places.

use super::leg::{Attempt, LegState, Up};
use super::{Exchange, host_text, new_tag};
use crate::sdp;
use crate::session::{self, Direction, HangupCode, Input, Leg, Participant, Session, Status};
use crate::sip::check::ALLOW;
use crate::sip::dialog::Dialog;
use crate::sip::digest;
use crate::sip::flow::Flow;
use crate::sip::message::{Message, Method, Start};
use crate::sip::transaction::TransactionKey;
use crate::store::TriggerType;
use std::collections::BTreeMap;

/// A call to place.
#[derive(Debug, Clone)]
pub struct Place {
    /// SIP media application.
    pub application_id: String,
    /// Its function.
    pub function_arn: String,
    /// Calling number (E.164), owned.
    pub from: String,
    /// Called number (E.164).
    pub to: String,
    /// Custom headers of the INVITE.
    pub sip_headers: BTreeMap<String, String>,
    /// ArgumentsMap.
    pub arguments: BTreeMap<String, String>,
    /// Where calls to this number go when no phone of this carrier has it.
    pub route: Option<Hop>,
}

/// One way to a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Request-URI.
    pub uri: String,
    /// Next hop.
    pub flow: Flow,
    /// User and password, when it asks.
    pub credentials: Option<(String, String)>,
}

/// Why a call is not placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// As many calls as there may be.
    #[error("too many calls")]
    Full,
    /// Shutting down.
    #[error("shutting down")]
    Draining,
}

impl Exchange {
    /// Places a call: returns its TransactionId; everything else is told to the function.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn place(&mut self, place: Place, now: super::Moment) -> Result<String, PlaceError> {
        self.now = now;
        if self.draining {
            return Err(PlaceError::Draining);
        }
        if self.calls.len() >= self.site.max_calls {
            return Err(PlaceError::Full);
        }
        let id = uuid::Uuid::new_v4().to_string();
        let hops = self.hops(&place);
        let leg_a = Participant {
            call_id: uuid::Uuid::new_v4().to_string(),
            leg: Leg::A,
            to: place.to,
            from: place.from,
            direction: Direction::Outbound,
            started_epoch_ms: now.epoch_ms,
            status: Status::New,
            sip_headers: place.sip_headers,
        };
        let call = session::Call {
            transaction_id: id.clone(),
            account: self.site.account.clone(),
            region: self.site.region.clone(),
            rule_id: None,
            application_id: place.application_id,
            function_arn: place.function_arn,
            arguments: place.arguments,
        };
        self.begin(id.clone(), Session::new(call, leg_a), LegState::Idle(hops));
        Ok(id)
    }

    /// UpdateSipMediaApplicationCall; false when there is no such call any more.
    pub fn update(
        &mut self,
        application_id: &str,
        id: &str,
        arguments: BTreeMap<String, String>,
        now: super::Moment,
    ) -> bool {
        self.now = now;
        let live = self.calls.get(id).is_some_and(|c| {
            c.session.alive() && c.session.call().application_id == application_id
        });
        if live {
            self.step(id, Input::Update(arguments));
        }
        live
    }

    /// The registered phones of the number's account, else the route.
    fn hops(&self, place: &Place) -> Vec<Hop> {
        if let Some(account) = self.carrier.account_of(&place.to) {
            let phones = self.registrar.phones(&account.username, self.now.epoch_ms);
            return phones
                .into_iter()
                .map(|p| Hop {
                    uri: p.contact,
                    flow: p.flow,
                    credentials: None,
                })
                .collect();
        }
        let own = |hop: &Hop| {
            hop.flow.peer.ip() == self.site.host && hop.flow.peer.port() == self.site.port
        };
        if place.route.as_ref().is_some_and(own) {
            tracing::warn!("a carrier route leads back here: not followed");
        }
        // The network brings a call to a number of ours back, as a call from outside.
        if place.route.is_none() && self.leads_here(&place.to) {
            return vec![self.way_back(&place.to)];
        }
        place
            .route
            .iter()
            .filter(|hop| !own(hop))
            .cloned()
            .collect()
    }

    /// Whether the network brings calls to this number here: by a SIP rule of its own, or through a connector.
    fn leads_here(&self, number: &str) -> bool {
        let state = self.store.current();
        let ruled = state.rules.values().any(|rule| {
            rule.trigger_type == TriggerType::ToPhoneNumber && rule.trigger_value == number
        });
        ruled || state.trunk_host(number).is_some()
    }

    fn way_back(&self, number: &str) -> Hop {
        let (host, port) = (self.site.host, self.site.port);
        Hop {
            uri: format!("sip:{number}@{}:{port}", host_text(host)),
            flow: Flow::udp((host, port).into()),
            credentials: None,
        }
    }

    /// Whether a request is our own INVITE, come back by [`Self::way_back`].
    pub(super) fn came_back(&self, request: &Message, flow: Flow) -> bool {
        let (host, port) = (self.site.host, self.site.port);
        let ours = |attempt: &Attempt| attempt.invite.call_id() == request.call_id();
        flow.peer.ip() == host
            && flow.peer.port() == port
            && self.calls.values().any(|call| match &call.leg.state {
                LegState::Dialing(attempts) => attempts.iter().any(ours),
                LegState::Idle(_) | LegState::Incoming(_) | LegState::Up(_) | LegState::Over => {
                    false
                }
            })
    }

    pub(super) fn dial(&mut self, id: &str) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        let LegState::Idle(hops) = std::mem::replace(&mut call.leg.state, LegState::Over) else {
            return;
        };
        let opened = if hops.is_empty() {
            None
        } else {
            self.media.open().ok()
        };
        let Some((line, address)) = opened else {
            tracing::info!(transaction = %id, "the called number cannot be reached");
            return self.step(id, Input::Ended(Leg::A, HangupCode::Unavailable));
        };
        call.leg.line = Some((line, address));
        call.leg.ring_limit = Some(self.now.at.after(self.site.ring_limit_ms));
        let snapshot = call.session.snapshot();
        let offer = sdp::offer(address, call.leg.sdp_version);
        self.by_line.insert(line, id.to_owned());
        let Some(leg_a) = snapshot.participants.into_iter().find(|p| p.leg == Leg::A) else {
            return;
        };
        let attempts: Vec<Attempt> = hops
            .into_iter()
            .map(|hop| {
                let invite = self.invite(&leg_a, &hop, &offer);
                let key = self.sip.request(invite.clone(), hop.flow, self.now.at);
                self.by_transaction.insert(key, id.to_owned());
                Attempt {
                    key,
                    invite,
                    hop,
                    provisional: false,
                    authorised: false,
                }
            })
            .collect();
        if let Some(call) = self.calls.get_mut(id) {
            call.leg.state = LegState::Dialing(attempts);
        }
        self.record_call(id, true);
    }

    fn invite(&self, leg_a: &Participant, hop: &Hop, offer: &str) -> Message {
        let host = host_text(self.site.host);
        let uri = hop.uri.clone();
        let mut invite = Message {
            start: Start::Request {
                method: Method::Invite,
                uri,
            },
            headers: Vec::new(),
            body: offer.into(),
        };
        invite.push("Via", self.via(hop.flow.proto));
        invite.push("Max-Forwards", "70");
        invite.push(
            "From",
            format!("<sip:{}@{host}>;tag={}", leg_a.from, new_tag()),
        );
        invite.push("To", format!("<sip:{}@{host}>", leg_a.to));
        invite.push("Call-ID", format!("{}@{host}", uuid::Uuid::new_v4()));
        invite.push("CSeq", "1 INVITE");
        invite.push("Contact", self.contact(hop.flow.proto));
        invite.push("Allow", ALLOW);
        invite.push("Content-Type", "application/sdp");
        for (name, value) in &leg_a.sip_headers {
            invite.push(name, value.clone());
        }
        invite
    }

    pub(super) fn response(&mut self, key: TransactionKey, answer: &Message, flow: Flow) {
        let status = answer.status().unwrap_or(500);
        if self.orphans.contains_key(&key) {
            return self.orphan_response(key, answer, flow, status);
        }
        let Some(id) = self.by_transaction.get(&key).cloned() else {
            return;
        };
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let LegState::Dialing(attempts) = &mut call.leg.state else {
            // A second phone of a fork answered after the first.
            return self.hang_up_late(&id, key, answer, flow, status);
        };
        let Some(at) = attempts.iter().position(|a| a.key == key) else {
            return;
        };
        match status {
            100..200 => {
                attempts[at].provisional = true;
                if status >= 180 && status != 199 {
                    self.step(&id, Input::Ringing);
                }
            }
            200..300 => self.connected(&id, at, answer, flow),
            401 | 407 if !attempts[at].authorised && attempts[at].hop.credentials.is_some() => {
                self.authorise(&id, at, answer, status);
            }
            _ => self.refused(&id, at, status),
        }
    }

    pub(super) fn timed_out(&mut self, key: TransactionKey) {
        self.orphans.remove(&key);
        let Some(id) = self.by_transaction.get(&key).cloned() else {
            return;
        };
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        if let LegState::Dialing(attempts) = &call.leg.state
            && let Some(at) = attempts.iter().position(|a| a.key == key)
        {
            self.refused(&id, at, 408);
        }
    }

    /// A called phone answered: it gets the call, all others stop ringing.
    fn connected(&mut self, id: &str, at: usize, answer: &Message, flow: Flow) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        let LegState::Dialing(mut attempts) =
            std::mem::replace(&mut call.leg.state, LegState::Over)
        else {
            return;
        };
        call.leg.ring_limit = None;
        let line = call.leg.line;
        let winner = attempts.remove(at);
        self.by_transaction.remove(&winner.key);
        attempts
            .into_iter()
            .for_each(|attempt| self.abandon(attempt));
        let Some(dialog) = Dialog::as_client(&winner.invite, answer, flow) else {
            return;
        };
        self.acknowledge(winner.key, &dialog);
        let audio = sdp::Session::parse(&answer.body).and_then(|s| s.audio());
        let (Ok(audio), Some((line, _))) = (audio, line) else {
            tracing::warn!(transaction = %id, "the called phone answered without G.711 audio");
            self.say_goodbye(dialog);
            self.close_line(id);
            return self.step(id, Input::Ended(Leg::A, HangupCode::Unavailable));
        };
        self.by_dialog
            .insert((dialog.call_id.clone(), dialog.local_tag()), id.to_owned());
        self.media.connect(line, audio, flow.peer.ip());
        // Forks of the same INVITE may still answer.
        self.by_transaction.insert(winner.key, id.to_owned());
        if let Some(call) = self.calls.get_mut(id) {
            call.leg.answered = Some(winner.key);
            call.leg.state = LegState::Up(Box::new(Up {
                dialog,
                waiting: None,
                answer_in_ack: false,
            }));
        }
        self.record_call(id, true);
        self.step(id, Input::Answered);
    }

    fn acknowledge(&mut self, key: TransactionKey, dialog: &Dialog) {
        let (via, contact) = (self.via(dialog.flow.proto), self.contact(dialog.flow.proto));
        let ack = dialog.clone().request(&Method::Ack, via, &contact);
        self.sip.acknowledge(key, &ack, dialog.flow);
    }

    fn authorise(&mut self, id: &str, at: usize, answer: &Message, status: u16) {
        let via = |flow: Flow| self.via(flow.proto);
        let Some(call) = self.calls.get(id) else {
            return;
        };
        let LegState::Dialing(attempts) = &call.leg.state else {
            return;
        };
        let Attempt {
            invite,
            hop,
            key: old,
            ..
        } = attempts[at].clone();
        let (challenge, name) = if status == 401 {
            ("WWW-Authenticate", "Authorization")
        } else {
            ("Proxy-Authenticate", "Proxy-Authorization")
        };
        let answers = hop.credentials.as_ref().and_then(|(user, password)| {
            answer
                .all(challenge)
                .find_map(|c| digest::answer(c, user, password, "INVITE", &hop.uri, &new_tag()))
        });
        let Some(authorization) = answers else {
            return self.refused(id, at, status);
        };
        let mut again = invite;
        let number = again.cseq().map_or(1, |(number, _)| number) + 1;
        for (header, value) in &mut again.headers {
            match header.as_str() {
                "Via" => *value = via(hop.flow),
                "CSeq" => *value = format!("{number} INVITE"),
                _ => {}
            }
        }
        again.push(name, authorization);
        self.by_transaction.remove(&old);
        let key = self.sip.request(again.clone(), hop.flow, self.now.at);
        self.by_transaction.insert(key, id.to_owned());
        let attempt = Attempt {
            key,
            invite: again,
            hop,
            provisional: false,
            authorised: true,
        };
        if let Some(LegState::Dialing(attempts)) = self.calls.get_mut(id).map(|c| &mut c.leg.state)
        {
            attempts[at] = attempt;
        }
        self.record_call(id, true);
    }

    /// A called phone refused; when it was the last one, the call is over.
    fn refused(&mut self, id: &str, at: usize, status: u16) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        let LegState::Dialing(attempts) = &mut call.leg.state else {
            return;
        };
        let attempt = attempts.remove(at);
        self.by_transaction.remove(&attempt.key);
        // Busy says more than unreachable.
        let busy = |status: u16| HangupCode::of_refusal(status) == HangupCode::Busy;
        if call.leg.refusal.is_none_or(|before| !busy(before)) {
            call.leg.refusal = Some(status);
        }
        if !attempts.is_empty() {
            return;
        }
        let status = call.leg.refusal.unwrap_or(status);
        call.leg.state = LegState::Over;
        call.leg.ring_limit = None;
        tracing::info!(transaction = %id, status, "the called phone was not reached");
        self.close_line(id);
        self.step(id, Input::Ended(Leg::A, HangupCode::of_refusal(status)));
    }

    /// Nobody waits for this INVITE any more.
    pub(super) fn abandon(&mut self, attempt: Attempt) {
        self.by_transaction.remove(&attempt.key);
        self.sip.cancel(attempt.key, self.now.at);
        self.orphans.insert(attempt.key, attempt);
    }

    fn orphan_response(&mut self, key: TransactionKey, answer: &Message, flow: Flow, status: u16) {
        if status < 200 {
            // It can be cancelled now, if it was not already.
            if self
                .orphans
                .get_mut(&key)
                .is_some_and(|a| !std::mem::replace(&mut a.provisional, true))
            {
                self.sip.cancel(key, self.now.at);
            }
            return;
        }
        let Some(attempt) = self.orphans.remove(&key) else {
            return;
        };
        if status < 300
            && let Some(dialog) = Dialog::as_client(&attempt.invite, answer, flow)
        {
            self.acknowledge(key, &dialog);
            self.say_goodbye(dialog);
        }
    }

    fn hang_up_late(
        &mut self,
        id: &str,
        key: TransactionKey,
        answer: &Message,
        flow: Flow,
        status: u16,
    ) {
        let Some(call) = self.calls.get(id) else {
            return;
        };
        let LegState::Up(up) = &call.leg.state else {
            return;
        };
        let tag = answer
            .to()
            .and_then(|to| to.tag().map(str::to_owned))
            .unwrap_or_default();
        if !(200..300).contains(&status) || tag == up.dialog.remote_tag() {
            return;
        }
        let mut other = up.dialog.clone();
        other.remote = answer.header("To").unwrap_or_default().to_owned();
        if let Some(contact) = answer
            .list("Contact")
            .next()
            .and_then(crate::sip::uri::NameAddr::parse)
        {
            other.target = contact.uri;
        }
        other.flow = flow;
        other.local_cseq = answer.cseq().map_or(1, |(number, _)| number);
        self.acknowledge(key, &other);
        let (via, contact) = (self.via(flow.proto), self.contact(flow.proto));
        let bye = other.request(&Method::Bye, via, &contact);
        self.sip.request(bye, flow, self.now.at);
    }
}
