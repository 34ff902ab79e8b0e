//! What a client makes of the frames it gets: `DefaultVolumeIndicatorAdapter` of `amazon-chime-sdk-js` 3.32.0,
//! statement by statement.

use crate::signal::frames::{AudioStreamIdInfo, StreamInfo};
use std::collections::BTreeMap;

#[derive(Debug, Default, Clone)]
pub(super) struct View {
    stream_to_attendee: BTreeMap<u32, String>,
    attendee_to_stream: BTreeMap<String, u32>,
    reconnected: bool,
    /// What the page is told: present attendees and whether they are muted.
    pub(super) present: BTreeMap<String, bool>,
}

impl View {
    pub(super) fn reconnect(&mut self) {
        self.reconnected = true;
    }

    pub(super) fn take(&mut self, info: &AudioStreamIdInfo) {
        for stream in &info.streams {
            self.take_one(stream);
        }
        if self.reconnected {
            self.clean_up(info);
            self.reconnected = false;
        }
    }

    fn take_one(&mut self, stream: &StreamInfo) {
        let id = stream.audio_stream_id.unwrap_or(0);
        let attendee = stream.attendee_id.clone().filter(|a| !a.is_empty());
        if let Some(attendee) = &attendee {
            if self
                .attendee_to_stream
                .get(attendee)
                .is_some_and(|old| *old < id)
            {
                self.attendee_to_stream.remove(attendee);
            }
            self.stream_to_attendee.insert(id, attendee.clone());
            self.attendee_to_stream.insert(attendee.clone(), id);
            self.present.entry(attendee.clone()).or_insert(false);
        }
        if let Some(muted) = stream.muted {
            let attendee = self
                .stream_to_attendee
                .get(&id)
                .expect("a mute of a stream that was never announced");
            if let Some(known) = self.present.get_mut(attendee) {
                *known = muted;
            }
        }
        if attendee.is_none() && stream.muted.is_none() {
            let Some(attendee) = self.stream_to_attendee.remove(&id) else {
                return;
            };
            if self.attendee_to_stream.get(&attendee) == Some(&id) {
                self.attendee_to_stream.remove(&attendee);
            }
            let newer = self
                .stream_to_attendee
                .iter()
                .any(|(other, a)| *other > id && *a == attendee);
            if !newer {
                self.present.remove(&attendee);
            }
        }
    }

    fn clean_up(&mut self, info: &AudioStreamIdInfo) {
        let remote: Vec<&String> = info
            .streams
            .iter()
            .filter_map(|s| s.attendee_id.as_ref())
            .collect();
        let gone: Vec<String> = self
            .stream_to_attendee
            .values()
            .filter(|a| !remote.contains(a))
            .cloned()
            .collect();
        for attendee in gone {
            if let Some(stream) = self.attendee_to_stream.remove(&attendee) {
                self.stream_to_attendee.remove(&stream);
            }
            self.present.remove(&attendee);
        }
    }
}
