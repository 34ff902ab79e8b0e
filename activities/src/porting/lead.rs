//! The earliest day that can be asked for: the country's lead time from submission. Pure.
use crate::rules;
use compliance::porting::{CountryPorting, Timer};
use contract::E164;
use contract::dossier::NumberType;
use contract::port::Moments;
use jiff::Timestamp;
use jiff::civil::Date;

/// If a moment is too early for numbers that are submitted then: the first day, where they are, that is not. A date is asked for by its day:
/// at what hour of the last one the lead time is over makes no difference. What nobody has written down allows every date.
pub fn too_early<'n>(
    numbers: impl IntoIterator<Item = &'n E164>,
    submitted: Timestamp,
    wanted: Timestamp,
) -> Option<Date> {
    let mut seen: Vec<(&str, NumberType)> = Vec::new();
    let mut first: Option<Date> = None;
    for number in numbers {
        let Some((country, kind)) = rules::porting().place(number) else {
            continue;
        };
        let place = (country.country.as_str(), kind);
        if !seen.contains(&place) {
            seen.push(place);
            first = first.max(first_day(country, kind, submitted, wanted));
        }
    }
    first
}

fn first_day(
    country: &CountryPorting,
    kind: NumberType,
    submitted: Timestamp,
    wanted: Timestamp,
) -> Option<Date> {
    let calendar = rules::calendar(&country.calendar)?;
    let due = country.due(Timer::LeadTime, kind, calendar, submitted);
    let due = due.ok().flatten()?;
    let first = calendar.day_of(due);
    (calendar.day_of(wanted) < first).then_some(first)
}

/// The same for a port that was submitted; a port of before that was written down takes every date.
pub fn too_early_since<'n>(
    numbers: impl IntoIterator<Item = &'n E164>,
    moments: &Moments,
    wanted: Timestamp,
) -> Option<Date> {
    let submitted = moments.submitted.as_ref()?.parse().ok()?;
    too_early(numbers, submitted, wanted)
}
