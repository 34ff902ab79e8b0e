//! Signals: what moves a request on.
use crate::PersonId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What happened.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum SignalName {
    /// Somebody did a task; the topic is its form, the data what they filled in.
    #[serde(rename = "task.done")]
    TaskDone,
    /// Whoever asked wants it no longer.
    #[serde(rename = "request.cancel")]
    RequestCancel,
    /// Whoever asked wants it otherwise; the topic says what (`date`, `numbers`, `dossier`).
    #[serde(rename = "request.change")]
    RequestChange,
    /// The carrier says something; the topic is its status.
    #[serde(rename = "carrier.notice")]
    CarrierNotice,
    /// An address was proven: the token of its mail came back.
    #[serde(rename = "email.verified")]
    EmailVerified,
    /// A test call ended; the topic is `passed` or `failed`.
    #[serde(rename = "call.tested")]
    CallTested,
    /// Another request that this one waits for has ended; the topic is its outcome.
    #[serde(rename = "request.ended")]
    RequestEnded,
}

impl SignalName {
    /// Every name.
    pub const ALL: [Self; 7] = [
        Self::TaskDone,
        Self::RequestCancel,
        Self::RequestChange,
        Self::CarrierNotice,
        Self::EmailVerified,
        Self::CallTested,
        Self::RequestEnded,
    ];

    /// As written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TaskDone => "task.done",
            Self::RequestCancel => "request.cancel",
            Self::RequestChange => "request.change",
            Self::CarrierNotice => "carrier.notice",
            Self::EmailVerified => "email.verified",
            Self::CallTested => "call.tested",
            Self::RequestEnded => "request.ended",
        }
    }
}

/// One signal as the workflow receives it: the output of a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestSignal {
    /// Its place in the request's inbox, from 1. The workflow hands it back as `received`.
    pub seq: u64,
    /// What happened.
    pub name: SignalName,
    /// What about, in the words of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// When it was recorded, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// Who did it, if it was a person of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// What came with it.
    #[serde(default)]
    pub data: Value,
}

/// A signal that a turn waits for: a name, or `name@topic` for one topic only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Accept {
    /// The signal's name.
    pub name: SignalName,
    /// Only with this topic, if given.
    pub topic: Option<String>,
}

impl Accept {
    /// Whether `signal` is one of those waited for.
    pub fn takes(&self, signal: &RequestSignal) -> bool {
        self.name == signal.name && (self.topic.is_none() || self.topic == signal.topic)
    }
}

impl JsonSchema for Accept {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RequestAccept".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^(task|request|carrier|email|call)\.[a-z]+(@[a-z0-9_-]+)?$" })
    }
}

impl TryFrom<String> for Accept {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (name, topic) = match text.split_once('@') {
            Some((name, topic)) => (name, Some(topic.to_owned())),
            None => (text.as_str(), None),
        };
        let name = SignalName::ALL
            .into_iter()
            .find(|known| known.as_str() == name)
            .ok_or_else(|| format!("`{text}` names no signal of a request"))?;
        Ok(Self { name, topic })
    }
}

impl From<Accept> for String {
    fn from(accept: Accept) -> Self {
        match accept.topic {
            Some(topic) => format!("{}@{topic}", accept.name.as_str()),
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
    fn an_accept_reads_back_what_it_writes_and_a_topic_narrows_it() {
        for text in ["request.cancel", "carrier.notice@foc_confirmed"] {
            let accept = Accept::try_from(text.to_owned()).unwrap();
            assert_eq!(String::from(accept), text);
        }
        assert!(Accept::try_from("carrier.says".to_owned()).is_err());
        let signal = RequestSignal {
            seq: 1,
            name: SignalName::CarrierNotice,
            topic: Some("rejected".into()),
            at: String::new(),
            person: None,
            data: Value::Null,
        };
        let takes = |text: &str| Accept::try_from(text.to_owned()).unwrap().takes(&signal);
        assert!(takes("carrier.notice") && takes("carrier.notice@rejected"));
        assert!(!takes("carrier.notice@ported") && !takes("task.done"));
    }
}
