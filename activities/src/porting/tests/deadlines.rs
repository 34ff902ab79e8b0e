//! Deadlines that nobody knows: nothing ends by them, and nothing is agreed to.
use super::looks::{any_order, port};
use crate::porting::calendar::{self, Time};
use crate::porting::cancel::{Silence, silence};
use crate::porting::standing;
use contract::dossier::{NumberStatus, OrderStatus as At};
use contract::port::PortVerdict as Next;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn time(now: Timestamp) -> Time {
    Time { now, scale: 1 }
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
fn a_country_without_a_window_has_none_and_one_that_is_not_known_stays_open() {
    let now = time(late());
    let over = |until: String| calendar::is_over(Some(&until), late());
    assert!(over(calendar::window(Ok(None), now)));
    assert!(!over(calendar::window(Err(calendar::NotKnown), now)));
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
