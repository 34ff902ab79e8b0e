//! The PIN at the losing provider, for those who hand a port in at a carrier without an interface.
use super::{read, seen};
use crate::http::requests::{no_such_request, not_allowed};
use crate::http::{Ports, Refused, Shared};
use crate::people::Caller;
use crate::ports::requests::Requests;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use contract::Role;
use contract::api::Problem;
use contract::port::api::LosingPin;
use contract::request::{Kind, Party};

/// Read the PIN at the losing provider.
///
/// For the phone company's people, while they have to hand the port in. The timeline says who read it.
#[utoipa::path(get, path = "/v1/ports/{port}/pin", operation_id = "read_port_pin", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), responses(
    (status = 200, description = "The PIN; null: none was given", body = LosingPin),
    (status = 403, description = "`Role.NotAllowed`: only for the phone company's people", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
    (status = 409, description = "`Request.NotNow`: nothing is to be handed in", body = Problem),
))]
pub(in crate::http) async fn read_pin<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let d = &*state.ports;
    let record = seen(d, &caller, &id, Kind::PortIn).await?;
    if caller.role != Role::Staff {
        return Err(not_allowed("only the phone company's people do this"));
    }
    let port = read(&record)?;
    if !record.view.is_open() || port.to_hand_in().is_none() {
        let message = format!(
            "a port that is `{}` is not to be handed in",
            record.view.status
        );
        return Err(Refused::conflict("Request.NotNow", message));
    }
    let pin = port.hidden.pin;
    if pin.is_some() {
        let (now, person) = (d.now(), Some(caller.person.clone()));
        let text = "Has read the PIN at the losing provider";
        let noted = Requests::update(d, &record.view.id, |record| {
            record.note(Party::Operator, person.clone(), text, now);
        });
        noted.await?.ok_or_else(no_such_request)?;
    }
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    Ok((no_store, Json(LosingPin { pin })).into_response())
}
