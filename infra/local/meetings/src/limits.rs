//! Every limit of the meetings, in one place, and the bucket that holds rates.

use crate::time::UnixMs;
use std::time::Duration;

/// Most meetings at once (Chime SDK quota, per Region).
pub const MAX_MEETINGS: usize = 250;
/// Most attendees of a meeting, unless its MeetingFeatures say fewer (Chime SDK quota).
pub const MAX_ATTENDEES: usize = 250;
/// Most attendees in one BatchCreateAttendee.
pub const MAX_BATCH_ATTENDEES: usize = 100;
/// Most attendees in one CreateMeetingWithAttendees.
pub const MAX_ATTENDEES_WITH_MEETING: usize = 10;
/// Most tags of a meeting.
pub const MAX_TAGS: usize = 50;
/// Largest API request body, in bytes.
pub const MAX_REQUEST_BYTES: usize = 256 * 1024;
/// Largest signalling frame, in bytes. An offer with 25 video sections is about 60 kB.
pub const MAX_FRAME_BYTES: usize = 128 * 1024;
/// Frames per second a client may send for long; it sends about two.
pub const FRAMES_PER_S: u32 = 60;
/// Frames it may send at once beyond that.
pub const FRAMES_BURST: u32 = 240;
/// Data messages per second an attendee may send for long.
pub const DATA_MESSAGES_PER_S: u32 = 100;
/// Data messages it may send at once beyond that.
pub const DATA_MESSAGES_BURST: u32 = 200;
/// Largest data message, in bytes; the client holds it too.
pub const MAX_DATA_BYTES: usize = 2_048;
/// Longest topic of a data message, in characters; the client holds it too.
pub const MAX_TOPIC_CHARS: usize = 36;
/// Most data messages kept for those who join later.
pub const MAX_KEPT_MESSAGES: usize = 1_024;
/// Longest time a data message is kept.
pub const MAX_KEPT_FOR: Duration = Duration::from_secs(300);
/// Most connections of one attendee that have not joined yet.
pub const MAX_PENDING_PER_ATTENDEE: usize = 4;
/// Most signalling sockets in all.
pub const MAX_SOCKETS: usize = 2_000;
/// Frames waiting to be written to one socket; a client that reads slower loses its connection.
pub const MAX_QUEUED_FRAMES: usize = 512;
/// Events waiting for the sink; more are lost, as events of the real service may be.
pub const MAX_QUEUED_EVENTS: usize = 10_000;
/// Most tracks of video and audio in an offer.
pub const MAX_OFFER_SECTIONS: usize = 60;

/// How long things may take. `Default` is what the platform uses; tests shorten them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A client whose connection broke is expected back within this, before it counts as dropped.
    pub reconnect_grace: Duration,
    /// The same after a restart of the platform.
    pub restart_grace: Duration,
    /// A client must JOIN this soon after it connected.
    pub join_within: Duration,
    /// A client's media must be up this soon after it joined; the SDK gives up after 15 s.
    pub media_within: Duration,
    /// A client from whom no frame came for this long is gone; it pings every 10 s.
    pub silent_socket: Duration,
    /// A client from whom no packet came for this long is gone.
    pub silent_media: Duration,
    /// The server pings this often.
    pub ping_every: Duration,
    /// A client that left closes its socket within this.
    pub leave_within: Duration,
    /// A meeting in which nobody is connected ends after this (Chime SDK: 5 minutes).
    pub empty_meeting: Duration,
    /// A meeting ends after this in any case (Chime SDK: 24 hours).
    pub longest_meeting: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reconnect_grace: Duration::from_secs(10),
            restart_grace: Duration::from_secs(20),
            join_within: Duration::from_secs(10),
            media_within: Duration::from_secs(25),
            silent_socket: Duration::from_secs(30),
            silent_media: Duration::from_secs(15),
            ping_every: Duration::from_secs(10),
            leave_within: Duration::from_secs(5),
            empty_meeting: Duration::from_secs(5 * 60),
            longest_meeting: Duration::from_secs(24 * 3_600),
        }
    }
}

/// A token bucket: `per_s` on average, `burst` at once.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    per_s: u32,
    burst: u32,
    /// Thousandths of a token.
    level: u64,
    filled_at: UnixMs,
}

impl Bucket {
    pub(crate) fn new(per_s: u32, burst: u32, now: UnixMs) -> Self {
        Self {
            per_s,
            burst,
            level: u64::from(burst) * 1_000,
            filled_at: now,
        }
    }

    /// Takes one token, or returns false.
    pub(crate) fn take(&mut self, now: UnixMs) -> bool {
        let gained = now
            .0
            .saturating_sub(self.filled_at.0)
            .saturating_mul(u64::from(self.per_s));
        self.filled_at = self.filled_at.max(now);
        self.level = self
            .level
            .saturating_add(gained)
            .min(u64::from(self.burst) * 1_000);
        let enough = self.level >= 1_000;
        if enough {
            self.level -= 1_000;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(10, 3, UnixMs(0));
        let taken = (0..10).filter(|_| bucket.take(UnixMs(0))).count();
        assert_eq!(taken, 3);
        let taken = (0..1_000).filter(|ms| bucket.take(UnixMs(*ms))).count();
        assert_eq!(taken, 9);
        // Time that goes back gives nothing.
        assert!(!bucket.take(UnixMs(500)));
    }
}
