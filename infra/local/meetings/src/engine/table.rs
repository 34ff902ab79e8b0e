//! One meeting's members around its mix.
//!
//! Opus encoding is nearly the whole cost of a meeting, so those who have been silent for a while share one
//! encoding of the sum of all voices. A listener changes to its own encoder in the tick it speaks, and back after
//! [`QUIET_TICKS`]: changing streams under a decoder is not quite free of artefacts, and while someone speaks or
//! after a second of silence nobody hears them.

use crate::ids::{AttendeeId, ConnId};
use media::level::{Power, is_silence};
use media::mixer::{Mix, SpeakerQueue};
use media::opus_codec::{MAX_PACKET_BYTES, OpusEncoder, OpusError, Settings};
use media::{Frame, Left, Party};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Ticks of silence after which a listener shares the common encoding: one second.
const QUIET_TICKS: u32 = 50;

/// How a member's sound comes and goes.
pub(super) enum Ear {
    Browser {
        queue: SpeakerQueue,
        encoder: OpusEncoder,
    },
    Party(Box<dyn Party>),
}

struct Member {
    conn: ConnId,
    attendee: AttendeeId,
    /// Members of one group (an attendee and its screen share) do not hear each other.
    group: u32,
    speak: bool,
    hear: bool,
    power: Power,
    quiet_for: u32,
    ear: Ear,
}

/// A packet for a browser.
pub(super) type Packet = (ConnId, Arc<[u8]>);

/// A meeting's members.
pub(super) struct Table {
    members: Vec<Member>,
    /// What each member said in this tick, and whether it counts.
    said: Vec<Frame>,
    voiced: Vec<bool>,
    mix: Mix,
    common: OpusEncoder,
    next_group: u32,
}

impl Table {
    pub(super) fn new() -> Result<Self, OpusError> {
        Ok(Self {
            members: Vec::new(),
            said: Vec::new(),
            voiced: Vec::new(),
            mix: Mix::default(),
            common: OpusEncoder::new(Settings::SPEECH)?,
            next_group: 0,
        })
    }

    pub(super) fn browser() -> Result<Ear, OpusError> {
        Ok(Ear::Browser {
            queue: SpeakerQueue::default(),
            encoder: OpusEncoder::new(Settings::SPEECH)?,
        })
    }

