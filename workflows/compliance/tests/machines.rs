//! The machines of orders and numbers against a model: whatever is tried by whoever and whenever, an order only moves along
//! its table, and ends.

use compliance::porting::{Guard, Limit, Limits, Moment, Refusal, number, order};
use contract::dossier::{NumberStatus, NumberStep, OrderStatus, OrderStep};
use contract::request::Party;
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeSet;

const PARTIES: &[Party] = &[
    Party::Customer,
    Party::Operator,
    Party::Carrier,
    Party::Platform,
];

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

fn moment(now: i64, limits: Limits) -> Moment {
    Moment {
        now: second(now),
        limits,
    }
}

/// The plain course, with who takes each step.
const COURSE: [(OrderStep, Party); 16] = [
    (OrderStep::CheckPortability, Party::Customer),
    (OrderStep::FindPortable, Party::Carrier),
    (OrderStep::CompleteRequirements, Party::Platform),
    (OrderStep::SendForSignature, Party::Platform),
    (OrderStep::Sign, Party::Customer),
    (OrderStep::ApproveReview, Party::Operator),
    (OrderStep::AcceptSubmission, Party::Carrier),
    (OrderStep::ProposeFoc, Party::Carrier),
    (OrderStep::ConfirmFoc, Party::Customer),
    (OrderStep::BeginTest, Party::Platform),
    (OrderStep::Lock, Party::Platform),
    (OrderStep::Activate, Party::Platform),
    (OrderStep::EndActivation, Party::Platform),
    (OrderStep::EndVerification, Party::Platform),
    (OrderStep::OpenSnapback, Party::Platform),
    (OrderStep::Close, Party::Platform),
];

#[test]
fn the_plain_course_leads_from_draft_to_closed() {
    let mut at = order::Order::NEW;
    for (step, who) in COURSE {
        at = at
            .step(step, who, moment(0, Limits::default()))
            .expect("legal");
    }
    assert_eq!(at.status, OrderStatus::Closed);
    assert!(order::is_final(at.status));
}

#[test]
fn every_status_and_step_is_in_a_table_and_no_move_is_there_twice() {
    let mut moves = BTreeSet::new();
    for row in order::TRANSITIONS {
        assert!(
            moves.insert((row.from, row.step)),
            "{:?} {:?}",
            row.from,
            row.step
        );
        assert!(!row.who.is_empty());
    }
    for status in OrderStatus::ALL {
        let reached = *status == OrderStatus::Draft
            || order::TRANSITIONS.iter().any(|row| row.to == Some(*status));
        assert!(reached, "{status:?} is never reached");
    }
    for step in OrderStep::ALL {
        assert!(
            order::TRANSITIONS.iter().any(|row| row.step == *step),
            "{step:?} is never taken"
        );
    }
    let finals: Vec<_> = OrderStatus::ALL
        .iter()
        .filter(|status| order::is_final(**status))
        .collect();
    use OrderStatus::{Cancelled, Closed, Expired, NotPortable, Split};
    assert_eq!(
        finals,
        [&NotPortable, &Split, &Closed, &Cancelled, &Expired]
    );

    let mut moves = BTreeSet::new();
    for row in number::TRANSITIONS {
        assert!(
            moves.insert((row.from, row.step)),
            "{:?} {:?}",
            row.from,
            row.step
        );
        assert!(row.to.is_some() && !row.who.is_empty());
    }
    for status in NumberStatus::ALL {
        let reached = *status == NumberStatus::Waiting
            || number::TRANSITIONS
                .iter()
                .any(|row| row.to == Some(*status));
        assert!(reached, "{status:?} is never reached");
    }
    for step in NumberStep::ALL {
        assert!(
            number::TRANSITIONS.iter().any(|row| row.step == *step),
            "{step:?} is never taken"
        );
    }
    let finals: Vec<_> = NumberStatus::ALL
        .iter()
        .filter(|status| number::is_final(**status))
        .collect();
    assert_eq!(
        finals,
        [
            &NumberStatus::NotPortable,
            &NumberStatus::SnappedBack,
            &NumberStatus::Cancelled
        ]
    );
}

#[test]
fn an_end_can_be_reached_from_everywhere_and_someone_can_always_act() {
    for start in OrderStatus::ALL {
        let mut seen = BTreeSet::from([*start]);
        let mut next = vec![*start];
        while let Some(at) = next.pop() {
            for row in order::TRANSITIONS.iter().filter(|row| row.from == at) {
                let to = row.to.unwrap_or(OrderStatus::DonorReview);
                if seen.insert(to) {
                    next.push(to);
                }
            }
        }
        assert!(
            seen.iter().any(|status| order::is_final(*status)),
            "{start:?}"
        );
        // With no deadline set nobody is stuck: somebody has a step.
        let idle = moment(0, Limits::default());
        let someone = PARTIES
            .iter()
            .any(|who| !order::possible(*start, *who, idle).is_empty());
        assert_eq!(someone, !order::is_final(*start), "{start:?}");
    }
}

