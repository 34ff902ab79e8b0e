//! The contract, rule by rule, in virtual time.

mod random;

use super::*;
use serde_json::json;

/// A session, its clock, and a function whose answers the test gives.
struct Bench {
    session: Session,
    now: At,
    /// Events in order: sequence and body. A retry is here again.
    events: Vec<(u32, Value)>,
    outputs: Vec<Output>,
}

impl Bench {
    fn new(direction: Direction) -> Self {
        let call = Call {
            transaction_id: "t-1".into(),
            account: "000000000000".into(),
            region: "us-east-1".into(),
            rule_id: Some("rule".into()),
            application_id: "sma".into(),
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:sma-event".into(),
            arguments: BTreeMap::from([("call".to_owned(), "7".to_owned())]),
        };
        let leg_a = Participant {
            call_id: "c-a".into(),
            leg: Leg::A,
            to: "+41445550100".into(),
            from: "+41445550199".into(),
            direction,
            started_epoch_ms: 1_790_000_000_000,
            status: Status::New,
            sip_headers: BTreeMap::new(),
        };
        let mut bench = Self {
            session: Session::new(call, leg_a),
            now: At(1_000),
            events: vec![],
            outputs: vec![],
        };
        bench.step(Input::Begin);
        bench
    }

    fn inbound() -> Self {
        Self::new(Direction::Inbound)
    }

    /// An inbound call that was answered, with nothing to do and nothing in flight.
    fn answered() -> Self {
        let mut bench = Self::inbound();
        bench.reply(json!([speak("hello")]));
        bench.step(Input::Answered);
        bench.done();
        bench.reply(json!([]));
        bench.outputs.clear();
        bench
    }

    fn step(&mut self, input: Input) {
        for output in self.session.step(input, self.now) {
            if let Output::Invoke { sequence, payload } = &output {
                self.events
                    .push((*sequence, serde_json::from_slice(payload).unwrap()));
            }
            self.outputs.push(output);
        }
    }

    fn wait(&mut self, ms: u64) {
        let until = self.now.after(ms);
        while let Some(due) = self.session.next_due().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.step(Input::Timer);
        }
        self.now = until;
    }

    fn last(&self) -> &Value {
        &self.events.last().unwrap().1
    }

    fn kinds(&self) -> Vec<&str> {
        self.events
            .iter()
            .map(|(_, e)| e["InvocationEventType"].as_str().unwrap())
            .collect()
    }

    fn sequence(&self) -> u32 {
        self.events.last().unwrap().0
    }

    fn reply(&mut self, actions: Value) {
        self.reply_to(
            self.sequence(),
            json!({ "SchemaVersion": "1.0", "Actions": actions }),
        );
    }

    fn reply_to(&mut self, sequence: u32, body: Value) {
        self.step(Input::Returned {
            sequence,
            result: Ok(Bytes::from(body.to_string())),
        });
    }

    fn fail(&mut self, sequence: u32) {
        let error = InvokeError::Function {
            error_type: "E".into(),
            message: "m".into(),
        };
        self.step(Input::Returned {
            sequence,
            result: Err(error),
        });
    }

    /// The work of the last task.
    fn work(&self) -> u32 {
        self.outputs
            .iter()
            .rev()
            .find_map(|o| {
                if let Output::Start { work, .. } = o {
                    Some(*work)
                } else {
                    None
                }
            })
            .unwrap()
    }

    fn done(&mut self) {
        self.step(Input::Done(self.work()));
    }

    fn has(&self, output: &Output) -> bool {
        self.outputs.contains(output)
    }
}

fn speak(text: &str) -> Value {
    json!({ "Type": "Speak", "Parameters": { "Text": text, "CallId": "c-a" } })
}

fn play(extra: Value) -> Value {
    let mut action = json!({ "Type": "PlayAudio", "Parameters": { "AudioSource": { "Type": "S3", "BucketName": "b", "Key": "k.wav" } } });
    if let (Some(parameters), Some(extra)) =
        (action["Parameters"].as_object_mut(), extra.as_object())
    {
        parameters.extend(extra.clone());
    }
    action
}

fn pause(ms: u64) -> Value {
    json!({ "Type": "Pause", "Parameters": { "DurationInMilliseconds": ms.to_string() } })
}

fn join() -> Value {
    json!({ "Type": "JoinChimeMeeting", "Parameters": { "MeetingId": "m", "JoinToken": "j" } })
}

