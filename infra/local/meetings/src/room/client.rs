//! What clients do.

use super::connection::{Connection, Kind, Stage};
use super::presence::Link;
use super::{MediaCommand, Newcomer, Output, Room, RoomEvent};
use crate::ids::ConnId;
use crate::signal::codes::{AudioStatus, CloseCode, ErrorStatus};
use crate::signal::frames::{
    self, Allocation, AttendeeState, AudioMetadata, Empty, ErrorBody, FrameType, Index, Join,
    JoinAck, PING, PONG, PingPong, SignalFrame, Subscribe, SubscribeAck,
};
use crate::time::UnixMs;
use media::Left;

/// Most videos a client may receive, as the real service says.
const VIDEO_SUBSCRIPTION_LIMIT: u32 = 25;
/// The best of the client's three signal strengths. Lower values make it say that its connection is poor.
const GOOD_SIGNAL: u32 = 2;

impl Room {
    pub(super) fn open(
        &mut self,
        conn: ConnId,
        newcomer: Newcomer,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let connection = Connection::new(newcomer, Kind::Browser, Stage::Open { since: now }, now);
        debug_assert!(
            !self.connections.contains_key(&conn),
            "connection ids are not used again"
        );
        self.connections.insert(conn, connection);
        let _ = out;
    }

    pub(super) fn party_joined(
        &mut self,
        conn: ConnId,
        newcomer: Newcomer,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let (who, external_user_id) = (newcomer.who.clone(), newcomer.external_user_id.clone());
        out.push(Output::Event(RoomEvent::Authorized {
            who: who.clone(),
            external_user_id,
        }));
        self.replace_others(conn, &who, None, now, out);
        let connection = Connection::new(newcomer, Kind::Party, Stage::Up, now);
        out.push(Output::Media(connection.may(conn)));
        self.connections.insert(conn, connection);
        self.arrive(conn, now, out);
    }

    pub(super) fn party_left(&mut self, conn: ConnId, now: UnixMs, out: &mut Vec<Output>) {
        if let Some(connection) = self.connections.remove(&conn) {
            out.push(Output::Media(MediaCommand::Drop { conn }));
            self.remove_from_roster(&connection.who, false, now, out);
        }
    }

    pub(super) fn message(
        &mut self,
        conn: ConnId,
        message: &[u8],
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let Some(connection) = self.connections.get_mut(&conn) else {
            return;
        };
        connection.last_heard = now;
        if !connection.frames.take(now) {
            return self.break_off(conn, None, CloseCode::TooManyFrames, now, out);
        }
        match frames::decode(message) {
            Ok(frame) => self.frame(conn, frame, now, out),
            Err(malformed) => self.refuse(conn, &malformed.to_string(), now, out),
        }
    }

    fn frame(&mut self, conn: ConnId, frame: SignalFrame, now: UnixMs, out: &mut Vec<Output>) {
        let Some(kind) = frame.frame_type() else {
            // A newer client may know more kinds; 0 is none.
            if frame.kind == 0 {
                self.refuse(conn, "the frame has no type", now, out);
            }
            return;
        };
        match kind {
            FrameType::PingPong => self.ping_pong(conn, frame.ping_pong, now, out),
            FrameType::Join => match frame.join {
                Some(join) => self.join(conn, &join, now, out),
                None => self.refuse(conn, "JOIN has no join", now, out),
            },
            FrameType::Subscribe => match frame.subscribe {
                Some(subscribe) => self.subscribe(conn, subscribe, now, out),
                None => self.refuse(conn, "SUBSCRIBE has no sub", now, out),
            },
            FrameType::Leave => self.leave(conn, now, out),
            FrameType::AudioControl => match frame.audio_control.and_then(|c| c.muted) {
                Some(muted) => self.set_muted(conn, muted, now, out),
                None => self.refuse(conn, "AUDIO_CONTROL has no audio_control.muted", now, out),
            },
            FrameType::DataMessage => match frame.data_message {
                Some(body) => self.data_messages(conn, body.messages, now, out),
                None => self.refuse(conn, "DATA_MESSAGE has no data_message", now, out),
            },
            // Video is negotiated and not forwarded; measurements are not kept; meetings are not replicated.
            FrameType::Pause
            | FrameType::Resume
            | FrameType::ClientMetric
            | FrameType::RemoteVideoUpdate
            | FrameType::PrimaryMeetingJoin
            | FrameType::PrimaryMeetingLeave
            | FrameType::MeetingSessionTiming => {}
            FrameType::JoinAck
            | FrameType::SubscribeAck
            | FrameType::Index
            | FrameType::LeaveAck
            | FrameType::Bitrates
            | FrameType::AudioMetadata
            | FrameType::AudioStreamIdInfo
            | FrameType::AudioStatus
            | FrameType::PrimaryMeetingJoinAck
            | FrameType::Notification => {
                self.refuse(conn, "only the server sends this type", now, out)
            }
        }
    }

