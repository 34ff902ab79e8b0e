//! Sending mails, and the record that keeps each from being sent twice.
use super::Unavailable;
use std::future::Future;
use thiserror::Error;

/// How long an attempt may be under way before another may take its place, in seconds: longer than any function that sends runs.
pub const ATTEMPT_S: i64 = 60;

/// A mail, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// The subject: one line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
    /// For whoever counts mails: the template's name.
    pub template: &'static str,
}

/// Whether a mail may be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// Yes: nobody has, or whoever tried gave no sign for [`ATTEMPT_S`].
    Now,
    /// It was sent before, under this id.
    Sent(String),
    /// Another attempt is under way.
    UnderWay,
}

/// Why a mail was not sent.
#[derive(Debug, Error)]
pub enum SendError {
    /// The service refused it for good, with its words.
    #[error("{0}")]
    Refused(String),
    /// The service failed for now. Whether the mail went out is not known.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The mail service and the record.
pub trait Mails: Send + Sync {
    /// The addresses of the phone company's own people, whom mails about their tasks go to.
    fn operators(&self) -> &[String];

    /// Claims a key for an attempt at `now_s` (Unix seconds).
    fn claim(
        &self,
        key: &str,
        now_s: i64,
    ) -> impl Future<Output = Result<Claimed, Unavailable>> + Send;

    /// Gives a claim back: the mail was certainly not sent.
    fn give_back(&self, key: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Writes down that a key's mail was sent.
    fn sent(
        &self,
        key: &str,
        message_id: &str,
        now_s: i64,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Sends a mail; gives the service's id of it.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<String, SendError>> + Send;
}
