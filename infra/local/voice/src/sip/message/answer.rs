//! Responses to requests.

use super::{Message, Start};
use crate::sip::uri::NameAddr;

/// A response to `request`: Via, From, To, Call-ID, CSeq and Record-Route copied, `to_tag` added when To has none.
#[must_use]
pub fn response(request: &Message, status: u16, reason: &str, to_tag: Option<&str>) -> Message {
    let mut answer = Message {
        start: Start::Response {
            status,
            reason: reason.to_owned(),
        },
        headers: Vec::new(),
        body: Vec::new(),
    };
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        for value in request.all(name) {
            let tagged = match to_tag {
                Some(tag)
                    if name == "To"
                        && NameAddr::parse(value).is_none_or(|to| to.tag().is_none()) =>
                {
                    format!("{value};tag={tag}")
                }
                _ => value.to_owned(),
            };
            answer.push(name, tagged);
        }
    }
    if (101..300).contains(&status) {
        for value in request.all("Record-Route") {
            answer.push("Record-Route", value);
        }
    }
    answer
}

/// The standard reason phrase of a status.
#[must_use]
pub fn reason_of(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        603 => "Decline",
        _ => "Refused",
    }
}
