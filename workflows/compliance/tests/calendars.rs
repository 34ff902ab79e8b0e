//! The calendars that ship: dates that were announced, laws that hold for any date, clocks that change.

use compliance::calendar::{
    Calendar, CalendarError, CalendarRow, Counting, DayZero, Ends, Landing, Received, easter,
};
use compliance::world::CALENDARS;
use jiff::civil::{Date, Weekday, date};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn row(id: &str) -> CalendarRow {
    let (_, text) = CALENDARS.iter().find(|(name, _)| *name == id).expect(id);
    CalendarRow::read(text).expect(id)
}

fn calendar(id: &str) -> Calendar {
    let (id, region) = match id.split_once('/') {
        Some((id, region)) => (id, Some(region)),
        None => (id, None),
    };
    row(id).calendar(region).expect("a region")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn on(text: &str) -> Date {
    text.parse().expect(text)
}

/// Days off of a year, without those that a weekend hides.
fn days_off(calendar: &Calendar, year: i16) -> Vec<String> {
    let holidays = calendar.holidays(year).expect("a known year");
    holidays
        .into_iter()
        .filter(|holiday| holiday.closes.is_none())
        .filter(|holiday| !matches!(holiday.date.weekday(), Weekday::Saturday | Weekday::Sunday))
        .map(|holiday| holiday.date.strftime("%m-%d").to_string())
        .collect()
}

fn expect_days(id: &str, table: &[(i16, &str)]) {
    let calendar = calendar(id);
    for (year, days) in table {
        let expected: Vec<&str> = days.split(' ').collect();
        assert_eq!(days_off(&calendar, *year), expected, "{id} {year}");
    }
}

/// Another algorithm for the same day: Butcher's Ecclesiastical Calendar, as Meeus gives it (Astronomical Algorithms, 1991).
fn easter_after_butcher(year: i16) -> Date {
    let year = i32::from(year);
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e, f) = (b / 4, b % 4, (b + 8) / 25);
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    date(year as i16, (sum / 31) as i8, (sum % 31 + 1) as i8)
}

#[test]
fn easter_is_where_the_tables_have_it() {
    let table = [
        (1818, 3, 22),
        (1943, 4, 25),
        (2000, 4, 23),
        (2025, 4, 20),
        (2026, 4, 5),
        (2027, 3, 28),
        (2028, 4, 16),
        (2038, 4, 25),
    ];
    for (year, month, day) in table {
        assert_eq!(easter(year), Some(date(year, month, day)));
    }
    assert_eq!(easter(1582), None);
    for year in 1583..=4099 {
        let sunday = easter(year).expect("a day");
        assert_eq!(sunday, easter_after_butcher(year));
        assert_eq!(sunday.weekday(), Weekday::Sunday, "{sunday}");
        assert!(
            sunday >= date(year, 3, 22) && sunday <= date(year, 4, 25),
            "{sunday}"
        );
    }
}

#[test]
fn every_calendar_reads_and_every_row_tells_its_source() {
    for (id, _) in CALENDARS {
        let row = row(id);
        assert_eq!(row.id, id);
        assert!(row.source.len() > 20);
        assert!(row.holidays.iter().all(|holiday| holiday.source.len() > 20));
        for region in row
            .regions
            .iter()
            .map(|region| Some(region.id.as_str()))
            .chain([None])
        {
            let calendar = row.calendar(region).expect("a region");
            for year in row.years.first..=row.years.last {
                let off = days_off(&calendar, year).len();
                assert!((2..=15).contains(&off), "{id} {region:?} {year}: {off}");
            }
        }
    }
}

#[test]
fn panama() {
    expect_days(
        "PA",
        &[
            (
                2025,
                "01-01 01-09 03-04 04-18 05-01 11-03 11-05 11-10 11-28 12-08 12-25",
            ),
            (
                2026,
                "01-01 01-09 02-17 04-03 05-01 11-03 11-05 11-10 12-08 12-21 12-25",
            ),
            (
                2027,
                "01-01 02-09 03-26 11-03 11-05 11-10 11-29 12-08 12-20",
            ),
            (
                2028,
                "01-10 02-29 04-14 05-01 11-03 11-06 11-10 11-28 12-08 12-20 12-25",
            ),
        ],
    );
}

