//! Whom numbers ring: groups and flows as they are filled in, and targets as a choice offers them.

use crate::state::dossier::form::Wrong;
use contract::routing::{
    Day, Flow, FlowForm, Group, GroupForm, Opening, RingTo, Strategy, Target, Targets, WhenClosed,
    minutes_of,
};
use contract::{FlowId, GroupId, PersonId};

/// How long somebody rings unless it is said, whole seconds.
const RING_S: &str = "20";
/// So much of an id stands for a name that is not known, in characters.
const SHORT_ID: usize = 10;

/// A target as the value of a choice; empty for nobody.
pub(crate) fn value_of(target: Option<&Target>) -> String {
    match target {
        None => String::new(),
        Some(Target::Person(id)) => format!("person:{id}"),
        Some(Target::Group(id)) => format!("group:{id}"),
        Some(Target::Flow(id)) => format!("flow:{id}"),
    }
}

/// The target of a choice's value.
pub(crate) fn target_of(value: &str) -> Option<Target> {
    match value.split_once(':')? {
        ("person", id) => Some(Target::Person(PersonId::from(id))),
        ("group", id) => Some(Target::Group(GroupId::from(id))),
        ("flow", id) => Some(Target::Flow(FlowId::from(id))),
        _ => None,
    }
}

/// Groups as a choice offers them.
pub(crate) fn group_options(groups: &[Group]) -> Vec<(String, String)> {
    let option = |group: &Group| {
        let value = value_of(Some(&Target::Group(group.group.clone())));
        (value, format!("{} (group)", group.name))
    };
    groups.iter().map(option).collect()
}

/// Flows as a choice offers them.
pub(crate) fn flow_options(flows: &[Flow]) -> Vec<(String, String)> {
    let option = |flow: &Flow| {
        let value = value_of(Some(&Target::Flow(flow.flow.clone())));
        (value, format!("{} (flow)", flow.name))
    };
    flows.iter().map(option).collect()
}

/// Whom a tenant's numbers can ring, as a choice offers it: nobody, people, groups, flows.
pub(crate) fn named_options(targets: &Targets, nobody: &str) -> Vec<(String, String)> {
    let people = targets.people.iter().map(|one| {
        let target = Target::Person(one.person.clone());
        (value_of(Some(&target)), one.name.clone())
    });
    let groups = targets.groups.iter().map(|one| {
        let target = Target::Group(one.group.clone());
        (value_of(Some(&target)), format!("{} (group)", one.name))
    });
    let flows = targets.flows.iter().map(|one| {
        let target = Target::Flow(one.flow.clone());
        (value_of(Some(&target)), format!("{} (flow)", one.name))
    });
    let nobody = (String::new(), nobody.to_owned());
    let first = std::iter::once(nobody);
    first.chain(people).chain(groups).chain(flows).collect()
}

/// The same options with whom a number rings now, by the beginning of its id if it is not among them: they may not all be here yet, and a number
/// that rings somebody is never shown as if it rang nobody.
pub(crate) fn with_present(
    options: &[(String, String)],
    target: Option<&Target>,
) -> Vec<(String, String)> {
    let (id, kind) = match target {
        None => return options.to_vec(),
        Some(Target::Person(id)) => (id.to_string(), ""),
        Some(Target::Group(id)) => (id.to_string(), " (group)"),
        Some(Target::Flow(id)) => (id.to_string(), " (flow)"),
    };
    let present = value_of(target);
    let mut all = options.to_vec();
    if all.iter().all(|(value, _)| *value != present) {
        let mut short: String = id.chars().take(SHORT_ID).collect();
        if short.len() < id.len() {
            short.push('…');
        }
        all.push((present, format!("{short}{kind}")));
    }
    all
}

/// A day as people say it.
pub(crate) fn day_name(day: Day) -> &'static str {
    match day {
        Day::Monday => "Monday",
        Day::Tuesday => "Tuesday",
        Day::Wednesday => "Wednesday",
        Day::Thursday => "Thursday",
        Day::Friday => "Friday",
        Day::Saturday => "Saturday",
        Day::Sunday => "Sunday",
    }
}

