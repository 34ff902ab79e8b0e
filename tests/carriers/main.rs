//! The functions' adapters of carriers against the practice carrier and the voice service: the same requests that go to the real ones.

mod chime;
mod desk;
mod numbers;
mod ports;
