use super::*;
use crate::state::samples;
use contract::view::{Outcome, Phase};
use proptest::prelude::*;

fn ringing(rev: u64) -> CallView {
    CallView {
        rev,
        phase: Phase::Ringing,
        ..samples::inbound()
    }
}

fn taken_by(device: &str, rev: u64) -> CallView {
    let mut call = CallView {
        rev,
        phase: Phase::Talking,
        ..samples::inbound()
    };
    call.legs[1].device = Some(device.into());
    call
}

fn over(rev: u64) -> CallView {
    CallView {
        rev,
        phase: Phase::Ended,
        outcome: Some(Outcome::Completed),
        ..taken_by("device-lucia-1", rev)
    }
}

fn book(calls: impl IntoIterator<Item = CallView>) -> Book {
    let mut book = Book::default();
    for call in calls {
        book.take(Rc::new(call), &samples::lucia(), 0);
    }
    book
}

#[test]
fn a_call_that_another_device_takes_stops_ringing_and_says_so() {
    let mut book = book([ringing(1), taken_by("another", 2)]);
    assert!(book.ringing(&samples::lucia()).is_empty());
    assert_eq!(book.notices()[0].kind, NoticeKind::AnsweredElsewhere);
    book.tick(NOTICE_MS);
    assert!(book.notices().is_empty());
}

#[test]
fn a_call_that_this_device_takes_is_in_hand_without_a_notice() {
    let book = book([ringing(1), taken_by("device-lucia-1", 2)]);
    assert_eq!(book.in_hand(&samples::lucia()).unwrap().rev, 2);
    assert!(book.notices().is_empty());
}

#[test]
fn an_ended_call_stays_to_be_read_until_the_next_one() {
    let mut book = book([taken_by("device-lucia-1", 2), over(3)]);
    assert_eq!(book.ended().unwrap().rev, 3);
    assert_eq!(book.log().len(), 1);
    book.dismiss();
    assert!(book.ended().is_none());
}

#[test]
fn a_late_revision_does_not_bring_back_an_ended_call() {
    let book = book([ringing(1), over(5), ringing(4)]);
    assert_eq!(book.live().count(), 0);
    assert!(book.ringing(&samples::lucia()).is_empty());
}

#[test]
fn a_call_missing_from_the_snapshot_is_asked_for_and_then_leaves() {
    let mut book = book([ringing(1)]);
    book.snapshot(vec![], &samples::lucia(), 0);
    assert_eq!(book.unconfirmed(), [CallId::from("c-1")]);
    book.take(Rc::new(over(2)), &samples::lucia(), 0);
    assert!(book.unconfirmed().is_empty() && book.live().count() == 0);
    let mut book = self::book([ringing(1)]);
    book.snapshot(vec![], &samples::lucia(), 0);
    book.gone(&"c-1".into());
    assert!(book.unconfirmed().is_empty() && book.live().count() == 0);
}

#[test]
fn calls_of_others_never_ring() {
    let mut book = Book::default();
    book.take(Rc::new(ringing(1)), &samples::operator(), 0);
    assert!(book.ringing(&samples::operator()).is_empty());
    assert_eq!(book.live().count(), 1);
}

proptest! {
    /// In whichever order and however often revisions come, the highest is what is shown.
    #[test]
    fn the_highest_revision_wins(order in proptest::collection::vec(1u64..8, 1..20)) {
        let book = book(order.iter().map(|&rev| if rev == 7 { over(rev) } else { ringing(rev) }));
        let highest = *order.iter().max().unwrap();
        prop_assert_eq!(book.call(&"c-1".into()).unwrap().rev, highest);
        prop_assert_eq!(book.live().count() + book.log().len(), 1);
        prop_assert_eq!(book.ringing(&samples::lucia()).is_empty(), highest == 7);
    }

    /// The log stays in order whatever comes in.
    #[test]
    fn the_log_is_newest_first(minutes in proptest::collection::vec(0u32..60, 1..30)) {
        let calls = minutes.iter().enumerate().map(|(i, minute)| CallView {
            id: format!("c-{i}").into(),
            started_at: format!("2026-11-20T10:{minute:02}:00.000Z"),
            ..over(1)
        });
        let book = book(calls);
        prop_assert!(book.log().is_sorted_by(|a, b| a.started_at >= b.started_at));
        prop_assert_eq!(book.log().len(), minutes.len());
    }
}
