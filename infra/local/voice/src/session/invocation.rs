//! Invocations of the function: one event at a time, its retry, its end.

use super::event::{Event, Kind};
use super::{
    HANG_UP_AFTER_MS, HangupCode, KEPT_INVOCATIONS, Leg, MAX_INVOCATIONS, MAX_QUEUED_EVENTS,
    Output, RETRY_AFTER_MS, Session, Unanswered,
};
use crate::functions::InvokeError;
use crate::time::At;
use bytes::Bytes;
use serde_json::Value;

/// Attempts for one event: the first and one retry.
const MAX_ATTEMPTS: u8 = 2;

/// An event that the function has not answered.
#[derive(Debug)]
pub(super) struct Invocation {
    pub sequence: u32,
    pub kind: Kind,
    pub leg: Leg,
    payload: Bytes,
    began: At,
    attempts: u8,
    failures: u8,
}

impl Invocation {
    /// What a restart must send again.
    pub(super) fn kept(&self) -> Option<Unanswered> {
        let payload = String::from_utf8_lossy(&self.payload).into_owned();
        (self.kind == Kind::Hangup).then_some(Unanswered {
            sequence: self.sequence,
            payload,
        })
    }

    /// An event of before the restart, to be sent by [`Session::resume`].
    pub(super) fn unanswered(kept: Unanswered) -> Self {
        Self {
            sequence: kept.sequence,
            kind: Kind::Hangup,
            leg: Leg::A,
            payload: Bytes::from(kept.payload),
            began: At(0),
            attempts: 1,
            failures: 0,
        }
    }

    fn due(&self) -> At {
        self.began.after(if self.attempts < MAX_ATTEMPTS {
            RETRY_AFTER_MS
        } else {
            HANG_UP_AFTER_MS
        })
    }
}

impl Session {
    /// Puts an event in line.
    pub(super) fn raise(&mut self, event: Event) {
        if self.queue.len() >= MAX_QUEUED_EVENTS {
            tracing::warn!(transaction = %self.call.transaction_id, "too many events wait for the function: ending the call");
            self.queue.retain(|e| e.kind == Kind::Hangup);
            self.end_all(HangupCode::Unavailable);
            return;
        }
        self.queue.push_back(event);
    }

    /// An event about an action or a leg.
    pub(super) fn raise_data(&mut self, kind: Kind, leg: Leg, data: Value) {
        self.raise(Event::new(kind, leg, Some(data)));
    }

    /// Sends what may go now.
    pub(super) fn pump(&mut self) {
        while let Some(at) = self.next_event() {
            let Some(event) = self.queue.remove(at) else {
                return;
            };
            // Nobody is left to act on: only the hang-ups are still news.
            if !self.alive() && event.kind != Kind::Hangup {
                continue;
            }
            let kept = if event.kind == Kind::Hangup {
                0
            } else {
                KEPT_INVOCATIONS
            };
            if self.invocations + kept >= MAX_INVOCATIONS {
                if event.kind != Kind::Hangup {
                    tracing::warn!(transaction = %self.call.transaction_id, "the call used up its invocations");
                    self.end_all(HangupCode::Unavailable);
                }
                continue;
            }
            self.sequence += 1;
            let invocation = Invocation {
                sequence: self.sequence,
                kind: event.kind,
                leg: event.leg,
                payload: self.payload(&event),
                began: self.now,
                attempts: 1,
                failures: 0,
            };
            self.invoke(invocation.sequence, invocation.payload.clone());
            self.in_flight.push(invocation);
        }
    }

    fn next_event(&self) -> Option<usize> {
        let free = self.in_flight.iter().all(|i| i.kind.overtakes());
        self.queue
            .iter()
            .position(|event| free || event.kind.overtakes() || !self.alive())
    }

    fn invoke(&mut self, sequence: u32, payload: Bytes) {
        self.invocations += 1;
        self.out.push(Output::Invoke { sequence, payload });
    }

    /// Sends again what was not answered before the restart.
    pub(super) fn resume(&mut self) {
        for at in 0..self.in_flight.len() {
            self.in_flight[at].began = self.now;
            self.invoke(
                self.in_flight[at].sequence,
                self.in_flight[at].payload.clone(),
            );
        }
    }

    /// The function answered or failed.
    pub(super) fn returned(&mut self, sequence: u32, result: Result<Bytes, InvokeError>) {
        let Some(at) = self.in_flight.iter().position(|i| i.sequence == sequence) else {
            return;
        };
        match result {
            Ok(bytes) => {
                let done = self.in_flight.remove(at);
                self.respond(done.kind, done.leg, sequence, &bytes);
            }
            Err(error) => {
                tracing::warn!(transaction = %self.call.transaction_id, sequence, %error, "the function did not answer");
                self.in_flight[at].failures += 1;
                if self.in_flight[at].attempts < MAX_ATTEMPTS {
                    self.retry(at);
                } else if self.in_flight[at].failures >= self.in_flight[at].attempts {
                    self.exhausted(at);
                }
            }
        }
    }

    fn retry(&mut self, at: usize) {
        if self.invocations >= MAX_INVOCATIONS {
            return self.exhausted(at);
        }
        self.in_flight[at].attempts += 1;
        let (sequence, payload) = (
            self.in_flight[at].sequence,
            self.in_flight[at].payload.clone(),
        );
        self.invoke(sequence, payload);
    }

    fn exhausted(&mut self, at: usize) {
        let lost = self.in_flight.remove(at);
        if lost.kind != Kind::Hangup || self.alive() {
            self.end_all(HangupCode::Unavailable);
        }
    }

    pub(super) fn invocations_due(&self) -> Option<At> {
        self.in_flight.iter().map(Invocation::due).min()
    }

    pub(super) fn tick_invocations(&mut self) {
        while let Some(at) = self.in_flight.iter().position(|i| i.due() <= self.now) {
            if self.in_flight[at].attempts < MAX_ATTEMPTS
                && self.now < self.in_flight[at].began.after(HANG_UP_AFTER_MS)
            {
                self.retry(at);
            } else {
                self.exhausted(at);
            }
        }
    }
}
