//! The practice carrier: the telephone network on this machine. It owns the numbers, knows the phones that may
//! register and call in, and where calls to other numbers go. Chime knows nothing of it; it is a file.

pub mod registrar;

use crate::sip::digest::Algorithm;
use crate::sip::flow::Proto;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;

/// Version of `carrier.json` that is written.
const FORMAT: u32 = 1;
/// Most accounts, numbers and routes that are read.
const MAX_ENTRIES: usize = 10_000;

/// A number of the carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarrierNumber {
    /// E.164, with the plus sign.
    pub number: String,
    /// ISO 3166 code of its country.
    pub country: String,
}

/// A phone or a trunk outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// SIP user name.
    pub username: String,
    /// SIP password.
    pub password: String,
    /// Its numbers (E.164); calls to them ring it, calls from it show the first one.
    pub numbers: Vec<String>,
    /// May show any calling number: another exchange, not a phone.
    #[serde(default)]
    pub trunk: bool,
}

/// Where calls to a prefix go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Leading digits, with the plus sign; `+` takes everything.
    pub prefix: String,
    /// Host name or address.
    pub host: String,
    /// Port.
    #[serde(default = "sip_port")]
    pub port: u16,
    /// Protocol.
    #[serde(default = "udp")]
    pub transport: Proto,
    /// Digest user, when the next exchange asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Digest password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

fn sip_port() -> u16 {
    5060
}

fn udp() -> Proto {
    Proto::Udp
}

/// The carrier's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    format: u32,
    /// Digest realm.
    pub realm: String,
    /// Digest algorithms to offer, the first preferred.
    pub algorithms: Vec<Algorithm>,
    /// Numbers that are this platform's from the beginning.
    pub numbers: Vec<CarrierNumber>,
    /// Numbers that can be ordered.
    #[serde(default)]
    pub available: Vec<CarrierNumber>,
    /// Phones and trunks.
    pub accounts: Vec<Account>,
    /// Addresses (CIDR) whose calls need no digest.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Ways to other numbers.
    #[serde(default)]
    pub routes: Vec<Route>,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CarrierError {
    /// It cannot be read or written.
    #[error("carrier.json: {0}")]
    Io(#[from] io::Error),
    /// It is not what it should be.
    #[error("carrier.json: {0}")]
    Malformed(String),
    /// A newer version of this program wrote it.
    #[error("carrier.json has format {0}; this version reads up to 1")]
    Newer(u32),
}

/// A phone that is made at the first start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplePhone {
    /// SIP user name.
    pub username: String,
    /// Its numbers (E.164).
    pub numbers: Vec<String>,
}

impl Carrier {
    /// Reads `path`, or writes it with `numbers` and `phones` (and passwords of its own making) when there is none.
    ///
    /// # Errors
    /// See [`CarrierError`].
    pub fn open(
        path: &Path,
        numbers: &[CarrierNumber],
        available: &[CarrierNumber],
        phones: &[SamplePhone],
    ) -> Result<Self, CarrierError> {
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let carrier = Self::sample(numbers, available, phones);
                carrier.write(path)?;
                Ok(carrier)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, CarrierError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let malformed = |e: serde_json::Error| CarrierError::Malformed(e.to_string());
        let head: Head = serde_json::from_slice(bytes).map_err(malformed)?;
        if head.format > FORMAT {
            return Err(CarrierError::Newer(head.format));
        }
        let carrier: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        carrier.check()?;
        Ok(carrier)
    }

    fn check(&self) -> Result<(), CarrierError> {
        let wrong = |what: String| Err(CarrierError::Malformed(what));
        if self
            .accounts
            .len()
            .max(self.numbers.len())
            .max(self.routes.len())
            > MAX_ENTRIES
        {
            return wrong(format!("more than {MAX_ENTRIES} entries"));
        }
        let numbers = self
            .numbers
            .iter()
            .chain(&self.available)
            .map(|n| &n.number);
        let all = numbers.chain(self.accounts.iter().flat_map(|a| &a.numbers));
        if let Some(bad) = all.into_iter().find(|n| !is_e164(n)) {
            return wrong(format!("{bad:?} is not an E.164 number like +41445550100"));
        }
        if let Some(bad) = self.allow.iter().find(|cidr| Cidr::parse(cidr).is_none()) {
            return wrong(format!("allow: {bad:?} is not an address or CIDR block"));
        }
        if let Some(bad) = self.routes.iter().find(|r| !r.prefix.starts_with('+')) {
            return wrong(format!(
                "routes: the prefix {:?} must begin with +",
                bad.prefix
            ));
        }
        if self.algorithms.is_empty() {
            return wrong("algorithms: at least one of MD5, SHA-256".to_owned());
        }
        Ok(())
    }

    fn sample(
        numbers: &[CarrierNumber],
        available: &[CarrierNumber],
        phones: &[SamplePhone],
    ) -> Self {
        Self {
            format: FORMAT,
            realm: "strowger".to_owned(),
            algorithms: vec![Algorithm::Md5],
            numbers: numbers.to_vec(),
            available: available.to_vec(),
            accounts: phones
                .iter()
                .map(|phone| Account {
                    username: phone.username.clone(),
                    password: uuid::Uuid::new_v4().simple().to_string(),
                    numbers: phone.numbers.clone(),
                    trunk: false,
                })
                .collect(),
            allow: Vec::new(),
            routes: Vec::new(),
        }
    }

