//! The definitions, the types and what is written from them, held together.
mod asl;
mod definitions;
mod written;
