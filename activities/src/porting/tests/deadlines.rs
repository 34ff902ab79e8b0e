//! Deadlines: nothing ends, and nothing is agreed to, by those that nobody knows; those that are over are no clock; and however long they
//! last, an execution has room for the looks.
use super::looks::{any_order, at, monday, port, says};
use super::signals::done;
use crate::porting::calendar::{self, Time};
use crate::porting::cancel::{Silence, silence, take_back};
use crate::porting::look::{Facts, look};
use crate::porting::record::Port;
use crate::porting::standing;
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus};
use contract::dossier::{NumberStatus, OrderStatus as At};
use contract::port::{PortAnswer, PortVerdict as Next};
use contract::request::Party;
use contract::request::signal::RequestSignal;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

fn time(now: Timestamp) -> Time {
    Time {
        now,
        scale: 1,
        patience_s: 0,
    }
}

/// An instant at which no calendar of ours reaches thirty working days ahead.
fn late() -> Timestamp {
    "2027-12-20T08:00:00Z".parse().unwrap()
}

#[test]
fn where_the_calendar_ends_nobody_is_hurried_and_windows_stay_open() {
    let mut port = port(At::Collecting, NumberStatus::Portable, 1);
    port.view.country = Some("SG".to_owned());
    calendar::customer_asked(&mut port, time(late()));
    assert_eq!(
        port.view.moments.silence, None,
        "the calendar of SG ends with 2027"
    );
    for verdict in [Next::Collect, Next::Sign, Next::Correct, Next::Review] {
        let answer = standing::answer(&port, verdict, time(late()), None);
        assert!(
            answer.wait_s > 7 * 24 * 3_600,
            "{verdict:?}: {} s",
            answer.wait_s
        );
    }
    let open = time(late() + SignedDuration::from_hours(24));
    calendar::donor_asked(&mut port, time(late()));
    let donor = port.view.moments.donor_answer.as_ref();
    assert!(
        donor.is_some() && !calendar::is_over(donor, open.now),
        "an operator asks the donor some day"
    );
}

#[test]
fn people_have_half_an_hour_where_days_pass_fast_and_the_donor_has_its_days() {
    let fast = Time {
        now: monday(),
        scale: 3_600,
        patience_s: 1_800,
    };
    let mut port = port(At::Collecting, NumberStatus::Portable, 1);
    calendar::customer_asked(&mut port, fast);
    calendar::letter_sent(&mut port, fast);
    let half_an_hour = Some("2026-11-23T08:30:00.000Z".to_owned());
    assert_eq!(port.view.moments.silence, half_an_hour);
    assert_eq!(port.view.moments.signature, half_an_hour);
    calendar::donor_asked(&mut port, fast);
    let donor = port.view.moments.donor_answer.unwrap();
    assert!(donor.starts_with("2026-11-23T08:00:"), "{donor}");
}

#[test]
fn a_country_without_a_window_has_none_and_one_that_is_not_known_stays_open() {
    let now = time(late());
    let over = |until: String| calendar::is_over(Some(&until), late());
    assert!(over(calendar::window(Ok(None), now)));
    assert!(!over(calendar::window(Err(calendar::NotKnown), now)));
}

/// How long an execution of a port may take, in seconds (`workflows/definitions/port-in`).
const PORT_S: i64 = 63_072_000;
/// Most events of an execution, and of one look: its turn, the look, where it stands, and routes that are made again.
const EVENTS: (u32, u32) = (25_000, 24);

#[test]
fn a_port_that_nobody_moves_stands_for_two_years_without_its_history_filling_up() {
    let begun = monday();
    let in_days =
        |days: i64| crate::ports::clock::text(begun + SignedDuration::from_hours(24 * days));
    for days in [
        None,
        Some(-1),
        Some(0),
        Some(1),
        Some(80),
        Some(365),
        Some(730),
    ] {
        let due = days.map(in_days);
        let (mut now, mut turns) = (begun, 0);
        while now.duration_since(begun).as_secs() < PORT_S {
            let wait = time(now).look_s(due.as_deref(), turns);
            now += SignedDuration::from_secs(i64::from(wait));
            turns += 1;
            assert!(
                turns * EVENTS.1 < EVENTS.0,
                "{days:?}: {turns} looks until {now}"
            );
        }
    }
}

#[test]
fn the_nearer_a_deadline_is_the_more_often_a_port_is_looked_at() {
    let waits = |due: &str, turns| time(monday()).look_s(Some(due), turns);
    let hour = 3_600;
    for (due, wait) in [
        ("2026-11-23T08:00:30Z", 31),
        ("2026-11-26T08:00:00Z", hour),
        ("2026-12-10T09:00:00Z", 6 * hour),
        ("2027-02-10T09:00:00Z", 24 * hour),
        // Just over, it is not far away.
        ("2026-11-23T07:59:00Z", hour),
    ] {
        assert_eq!(waits(due, 0), wait, "{due}");
    }
    // One that is old is looked at less, and never too late.
    assert_eq!(waits("2026-11-26T08:00:00Z", 500), 24 * hour);
    assert_eq!(waits("2026-11-23T08:00:30Z", 5_000), 31);
}