#[test]
fn singapore_as_announced_and_no_further() {
    expect_days(
        "SG",
        &[
            (
                2025,
                "01-01 01-29 01-30 03-31 04-18 05-01 05-12 10-20 12-25",
            ),
            (
                2026,
                "01-01 02-17 02-18 04-03 05-01 05-27 06-01 08-10 11-09 12-25",
            ),
            (2027, "01-01 02-08 03-10 03-26 05-17 05-20 08-09 10-28"),
        ],
    );
    let calendar = calendar("SG");
    let outside = CalendarError::OutsideYears {
        calendar: "SG".into(),
        first: 2025,
        last: 2027,
        year: 2028,
    };
    assert_eq!(calendar.holidays(2028).err(), Some(outside.clone()));
    assert_eq!(
        calendar.add_working_days(date(2027, 12, 30), 2),
        Err(outside.clone())
    );
    assert_eq!(
        calendar.next_opening(at("2027-12-31T18:00:00+08:00")),
        Err(outside)
    );
    assert_eq!(calendar.is_working_day(date(2027, 12, 31)), Ok(true));
}

#[test]
fn switzerland_whole_by_canton_and_at_the_clearing_house() {
    expect_days(
        "CH",
        &[
            (2025, "01-01 05-29 08-01 12-25"),
            (2028, "05-25 08-01 12-25"),
        ],
    );
    expect_days(
        "CH/ZH",
        &[
            (
                2025,
                "01-01 04-18 04-21 05-01 05-29 06-09 08-01 12-25 12-26",
            ),
            (2026, "01-01 04-03 04-06 05-01 05-14 05-25 12-25"),
            (2027, "01-01 03-26 03-29 05-06 05-17"),
            (2028, "04-14 04-17 05-01 05-25 06-05 08-01 12-25 12-26"),
        ],
    );
    expect_days(
        "CH/GE",
        &[
            (
                2025,
                "01-01 04-18 04-21 05-29 06-09 08-01 09-11 12-25 12-31",
            ),
            (2028, "04-14 04-17 05-25 06-05 08-01 09-07 12-25"),
        ],
    );
    expect_days(
        "CH/TI",
        &[(
            2026,
            "01-01 01-06 03-19 04-06 05-01 05-14 05-25 06-04 06-29 12-08 12-25",
        )],
    );
    expect_days("CH/VD", &[(2027, "01-01 03-26 03-29 05-06 05-17 09-20")]);
    // The Thursday of Holy Week is left to Easter: in 2026 the pilgrimage is a week later.
    expect_days(
        "CH/GL",
        &[(2026, "01-01 04-03 04-06 04-09 05-14 05-25 12-25")],
    );
    // Saint Stephen's Day counts at Neuchâtel only on a Monday.
    expect_days(
        "CH/NE",
        &[(2028, "03-01 04-14 05-01 05-25 06-15 08-01 12-25")],
    );
    expect_days(
        "CH-ONP",
        &[
            (
                2025,
                "01-01 01-02 04-18 04-21 05-29 06-09 08-01 12-25 12-26",
            ),
            (2026, "01-01 01-02 04-03 04-06 05-14 05-25 12-25"),
            (2027, "01-01 03-26 03-29 05-06 05-17"),
            (2028, "04-14 04-17 05-25 06-05 08-01 12-25 12-26"),
        ],
    );
    let refused = row("CH").calendar(Some("XX")).expect_err("no canton");
    assert!(refused.to_string().contains("it has: AG, AI"), "{refused}");
}

#[test]
fn the_united_states_with_a_new_year_that_is_kept_in_the_old() {
    expect_days(
        "US",
        &[
            (
                2025,
                "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
            ),
            (
                2026,
                "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
            ),
            (
                2027,
                "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
            ),
            (
                2028,
                "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
            ),
        ],
    );
    let kept = calendar("US");
    let eve = kept
        .holidays(2027)
        .expect("known")
        .into_iter()
        .find(|h| h.date == date(2027, 12, 31));
    assert_eq!(eve.expect("a day off").instead_of, Some(date(2028, 1, 1)));
}

#[test]
fn half_days_end_at_noon() {
    let solothurn = calendar("CH/SO");
    assert_eq!(solothurn.is_working_day(date(2026, 5, 1)), Ok(true));
    assert_eq!(solothurn.is_open(at("2026-05-01T11:59:00+02:00")), Ok(true));
    assert_eq!(
        solothurn.is_open(at("2026-05-01T12:00:00+02:00")),
        Ok(false)
    );
    assert_eq!(
        solothurn.next_opening(at("2026-05-01T12:00:00+02:00")),
        Ok(at("2026-05-04T08:00:00+02:00"))
    );
    assert_eq!(
        solothurn.add_working_time(
            at("2026-05-01T11:00:00+02:00"),
            SignedDuration::from_hours(2)
        ),
        Ok(at("2026-05-04T09:00:00+02:00"))
    );
}

