//! Answers to SMA events: moves as the service's actions.
use super::event::{Event, LEG_A};
use crate::mailbox::Answer;
use contract::moves::Move;
use contract::{CallId, LegId};
use serde_json::{Value, json};

/// Keys as they come: those pressed in quick succession arrive together, because the service looks at them only once a pause
/// follows.
const ANY_KEYS: &str = "^[0-9*#A-D]+$";
/// The pause after which keys are reported, and how long keys that match nothing are kept.
const BETWEEN_KEYS_MS: u32 = 300;
const FLUSH_KEYS_MS: u32 = 10_000;
/// How long a key sounds.
const TONE_MS: u32 = 100;

/// What moves need to become actions.
pub(super) struct Surroundings<'a> {
    /// `MeetingId` and `JoinToken` of the leg, once there is a meeting.
    pub(super) seat: Option<(String, String)>,
    /// The bucket of prompts.
    pub(super) prompts: &'a str,
}

/// The response: always with the whole map of attributes, so that every later event says which call and leg it is.
pub(super) fn response(
    event: &Event,
    call: &CallId,
    leg: &LegId,
    actions: Option<Vec<Value>>,
) -> Value {
    let mut response = json!({
        "SchemaVersion": event.schema_version,
        "TransactionAttributes": { "call": call, "leg": leg },
    });
    if let Some(actions) = actions {
        response["Actions"] = actions.into();
    }
    response
}

/// Actions for an answer; none keeps what the leg does. `Err` holds those that could be made if one could not: there is no
/// meeting to join.
pub(super) fn actions(
    event: &Event,
    answer: &Answer,
    around: &Surroundings<'_>,
) -> Result<Option<Vec<Value>>, Option<Vec<Value>>> {
    let moves = match answer {
        Answer::Keep => return Ok(None),
        Answer::Do(moves) => moves,
    };
    let actions: Vec<_> = moves
        .iter()
        .filter_map(|asked| action(event, asked, around))
        .collect();
    if actions.len() == moves.len() {
        Ok(Some(actions))
    } else {
        Err(Some(actions))
    }
}

/// A hang-up of the phone's side.
pub(super) fn hang_up(event: &Event, status: u16) -> Value {
    named(
        event,
        "Hangup",
        json!({ "SipResponseCode": status.to_string() }),
    )
}

fn action(event: &Event, asked: &Move, around: &Surroundings<'_>) -> Option<Value> {
    Some(match asked {
        Move::Wait { seconds } => {
            let ms = u32::from(*seconds) * 1_000;
            named(
                event,
                "Pause",
                json!({ "DurationInMilliseconds": ms.to_string() }),
            )
        }
        Move::Join => {
            let (meeting, token) = around.seat.as_ref()?;
            named(
                event,
                "JoinChimeMeeting",
                json!({ "JoinToken": token, "MeetingId": meeting }),
            )
        }
        Move::Listen => named(
            event,
            "ReceiveDigits",
            json!({
                "InputDigitsRegex": ANY_KEYS,
                "InBetweenDigitsDurationInMilliseconds": BETWEEN_KEYS_MS,
                "FlushDigitsDurationInMilliseconds": FLUSH_KEYS_MS,
            }),
        ),
        Move::Say { text, language } => named(
            event,
            "Speak",
            json!({ "Text": text, "LanguageCode": language, "TextType": "text" }),
        ),
        Move::Play { prompt } => {
            let source = json!({ "Type": "S3", "BucketName": around.prompts, "Key": prompt });
            named(event, "PlayAudio", json!({ "AudioSource": source }))
        }
        Move::Digits { digits } => named(
            event,
            "SendDigits",
            json!({ "Digits": digits, "ToneDurationInMilliseconds": TONE_MS }),
        ),
        Move::HangUp { status } => hang_up(event, *status),
    })
}

/// An action on the phone's side, by its `CallId` or else its tag.
fn named(event: &Event, kind: &str, mut parameters: Value) -> Value {
    match event.phone_call_id() {
        Some(id) => parameters["CallId"] = id.into(),
        None => parameters["ParticipantTag"] = LEG_A.into(),
    }
    json!({ "Type": kind, "Parameters": parameters })
}
