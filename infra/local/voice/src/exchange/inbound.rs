//! Requests from the network: new calls, and what happens within them.

use super::leg::{Incoming, LegState};
use super::{Exchange, back, new_tag};
use crate::carrier::{Cidr, number_of};
use crate::sdp::{self, SdpError};
use crate::session::{self, Direction, HangupCode, Input, Leg, Participant, Session, Status};
use crate::sip::check::{ALLOW, Refusal};
use crate::sip::digest::Verified;
use crate::sip::flow::Flow;
use crate::sip::message::{Message, Method, Start, response};
use crate::sip::transaction::{MAX_TRANSACTIONS, TransactionKey};
use crate::sip::uri::Uri;
use crate::store::{Application, State, TriggerType};
use std::collections::BTreeMap;

/// Most bytes of custom headers that are passed to the function (the limit of the guide).
const MAX_CUSTOM_BYTES: usize = 2_048;

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// A phone of this account.
    Account(String),
    /// An exchange that may show any number.
    Trunk,
}

impl Exchange {
    pub(super) fn request(&mut self, request: Message, flow: Flow) {
        let within = request.to().is_some_and(|to| to.tag().is_some());
        match request.method() {
            Some(Method::Invite) if within => self.reinvite(&request, flow),
            Some(Method::Invite) => self.new_call(request, flow),
            Some(Method::Bye) => self.bye(&request, flow),
            Some(Method::Options) => {
                let ok = Refusal {
                    status: 200,
                    reason: "OK",
                    headers: vec![("Allow", ALLOW.to_owned())],
                };
                self.refuse(&request, flow, &ok);
            }
            Some(Method::Register) => self.register(&request, flow),
            Some(Method::Ack | Method::Cancel | Method::Other(_)) | None => {}
        }
    }

    fn new_call(&mut self, invite: Message, flow: Flow) {
        if self.draining
            || self.calls.len() >= self.site.max_calls
            || self.sip.len() >= MAX_TRANSACTIONS
        {
            let mut busy = Refusal::of(503);
            busy.headers.push(("Retry-After", "5".to_owned()));
            return self.refuse(&invite, flow, &busy);
        }
        let from_tag = invite
            .from()
            .and_then(|f| f.tag().map(str::to_owned))
            .unwrap_or_default();
        let ours = (invite.call_id().unwrap_or_default().to_owned(), from_tag);
        if self.sip.merged(&invite) || self.by_dialog.contains_key(&ours) {
            return self.refuse(&invite, flow, &Refusal::of(482));
        }
        let Some(caller) = self.authenticate(&invite, flow) else {
            return;
        };
        let state = self.store.current();
        let (rule_id, application, to) = match called(&state, &invite, &self.site.region) {
            Ok(found) => found,
            Err(status) => return self.refuse_call(&invite, flow, &Refusal::of(status)),
        };
        let offer = match offer_of(&invite) {
            Ok(offer) => offer,
            Err(SdpError::Malformed) => {
                return self.refuse_call(
                    &invite,
                    flow,
                    &Refusal::because(400, "Bad Session Description"),
                );
            }
            Err(SdpError::NoAudio) => return self.refuse_call(&invite, flow, &Refusal::of(488)),
        };
        let transaction_id = uuid::Uuid::new_v4().to_string();
        let leg_a = Participant {
            call_id: uuid::Uuid::new_v4().to_string(),
            leg: Leg::A,
            to,
            from: self.calling_number(&invite, &caller),
            direction: Direction::Inbound,
            started_epoch_ms: self.now.epoch_ms,
            status: Status::New,
            sip_headers: custom_headers(&invite),
        };
        let call = session::Call {
            transaction_id: transaction_id.clone(),
            account: self.site.account.clone(),
            region: self.site.region.clone(),
            rule_id: Some(rule_id),
            function_arn: application
                .endpoints
                .first()
                .map(|e| e.lambda_arn.clone())
                .unwrap_or_default(),
            application_id: application.sip_media_application_id,
            arguments: BTreeMap::new(),
        };
        self.begin_inbound(
            transaction_id,
            Session::new(call, leg_a),
            invite,
            flow,
            offer,
        );
    }

