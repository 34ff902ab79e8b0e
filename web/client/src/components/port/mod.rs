//! What only ports have: their fields, their letter, their dates.

mod editor;
mod letter;
mod panel;
mod paper_letter;
mod pin;
mod prepared;
mod record;
mod sign_pad;
mod snapback;
mod standing;

pub(crate) use editor::PortEditor;
pub(crate) use panel::PortPanel;
pub(crate) use pin::PortOutPin;
pub(crate) use prepared::Prepared;
pub(crate) use record::RecordPortOut;
pub(crate) use snapback::CameBack;
pub(crate) use standing::CarrierSays;
