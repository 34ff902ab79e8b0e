//! Whom a number rings: a person, a group of people, or a flow that decides by the hour.
use crate::{FlowId, GroupId, PersonId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Most people of a group. Two groups and a caller fit into one transaction of the store, which takes 100 items.
pub const MAX_MEMBERS: usize = 16;
/// Most openings of a flow's week.
pub const MAX_OPENINGS: usize = 28;
/// Most groups of a tenant, and most flows.
pub const MAX_EACH: usize = 200;
/// The shortest time that somebody rings, whole seconds.
pub const RING_MIN_S: u32 = 5;
/// The longest time that somebody rings, whole seconds.
pub const RING_MAX_S: u32 = 120;
/// How long all the ringing of one call may take, whole seconds: many networks give up after three minutes (RFC 3261, timer C).
pub const RING_TOTAL_S: u32 = 180;
/// Longest name of a group or a flow, in characters.
pub const NAME_MAX: usize = 60;
/// Longest reason why a flow rings nobody, in characters.
pub const REASON_MAX: usize = 100;
/// The minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// Whom a number rings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Somebody.
    Person(PersonId),
    /// Several people.
    Group(GroupId),
    /// Who rings depends on the hour.
    Flow(FlowId),
}

/// More than one of `person`, `group` and `flow` was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("one of person, group and flow, not several")]
pub struct Several;

impl Target {
    /// The one that is named, if one is.
    ///
    /// # Errors
    /// [`Several`] if more than one is.
    pub fn of(
        person: Option<PersonId>,
        group: Option<GroupId>,
        flow: Option<FlowId>,
    ) -> Result<Option<Self>, Several> {
        let mut named = [
            person.map(Self::Person),
            group.map(Self::Group),
            flow.map(Self::Flow),
        ]
        .into_iter()
        .flatten();
        let first = named.next();
        named.next().map_or(Ok(first), |_| Err(Several))
    }

    /// The person, if it is one.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Group(_) | Self::Flow(_) => None,
        }
    }

    /// The group, if it is one.
    pub fn group(&self) -> Option<&GroupId> {
        match self {
            Self::Group(group) => Some(group),
            Self::Person(_) | Self::Flow(_) => None,
        }
    }

    /// The flow, if it is one.
    pub fn flow(&self) -> Option<&FlowId> {
        match self {
            Self::Flow(flow) => Some(flow),
            Self::Person(_) | Self::Group(_) => None,
        }
    }
}

/// How the people of a group ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// All at the same time; the first who answers has the call.
    AllAtOnce,
    /// One after the other, as they are listed, each for the group's time.
    InTurn,
}

/// `POST /v1/groups`, `PUT /v1/groups/{group}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupForm {
    /// 1 to 60 characters; no other group of the tenant has it, in any case.
    pub name: String,
    /// How they ring.
    pub strategy: Strategy,
    /// How long they ring, or each of them, whole seconds, 5 to 120.
    pub ring_s: u32,
    /// 1 to 16 people of the tenant, each once; their order is the order in which they ring in turn.
    pub members: Vec<PersonId>,
    /// To change a group: the version that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A group of people who ring together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Its id: `g-` and a UUID.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// How they ring.
    pub strategy: Strategy,
    /// How long they ring, or each of them, whole seconds, 5 to 120.
    pub ring_s: u32,
    /// Who they are, in the order in which they ring in turn.
    pub members: Vec<PersonId>,
    /// One more at each change.
    pub version: u64,
    /// The numbers and flows (their ids) that ring it. While there is one it cannot be deleted.
    #[serde(default)]
    pub used_by: Vec<String>,
}

/// `GET /v1/groups`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Groups {
    /// By name, at most 200.
    pub groups: Vec<Group>,
}

/// `GET /v1/targets`: whom the numbers of a tenant can ring.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Targets {
    /// By name, at most 1,000.
    pub people: Vec<NamedPerson>,
    /// By name, at most 200.
    pub groups: Vec<NamedGroup>,
    /// By name, at most 200.
    pub flows: Vec<NamedFlow>,
}

/// A person whom numbers can ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NamedPerson {
    /// Their id.
    pub person: PersonId,
    /// Their name.
    pub name: String,
}

/// A group that numbers can ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NamedGroup {
    /// Its id.
    pub group: GroupId,
    /// Its name.
    pub name: String,
}

/// A flow that numbers can be led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NamedFlow {
    /// Its id.
    pub flow: FlowId,
    /// Its name.
    pub name: String,
}

