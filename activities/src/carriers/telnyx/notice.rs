//! Notices of Telnyx: signed with ed25519 over `timestamp|body`.
//! <https://developers.telnyx.com/docs/development/api-fundamentals/webhooks>
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// The header with the second at which a notice was signed (Unix time).
pub const TIMESTAMP_HEADER: &str = "telnyx-timestamp";
/// The header with the signature, in base64.
pub const SIGNATURE_HEADER: &str = "telnyx-signature-ed25519";
/// How far that second may be from now: Telnyx's own libraries allow five minutes.
pub const TOLERANCE_S: i64 = 300;

/// Why a notice is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotBelieved {
    /// The header is missing or no Unix time.
    #[error("{TIMESTAMP_HEADER} must be a Unix time in seconds")]
    Timestamp,
    /// It was signed too long ago, or in the future.
    #[error("{TIMESTAMP_HEADER} must be within {TOLERANCE_S} s of now")]
    Old,
    /// The header is missing or no base64 of 64 bytes, or the key did not make it.
    #[error("{SIGNATURE_HEADER} must be the signature of the timestamp and the body, in base64")]
    Signature,
}

/// The key that checks notices.
#[derive(Debug, Clone)]
pub struct NoticeKey(VerifyingKey);

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a public key is 32 bytes in base64, as Telnyx's portal shows it")]
pub struct NotAKey;

impl NoticeKey {
    /// Reads a key as Telnyx's portal shows it: 32 bytes in base64.
    ///
    /// # Errors
    /// [`NotAKey`].
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| NotAKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| NotAKey)?;
        VerifyingKey::from_bytes(&bytes)
            .map(Self)
            .map_err(|_| NotAKey)
    }

    /// Checks that Telnyx signed this body just now.
    ///
    /// # Errors
    /// [`NotBelieved`].
    pub fn check(
        &self,
        timestamp: Option<&str>,
        signature: Option<&str>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), NotBelieved> {
        let text = timestamp.ok_or(NotBelieved::Timestamp)?;
        let at: i64 = text.parse().map_err(|_| NotBelieved::Timestamp)?;
        let signature = signature
            .and_then(|text| STANDARD.decode(text).ok())
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .ok_or(NotBelieved::Signature)?;
        let mut signed = format!("{text}|").into_bytes();
        signed.extend_from_slice(body);
        // Strict: refuses keys and signatures that fit more than one message.
        self.0
            .verify_strict(&signed, &signature)
            .map_err(|_| NotBelieved::Signature)?;
        if at.abs_diff(now.as_second()) > TOLERANCE_S.unsigned_abs() {
            return Err(NotBelieved::Old);
        }
        Ok(())
    }
}

/// A notice, as far as it tells which request is meant and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Its id: the same when it comes again.
    pub id: String,
    /// What happened, such as `number_order.complete`.
    pub event_type: String,
    /// The request it is about.
    pub customer_reference: Option<String>,
    /// The order's id at Telnyx.
    pub order: Option<String>,
    /// The order's status, in letters that a signal's topic may have; the event's last word where it has none.
    pub status: String,
    /// Everything that it says of the order.
    pub payload: Value,
}

#[derive(Deserialize)]
struct Envelope {
    data: Event,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    event_type: String,
    #[serde(default)]
    payload: Value,
}

impl Notice {
    /// Reads a notice's body.
    ///
    /// # Errors
    /// What does not read.
    pub fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        let Envelope { data } = serde_json::from_slice(body)?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let status = &data.payload["status"];
        // A number order has its status as a text, a porting order as an object with a value.
        let status = text(status).or_else(|| text(&status["value"]));
        let word = data.event_type.rsplit('.').next().unwrap_or_default();
        Ok(Self {
            customer_reference: text(&data.payload["customer_reference"]),
            order: text(&data.payload["id"])
                .or_else(|| text(&data.payload["porting_order_id"]))
                .or_else(|| text(&data.payload["order_id"])),
            status: topic(status.as_deref().unwrap_or(word)),
            id: data.id,
            event_type: data.event_type,
            payload: data.payload,
        })
    }
}

/// A text as a signal's topic: `a-z0-9_-`.
fn topic(text: &str) -> String {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let low = text.to_ascii_lowercase();
    low.chars()
        .map(|c| if fits(c) { c } else { '-' })
        .take(64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};

    const BODY: &[u8] = br#"{"data":{"event_type":"number_order.complete","id":"e-1",
        "payload":{"id":"o-1","status":"success","customer_reference":"no-7"}}}"#;

    fn signed(at: i64, body: &[u8]) -> (NoticeKey, String) {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let mut text = format!("{at}|").into_bytes();
        text.extend_from_slice(body);
        let key = STANDARD.encode(secret.verifying_key().as_bytes());
        let signature = STANDARD.encode(secret.sign(&text).to_bytes());
        (NoticeKey::parse(&key).unwrap(), signature)
    }

    #[test]
    fn only_what_was_signed_just_now_is_believed() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let at = now.as_second() - 299;
        let (key, signature) = signed(at, BODY);
        let (at, signature) = (at.to_string(), Some(signature.as_str()));
        let check = |at: Option<&str>, signature, body: &[u8]| key.check(at, signature, body, now);
        assert_eq!(check(Some(&at), signature, BODY), Ok(()));
        assert_eq!(
            check(Some(&at), signature, b"{}"),
            Err(NotBelieved::Signature)
        );
        assert_eq!(check(Some(&at), None, BODY), Err(NotBelieved::Signature));
        assert_eq!(
            check(Some("1799999999"), signature, BODY),
            Err(NotBelieved::Signature)
        );
        for none in [None, Some("soon")] {
            assert_eq!(check(none, signature, BODY), Err(NotBelieved::Timestamp));
        }
        let old = now.as_second() - 301;
        let (key, signature) = signed(old, BODY);
        assert_eq!(
            key.check(Some(&old.to_string()), Some(&signature), BODY, now),
            Err(NotBelieved::Old)
        );
        assert!(NoticeKey::parse("c2hvcnQ=").is_err());
    }

    #[test]
    fn orders_and_ports_say_which_request_and_what_status() {
        let order = Notice::read(BODY).unwrap();
        assert_eq!(order.status, "success");
        assert_eq!(order.customer_reference.as_deref(), Some("no-7"));
        let port = br#"{"data":{"event_type":"porting_order.status_changed","id":"e-2",
            "payload":{"id":"p-1","customer_reference":"pi-1","status":{"value":"foc-date-confirmed","details":[]}}}}"#;
        let port = Notice::read(port).unwrap();
        assert_eq!(
            (port.status.as_str(), port.order.as_deref()),
            ("foc-date-confirmed", Some("p-1"))
        );
        let comment = br#"{"data":{"event_type":"porting_order.new_comment","id":"e-3","payload":{"porting_order_id":"p-1"}}}"#;
        assert_eq!(Notice::read(comment).unwrap().status, "new_comment");
        assert!(Notice::read(b"{}").is_err());
    }
}
