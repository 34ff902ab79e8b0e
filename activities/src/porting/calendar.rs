//! The moments of a port: what the country's timers mean, at the deployment's pace.
use super::record::Port;
use crate::ports::clock;
use crate::rules;
use compliance::porting::{CountryPorting, Timer};
use contract::dossier::NumberType;
use contract::port::PortError;
use jiff::{SignedDuration, Timestamp};

/// How long a port waits between looks at the carrier when nothing else is due sooner, in seconds of the calendar: notices get lost.
const POLL_S: i64 = 3_600;
/// How long a port waits for somebody whose deadline nobody knows, in seconds of the calendar: thirty days.
const UNKNOWN_S: i64 = 30 * 24 * 60 * 60;
/// The shortest wait between looks, in real seconds.
const POLL_MIN_S: i64 = 5;
/// How long after the date an order counts as not cut over, in hours. Our own rule: the carrier's window and a night.
const WINDOW_H: i64 = 24;

/// Now, and how fast days pass.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// Now.
    pub now: Timestamp,
    /// By how much waits are divided; 1 but for practice.
    pub scale: u32,
}

impl Time {
    /// When the wall clock reaches a moment of the calendar.
    pub fn reached(self, due: Timestamp) -> Timestamp {
        let away = due.duration_since(self.now).as_millis() / i128::from(self.scale.max(1));
        let away = i64::try_from(away).unwrap_or(i64::MAX / 2);
        self.now
            .checked_add(SignedDuration::from_millis(away))
            .unwrap_or(due)
    }

    /// How long to wait before looking again: until the deadline, and no longer than between two looks. Where nothing is looked at
    /// and no deadline is known, long: not knowing it is no reason to go on.
    pub fn wait_s(self, deadline: Option<&str>, looks: bool) -> u32 {
        let until = deadline
            .and_then(|text| text.parse::<Timestamp>().ok())
            .map(|due| due.duration_since(self.now).as_secs() + 1);
        let poll = (POLL_S / i64::from(self.scale.max(1))).max(POLL_MIN_S);
        let wait = match (until, looks) {
            (Some(until), true) => until.min(poll),
            (Some(until), false) => until,
            (None, true) => poll,
            (None, false) => (UNKNOWN_S / i64::from(self.scale.max(1))).max(POLL_MIN_S),
        };
        u32::try_from(wait.clamp(1, 99_999_999)).unwrap_or(1)
    }
}

/// Nobody knows when something is due: the calendar does not reach so far, or there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotKnown;

/// The moment that a timer gives for an event, as text; none if the country has no such timer.
fn moment(
    port: &Port,
    timer: Timer,
    time: Time,
    event: Timestamp,
) -> Result<Option<String>, NotKnown> {
    let (country, kind) = place(port).map_err(|_| NotKnown)?;
    let rules_of = rules::porting().country(country).ok_or(NotKnown)?;
    due_of(rules_of, timer, kind, time, event)
}

/// The moment that a country's timer gives for an event, as text; none if the country has no such timer.
///
/// # Errors
/// [`NotKnown`].
pub fn due_of(
    rules_of: &CountryPorting,
    timer: Timer,
    kind: NumberType,
    time: Time,
    event: Timestamp,
) -> Result<Option<String>, NotKnown> {
    let calendar = rules::calendar(&rules_of.calendar).ok_or(NotKnown)?;
    let due = rules_of
        .due(timer, kind, calendar, event)
        .map_err(|error| {
            tracing::warn!(?timer, "a deadline is not known: {error}");
            NotKnown
        })?;
    Ok(due.map(|due| clock::text(time.reached(due))))
}

/// The moment that a timer gives; none if the country has no such timer, or nobody knows.
fn due(port: &Port, timer: Timer, time: Time, event: Timestamp) -> Option<String> {
    moment(port, timer, time, event).ok().flatten()
}

/// A window of our own where nobody knows the country's: thirty days.
pub fn own_window(time: Time) -> String {
    clock::text(time.reached(time.now + SignedDuration::from_secs(UNKNOWN_S)))
}

/// When a window closes that opens now: at once if the country has none.
pub fn window(known: Result<Option<String>, NotKnown>, time: Time) -> String {
    match known {
        Ok(until) => until.unwrap_or_else(|| clock::text(time.now)),
        Err(NotKnown) => own_window(time),
    }
}

/// The country and type of its numbers.
///
/// # Errors
/// [`PortError::NotPossible`] before they were looked at.
pub fn place(port: &Port) -> Result<(&str, NumberType), PortError> {
    let (Some(country), Some(kind)) = (&port.view.country, port.view.number_type) else {
        return Err(PortError::NotPossible(
            "the numbers' country and type are not known yet".to_owned(),
        ));
    };
    Ok((country, kind))
}

/// The customer is asked something.
pub fn customer_asked(port: &mut Port, time: Time) {
    port.view.moments.silence = due(port, Timer::CustomerSilence, time, time.now);
}

/// The letter waits to be signed.
pub fn letter_sent(port: &mut Port, time: Time) {
    port.view.moments.signature = due(port, Timer::SignatureWait, time, time.now);
}

/// The letter was signed.
pub fn letter_signed(port: &mut Port, time: Time) {
    port.view.moments.letter = due(port, Timer::SignatureValidity, time, time.now);
    port.view.moments.signature = None;
    port.view.moments.silence = None;
}

/// The donor is asked.
pub fn donor_asked(port: &mut Port, time: Time) {
    // One that nobody asks about would be waited for for ever.
    port.view.moments.donor_answer =
        due(port, Timer::DonorAcknowledgement, time, time.now).or_else(|| Some(own_window(time)));
    port.view.moments.silence = None;
}

/// A date is proposed: what has to be done before it, by when.
pub fn date_proposed(port: &mut Port, time: Time, foc: Timestamp) {
    let before = |timer| due(port, timer, time, foc);
    let (change, cancel, sync) = (
        before(Timer::ChangeCutOff),
        before(Timer::CancelCutOff),
        before(Timer::SyncOpens),
    );
    let ends = time.reached(foc + SignedDuration::from_hours(WINDOW_H));
    let moments = &mut port.view.moments;
    (moments.change, moments.cancel, moments.sync) = (change, cancel, sync);
    moments.foc = Some(clock::text(foc));
    moments.foc_due = Some(clock::text(time.reached(foc)));
    moments.foc_ends = Some(clock::text(ends));
    moments.donor_answer = None;
}

/// The date is no more.
pub fn date_gone(port: &mut Port) {
    let moments = &mut port.view.moments;
    (moments.change, moments.cancel, moments.sync) = (None, None, None);
    (moments.foc, moments.foc_due, moments.foc_ends) = (None, None, None);
}

/// The numbers are here.
pub fn ported(port: &mut Port, time: Time) {
    let known = moment(port, Timer::SnapbackWindow, time, time.now);
    port.view.moments.snapback = Some(window(known, time));
}

/// Whether a moment is over.
pub fn is_over(moment: Option<&String>, now: Timestamp) -> bool {
    moment
        .and_then(|text| text.parse::<Timestamp>().ok())
        .is_some_and(|due| now >= due)
}
