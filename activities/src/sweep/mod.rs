//! `sweep`: every minute, what no event will ever tell.
mod calendars;
mod calls;
mod order;
mod reminders;
mod requests;

pub use calendars::sweep_calendars;
pub use calls::{Swept, makes_way, sweep};
pub use requests::{SweptRequests, sweep_requests};

use crate::aws::Aws;
use crate::shell::{Failure, chain, serve_events};
use crate::webhooks::sweep_deliveries;
use contract::error::STORE_UNAVAILABLE;
use serde_json::json;
use std::sync::Arc;

/// Serves the function until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on.
pub async fn run(aws: Arc<Aws>) -> Result<(), lambda_runtime::Error> {
    serve_events(move |_| {
        let aws = aws.clone();
        async move {
            // Calls first: they are short, and somebody waits on the phone.
            let failure = |error| Failure {
                name: STORE_UNAVAILABLE.to_owned(),
                message: chain(&error),
            };
            let calls = sweep(&*aws).await.map_err(failure)?;
            let requests = sweep_requests(&*aws).await.map_err(failure)?;
            let deliveries = sweep_deliveries(&*aws).await.map_err(failure)?;
            let calendars = sweep_calendars(&*aws).await;
            Ok(json!({
                "calls": calls, "requests": requests, "deliveries": deliveries, "calendarsEnding": calendars,
            }))
        }
    })
    .await
}
