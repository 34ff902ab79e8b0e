//! Ports and port-outs: what follows from what the carrier says ([`looks`]), and whole activities over a real store and a carrier of
//! a few lines ([`town`]).
mod by_case;
mod by_hand;
mod cases;
mod deadlines;
mod dossiers;
mod leads;
mod looks;
mod orphans;
mod outs;
mod outs_by_hand;
mod outs_compared;
mod outs_told;
mod replaced;
mod routes;
pub(super) mod signals;
mod snapbacks;
mod splits;
mod town;
