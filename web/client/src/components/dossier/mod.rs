//! The parts of a dossier's wizard.

mod addresses;
mod check;
mod checklist;
mod documents;
mod dropping;
mod fields;
mod part_strip;
mod people;
mod saved;
mod wanted;
mod who;
mod who_looked;

pub(crate) use addresses::Addresses;
pub(crate) use check::Check;
pub(crate) use checklist::{Checklist, told};
pub(crate) use documents::Documents;
pub(crate) use dropping::Dropping;
pub(crate) use fields::Sheet;
pub(crate) use part_strip::PartStrip;
pub(crate) use people::People;
pub(crate) use saved::{Conflict, SavedMark};
pub(crate) use wanted::WantedNumbers;
pub(crate) use who::Who;
