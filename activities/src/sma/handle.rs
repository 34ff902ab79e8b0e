//! One event: deliver, wait for the workflow's reply, answer.
use super::answer::{Surroundings, actions, response};
use super::event::{Event, Kind};
use crate::mailbox::{Answer, Bound, Collected, Delivered, Letter, Mailbox, Output, shell};
use crate::ports::Unavailable;
use crate::ports::call_control::CallControl;
use crate::ports::calls::Calls;
use crate::ports::clock::Clock;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::workflows::{StartError, Workflows};
use crate::shell::{Failure, chain};
use contract::call::InboundStart;
use contract::error::STORE_UNAVAILABLE;
use contract::moves::Move;
use contract::signal::SignalName;
use contract::view::Workflow;
use contract::{CallId, E164, LegId};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::time::Duration;

/// The longest wait for the workflow: the service asks again after 5 s.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_millis(3_500);
/// The first pause between two looks; each is half as long again, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// What a caller hears (ringback) while the workflow takes longer than that: an unanswered call needs some action.
const STAY_RINGING: Move = Move::Wait { seconds: 30 };
/// Temporarily unavailable: no workflow can take the call.
const UNAVAILABLE: u16 = 480;

/// What an event did to the mailbox.
enum Seen {
    /// Its call is over, or its leg is another transaction's: it is to hang up.
    NotOurs(Vec<Output>),
    /// It is delivered.
    Delivered(Vec<Output>),
}

/// Answers one event.
///
/// # Errors
/// [`Failure`] if the event cannot be read, or the store is unavailable: the service asks again, then hangs up with 480.
pub async fn handle(
    d: &(impl Calls + Mailboxes + Workflows + CallControl + Clock),
    prompts: &str,
    event: Value,
) -> Result<Value, Failure> {
    let event: Event = serde_json::from_value(event).map_err(|error| Failure::bad_input(&error))?;
    let (call, leg) = event.address();
    tracing::debug!(%call, %leg, kind = ?event.kind, "event");
    let answer = answer(d, &event, &call, &leg).await.map_err(unavailable)?;
    let around = Surroundings {
        seat: seat(d, &call, &leg, &answer).await.map_err(unavailable)?,
        prompts,
    };
    let actions = match actions(&event, &answer, &around) {
        Ok(actions) => actions,
        Err(possible) => {
            let mut letter = Letter::new(
                format!("{}/join", event.key()),
                SignalName::PhoneFailed,
                Some(leg.clone()),
            );
            letter.reason = Some("Meeting.NotOpen".into());
            shell::deliver(d, &call, &letter)
                .await
                .map_err(unavailable)?;
            possible
        }
    };
    Ok(response(&event, &call, &leg, actions))
}

pub(super) fn unavailable(error: Unavailable) -> Failure {
    tracing::warn!(error = chain(&error), "sma-event");
    Failure {
        name: STORE_UNAVAILABLE.to_owned(),
        message: chain(&error),
    }
}

async fn answer(
    d: &(impl Mailboxes + Workflows + CallControl + Clock),
    event: &Event,
    call: &CallId,
    leg: &LegId,
) -> Result<Answer, Unavailable> {
    let asked_at = d.now();
    let take = |mailbox: &mut Mailbox| take_in(mailbox, event, leg, asked_at);
    let seen = match event.kind {
        Kind::NewInboundCall => Some(shell::change_or_create(d, call, take).await?),
        _ => shell::change(d, call, take).await?,
    };
    let outputs = match seen {
        Some(Seen::Delivered(outputs)) => outputs,
        Some(Seen::NotOurs(outputs)) => {
            shell::perform(d, call, outputs).await;
            return Ok(farewell(event));
        }
        None => return Ok(farewell(event)),
    };
    if event.kind == Kind::NewInboundCall && !start(d, event, call).await {
        shell::change(d, call, Mailbox::close).await?;
        return Ok(Answer::Do(vec![Move::HangUp {
            status: UNAVAILABLE,
        }]));
    }
    shell::perform(d, call, outputs).await;
    match event.kind {
        Kind::CallUpdateRequested => collect_now(d, event, call, leg, Answer::Keep).await,
        Kind::Hangup if !event.asks() => Ok(Answer::Do(Vec::new())),
        _ if event.asks() => wait(d, event, call, leg, asked_at).await,
        _ => Ok(Answer::Keep),
    }
}

