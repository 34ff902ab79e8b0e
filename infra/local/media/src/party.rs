//! Who speaks and hears in a meeting without being a browser, and how it gets in.

/// Somebody in a meeting whose audio is made in this process: a phone leg, a prompt player, a recorder.
///
/// All three are called on the meeting's media thread and must return at once: no I/O, no locks held
/// elsewhere for long.
pub trait Party: Send {
    /// Writes this party's next 20 ms into `out` and returns true, or returns false for silence (`out` is
    /// then not looked at). Called once in each 20 ms tick.
    fn speak(&mut self, out: &mut crate::Frame) -> bool;

    /// Takes the mix of everybody else for this tick. Called once in each 20 ms tick, also with silence.
    fn hear(&mut self, heard: &crate::Frame);

    /// The meeting put this party out. Nothing is called afterwards. Not called when its [`Seat`] was dropped.
    fn left(&mut self, why: Left);
}

/// Why a party was put out of its meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Left {
    /// DeleteMeeting, 24 hours, or five minutes with nobody connected.
    MeetingEnded,
    /// DeleteAttendee.
    AttendeeDeleted,
    /// Somebody else joined with the same token.
    Replaced,
    /// The meetings are shutting down.
    ShuttingDown,
}

/// Where parties join meetings.
pub trait Rooms: Send + Sync {
    /// Seats `party` in the meeting, as the attendee whose join token this is. The token is checked as a
    /// browser's is; who was connected with the same token is replaced.
    ///
    /// # Errors
    /// See [`JoinError`]. The party is dropped then.
    fn join(
        &self,
        meeting_id: &str,
        join_token: &str,
        party: Box<dyn Party>,
    ) -> Result<Seat, JoinError>;
}

/// Why a party was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum JoinError {
    /// There is no such meeting, or it has ended.
    #[error("no such meeting, or it has ended")]
    NoSuchMeeting,
    /// The token belongs to no attendee of this meeting.
    #[error("the join token belongs to no attendee of this meeting")]
    BadToken,
    /// The meeting has as many connected attendees as it may have.
    #[error("the meeting is full")]
    Full,
    /// The meetings are shutting down.
    #[error("the meetings are shutting down")]
    ShuttingDown,
}

/// What a [`Seat`] steers; implemented by whoever implements [`Rooms`].
pub trait SeatControl: Send + Sync {
    /// See [`Seat::set_muted`].
    fn set_muted(&self, muted: bool);
    /// Takes the party out of the meeting. Called once, when the seat is dropped; does nothing when the party
    /// was already put out.
    fn leave(&self);
}

/// A party's place in a meeting. Dropping it is leaving.
#[must_use = "dropping the seat leaves the meeting"]
pub struct Seat {
    attendee_id: String,
    external_user_id: String,
    control: Box<dyn SeatControl>,
}

impl Seat {
    /// A seat of this attendee, steered by `control`.
    pub fn new(
        attendee_id: String,
        external_user_id: String,
        control: Box<dyn SeatControl>,
    ) -> Self {
        Self {
            attendee_id,
            external_user_id,
            control,
        }
    }

    /// The attendee's id, as CreateAttendee gave it.
    #[must_use]
    pub fn attendee_id(&self) -> &str {
        &self.attendee_id
    }

    /// The attendee's ExternalUserId, as CreateAttendee was told.
    #[must_use]
    pub fn external_user_id(&self) -> &str {
        &self.external_user_id
    }

    /// Mutes or unmutes the party for everybody; the others' rosters show it.
    pub fn set_muted(&self, muted: bool) {
        self.control.set_muted(muted);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.control.leave();
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat")
            .field("attendee_id", &self.attendee_id)
            .finish_non_exhaustive()
    }
}
