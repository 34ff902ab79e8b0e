//! `turn`: opens a turn of a call's workflow: what it says to phones and screens, and what it waits for.
use crate::call::record;
use crate::mailbox::{MAX_MOVES, Opened, Opening, Refused, shell};
use crate::ports::Unavailable;
use crate::ports::call_control::CallControl;
use crate::ports::calls::{CallRecord, Calls, Changed};
use crate::ports::clock::Clock;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::workflows::Workflows;
use contract::moves::Move;
use contract::signal::{Signal, SignalName};
use contract::turn::{TurnError, TurnInput};
use jiff::Timestamp;

impl From<Unavailable> for TurnError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "turn");
        Self::Unavailable
    }
}

/// Opens the turn, writes the call's record, then does what the mailbox says. The turn ends through its token, by whoever
/// delivers a signal that it accepts.
///
/// # Errors
/// [`TurnError`]. Trying again, with the same token or as the next attempt, repeats nothing.
pub async fn turn(
    d: &(impl Calls + Mailboxes + Workflows + CallControl + Clock),
    input: TurnInput,
) -> Result<(), TurnError> {
    check(&input)?;
    let opening = Opening {
        round: input.round,
        attempt: input.attempt,
        token: input.token.clone(),
        received: input.received,
        accepts: input.accepts.clone(),
        moves: input.moves.clone(),
    };
    let now = d.now();
    let opened = shell::change(d, &input.call, |mailbox| mailbox.open_turn(&opening, now)).await?;
    let Opened { led_by, outputs } = match opened {
        Some(Ok(opened)) => opened,
        Some(Err(Refused::Stale)) => {
            tracing::info!(call = %input.call, round = input.round, attempt = input.attempt, "a turn that is over");
            return Ok(());
        }
        Some(Err(Refused::Closed)) | None => return Err(TurnError::CallEnded),
    };
    tracing::debug!(call = %input.call, state = input.state, round = input.round, "turn");
    d.update(&input.call, |record: &mut CallRecord| {
        show(record, &input, led_by.as_ref(), now)
    })
    .await?;
    shell::perform(d, &input.call, outputs).await;
    Ok(())
}

/// What people see while the turn is open, and what the signal that led to it has changed.
fn show(
    record: &mut CallRecord,
    input: &TurnInput,
    led_by: Option<&Signal>,
    now: Timestamp,
) -> Changed {
    // Written before by another run of this turn, or the call has gone on.
    if input.round <= record.private.round || !record.view.is_live() {
        return Changed::No;
    }
    record.private.round = input.round;
    if let Some(signal) = led_by {
        if let (SignalName::ClientAnswer, Some(leg), Some(device)) =
            (signal.name, &signal.leg, &signal.device)
        {
            record::answered(record, leg, signal.person.as_ref(), device);
        }
        record::apply(&mut record.view, signal);
    }
    record::enter(&mut record.view, &input.state, now);
    record::begin_phase(&mut record.view, input.phase, input.limit_s, now);
    Changed::Yes
}

fn check(input: &TurnInput) -> Result<(), TurnError> {
    let bad = |what: String| Err(TurnError::BadInput(what));
    if input.round == 0 {
        return bad("round: the first is 1".into());
    }
    if input.accepts.is_empty() {
        return bad("accepts: a turn that accepts nothing never ends".into());
    }
    for leg in &input.moves {
        if leg.moves.len() > MAX_MOVES {
            return bad(format!(
                "moves: {} has {}, at most {MAX_MOVES} are allowed",
                leg.leg,
                leg.moves.len()
            ));
        }
        for asked in &leg.moves {
            if let Some(why) = out_of_range(asked) {
                return bad(format!("moves: {}: {why}", leg.leg));
            }
        }
    }
    Ok(())
}

/// Why a move is nothing that Chime SDK takes.
fn out_of_range(asked: &Move) -> Option<String> {
    match asked {
        Move::Wait { seconds } if !(1..=3_600).contains(seconds) => {
            Some(format!("waits {seconds} s, 1 to 3600 are allowed"))
        }
        Move::Say { text, .. } if text.chars().count() > 1_000 => {
            Some("says more than 1,000 characters".into())
        }
        Move::Digits { digits } if !are_keys(digits) => {
            Some("sends digits that are not 1 to 50 of 0-9, *, #, A-D and comma".into())
        }
        Move::HangUp { status } if ![0, 480, 486].contains(status) => Some(format!(
            "hangs up with {status}, 0, 480 and 486 are allowed"
        )),
        Move::Wait { .. }
        | Move::Say { .. }
        | Move::Digits { .. }
        | Move::HangUp { .. }
        | Move::Join
        | Move::Listen
        | Move::Play { .. } => None,
    }
}

fn are_keys(digits: &str) -> bool {
    (1..=50).contains(&digits.len())
        && digits
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D' | b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_that_no_leg_can_do_are_refused_and_say_why() {
        for (asked, fine) in [
            (Move::Wait { seconds: 0 }, false),
            (Move::Wait { seconds: 3_600 }, true),
            (
                Move::Digits {
                    digits: String::new(),
                },
                false,
            ),
            (
                Move::Digits {
                    digits: "12,#A".into(),
                },
                true,
            ),
            (Move::Digits { digits: "E".into() }, false),
            (
                Move::Say {
                    text: "x".repeat(1_001),
                    language: "en-US".into(),
                },
                false,
            ),
            (Move::HangUp { status: 404 }, false),
            (Move::HangUp { status: 486 }, true),
        ] {
            assert_eq!(out_of_range(&asked).is_none(), fine, "{asked:?}");
        }
    }
}
