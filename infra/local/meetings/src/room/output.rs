//! What a room wants done.

use crate::ids::{AttendeeId, ConnId, Who};
use crate::signal::codes::CloseCode;
use crate::signal::frames::SignalFrame;
use media::Left;

/// One thing to do, after the others before it.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "an output lives for one step: a box for each frame would cost more"
)]
pub(crate) enum Output {
    /// Send a frame to these browsers.
    Send { to: Vec<ConnId>, frame: SignalFrame },
    /// Close a browser's socket. No further input comes from it.
    Close { conn: ConnId, code: CloseCode },
    /// For the media side.
    Media(MediaCommand),
    /// For EventBridge.
    Event(RoomEvent),
    /// Remember over a restart that this one is present, with this stream id.
    Present { who: Who, stream_id: u32 },
    /// Remember that it is no longer.
    Absent { who: Who },
    /// The meeting's time is up: end it as DeleteMeeting would.
    Expire { ending: Ending },
}

/// What the media side is told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MediaCommand {
    /// Answer this offer; it is the connection's first, or changes it.
    Offer {
        conn: ConnId,
        attendee: AttendeeId,
        sdp: String,
    },
    /// Who may speak and hear from now on.
    May {
        conn: ConnId,
        speak: bool,
        hear: bool,
    },
    /// End a browser's media, or forget a party that left.
    Drop { conn: ConnId },
    /// Tell a party that it is out, and forget it.
    PutOut { conn: ConnId, left: Left },
}

/// Why a meeting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// DeleteMeeting.
    Deleted,
    /// Nobody was connected for five minutes.
    Empty,
    /// It was 24 hours old.
    TooLong,
}

/// What EventBridge is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoomEvent {
    /// A client showed a good token.
    Authorized { who: Who, external_user_id: String },
    /// Present from now on.
    Joined { who: Who, external_user_id: String },
    /// Left on purpose, or was removed.
    Left { who: Who, external_user_id: String },
    /// Broke off and did not come back.
    Dropped { who: Who, external_user_id: String },
    /// The meeting ended.
    Ended { ending: Ending },
}
