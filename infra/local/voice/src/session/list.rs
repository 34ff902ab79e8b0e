//! The list of actions: taken, replaced, done one after the other.

use super::action::{Action, ActionType, Failure, Running, Waiting, parameter};
use super::digits::Listener;
use super::event::{Event, Kind};
use super::response::{Invalid, Response, updated};
use super::{Direction, HangupCode, Leg, Output, Participant, Session, Status, Task};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The telephone number of meetings: To of the leg that is a seat in one.
const MEETING_NUMBER: &str = "+17035550122";

enum Step {
    Done(Value),
    Running,
}

impl Session {
    /// Takes a function's answer to an event.
    pub(super) fn respond(&mut self, kind: Kind, leg: Leg, sequence: u32, bytes: &[u8]) {
        if !self.alive() {
            return;
        }
        let response = match self.usable(sequence, bytes) {
            Ok(response) => response,
            Err(invalid) => return self.refuse(kind, invalid),
        };
        let nothing = response.actions.as_ref().is_none_or(Vec::is_empty);
        match kind {
            Kind::NewInbound | Kind::Invalid if nothing => self.end_all(HangupCode::Unavailable),
            Kind::NewOutbound => self.out.push(Output::Dial),
            Kind::Ringing | Kind::Interrupted => {}
            Kind::NewInbound
            | Kind::Invalid
            | Kind::Answered
            | Kind::Successful
            | Kind::Failed
            | Kind::Digits
            | Kind::Update
            | Kind::Hangup => {
                if let Some(actions) = response.actions {
                    self.replace(actions, kind, leg, sequence);
                }
            }
        }
    }

    fn usable(&mut self, sequence: u32, bytes: &[u8]) -> Result<Response, Invalid> {
        let mut response = Response::parse(bytes)?;
        if let Some(update) = response.attributes.take()
            && sequence > self.attributes_sequence
        {
            self.attributes = updated(&self.attributes, update)?;
            self.attributes_sequence = sequence;
        }
        Ok(response)
    }

    fn refuse(&mut self, kind: Kind, invalid: Invalid) {
        tracing::warn!(transaction = %self.call.transaction_id, error = invalid.error_type, "the function's response cannot be used");
        // Answering the complaint wrongly again leaves nothing to try.
        if kind == Kind::Invalid {
            return self.end_all(HangupCode::Unavailable);
        }
        let mut event = Event::new(Kind::Invalid, Leg::A, None);
        event
            .extra
            .insert("ErrorType".into(), json!(invalid.error_type));
        event
            .extra
            .insert("ErrorMessage".into(), json!(invalid.message));
        self.raise(event);
    }

    fn replace(&mut self, actions: Vec<Action>, cause: Kind, leg: Leg, sequence: u32) {
        // The answer to an older event must not undo what a newer one brought.
        if sequence <= self.list_sequence {
            return;
        }
        self.list_sequence = sequence;
        self.pending = actions
            .into_iter()
            .map(|action| Action {
                default_leg: leg,
                ..action
            })
            .collect();
        self.completed = None;
        let interrupts = matches!(cause, Kind::Update | Kind::Digits);
        match &mut self.running {
            Some(running) if interrupts && running.kind.interruptible() => {
                let (work, leg, data) = (running.work, running.leg, running.data.clone());
                self.running = None;
                self.out.push(Output::Stop(work));
                self.raise_data(Kind::Interrupted, leg, data);
                self.advance();
            }
            Some(running) => running.replaced = true,
            None => self.advance(),
        }
    }

