//! Signatures as Telnyx makes them: ed25519 over `timestamp|body`, in base64.
//! <https://developers.telnyx.com/docs/development/api-fundamentals/webhooks>

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};

/// The carrier's key.
#[derive(Clone)]
pub(crate) struct Signer(SigningKey);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The public key, in base64.
    pub(crate) fn public(&self) -> String {
        STANDARD.encode(self.0.verifying_key().as_bytes())
    }

    /// The value of `telnyx-signature-ed25519`.
    pub(crate) fn sign(&self, timestamp_s: i64, body: &str) -> String {
        STANDARD.encode(
            self.0
                .sign(format!("{timestamp_s}|{body}").as_bytes())
                .to_bytes(),
        )
    }

    /// A JSON Web Token with these claims.
    pub(crate) fn token(&self, claims: &serde_json::Value) -> String {
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","typ":"JWT"}"#);
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()).to_bytes());
        format!("{signed}.{signature}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signature, Verifier, VerifyingKey};

    #[test]
    fn a_receiver_can_check_it() {
        let signer = Signer::new(&[3; 32]);
        let key: [u8; 32] = STANDARD
            .decode(signer.public())
            .expect("base64")
            .try_into()
            .expect("32 bytes");
        let key = VerifyingKey::from_bytes(&key).expect("a key");
        let signature = STANDARD
            .decode(signer.sign(1_700_000_000, "{}"))
            .expect("base64");
        let signature = Signature::from_slice(&signature).expect("64 bytes");
        assert!(key.verify(b"1700000000|{}", &signature).is_ok());
        assert!(key.verify(b"1700000001|{}", &signature).is_err());
    }
}
