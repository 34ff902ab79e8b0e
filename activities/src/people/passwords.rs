//! Passwords by argon2id (RFC 9106) with OWASP's parameters: 19 MiB, two passes, one lane.
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::RngExt;
use std::sync::{Arc, OnceLock};
use thiserror::Error;
use tokio::sync::Semaphore;

/// Shortest password, in characters.
pub const LENGTH_MIN: usize = 8;
/// Longest password, in characters.
pub const LENGTH_MAX: usize = 256;
/// Memory in KiB (OWASP Password Storage Cheat Sheet: m=19456, t=2, p=1).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How many are hashed at once: each takes a core and 19 MiB for its time.
const AT_ONCE: usize = 2;

/// Hashing did not work: our fault or the machine's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

/// Hashes and verifies passwords on threads for blocking work, few at a time.
#[derive(Debug, Clone)]
pub struct Passwords {
    gate: Arc<Semaphore>,
    decoy: Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            gate: Arc::new(Semaphore::new(AT_ONCE)),
            decoy: Arc::default(),
        }
    }
}

impl Passwords {
    /// The PHC string of a password, with a salt of its own.
    ///
    /// # Errors
    /// If the machine has no memory or randomness for it.
    pub async fn hash(&self, password: &str) -> Result<String, HashError> {
        let password = password.to_owned();
        self.off_thread(move || hash(&password)).await?
    }

    /// Whether a password is that of `known`, the PHC string of the person. Without a person the same work is done for
    /// nothing, so that time does not tell whether an address is known.
    ///
    /// # Errors
    /// If the machine has no memory for it, or the stored string is none of ours.
    pub async fn verify(&self, password: &str, known: Option<&str>) -> Result<bool, HashError> {
        let password = password.to_owned();
        let known = known.map(str::to_owned);
        let decoy = self.decoy.clone();
        self.off_thread(move || match known {
            Some(known) => verify(&password, &known),
            None => {
                let decoy = match decoy.get() {
                    Some(decoy) => decoy.clone(),
                    None => {
                        let made = hash(&generate())?;
                        decoy.get_or_init(|| made).clone()
                    }
                };
                verify(&password, &decoy).map(|_| false)
            }
        })
        .await?
    }

    /// Makes the hash that unknown addresses are verified against, ahead of the first.
    ///
    /// # Errors
    /// As [`Self::hash`].
    pub async fn warm_up(&self) -> Result<(), HashError> {
        self.verify("", None).await.map(|_| ())
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = self
            .gate
            .clone()
            .acquire_owned()
            .await
            .map_err(|error| HashError(error.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|error| HashError(error.to_string()))
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| HashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, HashError> {
    let hash = argon2()?
        .hash_password(password.as_bytes())
        .map_err(|error| HashError(error.to_string()))?;
    Ok(hash.to_string())
}

fn verify(password: &str, known: &str) -> Result<bool, HashError> {
    let known = PasswordHash::new(known).map_err(|error| HashError(error.to_string()))?;
    match argon2()?.verify_password(password.as_bytes(), &known) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(HashError(error.to_string())),
    }
}

/// A random password that can be read aloud: four groups of four letters and digits without look-alikes, about 79 bits.
pub fn generate() -> String {
    const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut rng = rand::rng();
    let mut group = || -> String {
        (0..4)
            .map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]))
            .collect()
    };
    [group(), group(), group(), group()].join("-")
}

/// 32 random bytes in base64url.
pub fn random_secret() -> String {
    use base64::Engine;
    let bytes: [u8; 32] = rand::rng().random();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_verifies() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_eq!(
            passwords.verify("correct horse", Some(&hash)).await,
            Ok(true)
        );
        assert_eq!(
            passwords.verify("correct horsf", Some(&hash)).await,
            Ok(false)
        );
        assert_eq!(passwords.verify("", Some(&hash)).await, Ok(false));
    }

    #[tokio::test]
    async fn nobodys_password_never_verifies() {
        assert_eq!(
            Passwords::default().verify("anything", None).await,
            Ok(false)
        );
    }

    #[tokio::test]
    async fn the_same_password_hashes_differently_each_time() {
        let passwords = Passwords::default();
        assert_ne!(
            passwords.hash("same").await.unwrap(),
            passwords.hash("same").await.unwrap()
        );
    }

    #[test]
    fn generated_passwords_are_readable_and_differ() {
        let one = generate();
        assert_eq!(one.len(), 19);
        assert!(one.split('-').all(|group| group.len() == 4));
        assert_ne!(one, generate());
        assert_eq!(random_secret().len(), 43);
    }
}