/// A switch-over that should have ended an hour ago.
fn late_activation() -> Port {
    let mut port = port(At::Activating, NumberStatus::Activating, 2);
    port.view.moments.foc_due = Some("2026-11-22T07:00:00Z".to_owned());
    port.view.moments.foc_ends = Some("2026-11-23T07:00:00Z".to_owned());
    port
}

/// What an operator says that the carrier says.
fn told(status: CarrierStatus, port: &Port) -> (CarrierPort, RequestSignal) {
    let signal = done("port-donor", json!({}));
    (says(port, status, |_| Activation::NotYet), signal)
}

fn looks(
    port: &mut Port,
    known: &CarrierPort,
    signal: Option<&RequestSignal>,
    now: Timestamp,
) -> PortAnswer {
    let facts = Facts {
        carrier: Some(known),
        scheme: "telnyx",
        declared: signal.is_some(),
    };
    let looked = look(port, &facts, signal, time(now)).unwrap();
    standing::answer(port, looked.next, time(now), looked.says)
}

#[test]
fn a_deadline_that_is_over_is_no_clock() {
    let moments = |port: &mut Port| {
        port.view.moments.foc_due = Some("2026-11-23T07:00:00Z".to_owned());
        port.view.moments.foc_ends = Some("2026-11-23T07:30:00Z".to_owned());
        port.view.moments.letter = Some("2026-11-23T07:00:00Z".to_owned());
    };
    for verdict in [
        Next::TestFailed,
        Next::Activating,
        Next::HandIn,
        Next::CheckDossier,
    ] {
        let mut port = port(At::Activating, NumberStatus::Activating, 1);
        moments(&mut port);
        let answer = standing::answer(&port, verdict, time(monday()), None);
        assert!(answer.wait_s >= 3_600, "{verdict:?}: {} s", answer.wait_s);
    }
    // What follows is a look away.
    let mut port = port(At::SyncWindow, NumberStatus::Confirmed, 1);
    moments(&mut port);
    let answer = standing::answer(&port, Next::SyncWindow, time(monday()), None);
    assert_eq!(answer.wait_s, 1);
}

#[test]
fn an_operator_is_asked_about_a_switch_over_that_is_late() {
    let mut port = late_activation();
    let known = says(&port, CarrierStatus::DateConfirmed, |_| {
        Activation::UnderWay
    });
    let early = at("2026-11-23T06:00:00Z");
    let answer = looks(&mut port, &known, None, early);
    assert_eq!((answer.owner, answer.form), (Party::Carrier, None));
    let answer = looks(&mut port, &known, None, monday());
    assert_eq!(
        (answer.verdict, answer.owner, answer.form.as_deref()),
        (Next::Activating, Party::Operator, Some("port-donor"))
    );
    assert!(
        answer.next_action.contains("late"),
        "{}",
        answer.next_action
    );
    // Still looked at: it has a day more, and is the carrier's.
    let (still, signal) = told(CarrierStatus::AtDonor, &port);
    let answer = looks(&mut port, &still, Some(&signal), monday());
    assert_eq!((answer.owner, answer.form), (Party::Carrier, None));
    assert_eq!(answer.deadline.as_deref(), Some("2026-11-24T08:00:00.000Z"));
    // Cancelled there, it ends with what came.
    let (gone, signal) = told(CarrierStatus::Cancelled, &port);
    let answer = looks(&mut port, &gone, Some(&signal), monday());
    assert_eq!(answer.verdict, Next::Verify);
    assert_eq!(port.statuses(), [NumberStatus::Failed; 2]);
}

/// A port that nobody has looked at since before its date, which is over.
fn overslept() -> (Port, Timestamp) {
    let mut port = port(At::SyncWindow, NumberStatus::Confirmed, 2);
    calendar::date_proposed(&mut port, time(monday()), at("2026-12-10T09:00:00Z"));
    port.hidden.routes_made = true;
    (port, at("2026-12-12T09:00:00Z"))
}

#[test]
fn a_date_that_went_by_unseen_and_that_the_carrier_still_says_begins_the_cut_over() {
    let (mut port, now) = overslept();
    let mut known = says(&port, CarrierStatus::DateConfirmed, |_| Activation::NotYet);
    let answer = looks(&mut port, &known, None, now);
    assert_eq!(
        (answer.verdict, port.view.order),
        (Next::Activate, At::SyncWindow)
    );
    // Another one is agreed to anew.
    known.foc = Some(at("2026-12-17T09:00:00Z"));
    let answer = looks(&mut port, &known, None, now);
    assert_eq!(answer.verdict, Next::DateAgreed);
    assert!(port.view.moments.foc.unwrap().starts_with("2026-12-17T"));
}

