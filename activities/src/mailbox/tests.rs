//! Rules of the mailbox, one by one. Their interleavings are in `tests/mailbox`.
use super::*;
use crate::inbox::MAX_PENDING;
use contract::moves::{LegMoves, Move};
use contract::signal::SignalName;
use jiff::{SignedDuration, Timestamp};

fn at(ms: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_millis(ms)
}

fn leg() -> LegId {
    LegId::from(LegId::CALLER)
}

fn letter(key: impl Into<String>, name: SignalName) -> Letter {
    Letter::new(key, name, Some(leg()))
}

fn opening(round: u32, received: u64, accepts: &[&str]) -> Opening {
    Opening {
        round,
        attempt: 0,
        token: format!("token-{round}"),
        received,
        accepts: accepts
            .iter()
            .map(|text| Accept::try_from((*text).to_owned()).unwrap())
            .collect(),
        moves: Vec::new(),
    }
}

fn saying(mut opening: Opening, moves: Vec<Move>) -> Opening {
    opening.moves = vec![LegMoves { leg: leg(), moves }];
    opening
}

/// A mailbox whose leg is up.
fn up() -> Mailbox {
    let mut mailbox = Mailbox::new();
    assert_eq!(mailbox.bind(&leg(), "t-1", at(0)), (Bound::Ours, None));
    mailbox
}

fn pushes(outputs: &[Output]) -> usize {
    outputs
        .iter()
        .filter(|output| matches!(output, Output::Push { .. }))
        .count()
}

fn waits(seconds: u16) -> Move {
    Move::Wait { seconds }
}

#[test]
fn a_signal_is_numbered_once_by_its_key() {
    let mut mailbox = up();
    for expected in [Delivered::Kept(1), Delivered::Known(1)] {
        assert_eq!(
            mailbox
                .deliver(&letter("a", SignalName::ClientAnswer), at(0))
                .delivered,
            expected
        );
    }
    assert_eq!(
        mailbox
            .deliver(&letter("b", SignalName::ClientAnswer), at(0))
            .delivered,
        Delivered::Kept(2)
    );
}

#[test]
fn the_first_device_that_answers_has_the_leg() {
    let answer = |key: &str, device: &str| Letter {
        device: Some(device.into()),
        ..letter(key, SignalName::ClientAnswer)
    };
    let mut mailbox = up();
    mailbox
        .open_turn(&opening(1, 0, &["client.answer"]), at(0))
        .unwrap();
    let first = mailbox.deliver(&answer("a", "phone"), at(0));
    assert_eq!(first.delivered, Delivered::Taken(1));
    // Whoever comes second sees to it that the first was heard.
    for (key, device, delivered) in [
        ("b", "laptop", Delivered::Elsewhere),
        ("b", "laptop", Delivered::Elsewhere),
        ("c", "phone", Delivered::Known(1)),
    ] {
        let second = mailbox.deliver(&answer(key, device), at(1));
        assert_eq!(
            (second.delivered, &second.outputs),
            (delivered, &first.outputs)
        );
    }
    mailbox
        .open_turn(&opening(2, 1, &["client.answer"]), at(2))
        .unwrap();
    let late = mailbox.deliver(&answer("d", "laptop"), at(3));
    assert_eq!(
        (late.delivered, late.outputs),
        (Delivered::Elsewhere, vec![])
    );
}

#[test]
fn a_turn_for_one_leg_leaves_the_others_signals_alone() {
    let mut mailbox = up();
    mailbox
        .open_turn(&opening(1, 0, &["client.left@callee"]), at(0))
        .unwrap();
    assert_eq!(
        mailbox
            .deliver(&letter("a", SignalName::ClientLeft), at(0))
            .delivered,
        Delivered::Kept(1)
    );
    let callee = Letter::new(
        "b",
        SignalName::ClientLeft,
        Some(LegId::from(LegId::CALLEE)),
    );
    assert_eq!(
        mailbox.deliver(&callee, at(0)).delivered,
        Delivered::Taken(2)
    );
}

