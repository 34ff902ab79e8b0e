//! State machines, their versions and aliases, and the definitions that executions were started with.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::long::Pace;
use crate::asl::{self, Definition, Diagnostic};
use crate::core::{Via, Workflow};
use crate::integration::ServiceModels;

/// A state machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Its ARN.
    pub(crate) arn: Arc<str>,
    /// Its name.
    pub(crate) name: String,
    /// Standard or Express; never changes.
    pub(crate) workflow: Workflow,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: i64,
    /// Number of its current definition.
    pub(crate) revision: u64,
    /// Tags, by key.
    pub(crate) tags: BTreeMap<String, String>,
    /// Published versions, by number; at most 1,000.
    pub(crate) versions: BTreeMap<u32, Version>,
    /// The last version number given out; numbers are not used again.
    pub(crate) last_version: u32,
    /// Aliases, by name; at most 100.
    pub(crate) aliases: BTreeMap<String, Alias>,
    /// It was made with `publish`: the version description then, or an empty text. Part of what makes a repeated
    /// request the same.
    pub(crate) published_as: Option<String>,
    /// Deleted, but executions still run.
    pub(crate) deleting: bool,
}

/// A definition that was given a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// Number of the definition.
    pub(crate) revision: u64,
    /// When it was published, in milliseconds since 1970.
    pub(crate) created_ms: i64,
    /// As given.
    pub(crate) description: Option<String>,
}

/// A name for one or two versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    /// As given.
    pub(crate) description: Option<String>,
    /// Where its starts go. The weights sum to 100.
    pub(crate) routes: Vec<Route>,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub(crate) updated_ms: i64,
}

/// A share of an alias's starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    /// To this version.
    pub(crate) version: u32,
    /// So many of 100.
    pub(crate) weight: u8,
}

impl Alias {
    /// The version for a start. `chance` is in 0..100.
    pub(crate) fn pick(&self, chance: u8) -> Option<u32> {
        let mut sum = 0;
        let hit = |route: &&Route| {
            sum += route.weight;
            chance < sum
        };
        self.routes.iter().find(hit).map(|route| route.version)
    }
}

/// A definition as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RevisionText {
    /// Its number, unique in the data folder.
    pub(crate) number: u64,
    /// Its `revisionId`; [`INITIAL`] for the one that the machine was made with.
    pub(crate) id: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: i64,
    /// The definition as given.
    pub(crate) definition: String,
    /// `roleArn`.
    pub(crate) role_arn: Arc<str>,
    /// Logging, tracing and encryption, as JSON members of `DescribeStateMachine`: kept and told, nothing more.
    pub(crate) configuration: String,
}

/// `revisionId` of a machine that was never updated; `DescribeStateMachine` does not show it.
pub(crate) const INITIAL: &str = "INITIAL";

/// A definition, ready to run.
#[derive(Debug)]
pub(crate) struct Revision {
    /// As stored.
    pub(crate) text: RevisionText,
    /// Compiled.
    pub(crate) definition: Definition,
    /// Whether its steps are slow.
    pub(super) pace: Pace,
}

impl Revision {
    /// Compiles its definition, with these models of services.
    pub(crate) fn compile(
        text: RevisionText,
        models: &ServiceModels,
    ) -> Result<Self, Vec<Diagnostic>> {
        let definition = asl::compile_with(&text.definition, models)?;
        Ok(Self::of(text, definition))
    }

    /// As [`Revision::compile`], of a definition that was accepted once.
    pub(crate) fn stored(
        text: RevisionText,
        models: &ServiceModels,
    ) -> Result<Self, Vec<Diagnostic>> {
        let definition = asl::compile_stored(&text.definition, models)?;
        Ok(Self::of(text, definition))
    }

    /// Of a text and what was compiled from it.
    pub(crate) fn of(text: RevisionText, definition: Definition) -> Self {
        Self {
            text,
            definition,
            pace: Pace::default(),
        }
    }
}

/// All state machines.
#[derive(Debug, Default)]
pub(crate) struct Machines {
    /// By ARN.
    pub(crate) by_arn: BTreeMap<Arc<str>, Machine>,
    /// By number. A revision stays while a machine or an execution refers to it.
    pub(crate) revisions: HashMap<u64, Arc<Revision>>,
    /// The last number given out.
    pub(crate) last_revision: u64,
}

/// What an ARN of a machine, a version or an alias leads to.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// The machine.
    pub(crate) machine: &'a Machine,
    /// The definition.
    pub(crate) revision: &'a Arc<Revision>,
    /// The version and alias on the way.
    pub(crate) via: Via,
}

impl Machines {
    /// A machine and its current definition.
    pub(crate) fn current(&self, arn: &str) -> Option<(&Machine, &Arc<Revision>)> {
        let machine = self.by_arn.get(arn)?;
        Some((machine, self.revisions.get(&machine.revision)?))
    }

    /// What `arn` leads to. `chance`, in 0..100, decides between the versions of an alias.
    pub(crate) fn target(&self, arn: &str, chance: impl FnOnce() -> u8) -> Option<Target<'_>> {
        if let Some((machine, revision)) = self.current(arn) {
            let via = Via::default();
            return Some(Target {
                machine,
                revision,
                via,
            });
        }
        let (base, qualifier) = arn.rsplit_once(':')?;
        let machine = self.by_arn.get(base)?;
        let (version, alias) = match qualifier.parse::<u32>() {
            Ok(version) => (version, None),
            Err(_) => {
                let alias = machine.aliases.get(qualifier)?;
                (alias.pick(chance())?, Some(Arc::from(qualifier)))
            }
        };
        let revision = self
            .revisions
            .get(&machine.versions.get(&version)?.revision)?;
        let via = Via {
            version: Some(version),
            alias,
        };
        Some(Target {
            machine,
            revision,
            via,
        })
    }

    /// Drops revisions that only this table still holds.
    pub(crate) fn drop_unused(&mut self) {
        let used: HashSet<u64> = self
            .by_arn
            .values()
            .flat_map(|machine| {
                let versions = machine.versions.values().map(|version| version.revision);
                versions.chain([machine.revision])
            })
            .collect();
        self.revisions
            .retain(|number, revision| used.contains(number) || Arc::strong_count(revision) > 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(routes: &[(u32, u8)]) -> Alias {
        let routes = routes
            .iter()
            .map(|(version, weight)| Route {
                version: *version,
                weight: *weight,
            })
            .collect();
        Alias {
            description: None,
            routes,
            created_ms: 0,
            updated_ms: 0,
        }
    }

    #[test]
    fn an_alias_shares_out_its_starts_by_weight() {
        let split = alias(&[(1, 30), (2, 70)]);
        let to_first = (0..100).filter(|c| split.pick(*c) == Some(1)).count();
        assert_eq!(to_first, 30);
        assert!((0..100).all(|c| split.pick(c).is_some()));
        let all_to_second = alias(&[(1, 0), (2, 100)]);
        assert!((0..100).all(|c| all_to_second.pick(c) == Some(2)));
    }
}
