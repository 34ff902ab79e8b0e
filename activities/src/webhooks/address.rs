//! Which addresses may be spoken to: those of the public internet, and those that the deployment allows by name.
//!
//! A customer chooses the address, and a name can lead anywhere: so what is checked is where the connection really goes.
use http::Uri;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use thiserror::Error;

/// Most blocks that a deployment may allow.
const MAX_BLOCKS: usize = 100;

/// Blocks of addresses that may be spoken to although they are not public, over plain HTTP too (`WEBHOOK_ALLOWED_ADDRESSES`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<(IpAddr, u8)>);

impl Allowed {
    /// Reads `127.0.0.0/8,::1`; what is no block is left out, with a word in the log.
    pub fn parse(text: &str) -> Self {
        let block = |text: &str| {
            let (address, bits) = match text.split_once('/') {
                Some((address, bits)) => (address, Some(bits)),
                None => (text, None),
            };
            let address: IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
            (bits <= most).then_some((address, bits))
        };
        let texts = text
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let blocks = texts.take(MAX_BLOCKS).filter_map(|text| {
            let found = block(text);
            if found.is_none() {
                tracing::error!(text, "WEBHOOK_ALLOWED_ADDRESSES: no block of addresses");
            }
            found
        });
        Self(blocks.collect())
    }

    /// Whether nothing is allowed beyond the public internet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn has(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|(block, bits)| match (block, ip) {
            (IpAddr::V4(block), IpAddr::V4(ip)) => {
                same(block.to_bits().into(), ip.to_bits().into(), 32 - bits)
            }
            (IpAddr::V6(block), IpAddr::V6(ip)) => same(block.to_bits(), ip.to_bits(), 128 - bits),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        })
    }

    /// Whether this address may be spoken to, encrypted or plain.
    ///
    /// # Errors
    /// [`Forbidden`].
    pub fn check(&self, ip: IpAddr, encrypted: bool) -> Result<(), Forbidden> {
        let ip = ip.to_canonical();
        if self.has(ip) {
            return Ok(());
        }
        if !is_public(ip) {
            return Err(Forbidden::NotPublic(ip));
        }
        if encrypted {
            Ok(())
        } else {
            Err(Forbidden::Plain)
        }
    }
}

fn same(a: u128, b: u128, host_bits: u8) -> bool {
    u32::from(host_bits) >= 128 || (a ^ b) >> host_bits == 0
}

/// Why an address may not be spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Forbidden {
    /// It is of a private network, or of none. Which one is told to nobody: whoever chose the name would learn what it means in our network.
    #[error("it leads to no address of the public internet")]
    NotPublic(IpAddr),
    /// What is posted could be read on its way.
    #[error("the address must begin with https://")]
    Plain,
}

/// Why a text is no address of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("an address such as https://example.com/hooks, without user, password and fragment, at most {most} characters: {0}", most = contract::webhook::MAX_URL)]
pub struct BadUrl(pub &'static str);

/// The address that a text means.
///
/// # Errors
/// [`BadUrl`].
pub fn read(text: &str, allowed: &Allowed) -> Result<Uri, BadUrl> {
    if text.chars().count() > contract::webhook::MAX_URL {
        return Err(BadUrl("it is too long"));
    }
    if text.contains('#') {
        return Err(BadUrl("it has a fragment"));
    }
    let uri: Uri = text.parse().map_err(|_| BadUrl("it does not read"))?;
    let authority = uri.authority().ok_or(BadUrl("it names no host"))?;
    if authority.as_str().contains('@') {
        return Err(BadUrl("it has a user or a password"));
    }
    if authority.host().is_empty() {
        return Err(BadUrl("it names no host"));
    }
    let encrypted = match uri.scheme_str() {
        Some("https") => true,
        // To addresses that the deployment allows; which ones is seen when it is connected.
        Some("http") if !allowed.is_empty() => false,
        Some(_) | None => return Err(BadUrl("it does not begin with https://")),
    };
    let bare = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        allowed
            .check(ip, encrypted)
            .map_err(|_| BadUrl("it is no address of the public internet"))?;
    }
    Ok(uri)
}

/// Whether it is an address of the public internet (IANA's special-purpose registries, as of 2026-11).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_unspecified()
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast();
    let reserved = a == 0 || a >= 240;
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = (a, b, c) == (192, 0, 0);
    let benchmarks = a == 198 && (b == 18 || b == 19);
    let relay = (a, b, c) == (192, 88, 99);
    !(special || reserved || shared || protocol || benchmarks || relay)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let parts = ip.segments();
    let global = parts[0] & 0xE000 == 0x2000;
    // Teredo, ORCHID, benchmarks and documentation within 2000::/3; 6to4 hides an IPv4 address.
    let special = parts[0] == 0x2001 && (parts[1] < 0x0200 || parts[1] == 0x0DB8);
    let documentation = parts[0] == 0x3FFF && parts[1] < 0x1000;
    let six_to_four = parts[0] == 0x2002;
    global && !special && !documentation && !six_to_four
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_spoken_to() {
        let none = Allowed::default();
        for (ip, public) in [
            ("93.184.215.14", true),
            ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", true),
            ("127.0.0.1", false),
            ("10.0.0.1", false),
            ("172.31.255.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.100.100.200", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("198.18.0.1", false),
            ("192.0.2.1", false),
            ("::1", false),
            ("::", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:93.184.215.14", true),
            ("fd00::1", false),
            ("fe80::1", false),
            ("fd00:ec2::254", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("2001:db8::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(
                none.check(ip.parse().unwrap(), true).is_ok(),
                public,
                "{ip}"
            );
        }
        let public = "93.184.215.14".parse().unwrap();
        assert_eq!(none.check(public, false), Err(Forbidden::Plain));
    }

    #[test]
    fn what_a_deployment_allows_may_be_plain() {
        let allowed = Allowed::parse("127.0.0.0/8, ::1 ,10.1.0.0/16,nonsense,1.2.3.4/33");
        for (ip, fits) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("10.1.9.9", true),
            ("10.2.0.1", false),
            ("1.2.3.4", false),
        ] {
            assert_eq!(
                allowed.check(ip.parse().unwrap(), false).is_ok(),
                fits,
                "{ip}"
            );
        }
        assert!(
            Allowed::parse("0.0.0.0/0")
                .check("10.0.0.1".parse().unwrap(), false)
                .is_ok()
        );
    }

    #[test]
    fn what_is_no_address_is_told() {
        let (none, loopback) = (Allowed::default(), Allowed::parse("127.0.0.0/8"));
        for (text, fits) in [
            ("https://example.com/hooks?a=1", true),
            ("https://example.com:8443", true),
            ("http://example.com", false),
            ("ftp://example.com", false),
            ("https://user:word@example.com", false),
            ("https://example.com/#x", false),
            ("https://", false),
            ("/hooks", false),
            ("example.com", false),
            ("https://127.0.0.1/", false),
            ("https://[::1]/", false),
            ("https://169.254.169.254/latest", false),
        ] {
            assert_eq!(read(text, &none).is_ok(), fits, "{text}");
        }
        assert!(read("http://127.0.0.1:9000/x", &loopback).is_ok());
        assert!(read("http://10.0.0.1/", &loopback).is_err());
        assert!(read(&format!("https://a.test/{}", "x".repeat(2_000)), &none).is_err());
    }
}
