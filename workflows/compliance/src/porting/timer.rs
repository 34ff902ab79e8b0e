//! The deadlines of a port.

use super::country::CountryPorting;
use crate::calendar::{Calendar, CalendarError, Counting};
use contract::dossier::NumberType;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// What a deadline is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// From the request: by then the donor has accepted or refused.
    DonorAcknowledgement,
    /// From submission: no earlier date can be asked for.
    LeadTime,
    /// Before the agreed date: until then the date can be changed.
    ChangeCutOff,
    /// Before the agreed date: until then the order can be cancelled.
    CancelCutOff,
    /// Before the agreed date: from then on the clearing house synchronises.
    SyncOpens,
    /// From the cut-over: until then a number ported in error goes back.
    SnapbackWindow,
    /// From the signature: until then the letter is accepted.
    SignatureValidity,
    /// From sending the letter: until then somebody signs.
    SignatureWait,
    /// From the last question: until then the customer answers.
    CustomerSilence,
    /// From a port-out request: until then we have answered.
    PortOutAnswer,
}

/// Whether a timer runs from an event or up to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// So long after the event.
    After,
    /// So long before the event, at the same hour.
    Before,
}

impl Timer {
    /// Every timer.
    pub const ALL: [Self; 10] = [
        Self::DonorAcknowledgement,
        Self::LeadTime,
        Self::ChangeCutOff,
        Self::CancelCutOff,
        Self::SyncOpens,
        Self::SnapbackWindow,
        Self::SignatureValidity,
        Self::SignatureWait,
        Self::CustomerSilence,
        Self::PortOutAnswer,
    ];

    /// Whether it is people's turn meanwhile: what they have to do in it they have to have time for, however fast days pass in practice.
    pub fn is_peoples(self) -> bool {
        match self {
            Self::SignatureValidity
            | Self::SignatureWait
            | Self::CustomerSilence
            | Self::PortOutAnswer => true,
            Self::DonorAcknowledgement
            | Self::LeadTime
            | Self::ChangeCutOff
            | Self::CancelCutOff
            | Self::SyncOpens
            | Self::SnapbackWindow => false,
        }
    }

    /// Whether it runs from its event or up to it.
    pub fn direction(self) -> Direction {
        match self {
            Self::ChangeCutOff | Self::CancelCutOff | Self::SyncOpens => Direction::Before,
            Self::DonorAcknowledgement
            | Self::LeadTime
            | Self::SnapbackWindow
            | Self::SignatureValidity
            | Self::SignatureWait
            | Self::CustomerSilence
            | Self::PortOutAnswer => Direction::After,
        }
    }
}

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lasts {
    /// So many working days.
    WorkingDays(u16),
    /// So many hours of work.
    WorkingHours(u16),
    /// So many days of the calendar.
    CalendarDays(u16),
    /// So many hours, day and night.
    Hours(u16),
}

impl Lasts {
    /// The moment at which this long after an event is over.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the calendar's years.
    pub fn after(
        self,
        calendar: &Calendar,
        event: Timestamp,
        by: Counting,
    ) -> Result<Timestamp, CalendarError> {
        match self {
            Self::WorkingDays(days) => calendar.after_working_days(event, days.into(), by),
            Self::CalendarDays(days) => calendar.after_calendar_days(event, days.into(), by),
            Self::WorkingHours(hours) => {
                calendar.add_working_time(event, SignedDuration::from_hours(hours.into()))
            }
            Self::Hours(hours) => Ok(event + SignedDuration::from_hours(hours.into())),
        }
    }
}

/// A deadline of a country.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimerRow {
    /// What it is about.
    pub timer: Timer,
    /// For these types; none: for all that have no row of their own.
    #[serde(default)]
    pub number_types: Vec<NumberType>,
    /// How long.
    pub lasts: Lasts,
    /// How days are counted; none: the usual way ([`Counting::USUAL`]).
    #[serde(default)]
    pub counting: Option<Counting>,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

impl CountryPorting {
    /// The row of a timer for a type of number: its own, else the one for all.
    pub fn timer(&self, timer: Timer, number_type: NumberType) -> Option<&TimerRow> {
        let of = |own: bool| {
            self.timers.iter().find(|row| {
                let types = &row.number_types;
                row.timer == timer
                    && if own {
                        types.contains(&number_type)
                    } else {
                        types.is_empty()
                    }
            })
        };
        of(true).or_else(|| of(false))
    }

    /// The moment that a timer gives for an event; none if the country has no such timer.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the calendar's years.
    pub fn due(
        &self,
        timer: Timer,
        number_type: NumberType,
        calendar: &Calendar,
        event: Timestamp,
    ) -> Result<Option<Timestamp>, CalendarError> {
        let row = self.timer(timer, number_type);
        row.map(|row| row.due(calendar, event)).transpose()
    }
}

impl TimerRow {
    /// The moment that it gives for an event.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the calendar's years.
    pub fn due(&self, calendar: &Calendar, event: Timestamp) -> Result<Timestamp, CalendarError> {
        match (self.timer.direction(), self.lasts) {
            (Direction::After, lasts) => {
                lasts.after(calendar, event, self.counting.unwrap_or(Counting::USUAL))
            }
            (Direction::Before, Lasts::WorkingDays(days)) => {
                calendar.working_days_before(event, days.into())
            }
            (Direction::Before, Lasts::CalendarDays(days)) => {
                calendar.calendar_days_before(event, days.into())
            }
            (Direction::Before, Lasts::WorkingHours(hours)) => {
                calendar.add_working_time(event, -SignedDuration::from_hours(hours.into()))
            }
            (Direction::Before, Lasts::Hours(hours)) => {
                Ok(event - SignedDuration::from_hours(hours.into()))
            }
        }
    }

    /// Counting rules are for what runs from an event.
    pub(super) fn direction_is_wrong(&self) -> bool {
        self.counting.is_some() && self.timer.direction() == Direction::Before
    }
}
