//! What the phone company's people do about a request whose workflow failed: it goes on from there.
use super::requests::{not_allowed, visible};
use super::{Ports, Refused, Shared};
use crate::people::Caller;
use crate::ports::workflows::Redriven;
use crate::request::redrive::redrive as go_on;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use contract::Role;
use contract::api::Problem;

/// Go on with a request whose workflow failed.
///
/// For the phone company's people, once the cause is mended: the execution is redriven from the state that failed. What had been done before is not
/// done again.
#[utoipa::path(post, path = "/v1/requests/{request}/redrive", operation_id = "redrive_request", tag = "requests", security(("bearer" = [])), params(
    ("request" = String, Path, description = "The request's id"),
), responses(
    (status = 202, description = "The workflow goes on"),
    (status = 403, description = "`Role.NotAllowed`: only for the phone company's people", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such request, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `Request.NotNow`: its workflow has not failed; `Request.NotRedrivable`: `message` says why it \
        cannot be redriven: end it", body = Problem),
))]
pub(super) async fn redrive<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(request): Path<String>,
) -> Result<StatusCode, Refused> {
    let d = &*api.ports;
    let record = visible(d, &caller, &request).await?;
    if caller.role != Role::Staff {
        return Err(not_allowed("only the phone company's people do this"));
    }
    if !record.view.is_open() {
        return Err(Refused::conflict("Request.Ended", "the request has ended"));
    }
    if !record.is_stalled() {
        let message = format!(
            "a request that is `{}` is not redriven: its workflow has not failed",
            record.view.status
        );
        return Err(Refused::conflict("Request.NotNow", message));
    }
    match go_on(d, &record, &caller.person).await? {
        Redriven::Runs => Ok(StatusCode::ACCEPTED),
        Redriven::Not(why) => {
            let message = format!("it cannot be redriven: {why}; end the request instead");
            Err(Refused::conflict("Request.NotRedrivable", message))
        }
    }
}
