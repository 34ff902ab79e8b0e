//! Activities against fakes of their ports.
//!
//! [`torture`] runs an activity once for each port call it makes, with that call failing before or after its effect, and then
//! again: what comes out must be what an undisturbed run leaves behind.

mod calls;
mod fake;
mod flows;
mod groups;
mod phones;
mod places;
mod sweeps;
mod torture;
mod turns;
