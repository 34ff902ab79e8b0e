//! Deadlines of so many days, with a name for every choice that "within two days" leaves open.

use super::{Calendar, CalendarError, Clock, SPAN_MAX_DAYS};
use jiff::civil::Date;
use jiff::tz::Disambiguation;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

/// How days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counting {
    /// On which day a request counts as received.
    pub received: Received,
    /// Whether that day counts.
    pub day_zero: DayZero,
    /// At which moment of the last day the time is over.
    pub ends: Ends,
    /// What happens if calendar days end on a day without work.
    #[serde(default)]
    pub landing: Landing,
}

/// On which day a request counts as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Received {
    /// Outside hours of work: at the next opening.
    AtNextOpening,
    /// On the day that the wall calendar shows, at whatever hour.
    AsItComes,
}

/// Whether the day of receipt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DayZero {
    /// It is day 0: the day after it is the first that counts.
    NotCounted,
    /// It is day 1 if it is a day that counts.
    Counted,
}

/// At which moment of the last day the time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ends {
    /// When work ends on that day; on a day without work, when it would end.
    AtClosing,
    /// When the day is over.
    AtMidnight,
    /// At the hour of receipt.
    AtTheSameHour,
}

/// What happens if calendar days end on a day without work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Landing {
    /// Nothing.
    #[default]
    Stays,
    /// The next working day is the last.
    MovesOn,
}

impl Counting {
    /// What most rules mean: received at the next opening, that day not counted, over when work ends on the last day.
    pub const USUAL: Self = Self {
        received: Received::AtNextOpening,
        day_zero: DayZero::NotCounted,
        ends: Ends::AtClosing,
        landing: Landing::Stays,
    };
}

impl Calendar {
    /// The moment at which `days` working days are over.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the known years or is more than [`SPAN_MAX_DAYS`].
    pub fn after_working_days(
        &self,
        at: Timestamp,
        days: u32,
        by: Counting,
    ) -> Result<Timestamp, CalendarError> {
        let received = self.received(at, by.received)?;
        let zero = self.day_of(received);
        let days = i32::try_from(days).map_err(|_| CalendarError::TooFar)?;
        let counted = match by.day_zero {
            DayZero::NotCounted => 0,
            DayZero::Counted => i32::from(self.is_working_day(zero)?),
        };
        // A receipt that alone is enough ends on its own day.
        let last = match days - counted {
            0 if counted == 1 => zero,
            more => self.add_working_days(zero, more.max(0))?,
        };
        self.over(last, received, by.ends)
    }

    /// The moment at which `days` calendar days are over.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the known years or is more than [`SPAN_MAX_DAYS`].
    pub fn after_calendar_days(
        &self,
        at: Timestamp,
        days: u32,
        by: Counting,
    ) -> Result<Timestamp, CalendarError> {
        if days > SPAN_MAX_DAYS {
            return Err(CalendarError::TooFar);
        }
        let received = self.received(at, by.received)?;
        let zero = self.day_of(received);
        let days = match by.day_zero {
            DayZero::NotCounted => days,
            DayZero::Counted => days.saturating_sub(1),
        };
        let last = zero
            .checked_add(i64::from(days).days())
            .map_err(|_| self.outside(zero.year()))?;
        self.known(last.year())?;
        let last = match by.landing {
            Landing::Stays => last,
            Landing::MovesOn => self.working_day_from(last)?,
        };
        self.over(last, received, by.ends)
    }

    /// The same hour on the wall, so many working days before.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the known years or is more than [`SPAN_MAX_DAYS`].
    pub fn working_days_before(
        &self,
        at: Timestamp,
        days: u32,
    ) -> Result<Timestamp, CalendarError> {
        let days = i32::try_from(days).map_err(|_| CalendarError::TooFar)?;
        if days == 0 {
            return Ok(at);
        }
        let first = self.add_working_days(self.day_of(at), -days)?;
        self.over(first, at, Ends::AtTheSameHour)
    }

    /// The same hour on the wall, so many calendar days before.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the known years or is more than [`SPAN_MAX_DAYS`].
    pub fn calendar_days_before(
        &self,
        at: Timestamp,
        days: u32,
    ) -> Result<Timestamp, CalendarError> {
        if days > SPAN_MAX_DAYS {
            return Err(CalendarError::TooFar);
        }
        let day = self.day_of(at);
        let first = day
            .checked_sub(i64::from(days).days())
            .map_err(|_| self.outside(day.year()))?;
        self.known(first.year())?;
        self.over(first, at, Ends::AtTheSameHour)
    }

    /// When a request counts as received.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn received(&self, at: Timestamp, by: Received) -> Result<Timestamp, CalendarError> {
        match by {
            Received::AtNextOpening => self.next_opening(at),
            Received::AsItComes => {
                self.known(self.day_of(at).year())?;
                Ok(at)
            }
        }
    }

    fn over(
        &self,
        last: Date,
        received: Timestamp,
        ends: Ends,
    ) -> Result<Timestamp, CalendarError> {
        match ends {
            Ends::AtClosing => match self.opening(last)? {
                Some(hours) => Ok(hours.closes),
                None => self.moment(last, self.hours.closes, Disambiguation::Later),
            },
            Ends::AtMidnight => self.moment(last, Clock::MIDNIGHT, Disambiguation::Compatible),
            Ends::AtTheSameHour => {
                let time = received.to_zoned(self.zone.clone()).time();
                self.zone
                    .to_ambiguous_timestamp(last.to_datetime(time))
                    .disambiguate(Disambiguation::Compatible)
                    .map_err(|_| self.outside(last.year()))
            }
        }
    }
}
