//! The search-or-dial field: people first, then numbers of the call log, then the number itself.

use super::numbers::{dialable, readable};
use super::side::{Eye, Side};
use contract::api::{Person, Presence};
use contract::view::CallView;
use std::rc::Rc;

/// How many results are shown.
const MAX_RESULTS: usize = 8;

/// One thing that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// What to show first.
    pub(crate) title: String,
    /// What to show below.
    pub(crate) detail: String,
    /// What `PlaceCall.to` takes.
    pub(crate) to: String,
    /// For a person of the tenant.
    pub(crate) presence: Option<Presence>,
}

/// What a text finds, best first. The first is what Enter calls.
pub(crate) fn find(text: &str, people: &[Person], log: &[Rc<CallView>], eye: &Eye) -> Vec<Found> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let number = dialable(text);
    let mut found: Vec<Found> = Vec::new();
    if let Some(number) = &number {
        found.push(Found {
            title: readable(number),
            detail: "Call this number".to_owned(),
            to: number.clone(),
            presence: None,
        });
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let needle = text.to_lowercase();
    for person in people.iter().filter(|person| person.person != eye.person) {
        let by_name = number.is_none() && person.name.to_lowercase().contains(&needle);
        let by_mail = number.is_none() && person.email.to_lowercase().starts_with(&needle);
        let by_number = digits.len() >= 3
            && person
                .numbers
                .iter()
                .any(|own| own.as_str().contains(&digits));
        if by_name || by_mail || by_number {
            found.push(of_person(person));
        }
    }
    found.extend(
        log.iter()
            .filter_map(|call| of_log(call, &needle, &digits, eye)),
    );
    let mut seen = Vec::new();
    found.retain(|one| {
        let fresh = !seen.contains(&one.to);
        seen.push(one.to.clone());
        fresh
    });
    found.truncate(MAX_RESULTS);
    found
}

/// A person as a result.
pub(crate) fn of_person(person: &Person) -> Found {
    Found {
        title: person.name.clone(),
        detail: presence(person.presence).to_owned(),
        to: person.person.to_string(),
        presence: Some(person.presence),
    }
}

/// Presence in words.
pub(crate) const fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Available => "Available",
        Presence::OnCall => "On a call",
        Presence::Offline => "Not signed in",
    }
}

/// What calling back dials: the person, else the number.
pub(crate) fn call_back(call: &CallView, eye: &Eye) -> Option<String> {
    if eye.side(call) == Side::Watcher {
        return None;
    }
    let other = eye.other(call)?;
    let number = other.number.as_ref().map(ToString::to_string);
    other.person.as_ref().map(ToString::to_string).or(number)
}

fn of_log(call: &CallView, needle: &str, digits: &str, eye: &Eye) -> Option<Found> {
    let other = eye.other(call)?;
    let number = other.number.as_ref()?;
    let fits = digits.len() >= 3 && number.as_str().contains(digits)
        || other.name.to_lowercase().contains(needle);
    if !fits || other.person.is_some() {
        return None;
    }
    Some(Found {
        title: readable(&other.name),
        detail: "From your calls".to_owned(),
        to: call_back(call, eye)?,
        presence: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples;
    use contract::E164;

    fn people() -> Vec<Person> {
        ["Anna Keller", "Tan Wei Ming"]
            .into_iter()
            .enumerate()
            .map(|(i, name)| Person {
                person: format!("p-{i}").into(),
                name: name.to_owned(),
                email: format!("{i}@example.com"),
                numbers: vec![E164::parse("+6565550177").unwrap()],
                presence: Presence::Available,
            })
            .collect()
    }

    #[test]
    fn a_number_is_called_as_it_is_typed() {
        let found = find("044 555 01 00", &people(), &[], &samples::lucia());
        assert_eq!(found[0].to, "0445550100");
    }

    #[test]
    fn a_name_finds_its_person() {
        let found = find("keller", &people(), &[], &samples::lucia());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to, "p-0");
    }

    #[test]
    fn part_of_a_number_finds_people_and_the_log() {
        let log = [Rc::new(samples::inbound())];
        let found = find("5550100", &people(), &log, &samples::lucia());
        assert_eq!(found.last().unwrap().to, "+41445550100");
        assert!(find("", &people(), &log, &samples::lucia()).is_empty());
    }

    #[test]
    fn whoever_rang_can_call_back_although_another_has_the_call() {
        let call = samples::together();
        for eye in [samples::lucia(), samples::operator()] {
            assert_eq!(call_back(&call, &eye).as_deref(), Some("+41445550100"));
        }
        assert_eq!(call_back(&samples::inbound(), &samples::operator()), None);
    }

    #[test]
    fn nothing_is_listed_twice() {
        let log = [Rc::new(samples::inbound()), Rc::new(samples::inbound())];
        assert_eq!(
            find("+41445550100", &people(), &log, &samples::lucia()).len(),
            1
        );
    }
}
