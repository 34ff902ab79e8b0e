//! Refresh tokens: `<family>.<secret>.<tag>`, replaced at every use, of which exactly one per family is good.
//!
//! A token that was replaced and comes back means that two parties have it, so the whole family ends (RFC 9700 §4.14.2). The
//! tag (our MAC of the rest) tells such a token from a guess: who only knows the family's id cannot end it.
//! One case is no theft: the answer with the new token was lost, or two tabs refreshed at once. So the *direct*
//! predecessor is taken for [`GRACE_MS`] more, from the same client. That stays safe, because a secret's successor is
//! computed from it (HMAC with our key): the second use gives the *same* successor as the first. The family never
//! branches, so whoever holds a copy meets the other at the next rotation, and then the family ends.
use super::{Keys, sha256_hex};
use crate::ports::sessions::SessionRecord;

/// How long a session lasts unused, whole seconds: 30 days, counted anew at each use.
pub const LIFETIME_S: i64 = 30 * 24 * 60 * 60;
/// How long the direct predecessor of the good token is still taken, in milliseconds.
pub const GRACE_MS: i64 = 10_000;
/// Longest token that is looked at, in bytes.
const TOKEN_MAX: usize = 192;

/// A refresh token as the client presents it.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// Which family.
    pub family: String,
    secret: String,
    tag: String,
}

impl Presented {
    /// Reads `<family>.<secret>.<tag>`.
    pub fn parse(token: &str) -> Option<Self> {
        let plain = |text: &&str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        let mut parts = token.split('.').filter(plain).map(str::to_owned);
        let read = Self {
            family: parts.next()?,
            secret: parts.next()?,
            tag: parts.next()?,
        };
        (token.len() <= TOKEN_MAX && token.split('.').count() == 3).then_some(read)
    }
}

fn token(keys: &Keys, family: &str, secret: &str) -> String {
    format!(
        "{family}.{secret}.{}",
        keys.mac("refresh-tag", &[family, secret])
    )
}

/// What a presented token leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is good: write this session if its `current` is still the old one, and give the client this token.
    Rotate(SessionRecord, String),
    /// It is the direct predecessor within the grace: give the client this token, which is the good one.
    Again(String),
    /// It was replaced and came back: end the family.
    Reused,
    /// It is not good, and says nothing about theft.
    Refused,
}

/// A new family: the session to write and the token for the client. `secret` is 32 random bytes in base64url.
pub fn begin(
    keys: &Keys,
    session: SessionRecord,
    secret: &str,
    client: &str,
    now_ms: i64,
) -> (SessionRecord, String) {
    let token = token(keys, &session.family, secret);
    let session = SessionRecord {
        current: sha256_hex(secret),
        previous: None,
        rotated_at_ms: now_ms,
        client: sha256_hex(client),
        expires: now_ms / 1_000 + LIFETIME_S,
        ..session
    };
    (session, token)
}