#[test]
fn a_date_that_is_no_more_gives_the_losing_side_its_time_again() {
    for status in [CarrierStatus::AtDonor, CarrierStatus::InReview] {
        let (mut port, now) = overslept();
        let known = says(&port, status, |_| Activation::NotYet);
        let answer = looks(&mut port, &known, None, now);
        assert_eq!(answer.verdict, Next::DonorReview);
        assert!(port.view.moments.donor_answer.is_some());
        let answer = looks(&mut port, &known, None, at("2026-12-21T09:00:00Z"));
        assert_eq!(
            (answer.verdict, answer.owner),
            (Next::Resolve, Party::Operator)
        );
    }
}

#[test]
fn a_carrier_that_does_not_say_whether_it_cancels_is_asked_by_an_operator() {
    let begun = |order| {
        let mut port = port(order, NumberStatus::Submitted, 1);
        take_back(&mut port, &"pi-7".into(), "Strowger", time(monday())).unwrap();
        port
    };
    let mut port = begun(At::DonorReview);
    let pending = says(&port, CarrierStatus::CancelPending, |_| Activation::NotYet);
    let answer = looks(&mut port, &pending, None, monday());
    assert_eq!(
        (answer.verdict, answer.owner),
        (Next::CancelPending, Party::Carrier)
    );
    // Two working days.
    assert!(answer.deadline.unwrap().starts_with("2026-11-25T"));
    let late = at("2026-11-26T08:00:00Z");
    let answer = looks(&mut port, &pending, None, late);
    assert_eq!(
        (answer.owner, answer.form.as_deref()),
        (Party::Operator, Some("port-donor"))
    );
    assert!(answer.wait_s >= 3_600, "{} s", answer.wait_s);
    let (same, signal) = told(CarrierStatus::CancelPending, &port);
    let answer = looks(&mut port, &same, Some(&signal), late);
    assert_eq!((answer.owner, answer.form), (Party::Carrier, None));
    assert!(answer.deadline.unwrap().starts_with("2026-11-30T"));
    let (goes_on, signal) = told(CarrierStatus::AtDonor, &port);
    let answer = looks(&mut port, &goes_on, Some(&signal), late);
    assert_eq!(
        (answer.verdict, port.hidden.cancel_due.clone()),
        (Next::DonorReview, None)
    );
    // One that was asked before it had a term has one from the next look on.
    let mut port = begun(At::DonorReview);
    port.hidden.cancel_due = None;
    assert!(
        looks(&mut port, &pending, None, monday())
            .deadline
            .is_some()
    );
}

#[test]
fn a_silent_losing_side_stays_the_operators_until_they_say_what_came_of_it() {
    let mut port = port(At::DonorReview, NumberStatus::Submitted, 1);
    calendar::donor_asked(&mut port, time(monday()));
    let known = says(&port, CarrierStatus::AtDonor, |_| Activation::NotYet);
    let late = at("2026-11-26T08:00:00Z");
    for hours in [0, 1, 30] {
        let now = late + SignedDuration::from_hours(hours);
        let answer = looks(&mut port, &known, None, now);
        assert_eq!(
            (answer.verdict, answer.owner),
            (Next::Resolve, Party::Operator),
            "{hours}"
        );
    }
    let waits = done("port-resolve", json!({ "action": "wait" }));
    let facts = Facts {
        carrier: Some(&known),
        scheme: "telnyx",
        declared: false,
    };
    let next = look(&mut port, &facts, Some(&waits), time(late))
        .unwrap()
        .next;
    assert_eq!(
        (next, waits.data["action"].clone()),
        (Next::DonorReview, Value::from("wait"))
    );
}

proptest! {
    /// A port ends by silence only if the moment is known and over.
    #[test]
    fn silence_ends_a_port_only_after_a_known_moment(
        order in any_order(),
        known in any::<bool>(),
        hours in -1_000_i64..1_000,
    ) {
        let mut port = port(order, NumberStatus::Portable, 1);
        let until = late() + SignedDuration::from_hours(hours);
        let text = known.then(|| crate::ports::clock::text(until));
        port.view.moments.silence.clone_from(&text);
        port.view.moments.signature = text;
        let own = matches!(order, At::Draft | At::Expired | At::Cancelled);
        let expected = match (own, known) {
            (true, _) => Silence::Over,
            (false, false) => Silence::NotKnown,
            (false, true) if hours <= 0 => Silence::Over,
            (false, true) => Silence::Early,
        };
        prop_assert_eq!(silence(&port, late()), expected);
    }
}
