//! Named telephone events in RTP (RFC 4733).