    fn begin_inbound(
        &mut self,
        id: String,
        session: Session,
        invite: Message,
        flow: Flow,
        offer: Option<sdp::Session>,
    ) {
        let key = self.sip.accept(&invite, back(&invite, flow));
        self.sip
            .respond(key, &response(&invite, 100, "Trying", None), self.now.at);
        self.by_transaction.insert(key, id.clone());
        let incoming = Incoming {
            key,
            invite,
            tag: new_tag(),
            source: flow,
            offer,
            rung: false,
        };
        self.begin(id, session, LegState::Incoming(Box::new(incoming)));
    }

    /// Who sent this, or `None` after a challenge went out.
    pub(super) fn authenticate(&mut self, request: &Message, flow: Flow) -> Option<Caller> {
        let state = self.store.current();
        if self.carrier.allows(flow.peer.ip())
            || connector_allows(&state, flow)
            || self.came_back(request, flow)
        {
            return Some(Caller::Trunk);
        }
        let method = request.method().map(Method::as_str).unwrap_or_default();
        let Start::Request { uri, .. } = &request.start else {
            return None;
        };
        let carrier = &self.carrier;
        let password = |user: &str| {
            let account = carrier.account(user).map(|a| a.password.clone());
            account.or_else(|| {
                let connectors = state.connectors.values().filter(|c| c.terminates());
                connectors
                    .flat_map(|c| &c.credentials)
                    .find(|c| c.username == user)
                    .map(|c| c.password.clone())
            })
        };
        let mut stale = false;
        if let Some(authorization) = request.header("Authorization") {
            match self
                .verifier
                .verify(authorization, method, uri, password, self.now.at)
            {
                Verified::User(user) => {
                    let account = self.carrier.account(&user).filter(|a| !a.trunk);
                    return Some(
                        account.map_or(Caller::Trunk, |a| Caller::Account(a.username.clone())),
                    );
                }
                Verified::Stale => stale = true,
                Verified::No => {}
            }
        }
        let mut refusal = Refusal::of(401);
        refusal.headers.extend(
            self.verifier
                .challenge(stale, self.now.at)
                .into_iter()
                .map(|c| ("WWW-Authenticate", c)),
        );
        self.refuse(request, flow, &refusal);
        None
    }

    /// A phone shows one of its own numbers; an exchange shows what it says.
    fn calling_number(&self, invite: &Message, caller: &Caller) -> String {
        let user = invite
            .from()
            .and_then(|f| Uri::parse(&f.uri).ok())
            .map(|u| u.user)
            .unwrap_or_default();
        let shown = number_of(&user);
        let account = match caller {
            Caller::Account(user) => self.carrier.account(user),
            Caller::Trunk => None,
        };
        match account {
            Some(account) => {
                let own = shown.filter(|n| account.numbers.contains(n));
                own.or_else(|| account.numbers.first().cloned())
                    .unwrap_or_else(|| account.username.clone())
            }
            None => {
                shown.unwrap_or_else(|| user.chars().filter(|c| !c.is_control()).take(64).collect())
            }
        }
    }

