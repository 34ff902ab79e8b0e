//! Digest authentication, both sides (RFC 3261 section 22, RFC 7616, RFC 8760).
//!
//! A nonce carries its own time and signature, so a challenge costs no memory; only nonces that were used well are
//! remembered, with the counts (`nc`) that they were used with.

use super::uri::Uri;
use crate::time::At;
use md5::Digest as _;
use std::collections::HashMap;

/// A hash that both sides know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Algorithm {
    /// RFC 2617; what every phone can do.
    #[serde(rename = "MD5")]
    Md5,
    /// RFC 7616.
    #[serde(rename = "SHA-256")]
    Sha256,
}

impl Algorithm {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&md5::Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&sha2::Sha256::digest(text.as_bytes())),
        }
    }
}

/// How long a nonce may be used, in milliseconds.
pub const NONCE_LIFE_MS: u64 = 300_000;
/// Most nonces whose counts are remembered; the oldest go first.
pub const MAX_NONCES: usize = 16_384;
/// How far behind the highest count a request may be overtaken.
const NC_WINDOW: u32 = 64;

/// The parameters of an Authorization or challenge header, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `Digest name="value", ...`; `None` for another scheme or broken quoting.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, mut rest) = header.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut found = Vec::new();
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return Some(Self(found));
            }
            let (name, after) = rest.split_once('=')?;
            let (value, after) = value(after.trim_start())?;
            found.push((name.trim().to_ascii_lowercase(), value));
            if found.len() > 32 {
                return None;
            }
            rest = after;
        }
    }

    /// A parameter's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut out = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((out, &quoted[at + 1..])),
            _ => out.push(c),
        }
    }
    None
}

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

