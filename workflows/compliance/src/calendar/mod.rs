//! Working days and hours of a country, a part of it, or a clearing house.
//!
//! The rows are data ([`CalendarRow`]); [`CalendarRow::calendar`] makes a [`Calendar`] for a region, with every holiday of its
//! years written out. Outside those years every question is refused: a holiday that nobody has announced is not guessed. Who has to go on
//! all the same asks [`Calendar::guessed`], and says so.

mod data;
mod deadline;
mod hours;
mod rule;

pub use data::{BadCalendar, CalendarRow, Clock, HolidayRow, Hours, Region, YEARS_MAX, Years};
pub use deadline::{Counting, DayZero, Ends, Landing, Received};
pub use rule::{On, Shift, easter};

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use thiserror::Error;

/// Most days, hours or working days that a question may span.
pub const SPAN_MAX_DAYS: u32 = 4_000;

/// The years of a calendar that guesses: as far as one may reach at all.
const GUESSED: Years = Years {
    first: 1900,
    last: 2199,
};

/// Why a calendar does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// The question touches a year whose holidays are not known.
    #[error(
        "the calendar {calendar} knows the years {first} to {last}, and the question reaches {year}"
    )]
    OutsideYears {
        /// The calendar's id.
        calendar: String,
        /// Its first year.
        first: i16,
        /// Its last year.
        last: i16,
        /// The year that was reached.
        year: i16,
    },
    /// The calendar has no such region.
    #[error("the calendar {calendar} has no region {region:?}; it has: {known}")]
    NoSuchRegion {
        /// The calendar's id.
        calendar: String,
        /// What was asked for.
        region: String,
        /// The regions it has.
        known: String,
    },
    /// More days or hours than a question may span.
    #[error("a question spans at most {SPAN_MAX_DAYS} days")]
    TooFar,
}

/// A day off, or a day with shorter hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// When.
    pub date: Date,
    /// Its name there.
    pub name: String,
    /// The day that it stands in for, if it was moved or is a day in lieu.
    pub instead_of: Option<Date>,
    /// Work ends then; none: no work at all.
    pub closes: Option<Clock>,
    /// Whether somebody checked its row at the source.
    pub verified: bool,
}

/// The working days and hours of one region.
#[derive(Debug, Clone)]
pub struct Calendar {
    id: String,
    zone: TimeZone,
    place: String,
    weekend: Vec<Weekday>,
    hours: Hours,
    years: Years,
    holidays: BTreeMap<Date, Holiday>,
}

impl Calendar {
    /// Its id, with the region behind a slash if one was asked for.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whose clock that is, for a person.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Days without work in every week.
    pub fn weekend(&self) -> &[Weekday] {
        &self.weekend
    }

    /// The years it knows.
    pub fn years(&self) -> Years {
        self.years
    }

    /// The same calendar without an end: of the years that it does not know it has the weekends alone. What is counted by it there is a
    /// guess, and to be told as one.
    #[must_use]
    pub fn guessed(&self) -> Self {
        Self {
            years: GUESSED,
            ..self.clone()
        }
    }

    /// The last day that it knows.
    pub fn ends(&self) -> Date {
        date(self.years.last, 12, 31)
    }

    /// The holidays of a year by date, half days and moved ones too.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn holidays(&self, year: i16) -> Result<Vec<&Holiday>, CalendarError> {
        self.known(year)?;
        Ok(self
            .holidays
            .values()
            .filter(|holiday| holiday.date.year() == year)
            .collect())
    }

    /// Whether work is done on that day, if only half of it.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn is_working_day(&self, date: Date) -> Result<bool, CalendarError> {
        self.known(date.year())?;
        let off = self
            .holidays
            .get(&date)
            .is_some_and(|holiday| holiday.closes.is_none());
        Ok(!off && !self.weekend.contains(&date.weekday()))
    }

    /// The `days`-th working day after the date, or before it if `days` is negative. Zero gives the date itself, or the next
    /// working day if it is none.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the known years or is more than [`SPAN_MAX_DAYS`].
    pub fn add_working_days(&self, date: Date, days: i32) -> Result<Date, CalendarError> {
        if days.unsigned_abs() > SPAN_MAX_DAYS {
            return Err(CalendarError::TooFar);
        }
        if days == 0 {
            return self.working_day_from(date);
        }
        let mut at = date;
        self.known(at.year())?;
        let mut left = days.unsigned_abs();
        while left > 0 {
            at = self.beside(at, days > 0)?;
            if self.is_working_day(at)? {
                left -= 1;
            }
        }
        Ok(at)
    }

    /// The date itself, or the first working day after it.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn working_day_from(&self, date: Date) -> Result<Date, CalendarError> {
        let mut at = date;
        while !self.is_working_day(at)? {
            at = self.beside(at, true)?;
        }
        Ok(at)
    }

    /// How many working days lie after `from` and not after `to`. Negative if `to` is before `from`: then those that lie
    /// before `from` and not before `to`. So [`Calendar::add_working_days`] by any number but 0 is undone by this.
    ///
    /// # Errors
    /// [`CalendarError`] if a day between is not in the known years or they are more than [`SPAN_MAX_DAYS`] apart.
    pub fn working_days_between(&self, from: Date, to: Date) -> Result<i32, CalendarError> {
        self.known(from.year())?;
        self.known(to.year())?;
        let apart = (to - from).get_days();
        if apart.unsigned_abs() > SPAN_MAX_DAYS {
            return Err(CalendarError::TooFar);
        }
        let mut count = 0;
        let mut at = from;
        while at != to {
            at = self.beside(at, apart > 0)?;
            count += i32::from(self.is_working_day(at)?);
        }
        Ok(if apart < 0 { -count } else { count })
    }

    /// The day after or before.
    fn beside(&self, date: Date, forward: bool) -> Result<Date, CalendarError> {
        let next = if forward {
            date.tomorrow()
        } else {
            date.yesterday()
        };
        let next = next.map_err(|_| self.outside(date.year()))?;
        self.known(next.year())?;
        Ok(next)
    }

    fn known(&self, year: i16) -> Result<(), CalendarError> {
        let inside = (self.years.first..=self.years.last).contains(&year);
        inside.then_some(()).ok_or_else(|| self.outside(year))
    }

    fn outside(&self, year: i16) -> CalendarError {
        CalendarError::OutsideYears {
            calendar: self.id.clone(),
            first: self.years.first,
            last: self.years.last,
            year,
        }
    }
}
