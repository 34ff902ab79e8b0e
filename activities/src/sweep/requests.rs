//! Requests whose workflows cannot look after them.
//!
//! One whose workflow never began is started; in a running one, a signal that was not handed over is handed over again. One whose
//! workflow failed waits for an operator, as long as the workflow can be redriven; one whose workflow is gone or was stopped ends, and lets go
//! of the dossier that it checked. One that has ordered something of a carrier, or onboards somebody, ends never by
//! itself: it waits for an operator, who has it redriven or [taken over](crate::request::take_over). What nobody of the operators does in
//! time, a task or a request whose workflow failed, is escalated, and whom a request waits for is [reminded](super::reminders).
//!
//! There may be more open requests than a sweep has time for. It begins each time [elsewhere](super::order), and sends the reminders of
//! what it has seen all the same.
use super::order::in_turn;
use super::reminders::{self, Due};
use crate::dossier::let_go::{approved, let_go};
use crate::inbox::hand_over;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::dossiers::Dossiers;
use crate::ports::mails::Mails;
use crate::ports::onboardings::Onboardings;
use crate::ports::pace::Pace;
use crate::ports::requests::Requests;
use crate::ports::workflows::{Status, Workflows};
use crate::request::begin::{BeginError, start};
use crate::request::end::end;
use crate::request::take_over::lives_on;
use crate::request::{REDRIVABLE, RequestRecord};
use crate::shell::chain;
use contract::RequestId;
use contract::request::Outcome;
use contract::request::end::{RequestEndError, RequestEndInput};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

/// How many requests are looked at at once.
const AT_ONCE: usize = 8;
/// For how long requests are taken up: the function has a minute for all that it sweeps.
const LOOKING: SignedDuration = SignedDuration::from_secs(30);
/// Until when, from the same beginning, reminders are sent.
const REMINDING: SignedDuration = SignedDuration::from_secs(45);
/// A request that changed within this time may be on its way.
const YOUNG: SignedDuration = SignedDuration::from_secs(30);

/// What a sweep of the requests found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SweptRequests {
    /// Requests looked at.
    pub looked_at: u32,
    /// Requests that there was no time for; the next sweeps begin with others.
    pub left: u32,
    /// Requests whose workflow was started.
    pub started: u32,
    /// Requests that wait for an operator since now, because their workflow failed.
    pub stalled: u32,
    /// Requests that operators have to act in and have not in time, since now.
    pub escalated: u32,
    /// Requests ended because their workflow was over.
    pub ended: u32,
    /// Requests that could not be looked at.
    pub failed: u32,
    /// Requests of which everybody whom they wait for was reminded.
    pub reminded: u32,
    /// Requests of which somebody could not be reminded; the next sweep tries again.
    pub not_reminded: u32,
}

/// Looks at open requests, as many as there is time for, and sends reminders of those.
///
/// # Errors
/// [`Unavailable`] if they could not be listed.
pub async fn sweep_requests(
    d: &(impl Dossiers + Requests + Workflows + Directory + Mails + Onboardings + Clock + Pace),
) -> Result<SweptRequests, Unavailable> {
    let began = d.now();
    sweep_while(d, |time| d.now().duration_since(began) < time).await
}

/// `has_time` says whether less than this has passed since the sweep began.
async fn sweep_while(
    d: &(impl Dossiers + Requests + Workflows + Directory + Mails + Onboardings + Clock + Pace),
    has_time: impl Fn(SignedDuration) -> bool,
) -> Result<SweptRequests, Unavailable> {
    let has_time = &has_time;
    let minute = u64::try_from(d.now().as_second() / 60).unwrap_or(0);
    let open = in_turn(d.all_open().await?, minute);
    let many = u32::try_from(open.len()).unwrap_or(u32::MAX);
    let mut open = open.into_iter();
    // What was taken up is looked at to the end.
    let in_time = std::iter::from_fn(move || if has_time(LOOKING) { open.next() } else { None });
    let mut swept = SweptRequests::default();
    let mut looks = stream::iter(in_time)
        .map(|id| async move { (look(d, &id).await, id) })
        .buffer_unordered(AT_ONCE);
    let mut due = Vec::new();
    while let Some((looked, id)) = looks.next().await {
        swept.looked_at += 1;
        match looked {
            Ok(looked) => {
                match looked.found {
                    Found::Well => {}
                    Found::Started => swept.started += 1,
                    Found::Stalled => swept.stalled += 1,
                    Found::Escalated => swept.escalated += 1,
                    Found::Ended => swept.ended += 1,
                }
                let waits = looked.waits.and_then(|waits| Due::of(d, waits));
                due.extend(waits);
            }
            Err(error) => {
                swept.failed += 1;
                tracing::warn!(request = %id, error = chain(&error), "a request was not swept");
            }
        }
    }
    swept.left = many.saturating_sub(swept.looked_at);
    // After the looks: a mail service that does not answer holds up no request.
    let sent = reminders::send(d, due, || has_time(REMINDING)).await;
    (swept.reminded, swept.not_reminded) = sent;
    tracing::info!(?swept, "swept requests");
    Ok(swept)
}

