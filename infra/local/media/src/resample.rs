//! 8 kHz to 48 kHz and back, streaming, with low delay.
