//! Browsers' sockets and parties' seats, as the hub sees them.

use super::{Connected, Hub, Wire};
use crate::book::model::Attendee;
use crate::engine::Command;
use crate::ids::{CONTENT_SUFFIX, ConnId, MeetingId, Who};
use crate::limits;
use crate::room::{Input, Newcomer};
use crate::signal::CloseCode;
use bytes::Bytes;
use media::{JoinError, Party, Seat, SeatControl};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What a socket's task writes.
#[derive(Debug, Clone)]
pub(crate) enum ToSocket {
    Message(Bytes),
    Close(CloseCode),
}

/// A socket is not taken, and closes with this code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) CloseCode);

fn newcomer(attendee: &Attendee, content: bool) -> Newcomer {
    Newcomer {
        who: Who {
            attendee: attendee.id.clone(),
            content,
        },
        external_user_id: attendee.external_user_id.clone(),
        rights: attendee.capabilities.audio_rights(),
    }
}

impl Hub {
    /// Takes a browser's socket that showed this token.
    pub(crate) fn open_socket(
        &self,
        meeting: &str,
        token: &str,
    ) -> Result<(ConnId, mpsc::Receiver<ToSocket>), Refusal> {
        let mut state = self.lock();
        if state.shutting_down || state.connections.len() >= limits::MAX_SOCKETS {
            return Err(Refusal(CloseCode::TryAgain));
        }
        let entry = MeetingId::parse(meeting).and_then(|id| state.book.get(&id));
        let entry = entry.ok_or(Refusal(CloseCode::MeetingEnded))?;
        let (token, content) = match token.strip_suffix(CONTENT_SUFFIX) {
            Some(token) => (token, true),
            None => (token, false),
        };
        let attendee = entry.by_token(token).ok_or(Refusal(CloseCode::Forbidden))?;
        let (meeting, newcomer) = (entry.meeting.id.clone(), newcomer(attendee, content));
        let pending = state
            .rooms
            .get(&meeting)
            .map_or(0, |room| room.pending_of(&newcomer.who));
        if pending >= limits::MAX_PENDING_PER_ATTENDEE {
            return Err(Refusal(CloseCode::TryAgain));
        }
        let conn = state.next_conn();
        let (sender, receiver) = mpsc::channel(limits::MAX_QUEUED_FRAMES);
        state.connections.insert(
            conn,
            Connected {
                meeting: meeting.clone(),
                wire: Wire::Socket(sender),
            },
        );
        self.step(&mut state, &meeting, Input::Open { conn, newcomer });
        Ok((conn, receiver))
    }

    /// The socket's task has ended.
    pub(crate) fn socket_closed(&self, conn: ConnId) {
        let mut state = self.lock();
        if let Some(connected) = state.connections.remove(&conn) {
            self.step(&mut state, &connected.meeting, Input::Closed { conn });
        }
    }

    /// Seats a party of this process.
    pub(crate) fn seat(
        self: &Arc<Self>,
        meeting: &str,
        token: &str,
        party: Box<dyn Party>,
    ) -> Result<Seat, JoinError> {
        let mut state = self.lock();
        if state.shutting_down {
            return Err(JoinError::ShuttingDown);
        }
        let entry = MeetingId::parse(meeting)
            .and_then(|id| state.book.get(&id))
            .ok_or(JoinError::NoSuchMeeting)?;
        let attendee = entry.by_token(token).ok_or(JoinError::BadToken)?;
        let (meeting, newcomer) = (entry.meeting.id.clone(), newcomer(attendee, false));
        let room = state.rooms.get(&meeting).ok_or(JoinError::NoSuchMeeting)?;
        if !room.has_place_for(&newcomer.who) {
            return Err(JoinError::Full);
        }
        let conn = state.next_conn();
        state.connections.insert(
            conn,
            Connected {
                meeting: meeting.clone(),
                wire: Wire::Party,
            },
        );
        let (attendee, external_user_id) = (
            newcomer.who.attendee.clone(),
            newcomer.external_user_id.clone(),
        );
        self.engine.send(Command::Seat {
            conn,
            meeting: meeting.clone(),
            attendee: attendee.clone(),
            party,
        });
        self.step(&mut state, &meeting, Input::PartyJoined { conn, newcomer });
        let control = PartyControl {
            hub: self.clone(),
            conn,
        };
        Ok(Seat::new(
            attendee.as_str().to_owned(),
            external_user_id,
            Box::new(control),
        ))
    }
}

struct PartyControl {
    hub: Arc<Hub>,
    conn: ConnId,
}

impl SeatControl for PartyControl {
    fn set_muted(&self, muted: bool) {
        self.hub.input(
            self.conn,
            Input::PartyMuted {
                conn: self.conn,
                muted,
            },
        );
    }

    fn leave(&self) {
        self.hub
            .input(self.conn, Input::PartyLeft { conn: self.conn });
    }
}
