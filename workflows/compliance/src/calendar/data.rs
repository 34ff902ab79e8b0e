//! A calendar as `infra/world/calendars` writes it.

use super::rule::{On, Shift};
use super::{Calendar, CalendarError, Holiday};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZoneDatabase;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// Most years that a calendar may know.
pub const YEARS_MAX: i16 = 50;
const HOLIDAYS_MAX: usize = 200;

/// A calendar of a country or clearing house.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CalendarRow {
    /// Its id: the country's ISO 3166-1 alpha-2 code, or that with a clearing house behind it.
    pub id: String,
    /// What it is, for a person.
    pub name: String,
    /// IANA time zone.
    pub zone: String,
    /// Whose clock that is, for a person: `Zürich`.
    pub place: String,
    /// Days without work in every week.
    #[serde(deserialize_with = "weekdays")]
    pub weekend: Vec<Weekday>,
    /// When work is done.
    pub hours: Hours,
    /// The years that it knows.
    pub years: Years,
    /// Parts of the country with holidays of their own.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// Its holidays.
    pub holidays: Vec<HolidayRow>,
    /// Where weekend and hours come from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// A part of a country.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Region {
    /// The part of its ISO 3166-2 code behind the hyphen.
    pub id: String,
    /// Its name there.
    pub name: String,
}

/// Years, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Years {
    /// The first.
    pub first: i16,
    /// The last.
    pub last: i16,
}

/// Hours of work, the same on every working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// From.
    pub opens: Clock,
    /// To, exclusive; `24:00` is the end of the day.
    pub closes: Clock,
}

/// A time on the clock of the wall, in whole minutes, 00:00 to 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Clock(u16);

impl Clock {
    /// The end of a day.
    pub const MIDNIGHT: Self = Self(24 * 60);

    /// Minutes since midnight, 0 to 1,440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for Clock {
    type Error = BadCalendar;
    fn try_from(text: String) -> Result<Self, BadCalendar> {
        let minutes = || {
            let (hour, minute) = text.split_once(':')?;
            let two = |part: &str| {
                (part.len() == 2)
                    .then(|| part.parse::<u16>().ok())
                    .flatten()
            };
            let (hour, minute) = (two(hour)?, two(minute)?);
            let minutes = hour * 60 + minute;
            (minute < 60 && minutes <= Self::MIDNIGHT.0).then_some(minutes)
        };
        minutes()
            .map(Self)
            .ok_or_else(|| BadCalendar::Clock(text.clone()))
    }
}

/// A holiday.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HolidayRow {
    /// Its name there.
    pub name: String,
    /// On which day of a year.
    pub on: On,
    /// What happens when it falls on a weekend.
    #[serde(default)]
    pub shift: Shift,
    /// Only if it falls on one of these days of the week; none: on whichever.
    #[serde(default, deserialize_with = "weekdays")]
    pub only_on: Vec<Weekday>,
    /// Only in these regions; none: everywhere.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Work ends then; none: no work at all.
    #[serde(default)]
    pub closes: Option<Clock>,
    /// From this year on.
    #[serde(default)]
    pub since: Option<i16>,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// Why a calendar's text is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadCalendar {
    /// Not JSON of that form.
    #[error("the calendar does not read: {0}")]
    Text(String),
    /// Not a time on the clock.
    #[error("not a time on the clock: {0:?}; allowed: 00:00 to 24:00")]
    Clock(String),
    /// The zone is not one of the IANA database.
    #[error("{calendar}: no time zone {zone:?}")]
    Zone {
        /// The calendar's id.
        calendar: String,
        /// What it says.
        zone: String,
    },
    /// A field out of bounds.
    #[error("{calendar}: {field}: {allowed}")]
    Field {
        /// The calendar's id.
        calendar: String,
        /// The field.
        field: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A holiday that is listed by year lacks a year.
    #[error("{calendar}: {holiday} is listed by year and has no date for {year}")]
    NoDate {
        /// The calendar's id.
        calendar: String,
        /// The holiday.
        holiday: String,
        /// The year.
        year: i16,
    },
    /// A holiday's row cannot be right.
    #[error("{calendar}: {holiday}: {wrong}")]
    Holiday {
        /// The calendar's id.
        calendar: String,
        /// The holiday.
        holiday: String,
        /// What is wrong.
        wrong: &'static str,
    },
}

impl CalendarRow {
    /// Reads a calendar and checks it.
    ///
    /// # Errors
    /// [`BadCalendar`] with the first thing that is wrong.
    pub fn read(text: &str) -> Result<Self, BadCalendar> {
        let row: Self =
            serde_json::from_str(text).map_err(|error| BadCalendar::Text(error.to_string()))?;
        row.check()?;
        Ok(row)
    }

    fn check(&self) -> Result<(), BadCalendar> {
        let field = |field, allowed| BadCalendar::Field {
            calendar: self.id.clone(),
            field,
            allowed,
        };
        TimeZoneDatabase::bundled()
            .get(&self.zone)
            .map_err(|_| BadCalendar::Zone {
                calendar: self.id.clone(),
                zone: self.zone.clone(),
            })?;
        let Years { first, last } = self.years;
        if !(1900..=2199).contains(&first)
            || last < first
            || last - first >= YEARS_MAX
            || last > 2199
        {
            return Err(field("years", "1 to 50 years within 1900 to 2199"));
        }
        if self.hours.opens >= self.hours.closes {
            return Err(field("hours", "opens before closes"));
        }
        if self.weekend.len() > 6 {
            return Err(field("weekend", "at most 6 days"));
        }
        if self.holidays.len() > HOLIDAYS_MAX {
            return Err(field("holidays", "at most 200"));
        }
        for row in &self.holidays {
            self.check_holiday(row)?;
        }
        Ok(())
    }