/// The Authorization value that answers a challenge. `None` when the challenge is not one we can answer.
#[must_use]
pub fn answer(
    challenge: &str,
    user: &str,
    password: &str,
    method: &str,
    uri: &str,
    cnonce: &str,
) -> Option<String> {
    let params = Params::parse(challenge)?;
    let (realm, nonce) = (params.get("realm")?, params.get("nonce")?);
    let algorithm = match params.get("algorithm") {
        None => Algorithm::Md5,
        Some(name) if name.eq_ignore_ascii_case("MD5") => Algorithm::Md5,
        Some(name) if name.eq_ignore_ascii_case("SHA-256") => Algorithm::Sha256,
        Some(_) => return None,
    };
    let ha1 = algorithm.hash(&format!("{user}:{realm}:{password}"));
    let ha2 = algorithm.hash(&format!("{method}:{uri}"));
    let qop = params
        .get("qop")
        .is_some_and(|q| q.split(',').any(|q| q.trim() == "auth"));
    let (response, tail) = if qop {
        let response = algorithm.hash(&format!("{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}"));
        (
            response,
            format!(", qop=auth, nc=00000001, cnonce=\"{cnonce}\""),
        )
    } else {
        (
            algorithm.hash(&format!("{ha1}:{nonce}:{ha2}")),
            String::new(),
        )
    };
    let opaque = params
        .get("opaque")
        .map(|o| format!(", opaque=\"{o}\""))
        .unwrap_or_default();
    let a = algorithm.as_str();
    Some(format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
         response=\"{response}\", algorithm={a}{tail}{opaque}"
    ))
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

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
            let _ = write!(out, "{b:02x}");
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const URI: &str = "sip:+41445550100@127.0.0.1:5060";

    fn verifier() -> Verifier {
        Verifier::new("strowger", [7; 16], vec![Algorithm::Md5, Algorithm::Sha256])
    }

    fn nonce_of(challenge: &str) -> String {
        Params::parse(challenge)
            .unwrap()
            .get("nonce")
            .unwrap()
            .to_owned()
    }

    fn authorization(
        nonce: &str,
        nc: &str,
        algorithm: Algorithm,
        password: &str,
        uri: &str,
    ) -> String {
        let ha1 = algorithm.hash(&format!("anna:strowger:{password}"));
        let ha2 = algorithm.hash(&format!("INVITE:{uri}"));
        let response = algorithm.hash(&format!("{ha1}:{nonce}:{nc}:c0:auth:{ha2}"));
        let a = algorithm.as_str();
        format!(
            "Digest username=\"anna\", realm=\"strowger\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={a}, qop=auth, nc={nc}, cnonce=\"c0\""
        )
    }

    fn check(v: &mut Verifier, header: &str, now: u64) -> Verified {
        v.verify(
            header,
            "INVITE",
            URI,
            |user| (user == "anna").then(|| "secret".to_owned()),
            At(now),
        )
    }

    #[test]
    fn the_vectors_of_rfc_7616_section_3_9_1() {
        let challenge = |a: &str| {
            format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={a}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        };
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let answered = |a: &str| {
            answer(
                &challenge(a),
                "Mufasa",
                "Circle of Life",
                "GET",
                "/dir/index.html",
                cnonce,
            )
            .unwrap()
        };
        assert!(answered("MD5").contains("8ca523f5e9506fed4657c9700eebdbec"));
        assert!(
            answered("SHA-256")
                .contains("753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")
        );
    }

    #[test]
    fn a_nonce_serves_more_than_nine_requests_and_none_twice() {
        let mut v = verifier();
        let nonce = nonce_of(&v.challenge(false, At(0))[0]);
        for n in 1..=300u32 {
            let header = authorization(&nonce, &format!("{n:08x}"), Algorithm::Md5, "secret", URI);
            assert_eq!(
                check(&mut v, &header, 10),
                Verified::User("anna".into()),
                "nc {n:08x}"
            );
            assert_eq!(
                check(&mut v, &header, 10),
                Verified::Stale,
                "replay of {n:08x}"
            );
        }
    }

    #[test]
    fn requests_may_overtake_each_other_once() {
        let mut v = verifier();
        let nonce = nonce_of(&v.challenge(false, At(0))[0]);
        let send = |v: &mut Verifier, nc: &str| {
            check(
                v,
                &authorization(&nonce, nc, Algorithm::Sha256, "secret", URI),
                10,
            )
        };
        assert_eq!(send(&mut v, "00000005"), Verified::User("anna".into()));
        assert_eq!(send(&mut v, "00000003"), Verified::User("anna".into()));
        assert_eq!(send(&mut v, "00000003"), Verified::Stale);
        assert_eq!(send(&mut v, "00000100"), Verified::User("anna".into()));
        assert_eq!(send(&mut v, "00000004"), Verified::Stale, "too far behind");
    }

    #[test]
    fn wrong_password_uri_count_or_nonce_is_refused() {
        let mut v = verifier();
        let nonce = nonce_of(&v.challenge(false, At(0))[0]);
        let ok = authorization(&nonce, "00000001", Algorithm::Md5, "secret", URI);
        assert_eq!(
            check(
                &mut v,
                &authorization(&nonce, "00000001", Algorithm::Md5, "wrong", URI),
                1
            ),
            Verified::No
        );
        let other = authorization(
            &nonce,
            "00000001",
            Algorithm::Md5,
            "secret",
            "sip:+65@127.0.0.1:5060",
        );
        assert_eq!(check(&mut v, &other, 1), Verified::No);
        assert_eq!(
            check(
                &mut v,
                &authorization(&nonce, "1", Algorithm::Md5, "secret", URI),
                1
            ),
            Verified::No
        );
        assert_eq!(check(&mut v, &ok.replace("anna", "otto"), 1), Verified::No);
        let forged = authorization(
            "0000000000000001000000010123456789abcdef01234567",
            "00000001",
            Algorithm::Md5,
            "secret",
            URI,
        );
        assert_eq!(check(&mut v, &forged, 1), Verified::Stale);
        assert_eq!(
            check(&mut v, &ok, NONCE_LIFE_MS + 1),
            Verified::Stale,
            "too old"
        );
        assert_eq!(check(&mut v, &ok, 1), Verified::User("anna".into()));
    }

    proptest! {
        #[test]
        fn any_header_is_taken(header in "Digest [ -~]{0,200}") {
            prop_assert_ne!(check(&mut verifier(), &header, 1), Verified::User("anna".into()));
        }
    }
}
