//! `sma-event`: the phone network's questions, answered.
//!
//! The service invokes this function for every event of a phone leg, waits 5 s, then asks again, and hangs up after 20 s. So an event is
//! delivered to the call's mailbox, and its answer is what the workflow's next turn posts for that leg; after 3.5 s it is
//! answered without, and the moves follow by a call update. The same event again gets the same answer.

mod answer;
mod event;
mod handle;
pub(crate) mod tested;

pub use event::hangup_key;
pub use handle::handle;

use crate::aws::Aws;
use crate::shell::serve_events;
use std::sync::Arc;

/// Serves the function until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on.
pub async fn run(aws: Arc<Aws>) -> Result<(), lambda_runtime::Error> {
    let prompts = aws.names.prompts_bucket.clone();
    serve_events(move |event| {
        let (aws, prompts) = (aws.clone(), prompts.clone());
        async move { tested::handle(&*aws, &prompts, event).await }
    })
    .await
}

#[cfg(test)]
mod tests;