    fn write(&self, path: &Path) -> Result<(), CarrierError> {
        use std::os::unix::fs::OpenOptionsExt;
        let text =
            serde_json::to_vec_pretty(self).map_err(|e| CarrierError::Malformed(e.to_string()))?;
        // It holds passwords: nobody else reads it.
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(&text)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        Ok(())
    }

    /// The account of a user.
    #[must_use]
    pub fn account(&self, username: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.username == username)
    }

    /// The account that has a number.
    #[must_use]
    pub fn account_of(&self, number: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|a| a.numbers.iter().any(|n| n == number))
    }

    /// The way to a number: the longest prefix wins.
    #[must_use]
    pub fn route(&self, number: &str) -> Option<&Route> {
        self.routes
            .iter()
            .filter(|r| number.starts_with(&r.prefix))
            .max_by_key(|r| r.prefix.len())
    }

    /// Whether calls from `ip` need no digest.
    #[must_use]
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.allow
            .iter()
            .filter_map(|cidr| Cidr::parse(cidr))
            .any(|cidr| cidr.contains(ip))
    }
}

/// Whether `text` is a number like `+41445550100`: plus, 7 to 15 digits, the first not zero (ITU-T E.164).
#[must_use]
pub fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// The E.164 number that a SIP user part or tel number means; visual separators are dropped, a missing plus is added.
#[must_use]
pub fn number_of(user: &str) -> Option<String> {
    let user = user.split(';').next().unwrap_or_default();
    let digits: String = user.chars().filter(|c| !"-.() ".contains(*c)).collect();
    let number = if digits.starts_with('+') {
        digits
    } else {
        format!("+{}", digits.strip_prefix("00").unwrap_or(&digits))
    };
    is_e164(&number).then_some(number)
}

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    network: IpAddr,
    bits: u8,
}

impl Cidr {
    /// Reads `10.0.0.0/8` or a single address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let network: IpAddr = address.parse().ok()?;
        let whole = if network.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(whole);
        (bits <= whole).then_some(Self { network, bits })
    }

    /// Whether `ip` is in the block.
    #[must_use]
    pub fn contains(self, ip: IpAddr) -> bool {
        let shared = |a: u128, b: u128, whole: u32| {
            let shift = whole - u32::from(self.bits);
            shift >= whole || (a ^ b) >> shift == 0
        };
        match (self.network, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => shared(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                self.bits == 0 || shared(a.to_bits(), b.to_bits(), 128)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// Length of the prefix.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_its_addresses_only() {
        let block = Cidr::parse("10.1.0.0/16").unwrap();
        assert!(block.contains("10.1.255.255".parse().unwrap()));
        assert!(!block.contains("10.2.0.0".parse().unwrap()));
        assert!(
            Cidr::parse("0.0.0.0/0")
                .unwrap()
                .contains("203.0.113.1".parse().unwrap())
        );
        assert!(
            Cidr::parse("192.0.2.1")
                .unwrap()
                .contains("192.0.2.1".parse().unwrap())
        );
        assert!(Cidr::parse("10.0.0.0/33").is_none());
        assert!(
            Cidr::parse("::/0")
                .unwrap()
                .contains("::1".parse().unwrap())
        );
        assert!(
            !Cidr::parse("::/0")
                .unwrap()
                .contains("127.0.0.1".parse().unwrap())
        );
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(
            number_of("+41 44 555-01.00").as_deref(),
            Some("+41445550100")
        );
        assert_eq!(number_of("0041445550100").as_deref(), Some("+41445550100"));
        assert_eq!(
            number_of("41445550100;phone-context=x").as_deref(),
            Some("+41445550100")
        );
        assert_eq!(number_of("anna"), None);
        assert_eq!(number_of("+0123456789"), None);
    }

    #[test]
    fn the_longest_prefix_is_the_way() {
        let route = |prefix: &str| Route {
            prefix: prefix.to_owned(),
            host: prefix.to_owned(),
            port: 5060,
            transport: Proto::Udp,
            username: None,
            password: None,
        };
        let mut carrier = Carrier::sample(&[], &[], &[]);
        carrier.routes = vec![route("+4"), route("+41"), route("+")];
        assert_eq!(carrier.route("+41445550100").unwrap().prefix, "+41");
        assert_eq!(carrier.route("+65").unwrap().prefix, "+");
    }

    #[test]
    fn the_file_is_private_stays_and_a_newer_one_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("carrier.json");
        let phone = SamplePhone {
            username: "phone".into(),
            numbers: vec!["+41445550199".into()],
        };
        let first = Carrier::open(&path, &[], &[], std::slice::from_ref(&phone)).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(Carrier::open(&path, &[], &[], &[]).unwrap(), first);
        assert!(first.accounts[0].password.len() >= 32);
        std::fs::write(&path, r#"{"format":2}"#).unwrap();
        assert!(matches!(
            Carrier::open(&path, &[], &[], &[]),
            Err(CarrierError::Newer(2))
        ));
    }
}
