//! The actions of a response, read and checked one by one when their turn comes.

use super::{Leg, Task};
use crate::time::At;
use serde_json::{Map, Value, json};

/// All action types of the developer guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ActionType {
    PlayAudio,
    PlayAudioAndGetDigits,
    Speak,
    SpeakAndGetDigits,
    ReceiveDigits,
    SendDigits,
    RecordAudio,
    StartCallRecording,
    StopCallRecording,
    PauseCallRecording,
    ResumeCallRecording,
    CallAndBridge,
    JoinChimeMeeting,
    ModifyChimeMeetingAttendees,
    Hangup,
    Pause,
    VoiceFocus,
    StartBotConversation,
}

impl ActionType {
    pub(super) const ALL: [Self; 18] = [
        Self::PlayAudio,
        Self::PlayAudioAndGetDigits,
        Self::Speak,
        Self::SpeakAndGetDigits,
        Self::ReceiveDigits,
        Self::SendDigits,
        Self::RecordAudio,
        Self::StartCallRecording,
        Self::StopCallRecording,
        Self::PauseCallRecording,
        Self::ResumeCallRecording,
        Self::CallAndBridge,
        Self::JoinChimeMeeting,
        Self::ModifyChimeMeetingAttendees,
        Self::Hangup,
        Self::Pause,
        Self::VoiceFocus,
        Self::StartBotConversation,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PlayAudio => "PlayAudio",
            Self::PlayAudioAndGetDigits => "PlayAudioAndGetDigits",
            Self::Speak => "Speak",
            Self::SpeakAndGetDigits => "SpeakAndGetDigits",
            Self::ReceiveDigits => "ReceiveDigits",
            Self::SendDigits => "SendDigits",
            Self::RecordAudio => "RecordAudio",
            Self::StartCallRecording => "StartCallRecording",
            Self::StopCallRecording => "StopCallRecording",
            Self::PauseCallRecording => "PauseCallRecording",
            Self::ResumeCallRecording => "ResumeCallRecording",
            Self::CallAndBridge => "CallAndBridge",
            Self::JoinChimeMeeting => "JoinChimeMeeting",
            Self::ModifyChimeMeetingAttendees => "ModifyChimeMeetingAttendees",
            Self::Hangup => "Hangup",
            Self::Pause => "Pause",
            Self::VoiceFocus => "VoiceFocus",
            Self::StartBotConversation => "StartBotConversation",
        }
    }

    /// Whether a new list may cut it off. Speak is not in the guide's list.
    pub(super) fn interruptible(self) -> bool {
        matches!(self, Self::PlayAudio | Self::RecordAudio | Self::Pause)
    }
}

/// An action as it was written.
#[derive(Debug, Clone)]
pub(super) struct Action {
    pub kind: ActionType,
    pub parameters: Map<String, Value>,
    /// The leg of the event that brought it.
    pub default_leg: Leg,
}

/// The action that is being done.
#[derive(Debug)]
pub(super) struct Running {
    pub work: u32,
    pub kind: ActionType,
    pub leg: Leg,
    /// Type and Parameters, for the events about it.
    pub data: Value,
    /// Digits that end it (PlayAudio).
    pub terminators: String,
    /// When it ends by itself (Pause).
    pub until: Option<At>,
    /// What to do once LEG-A is answered.
    pub waiting: Option<Waiting>,
    /// A newer list stands behind it: its own end is told to nobody.
    pub replaced: bool,
}

/// What an action does when the call it caused to be answered is.
#[derive(Debug)]
pub(super) enum Waiting {
    /// Begins.
    Start(Task),
    /// Is done: it only needed the call to be up.
    Finish,
}

/// Why an action fails: ErrorType and ErrorMessage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub error_type: &'static str,
    pub message: String,
}

pub(super) fn parameter(message: impl Into<String>) -> Failure {
    Failure {
        error_type: "InvalidActionParameter",
        message: message.into(),
    }
}

fn missing(name: &str) -> Failure {
    Failure {
        error_type: "MissingRequiredActionParameter",
        message: format!("{name} is required"),
    }
}

/// Longest Pause and digit times, in milliseconds: a day.
const MAX_MS: u64 = 86_400_000;
/// Longest text of Speak, in characters.
const MAX_TEXT: usize = 1_000;

