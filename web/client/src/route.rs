//! The pages and their addresses.
#![allow(
    unreachable_pub,
    reason = "what the derive of `Target` writes is `pub`"
)]

use yew_nested_router::Target;

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Target)]
pub(crate) enum Route {
    /// `/`: the softphone.
    #[target(index)]
    Phone,
    /// `/requests`: the work queue.
    Requests,
    /// `/requests/{id}`: one request.
    #[target(rename = "requests")]
    Request {
        /// The request.
        id: String,
    },
    /// `/tasks/{id}`: one task with its form.
    Tasks {
        /// The task.
        id: String,
    },
    /// `/workflows`: the calls that run.
    Workflows,
    /// `/calls/{id}`: one call's state machine.
    Calls {
        /// The call.
        id: String,
    },
}
