//! The `strowger` program as its users meet it, with a `bootstrap` that does as it is told.

mod carrier;
mod documents;
mod gateway;
mod kill;
mod measure;
mod process;
mod runner;
mod services;
mod start;
