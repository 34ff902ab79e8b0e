//! Names of things: meetings, attendees, tokens, connections.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A meeting's id: a UUID in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeetingId(String);

/// An attendee's id: a UUID in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttendeeId(String);

/// What lets an attendee in. It is passed as a WebSocket subprotocol, so it has the letters of an RFC 7230
/// token only: base64url without padding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JoinToken(String);

/// One connection to a meeting: a browser's socket or a party's seat. Never used again within a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// Length of a UUID as text.
const UUID_LENGTH: usize = 36;

impl MeetingId {
    /// A new id.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// The id a request names, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_uuid(text).map(Self)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AttendeeId {
    /// A new id.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// The id a request names, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_uuid(text).map(Self)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn parse_uuid(text: &str) -> Option<String> {
    if text.len() != UUID_LENGTH {
        return None;
    }
    uuid::Uuid::try_parse(text).ok().map(|id| id.to_string())
}

impl JoinToken {
    /// A new token of 256 random bits.
    #[must_use]
    pub fn random() -> Self {
        use base64::Engine as _;
        let bytes: [u8; 32] = rand::random();
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares in the same time whether they differ early or late.
    #[must_use]
    pub fn is(&self, offered: &str) -> bool {
        let (own, offered) = (self.0.as_bytes(), offered.as_bytes());
        own.len() == offered.len()
            && own
                .iter()
                .zip(offered)
                .fold(0, |diff, (a, b)| diff | (a ^ b))
                == 0
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinToken(..)")
    }
}

impl fmt::Display for MeetingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AttendeeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who is present: an attendee, or the screen share of one, which joins as a second, complete client with
/// `#content` behind its token and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Who {
    /// The attendee.
    pub attendee: AttendeeId,
    /// True for its screen share.
    pub content: bool,
}

/// What a screen share puts behind its token and its attendee id.
pub const CONTENT_SUFFIX: &str = "#content";

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.attendee.as_str())?;
        if self.content {
            f.write_str(CONTENT_SUFFIX)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_websocket_subprotocol() {
        for _ in 0..100 {
            let token = JoinToken::random();
            assert!(
                token
                    .as_str()
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            );
            assert!(token.is(token.as_str()));
            assert!(!token.is(&token.as_str()[1..]));
            assert!(!token.is(JoinToken::random().as_str()));
        }
    }

    #[test]
    fn ids_have_one_spelling() {
        let id = MeetingId::parse("A1B2C3D4-0000-4000-8000-0000000000FF").unwrap();
        assert_eq!(id.as_str(), "a1b2c3d4-0000-4000-8000-0000000000ff");
        assert!(MeetingId::parse("a1b2c3d4000040008000000000000000ff").is_none());
        assert!(MeetingId::parse("../../etc/passwd").is_none());
    }
}
