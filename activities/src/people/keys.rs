//! The keys that sign tokens, with their ids, so that they can be changed without signing everybody out.
use super::sha256_hex;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use thiserror::Error;

/// The environment variable that has the keys.
pub const VARIABLE: &str = "TOKEN_KEY";
/// Shortest key, in bytes: as long as the output of HMAC-SHA-256 (RFC 7518 §3.2).
const KEY_MIN: usize = 32;
/// Most keys at a time.
const KEYS_MAX: usize = 4;

/// Why the keys do not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// There are none.
    #[error(
        "TOKEN_KEY is not set: it is `[<id>:]<base64 of 32 bytes or more>`, several separated by commas, the first signs"
    )]
    Missing,
    /// An entry has another form.
    #[error(
        "TOKEN_KEY entry {0} does not read: it is `[<id>:]<base64 of 32 bytes or more>`, the id 1 to 16 of A-Za-z0-9_-"
    )]
    BadEntry(usize),
    /// Too many entries.
    #[error("TOKEN_KEY has more than 4 keys")]
    TooMany,
}

struct Key {
    id: String,
    sign: EncodingKey,
    verify: DecodingKey,
}

/// The keys: the first signs, all verify.
pub struct Keys(Vec<Key>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|key| &key.id))
            .finish()
    }
}

impl Keys {
    /// From the environment variable [`VARIABLE`].
    ///
    /// # Errors
    /// [`KeyError`] if it is not set or does not read.
    pub fn from_env() -> Result<Self, KeyError> {
        Self::parse(&std::env::var(VARIABLE).map_err(|_| KeyError::Missing)?)
    }

    /// From `[<id>:]<base64>` entries separated by commas. A key without an id is named by its hash.
    ///
    /// # Errors
    /// [`KeyError`] if it has another form.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let keys = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .enumerate()
            .map(|(index, entry)| read_entry(entry).ok_or(KeyError::BadEntry(index + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        match keys.len() {
            0 => Err(KeyError::Missing),
            1..=KEYS_MAX => Ok(Self(keys)),
            _ => Err(KeyError::TooMany),
        }
    }

    /// The key that signs, with its id.
    pub(super) fn signing(&self) -> (&str, &EncodingKey) {
        // `parse` lets no empty list through.
        let first = &self.0[0];
        (&first.id, &first.sign)
    }

    /// The key with this id.
    pub(super) fn verifying(&self, id: &str) -> Option<&DecodingKey> {
        self.0
            .iter()
            .find(|key| key.id == id)
            .map(|key| &key.verify)
    }

    /// HMAC-SHA-256 of `parts` for one `purpose`, base64url without padding (43 characters). Purposes cannot collide with each other
    /// or with tokens: a zero byte ends each part.
    pub fn mac(&self, purpose: &str, parts: &[&str]) -> String {
        // HS256 with a key of any length cannot fail.
        crypto::sign(&message(purpose, parts), self.signing().1, Algorithm::HS256)
            .unwrap_or_default()
    }

    /// Whether one of the keys made this [`Self::mac`].
    pub fn made(&self, purpose: &str, parts: &[&str], mac: &str) -> bool {
        let message = message(purpose, parts);
        self.0.iter().any(|key| {
            crypto::verify(mac, &message, &key.verify, Algorithm::HS256).unwrap_or(false)
        })
    }
}

fn message(purpose: &str, parts: &[&str]) -> Vec<u8> {
    let mut message = Vec::new();
    for part in [purpose].iter().chain(parts) {
        message.extend_from_slice(part.as_bytes());
        message.push(0);
    }
    message
}

fn read_entry(entry: &str) -> Option<Key> {
    let named = sha256_hex(entry);
    let (id, secret) = entry.split_once(':').unwrap_or((&named[..8], entry));
    let good_id = (1..=16).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let secret = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
        .into_iter()
        .find_map(|form| form.decode(secret).ok())?;
    (good_id && secret.len() >= KEY_MIN).then(|| Key {
        id: id.to_owned(),
        sign: EncodingKey::from_secret(&secret),
        verify: DecodingKey::from_secret(&secret),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_nameless_and_missing_keys_are_refused() {
        let short = STANDARD.encode([1; 31]);
        let good = STANDARD.encode([1; 32]);
        assert_eq!(Keys::parse("").unwrap_err(), KeyError::Missing);
        for (text, entry) in [
            (format!("a:{short}"), 1),
            (short.clone(), 1),
            (format!("a:{good},b b:{good}"), 2),
            ("a:?".into(), 1),
        ] {
            assert_eq!(
                Keys::parse(&text).unwrap_err(),
                KeyError::BadEntry(entry),
                "{text}"
            );
        }
        assert_eq!(
            Keys::parse(&vec![format!("a:{good}"); 5].join(",")).unwrap_err(),
            KeyError::TooMany
        );
        assert!(Keys::parse(&format!("new:{good},old:{good}")).is_ok());
        assert!(Keys::parse(&good).is_ok());
    }

    #[test]
    fn a_mac_depends_on_purpose_parts_and_their_borders() {
        let keys = Keys::parse(&format!("a:{}", STANDARD.encode([1; 32]))).unwrap();
        let macs = [
            keys.mac("p", &["a", "b"]),
            keys.mac("p", &["ab"]),
            keys.mac("p", &["a", "c"]),
            keys.mac("q", &["a", "b"]),
        ];
        assert!(keys.made("p", &["a", "b"], &macs[0]) && !keys.made("p", &["a", "b"], &macs[1]));
        for (i, mac) in macs.iter().enumerate() {
            assert_eq!(mac.len(), 43);
            assert!(!macs[i + 1..].contains(mac));
        }
    }
}
