//! Carriers' notices: signed by the carrier, told to the request that waits.
use super::body::is_plain;
use super::{Ports, Refused, Shared};
use crate::carriers::telnyx::notice::{Notice, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use crate::porting;
use crate::ports::carriers::CarrierError;
use crate::ports::porting::Porting as _;
use crate::request::{Delivered, Letter, shell};
use crate::shell::chain;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use contract::api::Problem;
use contract::port::PortError;
use contract::request::signal::SignalName;
use contract::{CarrierId, RequestId};
use serde_json::{Value, json};

/// Largest notice, in bytes: an order with a thousand numbers.
const NOTICE_MAX: usize = 1024 * 1024;

/// The carrier as deployments name it.
const TELNYX: &str = "telnyx";
/// How the names of events of port-outs begin.
const PORT_OUT_EVENTS: &str = "portout.";
/// How the names of events of ports begin.
const PORT_EVENTS: &str = "porting_order.";
/// Somebody has said something about a port. It changes nothing there, so its workflow, which may wait for a person, is not woken.
const COMMENT_EVENT: &str = "porting_order.new_comment";
/// When a notice that could not be taken is to come again, in seconds.
const AGAIN_S: i64 = 5;

/// Takes a notice of Telnyx.
///
/// It is signed (`telnyx-timestamp`, `telnyx-signature-ed25519`) and says of which order it is by the order's reference, which is
/// the request's id, or by the carrier's id of the order. The request is told once, however often the notice comes; what the carrier's
/// people say of a port is in its timeline at once; a notice of nobody's order is taken and forgotten.
#[utoipa::path(post, path = "/v1/carriers/telnyx/notices", operation_id = "take_telnyx_notice", tag = "carriers", security(()), params(
    ("telnyx-timestamp" = String, Header, description = "When it was signed: Unix time in seconds, within five minutes of now"),
    ("telnyx-signature-ed25519" = String, Header, description = "The signature of the timestamp, `|` and the body, in base64"),
), responses(
    (status = 200, description = "Taken"),
    (status = 400, description = "`Notice.Unreadable`: it is signed, and does not read", body = Problem),
    (status = 401, description = "`Notice.NotBelieved`: the signature does not fit", body = Problem),
    (status = 413, description = "`Request.TooLarge`: more than a megabyte", body = Problem),
    (status = 503, description = "`Store.Unavailable`, `Carrier.Unavailable`, `Request.Full`: send it again", body = Problem),
))]
pub(super) async fn telnyx<P: Ports>(
    State(api): State<Shared<P>>,
    request: Request<Body>,
) -> Result<Json<Value>, Refused> {
    let d = &*api.ports;
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, NOTICE_MAX).await.map_err(|_| {
        let message = format!("a notice has at most {NOTICE_MAX} bytes");
        Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "Request.TooLarge", message)
    })?;
    let text = |name: &str| parts.headers.get(name)?.to_str().ok();
    let (timestamp, signature) = (text(TIMESTAMP_HEADER), text(SIGNATURE_HEADER));
    d.check_telnyx_notice(timestamp, signature, &bytes, d.now())
        .map_err(|why| Refused::unauthorised("Notice.NotBelieved", why.to_string()))?;
    let notice = Notice::read(&bytes).map_err(|why| {
        let message = format!("the notice does not read: {why}");
        Refused::new(StatusCode::BAD_REQUEST, "Notice.Unreadable", message)
    })?;
    let ids = requests_of(d, &notice).await?;
    if ids.is_empty() {
        tracing::info!(event = notice.event_type, "a notice of no request");
    }
    if notice.event_type == COMMENT_EVENT {
        for id in ids {
            porting::comments::heard(d, &id).await.or_else(put_off)?;
        }
        return Ok(Json(json!({})));
    }
    let letter = Letter {
        key: format!("telnyx/{}", notice.id),
        name: SignalName::CarrierNotice,
        topic: Some(notice.status),
        person: None,
        data: json!({ "notice": notice.id, "event": notice.event_type, "order": notice.order }),
    };
    for id in ids {
        tell(d, &id, &letter).await?;
    }
    Ok(Json(json!({})))
}

async fn tell<P: Ports>(d: &P, id: &RequestId, letter: &Letter) -> Result<(), Refused> {
    match shell::deliver(d, id, letter).await? {
        Delivered::Taken(_) | Delivered::Kept | Delivered::Known(_) => Ok(()),
        Delivered::Ended | Delivered::TooLarge | Delivered::Overtaken => {
            tracing::info!(request = %id, "a notice of a request that has ended");
            Ok(())
        }
        Delivered::Full => {
            let message = "too much waits for this request: send it again";
            let refused = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "Request.Full", message);
            Err(refused.retry_after(AGAIN_S))
        }
    }
}

/// What a notice is about: an order of ours by its reference, a port-out by the carrier's id. One whose request is not there yet is
/// found by `port-out-find`.
async fn requests_of<P: Ports>(d: &P, notice: &Notice) -> Result<Vec<RequestId>, Refused> {
    if notice.event_type.starts_with(PORT_OUT_EVENTS) {
        let Some(id) = notice.order.as_deref() else {
            return Ok(Vec::new());
        };
        return Ok(porting::out::requests_of(d, &CarrierId::from(TELNYX), id).await?);
    }
    let reference = match notice.order.as_deref() {
        // A comment's notice has the carrier's id alone.
        Some(order)
            if notice.customer_reference.is_none()
                && notice.event_type.starts_with(PORT_EVENTS) =>
        {
            key_of(d, order).await?
        }
        Some(_) | None => notice.customer_reference.clone(),
    };
    let ours = reference.filter(|id| is_plain(id, 1..=80));
    Ok(ours.map(RequestId).into_iter().collect())
}

/// The reference of a porting order, as a carrier that has it says.
async fn key_of<P: Ports>(d: &P, order: &str) -> Result<Option<String>, Refused> {
    if !is_plain(order, 1..=80) {
        return Ok(None);
    }
    for id in d.desk_ids() {
        let Some(desk) = d.desk(&id).filter(|desk| !desk.by_hand()) else {
            continue;
        };
        match desk.key_of_port(order).await {
            Ok(key) => return Ok(key),
            Err(CarrierError::NotFound(_) | CarrierError::Refused(_)) => {}
            Err(error) => return Err(not_told(&chain(&error))),
        }
    }
    Ok(None)
}

/// What could not be taken over comes again, if that may help.
fn put_off(error: PortError) -> Result<(), Refused> {
    match error {
        PortError::Store | PortError::Carrier(_) => Err(not_told(&error.to_string())),
        PortError::Refused(_) | PortError::NotPossible(_) | PortError::BadInput(_) => {
            tracing::warn!(%error, "a comment of a carrier was not taken over");
            Ok(())
        }
    }
}

fn not_told(why: &str) -> Refused {
    tracing::warn!(why, "a notice was put off");
    let message = "what the notice tells of could not be looked up: send it again";
    let refused = Refused::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "Carrier.Unavailable",
        message,
    );
    refused.retry_after(AGAIN_S)
}
