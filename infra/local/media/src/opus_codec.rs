//! Opus encoder and decoder (RFC 6716, RFC 7587).
