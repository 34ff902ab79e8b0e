//! Jitter buffer for RTP.
