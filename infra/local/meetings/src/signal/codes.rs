//! Status and close codes as the client reads them.

/// AUDIO_STATUS: what happens to the receiver's audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum AudioStatus {
    /// All is well.
    Ok = 200,
    /// The same attendee joined from elsewhere. Final.
    JoinedElsewhere = 301,
    /// The meeting has ended. Final.
    MeetingEnded = 410,
    /// The attendee was removed. Final.
    AttendeeRemoved = 411,
    /// The server lost the media. The client reconnects.
    Internal = 500,
}

/// `error.status` on a frame: why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum ErrorStatus {
    /// The frame was wrong. Final.
    BadRequest = 400,
    /// The meeting is full. Final.
    AtCapacity = 409,
}

/// Codes the server closes a socket with (RFC 6455 section 7.4.2: 4000 to 4999 are private).
///
/// A connected client reconnects at once only after 1006 and 4500 to 4599; while it joins, 4410 means that the
/// meeting has ended, 4500 to 4599 that it may try again, and any other that it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum CloseCode {
    /// The client left.
    Normal = 1000,
    /// Another connection of the same attendee took its place.
    Replaced = 4301,
    /// A frame was malformed, too large, or out of order.
    BadRequest = 4400,
    /// The token belongs to no attendee.
    Forbidden = 4403,
    /// The meeting is full.
    AtCapacity = 4409,
    /// The meeting has ended, or never was.
    MeetingEnded = 4410,
    /// The attendee was deleted.
    AttendeeRemoved = 4411,
    /// Too many frames.
    TooManyFrames = 4429,
    /// The server gave the connection up; the client may come back at once.
    TryAgain = 4500,
}