    fn ping_pong(
        &mut self,
        conn: ConnId,
        body: Option<PingPong>,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        match body {
            Some(PingPong {
                kind: PING,
                ping_id,
            }) => {
                let mut frame = SignalFrame::of(FrameType::PingPong, now);
                frame.ping_pong = Some(PingPong {
                    kind: PONG,
                    ping_id,
                });
                out.push(Output::Send {
                    to: vec![conn],
                    frame,
                });
            }
            // That it came at all is what counts, and `last_heard` has it.
            Some(PingPong { kind: PONG, .. }) => {}
            Some(_) | None => {
                self.refuse(conn, "PING_PONG has no ping_pong.type of 1 or 2", now, out)
            }
        }
    }

    fn join(&mut self, conn: ConnId, join: &Join, now: UnixMs, out: &mut Vec<Output>) {
        let Some(connection) = self.connections.get_mut(&conn) else {
            return;
        };
        if !matches!(connection.stage, Stage::Open { .. }) {
            return self.refuse(conn, "JOIN was sent twice", now, out);
        }
        let who = connection.who.clone();
        let external_user_id = connection.external_user_id.clone();
        connection.stage = Stage::Joined { since: now };
        connection.audio_session_id = join.audio_session_id;
        if !self.has_place_for(&who) {
            let mut frame = SignalFrame::of(FrameType::JoinAck, now);
            frame.error = Some(error(ErrorStatus::AtCapacity, "the meeting is full"));
            out.push(Output::Send {
                to: vec![conn],
                frame,
            });
            return self.break_off(conn, None, CloseCode::AtCapacity, now, out);
        }
        self.replace_others(conn, &who, join.audio_session_id, now, out);
        out.push(Output::Event(RoomEvent::Authorized {
            who,
            external_user_id,
        }));
        // JOIN_ACK first: the client takes what it says only before the first INDEX.
        let mut ack = SignalFrame::of(FrameType::JoinAck, now);
        ack.join_ack = Some(JoinAck {
            video_subscription_limit: Some(VIDEO_SUBSCRIPTION_LIMIT),
            wants_compressed_sdp: Some(false),
        });
        out.push(Output::Send {
            to: vec![conn],
            frame: ack,
        });
        let mut index = SignalFrame::of(FrameType::Index, now);
        index.index = Some(Index {
            at_capacity: Some(false),
            sources: Vec::new(),
            num_participants: Some(u32::try_from(self.roster.len()).unwrap_or(u32::MAX)),
        });
        out.push(Output::Send {
            to: vec![conn],
            frame: index,
        });
    }

    /// The newest connection of an attendee is the one. An older one of another client is told so; one of the
    /// same client is only its own dead socket. The roster keeps the attendee, for the newcomer to take over.
    fn replace_others(
        &mut self,
        conn: ConnId,
        who: &crate::ids::Who,
        session: Option<u64>,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let older: Vec<(ConnId, bool)> = self
            .connections
            .iter()
            .filter(|(id, c)| {
                **id != conn && c.who == *who && !matches!(c.stage, Stage::Open { .. })
            })
            .map(|(id, c)| (*id, session.is_some() && c.audio_session_id == session))
            .collect();
        for (old, same_client) in older {
            let (status, code) = if same_client {
                (None, CloseCode::Normal)
            } else {
                (Some(AudioStatus::JoinedElsewhere), CloseCode::Replaced)
            };
            self.drop_connection(old, status, code, Left::Replaced, now, out);
            self.link_lost(who, old, now);
        }
    }

    fn subscribe(
        &mut self,
        conn: ConnId,
        subscribe: Subscribe,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let Some(connection) = self.connections.get_mut(&conn) else {
            return;
        };
        match connection.stage {
            Stage::Joined { .. } => connection.stage = Stage::Offered { since: now },
            Stage::Offered { .. } | Stage::Up => {}
            Stage::Open { .. } => return self.refuse(conn, "SUBSCRIBE came before JOIN", now, out),
            Stage::Leaving { .. } => return,
        }
        let Some(sdp) = subscribe.sdp_offer.filter(|sdp| !sdp.is_empty()) else {
            return self.refuse(conn, "SUBSCRIBE has no sub.sdp_offer", now, out);
        };
        let labels = subscribe
            .send_streams
            .into_iter()
            .filter(|s| s.media_type == Some(frames::MEDIA_TYPE_VIDEO));
        let allocations = labels
            .map(|stream| {
                self.last_video_id += 1;
                let id = Some(self.last_video_id);
                Allocation {
                    track_label: stream.track_label,
                    stream_id: id,
                    group_id: id,
                }
            })
            .collect();
        connection.pending_ack = Some(SubscribeAck {
            duplex: subscribe.duplex,
            allocations,
            sdp_answer: None,
        });
        let attendee = connection.who.attendee.clone();
        out.push(Output::Media(MediaCommand::Offer {
            conn,
            attendee,
            sdp,
        }));
        out.push(Output::Media(connection.may(conn)));
        if let Some(muted) = subscribe.audio_muted {
            self.set_muted(conn, muted, now, out);
        }
    }

