//! `call-end`: takes down what is left of a call and logs it. Safe to run twice.
use super::record;
use crate::mailbox::{Output, shell};
use crate::ports::Unavailable;
use crate::ports::call_control::{CallControl, NudgeError};
use crate::ports::calls::{CallRecord, Calls};
use crate::ports::clock::Clock;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::meetings::Meetings;
use contract::CallId;
use contract::call::{EndError, EndInput, Ended};

impl From<Unavailable> for EndError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "call-end");
        Self::Store
    }
}

/// Closes the mailbox, hangs up the legs still up, deletes the meeting, and writes the log, in this order: what fails halfway
/// is still a live call for the sweep.
///
/// # Errors
/// [`EndError`]: trying again goes on where this stopped.
pub async fn end(
    d: &(impl Calls + Mailboxes + Meetings + CallControl + Clock),
    input: EndInput,
) -> Result<Ended, EndError> {
    let legs_up = shell::change(d, &input.call, |mailbox| mailbox.close())
        .await?
        .unwrap_or_default();
    for leg in legs_up {
        hang_up(d, &input.call, leg).await?;
    }
    let now = d.now();
    if let Some(meeting) = d
        .get(&input.call)
        .await?
        .as_ref()
        .and_then(|record| record.private.meeting_id())
    {
        d.close(meeting).await.map_err(cleanup)?;
    }
    let over = |record: &mut CallRecord| record::changed(record, |r| record::end(r, &input, now));
    // No record: the number was nobody's, so there is no log to write it in.
    let logged = d.update(&input.call, over).await?;
    let talked_s = logged.map_or(0, |record| record::talked_s(&record.view));
    tracing::info!(call = %input.call, outcome = ?input.outcome, ended_by = ?input.ended_by, talked_s, "call ended");
    Ok(Ended { talked_s })
}

/// Wakes a leg: its event finds the mailbox closed and is answered with a hang-up.
async fn hang_up(d: &impl CallControl, call: &CallId, output: Output) -> Result<(), EndError> {
    match output {
        Output::Push { leg, transaction } => match d.nudge(call, &leg, &transaction).await {
            Ok(()) | Err(NudgeError::Gone) => Ok(()),
            Err(NudgeError::Unavailable(error)) => Err(cleanup(error)),
        },
        Output::Complete(_) => Ok(()),
    }
}

fn cleanup(error: Unavailable) -> EndError {
    tracing::warn!(
        error = crate::shell::chain(&error),
        "call-end could not clean up"
    );
    EndError::Unavailable
}