impl Action {
    pub(super) fn parse(value: &Value) -> Option<Self> {
        let name = value.get("Type")?.as_str()?;
        let kind = ActionType::ALL
            .into_iter()
            .find(|kind| kind.name() == name)?;
        let parameters = match value.get("Parameters") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(map)) => map.clone(),
            Some(_) => return None,
        };
        Some(Self {
            kind,
            parameters,
            default_leg: Leg::A,
        })
    }

    /// Type and Parameters as events show them.
    pub(super) fn data(&self, call_id: Option<&str>) -> Value {
        let mut parameters = self.parameters.clone();
        if let Some(call_id) = call_id
            && !parameters.contains_key("ParticipantTag")
        {
            parameters.entry("CallId").or_insert_with(|| json!(call_id));
        }
        json!({ "Type": self.kind.name(), "Parameters": parameters })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).and_then(Value::as_str)
    }

    /// A whole number, written as one or as a string (samples do both).
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        match self.parameters.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(n)) => n
                .as_u64()
                .map(Some)
                .ok_or_else(|| parameter(format!("{name} is not a whole number"))),
            Some(Value::String(s)) => s
                .trim()
                .parse()
                .map(Some)
                .map_err(|_| parameter(format!("{name} is not a number"))),
            Some(_) => Err(parameter(format!("{name} is not a number"))),
        }
    }

    pub(super) fn duration_ms(&self, name: &str) -> Result<u64, Failure> {
        match self.number(name)? {
            None => Err(missing(name)),
            Some(ms) if (1..=MAX_MS).contains(&ms) => Ok(ms),
            Some(_) => Err(parameter(format!("{name} must be between 1 and {MAX_MS}"))),
        }
    }

    /// PlayAudio: the task and the digits that end it.
    pub(super) fn play(&self) -> Result<(Task, String), Failure> {
        let source = self
            .parameters
            .get("AudioSource")
            .ok_or_else(|| parameter("AudioSource is required"))?;
        let text = |name: &str| {
            source
                .get(name)
                .and_then(Value::as_str)
                .filter(|t| !t.is_empty())
        };
        if text("Type") != Some("S3") {
            return Err(parameter("AudioSource.Type must be S3"));
        }
        let (Some(bucket), Some(key)) = (text("BucketName"), text("Key")) else {
            return Err(parameter("AudioSource needs BucketName and Key"));
        };
        let repeat = match self.number("Repeat")? {
            None => 1,
            Some(times @ 1..=1_000) => times as u32,
            Some(_) => return Err(parameter("Repeat must be between 1 and 1000")),
        };
        let mut terminators = String::new();
        if let Some(list) = self
            .parameters
            .get("PlaybackTerminators")
            .and_then(Value::as_array)
        {
            for one in list {
                let digit = one
                    .as_str()
                    .filter(|d| d.len() == 1 && "0123456789#*".contains(*d));
                terminators.push_str(digit.ok_or_else(|| {
                    parameter("PlaybackTerminators are single digits 0-9, # or *")
                })?);
            }
        }
        Ok((
            Task::Play {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                repeat,
            },
            terminators,
        ))
    }

    pub(super) fn speak(&self) -> Result<Task, Failure> {
        let text = self
            .text("Text")
            .filter(|t| !t.is_empty())
            .ok_or_else(|| missing("Text"))?;
        if text.chars().count() > MAX_TEXT {
            return Err(parameter("Text has more than 1000 characters"));
        }
        let ssml = match self.text("TextType") {
            None | Some("text") => false,
            Some("ssml") => true,
            Some(_) => return Err(parameter("TextType must be text or ssml")),
        };
        if !matches!(self.text("Engine"), None | Some("standard" | "neural")) {
            return Err(parameter("Engine must be standard or neural"));
        }
        Ok(Task::Speak {
            text: text.to_owned(),
            ssml,
            language: self.text("LanguageCode").map(str::to_owned),
            voice: self.text("VoiceId").unwrap_or("Joanna").to_owned(),
        })
    }

    pub(super) fn send_digits(&self) -> Result<Task, Failure> {
        let digits = self.text("Digits").unwrap_or_default();
        let allowed = |c: char| "0123456789*#ABCD,".contains(c);
        if digits.is_empty() || digits.len() > 50 || !digits.chars().all(allowed) {
            return Err(parameter(
                "Digits must be 1 to 50 of 0-9, *, #, A-D and comma",
            ));
        }
        let tone_ms = self.number("ToneDurationInMilliseconds")?.unwrap_or(250);
        if !(50..=24_000).contains(&tone_ms) {
            return Err(parameter(
                "ToneDurationInMilliseconds must be between 50 and 24000",
            ));
        }
        Ok(Task::SendDigits {
            digits: digits.to_owned(),
            tone_ms,
        })
    }

    pub(super) fn join(&self) -> Result<Task, Failure> {
        let get = |name: &str| self.text(name).filter(|t| !t.is_empty()).map(str::to_owned);
        match (get("MeetingId"), get("JoinToken")) {
            (Some(meeting_id), Some(join_token)) => Ok(Task::Join {
                meeting_id,
                join_token,
            }),
            _ => Err(parameter("MeetingId and JoinToken are required")),
        }
    }
}
