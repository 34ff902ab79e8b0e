//! Events of a SIP media application, read tolerantly: the service adds fields, leaves out others, and its documentation
//! disagrees with itself.
use crate::mailbox::Letter;
use contract::signal::SignalName;
use contract::{CallId, LegId};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::HashMap;

/// The tag of the phone's side. `LEG-B` is the other end of a bridge: here, the meeting.
pub(super) const LEG_A: &str = "LEG-A";

/// What happened (`InvocationEventType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    NewInboundCall,
    NewOutboundCall,
    Ringing,
    CallAnswered,
    ActionSuccessful,
    ActionFailed,
    ActionInterrupted,
    DigitsReceived,
    CallUpdateRequested,
    Hangup,
    InvalidLambdaResponse,
    /// One that did not exist when this was written.
    Unknown,
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match String::deserialize(deserializer)?.as_str() {
            // The guide's prose has the second word; the wire has the first.
            "NEW_INBOUND_CALL" | "NEW_INCOMING_CALL" => Self::NewInboundCall,
            "NEW_OUTBOUND_CALL" => Self::NewOutboundCall,
            "RINGING" => Self::Ringing,
            "CALL_ANSWERED" => Self::CallAnswered,
            "ACTION_SUCCESSFUL" => Self::ActionSuccessful,
            "ACTION_FAILED" => Self::ActionFailed,
            "ACTION_INTERRUPTED" => Self::ActionInterrupted,
            "DIGITS_RECEIVED" => Self::DigitsReceived,
            "CALL_UPDATE_REQUESTED" => Self::CallUpdateRequested,
            "HANGUP" => Self::Hangup,
            "INVALID_LAMBDA_RESPONSE" => Self::InvalidLambdaResponse,
            _ => Self::Unknown,
        })
    }
}

/// One event.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    #[serde(default = "schema_version")]
    pub(super) schema_version: String,
    #[serde(default)]
    sequence: u64,
    #[serde(rename = "InvocationEventType")]
    pub(super) kind: Kind,
    #[serde(default)]
    action_data: Option<ActionData>,
    call_details: CallDetails,
    /// At the top level for `INVALID_LAMBDA_RESPONSE`.
    #[serde(default)]
    error_type: Option<String>,
}

