//! `request-turn`: opens a turn of a request's workflow: what people see, what somebody is to do, and what it waits for.
use super::Refused;
use crate::forms;
use crate::inbox::hand_over;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use contract::request::turn::{RequestTurnError, RequestTurnInput};
use jiff::Timestamp;

impl From<Unavailable> for RequestTurnError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "request-turn");
        Self::Unavailable
    }
}

/// Opens the turn with one write. It ends through its token, by whoever delivers a signal that it accepts.
///
/// # Errors
/// [`RequestTurnError`]. Trying again, with the same token or as the next attempt, repeats nothing.
pub async fn turn(
    d: &(impl Requests + Workflows + Clock),
    input: RequestTurnInput,
) -> Result<(), RequestTurnError> {
    check(&input)?;
    let now = d.now();
    let opened = d
        .update(&input.request, |record| record.open_turn(&input, now))
        .await?;
    match opened {
        Some((Ok(Some(offer)), _)) => hand_over(d, &input.request, &offer).await,
        Some((Ok(None), _)) => {}
        Some((Err(Refused::Stale), _)) => {
            tracing::info!(request = %input.request, round = input.round, "a turn that is over");
        }
        Some((Err(Refused::Ended), _)) | None => return Err(RequestTurnError::RequestEnded),
    }
    Ok(())
}

fn check(input: &RequestTurnInput) -> Result<(), RequestTurnError> {
    let bad = |what: String| Err(RequestTurnError::BadInput(what));
    if input.round == 0 {
        return bad("round: the first is 1".into());
    }
    if input.accepts.is_empty() {
        return bad("accepts: a turn that accepts nothing never ends".into());
    }
    if let Some(deadline) = &input.deadline
        && deadline.parse::<Timestamp>().is_err()
    {
        return bad("deadline: not an instant such as 2026-11-20T10:00:00Z".into());
    }
    match &input.task {
        Some(task) if forms::find(&task.form).is_none() => {
            bad(format!("task.form: there is no form `{}`", task.form))
        }
        Some(_) | None => Ok(()),
    }
}
