//! Passwords by argon2id (RFC 9106) with OWASP's parameters: 19 MiB, two passes, one lane.
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand::RngExt;
use std::fmt::Display;
use std::sync::{Arc, OnceLock};
use thiserror::Error;
use tokio::sync::Mutex;

/// Shortest password, in characters.
pub const LENGTH_MIN: usize = 8;
/// Longest password, in characters.
pub const LENGTH_MAX: usize = 256;
/// Memory in KiB (OWASP Password Storage Cheat Sheet: m=19456, t=2, p=1).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashing did not work: our fault or the machine's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

impl HashError {
    fn of(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

/// Hashes and verifies passwords on threads for blocking work, one at a time: whoever has the memory has the turn.
#[derive(Debug, Clone, Default)]
pub struct Passwords {
    memory: Arc<Mutex<Memory>>,
    decoy: Arc<OnceLock<String>>,
}

impl Passwords {
    /// The PHC string of a password, with a salt of its own.
    ///
    /// # Errors
    /// If the machine has no memory or randomness for it.
    pub async fn hash(&self, password: &str) -> Result<String, HashError> {
        let password = password.to_owned();
        self.off_thread(move |memory| memory.hash(&password))
            .await?
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
        self.off_thread(move |memory| match known {
            Some(known) => memory.verify(&password, &known),
            None => {
                let decoy = match decoy.get() {
                    Some(decoy) => decoy.clone(),
                    None => {
                        let made = memory.hash(&generate())?;
                        decoy.get_or_init(|| made).clone()
                    }
                };
                memory.verify(&password, &decoy).map(|_| false)
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
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let mut memory = self.memory.clone().lock_owned().await;
        tokio::task::spawn_blocking(move || work(&mut memory))
            .await
            .map_err(HashError::of)
    }
}

/// What argon2 fills: kept from one password to the next. Allocating 19 MiB for each let a process grow by hundreds of megabytes
/// after some hundred passwords: glibc serves blocks of a size that was freed before from its heaps, where they leave holes.
#[derive(Default)]
struct Memory(Vec<Block>);

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({} KiB)", self.0.len())
    }
}

impl Memory {
    fn hash(&mut self, password: &str) -> Result<String, HashError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(HashError::of)?;
        let salt = Salt::new(&rand::rng().random::<[u8; 16]>()).map_err(HashError::of)?;
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let hash = PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params).map_err(HashError::of)?,
            salt: Some(salt),
            hash: Some(self.fill(Argon2::new(algorithm, version, params), password, &salt)?),
        };
        Ok(hash.to_string())
    }

    fn verify(&mut self, password: &str, known: &str) -> Result<bool, HashError> {
        let known = PasswordHash::new(known).map_err(HashError::of)?;
        let (Some(salt), Some(hash)) = (&known.salt, &known.hash) else {
            return Err(HashError::of("the stored hash is not whole"));
        };
        let version = known.version.map(Version::try_from).transpose();
        let argon2 = Argon2::new(
            Algorithm::try_from(known.algorithm.as_str()).map_err(HashError::of)?,
            version.map_err(HashError::of)?.unwrap_or_default(),
            Params::try_from(&known).map_err(HashError::of)?,
        );
        // `Output` compares in constant time.
        Ok(self.fill(argon2, password, salt)? == *hash)
    }

    fn fill(&mut self, argon2: Argon2, password: &str, salt: &[u8]) -> Result<Output, HashError> {
        let blocks = argon2.params().block_count();
        if blocks > MEMORY_KIB as usize {
            return Err(HashError::of("the stored hash wants more than 19 MiB"));
        }
        self.0.resize_with(blocks, Block::new);
        let length = argon2.params().output_len();
        let mut bytes = [0; Output::MAX_LENGTH];
        let out = &mut bytes[..length.unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        argon2
            .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut self.0)
            .map_err(HashError::of)?;
        Output::new(out).map_err(HashError::of)
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

    /// Resident memory of this process, in bytes.
    #[cfg(target_os = "linux")]
    fn resident() -> usize {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
        pages * 4096
    }

    #[cfg(target_os = "linux")]
    #[tokio::test(flavor = "multi_thread")]
    async fn many_passwords_at_once_take_the_memory_of_one() {
        let passwords = Passwords::default();
        let before = resident();
        let hashes = (0..24).map(|_| passwords.hash("correct horse"));
        for hash in futures_util::future::join_all(hashes).await {
            hash.unwrap();
        }
        let grown_mb = resident().saturating_sub(before) / 1_000_000;
        assert!((19..32).contains(&grown_mb), "{grown_mb} MB");
    }

    #[tokio::test]
    async fn hashes_of_other_strength_verify_and_those_beyond_the_memory_do_not() {
        let passwords = Passwords::default();
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(1_024, 1, 1, None).unwrap(),
        );
        let weak = argon2::PasswordHasher::hash_password(&weak, b"password").unwrap();
        let weak = weak.to_string();
        for (password, right) in [("password", true), ("passwort", false)] {
            assert_eq!(passwords.verify(password, Some(&weak)).await, Ok(right));
        }
        let strong = weak.replace("m=1024", "m=1048576");
        assert!(passwords.verify("password", Some(&strong)).await.is_err());
        assert!(passwords.verify("password", Some("none")).await.is_err());
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
