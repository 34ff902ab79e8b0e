//! Speaking levels in dBov.
