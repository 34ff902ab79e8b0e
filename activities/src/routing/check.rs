//! What a group or a flow may say. Each refusal names the field and what is allowed.
use contract::routing::{
    FlowForm, GroupForm, MAX_MEMBERS, MAX_OPENINGS, NAME_MAX, Opening, REASON_MAX, RING_MAX_S,
    RING_MIN_S, RingTo, WhenClosed, minutes_of,
};
use contract::{PersonId, line};
use jiff::tz::TimeZone;

/// A field that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which.
    pub field: String,
    /// What is allowed.
    pub allowed: String,
}

fn wrong<T>(field: impl Into<String>, allowed: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong {
        field: field.into(),
        allowed: allowed.into(),
    })
}

/// Checks a group's form, but for whether its people are there.
///
/// # Errors
/// [`Wrong`].
pub fn group(form: &GroupForm) -> Result<(), Wrong> {
    text("name", &form.name, NAME_MAX)?;
    ring_s("ringS", form.ring_s)?;
    if !(1..=MAX_MEMBERS).contains(&form.members.len()) {
        return wrong("members", format!("1 to {MAX_MEMBERS} people"));
    }
    for (at, member) in form.members.iter().enumerate() {
        if form.members[..at].contains(member) {
            return wrong(format!("members[{at}]"), "each person once");
        }
    }
    Ok(())
}

/// Checks a flow's form, but for whether those whom it lets ring are there. `knows` says whether a country's holidays are known,
/// `countries` which are.
///
/// # Errors
/// [`Wrong`].
pub fn flow(form: &FlowForm, countries: &[&str]) -> Result<(), Wrong> {
    text("name", &form.name, NAME_MAX)?;
    let named = form.time_zone.contains('/') || form.time_zone == "UTC";
    if !named || TimeZone::get(&form.time_zone).is_err() {
        let allowed = "a name of the IANA time zone database, such as Europe/Zurich";
        return wrong("timeZone", allowed);
    }
    hours(&form.hours)?;
    if let Some(country) = &form.holidays
        && !countries.contains(&country.as_str())
    {
        let allowed = format!("one of {}, or nothing", countries.join(", "));
        return wrong("holidays", allowed);
    }
    ring_to("open", &form.open)?;
    closed(&form.closed)?;
    if let Some(to) = &form.unanswered {
        ring_to("unanswered", to)?;
    }
    Ok(())
}

fn text(field: &str, text: &str, max: usize) -> Result<(), Wrong> {
    if line::fits(text, max) && text.trim() == text {
        Ok(())
    } else {
        wrong(
            field,
            format!("{}, no spaces around it", line::allowed(max)),
        )
    }
}

fn ring_s(field: impl Into<String>, seconds: u32) -> Result<(), Wrong> {
    if (RING_MIN_S..=RING_MAX_S).contains(&seconds) {
        Ok(())
    } else {
        wrong(field, format!("{RING_MIN_S} to {RING_MAX_S} seconds"))
    }
}

fn hours(hours: &[Opening]) -> Result<(), Wrong> {
    if hours.len() > MAX_OPENINGS {
        return wrong("hours", format!("at most {MAX_OPENINGS}"));
    }
    let mut read: Vec<(usize, &Opening, u16, u16)> = Vec::new();
    for (at, opening) in hours.iter().enumerate() {
        let time = "a time such as 08:30; 24:00 is the end of the day";
        let Some(from) = minutes_of(&opening.from) else {
            return wrong(format!("hours[{at}].from"), time);
        };
        let Some(to) = minutes_of(&opening.to) else {
            return wrong(format!("hours[{at}].to"), time);
        };
        if from >= to {
            return wrong(format!("hours[{at}].to"), "a time after `from`");
        }
        let meets = |other: &&(usize, &Opening, u16, u16)| {
            other.1.day == opening.day && from < other.3 && other.2 < to
        };
        if let Some((other, ..)) = read.iter().find(meets) {
            let allowed = format!("a time that does not reach into hours[{other}]");
            return wrong(format!("hours[{at}].from"), allowed);
        }
        read.push((at, opening, from, to));
    }
    Ok(())
}

fn ring_to(field: &str, to: &RingTo) -> Result<(), Wrong> {
    let empty = |id: Option<&str>| id.is_some_and(str::is_empty);
    if to.person.is_some() == to.group.is_some() {
        return wrong(field, "one of person and group");
    }
    if empty(to.person.as_ref().map(PersonId::as_str)) {
        return wrong(format!("{field}.person"), "a person's id");
    }
    if empty(to.group.as_ref().map(contract::GroupId::as_str)) {
        return wrong(format!("{field}.group"), "a group's id");
    }
    match to.ring_s {
        Some(seconds) => ring_s(format!("{field}.ringS"), seconds),
        None => Ok(()),
    }
}

fn closed(closed: &WhenClosed) -> Result<(), Wrong> {
    match (&closed.ring, &closed.refuse) {
        (Some(to), None) => ring_to("closed.ring", to),
        (None, Some(why)) => text("closed.refuse", why, REASON_MAX),
        (Some(_), Some(_)) | (None, None) => wrong("closed", "one of ring and refuse"),
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
