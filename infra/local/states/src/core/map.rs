//! An inline Map: an iteration is a branch that is made when its turn comes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::advance::{in_state, unevaluated};
use super::apply::Misfit;
use super::context::Here;
use super::items::Items;
use super::map_run::STATE_DATA;
use super::record::{Problem, What};
use super::step::{Stepper, too_large};
use super::{BranchId, Doing, MAX_PAYLOAD_BYTES};
use crate::asl::data::Data;
use crate::asl::expression::{Failure, Scope};
use crate::asl::map::{MAX_INLINE_CONCURRENCY, Map, not_an_array};
use crate::asl::{Kind, StateIx, errors};
use crate::json::Json;

/// An inline Map under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    /// What it runs over.
    pub items: Arc<Items>,
    /// Most iterations at the same time.
    pub concurrency: u32,
    /// Index of the next iteration to start.
    pub next: u32,
    /// How many are under way.
    pub running: u32,
    /// What each iteration that was started gave.
    pub outputs: Vec<Option<Json>>,
    /// The event that the next iteration's start follows.
    pub follows: u32,
}

impl Mapping {
    pub(super) fn new(items: Items, concurrency: u32, event: u32) -> Self {
        Self {
            items: Arc::new(items),
            concurrency,
            next: 0,
            running: 0,
            outputs: Vec::new(),
            follows: event,
        }
    }

    /// Can an iteration start?
    pub(super) fn can_start(&self) -> bool {
        self.next < self.items.len() && self.running < self.concurrency
    }

    /// Have all ended?
    pub(super) fn is_over(&self) -> bool {
        self.next == self.items.len() && self.running == 0
    }

    /// An iteration was started.
    pub(super) fn started(&mut self) {
        self.next += 1;
        self.running += 1;
        self.outputs.push(None);
    }

    /// An iteration ended well; its last event was `event`.
    pub(super) fn ended(&mut self, index: u32, output: Json, event: u32) -> Result<(), Misfit> {
        let place = self.outputs.get_mut(index as usize).ok_or(Misfit)?;
        *place = Some(output);
        self.running = self.running.checked_sub(1).ok_or(Misfit)?;
        self.follows = event;
        Ok(())
    }
}

/// What a Map state does once it has been entered.
pub(super) fn begin(here: &Here<'_>, map: &Map) -> What {
    let reads = map.distributed.as_ref().is_some_and(|d| d.reader.is_some());
    if reads {
        let items = Some(Json::trusted("[]"));
        return What::MapRunEntered { items };
    }
    let scope = here.scope(None, None);
    let root = match here.state().data.root(&scope) {
        Ok(root) => root,
        Err(failure) => return unevaluated(here, failure, false),
    };
    let sight = Scope {
        input: &root,
        ..scope
    };
    let items = match &map.items {
        None => root.clone(),
        Some(items) => match items.json(&sight) {
            Ok(items) => items,
            Err(failure) => return unevaluated(here, failure, false),
        },
    };
    if items.len() > MAX_PAYLOAD_BYTES {
        return too_long(here);
    }
    if Items::of(&items).is_err() {
        return no_items(here, &items);
    }
    let items = (items != here.branch.data).then_some(items);
    if map.distributed.is_some() {
        return What::MapRunEntered { items };
    }
    let asked = match &map.max_concurrency {
        None => 0,
        Some(amount) => match amount.whole(&sight, "MaxConcurrency", u32::MAX) {
            Ok(number) => number,
            Err(failure) => return unevaluated(here, failure, false),
        },
    };
    let concurrency = match asked {
        0 => MAX_INLINE_CONCURRENCY,
        some => some.min(MAX_INLINE_CONCURRENCY),
    };
    What::MapStarted { items, concurrency }
}

/// The state's input is not something to iterate over.
fn no_items(here: &Here<'_>, items: &Json) -> What {
    if matches!(here.state().data, Data::JsonPath(_)) {
        return unevaluated(here, not_an_array("$"), false);
    }
    let sentence = format!(
        "Map state input must be an array but was: {}",
        items.as_str()
    );
    let cause = in_state(here.state(), here.branch.entered_event, &sentence);
    What::EvaluationFailed {
        problem: Problem {
            error: errors::QUERY_EVALUATION.to_owned(),
            cause: Some(cause),
        },
        field: String::new(),
        uncaught: false,
    }
}

fn too_long(here: &Here<'_>) -> What {
    What::Broke {
        problem: too_large(&here.state().name),
        uncaught: false,
    }
}

/// What an item's iteration or child gets, where an `ItemSelector` says so.
pub(super) fn selected(
    here: &Here<'_>,
    map: &Map,
    items: &Items,
    index: u32,
    source: &str,
) -> Result<Option<Json>, Failure> {
    let Some(selector) = &map.selector else {
        return Ok(None);
    };
    let turn = here.at_item(items, index, source);
    let scope = turn.scope(None, None);
    let root = here.state().data.root(&scope)?;
    let sight = Scope {
        input: &root,
        ..scope
    };
    selector.json(&sight, "ItemSelector").map(Some)
}

/// The Map state of a branch, if it is in one.
pub(super) fn map_of<'a>(here: &Here<'a>) -> Option<&'a Map> {
    match &here.state().kind {
        Kind::Map(map) => Some(map),
        Kind::Pass | Kind::Task(_) | Kind::Choice(_) | Kind::Wait(_) => None,
        Kind::Parallel(_) | Kind::Succeed | Kind::Fail(_) => None,
    }
}

impl Stepper<'_> {
    /// A ready inline Map: start the next iteration, or end.
    pub(super) fn map(&mut self, id: BranchId) {
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        let Doing::Mapping(mapping) = &branch.doing else {
            return;
        };
        if !mapping.can_start() {
            self.write(id, What::ParallelSucceeded);
            return;
        }
        let here = Here {
            execution: self.execution,
            branch,
            world: self.world,
            item: None,
        };
        let Some(map) = map_of(&here) else { return };
        let start: StateIx = here.world.definition.flows[usize::from(map.processor)].start;
        let chosen = selected(&here, map, &mapping.items, mapping.next, STATE_DATA);
        let what = match chosen {
            Ok(Some(input)) if input.len() > MAX_PAYLOAD_BYTES => too_long(&here),
            Ok(input) => What::IterationStarted { start, input },
            Err(failure) => unevaluated(&here, failure, false),
        };
        self.write(id, what);
    }
}
