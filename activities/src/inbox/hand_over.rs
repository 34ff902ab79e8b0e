//! A note, handed to the turn that took it.
use super::{Note, Offer};
use crate::ports::clock::Clock;
use crate::ports::workflows::{Handed, Workflows};
use std::fmt::Display;
use std::time::Duration;

/// The pauses between the tries to hand over a note.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(400),
];

/// Ends a turn with its note. Nothing here may fail the caller: what is not handed over now is so by the note's next delivery, the
/// turn's next run or a sweep. `of` is whose inbox it is, for the log.
pub async fn hand_over<N: Note + Sync>(
    d: &(impl Workflows + Clock),
    of: &(impl Display + Sync),
    offer: &Offer<N>,
) {
    let seq = offer.note.seq();
    // Notes are structs of strings and numbers: they always have a JSON form.
    let output = serde_json::to_value(&offer.note).unwrap_or_default();
    let mut pauses = PAUSES.into_iter();
    loop {
        match d.complete(&offer.token, &output).await {
            Ok(Handed::Taken) => return tracing::debug!(%of, seq, "handed over"),
            // The next turn's `received` tells whether the workflow has it.
            Ok(Handed::Spent) => return tracing::debug!(%of, seq, "the token is spent"),
            Err(error) => match pauses.next() {
                Some(pause) => d.sleep(pause).await,
                None => {
                    let error = crate::shell::chain(&error);
                    return tracing::warn!(%of, seq, error, "a note was not handed over");
                }
            },
        }
    }
}
