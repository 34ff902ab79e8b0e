//! Access tokens: JSON Web Tokens (RFC 7519) with HMAC-SHA-256, good for ten minutes.
use super::Keys;
use contract::{ApiKeyId, PersonId, Role, TenantId};
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long a token is good, whole seconds.
pub const LIFETIME_S: u32 = 600;
/// Longest token that is looked at, in bytes.
const TOKEN_MAX: usize = 2_048;
/// How far ahead of ours the clock of the issuing machine may be, in seconds.
const SKEW_S: i64 = 5;
const ISSUER: &str = "strowger";

/// Who makes a request: what the token, or the API key, proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Their tenant.
    pub tenant: TenantId,
    /// They themselves; a program is the key that it asks by.
    pub person: PersonId,
    /// What they may do.
    pub role: Role,
    /// The sign-in session; a program has none.
    pub session: String,
}

impl Caller {
    /// The API key, if a program asks and no person.
    pub fn key(&self) -> Option<ApiKeyId> {
        self.person.key()
    }
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is not one of ours, or was changed.
    #[error("the access token is not valid: sign in again")]
    Invalid,
    /// It was ours and is over.
    #[error("the access token has expired: refresh the session")]
    Expired,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: PersonId,
    tenant: TenantId,
    role: Role,
    sid: String,
    iat: i64,
    exp: i64,
}

/// Makes a token for a caller. `now` in Unix seconds.
pub fn issue(keys: &Keys, caller: &Caller, now: i64) -> String {
    let (id, key) = keys.signing();
    let header = Header {
        kid: Some(id.to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: ISSUER.to_owned(),
        sub: caller.person.clone(),
        tenant: caller.tenant.clone(),
        role: caller.role,
        sid: caller.session.clone(),
        iat: now,
        exp: now + i64::from(LIFETIME_S),
    };
    // Claims are plain strings and numbers and HS256 takes any key: neither step can fail.
    encode(&header, &claims, key).unwrap_or_default()
}

/// Who a token is of. `now` in Unix seconds.
///
/// # Errors
/// [`TokenError`] if it is not good now.
pub fn verify(keys: &Keys, token: &str, now: i64) -> Result<Caller, TokenError> {
    if token.len() > TOKEN_MAX {
        return Err(TokenError::Invalid);
    }
    let kid = decode_header(token)
        .ok()
        .and_then(|header| header.kid)
        .ok_or(TokenError::Invalid)?;
    let key = keys.verifying(&kid).ok_or(TokenError::Invalid)?;
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[ISSUER]);
    rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    // Time is an argument here, not the library's clock.
    rules.validate_exp = false;
    let claims = decode::<Claims>(token, key, &rules)
        .map_err(|_| TokenError::Invalid)?
        .claims;
    if claims.iat > now + SKEW_S || claims.exp > claims.iat + i64::from(LIFETIME_S) {
        return Err(TokenError::Invalid);
    }
    if claims.exp <= now {
        return Err(TokenError::Expired);
    }
    Ok(Caller {
        tenant: claims.tenant,
        person: claims.sub,
        role: claims.role,
        session: claims.sid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    fn keys(entries: &[(&str, u8)]) -> Keys {
        let text: Vec<String> = entries
            .iter()
            .map(|(id, byte)| format!("{id}:{}", STANDARD.encode([*byte; 32])))
            .collect();
        Keys::parse(&text.join(",")).unwrap()
    }

    fn anna() -> Caller {
        Caller {
            tenant: "t-1".into(),
            person: "p-1".into(),
            role: Role::Person,
            session: "s-1".into(),
        }
    }

    const NOW: i64 = 1_790_000_000;

    #[test]
    fn a_token_is_good_for_ten_minutes_and_not_a_second_longer() {
        let keys = keys(&[("a", 1)]);
        let token = issue(&keys, &anna(), NOW);
        assert_eq!(verify(&keys, &token, NOW), Ok(anna()));
        assert_eq!(verify(&keys, &token, NOW + 599), Ok(anna()));
        assert_eq!(verify(&keys, &token, NOW + 600), Err(TokenError::Expired));
        assert_eq!(
            verify(&keys, &token, NOW - 6),
            Err(TokenError::Invalid),
            "from the future"
        );
    }

    #[test]
    fn after_a_change_of_keys_old_tokens_hold_until_the_old_key_goes() {
        let token = issue(&keys(&[("old", 1)]), &anna(), NOW);
        assert_eq!(
            verify(&keys(&[("new", 2), ("old", 1)]), &token, NOW),
            Ok(anna())
        );
        assert_eq!(
            verify(&keys(&[("new", 2)]), &token, NOW),
            Err(TokenError::Invalid)
        );
        assert_eq!(
            verify(&keys(&[("old", 2)]), &token, NOW),
            Err(TokenError::Invalid),
            "same id, other key"
        );
    }

    #[test]
    fn tokens_without_a_signature_or_with_another_algorithm_are_refused() {
        let keys = keys(&[("a", 1)]);
        let token = issue(&keys, &anna(), NOW);
        let parts: Vec<&str> = token.split('.').collect();
        for header in [
            r#"{"alg":"none","kid":"a"}"#,
            r#"{"alg":"HS384","kid":"a"}"#,
            r#"{"alg":"RS256","kid":"a"}"#,
        ] {
            let header = URL_SAFE_NO_PAD.encode(header);
            for signature in ["", parts[2]] {
                let forged = format!("{header}.{}.{signature}", parts[1]);
                assert_eq!(verify(&keys, &forged, NOW), Err(TokenError::Invalid));
            }
        }
    }

    #[test]
    fn a_token_with_a_longer_life_than_ours_is_refused() {
        let keys = keys(&[("a", 1)]);
        let (id, key) = keys.signing();
        let claims = serde_json::json!({
            "iss": ISSUER, "aud": ISSUER, "sub": "p", "tenant": "t", "role": "operator", "sid": "s",
            "iat": NOW, "exp": NOW + 86_400,
        });
        let header = Header {
            kid: Some(id.to_owned()),
            ..Header::new(Algorithm::HS256)
        };
        let token = encode(&header, &claims, key).unwrap();
        assert_eq!(verify(&keys, &token, NOW), Err(TokenError::Invalid));
    }

    proptest! {
        #[test]
        fn a_token_changed_in_any_character_is_refused(at in 0_usize..400, with in "[A-Za-z0-9_.-]") {
            let keys = keys(&[("a", 1)]);
            let token = issue(&keys, &anna(), NOW);
            let at = at % token.len();
            let mut changed = token.clone();
            changed.replace_range(at..=at, &with);
            // The last character of base64 has bits that nothing reads; a decoder may take several for one.
            prop_assume!(changed != token && at != token.len() - 1);
            prop_assert_eq!(verify(&keys, &changed, NOW), Err(TokenError::Invalid));
        }

        #[test]
        fn verifying_never_panics(text in "\\PC{0,200}") {
            prop_assert_eq!(verify(&keys(&[("a", 1)]), &text, NOW), Err(TokenError::Invalid));
        }
    }
}
