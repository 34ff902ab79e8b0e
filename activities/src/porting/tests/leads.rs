//! The earliest day that can be asked for.
use super::looks::{at, monday};
use crate::porting::lead::{too_early, too_early_since};
use contract::E164;
use contract::port::Moments;
use jiff::civil::{Date, date};

fn numbers(texts: &[&str]) -> Vec<E164> {
    texts
        .iter()
        .map(|text| E164::parse(text).unwrap())
        .collect()
}

fn first_day(texts: &[&str], wanted: &str) -> Option<Date> {
    too_early(&numbers(texts), monday(), at(wanted))
}

#[test]
fn a_date_is_too_early_until_the_day_on_which_the_lead_time_is_over() {
    // Seventeen working days from a Monday, at Zurich; the last day counts from its midnight there.
    let swiss = ["+41445552000"];
    let earliest = Some(date(2026, 12, 16));
    for (wanted, expected) in [
        ("2026-11-20T09:00:00Z", earliest),
        ("2026-12-15T22:59:59Z", earliest),
        ("2026-12-15T23:00:00Z", None),
        ("2027-02-01T09:00:00Z", None),
    ] {
        assert_eq!(first_day(&swiss, wanted), expected, "{wanted}");
    }
}

#[test]
fn of_several_numbers_the_slowest_counts_and_what_nobody_knows_does_not() {
    let mobile = "+6585552000";
    assert_eq!(first_day(&[mobile], "2026-12-01T02:00:00Z"), None);
    let both = first_day(&[mobile, "+41445552000"], "2026-12-01T02:00:00Z");
    assert_eq!(both, Some(date(2026, 12, 16)));
    assert_eq!(first_day(&["+33155501000"], "2026-11-23T09:00:00Z"), None);
}

#[test]
fn a_port_counts_from_its_submission_and_an_old_one_takes_every_date() {
    let numbers = numbers(&["+41445552000"]);
    let mut moments = Moments::default();
    let wanted = at("2026-11-27T09:00:00Z");
    assert_eq!(too_early_since(&numbers, &moments, wanted), None);
    moments.submitted = Some("2026-11-23T08:00:00Z".to_owned());
    let first = too_early_since(&numbers, &moments, wanted);
    assert_eq!(first, Some(date(2026, 12, 16)));
    // The time of a port that was submitted long ago is over.
    moments.submitted = Some("2026-10-23T08:00:00Z".to_owned());
    assert_eq!(too_early_since(&numbers, &moments, wanted), None);
}