    /// Adds a member, who may do nothing yet.
    pub(super) fn add(&mut self, conn: ConnId, attendee: AttendeeId, ear: Ear) {
        let group = self
            .members
            .iter()
            .find(|m| m.attendee == attendee)
            .map_or(self.next_group, |m| m.group);
        self.next_group = self.next_group.max(group + 1);
        let power = Power::default();
        self.members.push(Member {
            conn,
            attendee,
            group,
            speak: false,
            hear: false,
            power,
            quiet_for: QUIET_TICKS,
            ear,
        });
        self.said.push(Frame::SILENCE);
        self.voiced.push(false);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Removes a member; a party is told why, if there is a reason.
    pub(super) fn remove(&mut self, conn: ConnId, why: Option<Left>) {
        let Some(at) = self.members.iter().position(|m| m.conn == conn) else {
            return;
        };
        let member = self.members.swap_remove(at);
        self.said.swap_remove(at);
        self.voiced.swap_remove(at);
        if let (Ear::Party(mut party), Some(why)) = (member.ear, why) {
            let told = catch_unwind(AssertUnwindSafe(move || party.left(why)));
            if told.is_err() {
                tracing::error!(conn = conn.0, "a party failed in left()");
            }
        }
    }

    /// Tells every party that this is the end.
    pub(super) fn close(&mut self, why: Left) {
        while let Some(conn) = self.members.last().map(|m| m.conn) {
            self.remove(conn, Some(why));
        }
    }

    pub(super) fn may(&mut self, conn: ConnId, speak: bool, hear: bool) {
        if let Some(member) = self.members.iter_mut().find(|m| m.conn == conn) {
            if !speak && let Ear::Browser { queue, .. } = &mut member.ear {
                queue.clear();
            }
            member.speak = speak;
            member.hear = hear;
        }
    }

    /// True if what this one sends would be heard, and so is worth decoding.
    pub(super) fn may_speak(&self, conn: ConnId) -> bool {
        self.members.iter().any(|m| m.conn == conn && m.speak)
    }

    /// Samples from a browser.
    pub(super) fn push(&mut self, conn: ConnId, samples: &[i16]) {
        if let Some(member) = self.members.iter_mut().find(|m| m.conn == conn)
            && let Ear::Browser { queue, .. } = &mut member.ear
        {
            queue.push(samples);
        }
    }

    /// How loud everybody was since the last time.
    pub(super) fn take_levels(&mut self) -> Vec<(ConnId, u8)> {
        self.members
            .iter_mut()
            .map(|m| (m.conn, std::mem::take(&mut m.power).dbov()))
            .collect()
    }

    /// 20 ms: everybody speaks, then everybody hears. Packets for browsers go to `packets`; parties that failed to
    /// `failed`.
    pub(super) fn tick(&mut self, packets: &mut Vec<Packet>, failed: &mut Vec<ConnId>) {
        self.speak(failed);
        self.hear(packets, failed);
    }

    fn speak(&mut self, failed: &mut Vec<ConnId>) {
        self.mix.clear();
        for (at, member) in self.members.iter_mut().enumerate() {
            let said = &mut self.said[at];
            let sounded = match &mut member.ear {
                Ear::Browser { queue, .. } => queue.pop(said),
                // Asked also while it is muted: its sound goes on, unheard.
                Ear::Party(party) => catch_unwind(AssertUnwindSafe(|| party.speak(said)))
                    .unwrap_or_else(|_| {
                        failed.push(member.conn);
                        false
                    }),
            };
            let voiced = sounded && member.speak && !is_silence(said);
            self.voiced[at] = voiced;
            member.power.add(voiced.then_some(&*said));
            if voiced {
                self.mix.add(said);
            }
        }
    }

    fn hear(&mut self, packets: &mut Vec<Packet>, failed: &mut Vec<ConnId>) {
        let mut all = Frame::SILENCE;
        self.mix.all(&mut all);
        let mut common: Option<Arc<[u8]>> = None;
        let mut own = Frame::SILENCE;
        for at in 0..self.members.len() {
            let group = self.members[at].group;
            let spoke =
                (0..self.members.len()).any(|k| self.voiced[k] && self.members[k].group == group);
            let hears = self.members[at].hear;
            let heard = if !hears {
                &Frame::SILENCE
            } else if spoke {
                let mine = (0..self.members.len())
                    .filter(|k| self.voiced[*k] && self.members[*k].group == group);
                self.mix.without(mine.map(|k| &self.said[k]), &mut own);
                &own
            } else {
                &all
            };
            let member = &mut self.members[at];
            let was_quiet = member.quiet_for >= QUIET_TICKS;
            member.quiet_for = if spoke || !hears {
                0
            } else {
                member.quiet_for.saturating_add(1)
            };
            match &mut member.ear {
                Ear::Party(party) => {
                    if catch_unwind(AssertUnwindSafe(|| party.hear(heard))).is_err() {
                        failed.push(member.conn);
                    }
                }
                Ear::Browser { encoder, .. } => {
                    let packet = if member.quiet_for >= QUIET_TICKS {
                        common
                            .get_or_insert_with(|| encode(&mut self.common, &all))
                            .clone()
                    } else {
                        if was_quiet {
                            encoder.reset();
                        }
                        encode(encoder, heard)
                    };
                    packets.push((member.conn, packet));
                }
            }
        }
        if common.is_none() {
            // Nobody listens to it now; whoever does next hears a stream that starts.
            self.common.reset();
        }
    }
}

fn encode(encoder: &mut OpusEncoder, frame: &Frame) -> Arc<[u8]> {
    let mut packet = [0; MAX_PACKET_BYTES];
    match encoder.encode(frame, &mut packet) {
        Ok(bytes) => Arc::from(&packet[..bytes]),
        Err(error) => {
            tracing::error!(%error, "a frame is lost");
            Arc::from([])
        }
    }
}

#[cfg(test)]
mod tests;
