//! One meeting's conversation with its clients, as a pure core: [`Room::step`] takes an input and the time and
//! returns what to do. No I/O, no clock, no threads.
//!
//! Life of a browser's connection:
//!
//! ```text
//! Open -> (JOIN) Joined -> (SUBSCRIBE) Offered -> (media up) Up -> (LEAVE) Leaving -> closed
//! ```
//!
//! Present is who is `Up`, and for [`Limits::reconnect_grace`] who was and broke off. A party of this process is
//! `Up` from the start.

mod client;
mod connection;
mod messages;
mod output;
mod presence;
mod timers;

#[cfg(test)]
mod tests;

pub(crate) use output::{Ending, MediaCommand, Output, RoomEvent};

use crate::ids::{ConnId, Who};
use crate::limits::Limits;
use crate::signal::codes::{AudioStatus, CloseCode};
use crate::signal::frames::{
    AudioStatusBody, AudioStreamIdInfo, FrameType, SignalFrame, StreamInfo,
};
use crate::time::UnixMs;
use connection::{Connection, Kind, Stage};
use media::Left;
use messages::Kept;
use presence::Roster;
use std::collections::BTreeMap;

/// What an attendee may do with audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AudioRights {
    /// Its voice reaches the others.
    pub(crate) speak: bool,
    /// The others' voices reach it.
    pub(crate) hear: bool,
}

/// Who opens a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Newcomer {
    /// The attendee or its screen share.
    pub(crate) who: Who,
    /// The application's name for the attendee.
    pub(crate) external_user_id: String,
    /// From the attendee's capabilities.
    pub(crate) rights: AudioRights,
}

