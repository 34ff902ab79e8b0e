//! What time alone does to a room.

use super::connection::{Kind, Stage};
use super::presence::Link;
use super::{Ending, Output, Room};
use crate::ids::{ConnId, Who};
use crate::signal::codes::{AudioStatus, CloseCode};
use crate::signal::frames::{FrameType, PING, PingPong, SignalFrame};
use crate::time::UnixMs;
use media::Left;

impl Room {
    /// Called a few times per second.
    pub(super) fn tick(&mut self, now: UnixMs, out: &mut Vec<Output>) {
        self.kept.forget_old(now);
        self.overdue_connections(now, out);
        self.overdue_absentees(now, out);
        self.pings(now, out);
        if now.since(self.created_at) >= self.limits.longest_meeting {
            out.push(Output::Expire {
                ending: Ending::TooLong,
            });
        } else if let Some(since) = self.empty_since
            && now.since(since) >= self.limits.empty_meeting
        {
            out.push(Output::Expire {
                ending: Ending::Empty,
            });
        }
    }

    fn overdue_connections(&mut self, now: UnixMs, out: &mut Vec<Output>) {
        let limits = &self.limits;
        let overdue: Vec<(ConnId, CloseCode)> = self
            .connections
            .iter()
            .filter(|(_, c)| c.kind == Kind::Browser)
            .filter_map(|(conn, c)| {
                let silent = now.since(c.last_heard) >= limits.silent_socket;
                let late = match c.stage {
                    Stage::Open { since } => now.since(since) >= limits.join_within,
                    Stage::Joined { since } | Stage::Offered { since } => {
                        now.since(since) >= limits.media_within
                    }
                    Stage::Leaving { since } => now.since(since) >= limits.leave_within,
                    Stage::Up => false,
                };
                let code = if matches!(c.stage, Stage::Leaving { .. }) {
                    CloseCode::Normal
                } else {
                    CloseCode::TryAgain
                };
                (silent || late).then_some((*conn, code))
            })
            .collect();
        for (conn, code) in overdue {
            self.break_off(conn, None, code, now, out);
        }
    }

    /// Ends a browser's connection from this side; if it was present it may come back.
    pub(super) fn break_off(
        &mut self,
        conn: ConnId,
        status: Option<AudioStatus>,
        code: CloseCode,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        if let Some(connection) = self.connections.get(&conn) {
            let who = connection.who.clone();
            self.drop_connection(conn, status, code, Left::ShuttingDown, now, out);
            self.link_lost(&who, conn, now);
        }
    }

    fn overdue_absentees(&mut self, now: UnixMs, out: &mut Vec<Output>) {
        let gone: Vec<Who> = self
            .roster
            .iter()
            .filter(|(_, p)| matches!(p.link, Link::BackBefore(until) if until <= now))
            .map(|(who, _)| who.clone())
            .collect();
        for who in gone {
            self.remove_from_roster(&who, true, now, out);
        }
    }

    fn pings(&mut self, now: UnixMs, out: &mut Vec<Output>) {
        for (conn, connection) in &mut self.connections {
            let due = connection.kind == Kind::Browser
                && connection.stage == Stage::Up
                && connection.next_ping_at <= now;
            if due {
                connection.next_ping_at = now + self.limits.ping_every;
                connection.last_ping_id = connection.last_ping_id.wrapping_add(1);
                let mut frame = SignalFrame::of(FrameType::PingPong, now);
                frame.ping_pong = Some(PingPong {
                    kind: PING,
                    ping_id: connection.last_ping_id,
                });
                out.push(Output::Send {
                    to: vec![*conn],
                    frame,
                });
            }
        }
    }
}
