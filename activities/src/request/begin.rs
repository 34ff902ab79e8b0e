//! How a request begins: its item, then its execution, both under its id, so that beginning again goes on where it stopped. An
//! execution that takes it over begins in the same way, under the next name.
use super::{Begun, RequestRecord};
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::clock::Clock;
use crate::ports::requests::Requests;
use crate::ports::workflows::{StartError, Workflows};
use contract::RequestId;
use contract::request::end::RequestEndInput;
use contract::request::{Kind, Outcome, RequestStart};
use serde_json::{Value, json};
use thiserror::Error;

/// Why a request did not begin.
#[derive(Debug, Error)]
pub enum BeginError {
    /// A service failed for now. Begin again with the same id.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The workflow service refused: the request is there, and has ended as failed; one that was to be taken over is stalled again.
    #[error("the workflow was not started: {0}")]
    Refused(String),
}

/// Begins a request. If there is one with this id already, it goes on with that one, whatever `begun` says.
///
/// # Errors
/// [`BeginError`].
pub async fn begin(
    d: &(impl Requests + Workflows + Clock),
    begun: Begun,
) -> Result<RequestRecord, BeginError> {
    let fresh = RequestRecord::new(begun, d.now());
    let record = match d.create(&fresh).await? {
        Write::Done => fresh,
        Write::Conflict => {
            let lost = || Unavailable::new("the request", "written, then not to be found");
            d.get(&fresh.view.id).await?.ok_or_else(lost)?
        }
    };
    start(d, record).await
}

/// Starts the execution of a request that has none yet.
///
/// # Errors
/// [`BeginError`].
pub async fn start(
    d: &(impl Requests + Workflows + Clock),
    record: RequestRecord,
) -> Result<RequestRecord, BeginError> {
    let view = &record.view;
    if view.execution.is_some() || !view.is_open() {
        return Ok(record);
    }
    let (id, name) = (view.id.clone(), record.execution_name());
    match d.start(view.kind.into(), &name, &input_of(&record)).await {
        Ok(arn) => {
            let noted = d.update(&id, |record| {
                // Another one may have taken it over meanwhile.
                if record.execution_name() == name {
                    record.view.execution = Some(arn.clone());
                }
            });
            Ok(noted.await?.map_or(record, |((), record)| record))
        }
        Err(StartError::Unavailable(error)) => Err(error.into()),
        Err(StartError::Refused(why)) => {
            let (failed, now) = (not_started(id.clone()), d.now());
            let not_begun = |record: &mut RequestRecord| {
                if record.taken_over == 0 {
                    record.end(&failed, now);
                } else {
                    record.stall(&failed.says, now);
                }
            };
            d.update(&id, not_begun).await?;
            Err(BeginError::Refused(why))
        }
    }
}

/// What the execution starts with: it follows from the item, so that anybody can start it again.
fn input_of(record: &RequestRecord) -> Value {
    let view = &record.view;
    let taken_over = record.left();
    // Ports read their item; what has gathered there since they began is no business of a history.
    let reads = matches!(view.kind, Kind::PortIn | Kind::PortOut) && taken_over.is_some();
    let (details, numbers) = if reads {
        (Value::Null, Vec::new())
    } else {
        let mut details = view.details.clone();
        // What an operator sends to a carrier says who the customer is.
        if let Some(fields) = details.as_object_mut() {
            fields.remove("prepared");
        }
        (details, view.numbers.clone())
    };
    json!(RequestStart {
        request: view.id.clone(),
        tenant: view.tenant.clone(),
        details,
        numbers,
        taken_over,
    })
}

fn not_started(request: RequestId) -> RequestEndInput {
    RequestEndInput {
        request,
        outcome: Outcome::Failed,
        status: "failed".to_owned(),
        says: "The workflow could not be started".to_owned(),
        numbers: Vec::new(),
        details: Value::Null,
    }
}
