//! The ringing of one call, stage by stage: pure changes of its record, each safe to make twice.
use super::plan::{Candidate, Stage};
use crate::call::record;
use crate::ports::calls::CallRecord;
use crate::ports::clock;
use contract::call::{Routed, Verdict};
use contract::routing::RING_TOTAL_S;
use contract::view::{CallView, Rang, Rung};
use contract::{LegId, PersonId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a call rings that rings nobody.
const DEFAULT_RING_LIMIT_S: u32 = 30;

/// Who is to ring for a call, and how far that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ringing {
    /// Who rings, stage by stage, as it was when the call came.
    pub stages: Vec<Stage>,
    /// Why nobody rings, if the number was closed then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<String>,
    /// Whether the called side's leg is a person's from the beginning: nobody else can be rung.
    pub own: bool,
    /// The first stage that was not tried yet.
    pub next: usize,
    /// When the stage that rings is over, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The last answer, with its turn: asked again, it is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<(u32, Routed)>,
}

impl Ringing {
    /// What is known at the beginning.
    pub fn new(stages: Vec<Stage>, own: bool) -> Self {
        Self {
            stages,
            closed: None,
            own,
            next: 0,
            until: None,
            said: None,
        }
    }

    /// A number that is closed.
    pub fn closed(why: &str) -> Self {
        Self {
            closed: Some(why.to_owned()),
            ..Self::new(Vec::new(), false)
        }
    }

    /// Whether there is nobody to ring, though the number is not closed.
    pub fn is_for_nobody(&self) -> bool {
        self.closed.is_none() && self.stages.iter().all(|stage| stage.people.is_empty())
    }

    /// What was said of a turn.
    pub fn said(&self, turn: u32) -> Option<&Routed> {
        let (of, said) = self.said.as_ref()?;
        (*of == turn).then_some(said)
    }
}

/// Those of a stage who can be rung.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reachable {
    /// Who.
    pub people: Vec<Candidate>,
    /// On how many devices.
    pub devices: u32,
    /// Whether another of them is in another call.
    pub busy: bool,
}

/// Why nobody could be rung. Before anybody was, it is what the caller hears; later the end of the last ringing is.
pub fn nobody(turn: u32, ringing: &Ringing, busy: bool) -> Routed {
    let verdict = match (&ringing.closed, turn) {
        (Some(_), _) => Verdict::Closed,
        (None, 1..) => Verdict::NobodyLeft,
        (None, 0) if ringing.stages.iter().all(|stage| stage.people.is_empty()) => {
            Verdict::NotAssigned
        }
        (None, 0) if busy => Verdict::Busy,
        (None, 0) => Verdict::NotSignedIn,
    };
    Routed {
        verdict,
        ring_limit_s: DEFAULT_RING_LIMIT_S,
        devices: 0,
        more: false,
        reason: ringing.closed.clone(),
    }
}

/// How long a stage rings: its time, as far as the call may ring at all.
pub fn time_of(stage: &Stage, view: &CallView, now: Timestamp) -> u32 {
    let began = view.ringing_at.as_deref().and_then(|at| at.parse().ok());
    let rung = began.map_or(0, |began: Timestamp| now.duration_since(began).as_secs());
    let left = RING_TOTAL_S.saturating_sub(u32::try_from(rung).unwrap_or(0));
    stage.ring_s.min(left)
}

/// Whether the stage that rings goes on, because one of several declined: then for how long, whole seconds.
pub fn goes_on(record: &CallRecord, declined: &PersonId, now: Timestamp) -> Option<Routed> {
    let ringing = record.private.ringing.as_ref()?;
    let mut others = record.view.rung.iter();
    let others = others
        .by_ref()
        .filter(|rung| rung.status == Rang::Ringing && rung.person != *declined)
        .count();
    let until: Timestamp = ringing.until.as_deref()?.parse().ok()?;
    let left = u32::try_from(until.duration_since(now).as_secs()).ok()?;
    (others > 0 && left > 0).then(|| Routed {
        verdict: Verdict::Ring,
        ring_limit_s: left,
        devices: record.view.rang_devices.unwrap_or(0),
        more: others > 1 || ringing.next < ringing.stages.len(),
        reason: None,
    })
}

/// Somebody declined: they ring no more and are free.
pub fn decline(record: &mut CallRecord, person: &PersonId) {
    for rung in &mut record.view.rung {
        if rung.person == *person && rung.status == Rang::Ringing {
            rung.status = Rang::Declined;
            record.private.engaged.remove(person);
        }
    }
}

/// A stage rings: those who can be rung are engaged, those who rang before are free. `at` is the stage's place.
pub fn ring(
    record: &mut CallRecord,
    at: usize,
    reachable: &Reachable,
    said: (u32, &Routed),
    now: Timestamp,
) {
    record::stop_ringing(record);
    let Some(ringing) = &mut record.private.ringing else {
        return;
    };
    let until = now.checked_add(SignedDuration::from_secs(said.1.ring_limit_s.into()));
    ringing.until = until.ok().map(clock::text);
    ringing.next = at + 1;
    ringing.said = Some((said.0, said.1.clone()));
    let (own, name) = (
        ringing.own,
        ringing.stages.get(at).map(|stage| stage.name.clone()),
    );
    record.view.rang_devices = Some(reachable.devices);
    for one in &reachable.people {
        record.private.engaged.insert(one.person.clone());
        if own {
            continue;
        }
        let known = record.view.rung.iter_mut();
        match known.into_iter().find(|rung| rung.person == one.person) {
            Some(rung) => rung.status = Rang::Ringing,
            None => record.view.rung.push(Rung {
                person: one.person.clone(),
                name: one.name.clone(),
                status: Rang::Ringing,
            }),
        }
    }
    if own {
        return;
    }
    let called = record.view.legs.iter_mut();
    for leg in called.filter(|leg| leg.id.as_str() == LegId::CALLEE) {
        if let (None, Some(name)) = (&leg.person, &name) {
            leg.name.clone_from(name);
        }
    }
}

/// Nobody rings any more.
pub fn over(record: &mut CallRecord, said: (u32, &Routed)) {
    record::stop_ringing(record);
    if let Some(ringing) = &mut record.private.ringing {
        ringing.next = ringing.stages.len();
        ringing.until = None;
        ringing.said = Some((said.0, said.1.clone()));
    }
}

#[cfg(test)]
#[path = "ringing_tests.rs"]
mod tests;
