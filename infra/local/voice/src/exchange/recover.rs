//! After a crash: what was up is ended, and its functions are told.

use super::leg::{Attempt, LegState, PhoneLeg};
use super::outbound::Hop;
use super::record::{CallRecord, LegRecord, Record};
use super::{Call, Exchange, Moment};
use crate::session::{HangupCode, Input, Leg, Session, Status};
use crate::sip::flow::{Flow, Proto};
use crate::sip::message::{Message, reason_of, response};
use std::collections::BTreeMap;

impl Exchange {
    /// Takes the journal of the run before. Phones stop ringing, dialogs get BYE, functions get HANGUP.
    pub fn recover(&mut self, records: Vec<Record>, now: Moment) {
        self.now = now;
        let mut calls = BTreeMap::new();
        for record in records {
            match record {
                Record::Call(call) => {
                    calls.insert(call.session.call.transaction_id.clone(), call);
                }
                Record::Over(id) => {
                    calls.remove(&id);
                }
                Record::Phones { user, mut bindings } => {
                    // A connection does not survive; its phone registers again on a new one.
                    bindings
                        .retain(|b| b.flow.proto == Proto::Udp && b.until_epoch_ms > now.epoch_ms);
                    self.registrar.restore(&user, bindings);
                }
            }
        }
        for (id, call) in calls {
            self.recover_call(id, *call);
        }
    }

    fn recover_call(&mut self, id: String, record: CallRecord) {
        tracing::info!(transaction = %id, "ending a call of before the restart");
        match record.leg {
            LegRecord::Incoming { invite, flow, tag } => {
                if let Some(invite) = message(&invite) {
                    let key = self.sip.accept(&invite, flow);
                    self.sip.respond(
                        key,
                        &response(&invite, 480, reason_of(480), Some(&tag)),
                        self.now.at,
                    );
                }
            }
            LegRecord::Dialing(ringing) => {
                for one in ringing {
                    if let Some(invite) = message(&one.invite) {
                        self.cancel_restored(invite, one.flow);
                    }
                }
            }
            LegRecord::Up(dialog) => self.say_goodbye(dialog),
            LegRecord::Over => {}
        }
        let session = Session::restored(record.session);
        let up = session.leg_a() != Status::Disconnected;
        self.calls.insert(
            id.clone(),
            Call {
                session,
                leg: PhoneLeg::new(LegState::Over),
                restored: true,
            },
        );
        self.step(&id, Input::Resume);
        if up {
            self.step(&id, Input::Ended(Leg::A, HangupCode::Unavailable));
        }
        if self.calls.contains_key(&id) {
            self.record_call(&id, true);
        }
    }

    fn cancel_restored(&mut self, invite: Message, flow: Flow) {
        let key = self.sip.restore(invite.clone(), flow);
        let hop = Hop {
            uri: String::new(),
            flow,
            credentials: None,
        };
        self.abandon(Attempt {
            key,
            invite,
            hop,
            provisional: true,
            authorised: false,
        });
    }
}

fn message(text: &str) -> Option<Message> {
    Message::parse(text.as_bytes())
        .ok()
        .map(|parsed| parsed.message)
}
