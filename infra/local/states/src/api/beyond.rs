//! Calls beyond AWS, under a target prefix of their own: `X-Amz-Target: StrowgerStates.<operation>`.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::caller::Caller;
use super::executions::input_of;
use super::machines::target;
use super::{Answer, ApiError, arn, dry_run, export, import, read, redrive, stream};
use crate::asl::Definition;
use crate::core::{Branch, Doing};
use crate::engine::{Inner, Wreck};

/// What the targets of these calls begin with.
pub(super) const TARGET: &str = "StrowgerStates.";
/// The call whose request may be longer than any other.
const IMPORT: &str = "ImportExecution";

/// Longest request of the others, in bytes: the largest definition, escaped, with mocks.
const MAX_REQUEST_BYTES: usize = 4 * 1_048_576;

/// Longest request of this target, in bytes, if it is one of these calls.
pub(super) fn most_bytes(target: &str) -> Option<usize> {
    target
        .strip_prefix(TARGET)
        .map(|operation| match operation {
            IMPORT => import::MAX_BYTES,
            _other => MAX_REQUEST_BYTES,
        })
}

/// Is this the target of the call that takes most?
pub(super) fn is_import(target: &str) -> bool {
    target.strip_prefix(TARGET) == Some(IMPORT)
}

pub(super) async fn serve(
    inner: &Arc<Inner>,
    caller: &Caller,
    operation: &str,
    body: Bytes,
) -> Result<Response, ApiError> {
    inner.past_known().await;
    let value = match operation {
        "RedriveWithInput" => redrive_with_input(inner, read(&body)?).await?,
        "DryRun" => dry_run::run(inner, caller, read(&body)?).await?,
        "ExportExecution" => return export::export(inner, read(&body)?).await,
        IMPORT => import::import(inner, body).await?,
        "StreamHistory" => return stream::follow(inner, read(&body)?).await,
        other => return Err(ApiError::UnknownOperation(format!("{TARGET}{other}"))),
    };
    Ok(super::respond(StatusCode::OK, value.to_string(), None))
}

/// About how many bytes of JSON lines are told at a time.
pub(super) const CHUNK_BYTES: usize = 1_048_576;
/// Chunks that wait for a slow reader. One more is on its way to it, and one is being told.
const MAX_WAITING_CHUNKS: usize = 1;

/// Lines, or why there are no more of them: whoever reads must not take what was cut off for the whole.
pub(super) type Chunk = Result<Bytes, ApiError>;

/// An answer of JSON lines, which ends when its sender is dropped.
pub(super) fn lines() -> (mpsc::Sender<Chunk>, Response) {
    let (give, take) = mpsc::channel(MAX_WAITING_CHUNKS);
    let kind = [(header::CONTENT_TYPE, "application/jsonl")];
    (give, (kind, Body::new(Lines(take))).into_response())
}

/// The body of such an answer.
struct Lines(mpsc::Receiver<Chunk>);

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = ApiError;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let polled = self.0.poll_recv(context);
        polled.map(|chunk| chunk.map(|chunk| chunk.map(http_body::Frame::data)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedriveWithInput {
    execution_arn: Option<String>,
    /// The input of the state that goes on, as JSON text.
    input: Option<String>,
    /// Which state, where several go on.
    state_name: Option<String>,
    /// The execution's own machine, a version or an alias of it: go on with its definition.
    state_machine_arn: Option<String>,
    client_token: Option<String>,
}

async fn redrive_with_input(inner: &Arc<Inner>, request: RedriveWithInput) -> Answer {
    let arn = arn::check_execution(request.execution_arn)?;
    redrive::check_token(request.client_token.as_deref())?;
    let input = request.input.map(|text| input_of(Some(text))).transpose()?;
    let revision = match request.state_machine_arn {
        None => None,
        Some(machine) => {
            let asked = arn::check_machine(Some(machine))?;
            let machines = inner.machines();
            let target = target(inner, &machines, &asked)?;
            let own = arn::execution(&target.machine.arn, "");
            if !arn.starts_with(&own) {
                return Err(ApiError::unfit(format!(
                    "'{asked}' at 'stateMachineArn' is not the machine of the execution"
                )));
            }
            Some(Arc::clone(target.revision))
        }
    };
    let state_name = request.state_name;
    redrive::redrive_with(inner, &arn, request.client_token, move |wreck| {
        if let Some(revision) = revision {
            let old = Arc::clone(&wreck.revision);
            renew(wreck, &old.definition, &revision.definition)?;
            wreck.revision = revision;
        }
        match input {
            None => Ok(()),
            Some(input) => {
                let branch = one(wreck, state_name.as_deref())?;
                branch.data = input;
                branch.doing = Doing::Entering;
                Ok(())
            }
        }
    })
    .await
}

/// Finds the states of another definition by their names. A Parallel or Map state is run again as a whole: its machines may
/// have changed.
fn renew(wreck: &mut Wreck, old: &Definition, new: &Definition) -> Result<(), ApiError> {
    wreck.branches.retain(|id, _| *id == 0);
    for branch in wreck.branches.values_mut() {
        let name = &old.state(branch.state).name;
        let found = new.states.iter().position(|state| state.name == *name);
        let at = found.and_then(|at| u16::try_from(at).ok());
        branch.state = at.ok_or_else(|| {
            ApiError::unfit(format!(
                "The newer definition has no state '{name}', where the execution would go on"
            ))
        })?;
        branch.doing = Doing::Entering;
    }
    Ok(())
}

/// The branch that an edited input is for.
fn one<'a>(wreck: &'a mut Wreck, name: Option<&str>) -> Result<&'a mut Branch, ApiError> {
    let definition = &wreck.revision.definition;
    let mut found: Vec<&mut Branch> = wreck
        .branches
        .values_mut()
        .filter(|branch| !matches!(branch.doing, Doing::Branching(_) | Doing::Mapping(_)))
        .filter(|branch| name.is_none_or(|name| *definition.state(branch.state).name == *name))
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(branch), true) => Ok(branch),
        (Some(_), false) => Err(ApiError::unfit(
            "Several states go on: say by 'stateName' which one gets the input",
        )),
        (None, _) => Err(ApiError::unfit(
            "No state of that name goes on: 'stateName' names one that failed or was aborted",
        )),
    }
}
