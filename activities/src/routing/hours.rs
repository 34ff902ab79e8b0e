//! Whether a flow is open, and who rings therefore.
use contract::routing::{DAY_MINUTES, Day, Flow, RingTo, minutes_of};
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

/// What a flow says of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'f> {
    /// These ring.
    Ring {
        /// At first.
        first: &'f RingTo,
        /// When nobody of them took the call.
        then: Option<&'f RingTo>,
    },
    /// Nobody rings, and why.
    Refuse(&'f str),
}

/// Who rings at an instant. `closes` says from which minute on a public holiday of a country has no work, if the day is one.
pub fn decide(
    flow: &Flow,
    at: Timestamp,
    closes: impl Fn(&str, Date) -> Option<u16>,
) -> Decision<'_> {
    let ring = |first| Decision::Ring {
        first,
        then: flow.unanswered.as_ref(),
    };
    if is_open(flow, at, closes) {
        return ring(&flow.open);
    }
    match (&flow.closed.ring, &flow.closed.refuse) {
        (Some(to), _) => ring(to),
        (None, Some(why)) => Decision::Refuse(why),
        (None, None) => Decision::Refuse(""),
    }
}

/// Whether the clock on the wall of the flow's time zone is within the hours of its day. A zone that this build does not know is
/// read as UTC.
fn is_open(flow: &Flow, at: Timestamp, closes: impl Fn(&str, Date) -> Option<u16>) -> bool {
    let zone = TimeZone::get(&flow.time_zone).unwrap_or(TimeZone::UTC);
    let there = at.to_zoned(zone);
    let (hour, minute) = (there.hour().unsigned_abs(), there.minute().unsigned_abs());
    let now = u16::from(hour) * 60 + u16::from(minute);
    let country = flow.holidays.as_deref();
    let until = country
        .and_then(|country| closes(country, there.date()))
        .unwrap_or(DAY_MINUTES);
    let today = day_of(there.weekday());
    let mut of_today = flow.hours.iter().filter(|opening| opening.day == today);
    now < until
        && of_today.any(|opening| {
            let (from, to) = (minutes_of(&opening.from), minutes_of(&opening.to));
            from.is_some_and(|from| from <= now) && to.is_some_and(|to| now < to)
        })
}

/// The day of the week in the words of a flow.
pub fn day_of(day: Weekday) -> Day {
    match day {
        Weekday::Monday => Day::Monday,
        Weekday::Tuesday => Day::Tuesday,
        Weekday::Wednesday => Day::Wednesday,
        Weekday::Thursday => Day::Thursday,
        Weekday::Friday => Day::Friday,
        Weekday::Saturday => Day::Saturday,
        Weekday::Sunday => Day::Sunday,
    }
}

/// From which minute on a public holiday of a country has no work: 0 for a whole day off, nothing for a day that is none. A year
/// whose holidays nobody has announced has none.
pub fn holiday(country: &str, date: Date) -> Option<u16> {
    let calendar = crate::rules::calendar(country)?;
    let days = match calendar.holidays(date.year()) {
        Ok(days) => days,
        Err(error) => {
            tracing::warn!(country, %date, %error, "holidays are not known");
            return None;
        }
    };
    let day = days.into_iter().find(|day| day.date == date)?;
    Some(day.closes.map_or(0, |at| at.minutes()))
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
