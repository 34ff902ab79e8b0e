//! API keys: what a program shows instead of a session's token.
//!
//! A secret is 32 random bytes. Nobody guesses one, and nobody searches for the one that a hash was made of: SHA-256 does, where a person's
//! password needs argon2. The store has the hash alone and finds the key by it.
use super::passwords::random_secret;
use super::{Caller, sha256_hex};
use crate::ports::api_keys::ApiKey;
use crate::ports::directory::{Person, Tenant};
use contract::PersonId;
use jiff::Timestamp;
use thiserror::Error;

/// What every secret begins with. No session's token does: those begin with the `{` of a JSON object in base64.
const PREFIX: &str = "sk_";
/// How many characters follow: 32 bytes in base64url without padding.
const RANDOM: usize = 43;
/// How many characters of a secret its owner is shown later: 36 of its 256 bits.
const SHOWN: usize = PREFIX.len() + 6;

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyRefused {
    /// It is none of ours, or was changed.
    #[error("the API key is not valid")]
    Invalid,
    /// Somebody revoked it.
    #[error("the API key was revoked: make another")]
    Revoked,
    /// Its days are over.
    #[error("the API key has expired: make another")]
    Expired,
    /// Whoever made it is not known any more, or may do less than it.
    #[error("who made the API key may not do any more what it may: make another")]
    MakerGone,
    /// Its tenant was closed.
    #[error("this account is closed")]
    Closed,
}

/// A new secret.
pub fn secret() -> String {
    format!("{PREFIX}{}", random_secret())
}

/// Whether a bearer token is meant to be a key's secret.
pub fn is_meant(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// What the store knows a secret by, lower-case hex; `None` for what cannot be one.
pub fn hash_of(token: &str) -> Option<String> {
    let random = token.strip_prefix(PREFIX)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let fits = random.len() == RANDOM && random.bytes().all(plain);
    fits.then(|| sha256_hex(token))
}

/// What of a secret tells its key from others.
pub fn shown(secret: &str) -> String {
    secret.chars().take(SHOWN).collect()
}

/// Who asks by a key: the key itself, as somebody of its tenant and role. A key is good while whoever made it is there and may do what it may;
/// so nobody leaves a way in behind.
///
/// # Errors
/// [`KeyRefused`] if it is not good now.
pub fn judge(
    key: &ApiKey,
    maker: Option<&Person>,
    tenant: Option<&Tenant>,
    now: Timestamp,
) -> Result<Caller, KeyRefused> {
    if key.view.revoked_at.is_some() {
        return Err(KeyRefused::Revoked);
    }
    if key.has_expired(now) {
        return Err(KeyRefused::Expired);
    }
    if tenant.is_some_and(|tenant| tenant.closed_at.is_some()) {
        return Err(KeyRefused::Closed);
    }
    if !maker.is_some_and(|maker| maker.role.covers(key.view.role)) {
        return Err(KeyRefused::MakerGone);
    }
    Ok(Caller {
        tenant: key.tenant.clone(),
        person: PersonId::from(key.view.id.clone()),
        role: key.view.role,
        session: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Role;
    use contract::api::keys::ApiKeyView;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-20T10:00:00.000Z";

    fn key() -> ApiKey {
        ApiKey {
            view: ApiKeyView {
                id: "key-1".into(),
                name: "CRM".into(),
                prefix: "sk_abcdef".into(),
                role: Role::Administrator,
                made_by: "p-1".into(),
                made_at: "2026-11-01T10:00:00.000Z".into(),
                last_used: None,
                expires_at: Some("2026-11-20T10:00:00.001Z".into()),
                revoked_at: None,
                revoked_by: None,
            },
            tenant: "t-1".into(),
            hash: "hash".into(),
            expires: None,
        }
    }

    fn maker(role: Role) -> Person {
        Person {
            person: "p-1".into(),
            tenant: "t-1".into(),
            name: "Lucía".into(),
            email: "lucia@isthmus.example".into(),
            role,
            numbers: Vec::new(),
            ring_limit_s: 25,
            language: None,
        }
    }

    fn judged(key: &ApiKey, maker: Option<&Person>) -> Result<Caller, KeyRefused> {
        judge(key, maker, None, NOW.parse().unwrap())
    }

    #[test]
    fn a_good_key_asks_as_itself_in_its_tenant() {
        for role in [Role::Administrator, Role::Staff] {
            let caller = judged(&key(), Some(&maker(role))).unwrap();
            assert_eq!(caller.person.as_str(), "key-1");
            assert_eq!(caller.key(), Some("key-1".into()));
            assert_eq!(
                (caller.tenant.as_str(), caller.role),
                ("t-1", Role::Administrator)
            );
        }
    }

    #[test]
    fn a_key_ends_with_its_days_its_revocation_and_its_makers_role() {
        let lucia = maker(Role::Administrator);
        let over = |text: &str| {
            let mut key = key();
            key.view.expires_at = Some(text.to_owned());
            key
        };
        let mut revoked = over("2026-11-19T10:00:00.000Z");
        revoked.view.revoked_at = Some(NOW.to_owned());
        for (key, maker, why) in [
            (revoked, Some(&lucia), KeyRefused::Revoked),
            (over(NOW), Some(&lucia), KeyRefused::Expired),
            (over("no moment"), Some(&lucia), KeyRefused::Expired),
            (key(), None, KeyRefused::MakerGone),
            (key(), Some(&maker(Role::Operator)), KeyRefused::MakerGone),
        ] {
            assert_eq!(judged(&key, maker), Err(why));
        }
        let mut lasting = key();
        lasting.view.expires_at = None;
        assert!(judged(&lasting, Some(&lucia)).is_ok());
        let closed = Tenant {
            tenant: "t-1".into(),
            name: "Isthmus".into(),
            dial: crate::seed::sample::dial_policy(),
            country: None,
            closed_at: Some(NOW.to_owned()),
        };
        let judged = judge(&lasting, Some(&lucia), Some(&closed), NOW.parse().unwrap());
        assert_eq!(judged, Err(KeyRefused::Closed));
    }

    #[test]
    fn a_secret_is_long_random_and_known_by_its_hash() {
        let (one, other) = (secret(), secret());
        assert_eq!(one.len(), 46);
        assert!(is_meant(&one) && one != other);
        let hash = hash_of(&one).unwrap();
        assert_eq!(hash.len(), 64);
        assert_ne!(Some(hash), hash_of(&other));
        assert_eq!(shown(&one), one[..9]);
    }

    #[test]
    fn what_cannot_be_a_secret_is_not_looked_for() {
        let good = secret();
        for bad in [
            "",
            "sk_",
            "sk_short",
            &good[..45],
            &format!("{good}A"),
            &format!("{}=", &good[..45]),
            &good.replacen("sk_", "pk_", 1),
        ] {
            assert_eq!(hash_of(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_secret_never_panics(text in "\\PC{0,60}") {
            let _ = (hash_of(&text), is_meant(&text), shown(&text));
        }
    }
}
