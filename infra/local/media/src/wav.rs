//! WAV files in and out.
