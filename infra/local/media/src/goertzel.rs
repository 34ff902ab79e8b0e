//! Power of single frequencies (Goertzel).
