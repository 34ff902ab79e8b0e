//! Who rings, one after the other: what a number's target comes to at the beginning of a call.
use contract::PersonId;
use contract::routing::{Group, Strategy};
use serde::{Deserialize, Serialize};

/// Somebody who may ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
}

/// People who ring at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// What the caller's screen shows meanwhile: the person's name, or the group's.
    pub name: String,
    /// For how long, whole seconds.
    pub ring_s: u32,
    /// Who.
    pub people: Vec<Candidate>,
}

/// How a group rings. `members` are those of its people who are still there, in its order.
pub fn of_group(group: &Group, members: Vec<Candidate>, ring_s: Option<u32>) -> Vec<Stage> {
    let ring_s = ring_s.unwrap_or(group.ring_s);
    let stage = |people: Vec<Candidate>| Stage {
        name: group.name.clone(),
        ring_s,
        people,
    };
    match group.strategy {
        Strategy::AllAtOnce => vec![stage(members)],
        Strategy::InTurn => members.into_iter().map(|one| stage(vec![one])).collect(),
    }
}

/// How a person rings.
pub fn of_person(one: Candidate, ring_s: u32) -> Stage {
    Stage {
        name: one.name.clone(),
        ring_s,
        people: vec![one],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(n: usize) -> Candidate {
        Candidate {
            person: format!("p-{n}").into(),
            name: format!("Person {n}"),
        }
    }

    #[test]
    fn a_group_rings_at_once_or_one_after_the_other_in_its_order() {
        let mut group = Group {
            group: "g-1".into(),
            name: "Sales".into(),
            strategy: Strategy::AllAtOnce,
            ring_s: 20,
            members: Vec::new(),
            version: 1,
            used_by: Vec::new(),
        };
        let members: Vec<_> = (1..=3).map(candidate).collect();
        let at_once = of_group(&group, members.clone(), None);
        assert_eq!(at_once.len(), 1);
        assert_eq!((at_once[0].ring_s, &at_once[0].people), (20, &members));
        group.strategy = Strategy::InTurn;
        let in_turn = of_group(&group, members.clone(), Some(8));
        let people: Vec<_> = in_turn.iter().flat_map(|stage| &stage.people).collect();
        assert_eq!(people, members.iter().collect::<Vec<_>>());
        assert!(
            in_turn
                .iter()
                .all(|stage| stage.ring_s == 8 && stage.people.len() == 1)
        );
    }
}
