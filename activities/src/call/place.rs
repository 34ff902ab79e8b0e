//! `call-place`: dials one leg, at most once per call and leg.
use super::record;
use crate::mailbox::{Claim, shell};
use crate::ports::Unavailable;
use crate::ports::call_control::{CallControl, DialError};
use crate::ports::calls::{CallRecord, Calls};
use crate::ports::clock::Clock;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::workflows::Workflows;
use contract::call::{PlaceError, PlaceInput, Placed};
use std::time::Duration;
use uuid::Uuid;

/// The pauses between looks for the leg's first event, when it is not known whether it was dialled: 3 s in all.
const LOOKS: [Duration; 12] = [Duration::from_millis(250); 12];

impl From<Unavailable> for PlaceError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "call-place");
        Self::Store
    }
}

/// Claims the leg, dials it, and notes its transaction. Whoever finds the leg claimed by a run that died does not dial: the
/// leg's first event (`NEW_OUTBOUND_CALL`, with call and leg in its arguments) tells whether there is one.
///
/// # Errors
/// [`PlaceError`].
pub async fn place(
    d: &(impl CallControl + Calls + Mailboxes + Workflows + Clock),
    input: PlaceInput,
) -> Result<Placed, PlaceError> {
    let PlaceInput {
        call,
        state,
        leg,
        to,
        caller_id,
    } = &input;
    let now = d.now();
    d.update(call, |record: &mut CallRecord| {
        record::changed(record, |r| record::enter(&mut r.view, state, now))
    })
    .await?;

    // 1. Claim the effect before causing it.
    let run = Uuid::new_v4().to_string();
    match shell::change(d, call, |mailbox| mailbox.claim(leg, &run)).await? {
        Some(Claim::Fresh) => {}
        Some(Claim::Done(transaction_id)) => return Ok(Placed { transaction_id }),
        Some(Claim::Unfinished) => return look_for(d, &input).await,
        Some(Claim::Closed) | None => return Err(PlaceError::CallEnded),
    }

    // 2. One effect.
    let refused = match d.dial(call, leg, to, caller_id).await {
        Ok(transaction_id) => return Ok(note(d, &input, transaction_id).await),
        Err(DialError::Busy) => PlaceError::TrunkBusy,
        Err(DialError::Refused(why)) => PlaceError::Refused(why),
        Err(DialError::Unknown(error)) => {
            tracing::warn!(%call, %leg, error = crate::shell::chain(&error), "it is not known whether a leg was dialled");
            return look_for(d, &input).await;
        }
    };

    // 3. Nothing was dialled: the next run may.
    shell::change(d, call, |mailbox| mailbox.release(leg, &run)).await?;
    Err(refused)
}

/// Notes the dialled leg's transaction. If that fails, the leg's first event does it: the leg is placed all the same.
async fn note(
    d: &(impl CallControl + Mailboxes + Workflows + Clock),
    input: &PlaceInput,
    transaction_id: String,
) -> Placed {
    let PlaceInput { call, leg, .. } = input;
    let now = d.now();
    match shell::change(d, call, |mailbox| mailbox.bind(leg, &transaction_id, now)).await {
        Ok(Some((_, output))) => shell::perform(d, call, output.into_iter().collect()).await,
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(%call, %leg, error = crate::shell::chain(&error), "a leg's transaction was not noted")
        }
    }
    Placed { transaction_id }
}

/// Waits a little for the event that says the leg is there.
async fn look_for(d: &(impl Mailboxes + Clock), input: &PlaceInput) -> Result<Placed, PlaceError> {
    for pause in LOOKS {
        let Some(stored) = d.load(&input.call).await? else {
            return Err(PlaceError::CallEnded);
        };
        if let Some(transaction) = stored.mailbox.transaction_of(&input.leg) {
            return Ok(Placed {
                transaction_id: transaction.to_owned(),
            });
        }
        d.sleep(pause).await;
    }
    Err(PlaceError::OutcomeUnknown)
}
