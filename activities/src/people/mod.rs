//! People: who is who, and who may do what.
//!
//! [`passwords`] proves a person once; a sign-in then lives as a family of [`refresh`] tokens of which one is good at a time,
//! each giving short-lived [`access`] tokens. A program has [`api_keys`] instead. [`limits`] slows guessing. All of it is pure but for the hashing, which runs on
//! threads for blocking work.

pub mod access;
pub mod api_keys;
pub mod keys;
pub mod limits;
pub mod passwords;
pub mod refresh;

pub use access::{Caller, TokenError};
pub use api_keys::KeyRefused;
pub use keys::{KeyError, Keys};
pub use passwords::Passwords;

use sha2::{Digest, Sha256};

/// SHA-256 in lower-case hex.
pub fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
