//! Moments and durations. Times come as RFC 3339 text and are counted in milliseconds since 1970, UTC.

/// Milliseconds since 1970-01-01T00:00:00Z.
pub(crate) type Millis = i64;

const DAY_MS: i64 = 86_400_000;
/// 1970 began on a Thursday.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Reads `2026-11-20T22:09:08.123Z` (RFC 3339, UTC or with an offset).
pub(crate) fn parse(text: &str) -> Option<Millis> {
    let (date, time) = text.split_once(['T', 't'])?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (time, offset_min) = split_offset(time)?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = whole.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute, second) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    let in_day =
        ((hour * 60 + minute - offset_min) * 60 + second) * 1000 + millis.parse::<i64>().ok()?;
    Some(days_from_civil(year, month, day) * DAY_MS + in_day)
}

fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(utc) = time.strip_suffix(['Z', 'z']) {
        return Some((utc, 0));
    }
    let at = time.rfind(['+', '-'])?;
    let sign = if time.as_bytes()[at] == b'+' { 1 } else { -1 };
    let (hours, minutes) = time[at + 1..].split_once(':')?;
    Some((
        &time[..at],
        sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?),
    ))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The time between two RFC 3339 texts, not below 0.
pub(crate) fn between(from: Option<&str>, to: Option<&str>) -> Option<Millis> {
    Some((parse(to?)? - parse(from?)?).max(0))
}

/// A running timer: `04:17`, from an hour on `1:04:17`.
pub(crate) fn timer(elapsed: Millis) -> String {
    let seconds = elapsed.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// A length in words: `25 s`, `12 min 04 s`, `1 h 02 min`.
pub(crate) fn spoken(length: Millis) -> String {
    let seconds = (length.max(0) + 500) / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

/// A short length with the precision that its size deserves: `9 ms`, `6.2 s`, `4:17`, `3 d 04 h`.
pub(crate) fn precise(length: Millis) -> String {
    match length.max(0) {
        ms @ 0..1000 => format!("{ms} ms"),
        ms @ 1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        ms if ms >= DAY_MS => format!("{} d {:02} h", ms / DAY_MS, ms % DAY_MS / 3_600_000),
        ms => timer(ms),
    }
}

/// When something was, as a list says it: `09:41` today, `Yesterday`, `Wed` within six days, else `12 Nov`, with the
/// year if it is another one. `zone_min` is local time minus UTC.
pub(crate) fn when(at: Millis, now: Millis, zone_min: i32) -> String {
    let zone = i64::from(zone_min) * 60_000;
    let (day, today) = (
        (at + zone).div_euclid(DAY_MS),
        (now + zone).div_euclid(DAY_MS),
    );
    match today - day {
        ..=0 => {
            let minutes = (at + zone).rem_euclid(DAY_MS) / 60_000;
            format!("{:02}:{:02}", minutes / 60, minutes % 60)
        }
        1 => "Yesterday".to_owned(),
        2..=6 => WEEKDAYS[day.rem_euclid(7) as usize].to_owned(),
        _ => {
            let (year, month, date) = civil_from_days(day);
            let month = MONTHS[(month - 1) as usize];
            if civil_from_days(today).0 == year {
                format!("{date} {month}")
            } else {
                format!("{date} {month} {year}")
            }
        }
    }
}

/// A moment with its weekday: `Tue 24 Nov, 17:00`. `zone_min` is the zone's time minus UTC.
pub(crate) fn moment(at: Millis, zone_min: i32) -> String {
    let local = at + i64::from(zone_min) * 60_000;
    let day = local.div_euclid(DAY_MS);
    let (_, month, date) = civil_from_days(day);
    let minutes = local.rem_euclid(DAY_MS) / 60_000;
    format!(
        "{} {date} {}, {:02}:{:02}",
        WEEKDAYS[day.rem_euclid(7) as usize],
        MONTHS[(month - 1) as usize],
        minutes / 60,
        minutes % 60
    )
}

/// Days since 1970-01-01 of a moment, where the clock is `zone_min` ahead of UTC.
pub(crate) fn day_number(at: Millis, zone_min: i32) -> i64 {
    (at + i64::from(zone_min) * 60_000).div_euclid(DAY_MS)
}

/// The time between two clocks at a moment, in minutes: `local` is what the other one shows, read as if it were UTC.
pub(crate) fn minutes_ahead(at: Millis, local: Millis) -> i32 {
    ((local - at.div_euclid(1_000) * 1_000) / 60_000) as i32
}

/// The time of day with seconds: `10:42:07`.
pub(crate) fn time_of_day(at: Millis, zone_min: i32) -> String {
    let seconds = (at + i64::from(zone_min) * 60_000).rem_euclid(DAY_MS) / 1000;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_rfc_3339() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse("2026-11-20T22:09:08.123Z"), Some(1_795_212_548_123));
        assert_eq!(
            parse("2026-11-20T23:09:08.1+01:00"),
            Some(1_795_212_548_100)
        );
        assert_eq!(parse("2024-02-29T12:00:00.5Z"), Some(1_709_208_000_500));
        for bad in [
            "",
            "yesterday",
            "2026-11-20",
            "2026-11-20T1",
            "2026-11-20T10:00:00",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn says_lengths_as_people_do() {
        assert_eq!(timer(257_900), "04:17");
        assert_eq!(timer(3_857_000), "1:04:17");
        assert_eq!(spoken(25_000), "25 s");
        assert_eq!(spoken(724_000), "12 min 04 s");
        assert_eq!(spoken(3_720_000), "1 h 02 min");
        assert_eq!(
            (precise(9), precise(6_240), precise(257_000)),
            ("9 ms".into(), "6.2 s".into(), "04:17".into())
        );
        assert_eq!(precise(3 * DAY_MS + 4 * 3_600_000), "3 d 04 h");
    }

    #[test]
    fn says_when_by_the_local_day() {
        let now = parse("2026-11-20T22:09:08Z").unwrap();
        let at = |text: &str| when(parse(text).unwrap(), now, 60);
        assert_eq!(at("2026-11-20T08:41:00Z"), "09:41");
        assert_eq!(at("2026-11-19T22:59:00Z"), "Yesterday");
        assert_eq!(at("2026-11-19T23:30:00Z"), "00:30");
        assert_eq!(at("2026-11-18T08:41:00Z"), "Wed");
        assert_eq!(at("2026-10-12T08:41:00Z"), "12 Oct");
        assert_eq!(at("2025-10-12T08:41:00Z"), "12 Oct 2025");
    }

    #[test]
    fn says_a_moment_with_its_weekday() {
        let at = parse("2026-11-24T16:00:00Z").unwrap();
        assert_eq!(moment(at, 60), "Tue 24 Nov, 17:00");
        assert_eq!(moment(at, -17 * 60), "Mon 23 Nov, 23:00");
    }

    proptest! {
        #[test]
        fn a_day_goes_to_its_date_and_back(days in -200_000i64..200_000) {
            let (year, month, day) = civil_from_days(days);
            prop_assert_eq!(days_from_civil(year, month, day), days);
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }
}