/// What happens to a room.
#[derive(Debug, Clone)]
pub(crate) enum Input<'a> {
    /// A browser connected with a good token.
    Open { conn: ConnId, newcomer: Newcomer },
    /// It sent a binary message.
    Message { conn: ConnId, message: &'a [u8] },
    /// It sent something that is not a binary message.
    NotBinary { conn: ConnId },
    /// Its socket is gone.
    Closed { conn: ConnId },
    /// The media side answered an offer.
    Answered { conn: ConnId, sdp: String },
    /// The media side could not use an offer.
    OfferRefused { conn: ConnId, why: String },
    /// Media flows (ICE and DTLS are done).
    MediaUp { conn: ConnId },
    /// Media broke off.
    MediaGone { conn: ConnId },
    /// How loud who was since the last time, in dBov.
    Levels { levels: &'a [(ConnId, u8)] },
    /// A party of this process sat down.
    PartyJoined { conn: ConnId, newcomer: Newcomer },
    /// It muted or unmuted.
    PartyMuted { conn: ConnId, muted: bool },
    /// It left.
    PartyLeft { conn: ConnId },
    /// An attendee's capabilities changed.
    Rights {
        attendee: crate::ids::AttendeeId,
        rights: AudioRights,
    },
    /// DeleteAttendee.
    AttendeeDeleted { attendee: crate::ids::AttendeeId },
    /// The meeting ends.
    End { ending: Ending },
    /// The platform stops; the meeting goes on after its restart.
    Shutdown,
    /// Time passed.
    Tick,
}

/// One meeting's clients.
#[derive(Debug)]
pub(crate) struct Room {
    limits: Limits,
    max_present: usize,
    connections: BTreeMap<ConnId, Connection>,
    roster: Roster,
    kept: Kept,
    created_at: UnixMs,
    empty_since: Option<UnixMs>,
    /// Last number of a video stream or group.
    last_video_id: u32,
    ended: bool,
}

impl Room {
    /// A meeting that was created at `created_at`.
    #[must_use]
    pub(crate) fn new(limits: Limits, max_present: usize, created_at: UnixMs) -> Self {
        Self {
            limits,
            max_present,
            connections: BTreeMap::new(),
            roster: Roster::default(),
            kept: Kept::default(),
            created_at,
            empty_since: Some(created_at),
            last_video_id: 0,
            ended: false,
        }
    }

    /// A meeting that went on while the platform was down: `present` were in it, with their stream ids, and have
    /// [`Limits::restart_grace`] to come back.
    #[must_use]
    pub(crate) fn restored(
        limits: Limits,
        max_present: usize,
        created_at: UnixMs,
        present: impl IntoIterator<Item = (Newcomer, u32)>,
        last_stream_id: u32,
        now: UnixMs,
    ) -> Self {
        let mut room = Self::new(limits, max_present, created_at);
        let until = now + room.limits.restart_grace;
        for (newcomer, stream_id) in present {
            room.roster.restore(newcomer, stream_id, until);
        }
        room.roster.continue_after(last_stream_id);
        room.empty_since = room.roster.is_empty().then_some(now);
        room
    }

    /// Takes one input and says what to do, in order.
    pub(crate) fn step(&mut self, input: Input<'_>, now: UnixMs) -> Vec<Output> {
        let mut out = Vec::new();
        if self.ended {
            return out;
        }
        match input {
            Input::Open { conn, newcomer } => self.open(conn, newcomer, now, &mut out),
            Input::Message { conn, message } => self.message(conn, message, now, &mut out),
            Input::NotBinary { conn } => {
                self.refuse(conn, "only binary messages are frames", now, &mut out)
            }
            Input::Closed { conn } => self.closed(conn, now, &mut out),
            Input::Answered { conn, sdp } => self.answered(conn, sdp, now, &mut out),
            Input::OfferRefused { conn, why } => self.refuse(conn, &why, now, &mut out),
            Input::MediaUp { conn } => self.media_up(conn, now, &mut out),
            Input::MediaGone { conn } => self.media_gone(conn, now, &mut out),
            Input::Levels { levels } => self.levels(levels, now, &mut out),
            Input::PartyJoined { conn, newcomer } => {
                self.party_joined(conn, newcomer, now, &mut out)
            }
            Input::PartyMuted { conn, muted } => self.set_muted(conn, muted, now, &mut out),
            Input::PartyLeft { conn } => self.party_left(conn, now, &mut out),
            Input::Rights { attendee, rights } => self.set_rights(&attendee, rights, &mut out),
            Input::AttendeeDeleted { attendee } => self.attendee_deleted(&attendee, now, &mut out),
            Input::End { ending } => self.end(ending, now, &mut out),
            Input::Shutdown => self.shut_down(&mut out),
            Input::Tick => self.tick(now, &mut out),
        }
        self.empty_since = if self.roster.is_empty() {
            self.empty_since.or(Some(now))
        } else {
            None
        };
        out
    }

    /// Attendees present, screen shares included.
    #[cfg(test)]
    pub(crate) fn present(&self) -> usize {
        self.roster.len()
    }

    /// True if this one may come in beside those who are present.
    #[must_use]
    pub(crate) fn has_place_for(&self, who: &Who) -> bool {
        self.roster.get(who).is_some() || self.roster.len() < self.max_present
    }

    /// Connections of this attendee that have not joined yet.
    #[must_use]
    pub(crate) fn pending_of(&self, who: &Who) -> usize {
        self.connections
            .values()
            .filter(|c| c.who == *who && matches!(c.stage, Stage::Open { .. }))
            .count()
    }

    /// Connections whose clients have the roster, and so want to hear of changes.
    fn informed(&self) -> Vec<ConnId> {
        let up = self
            .connections
            .iter()
            .filter(|(_, c)| c.kind == Kind::Browser && c.stage == Stage::Up);
        up.map(|(id, _)| *id).collect()
    }

    fn tell(&self, to: Vec<ConnId>, streams: Vec<StreamInfo>, now: UnixMs, out: &mut Vec<Output>) {
        if to.is_empty() || streams.is_empty() {
            return;
        }
        let mut frame = SignalFrame::of(FrameType::AudioStreamIdInfo, now);
        frame.audio_stream_id_info = Some(AudioStreamIdInfo { streams });
        out.push(Output::Send { to, frame });
    }

    /// Ends a connection: status for the client where it needs one, close, media away. The roster is untouched.
    fn drop_connection(
        &mut self,
        conn: ConnId,
        status: Option<AudioStatus>,
        code: CloseCode,
        left: Left,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let Some(connection) = self.connections.remove(&conn) else {
            return;
        };
        match connection.kind {
            Kind::Browser => {
                if let Some(status) = status {
                    let mut frame = SignalFrame::of(FrameType::AudioStatus, now);
                    frame.audio_status = Some(AudioStatusBody {
                        audio_status: Some(status as u32),
                    });
                    out.push(Output::Send {
                        to: vec![conn],
                        frame,
                    });
                }
                out.push(Output::Close { conn, code });
                if connection.has_media() {
                    out.push(Output::Media(MediaCommand::Drop { conn }));
                }
            }
            Kind::Party => out.push(Output::Media(MediaCommand::PutOut { conn, left })),
        }
    }

    fn attendee_deleted(
        &mut self,
        attendee: &crate::ids::AttendeeId,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let conns: Vec<ConnId> = self
            .connections
            .iter()
            .filter(|(_, c)| c.who.attendee == *attendee)
            .map(|(id, _)| *id)
            .collect();
        for conn in conns {
            let (status, code) = (
                Some(AudioStatus::AttendeeRemoved),
                CloseCode::AttendeeRemoved,
            );
            self.drop_connection(conn, status, code, Left::AttendeeDeleted, now, out);
        }
        for content in [false, true] {
            let who = Who {
                attendee: attendee.clone(),
                content,
            };
            self.remove_from_roster(&who, false, now, out);
        }
    }

    fn end(&mut self, ending: Ending, now: UnixMs, out: &mut Vec<Output>) {
        let conns: Vec<ConnId> = self.connections.keys().copied().collect();
        for conn in conns {
            let (status, code) = (Some(AudioStatus::MeetingEnded), CloseCode::MeetingEnded);
            self.drop_connection(conn, status, code, Left::MeetingEnded, now, out);
        }
        self.ended = true;
        out.push(Output::Event(RoomEvent::Ended { ending }));
    }

    fn shut_down(&mut self, out: &mut Vec<Output>) {
        let conns: Vec<ConnId> = self.connections.keys().copied().collect();
        for conn in conns {
            self.drop_connection(
                conn,
                None,
                CloseCode::TryAgain,
                Left::ShuttingDown,
                UnixMs(0),
                out,
            );
        }
        self.ended = true;
    }

    fn set_rights(
        &mut self,
        attendee: &crate::ids::AttendeeId,
        rights: AudioRights,
        out: &mut Vec<Output>,
    ) {
        for (conn, connection) in &mut self.connections {
            if connection.who.attendee == *attendee {
                connection.rights = rights;
                if connection.has_media() {
                    out.push(Output::Media(connection.may(*conn)));
                }
            }
        }
    }
}
