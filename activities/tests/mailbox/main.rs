//! The mailbox against a model of everything around it, in every order of events.
//!
//! The model ([`world`]) is a workflow that goes through a script of turns, a world that delivers signals and asks for answers,
//! and a network between them that loses, delays, doubles and reorders. Functions die between any two writes; tokens die under the
//! workflow's feet. [`explore`] walks every interleaving of small scripts; `random` walks long ones at random.
//!
//! What must hold in every state: no signal lost, none applied twice, none overtaken; never two open turns; every event one
//! answer; every move to its leg once, in order. And when nothing more happens, nothing is left undone.

mod explore;
mod laws;
mod random;
mod script;
mod small;
mod world;
