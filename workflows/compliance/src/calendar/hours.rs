//! Hours of work in absolute time. A day's hours are what the wall clock says; how long they last is what passes between
//! the two moments, so a day with a changed clock is longer or shorter.

use super::{Calendar, CalendarError, Clock, SPAN_MAX_DAYS};
use jiff::civil::Date;
use jiff::tz::Disambiguation;
use jiff::{SignedDuration, Timestamp};

/// From the first moment of work to the one at which it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) opens: Timestamp,
    pub(super) closes: Timestamp,
}

impl Calendar {
    /// The day on the wall there.
    pub fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// The hours of work of a day, if any.
    pub(super) fn opening(&self, date: Date) -> Result<Option<Opening>, CalendarError> {
        if !self.is_working_day(date)? {
            return Ok(None);
        }
        let half = self.holidays.get(&date).and_then(|holiday| holiday.closes);
        let opens = self.moment(date, self.hours.opens, Disambiguation::Compatible)?;
        // In the hour that comes twice, work goes on until its second end.
        let closes = self.moment(
            date,
            half.unwrap_or(self.hours.closes),
            Disambiguation::Later,
        )?;
        Ok((opens < closes).then_some(Opening { opens, closes }))
    }

    /// When the wall clock shows that time on that day.
    pub(super) fn moment(
        &self,
        date: Date,
        clock: Clock,
        unclear: Disambiguation,
    ) -> Result<Timestamp, CalendarError> {
        let (date, minutes) = if clock == Clock::MIDNIGHT {
            let next = date.tomorrow().map_err(|_| self.outside(date.year()))?;
            (next, 0)
        } else {
            (date, clock.minutes())
        };
        let (hour, minute) = ((minutes / 60) as i8, (minutes % 60) as i8);
        self.zone
            .to_ambiguous_timestamp(date.at(hour, minute, 0, 0))
            .disambiguate(unclear)
            .map_err(|_| self.outside(date.year()))
    }

    /// Whether work is done at that moment.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn is_open(&self, at: Timestamp) -> Result<bool, CalendarError> {
        let hours = self.opening(self.day_of(at))?;
        Ok(hours.is_some_and(|hours| (hours.opens..hours.closes).contains(&at)))
    }

    /// That moment if work is done then, else the next moment at which it begins.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn next_opening(&self, at: Timestamp) -> Result<Timestamp, CalendarError> {
        let mut day = self.day_of(at);
        loop {
            if let Some(hours) = self.opening(day)?
                && at < hours.closes
            {
                return Ok(at.max(hours.opens));
            }
            day = self.beside(day, true)?;
        }
    }

    /// The first moment at which so much time of work has passed since `at`; negative: the last moment from which so much
    /// passes until `at`. Zero gives [`Calendar::next_opening`].
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the known years or is more than [`SPAN_MAX_DAYS`].
    pub fn add_working_time(
        &self,
        at: Timestamp,
        time: SignedDuration,
    ) -> Result<Timestamp, CalendarError> {
        if time.is_zero() {
            return self.next_opening(at);
        }
        if time.abs() > SignedDuration::from_hours(24 * i64::from(SPAN_MAX_DAYS)) {
            return Err(CalendarError::TooFar);
        }
        let forward = time.is_positive();
        let mut left = time.abs();
        let mut day = self.day_of(at);
        loop {
            if let Some(hours) = self.opening(day)? {
                let (from, to) = if forward {
                    (hours.opens.max(at), hours.closes)
                } else {
                    (hours.opens, hours.closes.min(at))
                };
                let there = to.duration_since(from);
                if there >= left {
                    return Ok(if forward { from + left } else { to - left });
                }
                left -= there.max(SignedDuration::ZERO);
            }
            day = self.beside(day, forward)?;
        }
    }

    /// How much time of work lies between two moments; negative if `to` is before `from`.
    ///
    /// # Errors
    /// [`CalendarError`] if a day between is not in the known years or they are more than [`SPAN_MAX_DAYS`] apart.
    pub fn working_time_between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<SignedDuration, CalendarError> {
        if to < from {
            return self.working_time_between(to, from).map(|time| -time);
        }
        let (mut day, last) = (self.day_of(from), self.day_of(to));
        if (last - day).get_days().unsigned_abs() > SPAN_MAX_DAYS {
            return Err(CalendarError::TooFar);
        }
        let mut sum = SignedDuration::ZERO;
        loop {
            if let Some(hours) = self.opening(day)? {
                let there = hours.closes.min(to).duration_since(hours.opens.max(from));
                sum += there.max(SignedDuration::ZERO);
            }
            if day >= last {
                return Ok(sum);
            }
            day = self.beside(day, true)?;
        }
    }
}