#[test]
fn a_donor_has_two_working_days() {
    let onp = calendar("CH-ONP");
    let due = |text: &str| {
        onp.after_working_days(at(text), 2, Counting::USUAL)
            .expect("known")
            .to_string()
    };
    // Wednesday morning: until Friday evening.
    assert_eq!(due("2026-11-18T09:00:00+01:00"), "2026-11-20T16:00:00Z");
    // Wednesday evening counts as Thursday.
    assert_eq!(due("2026-11-18T17:00:00+01:00"), "2026-11-23T16:00:00Z");
    // Over Easter and the change of the clock: received on Thursday, closed Friday and Monday.
    assert_eq!(due("2027-03-25T10:00:00+01:00"), "2027-03-31T15:00:00Z");
    let same_hour = Counting {
        received: Received::AsItComes,
        ends: Ends::AtTheSameHour,
        ..Counting::USUAL
    };
    assert_eq!(
        onp.after_working_days(at("2026-03-27T10:30:00+01:00"), 1, same_hour),
        Ok(at("2026-03-30T10:30:00+02:00"))
    );
}

#[test]
fn what_counts_as_the_first_day_has_a_name() {
    let us = calendar("US");
    let sunday = at("2026-11-22T12:00:00-05:00");
    let monday = at("2026-11-23T12:00:00-05:00");
    let by = |received, day_zero, ends| Counting {
        received,
        day_zero,
        ends,
        landing: Landing::Stays,
    };
    let table = [
        (
            monday,
            by(
                Received::AtNextOpening,
                DayZero::NotCounted,
                Ends::AtClosing,
            ),
            "2026-11-24T17:00:00-05:00",
        ),
        (
            monday,
            by(Received::AtNextOpening, DayZero::Counted, Ends::AtClosing),
            "2026-11-23T17:00:00-05:00",
        ),
        (
            monday,
            by(
                Received::AtNextOpening,
                DayZero::NotCounted,
                Ends::AtMidnight,
            ),
            "2026-11-25T00:00:00-05:00",
        ),
        (
            sunday,
            by(
                Received::AtNextOpening,
                DayZero::NotCounted,
                Ends::AtClosing,
            ),
            "2026-11-24T17:00:00-05:00",
        ),
        (
            sunday,
            by(Received::AsItComes, DayZero::NotCounted, Ends::AtClosing),
            "2026-11-23T17:00:00-05:00",
        ),
        (
            sunday,
            by(Received::AsItComes, DayZero::Counted, Ends::AtClosing),
            "2026-11-23T17:00:00-05:00",
        ),
        (
            sunday,
            by(
                Received::AsItComes,
                DayZero::NotCounted,
                Ends::AtTheSameHour,
            ),
            "2026-11-23T12:00:00-05:00",
        ),
    ];
    for (received, counting, due) in table {
        assert_eq!(
            us.after_working_days(received, 1, counting),
            Ok(at(due)),
            "{counting:?}"
        );
    }
}

#[test]
fn calendar_days_may_land_on_a_holiday_or_move_on() {
    let us = calendar("US");
    let by = |landing| Counting {
        received: Received::AsItComes,
        landing,
        ..Counting::USUAL
    };
    let from = at("2026-11-19T10:00:00-05:00");
    assert_eq!(
        us.after_calendar_days(from, 7, by(Landing::Stays)),
        Ok(at("2026-11-26T17:00:00-05:00"))
    );
    assert_eq!(
        us.after_calendar_days(from, 7, by(Landing::MovesOn)),
        Ok(at("2026-11-27T17:00:00-05:00"))
    );
    let same = Counting {
        ends: Ends::AtTheSameHour,
        day_zero: DayZero::Counted,
        ..by(Landing::Stays)
    };
    assert_eq!(
        us.after_calendar_days(from, 90, same),
        Ok(at("2027-02-16T10:00:00-05:00"))
    );
    assert_eq!(
        us.after_calendar_days(from, 4_001, same),
        Err(CalendarError::TooFar)
    );
}

/// A calendar that works around the clock, so that the changes of the clock fall into its hours.
fn always(zone: &str, opens: &str, closes: &str) -> Calendar {
    let text = format!(
        r#"{{"id":"X","name":"x","zone":"{zone}","place":"X","weekend":[],"hours":{{"opens":"{opens}","closes":"{closes}"}},
        "years":{{"first":2025,"last":2028}},"holidays":[],"source":"a test","asOf":"2026-01-01","verified":false}}"#
    );
    CalendarRow::read(&text)
        .expect("a calendar")
        .calendar(None)
        .expect("whole")
}

