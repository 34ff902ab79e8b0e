//! The roster: who is present, under which stream id.
//!
//! Every join gets a new, higher stream id. The client hides the leave of an old id when it knows a higher one
//! of the same attendee, so that a reconnect shows nothing.

use super::{Newcomer, Output, Room, RoomEvent};
use crate::ids::{ConnId, Who};
use crate::signal::frames::StreamInfo;
use crate::time::UnixMs;
use std::collections::BTreeMap;

/// Somebody in the roster.
#[derive(Debug, Clone)]
pub(super) struct Present {
    pub(crate) stream_id: u32,
    pub(crate) external_user_id: String,
    pub(crate) muted: bool,
    /// The connection, or until when it may come back.
    pub(crate) link: Link,
}

/// How somebody present is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    On(ConnId),
    BackBefore(UnixMs),
}

impl Present {
    /// The entry that says "here".
    fn arrival(&self, who: &Who) -> StreamInfo {
        StreamInfo {
            audio_stream_id: Some(self.stream_id),
            attendee_id: Some(who.to_string()),
            muted: Some(self.muted),
            external_user_id: Some(self.external_user_id.clone()),
            dropped: None,
        }
    }
}

/// The entry that says "gone".
fn departure(stream_id: u32, dropped: bool) -> StreamInfo {
    StreamInfo {
        audio_stream_id: Some(stream_id),
        dropped: dropped.then_some(true),
        ..StreamInfo::default()
    }
}

#[derive(Debug, Default)]
pub(super) struct Roster {
    present: BTreeMap<Who, Present>,
    last_stream_id: u32,
}

impl Roster {
    pub(super) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.present.len()
    }

    pub(super) fn get(&self, who: &Who) -> Option<&Present> {
        self.present.get(who)
    }

    pub(super) fn get_mut(&mut self, who: &Who) -> Option<&mut Present> {
        self.present.get_mut(who)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Who, &Present)> {
        self.present.iter()
    }

    /// Everybody, for a client that has just come up.
    pub(super) fn everybody(&self) -> Vec<StreamInfo> {
        self.present.iter().map(|(who, p)| p.arrival(who)).collect()
    }

    /// Seats `who` under a new stream id. Returns whom it replaced.
    fn arrive(
        &mut self,
        who: Who,
        external_user_id: String,
        muted: bool,
        conn: ConnId,
    ) -> Option<Present> {
        self.last_stream_id += 1;
        let present = Present {
            stream_id: self.last_stream_id,
            external_user_id,
            muted,
            link: Link::On(conn),
        };
        self.present.insert(who, present)
    }

    fn remove(&mut self, who: &Who) -> Option<Present> {
        self.present.remove(who)
    }

    pub(super) fn restore(&mut self, newcomer: Newcomer, stream_id: u32, until: UnixMs) {
        let Newcomer {
            who,
            external_user_id,
            rights: _,
        } = newcomer;
        self.continue_after(stream_id);
        self.present.insert(
            who,
            Present {
                stream_id,
                external_user_id,
                muted: false,
                link: Link::BackBefore(until),
            },
        );
    }

    pub(super) fn continue_after(&mut self, stream_id: u32) {
        self.last_stream_id = self.last_stream_id.max(stream_id);
    }
}

impl Room {
    /// Makes a connection present: it gets the whole roster, the others only what is new.
    pub(super) fn arrive(&mut self, conn: ConnId, now: UnixMs, out: &mut Vec<Output>) {
        let Some(connection) = self.connections.get(&conn) else {
            return;
        };
        let who = connection.who.clone();
        let external_user_id = connection.external_user_id.clone();
        let muted = connection.muted;
        let before = self
            .roster
            .arrive(who.clone(), external_user_id.clone(), muted, conn);

        let mut news: Vec<StreamInfo> = self
            .roster
            .get(&who)
            .map(|p| p.arrival(&who))
            .into_iter()
            .collect();
        // After the new entry, so that the client knows the higher id when it hears of the old one.
        news.extend(before.as_ref().map(|old| departure(old.stream_id, false)));
        let others = self.informed().into_iter().filter(|c| *c != conn).collect();
        self.tell(others, news, now, out);
        if self.informed().contains(&conn) {
            self.tell(vec![conn], self.roster.everybody(), now, out);
        }
        if let Some(present) = self.roster.get(&who) {
            out.push(Output::Present {
                who: who.clone(),
                stream_id: present.stream_id,
            });
        }
        if before.is_none() {
            out.push(Output::Event(RoomEvent::Joined {
                who,
                external_user_id,
            }));
        }
    }

    /// Takes somebody out of the roster and tells the others.
    pub(super) fn remove_from_roster(
        &mut self,
        who: &Who,
        dropped: bool,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let Some(gone) = self.roster.remove(who) else {
            return;
        };
        self.tell(
            self.informed(),
            vec![departure(gone.stream_id, dropped)],
            now,
            out,
        );
        out.push(Output::Absent { who: who.clone() });
        let (who, external_user_id) = (who.clone(), gone.external_user_id);
        out.push(Output::Event(if dropped {
            RoomEvent::Dropped {
                who,
                external_user_id,
            }
        } else {
            RoomEvent::Left {
                who,
                external_user_id,
            }
        }));
    }

    /// The connection of somebody present broke: it may come back within the grace.
    pub(super) fn link_lost(&mut self, who: &Who, conn: ConnId, now: UnixMs) {
        let until = now + self.limits.reconnect_grace;
        if let Some(present) = self.roster.get_mut(who)
            && present.link == Link::On(conn)
        {
            present.link = Link::BackBefore(until);
        }
    }

    /// Mutes or unmutes for everybody, and tells everybody, the one itself included.
    pub(super) fn set_muted(
        &mut self,
        conn: ConnId,
        muted: bool,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        let Some(connection) = self.connections.get_mut(&conn) else {
            return;
        };
        if connection.muted == muted {
            return;
        }
        connection.muted = muted;
        if connection.has_media() {
            out.push(Output::Media(connection.may(conn)));
        }
        let who = connection.who.clone();
        let Some(present) = self
            .roster
            .get_mut(&who)
            .filter(|p| p.link == Link::On(conn))
        else {
            return;
        };
        present.muted = muted;
        let change = StreamInfo {
            audio_stream_id: Some(present.stream_id),
            muted: Some(muted),
            ..StreamInfo::default()
        };
        self.tell(self.informed(), vec![change], now, out);
    }
}