#[test]
fn a_signal_that_was_offered_is_offered_again_to_whoever_brings_it_again() {
    let mut mailbox = up();
    mailbox
        .open_turn(&opening(1, 0, &["client.answer"]), at(0))
        .unwrap();
    let first = mailbox.deliver(&letter("a", SignalName::ClientAnswer), at(0));
    let second = mailbox.deliver(&letter("a", SignalName::ClientAnswer), at(9));
    assert_eq!(
        (second.delivered, &second.outputs),
        (Delivered::Known(1), &first.outputs)
    );
    assert_eq!(first.outputs, mailbox.remind(at(9)));
    mailbox
        .open_turn(&opening(2, 1, &["client.left"]), at(0))
        .unwrap();
    assert_eq!(
        mailbox
            .deliver(&letter("a", SignalName::ClientAnswer), at(9))
            .outputs,
        []
    );
}

#[test]
fn a_turn_knows_which_signal_led_to_it_however_often_it_is_tried() {
    let mut mailbox = up();
    mailbox
        .open_turn(&opening(1, 0, &["client.answer"]), at(0))
        .unwrap();
    mailbox.deliver(&letter("a", SignalName::ClientAnswer), at(0));
    for attempt in 0..3 {
        let mut second = opening(2, 1, &["client.left"]);
        (second.attempt, second.token) = (attempt, format!("token-2.{attempt}"));
        for _ in 0..2 {
            let opened = mailbox.open_turn(&second, at(0)).unwrap();
            assert_eq!(
                opened.led_by.map(|signal| signal.name),
                Some(SignalName::ClientAnswer)
            );
        }
    }
    assert_eq!(
        mailbox
            .open_turn(&opening(3, 1, &["client.left"]), at(0))
            .unwrap()
            .led_by
            .map(|s| s.seq),
        Some(1)
    );
    assert_eq!(
        mailbox.open_turn(&opening(2, 1, &["client.left"]), at(0)),
        Err(Refused::Stale)
    );
}

#[test]
fn a_turn_and_attempt_has_one_token() {
    let mut mailbox = up();
    mailbox
        .open_turn(&opening(1, 0, &["client.answer"]), at(0))
        .unwrap();
    let mut forged = opening(1, 0, &["client.left"]);
    forged.token = "another".into();
    assert_eq!(mailbox.open_turn(&forged, at(0)), Err(Refused::Stale));
}

#[test]
fn keys_crowd_out_other_keys_but_never_a_hangup() {
    let mut mailbox = up();
    for n in 0..MAX_PENDING_DIGITS {
        let kept = mailbox
            .deliver(&letter(format!("d{n}"), SignalName::PhoneDigits), at(0))
            .delivered;
        assert!(matches!(kept, Delivered::Kept(_)));
    }
    assert_eq!(
        mailbox
            .deliver(&letter("d", SignalName::ClientDigits), at(0))
            .delivered,
        Delivered::Full
    );
    for n in 0..MAX_PENDING - MAX_PENDING_DIGITS {
        let kept = mailbox
            .deliver(&letter(format!("h{n}"), SignalName::ClientHangup), at(0))
            .delivered;
        assert!(matches!(kept, Delivered::Kept(_)));
    }
    assert_eq!(
        mailbox
            .deliver(&letter("h", SignalName::ClientHangup), at(0))
            .delivered,
        Delivered::Full
    );
    // What was refused is not remembered: it may come again.
    mailbox
        .open_turn(&opening(1, 0, &["phone.digits"]), at(0))
        .unwrap();
    assert!(matches!(
        mailbox
            .deliver(&letter("h", SignalName::ClientHangup), at(0))
            .delivered,
        Delivered::Kept(_)
    ));
}

