//! The Lambda functions of Strowger.
//!
//! An activity is a file with a function over *ports* (traits by need, [`ports`]); [`aws`] is the one adapter, where SDK types
//! stop; [`shell`] runs an activity as a Lambda function; the `bootstrap` binary serves whichever function `_HANDLER` names.
//! Decisions are pure: above all the [`mailbox`], the rendezvous of a call's signals with its workflow's turns.

pub mod aws;
pub mod call;
pub mod carriers;
pub mod dial;
pub mod documents;
pub mod dossier;
pub mod forms;
pub mod http;
pub mod inbox;
pub mod letter;
pub mod mailbox;
pub mod mails;
pub mod meeting;
pub mod number;
pub mod onboarding;
pub mod people;
pub mod porting;
pub mod ports;
pub mod request;
pub mod routing;
pub mod rules;
pub mod seed;
pub mod shell;
pub mod sma;
pub mod stream;
pub mod sweep;
pub mod turn;
pub mod webhooks;
pub mod ws;

#[cfg(test)]
mod house;