fn hangup(code: u16) -> Value {
    json!({ "Type": "Hangup", "Parameters": { "SipResponseCode": code.to_string() } })
}

#[test]
fn the_first_event_has_the_documented_envelope() {
    let bench = Bench::inbound();
    assert_eq!(
        *bench.last(),
        json!({
            "SchemaVersion": "1.0", "Sequence": 1, "InvocationEventType": "NEW_INBOUND_CALL",
            "CallDetails": {
                "TransactionId": "t-1", "AwsAccountId": "000000000000", "AwsRegion": "us-east-1",
                "SipRuleId": "rule", "SipMediaApplicationId": "sma",
                "Participants": [{ "CallId": "c-a", "ParticipantTag": "LEG-A", "To": "+41445550100",
                    "From": "+41445550199", "Direction": "Inbound", "StartTimeInMilliseconds": "1790000000000" }]
            }
        })
    );
}

#[test]
fn the_first_media_action_answers_and_the_list_ends_with_one_event() {
    let mut bench = Bench::inbound();
    bench.reply(json!([play(json!({})), speak("hello")]));
    assert!(bench.has(&Output::Answer));
    bench.step(Input::Answered);
    bench.done();
    bench.done();
    assert_eq!(bench.kinds(), ["NEW_INBOUND_CALL", "ACTION_SUCCESSFUL"]);
    assert_eq!(bench.last()["ActionData"]["Type"], "Speak");
    assert_eq!(
        bench.last()["CallDetails"]["Participants"][0]["Status"],
        "Connected"
    );
    assert_eq!(bench.last()["Sequence"], 2);
    assert_eq!(
        bench
            .outputs
            .iter()
            .filter(|o| **o == Output::Answer)
            .count(),
        1
    );
}

#[test]
fn pause_rings_and_does_not_answer() {
    let mut bench = Bench::inbound();
    bench.reply(json!([pause(2_000)]));
    assert!(bench.has(&Output::Ring) && !bench.has(&Output::Answer));
    bench.wait(1_999);
    assert_eq!(bench.events.len(), 1);
    bench.wait(1);
    assert_eq!(bench.kinds()[1], "ACTION_SUCCESSFUL");
    assert!(
        bench.last()["CallDetails"]["Participants"][0]
            .get("Status")
            .is_none()
    );
}

#[test]
fn nothing_to_do_on_a_new_call_is_a_hang_up() {
    for body in [json!([]), Value::Null] {
        let mut bench = Bench::inbound();
        bench.reply(body);
        assert!(bench.has(&Output::Release(Leg::A, HangupCode::Unavailable)));
        assert_eq!(bench.kinds(), ["NEW_INBOUND_CALL", "HANGUP"]);
        assert_eq!(
            bench.last()["ActionData"]["Parameters"]["SipResponseCode"],
            480
        );
    }
}

#[test]
fn an_unanswered_caller_is_not_kept_for_ever() {
    let mut bench = Bench::inbound();
    bench.reply(json!([pause(1)]));
    bench.wait(1);
    bench.reply(json!([]));
    bench.wait(DECISION_MS - 1);
    assert!(bench.session.alive());
    bench.wait(1);
    assert!(!bench.session.alive());
}

#[test]
fn a_silent_function_is_asked_again_after_5_s_and_the_call_ends_after_20_s() {
    let mut bench = Bench::inbound();
    bench.wait(4_999);
    assert_eq!(bench.events.len(), 1);
    bench.wait(1);
    assert_eq!(bench.events.len(), 2);
    assert_eq!(
        bench.events[0], bench.events[1],
        "same event, same Sequence"
    );
    bench.wait(14_999);
    assert!(bench.session.alive());
    bench.wait(1);
    assert!(bench.has(&Output::Release(Leg::A, HangupCode::Unavailable)));
    assert_eq!(bench.kinds()[2], "HANGUP");
}

#[test]
fn either_attempt_may_answer_and_the_other_is_ignored() {
    let mut bench = Bench::inbound();
    bench.wait(6_000);
    bench.reply(json!([pause(60_000)]));
    bench.reply(json!([hangup(486)]));
    bench.wait(30_000);
    assert!(bench.session.alive());
    assert_eq!(bench.events.len(), 2);
}

