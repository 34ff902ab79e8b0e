//! A deadline as people there tell it: by the clock of the request's country, in its working days.

use super::clock::{Millis, day_number, parse};
use contract::api::calendars::CalendarView;

/// Working days after `now` up to the day of `at`; `None` if it is over or the calendar does not know that day. Both on the clock
/// of the calendar, by its zone's time minus UTC at each.
pub(crate) fn working_days_left(
    calendar: &CalendarView,
    (now, now_zone_min): (Millis, i32),
    (at, at_zone_min): (Millis, i32),
) -> Option<usize> {
    let day_of = |text: &str| parse(&format!("{text}T00:00:00Z")).map(|at| day_number(at, 0));
    let (today, last) = (day_number(now, now_zone_min), day_number(at, at_zone_min));
    if at <= now || last > day_of(calendar.known_until.as_str())? {
        return None;
    }
    let off: Vec<i64> = calendar
        .days_off
        .iter()
        .filter_map(|day| day_of(day.as_str()))
        .collect();
    // 1970-01-01 was a Thursday.
    let weekday = |day: i64| (day + 3).rem_euclid(7) as u8 + 1;
    let works = |day: &i64| !calendar.weekend.contains(&weekday(*day)) && !off.contains(day);
    Some((today + 1..=last).filter(works).count())
}

/// In words: `2 working days left`, `today`.
pub(crate) fn left_in_words(days: usize, is_today: bool) -> Option<String> {
    match days {
        0 => is_today.then(|| "today".to_owned()),
        1 => Some("1 working day left".to_owned()),
        _ => Some(format!("{days} working days left")),
    }
}

/// A zone's place: `Europe/Zurich` is `Zurich`. Those without one, such as `UTC`, are their own.
pub(crate) fn place_of(zone: &str) -> String {
    zone.rsplit('/').next().unwrap_or(zone).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::dossier::Day;

    fn zurich() -> CalendarView {
        let day = |text| Day::parse(text).unwrap();
        CalendarView {
            country: "CH".to_owned(),
            zone: "Europe/Zurich".to_owned(),
            place: "Zürich".to_owned(),
            weekend: vec![6, 7],
            days_off: vec![day("2026-12-25"), day("2027-01-01")],
            known_until: day("2027-12-31"),
        }
    }

    fn left(now: &str, due: &str) -> Option<usize> {
        let moment = |text: &str| (parse(text).unwrap(), 60);
        working_days_left(&zurich(), moment(now), moment(due))
    }

    #[test]
    fn weekends_and_holidays_are_not_counted() {
        // Friday noon to Tuesday, when work ends.
        assert_eq!(
            left("2026-11-20T11:00:00Z", "2026-11-24T16:00:00Z"),
            Some(2)
        );
        // Christmas is a Friday that year, New Year too.
        assert_eq!(
            left("2026-12-24T11:00:00Z", "2026-12-28T16:00:00Z"),
            Some(1)
        );
        assert_eq!(
            left("2026-11-20T11:00:00Z", "2026-11-20T16:00:00Z"),
            Some(0)
        );
        assert_eq!(
            left("2026-11-21T11:00:00Z", "2026-11-22T16:00:00Z"),
            Some(0)
        );
    }

    #[test]
    fn the_day_is_the_one_of_the_place() {
        // 23:30 UTC is the next day in Zürich: a Monday, not a Sunday.
        assert_eq!(
            left("2026-11-21T11:00:00Z", "2026-11-22T23:30:00Z"),
            Some(1)
        );
    }

    #[test]
    fn what_is_over_or_not_known_is_not_counted() {
        assert_eq!(left("2026-11-24T16:00:00Z", "2026-11-24T16:00:00Z"), None);
        assert_eq!(left("2027-12-30T16:00:00Z", "2028-01-03T16:00:00Z"), None);
    }

    #[test]
    fn it_is_said_as_people_do() {
        assert_eq!(left_in_words(2, false).unwrap(), "2 working days left");
        assert_eq!(left_in_words(1, false).unwrap(), "1 working day left");
        assert_eq!(left_in_words(0, true).unwrap(), "today");
        assert_eq!(left_in_words(0, false), None, "a weekend");
        assert_eq!(place_of("America/New_York"), "New York");
        assert_eq!(place_of("UTC"), "UTC");
    }
}
