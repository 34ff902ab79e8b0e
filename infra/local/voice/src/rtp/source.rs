//! Whose RTP is believed: symmetric RTP (RFC 4961) that cannot be stolen.
//!
//! The address of the session description is right at once. Another one is only considered when it has the address of
//! the description or of the signalling peer (a phone behind NAT has another port), and only after the described
//! address had its chance. Once locked, nobody else is heard or sent to until the description changes.

use std::net::{IpAddr, SocketAddr};

/// Packets from another port of a known host before it is believed: 100 ms of speech.
pub const PATIENCE_PACKETS: u32 = 5;

/// The lock of one leg.
#[derive(Debug, Clone, Copy)]
pub struct SourceLock {
    described: SocketAddr,
    signalling: IpAddr,
    locked: Option<SocketAddr>,
    candidate: Option<(SocketAddr, u32)>,
}

impl SourceLock {
    /// Not locked yet: `described` is the address in the peer's description, `signalling` where its SIP came from.
    #[must_use]
    pub fn new(described: SocketAddr, signalling: IpAddr) -> Self {
        Self {
            described,
            signalling,
            locked: None,
            candidate: None,
        }
    }

    /// Takes a new description. The lock stays when nothing changed.
    pub fn describe(&mut self, described: SocketAddr) {
        if described != self.described {
            *self = Self::new(described, self.signalling);
        }
    }

    /// Whether a valid packet from `from` is to be used.
    pub fn accepts(&mut self, from: SocketAddr) -> bool {
        if let Some(locked) = self.locked {
            return locked == from;
        }
        if from == self.described {
            self.locked = Some(from);
            return true;
        }
        if from.ip() != self.described.ip() && from.ip() != self.signalling {
            return false;
        }
        let seen = match self.candidate {
            Some((candidate, seen)) if candidate == from => seen + 1,
            _ => 1,
        };
        self.candidate = Some((from, seen));
        if seen >= PATIENCE_PACKETS {
            self.locked = Some(from);
        }
        self.locked.is_some()
    }

    /// Where to send: the locked source, before that the description.
    #[must_use]
    pub fn target(&self) -> SocketAddr {
        self.locked.unwrap_or(self.described)
    }

    /// Where to send RTCP: the port after.
    #[must_use]
    pub fn rtcp_target(&self) -> SocketAddr {
        let target = self.target();
        SocketAddr::new(target.ip(), target.port().saturating_add(1))
    }

    /// Whether a datagram on the RTCP port comes from the same host.
    #[must_use]
    pub fn same_host(&self, from: SocketAddr) -> bool {
        self.target().ip() == from.ip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_described_address_locks_at_once() {
        let mut lock = SourceLock::new(at("192.0.2.1:4000"), at("192.0.2.1:5060").ip());
        assert!(lock.accepts(at("192.0.2.1:4000")));
        assert!(!lock.accepts(at("192.0.2.1:4002")));
    }

    #[test]
    fn behind_nat_the_signalling_host_is_believed_after_some_packets() {
        let mut lock = SourceLock::new(at("192.168.1.5:4000"), at("198.51.100.7:5060").ip());
        for _ in 0..PATIENCE_PACKETS - 1 {
            assert!(!lock.accepts(at("198.51.100.7:61000")));
            assert_eq!(lock.target(), at("192.168.1.5:4000"));
        }
        assert!(lock.accepts(at("198.51.100.7:61000")));
        assert_eq!(lock.target(), at("198.51.100.7:61000"));
        assert!(
            !lock.accepts(at("192.168.1.5:4000")),
            "once locked, also the described address is too late"
        );
    }

    proptest! {
        #[test]
        fn a_foreign_host_is_never_believed(ports in proptest::collection::vec((any::<bool>(), 1u16..), 1..100)) {
            let mut lock = SourceLock::new(at("192.0.2.1:4000"), at("192.0.2.2:5060").ip());
            for (foreign, port) in ports {
                let ip = if foreign { "203.0.113.9" } else { "192.0.2.2" };
                let accepted = lock.accepts(SocketAddr::new(ip.parse().unwrap(), port));
                prop_assert!(!(foreign && accepted));
                prop_assert_ne!(lock.target().ip(), "203.0.113.9".parse::<IpAddr>().unwrap());
            }
        }

        #[test]
        fn at_most_one_source_is_ever_believed(from in proptest::collection::vec((0u8..3, 4000u16..4003), 1..200)) {
            let mut lock = SourceLock::new(at("192.0.2.1:4000"), at("192.0.2.1:5060").ip());
            let mut believed = None;
            for (host, port) in from {
                let from = SocketAddr::new(IpAddr::from([192, 0, 2, host]), port);
                if lock.accepts(from) {
                    prop_assert_eq!(*believed.get_or_insert(from), from);
                }
            }
        }
    }
}
