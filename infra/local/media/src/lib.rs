//! Codecs, mixer, jitter buffer, tones and digits: the media plane without sockets, clocks or threads.
//!
//! Audio inside the platform is mono, 16-bit, 48 kHz, in [`Frame`]s of 20 ms. The telephone side works at
//! 8 kHz in blocks of [`NARROW_SAMPLES`]; [`resample`] goes between the two.
//!
//! [`Rooms`] and [`Party`] are the seam between the meetings and whoever speaks in one without a browser:
//! a phone leg, a prompt player, a recorder.

pub mod comfort;
pub mod frame;
pub mod g711;
pub mod goertzel;
pub mod jitter;
pub mod level;
pub mod mixer;
pub mod opus_codec;
pub mod party;
pub mod resample;
pub mod telephone_event;
pub mod tone;
pub mod wav;

pub use frame::{FRAME_MS, FRAME_SAMPLES, Frame, NARROW_RATE_HZ, NARROW_SAMPLES, RATE_HZ};
pub use party::{JoinError, Left, Party, Rooms, Seat, SeatControl};
