//! What countries ask of who wants a number: read from data, resolved for what is wanted, held against a dossier.

mod catalogue;
mod checks;
mod evaluate;
mod pattern;
mod places;
mod resolve;

pub use catalogue::{
    Applies, Area, BadCatalogue, Catalogue, CountryRows, Covers, FieldRule, Locality, Paper,
    Requirement, Rule, TEXT_FIELDS,
};
pub use evaluate::{Wanted, evaluate};
pub use pattern::Pattern;
pub use resolve::{Asked, NotKnown, Resolved, resolve};
