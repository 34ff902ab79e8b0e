//! Carriers' notices: signed by the carrier, told to the request that waits.
use super::body::is_plain;
use super::{Ports, Refused, Shared};
use crate::carriers::telnyx::notice::{Notice, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use crate::porting;
use crate::request::{Delivered, Letter, shell};
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use contract::api::Problem;
use contract::request::signal::SignalName;
use contract::{CarrierId, RequestId};
use serde_json::{Value, json};

/// Largest notice, in bytes: an order with a thousand numbers.
const NOTICE_MAX: usize = 1024 * 1024;

/// The carrier as deployments name it.
const TELNYX: &str = "telnyx";
/// How the names of events of port-outs begin.
const PORT_OUT_EVENTS: &str = "portout.";

/// Takes a notice of Telnyx.
///
/// It is signed (`telnyx-timestamp`, `telnyx-signature-ed25519`) and says of which order it is by the order's reference, which is
/// the request's id; a port-out has the carrier's id. The request is told once, however often the notice comes; one of nobody's order is taken and forgotten.
#[utoipa::path(post, path = "/v1/carriers/telnyx/notices", operation_id = "take_telnyx_notice", tag = "carriers", security(()), params(
    ("telnyx-timestamp" = String, Header, description = "When it was signed: Unix time in seconds, within five minutes of now"),
    ("telnyx-signature-ed25519" = String, Header, description = "The signature of the timestamp, `|` and the body, in base64"),
), responses(
    (status = 200, description = "Taken"),
    (status = 400, description = "`Notice.Unreadable`: it is signed, and does not read", body = Problem),
    (status = 401, description = "`Notice.NotBelieved`: the signature does not fit", body = Problem),
    (status = 413, description = "`Request.TooLarge`: more than a megabyte", body = Problem),
    (status = 503, description = "`Store.Unavailable`: send it again", body = Problem),
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
        Delivered::Ended | Delivered::TooLarge => {
            tracing::info!(request = %id, "a notice of a request that has ended");
            Ok(())
        }
        Delivered::Full => {
            let message = "too much waits for this request: send it again";
            let refused = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "Request.Full", message);
            Err(refused.retry_after(5))
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
    let reference = notice.customer_reference.as_deref();
    let ours = reference.filter(|id| is_plain(id, 1..=80));
    Ok(ours.map(RequestId::from).into_iter().collect())
}
