//! What the pages of numbers are made of.

mod asked;
mod by_case;
mod dossier_choice;
mod give_back;
mod help_address;
mod not_orderable;
mod offers;
mod order_card;
mod owned_row;

pub(crate) use asked::Asked;
pub(crate) use by_case::ByCase;
pub(crate) use dossier_choice::DossierChoice;
pub(crate) use give_back::GiveBack;
pub(crate) use help_address::HelpAddress;
pub(crate) use not_orderable::NotOrderable;
pub(crate) use offers::Offers;
pub(crate) use order_card::OrderCard;
pub(crate) use owned_row::OwnedRow;