#[test]
fn an_error_is_retried_once_then_the_call_ends_with_480() {
    let mut bench = Bench::inbound();
    bench.fail(1);
    assert_eq!(bench.events.len(), 2);
    assert!(bench.session.alive());
    bench.fail(1);
    assert!(bench.has(&Output::Release(Leg::A, HangupCode::Unavailable)));
    assert_eq!(bench.last()["InvocationEventType"], "HANGUP");
}

#[test]
fn unusable_responses_are_told_once() {
    let cases = [
        (
            json!({ "statusCode": 200, "body": "{}" }),
            "SchemaVersionMismatch",
        ),
        (json!({ "SchemaVersion": "2.0" }), "SchemaVersionMismatch"),
        (Value::Null, "SchemaVersionMismatch"),
        (
            json!({ "SchemaVersion": "1.0", "Actions": vec![pause(1); 11] }),
            "TooManyActions",
        ),
        (
            json!({ "SchemaVersion": "1.0", "Actions": [{ "Type": "Dance" }] }),
            "InvalidActionType",
        ),
        (
            json!({ "SchemaVersion": "1.0", "Actions": "none" }),
            "InvalidActions",
        ),
    ];
    for (body, error) in cases {
        let mut bench = Bench::inbound();
        bench.reply_to(1, body.clone());
        assert_eq!(
            bench.last()["InvocationEventType"],
            "INVALID_LAMBDA_RESPONSE",
            "{body}"
        );
        assert_eq!(bench.last()["ErrorType"], error, "at the top level");
        assert!(bench.last().get("ActionData").is_none());
        // A good answer saves the call.
        let mut saved = Bench::inbound();
        saved.reply_to(1, body.clone());
        saved.reply(json!([pause(1_000)]));
        assert!(saved.session.alive());
        // A bad one ends it.
        bench.reply_to(2, body);
        assert!(!bench.session.alive());
        assert_eq!(bench.last()["InvocationEventType"], "HANGUP");
    }
}

#[test]
fn attributes_are_updated_cleared_kept_and_bounded() {
    let mut bench = Bench::answered();
    let send = |bench: &mut Bench, attributes: Value| {
        bench.step(Input::Update(BTreeMap::new()));
        let sequence = bench.sequence();
        bench.reply_to(
            sequence,
            json!({ "SchemaVersion": "1.0", "TransactionAttributes": attributes }),
        );
        bench.step(Input::Update(BTreeMap::new()));
        let shown = bench.last()["CallDetails"]["TransactionAttributes"].clone();
        let sequence = bench.sequence();
        bench.reply_to(sequence, json!({ "SchemaVersion": "1.0" }));
        shown
    };
    assert_eq!(
        send(&mut bench, json!({ "a": "1", "b": "2" })),
        json!({ "a": "1", "b": "2" })
    );
    assert_eq!(
        send(&mut bench, json!({ "b": "3" })),
        json!({ "a": "1", "b": "3" })
    );
    assert_eq!(send(&mut bench, Value::Null), json!({ "a": "1", "b": "3" }));
    assert_eq!(send(&mut bench, json!({})), Value::Null);
    let many: Map<String, Value> = (0..11).map(|n| (n.to_string(), json!("x"))).collect();
    for too_much in [Value::Object(many), json!({ "a": "x".repeat(20 * 1024) })] {
        bench.step(Input::Update(BTreeMap::new()));
        let sequence = bench.sequence();
        bench.reply_to(
            sequence,
            json!({ "SchemaVersion": "1.0", "TransactionAttributes": too_much }),
        );
        assert_eq!(
            bench.last()["ErrorType"],
            "TransactionAttributesInvalidMapSize"
        );
        let sequence = bench.sequence();
        bench.reply_to(
            sequence,
            json!({ "SchemaVersion": "1.0", "Actions": [pause(60_000)] }),
        );
    }
}

#[test]
fn absent_actions_keep_the_list_empty_ones_stop_it_and_others_replace_it() {
    let mut bench = Bench::answered();
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([speak("one"), speak("two")]));
    let first = bench.work();
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply_to(bench.sequence(), json!({ "SchemaVersion": "1.0" }));
    bench.step(Input::Done(first));
    assert_ne!(bench.work(), first, "the list went on");
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([]));
    let count = bench.events.len();
    bench.done();
    assert_eq!(
        bench.events.len(),
        count,
        "stopped: no success is told, and the call stays up"
    );
    assert!(bench.session.alive());
}

