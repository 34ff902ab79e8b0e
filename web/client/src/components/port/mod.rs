//! What only ports have: their fields, their letter, their dates.

mod editor;
mod letter;
mod panel;
mod sign_pad;

pub(crate) use editor::PortEditor;
pub(crate) use panel::PortPanel;