#[test]
fn days_with_a_changed_clock_are_longer_or_shorter() {
    for (zone, spring, autumn) in [
        ("Europe/Zurich", "2026-03-29", "2026-10-25"),
        ("America/New_York", "2026-03-08", "2026-11-01"),
    ] {
        let always = always(zone, "00:00", "24:00");
        for (day, hours) in [(spring, 23), (autumn, 25), ("2026-06-10", 24)] {
            let start = on(day)
                .to_zoned(always.zone().clone())
                .expect("a day")
                .timestamp();
            let end = on(day)
                .tomorrow()
                .expect("a day")
                .to_zoned(always.zone().clone())
                .expect("a day")
                .timestamp();
            assert_eq!(
                always.working_time_between(start, end),
                Ok(SignedDuration::from_hours(hours)),
                "{zone} {day}"
            );
        }
    }
    // 02:30 does not exist on that morning: work begins at the moment at which the clock would have shown it.
    let early = always("Europe/Zurich", "02:30", "05:00");
    assert_eq!(
        early.next_opening(at("2026-03-29T00:00:00+01:00")),
        Ok(at("2026-03-29T03:30:00+02:00"))
    );
    // 02:30 comes twice: work begins at the first and, if it ends then, ends at the second.
    assert_eq!(
        early.next_opening(at("2026-10-25T00:00:00+02:00")),
        Ok(at("2026-10-25T02:30:00+02:00"))
    );
    let night = always("Europe/Zurich", "00:00", "02:30");
    assert_eq!(night.is_open(at("2026-10-25T02:15:00+01:00")), Ok(true));
    assert_eq!(night.is_open(at("2026-10-25T02:30:00+01:00")), Ok(false));
    // The same hour on a day on which it does not exist.
    let same = Counting {
        received: Received::AsItComes,
        ends: Ends::AtTheSameHour,
        ..Counting::USUAL
    };
    let whole = always("Europe/Zurich", "00:00", "24:00");
    assert_eq!(
        whole.after_calendar_days(at("2026-03-28T02:30:00+01:00"), 1, same),
        Ok(at("2026-03-29T03:30:00+02:00"))
    );
}

#[test]
fn a_calendar_that_cannot_be_right_is_refused_in_words() {
    let good = CALENDARS.iter().find(|(id, _)| *id == "SG").expect("SG").1;
    let refuse = |from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        CalendarRow::read(&text).expect_err(to).to_string()
    };
    assert_eq!(
        refuse("\"last\": 2027", "\"last\": 2028"),
        "SG: Chinese New Year is listed by year and has no date for 2028"
    );
    assert_eq!(
        refuse("Asia/Singapore", "Asia/Singapura"),
        "SG: no time zone \"Asia/Singapura\""
    );
    assert!(refuse("09:00", "9:00").contains("not a time on the clock: \"9:00\""));
    assert_eq!(refuse("18:00", "08:59"), "SG: hours: opens before closes");
    assert_eq!(
        refuse("\"month\": 8", "\"month\": 18"),
        "SG: National Day: it never falls on a day"
    );
    assert!(refuse("\"days\": -2", "\"day\": -2").contains("unknown field"));
    assert_eq!(
        refuse("\"shift\"", "\"regions\": [\"X\"], \"shift\""),
        "SG: New Year's Day: a region that the calendar does not list"
    );
    assert_eq!(
        refuse("2027-03-10", "2028-03-10"),
        "SG: Hari Raya Puasa is listed by year and has no date for 2027"
    );
}

const IDS: [&str; 9] = [
    "PA", "SG", "CH", "CH/ZH", "CH/SO", "CH/GE", "CH-ONP", "US", "CH/NE",
];

fn calendars() -> impl Strategy<Value = Calendar> {
    (0..IDS.len()).prop_map(|at| calendar(IDS[at]))
}

/// Also calendars whose hours are those in which clocks change.
fn nights() -> impl Strategy<Value = Calendar> {
    let hours = prop::sample::select(vec![
        ("00:00", "24:00"),
        ("02:30", "05:00"),
        ("00:00", "02:30"),
        ("01:15", "01:45"),
    ]);
    let zone = prop::sample::select(vec!["Europe/Zurich", "America/New_York", "Asia/Singapore"]);
    let night = (zone, hours).prop_map(|(zone, (opens, closes))| always(zone, opens, closes));
    prop_oneof![calendars(), night]
}

