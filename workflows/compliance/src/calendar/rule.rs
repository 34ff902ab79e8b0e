//! On which days of a year a holiday falls.

use super::data::weekday;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The rule that gives a holiday's days in a year.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum On {
    /// The same date every year.
    Fixed {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
    /// The nth of a day of the week in a month.
    NthWeekday {
        /// 1 to 12.
        month: i8,
        /// 1 to 5 from the start of the month, -1 to -5 from its end.
        nth: i8,
        /// Which day.
        #[serde(deserialize_with = "weekday")]
        weekday: Weekday,
        /// So many days after that day.
        #[serde(default)]
        plus_days: i16,
        /// If that is so many days from Easter Sunday, a week later.
        #[serde(default)]
        avoids_easter: Option<i16>,
    },
    /// So many days after (or, negative, before) Easter Sunday of the Western churches.
    Easter {
        /// -63 to 63.
        days: i16,
    },
    /// Announced year by year: the calendar must have each of its years here.
    Listed {
        /// Dates by year.
        dates: BTreeMap<i16, Vec<Date>>,
    },
    /// Days that come once.
    Once {
        /// When.
        dates: Vec<Date>,
    },
}

impl On {
    /// Whether the rule has an answer for that year.
    pub(super) fn knows(&self, year: i16) -> bool {
        match self {
            Self::Listed { dates } => dates
                .get(&year)
                .is_some_and(|dates| dates.iter().all(|date| date.year() == year)),
            Self::Fixed { .. }
            | Self::NthWeekday { .. }
            | Self::Easter { .. }
            | Self::Once { .. } => true,
        }
    }

    /// Whether it is a day that does not come back.
    pub(super) fn is_once(&self) -> bool {
        matches!(self, Self::Once { .. })
    }

    /// Its days in that year.
    pub(super) fn dates(&self, year: i16) -> Vec<Date> {
        match self {
            Self::Fixed { month, day } => Date::new(year, *month, *day).into_iter().collect(),
            Self::NthWeekday {
                month,
                nth,
                weekday,
                plus_days,
                avoids_easter,
            } => {
                let found = Date::new(year, *month, 1)
                    .and_then(|first| first.nth_weekday_of_month(*nth, *weekday))
                    .and_then(|day| day.checked_add(plus_days.days()));
                let Ok(day) = found else { return Vec::new() };
                let avoided = avoids_easter.and_then(|days| beside_easter(year, days)) == Some(day);
                let later = if avoided {
                    day.checked_add(7.days())
                } else {
                    Ok(day)
                };
                later.into_iter().collect()
            }
            Self::Easter { days } => beside_easter(year, *days).into_iter().collect(),
            Self::Listed { dates } => dates.get(&year).cloned().unwrap_or_default(),
            Self::Once { dates } => dates
                .iter()
                .copied()
                .filter(|date| date.year() == year)
                .collect(),
        }
    }
}

fn beside_easter(year: i16, days: i16) -> Option<Date> {
    easter(year)?.checked_add(days.days()).ok()
}

/// Easter Sunday of the Western churches: the Gregorian computus as J.-M. Oudin gave it (Explanatory Supplement to the
/// Astronomical Almanac, 1992). None before 1583.
pub fn easter(year: i16) -> Option<Date> {
    if year < 1583 {
        return None;
    }
    let y = i32::from(year);
    let century = y / 100;
    let golden = y % 19;
    let k = (century - 17) / 25;
    let i = (century - century / 4 - (century - k) / 3 + 19 * golden + 15) % 30;
    let i = i - (i / 28) * (1 - (i / 28) * (29 / (i + 1)) * ((21 - golden) / 11));
    let j = (y + y / 4 + i + 2 - century + century / 4) % 7;
    let from_march = i - j;
    let month = 3 + (from_march + 40) / 44;
    let day = from_march + 28 - 31 * (month / 4);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// What happens when a holiday falls on a weekend. The day itself stays a holiday in each case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shift {
    /// Nothing.
    #[default]
    None,
    /// On a Sunday: the Monday after it is off too, if it is not off already.
    SundayToMonday,
    /// On a Sunday: the next day that is not a holiday is off too.
    SundayToNextFree,
    /// On a Saturday the Friday before it, on a Sunday the Monday after it.
    Nearest,
}

impl Shift {
    /// Whether there is a day in lieu.
    pub(super) fn moves(self, weekday: Weekday) -> bool {
        match self {
            Self::None => false,
            Self::SundayToMonday | Self::SundayToNextFree => weekday == Weekday::Sunday,
            Self::Nearest => matches!(weekday, Weekday::Saturday | Weekday::Sunday),
        }
    }

    /// The day in lieu of a holiday that moves.
    pub(super) fn lieu(self, date: Date, taken: impl Fn(Date) -> bool) -> Option<Date> {
        match self {
            Self::None => None,
            Self::SundayToMonday => date.tomorrow().ok().filter(|day| !taken(*day)),
            Self::SundayToNextFree => {
                let mut day = date.tomorrow().ok()?;
                while taken(day) {
                    day = day.tomorrow().ok()?;
                }
                Some(day)
            }
            Self::Nearest if date.weekday() == Weekday::Saturday => date.yesterday().ok(),
            Self::Nearest => date.tomorrow().ok(),
        }
    }
}
