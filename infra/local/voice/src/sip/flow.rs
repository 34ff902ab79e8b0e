//! Where messages come from and go to.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// The transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Proto {
    /// Datagrams: retransmission is ours.
    #[serde(rename = "udp")]
    Udp,
    /// A stream.
    #[serde(rename = "tcp")]
    Tcp,
}

impl Proto {
    /// The name in a Via.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }
}

/// One TCP connection of this run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConnectionId(pub u64);

/// A way to a peer: over UDP its address; over TCP a connection while it lives, else its address to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// The protocol.
    pub proto: Proto,
    /// The peer's address.
    pub peer: SocketAddr,
    /// The connection; not kept across runs.
    #[serde(skip)]
    pub connection: Option<ConnectionId>,
}

impl Flow {
    /// A datagram flow.
    #[must_use]
    pub fn udp(peer: SocketAddr) -> Self {
        Self {
            proto: Proto::Udp,
            peer,
            connection: None,
        }
    }

    /// A stream to be opened to `peer` when needed.
    #[must_use]
    pub fn tcp(peer: SocketAddr) -> Self {
        Self {
            proto: Proto::Tcp,
            peer,
            connection: None,
        }
    }

    /// Whether the protocol delivers by itself.
    #[must_use]
    pub fn reliable(self) -> bool {
        self.proto == Proto::Tcp
    }
}
