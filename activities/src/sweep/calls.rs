//! Calls whose workflows cannot look after them.
//!
//! A call whose execution is over is ended; in a running one, signals and wake-ups that were lost are said again, and legs and
//! meetings that are gone without a word are told to the workflow.
use crate::call::end;
use crate::mailbox::{Letter, Output, shell as mailbox};
use crate::meeting::event::ended_key;
use crate::ports::Unavailable;
use crate::ports::call_control::{CallControl, NudgeError};
use crate::ports::calls::{CallRecord, Calls};
use crate::ports::clock::Clock;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::meetings::Meetings;
use crate::ports::workflows::{Status, Workflows};
use crate::shell::chain;
use crate::sma::hangup_key;
use contract::CallId;
use contract::call::{EndError, EndInput};
use contract::signal::SignalName;
use contract::view::{EndedBy, Outcome};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use thiserror::Error;

/// How many calls are looked at at once.
const AT_ONCE: usize = 8;
/// A call younger than this may be between its record and its execution's start.
const YOUNG: SignedDuration = SignedDuration::from_secs(30);

/// What a sweep of the calls found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Swept {
    /// Live calls.
    pub live: u32,
    /// Calls ended because their executions were over.
    pub ended: u32,
    /// Legs and meetings found gone.
    pub gone: u32,
    /// Calls that could not be looked at.
    pub failed: u32,
}

/// Why a call could not be swept; the next sweep tries again.
#[derive(Debug, Error)]
enum SweepError {
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error(transparent)]
    End(#[from] EndError),
}

/// Looks at every live call.
///
/// # Errors
/// [`Unavailable`] if the calls could not be listed.
pub async fn sweep(
    d: &(impl Calls + Mailboxes + Workflows + Meetings + CallControl + Clock),
) -> Result<Swept, Unavailable> {
    let calls = d.all_live().await?;
    let mut swept = Swept {
        live: u32::try_from(calls.len()).unwrap_or(u32::MAX),
        ..Swept::default()
    };
    let mut looks = stream::iter(calls)
        .map(|call| async move { (look(d, &call).await, call) })
        .buffer_unordered(AT_ONCE);
    while let Some((found, call)) = looks.next().await {
        match found {
            Ok(Found::Ended) => swept.ended += 1,
            Ok(Found::Runs { gone }) => swept.gone += gone,
            Err(error) => {
                swept.failed += 1;
                tracing::warn!(%call, error = chain(&error), "a call was not swept");
            }
        }
    }
    tracing::info!(
        live = swept.live,
        ended = swept.ended,
        gone = swept.gone,
        failed = swept.failed,
        "swept"
    );
    Ok(swept)
}

enum Found {
    Ended,
    Runs { gone: u32 },
}

async fn look(
    d: &(impl Calls + Mailboxes + Workflows + Meetings + CallControl + Clock),
    call: &CallId,
) -> Result<Found, SweepError> {
    let Some(record) = live(d, call).await? else {
        return Ok(Found::Runs { gone: 0 });
    };
    if bury(d, &record).await? {
        return Ok(Found::Ended);
    }
    Ok(Found::Runs {
        gone: remind(d, &record).await?,
    })
}

/// Ends a call whose execution is over, or never was, and frees whom it engaged; says whether it did. For those who cannot wait for
/// the next sweep.
pub async fn makes_way(
    d: &(impl Calls + Mailboxes + Workflows + Meetings + CallControl + Clock),
    call: &CallId,
) -> bool {
    let buried = async {
        match live(d, call).await? {
            Some(record) => bury(d, &record).await,
            None => Ok(false),
        }
    };
    buried.await.unwrap_or_else(|error: SweepError| {
        tracing::warn!(%call, error = chain(&error), "a call was not looked at");
        false
    })
}

async fn live(d: &impl Calls, call: &CallId) -> Result<Option<CallRecord>, Unavailable> {
    Ok(d.get(call).await?.filter(|record| record.view.is_live()))
}

fn is_young(record: &CallRecord, now: Timestamp) -> bool {
    record
        .view
        .started_at
        .parse::<Timestamp>()
        .is_ok_and(|started| now.duration_since(started) < YOUNG)
}

/// Ends a call whose workflow cannot any more.
async fn bury(
    d: &(impl Calls + Mailboxes + Workflows + Meetings + CallControl + Clock),
    record: &CallRecord,
) -> Result<bool, SweepError> {
    let status = match d
        .status(record.view.workflow.into(), record.view.id.as_str())
        .await?
    {
        Some(Status::Running) => return Ok(false),
        Some(Status::Over(status)) => status,
        None if is_young(record, d.now()) => return Ok(false),
        None => "NOT_STARTED",
    };
    let input = EndInput {
        call: record.view.id.clone(),
        state: "Swept".into(),
        outcome: Outcome::Failed,
        ended_by: EndedBy::System,
        reason: Some(format!("Execution.{status}")),
    };
    end::end(d, input).await?;
    Ok(true)
}

/// Says again what may have been lost, and asks whether legs and meeting are still there.
async fn remind(
    d: &(impl Mailboxes + Workflows + Meetings + CallControl + Clock),
    record: &CallRecord,
) -> Result<u32, SweepError> {
    let call = &record.view.id;
    let Some(stored) = d.load(call).await? else {
        return Ok(0);
    };
    let now = d.now();
    let (hand_overs, _): (Vec<_>, Vec<_>) = stored
        .mailbox
        .remind(now)
        .into_iter()
        .partition(|output| matches!(output, Output::Complete(_)));
    mailbox::perform(d, call, hand_overs).await;
    if is_young(record, now) {
        return Ok(0);
    }
    let mut gone = 0;
    // Every leg that is up is woken, whether moves wait for it or not: a leg that cannot be woken is down, and its HANGUP was lost.
    for (leg, transaction) in stored.mailbox.legs_up() {
        match d.nudge(call, leg, transaction).await {
            Ok(()) => {}
            Err(NudgeError::Gone) => {
                let mut letter = Letter::new(
                    hangup_key(transaction),
                    SignalName::PhoneHungup,
                    Some(leg.clone()),
                );
                (letter.status, letter.reason) = (Some(480), Some("Leg.Gone".into()));
                mailbox::deliver(d, call, &letter).await?;
                gone += 1;
            }
            Err(NudgeError::Unavailable(error)) => {
                tracing::warn!(%call, %leg, error = chain(&error), "a leg was not woken")
            }
        }
    }
    if let Some(meeting) = record.private.meeting_id()
        && !d.exists(meeting).await?
    {
        mailbox::deliver(
            d,
            call,
            &Letter::new(ended_key(meeting), SignalName::MeetingEnded, None),
        )
        .await?;
        gone += 1;
    }
    Ok(gone)
}
