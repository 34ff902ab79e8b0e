//! The transitions: one input, the time, what is to be done.

use super::action::{Failure, Waiting};
use super::event::{Event, Kind};
use super::{DECISION_MS, Direction, HangupCode, Input, Leg, Output, Session, Status};
use crate::time::At;
use serde_json::json;

impl Session {
    /// Takes one input.
    pub fn step(&mut self, input: Input, now: At) -> Vec<Output> {
        if self.gone {
            return Vec::new();
        }
        self.now = now;
        match input {
            Input::Begin => self.begin(),
            Input::Resume => self.resume(),
            Input::Returned { sequence, result } => self.returned(sequence, result),
            Input::Ringing => {
                if self.status(Leg::A) == Status::New {
                    self.raise(Event::new(Kind::Ringing, Leg::A, None));
                }
            }
            Input::Answered => self.answered(),
            Input::Ended(leg, code) => self.ended(leg, code),
            Input::Done(work) => self.finished(work),
            Input::Failed {
                work,
                error_type,
                message,
            } => self.task_failed(
                work,
                &Failure {
                    error_type,
                    message,
                },
            ),
            Input::Digit(leg, digit) => self.digit(leg, digit),
            Input::Update(arguments) => {
                if self.alive() {
                    let data = json!({ "Type": "CallUpdateRequest", "Parameters": { "Arguments": arguments } });
                    self.raise_data(Kind::Update, Leg::A, data);
                }
            }
            Input::Timer => self.tick(),
        }
        self.pump();
        self.settle();
        std::mem::take(&mut self.out)
    }

    /// When [`Input::Timer`] is due.
    #[must_use]
    pub fn next_due(&self) -> Option<At> {
        let pause = self.running.as_ref().and_then(|r| r.until);
        let digits = self
            .listener
            .as_ref()
            .and_then(super::digits::Listener::next_due);
        let decision = self.idle_since.map(|at| at.after(DECISION_MS));
        [pause, digits, decision, self.invocations_due()]
            .into_iter()
            .flatten()
            .min()
    }

    fn begin(&mut self) {
        match self.direction() {
            Direction::Inbound => self.raise(Event::new(Kind::NewInbound, Leg::A, None)),
            Direction::Outbound => {
                let data = json!({ "Type": "CallCreateRequest", "Parameters": { "Arguments": self.call.arguments } });
                self.raise_data(Kind::NewOutbound, Leg::A, data);
            }
        }
    }

    fn answered(&mut self) {
        if self.status(Leg::A) != Status::New {
            return;
        }
        self.set_status(Leg::A, Status::Connected);
        self.answering = false;
        if self.direction() == Direction::Outbound {
            self.raise(Event::new(Kind::Answered, Leg::A, None));
        }
        let Some(running) = &mut self.running else {
            return;
        };
        let (work, leg) = (running.work, running.leg);
        match running.waiting.take() {
            Some(Waiting::Start(task)) => self.out.push(Output::Start { work, leg, task }),
            Some(Waiting::Finish) => self.finished(work),
            None => {}
        }
    }

    /// A leg went away by itself.
    fn ended(&mut self, leg: Leg, code: HangupCode) {
        if self.status(leg) == Status::Disconnected {
            return;
        }
        match leg {
            // The seat in a meeting is nothing without the telephone.
            Leg::A => {
                let b_was_up = self.status(Leg::B) != Status::Disconnected;
                self.set_status(Leg::A, Status::Disconnected);
                self.drop_leg(Leg::B, code);
                self.drop_list();
                self.queue.retain(|e| e.kind == Kind::Hangup);
                self.hang_up_event(Leg::A, code);
                if b_was_up {
                    self.hang_up_event(Leg::B, code);
                }
            }
            Leg::B => {
                self.set_status(Leg::B, Status::Disconnected);
                self.hang_up_event(Leg::B, code);
            }
        }
    }

    /// Ends every leg.
    pub(super) fn end_all(&mut self, code: HangupCode) {
        if !self.alive() {
            return;
        }
        let b_was_up = self.status(Leg::B) != Status::Disconnected;
        self.drop_leg(Leg::B, code);
        self.drop_leg(Leg::A, code);
        self.drop_list();
        self.queue.retain(|e| e.kind == Kind::Hangup);
        self.hang_up_event(Leg::A, code);
        if b_was_up {
            self.hang_up_event(Leg::B, code);
        }
    }

    fn drop_leg(&mut self, leg: Leg, code: HangupCode) {
        if self.status(leg) != Status::Disconnected {
            self.set_status(leg, Status::Disconnected);
            self.out.push(Output::Release(leg, code));
        }
    }

    fn hang_up_event(&mut self, leg: Leg, code: HangupCode) {
        let call_id = self
            .participant(leg)
            .map(|p| p.call_id.clone())
            .unwrap_or_default();
        let parameters = json!({ "SipResponseCode": code.number(), "CallId": call_id, "ParticipantTag": leg.tag() });
        self.raise_data(
            Kind::Hangup,
            leg,
            json!({ "Type": "Hangup", "Parameters": parameters }),
        );
    }

    fn drop_list(&mut self) {
        self.pending.clear();
        self.completed = None;
        self.listener = None;
        self.answering = false;
        if let Some(running) = self.running.take() {
            self.out.push(Output::Stop(running.work));
        }
    }

    fn digit(&mut self, leg: Leg, digit: char) {
        if let Some(running) = &self.running
            && running.leg == leg
            && running.terminators.contains(digit)
        {
            let work = running.work;
            self.out.push(Output::Stop(work));
            return self.finished(work);
        }
        let now = self.now;
        if let Some(listener) = self.listener.as_mut().filter(|l| l.leg == leg) {
            listener.push(digit, now);
        }
    }

    fn tick(&mut self) {
        if let Some(running) = &self.running
            && running.until.is_some_and(|until| until <= self.now)
        {
            let work = running.work;
            self.finished(work);
        }
        let now = self.now;
        if let Some(listener) = &mut self.listener
            && let Some(digits) = listener.tick(now)
        {
            let (leg, mut data) = (listener.leg, listener.data.clone());
            data["ReceivedDigits"] = json!(digits);
            self.raise_data(Kind::Digits, leg, data);
        }
        self.tick_invocations();
        if self
            .idle_since
            .is_some_and(|at| at.after(DECISION_MS) <= self.now)
        {
            self.end_all(HangupCode::Unavailable);
        }
    }

    /// Notes whether an unanswered caller waits for nothing, and whether all is over.
    fn settle(&mut self) {
        let waiting = self.status(Leg::A) == Status::New && self.direction() == Direction::Inbound;
        let idle = self.running.is_none() && self.in_flight.is_empty() && self.queue.is_empty();
        self.idle_since = match (waiting && idle, self.idle_since) {
            (true, since) => since.or(Some(self.now)),
            (false, _) => None,
        };
        if !self.alive() && self.in_flight.is_empty() && self.queue.is_empty() {
            self.gone = true;
            self.out.push(Output::Gone);
        }
    }
}