/// What a token presented by `client` (its `User-Agent`) leads to.
pub fn present(
    keys: &Keys,
    session: &SessionRecord,
    shown: &Presented,
    client: &str,
    now_ms: i64,
) -> Verdict {
    if session.family != shown.family || session.expires <= now_ms / 1_000 {
        return Verdict::Refused;
    }
    let hash = sha256_hex(&shown.secret);
    let successor = keys.mac("refresh", &[&shown.family, &shown.secret]);
    let successor_hash = sha256_hex(&successor);
    let next = token(keys, &shown.family, &successor);
    // Hashes of secrets are compared: what comparing leaks in time says nothing about a secret.
    if hash == session.current {
        let session = SessionRecord {
            current: successor_hash,
            previous: Some(hash),
            rotated_at_ms: now_ms,
            client: sha256_hex(client),
            expires: now_ms / 1_000 + LIFETIME_S,
            ..session.clone()
        };
        return Verdict::Rotate(session, next);
    }
    if session.previous.as_ref() == Some(&hash)
        && now_ms - session.rotated_at_ms <= GRACE_MS
        && session.client == sha256_hex(client)
    {
        // Another successor than ours: the signing key changed in between. The client signs in again.
        return if session.current == successor_hash {
            Verdict::Again(next)
        } else {
            Verdict::Refused
        };
    }
    if keys.made("refresh-tag", &[&shown.family, &shown.secret], &shown.tag) {
        Verdict::Reused
    } else {
        Verdict::Refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    const NOW: i64 = 1_790_000_000_000;

    fn keys() -> Keys {
        Keys::parse(&format!("a:{}", STANDARD.encode([7; 32]))).unwrap()
    }

    fn new() -> (SessionRecord, String) {
        let blank = SessionRecord {
            family: "f-1".into(),
            tenant: "t-1".into(),
            person: "p-1".into(),
            current: String::new(),
            previous: None,
            rotated_at_ms: 0,
            client: String::new(),
            expires: 0,
        };
        begin(&keys(), blank, "c2VjcmV0", "browser", NOW)
    }

    fn show(session: &SessionRecord, token: &str, client: &str, now: i64) -> Verdict {
        present(
            &keys(),
            session,
            &Presented::parse(token).unwrap(),
            client,
            now,
        )
    }

    fn rotated(session: &SessionRecord, token: &str, now: i64) -> (SessionRecord, String) {
        match show(session, token, "browser", now) {
            Verdict::Rotate(session, token) => (session, token),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_use_gives_another_token_and_thirty_more_days() {
        let (session, first) = new();
        let (session, second) = rotated(&session, &first, NOW + 1_000_000);
        assert_ne!(first, second);
        assert_eq!(session.expires, (NOW + 1_000_000) / 1_000 + LIFETIME_S);
        let (_, third) = rotated(&session, &second, NOW + 2_000_000);
        assert_ne!(second, third);
    }

    #[test]
    fn a_replaced_token_that_comes_back_ends_the_family() {
        let (session, first) = new();
        let (session, second) = rotated(&session, &first, NOW);
        assert_eq!(
            show(&session, &first, "browser", NOW + GRACE_MS + 1),
            Verdict::Reused
        );
        let (session, _) = rotated(&session, &second, NOW + 20_000);
        assert_eq!(
            show(&session, &first, "browser", NOW + 20_001),
            Verdict::Reused,
            "two rotations ago"
        );
    }

    #[test]
    fn a_retry_after_a_lost_answer_gets_the_very_token_that_was_lost() {
        let (session, first) = new();
        let (session, second) = rotated(&session, &first, NOW);
        assert_eq!(
            show(&session, &first, "browser", NOW + GRACE_MS),
            Verdict::Again(second)
        );
    }

    #[test]
    fn the_grace_is_for_the_same_client_only() {
        let (session, first) = new();
        let (session, _) = rotated(&session, &first, NOW);
        assert_eq!(show(&session, &first, "curl", NOW + 1), Verdict::Reused);
    }

    #[test]
    fn a_thief_within_the_grace_is_found_at_the_next_rotation() {
        let (session, first) = new();
        let (session, victims) = rotated(&session, &first, NOW);
        let Verdict::Again(thiefs) = show(&session, &first, "browser", NOW + 1) else {
            panic!("no grace")
        };
        assert_eq!(victims, thiefs, "the family does not branch");
        let (session, _) = rotated(&session, &thiefs, NOW + 60_000);
        assert_eq!(
            show(&session, &victims, "browser", NOW + 600_000),
            Verdict::Reused
        );
    }

    #[test]
    fn who_knows_only_the_family_cannot_end_it() {
        let (session, _) = new();
        assert_eq!(
            show(&session, "f-1.guess.guess", "browser", NOW),
            Verdict::Refused
        );
    }

    #[test]
    fn a_session_unused_for_thirty_days_is_over() {
        let (session, first) = new();
        assert_eq!(
            show(&session, &first, "browser", NOW + LIFETIME_S * 1_000),
            Verdict::Refused
        );
    }

    #[test]
    fn what_is_no_token_does_not_read() {
        for text in [
            "",
            ".",
            "a.",
            ".b",
            "a.b",
            "a..b.c",
            "a.b.c.d",
            "a b.c.d",
            "a.b;c.d",
            "family",
            &format!("a.{}.c", "b".repeat(200)),
        ] {
            assert!(Presented::parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        /// However tokens are used, at most one is good at any time.
        #[test]
        fn a_family_never_has_two_good_tokens(uses in proptest::collection::vec((0_usize..6, 0_i64..30_000), 1..12)) {
            let (mut session, first) = new();
            let mut tokens = vec![first];
            let mut now = NOW;
            for (index, wait) in uses {
                now += wait;
                let token = tokens[index % tokens.len()].clone();
                match show(&session, &token, "browser", now) {
                    Verdict::Rotate(next, token) => { session = next; tokens.push(token); }
                    Verdict::Again(token) => prop_assert_eq!(&token, tokens.last().unwrap()),
                    Verdict::Reused => break,
                    Verdict::Refused => prop_assert!(false),
                }
                let good = tokens.iter().filter(|token| matches!(show(&session, token, "browser", now), Verdict::Rotate(..))).count();
                prop_assert_eq!(good, 1);
            }
        }
    }
}
