//! The rules that hold whatever happens, in any order.

use super::*;
use proptest::prelude::*;

fn any_action() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(speak("x")),
        Just(play(json!({ "PlaybackTerminators": ["#"] }))),
        (1u64..5_000).prop_map(pause),
        Just(join()),
        prop_oneof![Just(0u16), Just(480), Just(486), Just(7)].prop_map(hangup),
        Just(json!({ "Type": "Hangup", "Parameters": { "ParticipantTag": "LEG-B" } })),
        Just(json!({ "Type": "SendDigits", "Parameters": { "Digits": "1" } })),
        Just(json!({ "Type": "CallAndBridge", "Parameters": {} })),
        Just(
            json!({ "Type": "ReceiveDigits", "Parameters": { "InputDigitsRegex": "#",
            "InBetweenDigitsDurationInMilliseconds": 10, "FlushDigitsDurationInMilliseconds": 100 } })
        ),
    ]
}

#[derive(Debug, Clone)]
enum Move {
    Reply(usize, Option<Vec<Value>>),
    Garbage(usize),
    Fail(usize),
    Answered,
    Ringing,
    EndedB,
    Done(u32),
    Failed(u32),
    Digit(char),
    Update,
    Wait(u64),
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (0usize..3, proptest::option::of(proptest::collection::vec(any_action(), 0..4))).prop_map(|(n, a)| Move::Reply(n, a)),
        1 => (0usize..3).prop_map(Move::Garbage),
        1 => (0usize..3).prop_map(Move::Fail),
        2 => Just(Move::Answered),
        1 => Just(Move::Ringing),
        1 => Just(Move::EndedB),
        3 => (0u32..6).prop_map(Move::Done),
        1 => (0u32..6).prop_map(Move::Failed),
        1 => prop_oneof![Just('#'), Just('1')].prop_map(Move::Digit),
        2 => Just(Move::Update),
        2 => (0u64..8_000).prop_map(Move::Wait),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_the_rules_hold(inbound in any::<bool>(), moves in proptest::collection::vec(any_move(), 0..80)) {
        let mut bench = if inbound { Bench::inbound() } else { Bench::new(Direction::Outbound) };
        let sequence = |bench: &Bench, back: usize| bench.sequence().saturating_sub(back as u32);
        for one in moves {
            match one {
                Move::Reply(back, actions) => {
                    let to = sequence(&bench, back);
                    bench.reply_to(to, json!({ "SchemaVersion": "1.0", "Actions": actions }));
                }
                Move::Garbage(back) => { let to = sequence(&bench, back); bench.reply_to(to, json!("?")); }
                Move::Fail(back) => { let to = sequence(&bench, back); bench.fail(to); }
                Move::Answered => bench.step(Input::Answered),
                Move::Ringing => bench.step(Input::Ringing),
                Move::EndedB => bench.step(Input::Ended(Leg::B, HangupCode::Normal)),
                Move::Done(work) => bench.step(Input::Done(work)),
                Move::Failed(work) => bench.step(Input::Failed { work, error_type: "SystemException", message: String::new() }),
                Move::Digit(digit) => bench.step(Input::Digit(Leg::A, digit)),
                Move::Update => bench.step(Input::Update(BTreeMap::new())),
                Move::Wait(ms) => bench.wait(ms),
            }
        }
        bench.step(Input::Ended(Leg::A, HangupCode::Normal));
        bench.wait(60_000);
        prop_assert!(bench.has(&Output::Gone), "a call whose phone is gone ends although its function is silent");
        // Sequences are contiguous from 1, retries repeat one.
        let mut highest = 0;
        for (sequence, _) in &bench.events {
            prop_assert!(*sequence <= highest + 1);
            highest = highest.max(*sequence);
        }
        prop_assert!(bench.events.len() <= MAX_INVOCATIONS as usize);
        // One HANGUP for LEG-A, and none of a leg is told twice (retries have the same sequence).
        let mut told = std::collections::BTreeSet::new();
        for (sequence, event) in &bench.events {
            if event["InvocationEventType"] == "HANGUP" {
                told.insert((event["ActionData"]["Parameters"]["CallId"].to_string(), *sequence));
            }
        }
        let calls: Vec<&String> = told.iter().map(|(call, _)| call).collect();
        let mut distinct = calls.clone();
        distinct.dedup();
        prop_assert_eq!(&calls, &distinct);
        prop_assert!(calls.iter().any(|c| c.contains("c-a")));
        // The phone is answered at most once, and never after it was let go.
        prop_assert!(bench.outputs.iter().filter(|o| **o == Output::Answer).count() <= 1);
    }
}
