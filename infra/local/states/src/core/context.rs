//! The context object. Source: developer guide, "Accessing execution data from the Context object".

use rand::rngs::SmallRng;

use crate::asl::chance::{mixed, of_field};
use crate::asl::expression::{Contextual, Scope};
use crate::asl::{Kind, State};
use crate::integration::{Family, Pattern};
use crate::json::{Json, push_string};

use super::items::Items;
use super::map_run::STATE_DATA;
use super::{Branch, BranchId, Doing, Execution, TaskId, World};

/// Everything that the context object is written from.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) execution: &'a Execution,
    pub(super) branch: &'a Branch,
    pub(super) world: &'a World<'a>,
    /// The item whose turn it is, while its input is made.
    pub(super) item: Option<Item<'a>>,
}

/// An item of a Map.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    items: &'a Items,
    index: u32,
    source: &'a str,
}

impl std::fmt::Debug for Here<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Here")
            .field("execution", &self.execution.identity.arn)
            .finish_non_exhaustive()
    }
}

impl<'a> Here<'a> {
    pub(super) fn state(&self) -> &'a State {
        self.world.definition.state(self.branch.state)
    }

    /// The same place, at an item's turn.
    pub(super) fn at_item<'i>(&self, items: &'i Items, index: u32, source: &'i str) -> Here<'i>
    where
        'a: 'i,
    {
        Here {
            execution: self.execution,
            branch: self.branch,
            world: self.world,
            item: Some(Item {
                items,
                index,
                source,
            }),
        }
    }

    /// The item at hand: the one whose turn it is, or that of the innermost iteration this branch is in.
    fn item(&self) -> Option<Item<'a>> {
        if self.item.is_some() {
            return self.item;
        }
        let mut at = self.branch;
        while let Some((parent, index)) = at.parent {
            at = self.execution.branches.get(&parent)?;
            if let Doing::Mapping(mapping) = &at.doing {
                return Some(Item {
                    items: &mapping.items,
                    index,
                    source: STATE_DATA,
                });
            }
        }
        None
    }

    /// What an expression of this state sees.
    pub(super) fn scope<'s>(
        &'s self,
        result: Option<&'s Json>,
        error_output: Option<&'s Json>,
    ) -> Scope<'s> {
        Scope {
            input: &self.branch.data,
            result,
            error_output,
            context: self,
            variables: &self.branch.variables,
            now_ms: self.world.now_ms,
            seed: self.seed(),
        }
    }

    /// The seed of this place: of the execution, the event, the branch, the attempt and the item. What is evaluated
    /// between two events of one branch is told apart by its field.
    fn seed(&self) -> u64 {
        let (parent, place) = self.branch.parent.unwrap_or((BranchId::MAX, 0));
        mixed([
            self.execution.identity.seed,
            self.execution.last_event.into(),
            parent.into(),
            place.into(),
            self.branch.retry_count().into(),
            self.item.map_or(u64::MAX, |item| item.index.into()),
        ])
    }

    /// Chance for something that is no field of the state.
    pub(super) fn chance(&self, of: &str) -> SmallRng {
        of_field(self.seed(), of)
    }

    /// The token of the task that the next event would schedule, if this state waits for one.
    fn token(&self) -> Option<String> {
        match &self.state().kind {
            Kind::Task(task)
                if task.resource.pattern != Pattern::RequestResponse
                    && task.resource.family == Family::Task =>
            {
                Some((self.world.token)(TaskId(self.execution.last_event + 1)))
            }
            _other => None,
        }
    }
}

impl Contextual for Here<'_> {
    fn context(&self) -> Json {
        if let Some(given) = self.world.context {
            return given.clone();
        }
        let identity = &self.execution.identity;
        let mut out = String::with_capacity(512 + identity.input.len());
        out.push_str("{\"Execution\":{\"Id\":");
        push_string(&mut out, &identity.arn);
        out.push_str(",\"Input\":");
        out.push_str(identity.input.as_str());
        out.push_str(",\"Name\":");
        push_string(&mut out, self.execution.name());
        out.push_str(",\"RoleArn\":");
        // Only in a trial there is none.
        if identity.role_arn.is_empty() {
            out.push_str("null");
        } else {
            push_string(&mut out, &identity.role_arn);
        }
        out.push_str(",\"StartTime\":");
        push_string(&mut out, &time(identity.started_ms));
        // Recorded from AWS: what is tested alone has no count.
        if self.world.tested.is_none() {
            out.push_str(",\"RedriveCount\":");
            out.push_str(&self.execution.redrive_count().to_string());
        }
        if let Some(redrives) = &self.execution.redrives {
            out.push_str(",\"RedriveTime\":");
            push_string(&mut out, &time(redrives.last_ms));
        }
        out.push_str("},\"State\":{\"Name\":");
        push_string(&mut out, self.world.tested.unwrap_or(&self.state().name));
        out.push_str(",\"EnteredTime\":");
        push_string(&mut out, &time(self.branch.entered_ms));
        // Only states that can be tried again count.
        if self.state().handling().is_some() {
            out.push_str(",\"RetryCount\":");
            out.push_str(&self.branch.retry_count().to_string());
        }
        out.push_str("},\"StateMachine\":{\"Id\":");
        push_string(&mut out, &identity.machine_arn);
        out.push_str(",\"Name\":");
        push_string(
            &mut out,
            identity.machine_arn.rsplit(':').next().unwrap_or(""),
        );
        out.push('}');
        if let Some(item) = self.item() {
            out.push_str(",\"Map\":{\"Item\":{");
            item.items.push_context(item.index, &mut out);
            out.push_str(",\"Source\":");
            push_string(&mut out, item.source);
            out.push_str("}}");
        }
        if let Some(token) = self.token() {
            out.push_str(",\"Task\":{\"Token\":");
            push_string(&mut out, &token);
            out.push('}');
        }
        out.push('}');
        Json::trusted(out)
    }
}

/// A time as the context object has it: RFC 3339 in UTC, without a fraction on the second. Source: developer guide, "Accessing
/// execution data from the Context object", "Timestamp format with fractional seconds".
fn time(at_ms: i64) -> String {
    let time = rfc3339(at_ms);
    let whole = time.strip_suffix(".000Z").map(|whole| format!("{whole}Z"));
    whole.unwrap_or(time)
}

/// A time as Step Functions writes it elsewhere: RFC 3339 with milliseconds, in UTC.
pub(crate) fn rfc3339(at_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_fraction_only_between_seconds() {
        assert_eq!(time(1_767_225_600_000), "2026-01-01T00:00:00Z");
        assert_eq!(time(1_767_225_600_500), "2026-01-01T00:00:00.500Z");
        assert_eq!(rfc3339(1_767_225_600_000), "2026-01-01T00:00:00.000Z");
    }
}