fn wrong(field: impl Into<String>, words: impl Into<String>) -> Wrong {
    Wrong {
        field: field.into(),
        words: words.into(),
    }
}

fn seconds(field: &str, text: &str, found: &mut Vec<Wrong>) -> u32 {
    match text.trim().parse() {
        Ok(seconds) if (5..=120).contains(&seconds) => seconds,
        Ok(_) | Err(_) => {
            found.push(wrong(field, "5 to 120 seconds"));
            0
        }
    }
}

/// A group as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupDraft {
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
    pub(crate) ring_s: String,
    pub(crate) members: Vec<PersonId>,
    pub(crate) version: Option<u64>,
}

impl GroupDraft {
    /// A new one, or one that is there.
    pub(crate) fn of(group: Option<&Group>) -> Self {
        match group {
            None => Self {
                name: String::new(),
                strategy: Strategy::AllAtOnce,
                ring_s: RING_S.to_owned(),
                members: Vec::new(),
                version: None,
            },
            Some(group) => Self {
                name: group.name.clone(),
                strategy: group.strategy,
                ring_s: group.ring_s.to_string(),
                members: group.members.clone(),
                version: Some(group.version),
            },
        }
    }

    /// The same with a member one place further up.
    pub(crate) fn raised(&self, at: usize) -> Self {
        let mut next = self.clone();
        if at > 0 && at < next.members.len() {
            next.members.swap(at - 1, at);
        }
        next
    }

    /// What is sent.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn body(&self) -> Result<GroupForm, Vec<Wrong>> {
        let mut found = Vec::new();
        if self.name.trim().is_empty() {
            found.push(wrong("name", "Say what it is called"));
        }
        let ring_s = seconds("ringS", &self.ring_s, &mut found);
        if self.members.is_empty() {
            found.push(wrong("members", "Add at least one person"));
        }
        if !found.is_empty() {
            return Err(found);
        }
        Ok(GroupForm {
            name: self.name.trim().to_owned(),
            strategy: self.strategy,
            ring_s,
            members: self.members.clone(),
            version: self.version,
        })
    }
}

/// A flow as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlowDraft {
    pub(crate) name: String,
    pub(crate) time_zone: String,
    /// Each day's hours as text, from Monday: `08:00-12:00, 13:30-17:30`, or nothing.
    pub(crate) days: [String; 7],
    /// A country, or nothing.
    pub(crate) holidays: String,
    /// Values of choices.
    pub(crate) open: String,
    pub(crate) open_s: String,
    /// Empty: nobody rings.
    pub(crate) closed: String,
    pub(crate) refuse: String,
    /// Empty: the call ends.
    pub(crate) unanswered: String,
    pub(crate) version: Option<u64>,
}

impl FlowDraft {
    /// A new one, for working days of an office, or one that is there.
    pub(crate) fn of(flow: Option<&Flow>, time_zone: &str) -> Self {
        let Some(flow) = flow else {
            let days = std::array::from_fn(|at| {
                if at < 5 {
                    "08:00-12:00, 13:00-17:00"
                } else {
                    ""
                }
                .to_owned()
            });
            return Self {
                name: String::new(),
                time_zone: time_zone.to_owned(),
                days,
                holidays: String::new(),
                open: String::new(),
                open_s: String::new(),
                closed: String::new(),
                refuse: "Outside our opening hours".to_owned(),
                unanswered: String::new(),
                version: None,
            };
        };
        let to = |to: &RingTo| {
            let target = Target::of(to.person.clone(), to.group.clone(), None);
            value_of(target.ok().flatten().as_ref())
        };
        Self {
            name: flow.name.clone(),
            time_zone: flow.time_zone.clone(),
            days: Day::ALL.map(|day| hours_text(&flow.hours, day)),
            holidays: flow.holidays.clone().unwrap_or_default(),
            open: to(&flow.open),
            open_s: flow.open.ring_s.map(|s| s.to_string()).unwrap_or_default(),
            closed: flow.closed.ring.as_ref().map(to).unwrap_or_default(),
            refuse: flow.closed.refuse.clone().unwrap_or_default(),
            unanswered: flow.unanswered.as_ref().map(to).unwrap_or_default(),
            version: Some(flow.version),
        }
    }

