//! Moves: what a turn asks of a phone leg. The turn function writes them as SMA actions.
use crate::LegId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing for a phone leg to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Move {
    /// Stay as it is: an unanswered caller goes on hearing ringback (`Pause`).
    Wait {
        /// 1 to 3,600 seconds.
        seconds: u16,
    },
    /// Enter the call's meeting (`JoinChimeMeeting`).
    Join,
    /// Report keys that the phone's person presses from now on (`ReceiveDigits`).
    Listen,
    /// Speak a text (`Speak`).
    Say {
        /// At most 1,000 characters.
        text: String,
        /// BCP 47, such as `en-US`.
        language: String,
    },
    /// Play a prompt (`PlayAudio`).
    Play {
        /// The prompt's key in the prompts bucket.
        prompt: String,
    },
    /// Send dial-pad keys to the phone (`SendDigits`, RFC 4733).
    Digits {
        /// 1 to 50 of `0-9`, `*`, `#`, `A-D` and `,` (half a second).
        digits: String,
    },
    /// End the leg (`Hangup`).
    HangUp {
        /// 0 normal, 480 unavailable, 486 busy.
        status: u16,
    },
}

/// The moves of one phone leg. They replace what the leg was doing (Chime SDK: a returned list of actions
/// replaces the pending one).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LegMoves {
    /// Which leg.
    pub leg: LegId,
    /// At most 10 (Chime SDK).
    #[schemars(length(max = 10))]
    pub moves: Vec<Move>,
}
