//! The moments of a port: what the country's timers mean, at the deployment's pace.
use super::record::Port;
use crate::ports::clock;
use crate::ports::pace::Tempo;
use crate::rules;
use compliance::porting::{CountryPorting, Timer};
use contract::dossier::{NumberType, OrderStatus};
use contract::port::PortError;
use jiff::{SignedDuration, Timestamp};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
/// How long a port waits between two looks at the carrier, by how far away what it waits for is, both in seconds of the calendar: notices
/// get lost.
const LOOKS: [(i64, i64); 2] = [(3 * DAY_S, HOUR_S), (30 * DAY_S, 6 * HOUR_S)];
/// The same while nothing is known to be due.
const LOOK_S: i64 = 6 * HOUR_S;
/// How long at least it waits after so many turns: an execution has room for 25,000 events
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>), and a port that nobody moves may stand for years.
const AGE: [(u32, i64); 3] = [(900, 7 * DAY_S), (500, DAY_S), (300, 6 * HOUR_S)];
/// How long a port waits for somebody whose deadline nobody knows, in seconds of the calendar: thirty days.
const UNKNOWN_S: i64 = 30 * DAY_S;
/// The shortest wait between looks, in real seconds.
const POLL_MIN_S: i64 = 5;
/// How long after the date an order counts as not cut over, in hours. Our own rule: the carrier's window and a night.
const WINDOW_H: i64 = 24;
/// The term in which a carrier is to say whether it cancels (`infra/world/terms`).
const CANCEL_TERM: &str = "port.cancel";

/// Now, and how fast days pass.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// Now.
    pub now: Timestamp,
    /// By how much waits are divided; 1 but for practice.
    pub scale: u32,
    /// How long people have at least, in real seconds.
    pub patience_s: u32,
}

impl Time {
    /// When the wall clock reaches a moment of the calendar.
    pub fn reached(self, due: Timestamp) -> Timestamp {
        let away = self.tempo().wait(due.duration_since(self.now));
        self.now.checked_add(away).unwrap_or(due)
    }

    /// The same where it is people's turn until then.
    pub fn reached_by_people(self, due: Timestamp) -> Timestamp {
        let away = self.tempo().turn(due.duration_since(self.now));
        self.now.checked_add(away).unwrap_or(due)
    }

    fn tempo(self) -> Tempo {
        Tempo {
            scale: self.scale,
            patience_s: self.patience_s,
        }
    }

    /// How long to wait where nothing is looked at: until the deadline. Where none is known, long: not knowing it is no reason to go on.
    pub fn wait_s(self, deadline: Option<&str>) -> u32 {
        let unknown = || self.paced(UNKNOWN_S);
        whole(
            self.away_s(deadline)
                .map_or_else(unknown, |away| away.saturating_add(1)),
        )
    }

    /// How long to wait before looking again, `turns` turns into a request: until the deadline, and no longer than between two looks. A
    /// deadline that is over is no clock: what follows from it has followed.
    pub fn look_s(self, deadline: Option<&str>, turns: u32) -> u32 {
        let away = self.away_s(deadline);
        let near = away.map(|away| away.saturating_mul(i64::from(self.scale.max(1))));
        let look = self.paced(between_looks(near.map(i64::saturating_abs), turns));
        let ahead = away.filter(|away| *away >= 0);
        whole(ahead.map_or(look, |away| look.min(away.saturating_add(1))))
    }

    /// How far away a deadline is, in real seconds; less than none if it is over.
    fn away_s(self, deadline: Option<&str>) -> Option<i64> {
        let due: Timestamp = deadline?.parse().ok()?;
        Some(due.duration_since(self.now).as_secs())
    }

    /// Seconds of the calendar as real ones.
    fn paced(self, calendar_s: i64) -> i64 {
        (calendar_s / i64::from(self.scale.max(1))).max(POLL_MIN_S)
    }
}

/// How long passes between two looks, in seconds of the calendar.
fn between_looks(near_s: Option<i64>, turns: u32) -> i64 {
    let nearest = |near: i64| LOOKS.iter().find(|(within, _)| near <= *within);
    let look = near_s.map_or(LOOK_S, |near| {
        nearest(near).map_or(DAY_S, |(_, look)| *look)
    });
    let old = AGE.iter().find(|(many, _)| turns >= *many);
    old.map_or(look, |(_, least)| look.max(*least))
}

/// Seconds as a state of Step Functions takes them.
fn whole(seconds: i64) -> u32 {
    u32::try_from(seconds.clamp(1, 99_999_999)).unwrap_or(1)
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
    let reached = |due| {
        if timer.is_peoples() {
            time.reached_by_people(due)
        } else {
            time.reached(due)
        }
    };
    Ok(due.map(|due| clock::text(reached(due))))
}

/// The moment that a timer gives; none if the country has no such timer, or nobody knows.
fn due(port: &Port, timer: Timer, time: Time, event: Timestamp) -> Option<String> {
    moment(port, timer, time, event).ok().flatten()
}

/// The moment at which one of our terms is over that begins at `from`; where no calendar says it, after a window of our own.
pub fn term_over(term: &str, country: Option<&str>, time: Time, from: Timestamp) -> String {
    let due = country.and_then(|country| {
        let row = rules::terms().row(term, country)?;
        row.due(rules::calendar(country)?, from).ok()
    });
    due.map_or_else(|| own_window(time), |due| clock::text(time.reached(due)))
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
    port.hidden.resolving = false;
}

/// The carrier is asked to cancel.
pub fn cancel_asked(port: &mut Port, time: Time) {
    let country = port.view.country.as_deref();
    port.hidden.cancel_due = Some(term_over(CANCEL_TERM, country, time, time.now));
}

/// An operator has asked a carrier that is late, and waits on.
pub fn waited_on(port: &mut Port, time: Time) {
    match port.view.order {
        OrderStatus::CancelPending => cancel_asked(port, time),
        OrderStatus::Activating if is_over(port.view.moments.foc_ends.as_ref(), time.now) => {
            let ends = time.reached(time.now + SignedDuration::from_hours(WINDOW_H));
            port.view.moments.foc_ends = Some(clock::text(ends));
        }
        _ => {}
    }
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