    /// Does actions until one takes time or none is left.
    pub(super) fn advance(&mut self) {
        while self.running.is_none() {
            let Some(action) = self.pending.pop_front() else {
                if let Some(data) = self.completed.take()
                    && self.alive()
                {
                    self.raise_data(Kind::Successful, Leg::A, data);
                }
                return;
            };
            let leg = self.leg_of(&action);
            let call_id = leg
                .as_ref()
                .ok()
                .and_then(|leg| self.participant(*leg))
                .map(|p| p.call_id.clone());
            let data = action.data(call_id.as_deref());
            match leg.and_then(|leg| self.execute(&action, leg, data.clone())) {
                Ok(Step::Done(data)) => self.completed = Some(data),
                Ok(Step::Running) => {}
                Err(failure) => self.fail(action.default_leg, data, &failure),
            }
        }
    }

    /// The running action ended by itself.
    pub(super) fn finished(&mut self, work: u32) {
        let Some(running) = self.running.take_if(|r| r.work == work) else {
            return;
        };
        if running.kind == ActionType::JoinChimeMeeting {
            self.add_leg_b();
        }
        if !running.replaced {
            self.completed = Some(running.data);
        }
        self.advance();
    }

    /// The running action failed.
    pub(super) fn task_failed(&mut self, work: u32, failure: &Failure) {
        let Some(running) = self.running.take_if(|r| r.work == work) else {
            return;
        };
        if running.replaced {
            // The newer list stands; the failure of what it replaced is still told.
            self.raise_data(Kind::Failed, running.leg, with_error(running.data, failure));
            self.advance();
        } else {
            self.fail(running.leg, running.data, failure);
        }
    }

    fn fail(&mut self, leg: Leg, data: Value, failure: &Failure) {
        self.pending.clear();
        self.completed = None;
        self.raise_data(Kind::Failed, leg, with_error(data, failure));
    }

    /// CallId wins over ParticipantTag, which wins over the leg that raised the event.
    fn leg_of(&self, action: &Action) -> Result<Leg, Failure> {
        if let Some(call_id) = action.text("CallId") {
            let found = self.participants.iter().find(|p| p.call_id == call_id);
            return found
                .map(|p| p.leg)
                .ok_or_else(|| parameter("CallId belongs to no leg of this call"));
        }
        match action.text("ParticipantTag") {
            None => Ok(action.default_leg),
            Some("LEG-A") => Ok(Leg::A),
            Some("LEG-B") => Ok(Leg::B),
            Some(_) => Err(parameter("ParticipantTag must be LEG-A or LEG-B")),
        }
    }

    fn execute(&mut self, action: &Action, leg: Leg, data: Value) -> Result<Step, Failure> {
        if self.status(leg) == Status::Disconnected {
            return Err(parameter("the leg is not connected"));
        }
        match action.kind {
            ActionType::Hangup => self.hang_up(action, leg, data),
            ActionType::Pause => {
                let until = self
                    .now
                    .after(action.duration_ms("DurationInMilliseconds")?);
                if self.status(Leg::A) == Status::New && self.direction() == Direction::Inbound {
                    self.out.push(Output::Ring);
                }
                self.run(action.kind, leg, data, String::new(), None).until = Some(until);
                Ok(Step::Running)
            }
            ActionType::PlayAudio => {
                let (task, terminators) = action.play()?;
                self.with_media(action.kind, leg, data, terminators, task)
            }
            ActionType::Speak => {
                self.with_media(action.kind, leg, data, String::new(), action.speak()?)
            }
            ActionType::SendDigits => {
                self.with_media(action.kind, leg, data, String::new(), action.send_digits()?)
            }
            ActionType::ReceiveDigits => {
                self.listener = Some(Listener::new(action, leg, data.clone())?);
                let mut data = data;
                data["ReceivedDigits"] = json!("");
                if self.status(Leg::A) == Status::Connected {
                    return Ok(Step::Done(data));
                }
                self.answer_for(action.kind, leg, data, String::new(), Waiting::Finish)
            }
            ActionType::JoinChimeMeeting => {
                let task = action.join()?;
                if leg != Leg::A || self.status(Leg::B) != Status::Disconnected {
                    return Err(parameter(
                        "only LEG-A of a call that is in no meeting and not bridged can join one",
                    ));
                }
                self.with_media(action.kind, leg, data, String::new(), task)
            }
            ActionType::PlayAudioAndGetDigits
            | ActionType::SpeakAndGetDigits
            | ActionType::RecordAudio
            | ActionType::StartCallRecording
            | ActionType::StopCallRecording
            | ActionType::PauseCallRecording
            | ActionType::ResumeCallRecording
            | ActionType::CallAndBridge
            | ActionType::ModifyChimeMeetingAttendees
            | ActionType::VoiceFocus
            | ActionType::StartBotConversation => {
                let message = format!("{} is not available here", action.kind.name());
                Err(Failure {
                    error_type: "SystemException",
                    message,
                })
            }
        }
    }

