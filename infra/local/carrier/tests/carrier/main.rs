//! The desk over HTTP, as a program of a customer meets it.

mod client;
mod crash;
mod numbers;
mod portouts;
mod ports;
mod rules;
