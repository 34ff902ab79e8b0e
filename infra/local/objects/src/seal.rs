//! Objects at rest: AES-256-GCM (NIST SP 800-38D) with a fresh nonce for each, for whoever asks for encryption.

use aes_gcm::aead::{Aead, Nonce};
use aes_gcm::{Aes256Gcm, KeyInit};
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// How an encrypted file begins. No other file begins so by chance.
pub(crate) const MARK: [u8; 16] = *b"\xf7\x1dsealed\x00v1\x8e\x02\xc9\x51\x0a";
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// What an encrypted file is longer than what is in it, in bytes.
pub(crate) const OVERHEAD: usize = MARK.len() + NONCE_BYTES + TAG_BYTES;

/// An encrypted file does not open: another key, or bytes that were changed.
#[derive(Debug, thiserror::Error)]
#[error("it does not decrypt: its key was another one, or it was damaged")]
pub(crate) struct Broken;

/// Encrypts and decrypts under one key.
pub(crate) struct Seal(Aes256Gcm);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// Under a key made of a secret that is random and long enough: 128 bits at least.
    pub(crate) fn new(secret: &str) -> Self {
        Self(Aes256Gcm::new(
            &<[u8; 32]>::from(Sha256::digest(secret)).into(),
        ))
    }

    /// The file to keep.
    pub(crate) fn close(&self, plain: &[u8]) -> Result<Bytes, Broken> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let sealed = self.0.encrypt(&Nonce::<Aes256Gcm>::from(nonce), plain);
        let sealed = sealed.map_err(|_| Broken)?;
        Ok([&MARK[..], &nonce, &sealed].concat().into())
    }

    /// What is in a file that was kept.
    pub(crate) fn open(&self, kept: &[u8]) -> Result<Bytes, Broken> {
        let rest = kept.strip_prefix(&MARK).ok_or(Broken)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Broken)?;
        let plain = self.0.decrypt(&Nonce::<Aes256Gcm>::from(*nonce), sealed);
        plain.map(Bytes::from).map_err(|_| Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_closed_opens_under_its_key_alone_and_only_as_it_was() {
        let (seal, other) = (Seal::new("one secret"), Seal::new("another"));
        for plain in [&b""[..], b"%PDF-1.7", &[0; 70_000]] {
            let kept = seal.close(plain).unwrap();
            assert_eq!(kept.len(), plain.len() + OVERHEAD);
            assert_ne!(kept, seal.close(plain).unwrap(), "a nonce is used once");
            assert_eq!(seal.open(&kept).unwrap(), plain);
            assert!(other.open(&kept).is_err());
            for at in [0, MARK.len(), kept.len() - 1] {
                let mut changed = kept.to_vec();
                changed[at] ^= 1;
                assert!(seal.open(&changed).is_err(), "byte {at}");
            }
            assert!(seal.open(&kept[..kept.len() - 1]).is_err());
        }
        assert!(seal.open(b"").is_err());
    }
}
