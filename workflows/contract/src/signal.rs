//! Signals: anything that can move a call on.
use crate::{DeviceId, LegId, PersonId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What happened. `phone.*` come from SMA events, `client.*` from commands and meeting events.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SignalName {
    /// The phone network took our call (`NEW_OUTBOUND_CALL`).
    #[serde(rename = "phone.placed")]
    PhonePlaced,
    /// The called phone rings (`RINGING`).
    #[serde(rename = "phone.ringing")]
    PhoneRinging,
    /// The called phone answered (`CALL_ANSWERED`).
    #[serde(rename = "phone.answered")]
    PhoneAnswered,
    /// The phone leg is in the meeting (`ACTION_SUCCESSFUL` of `JoinChimeMeeting`).
    #[serde(rename = "phone.joined")]
    PhoneJoined,
    /// Another list of actions ran to its end (`ACTION_SUCCESSFUL`).
    #[serde(rename = "phone.done")]
    PhoneDone,
    /// An action or an answer of ours was refused (`ACTION_FAILED`, `INVALID_LAMBDA_RESPONSE`).
    #[serde(rename = "phone.failed")]
    PhoneFailed,
    /// The phone's person pressed keys (`DIGITS_RECEIVED`).
    #[serde(rename = "phone.digits")]
    PhoneDigits,
    /// The phone leg left the meeting but is still up (`HANGUP` of `LEG-B`).
    #[serde(rename = "phone.left")]
    PhoneLeft,
    /// The phone leg is down (`HANGUP` of `LEG-A`).
    #[serde(rename = "phone.hungup")]
    PhoneHungup,
    /// A person took the call on one device.
    #[serde(rename = "client.answer")]
    ClientAnswer,
    /// A person refused the call.
    #[serde(rename = "client.decline")]
    ClientDecline,
    /// A person ended the call.
    #[serde(rename = "client.hangup")]
    ClientHangup,
    /// A person pressed dial-pad keys for the phone to hear.
    #[serde(rename = "client.digits")]
    ClientDigits,
    /// A client leg is in the meeting.
    #[serde(rename = "client.joined")]
    ClientJoined,
    /// A client leg left the meeting on purpose.
    #[serde(rename = "client.left")]
    ClientLeft,
    /// A client leg was lost: closed browser, dead network.
    #[serde(rename = "client.dropped")]
    ClientDropped,
    /// The meeting is over.
    #[serde(rename = "meeting.ended")]
    MeetingEnded,
}

impl SignalName {
    /// Every name.
    pub const ALL: [Self; 17] = [
        Self::PhonePlaced,
        Self::PhoneRinging,
        Self::PhoneAnswered,
        Self::PhoneJoined,
        Self::PhoneDone,
        Self::PhoneFailed,
        Self::PhoneDigits,
        Self::PhoneLeft,
        Self::PhoneHungup,
        Self::ClientAnswer,
        Self::ClientDecline,
        Self::ClientHangup,
        Self::ClientDigits,
        Self::ClientJoined,
        Self::ClientLeft,
        Self::ClientDropped,
        Self::MeetingEnded,
    ];

    /// As written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PhonePlaced => "phone.placed",
            Self::PhoneRinging => "phone.ringing",
            Self::PhoneAnswered => "phone.answered",
            Self::PhoneJoined => "phone.joined",
            Self::PhoneDone => "phone.done",
            Self::PhoneFailed => "phone.failed",
            Self::PhoneDigits => "phone.digits",
            Self::PhoneLeft => "phone.left",
            Self::PhoneHungup => "phone.hungup",
            Self::ClientAnswer => "client.answer",
            Self::ClientDecline => "client.decline",
            Self::ClientHangup => "client.hangup",
            Self::ClientDigits => "client.digits",
            Self::ClientJoined => "client.joined",
            Self::ClientLeft => "client.left",
            Self::ClientDropped => "client.dropped",
            Self::MeetingEnded => "meeting.ended",
        }
    }

    /// Whether it waits for a turn that accepts it. The others only tell: a turn that is open and accepts them
    /// takes them, else they are dropped.
    pub const fn waits(self) -> bool {
        match self {
            Self::PhonePlaced | Self::PhoneDone => false,
            Self::PhoneRinging
            | Self::PhoneAnswered
            | Self::PhoneJoined
            | Self::PhoneFailed
            | Self::PhoneDigits
            | Self::PhoneLeft
            | Self::PhoneHungup
            | Self::ClientAnswer
            | Self::ClientDecline
            | Self::ClientHangup
            | Self::ClientDigits
            | Self::ClientJoined
            | Self::ClientLeft
            | Self::ClientDropped
            | Self::MeetingEnded => true,
        }
    }
}

/// One signal as the workflow receives it: the output of a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signal {
    /// Its place in the call's mailbox, from 1. The workflow hands it back as `received`.
    pub seq: u64,
    /// What happened.
    pub name: SignalName,
    /// When it was recorded, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// The leg it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
    /// The person who gave the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The device the command came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// `SipResponseCode` of a hang-up: 0 normal, 480 no answer, 486 busy (Chime SDK, `HANGUP`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Keys pressed: `0-9`, `*`, `#`, `A-D`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<String>,
    /// A reason in the service's words, such as an `ErrorType`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A signal that a turn waits for: a name, or `name@leg` for one leg only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Accept {
    /// The signal's name.
    pub name: SignalName,
    /// Only of this leg, if given.
    pub leg: Option<LegId>,
}

impl Accept {
    /// Whether `signal` is one of those waited for.
    pub fn takes(&self, signal: &Signal) -> bool {
        self.name == signal.name && (self.leg.is_none() || self.leg == signal.leg)
    }
}

impl JsonSchema for Accept {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Accept".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^(phone|client|meeting)\.[a-z]+(@[a-z0-9-]+)?$" })
    }
}

impl TryFrom<String> for Accept {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let (name, leg) = match text.split_once('@') {
            Some((name, leg)) => (name, Some(LegId::from(leg))),
            None => (text.as_str(), None),
        };
        let name = SignalName::ALL
            .into_iter()
            .find(|known| known.as_str() == name)
            .ok_or_else(|| format!("`{text}` names no signal"))?;
        Ok(Self { name, leg })
    }
}

impl From<Accept> for String {
    fn from(accept: Accept) -> Self {
        match accept.leg {
            Some(leg) => format!("{}@{leg}", accept.name.as_str()),
            None => accept.name.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_name_is_its_wire_form() {
        for name in SignalName::ALL {
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
        }
    }

    #[test]
    fn an_accept_reads_back_what_it_writes() {
        for text in ["phone.hungup", "client.joined@callee"] {
            let accept = Accept::try_from(text.to_owned()).unwrap();
            assert_eq!(String::from(accept), text);
        }
        assert!(Accept::try_from("phone.rings".to_owned()).is_err());
    }
}
