//! Chime SDK Meetings on one machine: its API, the signalling of its browser client, WebRTC.
//!
//! ```text
//! API (api)  ----\                       /---- journal (book)
//! sockets (signal) -- hub: rooms (room) ------ media thread (engine)
//! parties (Rooms) -/                     \---- events
//! ```
//!
//! [`room::Room`] decides, one per meeting and without I/O; the hub carries out. What must survive a restart is in
//! [`book`]. All sound is mixed on one thread.

mod api;
mod book;
mod engine;
mod events;
mod hub;
pub mod ids;
pub mod limits;
mod room;
pub mod signal;
pub mod time;

pub use book::journal::OpenError as JournalError;
pub use engine::MediaError;
pub use events::EventSink;
pub use limits::Limits;

use book::journal::Journal;
use hub::Hub;
use media::{JoinError, Party, Rooms, Seat};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What the meetings need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Folder of the durable file; made if it is not there.
    pub dir: PathBuf,
    /// AWS Region in ARNs and events.
    pub region: String,
    /// AWS account in ARNs and events.
    pub account: String,
    /// Where browsers send their media: bound and advertised, so not 0.0.0.0. Port 0 is any.
    pub media_addr: SocketAddr,
    /// Scheme and address at which browsers reach [`Meetings::signalling_router`], as `ws://127.0.0.1:8080`.
    pub signaling_base: String,
}

/// Why the meetings cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The durable file.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The media side.
    #[error(transparent)]
    Media(#[from] MediaError),
}

/// The running meetings. Clones are the same meetings.
#[derive(Clone)]
pub struct Meetings {
    hub: Arc<Hub>,
}

impl Meetings {
    /// Reads what is in `config.dir`, binds the media socket and goes on where the last process stopped: its
    /// meetings are there, and who was present has [`Limits::restart_grace`] to come back. Call it within a tokio
    /// runtime.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(config: Config, sink: Arc<dyn EventSink>) -> Result<Self, OpenError> {
        Self::open_with(config, Limits::default(), sink)
    }

    /// [`Meetings::open`] with other limits.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_with(
        config: Config,
        limits: Limits,
        sink: Arc<dyn EventSink>,
    ) -> Result<Self, OpenError> {
        let book = Journal::open(&config.dir)?;
        let (engine, media_events) =
            engine::EngineHandle::start(config.media_addr, limits.silent_media)?;
        let (events, outbox) = mpsc::channel(limits::MAX_QUEUED_EVENTS);
        let hub = Hub::new(config, limits, time::Clock::start(), book, engine, events);
        tokio::spawn(hub::pass_time(Arc::downgrade(&hub)));
        tokio::spawn(hub::take_media_events(Arc::downgrade(&hub), media_events));
        tokio::spawn(hub::deliver_events(sink, outbox));
        Ok(Self { hub })
    }

    /// The AWS API: `/meetings` and `/tags`.
    pub fn api_router(&self) -> axum::Router {
        api::router(self.hub.clone())
    }

    /// The signalling: `/control/{meeting_id}`.
    pub fn signalling_router(&self) -> axum::Router {
        let upgrade = axum::routing::get(signal::socket::upgrade);
        axum::Router::new()
            .route("/control/{meeting_id}", upgrade)
            .with_state(self.hub.clone())
    }

    /// Where browsers send their media.
    #[must_use]
    pub fn media_addr(&self) -> SocketAddr {
        self.hub.engine.addr()
    }

    /// Closes every connection so that clients come back to the next process, puts parties out with
    /// [`media::Left::ShuttingDown`], and writes what waits. Meetings go on after [`Meetings::open`].
    pub async fn shutdown(&self) {
        self.hub.shut_down();
        self.hub.engine.stop().await;
        self.hub.journal.stop().await;
    }
}

impl Rooms for Meetings {
    fn join(
        &self,
        meeting_id: &str,
        join_token: &str,
        party: Box<dyn Party>,
    ) -> Result<Seat, JoinError> {
        self.hub.seat(meeting_id, join_token, party)
    }
}
