//! Records from elsewhere: could this engine have written them?
//!
//! Applying records changes an execution and trusts them. Those of an export were in a stranger's hands, so whatever they name
//! is looked at first: states that there are, branches that go on as the records before say.

use super::apply::Misfit;
use super::record::{Record, What};
use super::redrive::{MAX_REDRIVES, Redriven, Wreck};
use super::{BranchId, Doing, Execution, MAX_EVENTS, Status};
use crate::asl::{Definition, StateIx, Then};

/// The last millisecond of the year 9999: what AWS's timestamps can tell.
const LAST_MS: i64 = 253_402_300_799_999;

/// A record that does not follow from those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record {number}: {why}")]
pub struct Unsound {
    /// Which, from 1.
    pub number: usize,
    /// What is wrong.
    pub why: &'static str,
}

/// The execution after all its records. `turns` says from which record on it ran which definition; the first is 0.
pub fn retold(
    start: Execution,
    records: &[Record],
    turns: &[(usize, &Definition)],
) -> Result<Execution, Unsound> {
    let mut execution = start;
    let mut wreck = Wreck::default();
    let mut turns = turns.iter().peekable();
    let mut definition: Option<&Definition> = None;
    for (i, record) in records.iter().enumerate() {
        let unsound = |why| Unsound { number: i + 1, why };
        let before = definition;
        let turned = turns.next_if(|(at, _)| *at == i);
        definition = turned.map(|(_, next)| *next).or(definition);
        let definition = definition.ok_or_else(|| unsound("no definition is named for it"))?;
        let checked = match (&record.what, before) {
            (What::Redriven(redriven), Some(before)) if turned.is_some() => {
                redrives(&execution, &wreck, redriven, (before, definition))
            }
            (What::Started { .. }, None) => goes_on(&execution, record, definition),
            (What::Started { .. } | What::Redriven(_), _) => Err("it does not belong where it is"),
            (_inside, Some(_)) if turned.is_none() => goes_on(&execution, record, definition),
            (_inside, _) => Err("another definition begins in the middle"),
        };
        checked.map_err(unsound)?;
        let misfit = |_: Misfit| unsound("it does not fit the records before it");
        wreck.note(&execution, record).map_err(misfit)?;
        execution.apply(record).map_err(misfit)?;
        if execution.last_event > MAX_EVENTS {
            return Err(unsound("a history has 25,000 events at most"));
        }
    }
    if execution.last_event == 0 {
        return Err(Unsound {
            number: 0,
            why: "there are none",
        });
    }
    Ok(execution)
}

/// Stops an execution that was open where it comes from. Gives the records that say so: its map runs are given up with it.
pub fn stopped(
    execution: &mut Execution,
    at_ms: i64,
    error: &str,
    cause: &str,
) -> Result<Vec<Record>, Misfit> {
    // The last event is the end.
    let room = MAX_EVENTS.saturating_sub(execution.last_event + 1) as usize;
    let runs = execution.runs_under_way().into_iter().take(room);
    let mut all: Vec<(BranchId, What)> = runs.map(|id| (id, What::MapRunAborted)).collect();
    all.push((
        0,
        What::Stopped {
            error: Some(error.to_owned()),
            cause: Some(cause.to_owned()),
        },
    ));
    let mut records = Vec::new();
    for (branch, what) in all {
        let record = Record {
            at_ms,
            branch,
            what,
        };
        execution.apply(&record)?;
        records.push(record);
    }
    Ok(records)
}

/// A record of an execution that runs.
fn goes_on(
    execution: &Execution,
    record: &Record,
    definition: &Definition,
) -> Result<(), &'static str> {
    if !(0..=LAST_MS).contains(&record.at_ms) {
        return Err("its time is not one");
    }
    if execution.status != Status::Running {
        return Err("the execution has closed before it");
    }
    let is_state = |state: &StateIx| usize::from(*state) < definition.states.len();
    let known = match &record.what {
        What::Started { state, .. } => is_state(state),
        What::ParallelStarted { starts, .. } => starts.iter().all(is_state),
        What::IterationStarted { start, .. } => is_state(start),
        What::Exited {
            then: Then::Next(next),
            ..
        } => is_state(next),
        _other => true,
    };
    if known {
        Ok(())
    } else {
        Err("the definition has no such state")
    }
}

/// A redrive goes on with the branches that the records before leave, or enters their states again.
fn redrives(
    execution: &Execution,
    wreck: &Wreck,
    redriven: &Redriven,
    (before, after): (&Definition, &Definition),
) -> Result<(), &'static str> {
    if execution.status == Status::Running || execution.redrive_count() >= MAX_REDRIVES {
        return Err("the execution cannot be redriven here");
    }
    let left = wreck.clone().branches(before);
    for (id, branch) in &redriven.branches {
        let Some(known) = left.get(id) else {
            return Err("no such branch is left to go on");
        };
        let mut again = known.clone();
        again.state = branch.state;
        again.data = branch.data.clone();
        again.doing = Doing::Entering;
        let is_state = usize::from(branch.state) < after.states.len();
        if !is_state || (branch != known && *branch != again) {
            return Err("a branch goes on otherwise than the records before leave it");
        }
    }
    Ok(())
}
