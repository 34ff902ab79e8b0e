//! SIP messages as text: read, checked for what a machine may rely on, written (RFC 3261 sections 7, 25).

use super::uri::{NameAddr, find, host_port, params_of, split_list};
use std::fmt;

/// Most bytes of a start line and its headers.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Most bytes of a body.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Most header lines in one message.
pub const MAX_HEADERS: usize = 128;

/// A request method; names are case-sensitive (section 7.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Method {
    /// RFC 3261
    Invite,
    /// RFC 3261
    Ack,
    /// RFC 3261
    Bye,
    /// RFC 3261
    Cancel,
    /// RFC 3261
    Options,
    /// RFC 3261
    Register,
    /// Anything else, as written.
    Other(String),
}

impl Method {
    fn parse(text: &str) -> Self {
        match text {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "OPTIONS" => Self::Options,
            "REGISTER" => Self::Register,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A request.
    Request {
        /// The method.
        method: Method,
        /// The Request-URI as written.
        uri: String,
    },
    /// A response.
    Response {
        /// 100..=699.
        status: u16,
        /// The reason phrase.
        reason: String,
    },
}

/// A message. Header names are in their long, canonical spelling when known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub start: Start,
    /// Header lines in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why bytes are no message at all; nothing can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// No empty line, or no valid first line.
    #[error("not a SIP message")]
    NotSip,
    /// More than [`MAX_HEAD_BYTES`] or [`MAX_HEADERS`].
    #[error("too large")]
    TooLarge,
}

/// A message with what its framing said, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The message.
    pub message: Message,
    /// What is wrong with its text, though it can be answered: the status and reason to answer with.
    pub fault: Option<(u16, &'static str)>,
}

impl Message {
    /// Reads a whole message: a datagram, or what [`frame_length`] cut from a stream.
    ///
    /// # Errors
    /// See [`ParseError`].
    pub fn parse(bytes: &[u8]) -> Result<Parsed, ParseError> {
        let bytes = &bytes[bytes
            .iter()
            .take_while(|b| matches!(b, b'\r' | b'\n'))
            .count()..];
        let (head, body) = split_head(bytes).ok_or(ParseError::NotSip)?;
        if head.len() > MAX_HEAD_BYTES {
            return Err(ParseError::TooLarge);
        }
        let mut fault = None;
        let text = match std::str::from_utf8(head) {
            Ok(text) => std::borrow::Cow::Borrowed(text),
            Err(_) => {
                fault = Some((400, "Headers Are Not UTF-8"));
                String::from_utf8_lossy(head)
            }
        };
        let mut lines = text.split("\r\n");
        let (start, start_fault) =
            start_line(lines.next().unwrap_or_default()).ok_or(ParseError::NotSip)?;
        fault = fault.or(start_fault);
        let (headers, header_fault) = header_lines(lines)?;
        fault = fault.or(header_fault);
        let mut message = Message {
            start,
            headers,
            body: Vec::new(),
        };
        match message.content_length() {
            Ok(Some(length)) if length > body.len() => {
                fault = fault.or(Some((400, "Content-Length Exceeds Message")))
            }
            Ok(Some(length)) => message.body = body[..length].to_vec(),
            Ok(None) => message.body = body.to_vec(),
            Err(()) => fault = fault.or(Some((400, "Bad Content-Length"))),
        }
        Ok(Parsed { message, fault })
    }

    /// The wire form, with the right Content-Length.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        use fmt::Write as _;
        let mut head = match &self.start {
            Start::Request { method, uri } => format!("{method} {uri} SIP/2.0\r\n"),
            Start::Response { status, reason } => format!("SIP/2.0 {status} {reason}\r\n"),
        };
        for (name, value) in &self.headers {
            if name != "Content-Length" {
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        let _ = write!(head, "Content-Length: {}\r\n\r\n", self.body.len());
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The method of a request.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The status of a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match &self.start {
            Start::Response { status, .. } => Some(*status),
            Start::Request { .. } => None,
        }
    }

    /// The first header of this (canonical) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// All headers of this (canonical) name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// All values of a list header, one by one.
    pub fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(split_list)
    }

    /// Appends a header.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }

    /// Number and method of CSeq.
    #[must_use]
    pub fn cseq(&self) -> Option<(u32, Method)> {
        let (number, method) = self.header("CSeq")?.split_once(char::is_whitespace)?;
        let number = number.trim();
        // Section 8.1.1.5: less than 2**31. `parse` alone would take a plus sign.
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = number.parse::<u32>().ok().filter(|n| *n < 1 << 31)?;
        Some((number, Method::parse(method.trim())))
    }

    /// The From header.
    #[must_use]
    pub fn from(&self) -> Option<NameAddr> {
        NameAddr::parse(self.header("From")?)
    }

    /// The To header.
    #[must_use]
    pub fn to(&self) -> Option<NameAddr> {
        NameAddr::parse(self.header("To")?)
    }

    /// Call-ID.
    #[must_use]
    pub fn call_id(&self) -> Option<&str> {
        self.header("Call-ID").filter(|c| !c.is_empty())
    }

    /// The topmost Via.
    #[must_use]
    pub fn via(&self) -> Option<Via> {
        Via::parse(self.list("Via").next()?)
    }

    /// Content-Length: `Ok(None)` without one, `Err` when it is no number.
    fn content_length(&self) -> Result<Option<usize>, ()> {
        let mut found = None;
        for value in self.all("Content-Length") {
            let value = value.trim();
            if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
                return Err(());
            }
            let length = value.parse::<usize>().map_err(|_| ())?;
            if found.replace(length).is_some_and(|before| before != length) {
                return Err(());
            }
        }
        Ok(found)
    }
}