/// A day of the week.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days are what they are called")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    /// The week.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];
}

/// Hours of a day of the week, by the clock of the flow's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Opening {
    /// Which day.
    pub day: Day,
    /// Open from this minute on, such as `08:30`.
    pub from: String,
    /// Closed from this minute on, such as `17:00`; `24:00` is the end of the day.
    pub to: String,
}

/// The minutes since midnight that a text such as `08:30` says, 0 to 1440 (`24:00`).
pub fn minutes_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let sum = hours * 60 + minutes;
    (minutes < 60 && sum <= DAY_MINUTES).then_some(sum)
}

/// Who is to ring, and for how long: one of `person` and `group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RingTo {
    /// Somebody of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// A group of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// For how long, whole seconds, 5 to 120; the person's or the group's own time if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_s: Option<u32>,
}

/// What happens outside the opening hours: one of `ring` and `refuse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WhenClosed {
    /// Somebody else rings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring: Option<RingTo>,
    /// Nobody rings: why, 1 to 100 characters, for the call log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuse: Option<String>,
}

/// `POST /v1/flows`, `PUT /v1/flows/{flow}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlowForm {
    /// 1 to 60 characters; no other flow of the tenant has it, in any case.
    pub name: String,
    /// Whose clock counts: a name of the IANA time zone database, such as `Europe/Zurich`.
    pub time_zone: String,
    /// The hours of the week, at most 28; of one day none reaches into another.
    pub hours: Vec<Opening>,
    /// Closed on the public holidays of this country (ISO 3166-1 alpha-2); on none if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<String>,
    /// Who rings in the opening hours.
    pub open: RingTo,
    /// What happens outside them.
    pub closed: WhenClosed,
    /// Who rings, once, when nobody of them took the call; nobody if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<RingTo>,
    /// To change a flow: the version that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// Decides by the hour who rings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// Its id: `f-` and a UUID.
    pub flow: FlowId,
    /// Its name.
    pub name: String,
    /// Whose clock counts.
    pub time_zone: String,
    /// The hours of the week.
    pub hours: Vec<Opening>,
    /// Closed on the public holidays of this country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<String>,
    /// Who rings in the opening hours.
    pub open: RingTo,
    /// What happens outside them.
    pub closed: WhenClosed,
    /// Who rings, once, when nobody of them took the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<RingTo>,
    /// One more at each change.
    pub version: u64,
    /// The numbers that it decides for. While there is one it cannot be deleted.
    #[serde(default)]
    pub used_by: Vec<String>,
}

impl Flow {
    /// Everybody whom it may let ring, with the field that names them.
    pub fn rings(&self) -> Vec<(&'static str, &RingTo)> {
        rings(&self.open, &self.closed, self.unanswered.as_ref())
    }
}

impl FlowForm {
    /// Everybody whom the flow may let ring, with the field that names them.
    pub fn rings(&self) -> Vec<(&'static str, &RingTo)> {
        rings(&self.open, &self.closed, self.unanswered.as_ref())
    }
}

fn rings<'f>(
    open: &'f RingTo,
    closed: &'f WhenClosed,
    unanswered: Option<&'f RingTo>,
) -> Vec<(&'static str, &'f RingTo)> {
    let closed = closed.ring.as_ref().map(|to| ("closed.ring", to));
    let after = unanswered.map(|to| ("unanswered", to));
    let all = [Some(("open", open)), closed, after];
    all.into_iter().flatten().collect()
}

/// `GET /v1/flows`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Flows {
    /// By name, at most 200.
    pub flows: Vec<Flow>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_two_digits_each_and_ends_at_midnight() {
        for (text, minutes) in [
            ("00:00", Some(0)),
            ("08:30", Some(510)),
            ("24:00", Some(1_440)),
            ("24:01", None),
            ("08:60", None),
            ("8:30", None),
            ("+8:30", None),
            ("0830", None),
            ("", None),
        ] {
            assert_eq!(minutes_of(text), minutes, "{text}");
        }
    }

    #[test]
    fn a_target_is_one_or_none() {
        let (person, group) = (PersonId::from("p-1"), GroupId::from("g-1"));
        assert_eq!(Target::of(None, None, None), Ok(None));
        assert_eq!(
            Target::of(None, Some(group.clone()), None),
            Ok(Some(Target::Group(group.clone())))
        );
        assert_eq!(Target::of(Some(person), Some(group), None), Err(Several));
    }
}
