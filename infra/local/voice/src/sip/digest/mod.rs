//! Digest authentication, both sides (RFC 3261 section 22, RFC 7616, RFC 8760).
//!
//! A nonce carries its own time and signature, so a challenge costs no memory; only nonces that were used well are
//! remembered, with the counts (`nc`) that they were used with.

mod params;
mod verifier;

pub use params::Params;
pub use verifier::{MAX_NONCES, NONCE_LIFE_MS, Verified, Verifier};

use md5::Digest as _;

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
    use crate::time::At;
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
