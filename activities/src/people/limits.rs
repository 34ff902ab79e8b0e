//! How often one may try to sign in: per address and per source, in windows of a quarter of an hour.
use super::sha256_hex;
use std::net::IpAddr;

/// A window, in seconds.
pub const WINDOW_S: i64 = 900;
/// Failed attempts per window for one address: many people mistype, nobody mistypes so often.
pub const MAX_PER_EMAIL: u32 = 10;
/// Failed attempts per window from one source: an office behind one address has many people.
pub const MAX_PER_SOURCE: u32 = 100;

/// One limit that an attempt counts against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What it is counted under; it holds no address in plain.
    pub key: String,
    /// Most attempts in the window.
    pub max: u32,
    /// When the window ends, Unix seconds.
    pub until: i64,
}

/// The limits of an attempt at `now` (Unix seconds).
pub fn limits(email: &str, source: &str, now: i64) -> [Limit; 2] {
    let window = now.div_euclid(WINDOW_S);
    let until = (window + 1) * WINDOW_S;
    let limit = |kind: &str, value: &str, max| Limit {
        key: format!("{kind}#{}#{window}", sha256_hex(value)),
        max,
        until,
    };
    [
        limit("EMAIL", &email.to_lowercase(), MAX_PER_EMAIL),
        limit("SOURCE", &network(source), MAX_PER_SOURCE),
    ]
}

/// An IPv6 customer has a /64 at least, so all of it is one source.
fn network(source: &str) -> String {
    match source.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => format!("{:x?}", &ip.segments()[..4]),
        Ok(IpAddr::V4(ip)) => ip.to_string(),
        Err(_) => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_address_in_another_case_is_the_same_limit() {
        let [one, _] = limits("Anna@Isthmus.example", "192.0.2.1", 900);
        let [other, _] = limits("anna@isthmus.example", "192.0.2.1", 901);
        assert_eq!(one, other);
        assert!(!one.key.contains("anna"));
    }

    #[test]
    fn a_whole_ipv6_network_is_one_source() {
        let [_, one] = limits("a", "2001:db8::1", 0);
        let [_, other] = limits("b", "2001:db8::ffff:1", 0);
        let [_, foreign] = limits("b", "2001:db8:0:1::1", 0);
        assert_eq!(one, other);
        assert_ne!(one, foreign);
        assert_eq!(
            limits("a", "::ffff:192.0.2.1", 0)[1],
            limits("a", "192.0.2.1", 0)[1]
        );
    }

    #[test]
    fn a_new_window_counts_anew() {
        let [one, _] = limits("a", "b", 899);
        let [other, _] = limits("a", "b", 900);
        assert_ne!(one.key, other.key);
        assert_eq!((one.until, other.until), (900, 1_800));
    }
}