    fn hang_up(&mut self, action: &Action, leg: Leg, data: Value) -> Result<Step, Failure> {
        let code = match action.number("SipResponseCode")? {
            None | Some(0) => HangupCode::Normal,
            Some(480) => HangupCode::Unavailable,
            Some(486) => HangupCode::Busy,
            Some(_) => return Err(parameter("SipResponseCode must be 0, 480 or 486")),
        };
        match leg {
            Leg::A => {
                self.end_all(code);
                Ok(Step::Done(data))
            }
            // Leaving the meeting is an action like others: LEG-A goes on with the list.
            Leg::B => {
                self.set_status(Leg::B, Status::Disconnected);
                self.out.push(Output::Release(Leg::B, code));
                Ok(Step::Done(data))
            }
        }
    }

    /// An action that needs LEG-A's audio: it answers an inbound call first.
    fn with_media(
        &mut self,
        kind: ActionType,
        leg: Leg,
        data: Value,
        terminators: String,
        task: Task,
    ) -> Result<Step, Failure> {
        if self.status(Leg::A) == Status::Connected {
            let work = self.run(kind, leg, data, terminators, None).work;
            self.out.push(Output::Start { work, leg, task });
            return Ok(Step::Running);
        }
        self.answer_for(kind, leg, data, terminators, Waiting::Start(task))
    }

    /// Answers the caller; the action goes on then.
    fn answer_for(
        &mut self,
        kind: ActionType,
        leg: Leg,
        data: Value,
        terminators: String,
        waiting: Waiting,
    ) -> Result<Step, Failure> {
        if self.direction() == Direction::Outbound {
            return Err(parameter("the called party has not answered"));
        }
        self.run(kind, leg, data, terminators, Some(waiting));
        if !std::mem::replace(&mut self.answering, true) {
            self.out.push(Output::Answer);
        }
        Ok(Step::Running)
    }

    fn run(
        &mut self,
        kind: ActionType,
        leg: Leg,
        data: Value,
        terminators: String,
        waiting: Option<Waiting>,
    ) -> &mut Running {
        self.works += 1;
        let running = Running {
            work: self.works,
            kind,
            leg,
            data,
            terminators,
            until: None,
            waiting,
            replaced: false,
        };
        self.running.insert(running)
    }

    fn add_leg_b(&mut self) {
        self.legs_b += 1;
        let name = format!(
            "{}/{}/{}",
            self.call.transaction_id, self.sequence, self.legs_b
        );
        let leg_b = Participant {
            call_id: uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, name.as_bytes()).to_string(),
            leg: Leg::B,
            to: MEETING_NUMBER.to_owned(),
            from: "SMA".to_owned(),
            direction: Direction::Outbound,
            started_epoch_ms: self.participant(Leg::A).map_or(0, |p| p.started_epoch_ms),
            status: Status::Connected,
            sip_headers: BTreeMap::new(),
        };
        self.participants.retain(|p| p.leg != Leg::B);
        self.participants.push(leg_b);
    }
}

fn with_error(mut data: Value, failure: &Failure) -> Value {
    data["ErrorType"] = json!(failure.error_type);
    data["ErrorMessage"] = json!(failure.message);
    data
}