/// What an event does to the mailbox, in one step.
fn take_in(mailbox: &mut Mailbox, event: &Event, leg: &LegId, now: Timestamp) -> Seen {
    let (bound, woken) = mailbox.bind(leg, event.transaction(), now);
    let mut outputs: Vec<Output> = woken.into_iter().collect();
    if bound == Bound::Foreign {
        return Seen::NotOurs(outputs);
    }
    if let Some(letter) = event.letter(leg) {
        let delivery = mailbox.deliver(&letter, now);
        if delivery.delivered == Delivered::Full {
            tracing::warn!(%leg, kind = ?event.kind, "too many signals wait: one was refused");
        }
        outputs.extend(delivery.outputs);
    }
    if mailbox.is_closed() {
        return Seen::NotOurs(outputs);
    }
    if event.asks() {
        mailbox.ask(leg, &event.key(), now);
    }
    Seen::Delivered(outputs)
}

/// The answer to an event of a call that is over or unknown. One that is hung up already needs no hanging up.
fn farewell(event: &Event) -> Answer {
    match event.kind {
        Kind::Hangup if !event.asks() => Answer::Do(Vec::new()),
        Kind::NewInboundCall => Answer::Do(vec![Move::HangUp {
            status: UNAVAILABLE,
        }]),
        _ => Answer::hang_up(),
    }
}

/// Starts the workflow of a call from the phone network; false if there can be none. Starting again is harmless.
async fn start(d: &(impl Workflows + Clock), event: &Event, call: &CallId) -> bool {
    let Some(to) = event.to().and_then(|to| E164::parse(to).ok()) else {
        tracing::warn!(%call, "a call to something that is no telephone number");
        return false;
    };
    let input = serde_json::json!(InboundStart {
        call: call.clone(),
        to,
        from: event.from()
    });
    for pause in [
        Duration::from_millis(50),
        Duration::from_millis(300),
        Duration::ZERO,
    ] {
        match d
            .start(Workflow::InboundCall.into(), call.as_str(), &input)
            .await
        {
            Ok(_) => return true,
            Err(StartError::Refused(why)) => {
                tracing::error!(%call, why, "the workflow could not be started");
                return false;
            }
            Err(StartError::Unavailable(error)) => {
                tracing::warn!(%call, error = chain(&error), "the workflow was not started");
                d.sleep(pause).await;
            }
        }
    }
    false
}

/// Looks for the answer, with pauses that grow, until it is there or the time is up.
async fn wait(
    d: &(impl Mailboxes + Clock),
    event: &Event,
    call: &CallId,
    leg: &LegId,
    asked_at: Timestamp,
) -> Result<Answer, Unavailable> {
    let key = event.key();
    let mut pause = FIRST_PAUSE;
    while d.now().duration_since(asked_at) < LONGEST_WAIT {
        match shell::change(d, call, |mailbox| mailbox.collect(leg, &key)).await? {
            Some(Collected::Answer(answer)) => return Ok(answer),
            Some(Collected::Wait) => {}
            None => return Ok(farewell(event)),
        }
        d.sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
    let otherwise = match event.kind {
        Kind::NewInboundCall => Answer::Do(vec![STAY_RINGING]),
        _ => Answer::Keep,
    };
    tracing::warn!(%call, %leg, kind = ?event.kind, "the workflow did not answer in time");
    collect_now(d, event, call, leg, otherwise).await
}

async fn collect_now(
    d: &(impl Mailboxes + Clock),
    event: &Event,
    call: &CallId,
    leg: &LegId,
    otherwise: Answer,
) -> Result<Answer, Unavailable> {
    let key = event.key();
    let answer = shell::change(d, call, |mailbox| {
        mailbox.give_up(leg, &key, otherwise.clone())
    })
    .await?;
    Ok(answer.unwrap_or_else(|| farewell(event)))
}

/// The leg's place in the meeting, if the answer is to join it.
async fn seat(
    d: &impl Calls,
    call: &CallId,
    leg: &LegId,
    answer: &Answer,
) -> Result<Option<(String, String)>, Unavailable> {
    let joins = matches!(answer, Answer::Do(moves) if moves.contains(&Move::Join));
    if !joins {
        return Ok(None);
    }
    let record = d.get(call).await?;
    Ok(record.and_then(|record| {
        let meeting = record.private.meeting_id()?.to_owned();
        Some((meeting, record.private.join_token(leg)?.to_owned()))
    }))
}
