//! The functions' adapters of carriers against the practice carrier: the same requests that go to the real one.

mod desk;
mod numbers;
mod ports;