#[test]
fn an_update_cuts_off_what_may_be_cut_off() {
    for (action, cut) in [
        (play(json!({})), true),
        (pause(60_000), true),
        (speak("x"), false),
    ] {
        let mut bench = Bench::answered();
        bench.step(Input::Update(BTreeMap::new()));
        bench.reply(json!([action, speak("never")]));
        bench.step(Input::Update(BTreeMap::from([(
            "cmd".to_owned(),
            "stop".to_owned(),
        )])));
        assert_eq!(
            bench.last()["ActionData"]["Parameters"]["Arguments"]["cmd"],
            "stop"
        );
        let before = bench.session.works;
        bench.reply(json!([speak("new")]));
        assert_eq!(
            bench.kinds().contains(&"ACTION_INTERRUPTED"),
            cut,
            "{action}"
        );
        assert_eq!(bench.session.works > before, cut);
        if !cut {
            bench.done();
            assert!(
                bench.session.works > before,
                "the new list came after the end of the old action"
            );
        }
    }
}

#[test]
fn digits_are_told_when_they_match_and_nothing_more_comes() {
    let mut bench = Bench::answered();
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([{ "Type": "ReceiveDigits", "Parameters": { "InputDigitsRegex": "^\\*\\d$",
        "InBetweenDigitsDurationInMilliseconds": 1000, "FlushDigitsDurationInMilliseconds": 5000 } }]));
    assert_eq!(bench.last()["ActionData"]["ReceivedDigits"], "");
    bench.reply(json!([]));
    bench.step(Input::Digit(Leg::A, '9'));
    bench.wait(5_000);
    bench.step(Input::Digit(Leg::A, '*'));
    bench.wait(900);
    bench.step(Input::Digit(Leg::A, '1'));
    bench.wait(999);
    assert_ne!(bench.last()["InvocationEventType"], "DIGITS_RECEIVED");
    bench.wait(1);
    assert_eq!(bench.last()["InvocationEventType"], "DIGITS_RECEIVED");
    assert_eq!(bench.last()["ActionData"]["ReceivedDigits"], "*1");
    assert_eq!(bench.last()["ActionData"]["Type"], "ReceiveDigits");
}

#[test]
fn listening_for_digits_answers_the_call() {
    let mut bench = Bench::inbound();
    bench.reply(json!([{ "Type": "ReceiveDigits", "Parameters": { "InputDigitsRegex": "1",
        "InBetweenDigitsDurationInMilliseconds": 10, "FlushDigitsDurationInMilliseconds": 50 } }, pause(10)]));
    assert!(bench.has(&Output::Answer));
    bench.step(Input::Answered);
    bench.wait(10);
    assert_eq!(bench.last()["ActionData"]["Type"], "Pause");
    bench.step(Input::Digit(Leg::A, '1'));
    bench.reply(json!([]));
    bench.wait(10);
    assert_eq!(bench.last()["ActionData"]["ReceivedDigits"], "1");
}

#[test]
fn a_terminator_ends_a_prompt_well() {
    let mut bench = Bench::answered();
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([play(json!({ "PlaybackTerminators": ["#"] }))]));
    bench.step(Input::Digit(Leg::A, '1'));
    bench.step(Input::Digit(Leg::A, '#'));
    assert_eq!(bench.last()["InvocationEventType"], "ACTION_SUCCESSFUL");
    assert!(bench.has(&Output::Stop(bench.work())));
}

#[test]
fn a_failed_action_drops_the_rest() {
    let mut bench = Bench::answered();
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([play(json!({})), speak("never")]));
    let work = bench.work();
    bench.step(Input::Failed {
        work,
        error_type: "InvalidAudioSource",
        message: "gone".into(),
    });
    assert_eq!(bench.last()["InvocationEventType"], "ACTION_FAILED");
    assert_eq!(
        bench.last()["ActionData"]["ErrorType"],
        "InvalidAudioSource"
    );
    assert_eq!(bench.work(), work, "nothing else was started");
}

