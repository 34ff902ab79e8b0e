//! RTP and RTCP sockets in pairs: an even port and the one after (RFC 3550 section 11).

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;

/// Tries before giving up on ports that the system chooses.
const TRIES: u32 = 64;

/// Gives out pairs of sockets.
#[derive(Debug)]
pub struct Ports {
    ip: IpAddr,
    range: Option<RangeInclusive<u16>>,
    next: u16,
}

impl Ports {
    /// Ports on `ip`, within `range` or wherever the system likes.
    #[must_use]
    pub fn new(ip: IpAddr, range: Option<RangeInclusive<u16>>) -> Self {
        let next = range.as_ref().map_or(0, |r| *r.start());
        Self { ip, range, next }
    }

    /// Binds the next free pair: RTP, RTCP.
    ///
    /// # Errors
    /// When no pair is free.
    pub fn bind(&mut self) -> io::Result<(UdpSocket, UdpSocket)> {
        match self.range.clone() {
            None => self.bind_anywhere(),
            Some(range) => self.bind_within(&range),
        }
    }

    fn bind_anywhere(&self) -> io::Result<(UdpSocket, UdpSocket)> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..TRIES {
            let first = UdpSocket::bind((self.ip, 0))?;
            let port = first.local_addr()?.port();
            // An odd one becomes the RTCP half.
            let other = if port % 2 == 0 {
                port.checked_add(1)
            } else {
                port.checked_sub(1)
            };
            match other.map(|other| UdpSocket::bind((self.ip, other))) {
                Some(Ok(second)) if port % 2 == 0 => return Ok((first, second)),
                Some(Ok(second)) => return Ok((second, first)),
                Some(Err(error)) => last = error,
                None => {}
            }
        }
        Err(last)
    }

    fn bind_within(&mut self, range: &RangeInclusive<u16>) -> io::Result<(UdpSocket, UdpSocket)> {
        let pairs = (u32::from(*range.end()) + 1).saturating_sub(u32::from(*range.start())) / 2;
        for _ in 0..pairs {
            let port = self.next.next_multiple_of(2);
            if port < *range.start() || port >= *range.end() {
                self.next = range.start().next_multiple_of(2);
            } else {
                self.next = port;
            }
            let port = self.next;
            self.next = port.saturating_add(2);
            let bind = |port| UdpSocket::bind(SocketAddr::new(self.ip, port));
            if let (Ok(rtp), Ok(rtcp)) = (bind(port), bind(port + 1)) {
                return Ok((rtp, rtcp));
            }
        }
        Err(io::Error::from(io::ErrorKind::AddrInUse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_even_and_odd_and_differ() {
        let mut ports = Ports::new("127.0.0.1".parse().unwrap(), None);
        let (a, b) = (ports.bind().unwrap(), ports.bind().unwrap());
        for (rtp, rtcp) in [&a, &b] {
            let (rtp, rtcp) = (
                rtp.local_addr().unwrap().port(),
                rtcp.local_addr().unwrap().port(),
            );
            assert_eq!((rtp % 2, rtp + 1), (0, rtcp));
        }
    }

    #[test]
    fn a_used_up_range_is_an_error_and_a_returned_pair_is_given_again() {
        let (spare, _) = Ports::new("127.0.0.1".parse().unwrap(), None)
            .bind()
            .unwrap();
        let start = spare.local_addr().unwrap().port();
        drop(spare);
        let mut ports = Ports::new("127.0.0.1".parse().unwrap(), Some(start..=start + 1));
        let pair = ports.bind().unwrap();
        assert!(ports.bind().is_err());
        drop(pair);
        assert!(ports.bind().is_ok());
    }
}
