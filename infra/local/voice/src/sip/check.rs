//! What a request must be before anything looks at its meaning (RFC 3261 section 8.2): a refusal is decided here, with
//! its status, or the request is sound.

use super::message::{Message, Method, Parsed, Via, reason_of};
use super::uri::{MAX_URI_BYTES, NameAddr, Uri, UriError};

/// Methods that are served.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER";

/// Methods that exist (the IANA registry) and are not served: 405, where an unknown one is 501.
const KNOWN: [&str; 9] = [
    "INFO",
    "MESSAGE",
    "NOTIFY",
    "PRACK",
    "PUBLISH",
    "REFER",
    "SUBSCRIBE",
    "UPDATE",
    "PING",
];

/// Headers of which there may be only one (the grammar gives them no comma list).
const SINGLE: [&str; 8] = [
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Max-Forwards",
    "Content-Type",
    "Content-Length",
    "Expires",
];

/// An answer that is decided before any state exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 400..=699.
    pub status: u16,
    /// The reason phrase.
    pub reason: &'static str,
    /// Headers that belong to it (Allow, Unsupported...).
    pub headers: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal with the standard reason.
    #[must_use]
    pub fn of(status: u16) -> Self {
        Self {
            status,
            reason: reason_of(status),
            headers: Vec::new(),
        }
    }

    /// A refusal with a reason of its own.
    #[must_use]
    pub fn because(status: u16, reason: &'static str) -> Self {
        Self {
            status,
            reason,
            headers: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What to do with bytes that parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Sound.
    Sound,
    /// To be answered so.
    Refuse(Refusal),
    /// Not to be answered: nowhere to answer to, an ACK, or a broken response.
    Ignore,
}

/// Checks a message.
#[must_use]
pub fn check(parsed: &Parsed) -> Verdict {
    let message = &parsed.message;
    if message.via().is_none() {
        return Verdict::Ignore;
    }
    let Some(method) = message.method() else {
        return check_response(parsed);
    };
    match request_fault(parsed, method) {
        None => Verdict::Sound,
        // Section 17.1.1.3: an ACK is never answered.
        Some(_) if *method == Method::Ack => Verdict::Ignore,
        Some(refusal) => Verdict::Refuse(refusal),
    }
}

fn check_response(parsed: &Parsed) -> Verdict {
    let message = &parsed.message;
    // Section 18.1.2 and 8.1.3.3: more than one Via in a response was not meant for us.
    let sound = parsed.fault.is_none()
        && message.list("Via").count() == 1
        && message.cseq().is_some()
        && message.call_id().is_some()
        && message.from().is_some()
        && message.to().is_some()
        && SINGLE.iter().all(|name| message.all(name).count() <= 1);
    if sound {
        Verdict::Sound
    } else {
        Verdict::Ignore
    }
}

fn request_fault(parsed: &Parsed, method: &Method) -> Option<Refusal> {
    let message = &parsed.message;
    if let Some((status, reason)) = parsed.fault {
        return Some(Refusal::because(status, reason));
    }
    if message.list("Via").any(|via| Via::parse(via).is_none()) {
        return Some(Refusal::because(400, "Bad Via"));
    }
    if let Some(name) = SINGLE.iter().find(|name| message.all(name).count() > 1) {
        tracing::debug!(header = name, "a single-value header is repeated");
        return Some(Refusal::because(400, "Repeated Header"));
    }
    if message.call_id().is_none() {
        return Some(Refusal::because(400, "Missing Call-ID"));
    }
    let (Some(from), Some(to)) = (message.from(), message.to()) else {
        return Some(Refusal::because(400, "Bad From Or To"));
    };
    if from.uri.len() > MAX_URI_BYTES || to.uri.len() > MAX_URI_BYTES {
        return Some(Refusal::because(400, "Bad From Or To"));
    }
    match message.cseq() {
        None => return Some(Refusal::because(400, "Bad CSeq")),
        // An unknown method is told first: that is what the sender can do something about.
        Some((_, named)) if named != *method && method_fault(method).is_none() => {
            return Some(Refusal::because(400, "CSeq Method Differs"));
        }
        Some(_) => {}
    }
    if let Some(hops) = message.header("Max-Forwards")
        && hops.trim().parse::<u8>().is_err()
    {
        return Some(Refusal::because(400, "Bad Max-Forwards"));
    }
    uri_fault(message)
        .or_else(|| method_fault(method))
        .or_else(|| body_fault(message, method))
}

fn uri_fault(message: &Message) -> Option<Refusal> {
    let super::message::Start::Request { uri, .. } = &message.start else {
        return None;
    };
    match Uri::parse(uri) {
        // Section 19.1.5: headers have no place in a Request-URI.
        Ok(_)
            if uri.contains('?')
                && uri
                    .rsplit('@')
                    .next()
                    .is_some_and(|rest| rest.contains('?')) =>
        {
            Some(Refusal::because(400, "Headers In Request-URI"))
        }
        Ok(_) => None,
        Err(UriError::Scheme) => Some(Refusal::of(416)),
        Err(UriError::Malformed) => Some(Refusal::because(400, "Bad Request-URI")),
    }
}

fn method_fault(method: &Method) -> Option<Refusal> {
    let Method::Other(name) = method else {
        return None;
    };
    let status = if KNOWN.contains(&name.as_str()) {
        405
    } else {
        501
    };
    Some(Refusal::of(status).with("Allow", ALLOW))
}

fn body_fault(message: &Message, method: &Method) -> Option<Refusal> {
    // No extension is supported, so every option tag in Require is one too many (section 8.2.2.3).
    let required: Vec<&str> = message.list("Require").collect();
    if !required.is_empty() && !matches!(method, Method::Ack | Method::Cancel) {
        return Some(Refusal::of(420).with("Unsupported", required.join(", ")));
    }
    if *method != Method::Invite {
        return None;
    }
    if !names_its_sender(message) {
        return Some(Refusal::because(400, "Bad Contact"));
    }
    // Section 20.1: without the header, SDP is acceptable; an answer could be nothing else.
    if message.header("Accept").is_some() && !message.list("Accept").any(takes_sdp) {
        return Some(Refusal::of(406));
    }
    if message.body.is_empty() {
        return None;
    }
    let kind = message.header("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let encoded = message
        .header("Content-Encoding")
        .is_some_and(|e| !e.eq_ignore_ascii_case("identity"));
    if !kind.eq_ignore_ascii_case("application/sdp") || encoded {
        return Some(Refusal::of(415).with("Accept", "application/sdp"));
    }
    None
}

/// Whether an INVITE says where requests to its sender go: in exactly one Contact (section 8.1.1.8). RFC 2543 took the From header
/// in its stead.
fn names_its_sender(invite: &Message) -> bool {
    let contacts: Vec<&str> = invite.list("Contact").collect();
    match contacts[..] {
        [contact] => NameAddr::parse(contact).is_some_and(|c| Uri::parse(&c.uri).is_ok()),
        [] => {
            let modern = invite
                .via()
                .is_some_and(|via| via.unique_branch().is_some());
            !modern && invite.from().is_some_and(|f| Uri::parse(&f.uri).is_ok())
        }
        _ => false,
    }
}

/// Whether a range of an Accept header holds `application/sdp`.
fn takes_sdp(range: &str) -> bool {
    let range = range.split(';').next().unwrap_or_default().trim();
    ["application/sdp", "application/*", "*/*"]
        .iter()
        .any(|wide| range.eq_ignore_ascii_case(wide))
}