#[test]
fn nothing_is_cancelled_once_the_window_is_locked() {
    use OrderStatus::{Activating, Ported, SnapbackWindow, SyncWindow, Verifying};
    for status in [SyncWindow, Activating, Verifying, Ported, SnapbackWindow] {
        for who in PARTIES {
            let refused = order::may(
                status,
                OrderStep::Cancel,
                *who,
                moment(0, Limits::default()),
            );
            assert!(
                matches!(refused, Err(Refusal::NotFrom { .. })),
                "{status:?}"
            );
        }
    }
}

#[test]
fn a_refusal_says_what_is_possible_who_may_and_when() {
    let at = moment(
        100,
        Limits {
            cancel: Some(second(100)),
            foc: Some(second(200)),
            ..Limits::default()
        },
    );
    let told = |status, step, who| {
        order::may(status, step, who, at)
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(
        told(OrderStatus::Closed, OrderStep::Cancel, Party::Customer),
        "Cancel is not possible in Closed; possible: []"
    );
    assert_eq!(
        told(OrderStatus::Verifying, OrderStep::Cancel, Party::Customer),
        "Cancel is not possible in Verifying; possible: [EndVerification]"
    );
    assert_eq!(
        told(
            OrderStatus::InternalReview,
            OrderStep::ApproveReview,
            Party::Customer
        ),
        "ApproveReview is taken by [Operator], not by Customer"
    );
    assert_eq!(
        told(
            OrderStatus::FocConfirmed,
            OrderStep::Cancel,
            Party::Customer
        ),
        "the time to cancel was over at 1970-01-01T00:01:40Z"
    );
    assert_eq!(
        told(
            OrderStatus::SyncWindow,
            OrderStep::Activate,
            Party::Platform
        ),
        "the agreed date comes only at 1970-01-01T00:03:20Z"
    );
    assert_eq!(
        told(
            OrderStatus::WaitingForSignature,
            OrderStep::ExpireSignature,
            Party::Platform
        ),
        "the time to sign is not set"
    );
}

#[test]
fn a_letter_that_is_over_is_signed_again() {
    let over = moment(
        100,
        Limits {
            letter: Some(second(100)),
            ..Limits::default()
        },
    );
    let refused = order::may(
        OrderStatus::InternalReview,
        OrderStep::ApproveReview,
        Party::Operator,
        over,
    );
    assert_eq!(
        refused.expect_err("over").to_string(),
        "the signed letter's time was over at 1970-01-01T00:01:40Z"
    );
    let refused = order::may(
        OrderStatus::Correction,
        OrderStep::Resubmit,
        Party::Customer,
        over,
    );
    assert!(matches!(
        refused,
        Err(Refusal::TooLate {
            limit: Limit::Letter,
            ..
        })
    ));
    assert!(
        order::possible(OrderStatus::Correction, Party::Customer, over)
            .contains(&OrderStep::SendForSignature)
    );
}

#[test]
fn a_cancellation_that_the_carrier_refuses_goes_on_where_it_was() {
    let now = moment(0, Limits::default());
    for status in [
        OrderStatus::Submitted,
        OrderStatus::DonorReview,
        OrderStatus::FocConfirmed,
        OrderStatus::PreCutoverTest,
    ] {
        let before = order::Order {
            status,
            resumes: None,
        };
        let pending = before
            .step(OrderStep::Cancel, Party::Customer, now)
            .expect("legal");
        assert_eq!(pending.status, OrderStatus::CancelPending);
        assert_eq!(
            pending.step(OrderStep::RefuseCancel, Party::Carrier, now),
            Ok(before)
        );
        let ended = pending
            .step(OrderStep::ConfirmCancel, Party::Carrier, now)
            .expect("legal");
        assert_eq!(
            (ended.status, ended.resumes),
            (OrderStatus::Cancelled, None)
        );
    }
}

#[test]
fn an_order_ends_its_activation_when_no_number_is_on_its_way() {
    use NumberStatus::{Active, Conflict, Failed, NotPortable, Verified};
    assert!(number::settled(&[Active, Verified, Failed, NotPortable]));
    assert!(!number::settled(&[Active, Conflict]));
    let now = moment(0, Limits::default());
    // Partial success: one number fails and is tried again while the other is done.
    let failed = number::step(
        NumberStatus::Activating,
        NumberStep::Fail,
        Party::Carrier,
        now,
    );
    assert_eq!(failed, Ok(Failed));
    assert_eq!(
        number::step(Failed, NumberStep::Activate, Party::Operator, now),
        Ok(NumberStatus::Activating)
    );
}

/// The model of a guard, written the other way around.
fn allowed(when: Guard, at: Moment) -> bool {
    let moment = |limit: Limit| at.limits.at(limit);
    match when {
        Guard::Always => true,
        Guard::Before(limit) => moment(limit).is_none_or(|until| at.now < until),
        Guard::NotBefore(limit) => moment(limit).is_none_or(|from| at.now >= from),
        Guard::After(limit) => moment(limit).is_some_and(|from| at.now >= from),
    }
}

fn limits() -> impl Strategy<Value = Limits> {
    let one = || prop::option::of(0i64..20).prop_map(|at| at.map(second));
    (
        one(),
        one(),
        one(),
        one(),
        one(),
        one(),
        one(),
        one(),
        one(),
    )
        .prop_map(
            |(
                signature,
                letter,
                silence,
                donor_answer,
                change,
                cancel,
                foc,
                foc_ends,
                snapback,
            )| Limits {
                signature,
                letter,
                silence,
                donor_answer,
                change,
                cancel,
                foc,
                foc_ends,
                snapback,
            },
        )
}

proptest! {
    #[test]
    fn an_order_moves_along_its_table_and_nowhere_else(
        limits in limits(),
        tries in prop::collection::vec((0..OrderStep::ALL.len(), 0..PARTIES.len(), 0i64..20), 1..200),
    ) {
        let mut at = order::Order::NEW;
        for (step, who, now) in tries {
            let (step, who, now) = (OrderStep::ALL[step], PARTIES[who], moment(now, limits));
            let row = order::TRANSITIONS.iter().find(|row| row.from == at.status && row.step == step);
            let legal = row.filter(|row| row.who.contains(&who) && allowed(row.when, now));
            let possible = order::possible(at.status, who, now);
            prop_assert_eq!(possible.contains(&step), legal.is_some());
            match at.step(step, who, now) {
                Ok(next) => {
                    let row = legal.expect("only what the table allows");
                    prop_assert_eq!(next.status, row.to.or(at.resumes).expect("it knows where it was"));
                    prop_assert_eq!(next.resumes.is_some(), next.status == OrderStatus::CancelPending);
                    at = next;
                }
                Err(_) => prop_assert!(legal.is_none()),
            }
        }
    }

    #[test]
    fn nobody_skips_signature_review_donor_or_lock(
        tries in prop::collection::vec((0..OrderStep::ALL.len(), 0..PARTIES.len()), 1..400),
    ) {
        let mut at = order::Order::NEW;
        let mut past = vec![at.status];
        for (step, who) in tries {
            let now = moment(10, Limits::default());
            if let Ok(next) = at.step(OrderStep::ALL[step], PARTIES[who], now) {
                at = next;
                past.push(at.status);
            }
        }
        let before = |late: OrderStatus, early: OrderStatus| {
            let late = past.iter().position(|status| *status == late);
            late.is_none_or(|late| past[..late].contains(&early))
        };
        prop_assert!(before(OrderStatus::InternalReview, OrderStatus::WaitingForSignature));
        prop_assert!(before(OrderStatus::Submitted, OrderStatus::InternalReview));
        prop_assert!(before(OrderStatus::FocConfirmed, OrderStatus::FocProposed));
        prop_assert!(before(OrderStatus::Activating, OrderStatus::SyncWindow));
        prop_assert!(before(OrderStatus::Closed, OrderStatus::SnapbackWindow));
    }

    #[test]
    fn a_number_moves_along_its_table_and_a_final_one_stays(
        limits in limits(),
        tries in prop::collection::vec((0..NumberStep::ALL.len(), 0..PARTIES.len(), 0i64..20), 1..100),
    ) {
        let mut at = NumberStatus::Waiting;
        for (step, who, now) in tries {
            let (step, who, now) = (NumberStep::ALL[step], PARTIES[who], moment(now, limits));
            let row = number::TRANSITIONS.iter().find(|row| row.from == at && row.step == step);
            let legal = row.filter(|row| row.who.contains(&who) && allowed(row.when, now));
            prop_assert_eq!(number::may(at, step, who, now).is_ok(), legal.is_some());
            match number::step(at, step, who, now) {
                Ok(next) => {
                    prop_assert_eq!(Some(next), legal.expect("legal").to);
                    prop_assert!(!number::is_final(at));
                    at = next;
                }
                Err(_) => prop_assert!(legal.is_none()),
            }
        }
    }
}