    /// A new offer within a call: hold, resume, another address, or only a refresh.
    fn reinvite(&mut self, invite: &Message, flow: Flow) {
        let Some(id) = self.dialog_of(invite) else {
            return self.reply(invite, flow, &Refusal::of(481));
        };
        let offer = match offer_of(invite) {
            Ok(offer) => offer,
            // The call goes on as it was (RFC 3261 section 14.2).
            Err(_) => return self.reply(invite, flow, &Refusal::of(488)),
        };
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let (LegState::Up(up), Some((line, address))) = (&mut call.leg.state, call.leg.line) else {
            return self.reply(invite, flow, &Refusal::of(481));
        };
        if up.waiting.is_some() {
            return self.reply(invite, flow, &Refusal::of(491));
        }
        if !up.dialog.in_order(invite) {
            return self.reply(invite, flow, &Refusal::of(500));
        }
        up.dialog.refresh_target(invite, flow);
        call.leg.sdp_version += 1;
        let version = call.leg.sdp_version;
        let key = self.sip.accept(invite, back(invite, flow));
        up.waiting = Some(key);
        up.answer_in_ack = offer.is_none();
        let tag = up.dialog.local_tag();
        let body = offer.as_ref().map_or_else(
            || sdp::offer(address, version),
            |o| o.answer(address, version),
        );
        if let Some(audio) = offer.and_then(|o| o.audio().ok()) {
            self.media.connect(line, audio, flow.peer.ip());
        }
        self.by_transaction.insert(key, id.clone());
        let ok = self.described(invite, &tag, flow.proto, body);
        self.sip.respond(key, &ok, self.now.at);
        self.record_call(&id, false);
    }

    fn bye(&mut self, bye: &Message, flow: Flow) {
        let Some(id) = self.dialog_of(bye) else {
            return self.reply(bye, flow, &Refusal::of(481));
        };
        let ok = Refusal {
            status: 200,
            reason: "OK",
            headers: Vec::new(),
        };
        self.reply(bye, flow, &ok);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if let LegState::Up(up) = std::mem::replace(&mut call.leg.state, LegState::Over) {
            self.by_dialog
                .remove(&(up.dialog.call_id.clone(), up.dialog.local_tag()));
            if let Some(key) = up.waiting {
                self.by_transaction.remove(&key);
            }
        }
        self.close_line(&id);
        self.step(&id, Input::Ended(Leg::A, HangupCode::Normal));
    }

    /// The call whose dialog a request belongs to: Call-ID and both tags.
    fn dialog_of(&self, request: &Message) -> Option<String> {
        let to_tag = request.to()?.tag()?.to_owned();
        let id = self
            .by_dialog
            .get(&(request.call_id()?.to_owned(), to_tag))?;
        let LegState::Up(up) = &self.calls.get(id)?.leg.state else {
            return None;
        };
        let from_tag = request.from()?.tag().unwrap_or_default().to_owned();
        (up.dialog.remote_tag() == from_tag).then(|| id.clone())
    }

    /// The caller gave up.
    pub(super) fn cancelled(&mut self, key: TransactionKey) {
        let Some(id) = self.by_transaction.get(&key).cloned() else {
            return;
        };
        let unanswered = self
            .calls
            .get(&id)
            .is_some_and(|c| matches!(c.leg.state, LegState::Incoming(_)));
        if unanswered {
            self.release_with(&id, 487);
            self.step(&id, Input::Ended(Leg::A, HangupCode::Normal));
        }
    }

    pub(super) fn acknowledged(&mut self, key: TransactionKey, ack: &Message) {
        let Some(id) = self.by_transaction.remove(&key) else {
            return;
        };
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let LegState::Up(up) = &mut call.leg.state else {
            return;
        };
        if up.waiting == Some(key) {
            up.waiting = None;
        }
        if !std::mem::replace(&mut up.answer_in_ack, false) {
            return;
        }
        let signalling = up.dialog.flow.peer.ip();
        let answer = sdp::Session::parse(&ack.body).and_then(|s| s.audio());
        match (answer, call.leg.line) {
            (Ok(audio), Some((line, _))) => {
                self.media.connect(line, audio, signalling);
                self.step(&id, Input::Answered);
            }
            // No audio was agreed on: there is no call.
            _ => {
                self.release_phone(&id, HangupCode::Unavailable);
                self.step(&id, Input::Ended(Leg::A, HangupCode::Unavailable));
            }
        }
    }

    pub(super) fn never_acknowledged(&mut self, key: TransactionKey) {
        let Some(id) = self.by_transaction.remove(&key) else {
            return;
        };
        // RFC 3261 section 13.3.1.4: the dialog is up, so it is ended with BYE.
        self.release_phone(&id, HangupCode::Unavailable);
        self.step(&id, Input::Ended(Leg::A, HangupCode::Unavailable));
    }
}

