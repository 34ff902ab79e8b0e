//! Makes what the stack declares, through the services' own APIs, and leaves alone what is there already.

pub mod machines;
pub mod phones;
pub mod tables;