#[test]
fn bad_parameters_fail_the_action_with_the_documented_error() {
    let cases = [
        (
            json!({ "Type": "Speak", "Parameters": {} }),
            "MissingRequiredActionParameter",
        ),
        (
            json!({ "Type": "Speak", "Parameters": { "Text": "x".repeat(1_001) } }),
            "InvalidActionParameter",
        ),
        (
            json!({ "Type": "Speak", "Parameters": { "Text": "x", "CallId": "other" } }),
            "InvalidActionParameter",
        ),
        (
            json!({ "Type": "Pause", "Parameters": { "DurationInMilliseconds": "0" } }),
            "InvalidActionParameter",
        ),
        (
            json!({ "Type": "SendDigits", "Parameters": { "Digits": "12X" } }),
            "InvalidActionParameter",
        ),
        (
            json!({ "Type": "JoinChimeMeeting", "Parameters": { "JoinToken": "j" } }),
            "InvalidActionParameter",
        ),
        (
            json!({ "Type": "Hangup", "Parameters": { "SipResponseCode": "600" } }),
            "InvalidActionParameter",
        ),
        (
            json!({ "Type": "ReceiveDigits", "Parameters": { "InputDigitsRegex": "(" } }),
            "InvalidActionParameter",
        ),
        (
            play(json!({ "AudioSource": { "Type": "File" } })),
            "InvalidActionParameter",
        ),
        (play(json!({ "Repeat": 0 })), "InvalidActionParameter"),
    ];
    for (action, error) in cases {
        let mut bench = Bench::answered();
        bench.step(Input::Update(BTreeMap::new()));
        bench.reply(json!([action]));
        assert_eq!(
            bench.last()["InvocationEventType"],
            "ACTION_FAILED",
            "{action}"
        );
        assert_eq!(bench.last()["ActionData"]["ErrorType"], error, "{action}");
        assert!(bench.session.alive());
    }
}

#[test]
fn actions_that_are_not_there_yet_fail_as_the_service_would() {
    for kind in action::ActionType::ALL {
        let mut bench = Bench::answered();
        bench.step(Input::Update(BTreeMap::new()));
        bench.reply(json!([{ "Type": kind.name(), "Parameters": {} }]));
        if kind != action::ActionType::Hangup {
            assert_eq!(
                bench.last()["InvocationEventType"],
                "ACTION_FAILED",
                "{}",
                kind.name()
            );
        }
    }
}

#[test]
fn a_call_in_a_meeting_has_a_second_leg_that_ends_by_itself() {
    let mut bench = Bench::answered();
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([join()]));
    bench.done();
    let participants = bench.last()["CallDetails"]["Participants"].clone();
    assert_eq!(participants[1]["ParticipantTag"], "LEG-B");
    assert_eq!(participants[1]["To"], "+17035550122");
    bench.reply_to(bench.sequence(), json!({ "SchemaVersion": "1.0" }));
    bench.step(Input::Ended(Leg::B, HangupCode::Normal));
    assert_eq!(
        bench.last()["ActionData"]["Parameters"]["ParticipantTag"],
        "LEG-B"
    );
    assert!(bench.session.alive(), "LEG-A stays");
    bench.reply(json!([speak("the meeting is over")]));
    assert_eq!(bench.work(), 3);
    bench.done();
    bench.reply(json!([join()]));
    bench.done();
    assert_eq!(
        bench.last()["CallDetails"]["Participants"]
            .as_array()
            .unwrap()
            .len(),
        2,
        "it may join another"
    );
}

#[test]
fn hanging_up_the_meeting_leg_is_an_action_like_others() {
    let mut bench = Bench::answered();
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([join()]));
    bench.done();
    bench.reply(json!([{ "Type": "Hangup", "Parameters": { "ParticipantTag": "LEG-B" } }]));
    assert!(bench.has(&Output::Release(Leg::B, HangupCode::Normal)));
    assert_eq!(bench.last()["InvocationEventType"], "ACTION_SUCCESSFUL");
    assert_eq!(bench.last()["ActionData"]["Type"], "Hangup");
    assert!(bench.session.alive());
}

#[test]
fn a_caller_who_hangs_up_in_a_meeting_ends_both_legs_with_an_event_each() {
    let mut bench = Bench::answered();
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([join()]));
    bench.done();
    let before = bench.events.len();
    bench.step(Input::Ended(Leg::A, HangupCode::Normal));
    let tags: Vec<_> = bench.events[before..]
        .iter()
        .map(|(_, e)| e["ActionData"]["Parameters"]["ParticipantTag"].clone())
        .collect();
    assert_eq!(
        tags,
        ["LEG-A", "LEG-B"],
        "although the event before them is still unanswered"
    );
    let sequences: Vec<u32> = bench.events[before - 1..].iter().map(|(s, _)| *s).collect();
    for sequence in sequences {
        assert!(!bench.has(&Output::Gone));
        bench.reply_to(sequence, json!({ "SchemaVersion": "1.0" }));
    }
    assert!(bench.has(&Output::Gone));
}

