//! Numbers that are the tenant's, that can be had, and that are on their way.

pub(crate) mod cart;
pub(crate) mod case;
pub(crate) mod price;
pub(crate) mod words;
