//! The audio of phone legs: RTP and RTCP (RFC 3550), G.711, telephone events, prompts.

pub mod line;
pub mod packet;
pub mod plane;
pub mod port;
pub mod prompt;
pub mod rtcp;
pub mod source;
mod stream;
