//! Tones: dial, ringback, busy, DTMF.