    pub(super) fn answered(
        &mut self,
        conn: ConnId,
        sdp: String,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let Some(connection) = self.connections.get_mut(&conn) else {
            return;
        };
        let mut ack = connection.pending_ack.take().unwrap_or_default();
        ack.sdp_answer = Some(sdp);
        let mut frame = SignalFrame::of(FrameType::SubscribeAck, now);
        frame.subscribe_ack = Some(ack);
        out.push(Output::Send {
            to: vec![conn],
            frame,
        });
    }

    pub(super) fn media_up(&mut self, conn: ConnId, now: UnixMs, out: &mut Vec<Output>) {
        let Some(connection) = self.connections.get_mut(&conn) else {
            return;
        };
        if !matches!(connection.stage, Stage::Offered { .. }) {
            return;
        }
        connection.stage = Stage::Up;
        connection.next_ping_at = now + self.limits.ping_every;
        let who = connection.who.clone();
        self.arrive(conn, now, out);
        self.replay_messages(conn, &who, now, out);
    }

    pub(super) fn media_gone(&mut self, conn: ConnId, now: UnixMs, out: &mut Vec<Output>) {
        match self.connections.get(&conn).map(|c| c.kind) {
            Some(Kind::Browser) => self.break_off(
                conn,
                Some(AudioStatus::Internal),
                CloseCode::TryAgain,
                now,
                out,
            ),
            // A party whose code failed is out at once.
            Some(Kind::Party) => {
                if let Some(connection) = self.connections.remove(&conn) {
                    self.remove_from_roster(&connection.who, true, now, out);
                }
            }
            None => {}
        }
    }

    pub(super) fn closed(&mut self, conn: ConnId, now: UnixMs, out: &mut Vec<Output>) {
        if let Some(connection) = self.connections.remove(&conn) {
            if connection.has_media() {
                out.push(Output::Media(MediaCommand::Drop { conn }));
            }
            self.link_lost(&connection.who, conn, now);
        }
    }

    fn leave(&mut self, conn: ConnId, now: UnixMs, out: &mut Vec<Output>) {
        let Some(connection) = self.connections.get_mut(&conn) else {
            return;
        };
        let had_media = connection.has_media();
        connection.stage = Stage::Leaving { since: now };
        let who = connection.who.clone();
        let mut frame = SignalFrame::of(FrameType::LeaveAck, now);
        frame.leave_ack = Some(Empty {});
        out.push(Output::Send {
            to: vec![conn],
            frame,
        });
        if had_media {
            out.push(Output::Media(MediaCommand::Drop { conn }));
        }
        // A client that leaves while it reconnects is still in the roster from before.
        let is_its = self
            .roster
            .get(&who)
            .is_some_and(|p| matches!(p.link, Link::BackBefore(_)) || p.link == Link::On(conn));
        if is_its {
            self.remove_from_roster(&who, false, now, out);
        }
    }

    pub(super) fn levels(&mut self, levels: &[(ConnId, u8)], now: UnixMs, out: &mut Vec<Output>) {
        let to = self.informed();
        if to.is_empty() {
            return;
        }
        let attendee_states = self
            .roster
            .iter()
            .filter_map(|(_, present)| {
                let Link::On(conn) = present.link else {
                    return None;
                };
                let heard = levels
                    .iter()
                    .find(|(c, _)| *c == conn)
                    .map_or(media::level::SILENT_DBOV, |(_, level)| *level);
                let level = if present.muted {
                    media::level::SILENT_DBOV
                } else {
                    heard
                };
                Some(AttendeeState {
                    audio_stream_id: Some(present.stream_id),
                    volume: Some(u32::from(level)),
                    signal_strength: Some(GOOD_SIGNAL),
                })
            })
            .collect();
        let mut frame = SignalFrame::of(FrameType::AudioMetadata, now);
        frame.audio_metadata = Some(AudioMetadata { attendee_states });
        out.push(Output::Send { to, frame });
    }

    /// Ends a connection whose client sent what no client sends.
    pub(super) fn refuse(&mut self, conn: ConnId, why: &str, now: UnixMs, out: &mut Vec<Output>) {
        if !self.connections.contains_key(&conn) {
            return;
        }
        let mut frame = SignalFrame::of(FrameType::Notification, now);
        frame.error = Some(error(ErrorStatus::BadRequest, why));
        out.push(Output::Send {
            to: vec![conn],
            frame,
        });
        self.break_off(conn, None, CloseCode::BadRequest, now, out);
    }
}

fn error(status: ErrorStatus, why: &str) -> ErrorBody {
    ErrorBody {
        status: Some(status as u32),
        description: Some(why.to_owned()),
    }
}
