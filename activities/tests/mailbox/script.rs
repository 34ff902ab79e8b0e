//! Scripts: what is going to happen, in no particular order.
use contract::moves::Move;
use contract::signal::SignalName;

/// One turn of the workflow.
#[derive(Debug, Clone)]
pub(crate) struct TurnScript {
    /// What it accepts.
    pub(crate) accepts: Vec<SignalName>,
    /// Whether it posts a move (which names its round).
    pub(crate) moves: bool,
}

/// One event of the phone leg.
#[derive(Debug, Clone)]
pub(crate) struct EventScript {
    /// Its signal, if it is one.
    pub(crate) signal: Option<SignalName>,
}

/// Everything that can happen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    /// Signals that come by themselves (commands, meeting events).
    pub(crate) letters: Vec<SignalName>,
    /// The workflow's turns.
    pub(crate) turns: Vec<TurnScript>,
    /// The phone leg's events.
    pub(crate) events: Vec<EventScript>,
    /// How often a signal, an event and a turn's function may each run.
    pub(crate) repeats: u8,
    /// How often a token may die under the workflow.
    pub(crate) deaths: u8,
    /// How often the network may wake the leg.
    pub(crate) wakes: u8,
    /// Whether the call may be closed at any time.
    pub(crate) closes: bool,
}

/// A turn without moves.
pub(crate) fn turn(accepts: &[SignalName]) -> TurnScript {
    TurnScript {
        accepts: accepts.to_vec(),
        moves: false,
    }
}

/// A turn that posts its round's move.
pub(crate) fn turn_with_moves(accepts: &[SignalName]) -> TurnScript {
    TurnScript {
        accepts: accepts.to_vec(),
        moves: true,
    }
}

/// The move of a round: a wait as long as the round's number, so that it can be told from all others.
pub(crate) fn move_of(round: u32) -> Move {
    Move::Wait {
        seconds: u16::try_from(round).expect("scripts are short"),
    }
}

/// The round of a move.
pub(crate) fn round_of(posted: &Move) -> Option<u32> {
    match posted {
        Move::Wait { seconds } => Some(u32::from(*seconds)),
        Move::Join
        | Move::Listen
        | Move::Say { .. }
        | Move::Play { .. }
        | Move::Digits { .. }
        | Move::HangUp { .. } => None,
    }
}
