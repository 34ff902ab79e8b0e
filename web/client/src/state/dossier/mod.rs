//! Dossiers as they are filled in: what is typed, what of it can be sent, what is still asked for.

pub(crate) mod check;
pub(crate) mod checklist;
pub(crate) mod draft;
pub(crate) mod files;
pub(crate) mod form;
pub(crate) mod identifier;
pub(crate) mod looked;
pub(crate) mod parts;
pub(crate) mod wanted;
pub(crate) mod words;
pub(crate) mod work;

#[cfg(test)]
pub(crate) mod samples;
