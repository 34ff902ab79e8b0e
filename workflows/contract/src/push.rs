//! What the WebSocket carries, both ways. The stream function pushes; nothing else does.
use crate::request::RequestView;
use crate::view::CallView;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The subprotocol that a client offers first; the access token is the second, `device.<id>` the third.
pub const SUBPROTOCOL: &str = "strowger";
/// Prefix of the third subprotocol: the device's id follows.
pub const DEVICE_PREFIX: &str = "device.";

/// Server to client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Push {
    /// The answer to `hello`: every live call that this connection may see.
    Snapshot {
        /// The live calls.
        calls: Vec<CallView>,
    },
    /// A call changed. Older revisions may arrive late: keep the highest `rev`.
    Call {
        /// The call as it is now.
        call: Box<CallView>,
    },
    /// A request changed. Older revisions may arrive late: keep the highest `rev`.
    Request {
        /// The request as it is now.
        request: Box<RequestView>,
        /// `false`: it is too large for one message, and its numbers, steps, timeline and details are left out. Read it.
        is_whole: bool,
    },
    /// The answer to `ping`.
    Pong,
    /// The message could not be taken.
    Error {
        /// What is wrong and what is allowed.
        message: String,
    },
}

/// Client to server. At most 4 KiB each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Send me the snapshot. The first message of every connection.
    Hello,
    /// Are you there? Every 30 s, so that neither side keeps a dead connection.
    Ping,
}
