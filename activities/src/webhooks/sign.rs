//! Signatures after Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, base64, `v1,` before it; one per secret that is good.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with, as people copy it.
const PREFIX: &str = "whsec_";
/// Bytes of a secret (the specification: 24 to 64).
const SECRET_BYTES: usize = 32;

/// A new secret out of random bytes.
pub fn secret(random: &[u8; SECRET_BYTES]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(random))
}

/// HMAC-SHA256 over these parts.
fn mac(key: &[u8], parts: &[&[u8]]) -> String {
    // HMAC takes keys of any length: there is always one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    parts.iter().for_each(|part| mac.update(part));
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The value of `webhook-signature`: one signature per secret, with spaces between.
pub fn signature(secrets: &[&str], id: &str, timestamp_s: i64, body: &str) -> String {
    let timestamp = timestamp_s.to_string();
    let one = |secret: &&str| {
        let bare = secret.strip_prefix(PREFIX).unwrap_or(secret);
        let key = STANDARD
            .decode(bare)
            .unwrap_or_else(|_| bare.as_bytes().to_vec());
        let parts = [id, ".", &timestamp, ".", body].map(str::as_bytes);
        format!("v1,{}", mac(&key, &parts))
    };
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/rust/src/lib.rs>, `test_sign`.
    #[test]
    fn it_is_the_signature_of_the_specifications_own_example() {
        let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let signed = signature(
            &[secret],
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
        );
        assert_eq!(signed, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn both_secrets_sign_while_one_replaces_the_other() {
        let (old, new) = (secret(&[1; 32]), secret(&[2; 32]));
        let both = signature(&[&new, &old], "m", 1, "{}");
        let apart = [&new, &old].map(|one| signature(&[one], "m", 1, "{}"));
        assert_eq!(both, apart.join(" "));
    }
}
