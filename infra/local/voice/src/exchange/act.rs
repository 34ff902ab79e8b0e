//! What sessions ask for, done.

use super::leg::{Incoming, LegState, Up};
use super::record::{CallRecord, Record};
use super::{Effect, Exchange, back};
use crate::sdp;
use crate::session::{HangupCode, Input, Leg, Output};
use crate::sip::check::{ALLOW, Refusal};
use crate::sip::dialog::Dialog;
use crate::sip::message::{Message, Method, reason_of, response};

impl Exchange {
    /// Gives a session an input and does what it wants.
    pub(super) fn step(&mut self, id: &str, input: Input) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        let outputs = call.session.step(input, self.now.at);
        let durable = outputs
            .iter()
            .any(|o| matches!(o, Output::Release(..) | Output::Gone));
        let gone = outputs.contains(&Output::Gone);
        let changed = !outputs.is_empty();
        for output in outputs {
            self.act(id, output);
        }
        if !gone {
            if changed {
                self.record_call(id, durable);
            }
            self.schedule(id);
        }
    }

    /// Writes a call down.
    pub(super) fn record_call(&mut self, id: &str, durable: bool) {
        if let Some(call) = self.calls.get(id) {
            let record = Record::Call(Box::new(CallRecord::of(&call.session, &call.leg)));
            self.record(record, durable);
        }
    }

    fn act(&mut self, id: &str, output: Output) {
        match output {
            Output::Invoke { sequence, payload } => {
                let Some(call) = self.calls.get(id) else {
                    return;
                };
                let function_arn = call.session.call().function_arn.clone();
                let patient = call.restored;
                self.out.push(Effect::Invoke {
                    transaction: id.to_owned(),
                    sequence,
                    function_arn,
                    payload,
                    patient,
                });
            }
            Output::Dial => self.dial(id),
            Output::Ring => self.ring(id),
            Output::Answer => self.answer(id),
            Output::Release(Leg::A, code) => self.release_phone(id, code),
            Output::Release(Leg::B, _) => {
                if let Some((line, _)) = self.calls.get(id).and_then(|c| c.leg.line) {
                    self.media.leave(line);
                }
            }
            Output::Start { work, task, .. } => match self.calls.get(id).and_then(|c| c.leg.line) {
                Some((line, _)) => self.media.start(line, work, task),
                None => {
                    let message = "the leg has no media".to_owned();
                    self.step(
                        id,
                        Input::Failed {
                            work,
                            error_type: "SystemException",
                            message,
                        },
                    );
                }
            },
            Output::Stop(work) => {
                if let Some((line, _)) = self.calls.get(id).and_then(|c| c.leg.line) {
                    self.media.stop(line, work);
                }
            }
            Output::Gone => {
                if let Some(key) = self.calls.remove(id).and_then(|call| call.leg.answered) {
                    self.by_transaction.remove(&key);
                }
                self.record(Record::Over(id.to_owned()), false);
            }
        }
    }

    fn ring(&mut self, id: &str) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        let LegState::Incoming(incoming) = &mut call.leg.state else {
            return;
        };
        if std::mem::replace(&mut incoming.rung, true) {
            return;
        }
        let (key, proto) = (incoming.key, incoming.source.proto);
        let mut answer = response(&incoming.invite, 180, reason_of(180), Some(&incoming.tag));
        answer.push("Contact", self.contact(proto));
        self.sip.respond(key, &answer, self.now.at);
    }

    /// Answers a caller: 200 with our description.
    fn answer(&mut self, id: &str) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        let LegState::Incoming(_) = &call.leg.state else {
            return;
        };
        let (line, address) = match self.media.open() {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(transaction = %id, %error, "no ports for another call's media");
                self.release_with(id, 503);
                return self.step(id, Input::Ended(Leg::A, HangupCode::Unavailable));
            }
        };
        let LegState::Incoming(incoming) = std::mem::replace(&mut call.leg.state, LegState::Over)
        else {
            return;
        };
        let Incoming {
            key,
            invite,
            tag,
            source,
            offer,
            ..
        } = *incoming;
        let version = call.leg.sdp_version;
        let body = offer.as_ref().map_or_else(
            || sdp::offer(address, version),
            |offer| offer.answer(address, version),
        );
        let Some(dialog) = Dialog::as_server(&invite, &tag, source) else {
            return;
        };
        let answer_in_ack = offer.is_none();
        call.leg.line = Some((line, address));
        call.leg.state = LegState::Up(Box::new(Up {
            dialog: dialog.clone(),
            waiting: Some(key),
            answer_in_ack,
        }));
        self.by_line.insert(line, id.to_owned());
        self.by_dialog
            .insert((dialog.call_id, tag.clone()), id.to_owned());
        let ok = self.described(&invite, &tag, source.proto, body);
        self.sip.respond(key, &ok, self.now.at);
        self.record_call(id, true);
        if let Some(audio) = offer.and_then(|offer| offer.audio().ok()) {
            self.media.connect(line, audio, source.peer.ip());
            self.step(id, Input::Answered);
        }
    }

    /// A 200 with a session description.
    pub(super) fn described(
        &self,
        request: &Message,
        tag: &str,
        proto: crate::sip::flow::Proto,
        body: String,
    ) -> Message {
        let mut ok = response(request, 200, reason_of(200), Some(tag));
        ok.push("Contact", self.contact(proto));
        ok.push("Allow", ALLOW);
        ok.push("Content-Type", "application/sdp");
        ok.body = body.into_bytes();
        ok
    }

    /// Ends the phone leg, whatever it is doing.
    pub(super) fn release_phone(&mut self, id: &str, code: HangupCode) {
        let status = match code {
            // Nothing was said, so nothing was "normal": the caller hears that nobody is there.
            HangupCode::Normal | HangupCode::Unavailable => 480,
            HangupCode::Busy => 486,
        };
        self.release_with(id, status);
    }

    pub(super) fn release_with(&mut self, id: &str, status: u16) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        call.leg.ring_limit = None;
        match std::mem::replace(&mut call.leg.state, LegState::Over) {
            LegState::Incoming(incoming) => {
                self.by_transaction.remove(&incoming.key);
                let answer = response(
                    &incoming.invite,
                    status,
                    reason_of(status),
                    Some(&incoming.tag),
                );
                self.sip.respond(incoming.key, &answer, self.now.at);
            }
            LegState::Dialing(attempts) => attempts
                .into_iter()
                .for_each(|attempt| self.abandon(attempt)),
            LegState::Up(up) => {
                if let Some(key) = up.waiting {
                    self.by_transaction.remove(&key);
                }
                self.say_goodbye(up.dialog);
            }
            LegState::Idle(_) | LegState::Over => {}
        }
        self.close_line(id);
    }

    /// Sends BYE and forgets the dialog.
    pub(super) fn say_goodbye(&mut self, mut dialog: Dialog) {
        self.by_dialog
            .remove(&(dialog.call_id.clone(), dialog.local_tag()));
        let flow = dialog.flow;
        let (via, contact) = (self.via(flow.proto), self.contact(flow.proto));
        let bye = dialog.request(&Method::Bye, via, &contact);
        self.sip.request(bye, flow, self.now.at);
    }

    pub(super) fn close_line(&mut self, id: &str) {
        if let Some((line, _)) = self.calls.get_mut(id).and_then(|c| c.leg.line.take()) {
            self.by_line.remove(&line);
            self.media.close(line);
        }
    }

    /// Refuses a call that has a transaction but no session.
    pub(super) fn refuse_call(
        &mut self,
        request: &Message,
        source: crate::sip::flow::Flow,
        refusal: &Refusal,
    ) {
        let flow = back(request, source);
        self.reply(request, flow, refusal);
    }
}