    fn check_holiday(&self, row: &HolidayRow) -> Result<(), BadCalendar> {
        let refuse = |wrong| {
            Err(BadCalendar::Holiday {
                calendar: self.id.clone(),
                holiday: row.name.clone(),
                wrong,
            })
        };
        let known = |id: &String| self.regions.iter().any(|region| region.id == *id);
        if !row.regions.iter().all(known) {
            return refuse("a region that the calendar does not list");
        }
        if row
            .closes
            .is_some_and(|closes| closes <= self.hours.opens || closes > self.hours.closes)
        {
            return refuse("a half day closes within the hours of work");
        }
        let Years { first, last } = self.years;
        for year in first..=last {
            if !row.on.knows(year) {
                return Err(BadCalendar::NoDate {
                    calendar: self.id.clone(),
                    holiday: row.name.clone(),
                    year,
                });
            }
        }
        // 29 February and the fifth Monday may be absent from a year, but not from all of them.
        if (first..=last).all(|year| row.on.dates(year).is_empty()) && !row.on.is_once() {
            return refuse("it never falls on a day");
        }
        Ok(())
    }

    /// The calendar of a region, or of what holds in the whole country.
    ///
    /// # Errors
    /// [`CalendarError::NoSuchRegion`].
    pub fn calendar(&self, region: Option<&str>) -> Result<Calendar, CalendarError> {
        if let Some(id) = region
            && !self.regions.iter().any(|region| region.id == id)
        {
            let known: Vec<&str> = self
                .regions
                .iter()
                .map(|region| region.id.as_str())
                .collect();
            return Err(CalendarError::NoSuchRegion {
                calendar: self.id.clone(),
                region: id.to_owned(),
                known: known.join(", "),
            });
        }
        let zone = TimeZoneDatabase::bundled()
            .get(&self.zone)
            .expect("the zone was found when the calendar was read");
        let id = match region {
            Some(region) => format!("{}/{region}", self.id),
            None => self.id.clone(),
        };
        Ok(Calendar {
            id,
            zone,
            place: self.place.clone(),
            weekend: self.weekend.clone(),
            hours: self.hours,
            years: self.years,
            holidays: self.written_out(region),
        })
    }

    /// Every holiday of the known years. A day in lieu may come from the year before or after.
    fn written_out(&self, region: Option<&str>) -> BTreeMap<Date, Holiday> {
        let rows = self.holidays.iter().filter(|row| {
            row.regions.is_empty() || region.is_some_and(|id| row.regions.iter().any(|r| r == id))
        });
        let mut days: BTreeMap<Date, Holiday> = BTreeMap::new();
        let mut shifted = Vec::new();
        for row in rows {
            for year in self.years.first - 1..=self.years.last + 1 {
                if row.since.is_some_and(|since| year < since) {
                    continue;
                }
                for date in row.on.dates(year) {
                    if !row.only_on.is_empty() && !row.only_on.contains(&date.weekday()) {
                        continue;
                    }
                    add(&mut days, holiday(row, date, None));
                    if row.shift.moves(date.weekday()) {
                        shifted.push((row, date));
                    }
                }
            }
        }
        // Days in lieu go where no holiday is, in order of what they stand for.
        shifted.sort_by_key(|(_, date)| *date);
        for (row, date) in shifted {
            let taken = |day: Date| {
                days.get(&day)
                    .is_some_and(|holiday| holiday.closes.is_none())
            };
            if let Some(day) = row.shift.lieu(date, taken) {
                add(&mut days, holiday(row, day, Some(date)));
            }
        }
        days.retain(|date, _| (self.years.first..=self.years.last).contains(&date.year()));
        days
    }
}

/// A whole day off outweighs a half one; otherwise the first name stays.
fn add(days: &mut BTreeMap<Date, Holiday>, holiday: Holiday) {
    match days.entry(holiday.date) {
        std::collections::btree_map::Entry::Vacant(free) => {
            free.insert(holiday);
        }
        std::collections::btree_map::Entry::Occupied(mut there) => {
            if there.get().closes.is_some() && holiday.closes.is_none() {
                there.insert(holiday);
            }
        }
    }
}

fn holiday(row: &HolidayRow, date: Date, instead_of: Option<Date>) -> Holiday {
    Holiday {
        date,
        name: row.name.clone(),
        instead_of,
        closes: row.closes,
        verified: row.verified,
    }
}

/// A day of the week as data names it.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DayName {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<DayName> for Weekday {
    fn from(name: DayName) -> Self {
        match name {
            DayName::Monday => Self::Monday,
            DayName::Tuesday => Self::Tuesday,
            DayName::Wednesday => Self::Wednesday,
            DayName::Thursday => Self::Thursday,
            DayName::Friday => Self::Friday,
            DayName::Saturday => Self::Saturday,
            DayName::Sunday => Self::Sunday,
        }
    }
}

fn weekdays<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Weekday>, D::Error> {
    let names = Vec::<DayName>::deserialize(from)?;
    Ok(names.into_iter().map(Weekday::from).collect())
}

/// One day of the week.
pub(super) fn weekday<'de, D: Deserializer<'de>>(from: D) -> Result<Weekday, D::Error> {
    DayName::deserialize(from).map(Weekday::from)
}