#[test]
fn an_older_answer_does_not_undo_a_newer_list() {
    let mut bench = Bench::answered();
    bench.step(Input::Update(BTreeMap::new()));
    let older = bench.sequence();
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([speak("new")]));
    bench.reply_to(
        older,
        json!({ "SchemaVersion": "1.0", "Actions": [hangup(0)] }),
    );
    bench.done();
    assert!(bench.session.alive());
}

#[test]
fn a_call_out_is_dialled_after_the_first_answer_whose_actions_are_ignored() {
    let mut bench = Bench::new(Direction::Outbound);
    assert_eq!(
        bench.last()["ActionData"]["Parameters"]["Arguments"]["call"],
        "7"
    );
    assert!(!bench.has(&Output::Dial));
    bench.reply_to(1, json!({ "SchemaVersion": "1.0", "Actions": [hangup(0)], "TransactionAttributes": { "k": "v" } }));
    assert!(bench.has(&Output::Dial));
    bench.step(Input::Ringing);
    assert_eq!(
        bench.last()["CallDetails"]["TransactionAttributes"]["k"],
        "v"
    );
    bench.reply(json!([hangup(0)]));
    assert!(bench.session.alive());
    bench.step(Input::Answered);
    bench.reply(json!([]));
    assert_eq!(
        bench.kinds(),
        ["NEW_OUTBOUND_CALL", "RINGING", "CALL_ANSWERED"]
    );
    bench.step(Input::Ended(Leg::A, HangupCode::Normal));
    assert_eq!(
        bench.last()["ActionData"]["Parameters"]["SipResponseCode"],
        0
    );
}

#[test]
fn a_ringing_call_out_can_be_given_up() {
    let mut bench = Bench::new(Direction::Outbound);
    bench.reply(json!([]));
    bench.step(Input::Update(BTreeMap::new()));
    bench.reply(json!([hangup(0)]));
    assert!(bench.has(&Output::Release(Leg::A, HangupCode::Normal)));
    assert_eq!(bench.last()["InvocationEventType"], "HANGUP");
}

#[test]
fn refusals_become_busy_or_unavailable() {
    for (status, code) in [
        (486, 486),
        (600, 486),
        (603, 486),
        (404, 480),
        (408, 480),
        (487, 480),
        (503, 480),
    ] {
        assert_eq!(HangupCode::of_refusal(status).number(), code, "{status}");
    }
}

#[test]
fn a_restart_sends_the_unanswered_hang_up_again_as_it_was() {
    let mut bench = Bench::answered();
    bench.step(Input::Ended(Leg::A, HangupCode::Normal));
    let (sequence, event) = bench.events.last().unwrap().clone();
    let text = serde_json::to_string(&bench.session.snapshot()).unwrap();
    let mut restored = Session::restored(serde_json::from_str(&text).unwrap());
    let outputs = restored.step(Input::Resume, At(5));
    let [
        Output::Invoke {
            sequence: again,
            payload,
        },
    ] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert_eq!(
        (*again, serde_json::from_slice::<Value>(payload).unwrap()),
        (sequence, event)
    );
    let ok = Ok(Bytes::from_static(b"{\"SchemaVersion\":\"1.0\"}"));
    assert_eq!(
        restored.step(
            Input::Returned {
                sequence,
                result: ok
            },
            At(6)
        ),
        [Output::Gone]
    );
}

#[test]
fn no_more_than_1000_invocations_and_the_end_is_still_told() {
    let mut bench = Bench::answered();
    while bench.session.alive() {
        bench.step(Input::Update(BTreeMap::new()));
        if bench.session.alive() {
            bench.reply(json!([]));
        }
    }
    assert!(
        bench.events.len() <= MAX_INVOCATIONS as usize,
        "{}",
        bench.events.len()
    );
    assert!(bench.events.len() > 990);
    assert_eq!(bench.last()["InvocationEventType"], "HANGUP");
}
