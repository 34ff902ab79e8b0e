use super::*;
use contract::routing::{Opening, WhenClosed};
use proptest::prelude::*;

const ZONES: [&str; 5] = [
    "Europe/Zurich",
    "America/Panama",
    "Asia/Singapore",
    "America/New_York",
    "Australia/Lord_Howe",
];

fn to(person: &str) -> RingTo {
    RingTo {
        person: Some(person.into()),
        group: None,
        ring_s: None,
    }
}

fn flow(zone: &str, hours: &[(Day, &str, &str)]) -> Flow {
    let opening = |(day, from, to): &(Day, &str, &str)| Opening {
        day: *day,
        from: (*from).to_owned(),
        to: (*to).to_owned(),
    };
    Flow {
        flow: "f-1".into(),
        name: "Office".into(),
        time_zone: zone.into(),
        hours: hours.iter().map(opening).collect(),
        holidays: Some("CH".into()),
        open: to("p-open"),
        closed: WhenClosed {
            ring: None,
            refuse: Some("Closed".into()),
        },
        unanswered: Some(to("p-after")),
        version: 1,
        used_by: Vec::new(),
    }
}

fn office(zone: &str) -> Flow {
    let week = Day::ALL.map(|day| (day, "08:00", "17:30"));
    flow(zone, &week[..5])
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn opens(flow: &Flow, at: Timestamp) -> bool {
    match decide(flow, at, holiday) {
        Decision::Ring { first, then } => {
            assert_eq!((first, then), (&flow.open, flow.unanswered.as_ref()));
            true
        }
        Decision::Refuse(why) => {
            assert_eq!(why, "Closed");
            false
        }
    }
}

#[test]
fn the_clock_on_the_wall_counts_summer_and_winter() {
    let flow = office("Europe/Zurich");
    for (instant, open) in [
        // Winter is an hour from UTC, summer two.
        ("2026-01-20T06:59:59Z", false),
        ("2026-01-20T07:00:00Z", true),
        ("2026-01-20T16:29:59Z", true),
        ("2026-01-20T16:30:00Z", false),
        ("2026-07-21T05:59:59Z", false),
        ("2026-07-21T06:00:00Z", true),
        ("2026-07-21T15:30:00Z", false),
        // The Monday after the clocks go forward.
        ("2026-03-30T06:00:00Z", true),
        ("2026-03-30T05:59:59Z", false),
        // A Saturday.
        ("2026-01-24T10:00:00Z", false),
    ] {
        assert_eq!(opens(&flow, at(instant)), open, "{instant}");
    }
}

#[test]
fn an_hour_that_comes_twice_or_never_is_what_the_clock_says() {
    let night = flow(
        "Europe/Zurich",
        &[
            (Day::Sunday, "02:00", "03:00"),
            (Day::Sunday, "23:00", "24:00"),
        ],
    );
    for (instant, open) in [
        // 25 October 2026: 02:30 comes twice.
        ("2026-10-25T00:30:00Z", true),
        ("2026-10-25T01:30:00Z", true),
        ("2026-10-25T02:00:00Z", false),
        // 29 March 2026: the clock goes from 02:00 to 03:00.
        ("2026-03-29T00:59:59Z", false),
        ("2026-03-29T01:00:00Z", false),
        // To the end of the day, and no minute longer.
        ("2026-03-29T21:59:59Z", true),
        ("2026-03-29T22:00:00Z", false),
    ] {
        assert_eq!(opens(&night, at(instant)), open, "{instant}");
    }
}

#[test]
fn a_holiday_is_closed_if_the_flow_says_so() {
    // 25 December 2026 is a Friday.
    let (christmas, mut flow) = (at("2026-12-25T10:00:00Z"), office("Europe/Zurich"));
    assert!(!opens(&flow, christmas));
    flow.holidays = None;
    assert!(opens(&flow, christmas));
    // A calendar that is not known has no holidays.
    flow.holidays = Some("XX".into());
    assert!(opens(&flow, christmas));
    assert_eq!(holiday("CH", "1900-12-25".parse().unwrap()), None);
}

#[test]
fn outside_its_hours_somebody_else_may_ring() {
    let mut flow = office("Europe/Zurich");
    flow.closed.ring = Some(to("p-night"));
    let night = decide(&flow, at("2026-01-20T03:00:00Z"), holiday);
    let (first, then) = (&to("p-night"), flow.unanswered.as_ref());
    assert_eq!(night, Decision::Ring { first, then });
}

proptest! {
    /// Whatever the zone, the season and the hour: open is what the clock on the wall says, on a day that is no holiday.
    #[test]
    fn open_is_what_the_wall_clock_says(
        second in 1_735_689_600_i64..1_861_920_000,
        zone in 0..ZONES.len(),
        day in 0..7_usize,
        from in 0..1_440_u16,
        length in 1..1_440_u16,
        off in any::<bool>(),
    ) {
        let until = (from + length).min(DAY_MINUTES);
        let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let flow = flow(ZONES[zone], &[(Day::ALL[day], &text(from), &text(until))]);
        let instant = Timestamp::from_second(second).unwrap();
        let wall = instant.to_zoned(TimeZone::get(ZONES[zone]).unwrap()).datetime();
        let of_midnight = wall.date().at(0, 0, 0, 0);
        let minutes = of_midnight.until(wall).unwrap().total(jiff::Unit::Minute).unwrap();
        let same_day = wall.date().weekday().to_monday_zero_offset().unsigned_abs() as usize == day;
        let expected = same_day && !off && minutes >= f64::from(from) && minutes < f64::from(until);
        let decided = decide(&flow, instant, |_, date| (off && date == wall.date()).then_some(0));
        prop_assert_eq!(matches!(decided, Decision::Ring { .. }), expected);
    }

    /// A day whose work ends early closes then, however long the hours are.
    #[test]
    fn a_short_day_closes_early(second in 1_735_689_600_i64..1_861_920_000, closes in 1..1_440_u16) {
        let all = Day::ALL.map(|day| (day, "00:00", "24:00"));
        let flow = flow("America/New_York", &all);
        let instant = Timestamp::from_second(second).unwrap();
        let wall = instant.to_zoned(TimeZone::get("America/New_York").unwrap());
        let now = wall.hour().unsigned_abs() as u16 * 60 + wall.minute().unsigned_abs() as u16;
        let decided = decide(&flow, instant, |_, _| Some(closes));
        prop_assert_eq!(matches!(decided, Decision::Ring { .. }), now < closes);
    }
}
