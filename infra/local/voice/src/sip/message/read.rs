//! Bytes as messages: framing, the start line, header lines.

use super::{Message, Method, Start};

/// Most bytes of a start line and its headers.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Most bytes of a body.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Most header lines in one message.
pub const MAX_HEADERS: usize = 128;

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
