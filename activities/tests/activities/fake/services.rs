//! The services that carry a call: workflows, phone legs and meetings.
use super::{Dialling, Fake, lost};
use activities::ports::Unavailable;
use activities::ports::call_control::{CallControl, DialError, NudgeError};
use activities::ports::meetings::{Meetings, OpenError, Room};
use activities::ports::workflows::{
    Handed, Inspected, Machine, Redriven, StartError, Status, Workflows,
};
use contract::{CallId, E164, LegId};
use serde_json::{Value, json};

impl Workflows for Fake {
    async fn start(
        &self,
        machine: Machine,
        name: &str,
        input: &Value,
    ) -> Result<String, StartError> {
        let started = self.port(|state| {
            if state.start_refused {
                return Err(StartError::Refused("StateMachineDoesNotExist".into()));
            }
            if state.start_fails > 0 {
                state.start_fails -= 1;
                return Err(StartError::Unavailable(lost()));
            }
            state.executions.entry(name.into()).or_insert((
                machine,
                input.clone(),
                Status::Running,
            ));
            Ok(format!("arn:{name}"))
        });
        started.map_err(StartError::Unavailable)?
    }

    async fn complete(&self, token: &str, output: &Value) -> Result<Handed, Unavailable> {
        self.port(|state| {
            if state.complete_fails > 0 {
                state.complete_fails -= 1;
                return Err(lost());
            }
            if !state.spent.insert(token.to_owned()) {
                return Ok(Handed::Spent);
            }
            let seq = output["seq"].as_u64().unwrap_or_default();
            state.handed.push((token.to_owned(), seq));
            Ok(Handed::Taken)
        })?
    }

    async fn redrive(&self, _: &str) -> Result<Redriven, Unavailable> {
        Ok(Redriven::Not("calls are not redriven".to_owned()))
    }

    async fn status(&self, _: Machine, name: &str) -> Result<Option<Status>, Unavailable> {
        self.port(|state| {
            state
                .executions
                .get(&CallId::from(name))
                .map(|(_, _, status)| *status)
        })
    }

    async fn inspect(&self, _: &str) -> Result<Option<Inspected>, Unavailable> {
        self.port(|_| None)
    }
}

impl CallControl for Fake {
    async fn dial(
        &self,
        _: &CallId,
        leg: &LegId,
        to: &E164,
        _: &E164,
    ) -> Result<String, DialError> {
        let dialled = self.port(|state| match state.dialling {
            Dialling::Works => {
                state.dialled.push((leg.clone(), to.to_string()));
                Ok(format!("t-{}", state.dialled.len()))
            }
            Dialling::Busy => Err(DialError::Busy),
            Dialling::Refused => Err(DialError::Refused("BadRequest".into())),
        });
        dialled.map_err(DialError::Unknown)?
    }

    async fn nudge(&self, _: &CallId, _: &LegId, transaction_id: &str) -> Result<(), NudgeError> {
        let nudged = self.port(|state| {
            if state.gone.contains(transaction_id) {
                return Err(NudgeError::Gone);
            }
            state.nudged.push(transaction_id.to_owned());
            Ok(())
        });
        nudged.map_err(NudgeError::Unavailable)?
    }
}

impl Meetings for Fake {
    async fn open(&self, call: &CallId, legs: &[LegId]) -> Result<Room, OpenError> {
        let opened = self.port(|state| {
            let id = format!("m-{call}");
            let attendees = legs.iter().map(|leg| {
                (leg.clone(), json!({ "ExternalUserId": leg, "AttendeeId": format!("a-{leg}"), "JoinToken": format!("j-{leg}") }))
            });
            let room = Room { meeting: json!({ "MeetingId": id }), attendees: attendees.collect() };
            state.rooms.entry(id).or_insert(room).clone()
        });
        Ok(opened?)
    }

    async fn close(&self, meeting_id: &str) -> Result<(), Unavailable> {
        self.port(|state| drop(state.rooms.remove(meeting_id)))
    }

    async fn exists(&self, meeting_id: &str) -> Result<bool, Unavailable> {
        self.port(|state| state.rooms.contains_key(meeting_id))
    }
}