#[test]
fn who_asks_gets_the_moves_and_nobody_is_woken() {
    let mut mailbox = up();
    mailbox.ask(&leg(), "e1", at(0));
    assert_eq!(mailbox.collect(&leg(), "e1"), Collected::Wait);
    let opened = mailbox
        .open_turn(
            &saying(opening(1, 0, &["client.answer"]), vec![waits(1)]),
            at(100),
        )
        .unwrap();
    assert_eq!(pushes(&opened.outputs), 0);
    for _ in 0..2 {
        assert_eq!(
            mailbox.collect(&leg(), "e1"),
            Collected::Answer(Answer::Do(vec![waits(1)]))
        );
    }
}

#[test]
fn an_event_whose_function_died_does_not_hold_up_the_moves() {
    let mut mailbox = up();
    mailbox.ask(&leg(), "e1", at(0));
    let opened = mailbox
        .open_turn(
            &saying(opening(1, 0, &["client.answer"]), vec![waits(1)]),
            at(4_600),
        )
        .unwrap();
    assert_eq!(pushes(&opened.outputs), 1);
    assert_eq!(pushes(&mailbox.remind(at(60_000))), 1);
}

#[test]
fn an_event_that_leads_nowhere_keeps_what_the_leg_does() {
    let mut mailbox = up();
    mailbox
        .open_turn(&opening(1, 0, &["client.answer"]), at(0))
        .unwrap();
    mailbox.ask(&leg(), "e1", at(0));
    assert_eq!(
        mailbox.collect(&leg(), "e1"),
        Collected::Answer(Answer::Keep)
    );
    // Its answer stands, whatever is posted later.
    let opened = mailbox
        .open_turn(
            &saying(opening(2, 0, &["client.answer"]), vec![waits(1)]),
            at(0),
        )
        .unwrap();
    assert_eq!(pushes(&opened.outputs), 1);
    assert_eq!(
        mailbox.collect(&leg(), "e1"),
        Collected::Answer(Answer::Keep)
    );
    assert_eq!(
        mailbox.give_up(&leg(), "update", Answer::Keep),
        Answer::Do(vec![waits(1)])
    );
}

#[test]
fn an_answer_holds_ten_moves_and_the_rest_is_for_the_next_event() {
    let mut mailbox = up();
    for round in 1..=3 {
        mailbox
            .open_turn(
                &saying(opening(round, 0, &["client.answer"]), vec![waits(9); 4]),
                at(0),
            )
            .unwrap();
    }
    for (key, moves) in [("u1", 8), ("u2", 4)] {
        assert_eq!(
            mailbox.give_up(&leg(), key, Answer::Keep),
            Answer::Do(vec![waits(9); moves])
        );
    }
    assert_eq!(mailbox.give_up(&leg(), "u3", Answer::Keep), Answer::Keep);
}

#[test]
fn a_hangup_replaces_moves_that_nobody_collected() {
    let mut mailbox = up();
    mailbox
        .open_turn(
            &saying(opening(1, 0, &["client.answer"]), vec![Move::Join]),
            at(0),
        )
        .unwrap();
    let bye = vec![waits(1), Move::HangUp { status: 0 }];
    mailbox
        .open_turn(
            &saying(opening(2, 0, &["client.answer"]), bye.clone()),
            at(0),
        )
        .unwrap();
    assert_eq!(mailbox.give_up(&leg(), "u1", Answer::Keep), Answer::Do(bye));
}

#[test]
fn moves_for_a_leg_that_is_not_up_yet_wait_for_it() {
    let mut mailbox = Mailbox::new();
    let opened = mailbox
        .open_turn(
            &saying(opening(1, 0, &["phone.hungup"]), vec![waits(1)]),
            at(0),
        )
        .unwrap();
    assert_eq!(opened.outputs, []);
    let (bound, output) = mailbox.bind(&leg(), "t-1", at(0));
    assert_eq!(
        (bound, pushes(&output.into_iter().collect::<Vec<_>>())),
        (Bound::Ours, 1)
    );
}

