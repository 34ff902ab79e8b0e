//! The media side: one thread, one UDP socket, every peer connection and every mix.
//!
//! The thread takes [`Command`]s, gives [`Event`]s, and every 20 ms lets each meeting's [`table`] speak and hear.

mod peer;
mod sdp;
mod table;
mod thread;

use crate::ids::{AttendeeId, ConnId, MeetingId};
use media::{Left, Party};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that may wait for the hub. Levels are dropped beyond, everything else is tried again.
const MAX_WAITING_EVENTS: usize = 4_096;

/// What the hub tells the thread. Their number is bounded by the frames that clients may send.
pub(crate) enum Command {
    /// Answer this offer.
    Offer {
        conn: ConnId,
        meeting: MeetingId,
        attendee: AttendeeId,
        sdp: String,
    },
    /// Seat a party.
    Seat {
        conn: ConnId,
        meeting: MeetingId,
        attendee: AttendeeId,
        party: Box<dyn Party>,
    },
    /// What someone may do from now on; nothing before this came.
    May {
        conn: ConnId,
        speak: bool,
        hear: bool,
    },
    /// Forget someone.
    Drop { conn: ConnId },
    /// Tell a party why, and forget it.
    PutOut { conn: ConnId, left: Left },
    /// Tell every party that is left, and end the thread.
    Stop,
}

/// What the thread tells the hub.
#[derive(Debug)]
pub(crate) enum Event {
    /// The answer to an offer.
    Answered { conn: ConnId, sdp: String },
    /// The offer cannot be used.
    Refused { conn: ConnId, why: String },
    /// ICE and DTLS are done.
    Up { conn: ConnId },
    /// It broke off, or failed.
    Gone { conn: ConnId },
    /// How loud who was in the last 200 ms, in dBov.
    Levels {
        meeting: MeetingId,
        levels: Vec<(ConnId, u8)>,
    },
}

/// Why the media side cannot start.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// Browsers answer to the address that is advertised, so it must be the one that is bound.
    #[error(
        "the media address {0} names no interface; give the address that browsers shall send to"
    )]
    Unspecified(SocketAddr),
    /// The address cannot be bound.
    #[error("UDP {addr}: {source}")]
    Bind {
        /// Which.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The thread cannot be started.
    #[error("the media thread cannot be started: {0}")]
    Thread(std::io::Error),
    /// No certificate for DTLS could be made.
    #[error("no certificate for DTLS could be made")]
    Certificate,
}

/// The hub's handle on the thread.
#[derive(Clone)]
pub(crate) struct EngineHandle {
    commands: mpsc::UnboundedSender<Command>,
    addr: SocketAddr,
    thread: Arc<Mutex<Option<std::thread::JoinHandle<()>>>>,
}

impl EngineHandle {
    /// Starts the thread on this address (port 0: any).
    pub(crate) fn start(
        addr: SocketAddr,
        silent_media: Duration,
    ) -> Result<(Self, mpsc::Receiver<Event>), MediaError> {
        if addr.ip().is_unspecified() {
            return Err(MediaError::Unspecified(addr));
        }
        let bind = |source| MediaError::Bind { addr, source };
        let socket = std::net::UdpSocket::bind(addr).map_err(bind)?;
        socket.set_nonblocking(true).map_err(bind)?;
        let addr = socket.local_addr().map_err(bind)?;
        let (commands, inbox) = mpsc::unbounded_channel();
        let (events, outbox) = mpsc::channel(MAX_WAITING_EVENTS);
        let factory = peer::Factory::new(addr).ok_or(MediaError::Certificate)?;
        let thread = std::thread::Builder::new()
            .name("meetings-media".to_owned())
            .spawn(move || thread::run(socket, factory, inbox, events, silent_media))
            .map_err(MediaError::Thread)?;
        Ok((
            Self {
                commands,
                addr,
                thread: Arc::new(Mutex::new(Some(thread))),
            },
            outbox,
        ))
    }

    pub(crate) fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::error!("the media thread has ended");
        }
    }

    /// The address browsers send to.
    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Ends the thread and waits for it.
    pub(crate) async fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}