enum Found {
    Well,
    Started,
    Stalled,
    Escalated,
    Ended,
}

/// What became of a request.
struct Looked {
    found: Found,
    /// The request as it is now, if it may wait for somebody.
    waits: Option<RequestRecord>,
}

impl From<Found> for Looked {
    fn from(found: Found) -> Self {
        Self { found, waits: None }
    }
}

/// Why a request could not be swept; the next sweep tries again.
#[derive(Debug, Error)]
enum SweepError {
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error(transparent)]
    Begin(#[from] BeginError),
    #[error(transparent)]
    End(#[from] RequestEndError),
}

async fn look(
    d: &(impl Dossiers + Requests + Workflows + Clock + Pace),
    id: &RequestId,
) -> Result<Looked, SweepError> {
    let record = d.get(id).await?.filter(|record| record.view.is_open());
    let Some(record) = record.filter(|record| age(record, d.now()) >= YOUNG) else {
        return Ok(Found::Well.into());
    };
    if record.view.execution.is_none() {
        let stalled = record.is_stalled().then(|| record.clone());
        return match (start(d, record).await, stalled) {
            (Ok(_), _) => Ok(Found::Started.into()),
            // Whose taking over is refused again and again waits for the operators as others do.
            (Err(BeginError::Refused(_)), Some(stalled)) => escalate_overdue(d, id, stalled).await,
            (Err(error), _) => Err(error.into()),
        };
    }
    let name = record.execution_name();
    let over = match d.status(record.view.kind.into(), &name).await? {
        Some(Status::Running) => {
            let now = d.now();
            let record = if record.is_stalled() {
                // It was redriven, and whoever did it could not write that down.
                let resumed = d.update(id, |record| record.resume(None, now)).await?;
                resumed.map_or(record, |((), record)| record)
            } else {
                record
            };
            if let Some(offer) = record.inbox.offer() {
                hand_over(d, id, &offer).await;
                return Ok(Found::Well.into());
            }
            return escalate_overdue(d, id, record).await;
        }
        Some(Status::Over("FAILED")) if age(&record, d.now()) < REDRIVABLE => {
            return stall(d, record, "The workflow failed").await;
        }
        Some(Status::Over(status)) => status,
        None => "GONE",
    };
    let ended = ended(id.clone(), over);
    if lives_on(record.view.kind) {
        return stall(d, record, &ended.says).await;
    }
    let ended = if let_go(d, &record.view).await? {
        approved(ended)
    } else {
        ended
    };
    end(d, ended).await?;
    Ok(Found::Ended.into())
}

/// Leaves it to the operators, as long as the same execution is the newest; one that lies with them for too long is escalated.
async fn stall(
    d: &(impl Requests + Clock + Pace),
    record: RequestRecord,
    says: &str,
) -> Result<Looked, SweepError> {
    if record.is_stalled() {
        let id = record.view.id.clone();
        return escalate_overdue(d, &id, record).await;
    }
    let (now, taken_over) = (d.now(), record.taken_over);
    let stall = |record: &mut RequestRecord| {
        if record.taken_over == taken_over {
            record.stall(says, now);
        }
    };
    let stalled = d.update(&record.view.id, stall).await?;
    Ok(Looked {
        found: Found::Stalled,
        waits: stalled.map(|((), record)| record),
    })
}

async fn escalate_overdue(
    d: &(impl Requests + Clock + Pace),
    id: &RequestId,
    record: RequestRecord,
) -> Result<Looked, SweepError> {
    let (now, tempo) = (d.now(), d.tempo());
    let overdue = |record: &RequestRecord| {
        let due = record.overdue_at(tempo);
        due.is_some_and(|due| now >= due)
    };
    if !overdue(&record) {
        return Ok(Looked {
            found: Found::Well,
            waits: Some(record),
        });
    }
    // It may have been done meanwhile.
    let escalate = |record: &mut RequestRecord| {
        if overdue(record) {
            record.escalate(now);
        }
    };
    let escalated = d.update(id, escalate).await?;
    Ok(Looked {
        found: Found::Escalated,
        waits: escalated.map(|((), record)| record),
    })
}

/// How long nothing has changed.
fn age(record: &RequestRecord, now: Timestamp) -> SignedDuration {
    let changed = record.view.changed_at.parse::<Timestamp>();
    changed.map_or(REDRIVABLE, |changed| now.duration_since(changed))
}

fn ended(request: RequestId, over: &str) -> RequestEndInput {
    let (outcome, status, says) = match over {
        "ABORTED" => (
            Outcome::Cancelled,
            "stopped",
            "An operator stopped the workflow",
        ),
        _ => (
            Outcome::Failed,
            "failed",
            "The workflow is over and did not say how",
        ),
    };
    RequestEndInput {
        request,
        outcome,
        status: status.to_owned(),
        says: says.to_owned(),
        numbers: Vec::new(),
        details: Value::Null,
    }
}

#[cfg(test)]
mod tests;
