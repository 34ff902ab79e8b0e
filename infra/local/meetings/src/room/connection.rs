//! One client of a room.

use super::{AudioRights, MediaCommand, Newcomer};
use crate::ids::{ConnId, Who};
use crate::limits::{self, Bucket};
use crate::time::UnixMs;

/// Where the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Behind a socket.
    Browser,
    /// In this process.
    Party,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its socket is open.
    Open { since: UnixMs },
    /// It was let in.
    Joined { since: UnixMs },
    /// Its offer is with the media side, or media is being set up.
    Offered { since: UnixMs },
    /// It is present.
    Up,
    /// It left and should close its socket.
    Leaving { since: UnixMs },
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(crate) who: Who,
    pub(crate) external_user_id: String,
    pub(crate) rights: AudioRights,
    pub(crate) kind: Kind,
    pub(crate) stage: Stage,
    pub(crate) muted: bool,
    /// Tells a client that comes back from another one.
    pub(crate) audio_session_id: Option<u64>,
    /// `duplex` and allocations of the SUBSCRIBE under way, for its ack.
    pub(crate) pending_ack: Option<crate::signal::frames::SubscribeAck>,
    pub(crate) last_heard: UnixMs,
    pub(crate) next_ping_at: UnixMs,
    pub(crate) last_ping_id: u32,
    pub(crate) frames: Bucket,
    pub(crate) data_messages: Bucket,
}

impl Connection {
    pub(super) fn new(newcomer: Newcomer, kind: Kind, stage: Stage, now: UnixMs) -> Self {
        Self {
            who: newcomer.who,
            external_user_id: newcomer.external_user_id,
            rights: newcomer.rights,
            kind,
            stage,
            muted: false,
            audio_session_id: None,
            pending_ack: None,
            last_heard: now,
            next_ping_at: now,
            last_ping_id: 0,
            frames: Bucket::new(limits::FRAMES_PER_S, limits::FRAMES_BURST, now),
            data_messages: Bucket::new(
                limits::DATA_MESSAGES_PER_S,
                limits::DATA_MESSAGES_BURST,
                now,
            ),
        }
    }

    /// True once the media side knows of it.
    pub(super) fn has_media(&self) -> bool {
        match self.stage {
            Stage::Open { .. } | Stage::Joined { .. } | Stage::Leaving { .. } => false,
            Stage::Offered { .. } | Stage::Up => true,
        }
    }

    /// What it may do, for the media side. A screen share speaks (its tab's sound) and hears nothing.
    pub(super) fn may(&self, conn: ConnId) -> MediaCommand {
        MediaCommand::May {
            conn,
            speak: self.rights.speak && !self.muted,
            hear: self.rights.hear && !self.who.content,
        }
    }
}
