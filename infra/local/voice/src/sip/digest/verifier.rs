//! The side that challenges: nonces, their counts, and who is who.

use super::{Algorithm, Params, hex};
use crate::sip::uri::Uri;
use crate::time::At;
use md5::Digest as _;
use std::collections::HashMap;

/// How long a nonce may be used, in milliseconds.
pub const NONCE_LIFE_MS: u64 = 300_000;
/// Most nonces whose counts are remembered; the oldest go first.
pub const MAX_NONCES: usize = 16_384;
/// How far behind the highest count a request may be overtaken.
const NC_WINDOW: u32 = 64;

/// What a verifier found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// The user is who they say.
    User(String),
    /// Right, but with a nonce that is too old, foreign or used up: challenge again with `stale=true`.
    Stale,
    /// Not authenticated: challenge.
    No,
}

/// Challenges and verifies.
#[derive(Debug)]
pub struct Verifier {
    realm: String,
    secret: [u8; 16],
    algorithms: Vec<Algorithm>,
    /// Makes two nonces of one millisecond differ.
    given: u32,
    used: HashMap<String, Used>,
}

#[derive(Debug, Clone, Copy)]
struct Used {
    at: At,
    highest: u32,
    /// Bit n: the count `highest - n` was used.
    window: u64,
}

impl Verifier {
    /// A verifier that signs its nonces with `secret` and offers `algorithms`, the first preferred.
    #[must_use]
    pub fn new(realm: &str, secret: [u8; 16], algorithms: Vec<Algorithm>) -> Self {
        Self {
            realm: realm.to_owned(),
            secret,
            algorithms,
            given: 0,
            used: HashMap::new(),
        }
    }

    /// The WWW-Authenticate values of a 401.
    #[must_use]
    pub fn challenge(&mut self, stale: bool, now: At) -> Vec<String> {
        self.given = self.given.wrapping_add(1);
        let marks = format!("{:016x}{:08x}", now.0, self.given);
        let nonce = format!("{marks}{}", self.signature(&marks));
        let stale = if stale { ", stale=true" } else { "" };
        self.algorithms
            .iter()
            .map(|a| {
                let (realm, a) = (&self.realm, a.as_str());
                format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={a}, qop=\"auth\"{stale}")
            })
            .collect()
    }

    /// Checks an Authorization value for a request with `method` and `request_uri`; `password` looks a user's up.
    pub fn verify(
        &mut self,
        authorization: &str,
        method: &str,
        request_uri: &str,
        password: impl Fn(&str) -> Option<String>,
        now: At,
    ) -> Verified {
        let Some(params) = Params::parse(authorization) else {
            return Verified::No;
        };
        let get = |name| params.get(name);
        let (Some(user), Some(nonce), Some(uri), Some(given), Some(cnonce), Some(count)) = (
            get("username"),
            get("nonce"),
            get("uri"),
            get("response"),
            get("cnonce"),
            get("nc"),
        ) else {
            return Verified::No;
        };
        let algorithm = match get("algorithm") {
            None => Algorithm::Md5,
            Some(name) => match self
                .algorithms
                .iter()
                .find(|a| a.as_str().eq_ignore_ascii_case(name))
            {
                Some(algorithm) => *algorithm,
                None => return Verified::No,
            },
        };
        // Section 3.4 of RFC 7616: nc is eight hexadecimal digits.
        let valid_nc = count.len() == 8 && count.bytes().all(|b| b.is_ascii_hexdigit());
        let (true, Ok(number)) = (valid_nc, u32::from_str_radix(count, 16)) else {
            return Verified::No;
        };
        if get("realm") != Some(&self.realm)
            || get("qop") != Some("auth")
            || !same_resource(uri, request_uri)
        {
            return Verified::No;
        }
        let Some(password) = password(user) else {
            return Verified::No;
        };
        let ha1 = algorithm.hash(&format!("{user}:{}:{password}", self.realm));
        let ha2 = algorithm.hash(&format!("{method}:{uri}"));
        // The count goes into the hash as it was written.
        let wanted = algorithm.hash(&format!("{ha1}:{nonce}:{count}:{cnonce}:auth:{ha2}"));
        if !same(wanted.as_bytes(), given.to_ascii_lowercase().as_bytes()) {
            return Verified::No;
        }
        if !self.fresh(nonce, now) || !self.count(nonce, number, now) {
            return Verified::Stale;
        }
        Verified::User(user.to_owned())
    }

    fn signature(&self, marks: &str) -> String {
        let mut hash = sha2::Sha256::new();
        hash.update(self.secret);
        hash.update(marks);
        hash.update(self.secret);
        hex(&hash.finalize()[..12])
    }

    fn fresh(&self, nonce: &str, now: At) -> bool {
        let Some((marks, signature)) = nonce.split_at_checked(24) else {
            return false;
        };
        if !same(self.signature(marks).as_bytes(), signature.as_bytes()) {
            return false;
        }
        let at = marks
            .get(..16)
            .and_then(|time| u64::from_str_radix(time, 16).ok())
            .map(At);
        at.is_some_and(|at| at <= now && now.since(at) <= NONCE_LIFE_MS)
    }

    /// Marks a count used; false when it was before.
    fn count(&mut self, nonce: &str, number: u32, now: At) -> bool {
        if let Some(used) = self.used.get_mut(nonce) {
            if number > used.highest {
                let shift = number - used.highest;
                used.window = if shift >= NC_WINDOW {
                    1
                } else {
                    (used.window << shift) | 1
                };
                used.highest = number;
                return true;
            }
            let behind = used.highest - number;
            let bit = 1u64.checked_shl(behind).unwrap_or(0);
            let new = behind < NC_WINDOW && used.window & bit == 0;
            used.window |= bit;
            return new;
        }
        if self.used.len() >= MAX_NONCES {
            self.used
                .retain(|_, used| now.since(used.at) <= NONCE_LIFE_MS);
        }
        if self.used.len() >= MAX_NONCES
            && let Some(oldest) = self
                .used
                .iter()
                .min_by_key(|(_, u)| u.at)
                .map(|(n, _)| n.clone())
        {
            self.used.remove(&oldest);
        }
        self.used.insert(
            nonce.to_owned(),
            Used {
                at: now,
                highest: number,
                window: 1,
            },
        );
        number > 0
    }
}

/// Whether the digest's uri names what is asked for: the same URI, or its host alone, as some clients write it.
fn same_resource(digest: &str, request: &str) -> bool {
    if digest == request {
        return true;
    }
    let (Ok(digest), Ok(request)) = (Uri::parse(digest), Uri::parse(request)) else {
        return false;
    };
    let port = |uri: &Uri| uri.port.unwrap_or(5060);
    digest.host.eq_ignore_ascii_case(&request.host)
        && port(&digest) == port(&request)
        && (digest.user.is_empty() || digest.user == request.user)
}

/// Equality that takes the same time wherever the difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
