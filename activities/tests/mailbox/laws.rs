//! What must hold.
use crate::world::{Workflow, World};
use contract::signal::SignalName;
use std::collections::BTreeSet;

/// In every state.
pub(crate) fn always(world: &World<'_>) -> Result<(), String> {
    if let Some(broken) = &world.broken {
        return Err(broken.clone());
    }
    applied_once(world)?;
    one_device_answers(world)?;
    nothing_lost(world)?;
    one_open_turn(world)?;
    one_answer(world)?;
    moves_once_in_order(world)
}

fn applied_once(world: &World<'_>) -> Result<(), String> {
    let distinct: BTreeSet<_> = world.applied.iter().collect();
    if distinct.len() == world.applied.len() {
        Ok(())
    } else {
        Err(format!("applied twice: {:?}", world.applied))
    }
}

/// All answers are for one leg: one of them is a signal.
fn one_device_answers(world: &World<'_>) -> Result<(), String> {
    let answers: Vec<_> = world
        .numbered
        .iter()
        .filter(|(_, (_, name))| *name == SignalName::ClientAnswer)
        .collect();
    if answers.len() > 1 {
        return Err(format!("more than one device answered: {answers:?}"));
    }
    Ok(())
}

/// What the mailbox has promised is with the workflow or still in the mailbox, in one place there; and nothing waits for a turn
/// that waits for it, nor behind a younger one that was taken in its stead.
fn nothing_lost(world: &World<'_>) -> Result<(), String> {
    if world.mailbox.is_closed() {
        return Ok(());
    }
    let (kept, taken) = world.held();
    for seq in &world.promised {
        let copies = kept
            .iter()
            .chain(&taken)
            .filter(|signal| signal.seq == *seq)
            .count();
        let applied = world.applied.contains(seq);
        if copies == 0 && !applied {
            return Err(format!("signal {seq} is lost"));
        }
        if copies > 1 {
            return Err(format!("signal {seq} is in the mailbox {copies} times"));
        }
        if applied && kept.iter().any(|signal| signal.seq == *seq) {
            return Err(format!("signal {seq} was applied and is kept"));
        }
    }
    if kept.windows(2).any(|pair| pair[0].seq >= pair[1].seq) {
        return Err("what is kept is out of order".into());
    }
    let Some(turn) = world.turn() else {
        return Ok(());
    };
    for signal in kept
        .iter()
        .filter(|signal| world.accepts(turn).contains(&signal.name))
    {
        match &taken {
            None => {
                return Err(format!(
                    "signal {} waits for the open turn {turn:?}",
                    signal.seq
                ));
            }
            Some(taken) if taken.seq > signal.seq => {
                return Err(format!("signal {} overtook {}", taken.seq, signal.seq));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// A turn that the workflow waits in, once opened, is the mailbox's turn until the workflow leaves it.
fn one_open_turn(world: &World<'_>) -> Result<(), String> {
    match world.workflow {
        Workflow::Waiting(token)
            if world.opened.contains(&token) && world.turn() != Some(token) =>
        {
            Err(format!(
                "the workflow waits in {token:?}, the mailbox has {:?}",
                world.turn()
            ))
        }
        Workflow::Waiting(_) | Workflow::Between(_) | Workflow::Done => Ok(()),
    }
}

fn one_answer(world: &World<'_>) -> Result<(), String> {
    match world.answers.iter().find(|(_, given)| given.len() > 1) {
        Some((event, given)) => Err(format!("`{event}` was answered {given:?}")),
        None => Ok(()),
    }
}

fn moves_once_in_order(world: &World<'_>) -> Result<(), String> {
    let ordered = world.collected.windows(2).all(|pair| pair[0] < pair[1]);
    let posted = world
        .collected
        .iter()
        .all(|round| world.posted.contains(round));
    if ordered && posted {
        Ok(())
    } else {
        Err(format!("moves were given as {:?}", world.collected))
    }
}

/// When nothing more happens and the sweep has been: no open turn has a signal it could take, every posted move is with its
/// leg.
pub(crate) fn finally(world: &World<'_>) -> Result<(), String> {
    if world.mailbox.is_closed() {
        return Ok(());
    }
    if let Workflow::Waiting(token) = world.workflow {
        let (kept, taken) = world.held();
        if !world.opened.contains(&token) {
            return Err(format!("the turn {token:?} was never opened"));
        }
        if let Some(taken) = taken {
            return Err(format!("signal {} was never handed over", taken.seq));
        }
        if let Some(signal) = kept
            .iter()
            .find(|signal| world.accepts(token).contains(&signal.name))
        {
            return Err(format!("signal {} waits for ever", signal.seq));
        }
    }
    let given: BTreeSet<_> = world.collected.iter().copied().collect();
    if given == world.posted {
        Ok(())
    } else {
        Err(format!("posted {:?}, given {given:?}", world.posted))
    }
}