/// Moments near a change of the clock in Zürich and New York, and any other.
fn turns() -> impl Strategy<Value = Timestamp> {
    let turn = prop::sample::select(vec![
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-03-08T07:00:00Z",
        "2026-11-01T06:00:00Z",
    ]);
    let near = (turn, -14_400i64..14_400)
        .prop_map(|(turn, seconds)| at(turn) + SignedDuration::from_secs(seconds));
    prop_oneof![moments(), near]
}

fn days() -> impl Strategy<Value = Date> {
    (0i64..365).prop_map(|plus| {
        date(2026, 1, 1)
            .checked_add(jiff::Span::new().days(plus))
            .expect("a day")
    })
}

/// Any second of the year in which every calendar is known on both sides.
fn moments() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (
        at("2026-01-02T00:00:00Z").as_second(),
        at("2026-12-30T00:00:00Z").as_second(),
    );
    (first..last).prop_map(|second| Timestamp::from_second(second).expect("a moment"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn adding_working_days_lands_on_one_and_is_undone(calendar in calendars(), day in days(), count in -200i32..=200) {
        let there = calendar.add_working_days(day, count).expect("known");
        prop_assert!(calendar.is_working_day(there).expect("known"));
        if count != 0 {
            prop_assert_eq!(calendar.working_days_between(day, there), Ok(count));
        }
        if calendar.is_working_day(day).expect("known") {
            prop_assert_eq!(calendar.add_working_days(there, -count), Ok(day));
            prop_assert_eq!(calendar.working_days_between(there, day), Ok(-count));
        }
    }

    #[test]
    fn later_days_and_more_days_are_never_earlier(calendar in calendars(), day in days(), later in 0i64..40, count in 0i32..100, more in 0i32..20) {
        let next = day.checked_add(jiff::Span::new().days(later)).expect("a day");
        prop_assert!(calendar.add_working_days(day, count) .expect("known") <= calendar.add_working_days(next, count).expect("known"));
        prop_assert!(calendar.add_working_days(day, count).expect("known") <= calendar.add_working_days(day, count + more).expect("known"));
    }

    #[test]
    fn working_time_is_undone(calendar in nights(), moment in turns(), minutes in 1i64..3_000) {
        let time = SignedDuration::from_mins(minutes);
        let there = calendar.add_working_time(moment, time).expect("known");
        prop_assert!(there > moment);
        prop_assert_eq!(calendar.working_time_between(moment, there), Ok(time));
        prop_assert_eq!(calendar.working_time_between(there, moment), Ok(-time));
        let back = calendar.add_working_time(there, -time).expect("known");
        prop_assert_eq!(calendar.next_opening(back), calendar.next_opening(moment));
        prop_assert!(calendar.is_open(back).expect("known"));
        let last = there.checked_sub(SignedDuration::from_nanos(1)).expect("a moment");
        prop_assert!(calendar.is_open(last).expect("known"), "time only passes while work is done");
    }

    #[test]
    fn the_next_opening_is_open_and_nothing_is_open_before_it(calendar in nights(), moment in turns()) {
        let next = calendar.next_opening(moment).expect("known");
        prop_assert!(next >= moment);
        prop_assert!(calendar.is_open(next).expect("known"));
        prop_assert_eq!(calendar.working_time_between(moment, next), Ok(SignedDuration::ZERO));
        prop_assert_eq!(calendar.next_opening(next), Ok(next));
    }

    #[test]
    fn deadlines_end_on_working_days_and_a_later_request_is_never_due_earlier(
        calendar in calendars(), moment in moments(), seconds in 0i64..400_000, count in 1u32..60, how in 0usize..12,
    ) {
        let by = Counting {
            received: [Received::AtNextOpening, Received::AsItComes][how % 2],
            day_zero: [DayZero::NotCounted, DayZero::Counted][how / 2 % 2],
            ends: [Ends::AtClosing, Ends::AtMidnight, Ends::AtTheSameHour][how / 4],
            landing: Landing::MovesOn,
        };
        let later = moment + SignedDuration::from_secs(seconds);
        for due in [Calendar::after_working_days, Calendar::after_calendar_days] {
            let first = due(&calendar, moment, count, by).expect("known");
            let second = due(&calendar, later, count, by).expect("known");
            if by.ends != Ends::AtTheSameHour {
                prop_assert!(first <= second, "{:?}", by);
            }
            prop_assert!(first >= moment || by.day_zero == DayZero::Counted || by.ends == Ends::AtTheSameHour);
            let last = match by.ends {
                Ends::AtMidnight => first - SignedDuration::from_secs(1),
                Ends::AtClosing | Ends::AtTheSameHour => first,
            };
            let day = calendar.day_of(last);
            prop_assert!(calendar.is_working_day(day).expect("known"), "{} {:?}", day, by);
        }
    }
}
