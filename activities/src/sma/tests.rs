//! Events as the service sends them, answered by rule. The flows are in `tests/activities`.
use super::event::{Event, Kind};
use contract::LegId;
use contract::signal::SignalName;
use serde_json::{Value, json};

fn event(kind: &str, action: Value, participants: Value) -> Event {
    serde_json::from_value(json!({
        "SchemaVersion": "1.0", "Sequence": 3, "InvocationEventType": kind, "ActionData": action,
        "CallDetails": { "TransactionId": "t-1", "AwsAccountId": "1", "Participants": participants }
    }))
    .unwrap()
}

fn one(status: &str) -> Value {
    json!([{ "CallId": "a", "ParticipantTag": "LEG-A", "To": "+41445550100", "From": "+41445550199", "Status": status }])
}

fn name(event: &Event) -> Option<SignalName> {
    event
        .letter(&LegId::from("caller"))
        .map(|letter| letter.name)
}

#[test]
fn every_kind_has_its_signal() {
    let up = one("Connected");
    for (kind, action, expected) in [
        ("NEW_INBOUND_CALL", Value::Null, None),
        (
            "NEW_OUTBOUND_CALL",
            Value::Null,
            Some(SignalName::PhonePlaced),
        ),
        ("RINGING", Value::Null, Some(SignalName::PhoneRinging)),
        (
            "CALL_ANSWERED",
            Value::Null,
            Some(SignalName::PhoneAnswered),
        ),
        (
            "ACTION_SUCCESSFUL",
            json!({ "Type": "JoinChimeMeeting" }),
            Some(SignalName::PhoneJoined),
        ),
        (
            "ACTION_SUCCESSFUL",
            json!({ "Type": "Pause" }),
            Some(SignalName::PhoneDone),
        ),
        (
            "ACTION_FAILED",
            json!({ "Type": "Speak", "ErrorType": "SystemException" }),
            Some(SignalName::PhoneFailed),
        ),
        ("ACTION_INTERRUPTED", json!({ "Type": "Pause" }), None),
        (
            "DIGITS_RECEIVED",
            json!({ "ReceivedDigits": "5" }),
            Some(SignalName::PhoneDigits),
        ),
        (
            "CALL_UPDATE_REQUESTED",
            json!({ "Type": "CallUpdateRequest" }),
            None,
        ),
        (
            "HANGUP",
            json!({ "Parameters": { "ParticipantTag": "LEG-A" } }),
            Some(SignalName::PhoneHungup),
        ),
        (
            "HANGUP",
            json!({ "Parameters": { "ParticipantTag": "LEG-B", "CallId": "b" } }),
            Some(SignalName::PhoneLeft),
        ),
        (
            "HANGUP",
            json!({ "Parameters": { "CallId": "a" } }),
            Some(SignalName::PhoneHungup),
        ),
        (
            "HANGUP",
            json!({ "Parameters": { "CallId": "b" } }),
            Some(SignalName::PhoneLeft),
        ),
        ("HANGUP", Value::Null, Some(SignalName::PhoneHungup)),
        (
            "INVALID_LAMBDA_RESPONSE",
            Value::Null,
            Some(SignalName::PhoneFailed),
        ),
        ("SOMETHING_NEW", Value::Null, None),
    ] {
        assert_eq!(name(&event(kind, action, up.clone())), expected, "{kind}");
    }
}

#[test]
fn what_ends_because_the_phone_is_gone_is_left_to_its_hangup() {
    let gone = one("Disconnected");
    for kind in ["ACTION_SUCCESSFUL", "ACTION_FAILED"] {
        let event = event(kind, json!({ "Type": "JoinChimeMeeting" }), gone.clone());
        assert_eq!((name(&event), event.asks()), (None, false), "{kind}");
    }
    let meeting_side = event(
        "HANGUP",
        json!({ "Parameters": { "ParticipantTag": "LEG-B" } }),
        gone,
    );
    assert_eq!((name(&meeting_side), meeting_side.asks()), (None, false));
}

#[test]
fn the_status_of_a_hangup_is_a_number_or_a_text() {
    for (code, expected) in [
        (json!(486), Some(486)),
        (json!("480"), Some(480)),
        (json!(null), None),
        (json!(70_000), None),
    ] {
        let hangup = event(
            "HANGUP",
            json!({ "Parameters": { "SipResponseCode": code } }),
            one("Disconnected"),
        );
        assert_eq!(
            hangup.letter(&LegId::from("caller")).unwrap().status,
            expected
        );
    }
}

#[test]
fn a_repetition_with_another_sequence_is_the_same_event_where_there_can_be_only_one() {
    let key = |kind: &str, sequence: u64| {
        let event: serde_json::Result<Event> = serde_json::from_value(json!({
            "Sequence": sequence, "InvocationEventType": kind,
            "CallDetails": { "TransactionId": "t-1", "Participants": [] }
        }));
        event.unwrap().key()
    };
    for kind in [
        "NEW_INBOUND_CALL",
        "NEW_OUTBOUND_CALL",
        "RINGING",
        "CALL_ANSWERED",
        "HANGUP",
    ] {
        assert_eq!(key(kind, 1), key(kind, 2), "{kind}");
    }
    for kind in [
        "ACTION_SUCCESSFUL",
        "DIGITS_RECEIVED",
        "CALL_UPDATE_REQUESTED",
    ] {
        assert_ne!(key(kind, 1), key(kind, 2), "{kind}");
    }
    assert_eq!(key("HANGUP", 1), super::hangup_key("t-1"));
}

#[test]
fn a_caller_who_hides_is_anonymous_and_a_leg_is_found_without_its_tag() {
    for (participants, from, to) in [
        (
            json!([{ "To": "+41445550100", "From": "" }]),
            "anonymous",
            Some("+41445550100"),
        ),
        (
            json!([{ "To": "+41445550100", "From": "sip:x@y" }]),
            "sip:x@y",
            Some("+41445550100"),
        ),
        (json!([]), "anonymous", None),
    ] {
        let event = event("NEW_INBOUND_CALL", Value::Null, participants);
        assert_eq!((event.from().as_str(), event.to()), (from, to));
        assert_eq!(event.kind, Kind::NewInboundCall);
    }
}

#[test]
fn the_call_is_named_by_attributes_then_arguments_then_transaction() {
    let mut first = event("NEW_INBOUND_CALL", Value::Null, json!([]));
    assert_eq!(first.address(), ("c-t-1".into(), "caller".into()));
    first = event(
        "NEW_OUTBOUND_CALL",
        json!({ "Parameters": { "Arguments": { "call": "c-9", "leg": "callee" } } }),
        json!([]),
    );
    assert_eq!(first.address(), ("c-9".into(), "callee".into()));
}
