//! What the screens know and how it changes: plain values and pure functions, tested on the host. No browser here.

pub(crate) mod api_keys;
pub(crate) mod backoff;
pub(crate) mod book;
pub(crate) mod clock;
pub(crate) mod dossier;
pub(crate) mod due;
pub(crate) mod endings;
pub(crate) mod film;
pub(crate) mod find;
pub(crate) mod form;
pub(crate) mod history;
pub(crate) mod keys;
pub(crate) mod layout;
pub(crate) mod machine;
pub(crate) mod market;
pub(crate) mod media;
pub(crate) mod numbers;
pub(crate) mod onboarding;
pub(crate) mod onboardings;
pub(crate) mod pace;
pub(crate) mod plain;
pub(crate) mod port_draft;
pub(crate) mod port_out_draft;
pub(crate) mod queue;
pub(crate) mod request_words;
pub(crate) mod requests;
pub(crate) mod sent;
pub(crate) mod side;
pub(crate) mod signature;
pub(crate) mod store;
pub(crate) mod strip;
pub(crate) mod timeline;
pub(crate) mod turns;
pub(crate) mod webhooks;
pub(crate) mod words;

pub(crate) mod routing;
#[cfg(test)]
pub(crate) mod samples;
