//! The events a function is invoked with (developer guide, "Telephony events that invoke AWS Lambda functions").

use super::{Leg, Participant, Session, Status};
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// InvocationEventType.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An INVITE matched a rule.
    NewInbound,
    /// CreateSipMediaApplicationCall was called.
    NewOutbound,
    /// The called phone rings.
    Ringing,
    /// The called phone was answered.
    Answered,
    /// The whole list is done.
    Successful,
    /// An action failed; the rest of the list is dropped.
    Failed,
    /// An action was cut off by a new list.
    Interrupted,
    /// Digits matched.
    Digits,
    /// UpdateSipMediaApplicationCall was called.
    Update,
    /// A leg ended.
    Hangup,
    /// The last response could not be used.
    Invalid,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NewInbound,
        Self::NewOutbound,
        Self::Ringing,
        Self::Answered,
        Self::Successful,
        Self::Failed,
        Self::Interrupted,
        Self::Digits,
        Self::Update,
        Self::Hangup,
        Self::Invalid,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NewInbound => "NEW_INBOUND_CALL",
            Self::NewOutbound => "NEW_OUTBOUND_CALL",
            Self::Ringing => "RINGING",
            Self::Answered => "CALL_ANSWERED",
            Self::Successful => "ACTION_SUCCESSFUL",
            Self::Failed => "ACTION_FAILED",
            Self::Interrupted => "ACTION_INTERRUPTED",
            Self::Digits => "DIGITS_RECEIVED",
            Self::Update => "CALL_UPDATE_REQUESTED",
            Self::Hangup => "HANGUP",
            Self::Invalid => "INVALID_LAMBDA_RESPONSE",
        }
    }

    /// Whether it goes out although another event is still unanswered: it tells of something that cannot wait.
    #[must_use]
    pub fn overtakes(self) -> bool {
        matches!(self, Self::Hangup | Self::Update)
    }
}

/// An event that is to go out.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub kind: Kind,
    /// The leg that raised it: the default of the actions in its response.
    pub leg: Leg,
    /// ActionData.
    pub data: Option<Value>,
    /// Members at the top level (ErrorType and ErrorMessage of INVALID_LAMBDA_RESPONSE).
    pub extra: Map<String, Value>,
}

impl Event {
    pub(super) fn new(kind: Kind, leg: Leg, data: Option<Value>) -> Self {
        Self {
            kind,
            leg,
            data,
            extra: Map::new(),
        }
    }
}

impl Session {
    /// The whole event as the function gets it.
    pub(super) fn payload(&self, event: &Event) -> Bytes {
        let mut body = Map::new();
        body.insert("SchemaVersion".into(), json!("1.0"));
        body.insert("Sequence".into(), json!(self.sequence));
        body.insert("InvocationEventType".into(), json!(event.kind.name()));
        body.extend(event.extra.clone());
        if let Some(data) = &event.data {
            body.insert("ActionData".into(), data.clone());
        }
        body.insert("CallDetails".into(), self.details());
        Bytes::from(Value::Object(body).to_string())
    }

    fn details(&self) -> Value {
        let mut details = Map::new();
        details.insert("TransactionId".into(), json!(self.call.transaction_id));
        if !self.attributes.is_empty() {
            details.insert(
                "TransactionAttributes".into(),
                Value::Object(self.attributes.clone()),
            );
        }
        details.insert("AwsAccountId".into(), json!(self.call.account));
        details.insert("AwsRegion".into(), json!(self.call.region));
        if let Some(rule) = &self.call.rule_id {
            details.insert("SipRuleId".into(), json!(rule));
        }
        details.insert(
            "SipMediaApplicationId".into(),
            json!(self.call.application_id),
        );
        details.insert(
            "Participants".into(),
            self.participants.iter().map(participant).collect(),
        );
        Value::Object(details)
    }
}

fn participant(p: &Participant) -> Value {
    let mut shown = Map::new();
    shown.insert("CallId".into(), json!(p.call_id));
    shown.insert("ParticipantTag".into(), json!(p.leg.tag()));
    shown.insert("To".into(), json!(p.to));
    shown.insert("From".into(), json!(p.from));
    shown.insert("Direction".into(), json!(p.direction));
    shown.insert(
        "StartTimeInMilliseconds".into(),
        json!(p.started_epoch_ms.to_string()),
    );
    match p.status {
        // Real first events have no Status: absent is "not answered yet".
        Status::New => {}
        Status::Connected | Status::Disconnected => {
            shown.insert("Status".into(), json!(p.status));
        }
    }
    if !p.sip_headers.is_empty() {
        shown.insert("SipHeaders".into(), json!(p.sip_headers));
    }
    Value::Object(shown)
}