#[test]
fn a_leg_that_is_down_gets_no_moves() {
    let mut mailbox = up();
    mailbox.deliver(&letter("h", SignalName::PhoneHungup), at(0));
    let opened = mailbox
        .open_turn(
            &saying(opening(1, 0, &["client.answer"]), vec![waits(1)]),
            at(0),
        )
        .unwrap();
    assert_eq!(opened.outputs, []);
    assert_eq!(mailbox.close(), []);
}

#[test]
fn a_leg_is_claimed_once_and_keeps_its_first_transaction() {
    let mut mailbox = Mailbox::new();
    for (by, expected) in [
        ("one", Claim::Fresh),
        ("one", Claim::Fresh),
        ("two", Claim::Unfinished),
    ] {
        assert_eq!(mailbox.claim(&leg(), by), expected);
    }
    mailbox.release(&leg(), "two");
    assert_eq!(mailbox.claim(&leg(), "two"), Claim::Unfinished);
    mailbox.release(&leg(), "one");
    assert_eq!(mailbox.claim(&leg(), "two"), Claim::Fresh);
    assert_eq!(mailbox.bind(&leg(), "t-1", at(0)).0, Bound::Ours);
    mailbox.release(&leg(), "two");
    assert_eq!(mailbox.bind(&leg(), "t-2", at(0)).0, Bound::Foreign);
    assert_eq!(mailbox.claim(&leg(), "three"), Claim::Done("t-1".into()));
    mailbox.deliver(&letter("h", SignalName::PhoneHungup), at(0));
    assert_eq!(mailbox.claim(&leg(), "three"), Claim::Done("t-1".into()));
    assert_eq!(mailbox.bind(&leg(), "t-1", at(0)).0, Bound::Ours);
}

#[test]
fn a_closed_mailbox_hangs_up_whoever_asks_and_keeps_its_old_answers() {
    let mut mailbox = up();
    mailbox
        .open_turn(&opening(1, 0, &["client.answer"]), at(0))
        .unwrap();
    assert_eq!(
        mailbox.collect(&leg(), "before"),
        Collected::Answer(Answer::Keep)
    );
    for _ in 0..2 {
        assert_eq!(
            pushes(&mailbox.close()),
            1,
            "a leg that is still up is named again"
        );
    }
    assert_eq!(
        mailbox
            .deliver(&letter("a", SignalName::ClientAnswer), at(0))
            .delivered,
        Delivered::Closed
    );
    assert_eq!(
        mailbox.open_turn(&opening(2, 0, &["client.answer"]), at(0)),
        Err(Refused::Closed)
    );
    assert_eq!(
        mailbox.collect(&leg(), "before"),
        Collected::Answer(Answer::Keep)
    );
    assert_eq!(
        mailbox.collect(&leg(), "after"),
        Collected::Answer(Answer::hang_up())
    );
    assert_eq!(mailbox.claim(&LegId::from("guest-1"), "x"), Claim::Closed);
    mailbox.deliver(&letter("h", SignalName::PhoneHungup), at(0));
    assert_eq!(mailbox.close(), []);
}

#[test]
fn a_mailbox_reads_back_as_written() {
    let mut mailbox = up();
    mailbox.deliver(&letter("d", SignalName::PhoneDigits), at(0));
    mailbox.ask(&leg(), "e1", at(0));
    mailbox
        .open_turn(
            &saying(opening(1, 0, &["client.answer"]), vec![waits(1)]),
            at(0),
        )
        .unwrap();
    mailbox.deliver(&letter("a", SignalName::ClientAnswer), at(0));
    mailbox.collect(&leg(), "e1");
    mailbox.claim(&LegId::from(LegId::CALLEE), "run");
    let json = serde_json::to_string(&mailbox).unwrap();
    assert_eq!(serde_json::from_str::<Mailbox>(&json).unwrap(), mailbox);
}
