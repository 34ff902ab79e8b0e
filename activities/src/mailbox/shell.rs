//! The thin shell: the mailbox in the store, changed by compare-and-set, and its outputs in the world.
use super::{Delivered, Letter, Mailbox, Output};
use crate::inbox::hand_over;
use crate::ports::Unavailable;
use crate::ports::call_control::{CallControl, NudgeError};
use crate::ports::calls::Write;
use crate::ports::clock::Clock;
use crate::ports::mailboxes::{Mailboxes, Versioned};
use crate::ports::workflows::Workflows;
use contract::CallId;
use std::time::Duration;

/// How often a change is tried when others write at the same time. Each conflict means that somebody else got on.
const MAX_CONFLICTS: u32 = 64;

/// Changes a call's mailbox in one step; `None` if it has none (any more). `change` may run several times, each time on what the store
/// has then; it may also run on its own result, when the answer to a write was lost.
///
/// # Errors
/// [`Unavailable`] if the store failed, or too many others wrote at the same time.
pub async fn change<R>(
    d: &(impl Mailboxes + Clock),
    call: &CallId,
    change: impl FnMut(&mut Mailbox) -> R + Send,
) -> Result<Option<R>, Unavailable> {
    step(d, call, None, change).await
}

/// As [`change`], on an empty mailbox if the call has none yet.
///
/// # Errors
/// [`Unavailable`] if the store failed, or too many others wrote at the same time.
pub async fn change_or_create<R>(
    d: &(impl Mailboxes + Clock),
    call: &CallId,
    change: impl FnMut(&mut Mailbox) -> R + Send,
) -> Result<R, Unavailable> {
    let missing = || Unavailable::new("the mailbox", "it is gone");
    step(d, call, Some(Mailbox::new()), change)
        .await?
        .ok_or_else(missing)
}

async fn step<R>(
    d: &(impl Mailboxes + Clock),
    call: &CallId,
    new: Option<Mailbox>,
    mut change: impl FnMut(&mut Mailbox) -> R + Send,
) -> Result<Option<R>, Unavailable> {
    for tries in 0..MAX_CONFLICTS {
        let stored = d.load(call).await?;
        let known = stored.is_some();
        let Some(Versioned { version, mailbox }) = stored.or_else(|| {
            new.clone().map(|mailbox| Versioned {
                version: 0,
                mailbox,
            })
        }) else {
            return Ok(None);
        };
        let mut changed = mailbox.clone();
        let result = change(&mut changed);
        if known && changed == mailbox {
            return Ok(Some(result));
        }
        if d.store(call, &changed, version).await? == Write::Done {
            return Ok(Some(result));
        }
        // Spread the writers that collide, a little more each time.
        d.sleep(Duration::from_millis(rand::random_range(
            0..=u64::from(tries.min(16)),
        )))
        .await;
    }
    Err(Unavailable::new("the mailbox", "too many writers at once"))
}

/// Delivers a signal and does what follows from it. A call without a mailbox counts as closed.
///
/// # Errors
/// [`Unavailable`] if the mailbox could not be read or written: deliver again with the same key.
pub async fn deliver(
    d: &(impl Mailboxes + Workflows + CallControl + Clock),
    call: &CallId,
    letter: &Letter,
) -> Result<Delivered, Unavailable> {
    let now = d.now();
    let Some(delivery) = change(d, call, |mailbox| mailbox.deliver(letter, now)).await? else {
        return Ok(Delivered::Closed);
    };
    tracing::debug!(%call, signal = letter.name.as_str(), delivered = ?delivery.delivered, "signal");
    perform(d, call, delivery.outputs).await;
    Ok(delivery.delivered)
}

/// Does what a change asks for. Nothing here may fail the caller: what is not done is done by the signal's next delivery, the turn's
/// next run or the sweep.
pub async fn perform(
    d: &(impl Workflows + CallControl + Clock),
    call: &CallId,
    outputs: Vec<Output>,
) {
    for output in outputs {
        match output {
            Output::Complete(offer) => hand_over(d, call, &offer).await,
            Output::Push { leg, transaction } => match d.nudge(call, &leg, &transaction).await {
                Ok(()) => tracing::debug!(%call, %leg, "woken"),
                // Its HANGUP event is on the way, or has come.
                Err(NudgeError::Gone) => tracing::debug!(%call, %leg, "a leg to be woken is down"),
                Err(NudgeError::Unavailable(error)) => {
                    tracing::warn!(%call, %leg, error = crate::shell::chain(&error), "a leg was not woken");
                }
            },
        }
    }
}