    /// What is sent.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn body(&self) -> Result<FlowForm, Vec<Wrong>> {
        let mut found = Vec::new();
        if self.name.trim().is_empty() {
            found.push(wrong("name", "Say what it is called"));
        }
        let mut hours = Vec::new();
        for (day, text) in Day::ALL.into_iter().zip(&self.days) {
            match openings(day, text) {
                Some(openings) => hours.extend(openings),
                None => found.push(wrong(
                    day_name(day),
                    "Hours such as 08:00-12:00, 13:30-17:30; nothing for closed",
                )),
            }
        }
        let ring_s = match self.open_s.trim() {
            "" => None,
            text => Some(seconds("open.ringS", text, &mut found)),
        };
        let Some(open) = ring_to(&self.open, ring_s) else {
            found.push(wrong("open", "Choose who rings"));
            return Err(found);
        };
        let ring = ring_to(&self.closed, None);
        if ring.is_none() && self.refuse.trim().is_empty() {
            found.push(wrong("closed.refuse", "Say why, for the call log"));
        }
        if !found.is_empty() {
            return Err(found);
        }
        Ok(FlowForm {
            name: self.name.trim().to_owned(),
            time_zone: self.time_zone.trim().to_owned(),
            hours,
            holidays: Some(self.holidays.clone()).filter(|country| !country.is_empty()),
            open,
            closed: WhenClosed {
                refuse: ring.is_none().then(|| self.refuse.trim().to_owned()),
                ring,
            },
            unanswered: ring_to(&self.unanswered, None),
            version: self.version,
        })
    }
}

fn ring_to(value: &str, ring_s: Option<u32>) -> Option<RingTo> {
    let target = target_of(value)?;
    let (person, group) = (target.person().cloned(), target.group().cloned());
    (person.is_some() || group.is_some()).then_some(RingTo {
        person,
        group,
        ring_s,
    })
}

/// A day's hours as text.
pub(crate) fn hours_text(hours: &[Opening], day: Day) -> String {
    let mut of_day: Vec<&Opening> = hours.iter().filter(|one| one.day == day).collect();
    of_day.sort_by(|a, b| a.from.cmp(&b.from));
    let texts: Vec<String> = of_day
        .iter()
        .map(|one| format!("{}-{}", one.from, one.to))
        .collect();
    texts.join(", ")
}

/// A day's hours from text, in the ways that people write them.
fn openings(day: Day, text: &str) -> Option<Vec<Opening>> {
    let parts = text.split([',', ';']).map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    let opening = |part: &str| {
        let (from, to) = part.split_once(['-', '–'])?;
        let (from, to) = (time(from)?, time(to)?);
        let fits = minutes_of(&from)? < minutes_of(&to)?;
        fits.then_some(Opening { day, from, to })
    };
    parts.map(opening).collect()
}

/// `8`, `8:30` and `08:30` as a time of the day.
fn time(text: &str) -> Option<String> {
    let (hours, minutes) = text
        .trim()
        .split_once([':', '.'])
        .unwrap_or((text.trim(), "00"));
    let time = format!("{hours:0>2}:{minutes}");
    minutes_of(&time).map(|_| time)
}