fn offer_of(invite: &Message) -> Result<Option<sdp::Session>, SdpError> {
    if invite.body.is_empty() {
        return Ok(None);
    }
    let offer = sdp::Session::parse(&invite.body)?;
    offer.audio()?;
    Ok(Some(offer))
}

/// The rule, the application and the called number of an INVITE; else the status to refuse with.
fn called(
    state: &State,
    invite: &Message,
    region: &str,
) -> Result<(String, Application, String), u16> {
    let Start::Request { uri, .. } = &invite.start else {
        return Err(400);
    };
    let asked = Uri::parse(uri).map_err(|_| 400u16)?;
    let to = invite
        .to()
        .and_then(|to| Uri::parse(&to.uri).ok())
        .map(|to| to.user)
        .unwrap_or_default();
    let numbers = [number_of(&to), number_of(&asked.user)];
    let by_host = state.rules.values().find(|rule| {
        rule.trigger_type == TriggerType::RequestUriHostname
            && rule.trigger_value.eq_ignore_ascii_case(&asked.host)
    });
    let by_number = || {
        numbers.iter().flatten().find_map(|number| {
            let matches = |trigger: TriggerType, value: &str| {
                trigger == TriggerType::ToPhoneNumber && value == number
            };
            state
                .rules
                .values()
                .find(|rule| matches(rule.trigger_type, &rule.trigger_value))
        })
    };
    // A number of another carrier: the network sends its calls to the carrier's trunk.
    let by_trunk = || {
        let host = numbers.iter().flatten().find_map(|n| state.trunk_host(n))?;
        state.rules.values().find(|rule| {
            rule.trigger_type == TriggerType::RequestUriHostname
                && rule.trigger_value.eq_ignore_ascii_case(&host)
        })
    };
    let rule = by_host.or_else(by_number).or_else(by_trunk).ok_or(404u16)?;
    if rule.disabled {
        return Err(480);
    }
    let mut targets = rule.target_applications.clone();
    targets.sort_by_key(|target| target.priority);
    let application = targets
        .iter()
        .filter(|target| target.aws_region == region)
        .find_map(|target| state.applications.get(&target.sip_media_application_id))
        .ok_or(480u16)?;
    let shown = match rule.trigger_type {
        TriggerType::ToPhoneNumber => rule.trigger_value.clone(),
        TriggerType::RequestUriHostname => {
            numbers.into_iter().flatten().next().unwrap_or(asked.user)
        }
    };
    Ok((rule.sip_rule_id.clone(), application.clone(), shown))
}

/// Whether a Voice Connector's termination lets this address call.
fn connector_allows(state: &State, flow: Flow) -> bool {
    state
        .connectors
        .values()
        .filter(|c| c.terminates())
        .any(|connector| {
            let list = connector
                .termination
                .as_ref()
                .and_then(|t| t.get("CidrAllowedList"))
                .and_then(|l| l.as_array());
            // With credentials, an address alone is not enough.
            connector.credentials.is_empty()
                && list
                    .into_iter()
                    .flatten()
                    .filter_map(|c| Cidr::parse(c.as_str()?))
                    .any(|c| c.contains(flow.peer.ip()))
        })
}

fn custom_headers(invite: &Message) -> BTreeMap<String, String> {
    let mut bytes = 0;
    let wanted = |name: &str| {
        name.len() > 2 && name[..2].eq_ignore_ascii_case("x-")
            || name.eq_ignore_ascii_case("User-to-User")
            || name.eq_ignore_ascii_case("Diversion")
    };
    let custom = invite
        .headers
        .iter()
        .filter(|(name, _)| name.is_char_boundary(2) && wanted(name));
    custom
        .take_while(|(name, value)| {
            bytes += name.len() + value.len();
            bytes <= MAX_CUSTOM_BYTES
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