fn schema_version() -> String {
    "1.0".to_owned()
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ActionData {
    r#type: Option<String>,
    parameters: Option<Parameters>,
    received_digits: Option<String>,
    error_type: Option<String>,
    /// What older pages have instead of `ErrorType`.
    error: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Parameters {
    call_id: Option<String>,
    participant_tag: Option<String>,
    /// Number or text.
    sip_response_code: Value,
    arguments: Option<HashMap<String, Value>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CallDetails {
    transaction_id: String,
    #[serde(default)]
    transaction_attributes: Option<HashMap<String, Value>>,
    #[serde(default)]
    participants: Vec<Participant>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Participant {
    call_id: Option<String>,
    participant_tag: Option<String>,
    to: Option<String>,
    from: Option<String>,
    status: Option<String>,
}

/// The key of the end of a phone leg, however it is learnt.
pub fn hangup_key(transaction: &str) -> String {
    format!("{transaction}/HANGUP/{LEG_A}")
}

impl Event {
    pub(super) fn transaction(&self) -> &str {
        &self.call_details.transaction_id
    }

    /// The call and the leg: what we wrote into the transaction's attributes or the dialling's arguments. A call from the phone
    /// network is named after its transaction.
    pub(super) fn address(&self) -> (CallId, LegId) {
        let arguments = self
            .parameters()
            .and_then(|parameters| parameters.arguments.as_ref());
        for map in [self.call_details.transaction_attributes.as_ref(), arguments]
            .into_iter()
            .flatten()
        {
            if let (Some(call), Some(leg)) = (text(map, "call"), text(map, "leg")) {
                return (CallId::from(call), LegId::from(leg));
            }
        }
        (
            CallId::from(format!("c-{}", self.transaction())),
            LegId::from(LegId::CALLER),
        )
    }

    /// What makes an event the same when the service sends it again. Kinds that come once per leg are known by that, because
    /// nothing says that a repetition keeps its `Sequence`.
    pub(super) fn key(&self) -> String {
        let transaction = self.transaction();
        match self.kind {
            Kind::NewInboundCall => format!("{transaction}/NEW_INBOUND_CALL"),
            Kind::NewOutboundCall => format!("{transaction}/NEW_OUTBOUND_CALL"),
            Kind::Ringing => format!("{transaction}/RINGING"),
            Kind::CallAnswered => format!("{transaction}/CALL_ANSWERED"),
            Kind::Hangup if self.is_of_meeting_side() => {
                let side = self
                    .parameters()
                    .and_then(|parameters| parameters.call_id.as_deref())
                    .unwrap_or("LEG-B");
                format!("{transaction}/HANGUP/{side}")
            }
            Kind::Hangup => hangup_key(transaction),
            Kind::ActionSuccessful
            | Kind::ActionFailed
            | Kind::ActionInterrupted
            | Kind::DigitsReceived
            | Kind::CallUpdateRequested
            | Kind::InvalidLambdaResponse
            | Kind::Unknown => format!("{transaction}/{}/{:?}", self.sequence, self.kind),
        }
    }

    /// The signal that this event is, if it is one.
    pub(super) fn letter(&self, leg: &LegId) -> Option<Letter> {
        let gone = self.phone_is_gone();
        let name = match self.kind {
            Kind::NewOutboundCall => SignalName::PhonePlaced,
            Kind::Ringing => SignalName::PhoneRinging,
            Kind::CallAnswered => SignalName::PhoneAnswered,
            // Whatever ends because the phone hung up: the HANGUP tells.
            Kind::ActionSuccessful | Kind::ActionFailed if gone => return None,
            Kind::ActionSuccessful if self.is_action("JoinChimeMeeting") => SignalName::PhoneJoined,
            Kind::ActionSuccessful => SignalName::PhoneDone,
            Kind::ActionFailed | Kind::InvalidLambdaResponse => SignalName::PhoneFailed,
            Kind::DigitsReceived => SignalName::PhoneDigits,
            Kind::Hangup if self.is_of_meeting_side() && gone => return None,
            Kind::Hangup if self.is_of_meeting_side() => SignalName::PhoneLeft,
            Kind::Hangup => SignalName::PhoneHungup,
            Kind::NewInboundCall
            | Kind::ActionInterrupted
            | Kind::CallUpdateRequested
            | Kind::Unknown => return None,
        };
        let mut letter = Letter::new(self.key(), name, Some(leg.clone()));
        letter.status = self.status().filter(|_| self.kind == Kind::Hangup);
        letter.digits = self.digits().filter(|_| self.kind == Kind::DigitsReceived);
        letter.reason = self.reason().filter(|_| name == SignalName::PhoneFailed);
        Some(letter)
    }

    /// Whether the event is answered with what the workflow says next. The others are told, or answered at once.
    pub(super) fn asks(&self) -> bool {
        match self.kind {
            Kind::NewInboundCall
            | Kind::CallAnswered
            | Kind::DigitsReceived
            | Kind::InvalidLambdaResponse => true,
            Kind::ActionSuccessful | Kind::ActionFailed => !self.phone_is_gone(),
            Kind::Hangup => self.is_of_meeting_side() && !self.phone_is_gone(),
            // Returned actions are ignored (NEW_OUTBOUND_CALL, RINGING, ACTION_INTERRUPTED), or collected without waiting.
            Kind::NewOutboundCall
            | Kind::Ringing
            | Kind::ActionInterrupted
            | Kind::CallUpdateRequested
            | Kind::Unknown => false,
        }
    }

    /// The number that was dialled.
    pub(super) fn to(&self) -> Option<&str> {
        self.phone()?.to.as_deref()
    }

    /// The caller as the network tells it. Who hides is `anonymous`.
    pub(super) fn from(&self) -> String {
        let from = self
            .phone()
            .and_then(|phone| phone.from.as_deref())
            .map(str::trim)
            .unwrap_or_default();
        if from.is_empty() {
            "anonymous".to_owned()
        } else {
            from.chars().take(128).collect()
        }
    }

    /// `CallId` of the phone's side, which actions name.
    pub(super) fn phone_call_id(&self) -> Option<&str> {
        self.phone()?.call_id.as_deref()
    }

    fn parameters(&self) -> Option<&Parameters> {
        self.action_data.as_ref()?.parameters.as_ref()
    }

    fn phone(&self) -> Option<&Participant> {
        let participants = &self.call_details.participants;
        participants
            .iter()
            .find(|p| p.participant_tag.as_deref() == Some(LEG_A))
            .or_else(|| participants.first())
    }

    fn phone_is_gone(&self) -> bool {
        self.phone()
            .is_some_and(|phone| phone.status.as_deref() == Some("Disconnected"))
    }

    /// Whether a HANGUP is of the meeting's side: by its tag, else by its `CallId`.
    fn is_of_meeting_side(&self) -> bool {
        let Some(parameters) = self.parameters() else {
            return false;
        };
        match &parameters.participant_tag {
            Some(tag) => tag != LEG_A,
            None => {
                parameters.call_id.is_some()
                    && parameters.call_id.as_deref() != self.phone_call_id()
            }
        }
    }

    fn is_action(&self, name: &str) -> bool {
        self.action_data
            .as_ref()
            .and_then(|action| action.r#type.as_deref())
            == Some(name)
    }

    pub(super) fn status(&self) -> Option<u16> {
        match &self.parameters()?.sip_response_code {
            Value::Number(code) => code.as_u64().and_then(|code| u16::try_from(code).ok()),
            Value::String(code) => code.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn digits(&self) -> Option<String> {
        let keys = self.action_data.as_ref()?.received_digits.as_deref()?;
        Some(
            keys.chars()
                .filter(|key| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D'))
                .take(128)
                .collect(),
        )
    }

    fn reason(&self) -> Option<String> {
        let action = self.action_data.as_ref();
        let reason = action.and_then(|action| action.error_type.as_ref().or(action.error.as_ref()));
        reason.or(self.error_type.as_ref()).cloned()
    }
}

fn text<'m>(map: &'m HashMap<String, Value>, name: &str) -> Option<&'m str> {
    map.get(name)?
        .as_str()
        .filter(|text| !text.is_empty() && text.len() <= 80)
}