/// What a flow does, in a line.
pub(crate) fn summary(flow: &Flow) -> String {
    let open = Day::ALL
        .iter()
        .filter(|day| flow.hours.iter().any(|one| one.day == **day));
    match open.count() {
        0 => format!("Never open, {}", flow.time_zone),
        1 => format!("Open on one day, {}", flow.time_zone),
        days => format!("Open on {days} days, {}", flow.time_zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_value_and_back() {
        for value in ["person:p-1", "group:g-1", "flow:f-1"] {
            assert_eq!(value_of(target_of(value).as_ref()), value);
        }
        assert_eq!((target_of(""), target_of("p-1")), (None, None));
    }

    #[test]
    fn whom_a_customers_numbers_can_ring_is_offered_by_name() {
        let targets = serde_json::json!({
            "people": [{ "person": "p-1", "name": "Mia" }], "groups": [{ "group": "g-1", "name": "Sales" }],
            "flows": [{ "flow": "f-1", "name": "Office hours" }],
        });
        let options = named_options(&serde_json::from_value(targets).unwrap(), "Nobody yet");
        let shown: Vec<_> = options
            .iter()
            .map(|(value, name)| (value.as_str(), name.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("", "Nobody yet"),
                ("person:p-1", "Mia"),
                ("group:g-1", "Sales (group)"),
                ("flow:f-1", "Office hours (flow)"),
            ]
        );
    }

    #[test]
    fn whom_a_number_rings_is_offered_before_the_people_are_here() {
        let nobody = vec![(String::new(), "Nobody".to_owned())];
        let last = |value: &str, options: &[(String, String)]| {
            let options = with_present(options, target_of(value).as_ref());
            let found = options.iter().filter(|(one, _)| one == value);
            assert_eq!(found.count(), 1, "{value}: {options:?}");
            options.last().expect("one").1.clone()
        };
        assert_eq!(last("", &nobody), "Nobody");
        assert_eq!(last("person:p-mia", &nobody), "p-mia");
        let long = "person:0192f0c1-7a55-7d3e-8c11-2b6f0a9d4e10";
        assert_eq!(last(long, &nobody), "0192f0c1-7…");
        assert_eq!(last("group:g-1", &nobody), "g-1 (group)");
        assert_eq!(last("flow:f-1", &nobody), "f-1 (flow)");
        let mut here = nobody;
        here.push(("person:p-mia".to_owned(), "Mia".to_owned()));
        assert_eq!(last("person:p-mia", &here), "Mia");
    }

    #[test]
    fn hours_are_read_as_people_write_them() {
        let read = |text: &str| openings(Day::Monday, text).map(|o| hours_text(&o, Day::Monday));
        for (text, hours) in [
            ("8-12, 13:30 – 17", Some("08:00-12:00, 13:30-17:00")),
            ("", Some("")),
            ("0-24", Some("00:00-24:00")),
            ("8", None),
            ("17-8", None),
            ("8:5-9", None),
            ("25-26", None),
        ] {
            assert_eq!(read(text).as_deref(), hours, "{text}");
        }
    }

    #[test]
    fn a_flow_reads_back_as_it_was_filled_in_and_names_what_is_missing() {
        let mut draft = FlowDraft::of(None, "Europe/Zurich");
        let missing = draft.body().unwrap_err();
        let fields: Vec<_> = missing.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["name", "open"]);
        draft.name = "Office".to_owned();
        draft.open = "group:g-1".to_owned();
        draft.open_s = "15".to_owned();
        draft.unanswered = "person:p-1".to_owned();
        let form = draft.body().unwrap();
        let flow = Flow {
            flow: "f-1".into(),
            name: form.name,
            time_zone: form.time_zone,
            hours: form.hours,
            holidays: form.holidays,
            open: form.open,
            closed: form.closed,
            unanswered: form.unanswered,
            version: 3,
            used_by: Vec::new(),
        };
        draft.version = Some(3);
        assert_eq!(FlowDraft::of(Some(&flow), "UTC"), draft);
        assert_eq!(summary(&flow), "Open on 5 days, Europe/Zurich");
        draft.open_s = "200".to_owned();
        assert_eq!(draft.body().unwrap_err()[0].field, "open.ringS");
    }

    #[test]
    fn a_group_needs_a_name_and_people_in_an_order() {
        let mut draft = GroupDraft::of(None);
        assert_eq!(draft.body().unwrap_err().len(), 2);
        draft.name = "Sales ".to_owned();
        draft.members = vec!["p-1".into(), "p-2".into()];
        let form = draft.raised(1).raised(0).body().unwrap();
        assert_eq!(
            form.members,
            ["p-2".into(), "p-1".into()].to_vec() as Vec<PersonId>
        );
        assert_eq!((form.name.as_str(), form.ring_s), ("Sales", 20));
    }
}
