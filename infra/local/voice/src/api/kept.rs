//! What the API keeps by id: adding, finding, changing.

use super::Failure;
use crate::store::{Application, Connector, Rule, State};
use std::collections::BTreeMap;

/// A kind of thing in the store.
pub(super) trait Kept: Sized {
    /// What one is called.
    const NAME: &'static str;
    /// Most of them (service quota).
    const MAX: usize;

    fn all(state: &State) -> &BTreeMap<String, Self>;
    fn all_mut(state: &mut State) -> &mut BTreeMap<String, Self>;

    fn find<'a>(state: &'a State, id: &str) -> Result<&'a Self, Failure> {
        Self::all(state).get(id).ok_or_else(|| missing::<Self>(id))
    }

    fn find_mut<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Self, Failure> {
        Self::all_mut(state)
            .get_mut(id)
            .ok_or_else(|| missing::<Self>(id))
    }

    fn add(self, state: &mut State, id: String) -> Result<(), Failure> {
        if Self::all(state).len() >= Self::MAX {
            return Err(Failure::LimitExceeded(format!(
                "at most {} {}s",
                Self::MAX,
                Self::NAME
            )));
        }
        Self::all_mut(state).insert(id, self);
        Ok(())
    }
}

fn missing<K: Kept>(id: &str) -> Failure {
    Failure::NotFound(format!("no {} {id}", K::NAME))
}

macro_rules! kept {
    ($kind:ident, $name:literal, $max:literal, $field:ident) => {
        impl Kept for $kind {
            const NAME: &'static str = $name;
            const MAX: usize = $max;

            fn all(state: &State) -> &BTreeMap<String, Self> {
                &state.$field
            }

            fn all_mut(state: &mut State) -> &mut BTreeMap<String, Self> {
                &mut state.$field
            }
        }
    };
}

kept!(Application, "SIP media application", 30, applications);
kept!(Rule, "SIP rule", 1_000, rules);
// The service's default quota is 3; this machine has no reason to be that strict.
kept!(Connector, "Voice Connector", 100, connectors);
