//! Why the platform did not start, in one sentence each, with the exit code that says so to a script.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;

/// Why the platform did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error(
        "{what} cannot listen on {addr}: the port is taken; choose another one with {option} (0 takes any free port)"
    )]
    PortTaken {
        /// What wanted the port.
        what: &'static str,
        /// The address.
        addr: SocketAddr,
        /// The option that changes it.
        option: &'static str,
    },
    /// The address cannot be listened on for another reason.
    #[error(
        "{what} cannot listen on {addr}: {source}; the address is chosen with --host, the port with {option}"
    )]
    Listen {
        /// What wanted the port.
        what: &'static str,
        /// The address.
        addr: SocketAddr,
        /// The option that changes it.
        option: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The data folder cannot be written.
    #[error("the data folder cannot be written: {path}: {source}; choose another one with --data")]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another strowger works in the folder.
    #[error(
        "the data folder {path} is in use by another strowger (process {pid}); stop it, or choose another folder with --data"
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Its process, as it wrote it down.
        pid: String,
    },
    /// The data was written by a newer strowger.
    #[error(
        "the data folder {path} has format {found}, this strowger reads up to {known}; start the newer version, or choose another folder with --data"
    )]
    NewerFormat {
        /// The folder.
        path: PathBuf,
        /// The format of the data.
        found: u64,
        /// The newest format this program reads.
        known: u64,
    },
    /// Something that must be there is not.
    #[error("{what} is missing: {path}; {remedy}")]
    Missing {
        /// What.
        what: &'static str,
        /// Where it was looked for.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
    /// A part did not start.
    #[error("{part} did not start: {reason}")]
    Part {
        /// Which.
        part: &'static str,
        /// Why.
        reason: String,
    },
}

impl StartError {
    /// A part that did not start.
    pub fn part(part: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Part {
            part,
            reason: reason.to_string(),
        }
    }

    /// A listener that did not come up.
    pub fn listen(
        what: &'static str,
        addr: SocketAddr,
        option: &'static str,
        source: io::Error,
    ) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse {
            Self::PortTaken { what, addr, option }
        } else {
            Self::Listen {
                what,
                addr,
                option,
                source,
            }
        }
    }

    /// The exit code; 2 is a wrong command line, 1 everything without a code of its own.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Part { .. } => 1,
            Self::PortTaken { .. } | Self::Listen { .. } => 3,
            Self::Unwritable { .. } => 4,
            Self::InUse { .. } => 5,
            Self::NewerFormat { .. } => 6,
            Self::Missing { .. } => 7,
        }
    }
}

impl From<&StartError> for ExitCode {
    fn from(error: &StartError) -> Self {
        Self::from(error.exit_code())
    }
}
