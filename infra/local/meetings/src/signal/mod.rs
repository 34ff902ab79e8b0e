//! The signalling of the Chime SDK's browser client: frames and status codes.
//!
//! One binary WebSocket message is one type byte and one [`frames::SignalFrame`] (proto2). The meeting's side
//! of the conversation is [`crate::room`]; the socket is `socket`.

pub mod codes;
pub mod frames;
pub(crate) mod socket;

pub use codes::{AudioStatus, CloseCode};
pub use frames::{FrameType, SignalFrame, decode, encode};
