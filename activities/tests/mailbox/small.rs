//! Every interleaving of small scripts.
use crate::explore::{Walked, explore};
use crate::script::{EventScript, Script, turn, turn_with_moves};
use contract::signal::SignalName::{
    self, ClientAnswer, ClientHangup, PhoneDigits, PhoneDone, PhoneHungup,
};

fn sum(walked: &[Walked]) -> Walked {
    walked.iter().fold(Walked::default(), |sum, one| Walked {
        worlds: sum.worlds + one.worlds,
        ends: sum.ends + one.ends,
        complete: sum.complete + one.complete,
    })
}

/// Every way to let two turns accept some of two signals; everything twice, two dead tokens.
#[test]
fn two_signals_and_two_turns_that_accept_anything() {
    let names: [SignalName; 2] = [ClientAnswer, PhoneHungup];
    let choices: [&[SignalName]; 3] = [&names[..1], &names[1..], &names];
    let mut walked = Vec::new();
    for first in choices {
        for second in choices {
            let script = Script {
                letters: names.to_vec(),
                turns: vec![turn(first), turn(second)],
                repeats: 2,
                deaths: 2,
                ..Script::default()
            };
            walked.push(explore(&script));
        }
    }
    let walked = sum(&walked);
    assert!(
        walked.worlds > 10_000 && walked.complete > 100,
        "{walked:?}"
    );
}

/// A call: answered or given up while it rings, then a key, then the end; the third turn hears what the first two left.
#[test]
fn three_signals_and_three_turns() {
    let script = Script {
        letters: vec![ClientAnswer, PhoneDigits, PhoneHungup],
        turns: vec![
            turn(&[ClientAnswer, PhoneHungup]),
            turn(&[PhoneDigits, PhoneHungup]),
            turn(&[PhoneHungup, PhoneDigits]),
        ],
        repeats: 1,
        deaths: 2,
        ..Script::default()
    };
    let walked = explore(&script);
    assert!(walked.worlds > 5_000 && walked.complete > 20, "{walked:?}");
}

/// Two devices answer, before the turn that rings and during it, and the caller gives up meanwhile.
#[test]
fn of_two_devices_that_answer_one_has_the_leg() {
    let script = Script {
        letters: vec![ClientAnswer, ClientAnswer, PhoneHungup],
        turns: vec![
            turn(&[ClientAnswer, PhoneHungup]),
            turn(&[PhoneHungup, ClientAnswer]),
        ],
        repeats: 2,
        deaths: 1,
        ..Script::default()
    };
    let walked = explore(&script);
    assert!(walked.worlds > 5_000 && walked.ends > 20, "{walked:?}");
}

/// A signal that waits long is taken after younger ones.
#[test]
fn a_signal_that_no_turn_wants_yet_waits_for_the_one_that_does() {
    let script = Script {
        letters: vec![PhoneDigits, ClientAnswer],
        turns: vec![
            turn(&[ClientAnswer]),
            turn(&[PhoneDigits]),
            turn(&[PhoneHungup]),
        ],
        repeats: 2,
        deaths: 2,
        ..Script::default()
    };
    let walked = explore(&script);
    assert!(walked.worlds > 5_000 && walked.complete > 20, "{walked:?}");
}

/// A signal that only tells is taken or dropped, and never held back.
#[test]
fn a_signal_that_only_tells_goes_to_an_open_turn_or_nowhere() {
    let script = Script {
        letters: vec![PhoneDone, PhoneHungup],
        turns: vec![turn(&[PhoneDone, PhoneHungup]), turn(&[PhoneHungup])],
        repeats: 2,
        deaths: 1,
        ..Script::default()
    };
    assert!(explore(&script).worlds > 1_000);
}

/// An event and a command meet two turns that both say something to the leg.
#[test]
fn moves_reach_their_leg_once_and_events_keep_their_answers() {
    let script = Script {
        letters: vec![ClientAnswer],
        turns: vec![
            turn_with_moves(&[ClientAnswer]),
            turn_with_moves(&[PhoneDigits]),
        ],
        events: vec![
            EventScript { signal: None },
            EventScript {
                signal: Some(PhoneDigits),
            },
        ],
        repeats: 1,
        deaths: 1,
        wakes: 2,
        ..Script::default()
    };
    let walked = explore(&script);
    assert!(walked.worlds > 10_000 && walked.ends > 100, "{walked:?}");
}

/// One event asked twice at the same time, while its turn is tried twice.
#[test]
fn an_event_that_is_asked_twice_gets_one_answer() {
    let script = Script {
        turns: vec![
            turn_with_moves(&[PhoneDigits]),
            turn_with_moves(&[ClientHangup]),
        ],
        events: vec![EventScript {
            signal: Some(PhoneDigits),
        }],
        repeats: 2,
        deaths: 2,
        wakes: 2,
        ..Script::default()
    };
    let walked = explore(&script);
    assert!(walked.worlds > 10_000 && walked.ends > 100, "{walked:?}");
}

/// The call is closed at any moment of all this.
#[test]
fn a_closed_call_takes_nothing_and_changes_no_answer() {
    let script = Script {
        letters: vec![ClientHangup],
        turns: vec![turn_with_moves(&[PhoneDigits, ClientHangup])],
        events: vec![EventScript {
            signal: Some(PhoneDigits),
        }],
        repeats: 2,
        deaths: 1,
        wakes: 1,
        closes: true,
    };
    let walked = explore(&script);
    assert!(walked.worlds > 5_000 && walked.ends > 100, "{walked:?}");
}