/// A Via value (section 20.42).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`..., upper case.
    pub transport: String,
    /// Host of the sent-by.
    pub host: String,
    /// Port of the sent-by.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Vec<(String, Option<String>)>,
}

impl Via {
    /// Reads one value; white space is allowed around the slashes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (protocol, rest) = text.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        // Another version is answered with 505, so its Via must be understood.
        if !protocol.trim().eq_ignore_ascii_case("SIP") || version.trim().is_empty() {
            return None;
        }
        let rest = rest.trim_start();
        let (transport, rest) = rest.split_once(char::is_whitespace)?;
        let (sent_by, tail) = rest.find(';').map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) = host_port(sent_by)?;
        Some(Self {
            transport: transport.to_ascii_uppercase(),
            host,
            port,
            params: params_of(tail),
        })
    }

    /// A parameter's value.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        find(&self.params, name)
    }
}

/// Length of the first whole message in a stream's `buffer`, `None` when more must be read.
///
/// # Errors
/// [`ParseError`] when the stream can no longer be followed: it must be closed.
pub fn frame_length(buffer: &[u8]) -> Result<Option<usize>, ParseError> {
    let Some((head, _)) = split_head(buffer) else {
        return if buffer.len() > MAX_HEAD_BYTES {
            Err(ParseError::TooLarge)
        } else {
            Ok(None)
        };
    };
    let mut length = None;
    for line in String::from_utf8_lossy(head).split("\r\n").skip(1) {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let name = name.trim();
        if name.eq_ignore_ascii_case("Content-Length") || name.eq_ignore_ascii_case("l") {
            length = Some(
                value
                    .trim()
                    .parse::<usize>()
                    .map_err(|_| ParseError::NotSip)?,
            );
        }
    }
    // Section 18.3: a stream needs the header; guessing would let a body be read as the next request.
    let length = length.ok_or(ParseError::NotSip)?;
    if length > MAX_BODY_BYTES {
        return Err(ParseError::TooLarge);
    }
    let whole = head.len() + 4 + length;
    Ok((buffer.len() >= whole).then_some(whole))
}

fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    Some((&bytes[..at], &bytes[at + 4..]))
}

type Fault = Option<(u16, &'static str)>;

fn start_line(line: &str) -> Option<(Start, Fault)> {
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = status
            .parse::<u16>()
            .ok()
            .filter(|s| (100..700).contains(s) && status.len() == 3)?;
        return Some((
            Start::Response {
                status,
                reason: reason.to_owned(),
            },
            None,
        ));
    }
    let (method, rest) = line.split_once(' ')?;
    let (uri, version) = rest.rsplit_once(' ')?;
    let token = |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c);
    if method.is_empty() || method.len() > 64 || !method.chars().all(token) {
        return None;
    }
    let fault = if version != "SIP/2.0" {
        let sip = version
            .get(..4)
            .is_some_and(|v| v.eq_ignore_ascii_case("SIP/"));
        Some(if sip {
            (505, "Version Not Supported")
        } else {
            (400, "Malformed Request Line")
        })
    } else if uri.is_empty() || uri.chars().any(char::is_whitespace) {
        Some((400, "Malformed Request Line"))
    } else {
        None
    };
    Some((
        Start::Request {
            method: Method::parse(method),
            uri: uri.trim().to_owned(),
        },
        fault,
    ))
}

fn header_lines<'a>(
    lines: impl Iterator<Item = &'a str>,
) -> Result<(Vec<(String, String)>, Fault), ParseError> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut fault = None;
    for line in lines {
        if line.starts_with([' ', '\t']) {
            // Folded lines are one line (section 7.3.1).
            match headers.last_mut() {
                Some((_, value)) => {
                    if !value.is_empty() {
                        value.push(' ');
                    }
                    value.push_str(line.trim());
                }
                None => fault = Some((400, "Malformed Header")),
            }
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            fault = Some((400, "Malformed Header"));
            continue;
        };
        let name = name.trim_end();
        if name.is_empty()
            || name.contains(|c: char| c.is_whitespace() || c.is_control())
            || line.contains(['\r', '\n'])
        {
            fault = Some((400, "Malformed Header"));
            continue;
        }
        if headers.len() >= MAX_HEADERS {
            return Err(ParseError::TooLarge);
        }
        headers.push((canonical(name).to_owned(), value.trim().to_owned()));
    }
    Ok((headers, fault))
}

/// The long spelling of the headers that are looked at here (compact forms: section 7.3.3).
fn canonical(name: &str) -> &str {
    const KNOWN: [(&str, &str); 13] = [
        ("v", "Via"),
        ("f", "From"),
        ("t", "To"),
        ("i", "Call-ID"),
        ("m", "Contact"),
        ("l", "Content-Length"),
        ("c", "Content-Type"),
        ("e", "Content-Encoding"),
        ("k", "Supported"),
        ("s", "Subject"),
        ("", "CSeq"),
        ("", "Record-Route"),
        ("", "Max-Forwards"),
    ];
    KNOWN
        .iter()
        .find(|(short, long)| {
            name.eq_ignore_ascii_case(long)
                || (!short.is_empty() && name.eq_ignore_ascii_case(short))
        })
        .map_or(name, |(_, long)| long)
}

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
