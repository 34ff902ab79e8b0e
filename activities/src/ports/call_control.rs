//! The phone network's control: dialling a leg, and waking one that is up.
use super::Unavailable;
use contract::{CallId, E164, LegId};
use std::future::Future;
use thiserror::Error;

/// Why a leg was not dialled, or is not known to be.
#[derive(Debug, Error)]
pub enum DialError {
    /// No room now; nothing was dialled.
    #[error("the phone network has no room for the call")]
    Busy,
    /// The network refused, in its words; nothing was dialled.
    #[error("the phone network refused: {0}")]
    Refused(String),
    /// It may have been dialled.
    #[error("it is not known whether the call was placed")]
    Unknown(#[source] Unavailable),
}

/// Why a leg was not woken.
#[derive(Debug, Error)]
pub enum NudgeError {
    /// The leg is down.
    #[error("the leg is down")]
    Gone,
    /// The network failed for now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Legs of the phone network. A leg is one SMA transaction.
pub trait CallControl: Send + Sync {
    /// Dials (`CreateSipMediaApplicationCall`), never twice by itself: the API has no idempotency token. `call` and `leg` come
    /// back in the leg's first event (`ArgumentsMap`). Gives the `TransactionId`.
    fn dial(
        &self,
        call: &CallId,
        leg: &LegId,
        to: &E164,
        caller_id: &E164,
    ) -> impl Future<Output = Result<String, DialError>> + Send;

    /// Makes the network ask for this leg's actions (`UpdateSipMediaApplicationCall`): an event `CALL_UPDATE_REQUESTED` follows.
    fn nudge(
        &self,
        call: &CallId,
        leg: &LegId,
        transaction_id: &str,
    ) -> impl Future<Output = Result<(), NudgeError>> + Send;
}
