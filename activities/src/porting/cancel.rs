//! `port-cancel` and `port-lapse`: the ends that are not the numbers' arrival.
use super::calendar::{self, Time};
use super::record::Port;
use super::routes::settle;
use super::there::{Asked, ask_to_cancel, withdraw};
use super::{PortWorld, change, desk, hand_in, load, parts, split, standing};
use crate::ports::porting::Porting;
use contract::RequestId;
use contract::dossier::{NumberStep, OrderStatus as At, OrderStep as Do};
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::Party;
use jiff::Timestamp;

/// Cancels: at once before the carrier has it, else through the carrier. Too late, the port goes on, and it is said why.
///
/// # Errors
/// [`PortError`].
pub async fn cancel<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    if loaded.port.view.order == At::Split {
        return split::pass_on(d, &input, &loaded).await;
    }
    let (_, desk) = desk(d, &loaded.port)?;
    let mut trial = loaded.port.clone();
    let mut refused = match loaded.port.view.order {
        At::Cancelled | At::CancelPending => None,
        _ => trial
            .step(Do::Cancel, Party::Customer, super::time(d).now)
            .err()
            .map(|error| error.to_string()),
    };
    let mut asked = None;
    if refused.is_none() && !desk.by_hand() {
        if trial.view.order == At::CancelPending {
            let told = ask_to_cancel(desk, &input.request, &loaded.port).await?;
            if let Asked::Refused(_, why) = &told {
                refused = Some(why.clone());
            }
            asked = Some(told);
        } else {
            // Not submitted, it is a draft there, which would keep its numbers from every other order.
            withdraw(desk, &input.request, &loaded.port).await?;
        }
    }
    if refused.is_none() {
        split::take_back(d, &input.request, &loaded).await?;
    }
    let answer = change(d, &input.request, |port, time| {
        if let Some(Asked::Heard(id) | Asked::Refused(id, _)) = &asked {
            port.view.external_id = Some(id.clone());
        }
        if let Some(why) = &refused {
            let says = format!("It cannot be cancelled: {why}");
            return Ok(standing::answer(
                port,
                standing::verdict(port),
                time,
                Some(says),
            ));
        }
        take_back(port, &input.request, &desk.legal_name(), time)?;
        parts::taken_back(port);
        if asked == Some(Asked::Nothing) && port.view.order == At::CancelPending {
            // There is nobody to wait for.
            port.step(Do::ConfirmCancel, Party::Carrier, time.now)?;
            over(port, time, "taken back");
        }
        Ok(standing::answer(
            port,
            standing::verdict(port),
            time,
            Some("Cancelling".to_owned()),
        ))
    })
    .await?;
    settle(d, &input.request, answer).await
}

/// The steps of a customer who takes a port back. Pure.
pub(super) fn take_back(
    port: &mut Port,
    request: &RequestId,
    gaining: &str,
    time: Time,
) -> Result<(), PortError> {
    if !matches!(port.view.order, At::Cancelled | At::CancelPending) {
        port.step(Do::Cancel, Party::Customer, time.now)?;
    }
    if port.view.by_hand
        && !hand_in::ask_to_withdraw(port, request, gaining)
        && port.view.order == At::CancelPending
    {
        // Nobody has handed it in: there is nobody to ask.
        port.view.to_hand_in = None;
        port.step(Do::ConfirmCancel, Party::Operator, time.now)?;
    }
    if port.view.order == At::Cancelled {
        over(port, time, "taken back");
    }
    // Asked once more, as by an attempt after a lost answer, it has no more time.
    if port.view.order == At::CancelPending && port.hidden.cancel_due.is_none() {
        calendar::cancel_asked(port, time);
    }
    Ok(())
}

/// What a port whose turn went by comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// It ends.
    Over,
    /// There is time left.
    Early,
    /// Nobody knows until when it waits.
    NotKnown,
}

/// Whether a port's time is over. A draft's is our own; an ended one stays ended.
pub(super) fn silence(port: &Port, now: Timestamp) -> Silence {
    let moments = &port.view.moments;
    let until = match port.view.order {
        // So is that of a part which begins, and was not submitted.
        At::Draft | At::CheckingPortability | At::Expired | At::Cancelled => return Silence::Over,
        At::WaitingForSignature => moments.signature.as_ref(),
        _ => moments.silence.as_ref(),
    };
    match until {
        None => Silence::NotKnown,
        Some(_) if calendar::is_over(until, now) => Silence::Over,
        Some(_) => Silence::Early,
    }
}

/// An operator has seen to it that nobody knew a deadline: it is counted anew from now.
fn counted_anew(port: &mut Port, time: Time) {
    if port.view.order == At::WaitingForSignature {
        calendar::letter_sent(port, time);
    } else {
        calendar::customer_asked(port, time);
    }
}

/// Ends a port that nobody answered for in time. Where nobody knows until when, an operator is told, and it waits on.
///
/// # Errors
/// [`PortError`]; [`PortError::NotPossible`] if no deadline is known.
pub async fn lapse<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let (_, desk) = desk(d, &loaded.port)?;
    let helped = input.signal.as_ref();
    let helped = helped.is_some_and(|signal| signal.topic.as_deref() == Some("port-help"));
    match silence(&loaded.port, super::time(d).now) {
        Silence::Over => {}
        Silence::NotKnown if !helped => {
            return Err(PortError::NotPossible(
                "until when it waits for the customer is not known: look at the country's calendar, \
                 then try again to wait on, or end it"
                    .to_owned(),
            ));
        }
        Silence::NotKnown | Silence::Early => {
            return change(d, &input.request, |port, time| {
                if silence(port, time.now) == Silence::NotKnown {
                    counted_anew(port, time);
                }
                Ok(standing::answer(port, standing::verdict(port), time, None))
            })
            .await;
        }
    }
    withdraw(desk, &input.request, &loaded.port).await?;
    // What it was to be split into has no part that outlives it.
    split::take_back(d, &input.request, &loaded).await?;
    let answer = change(d, &input.request, |port, time| {
        let next = expire(port, &input.request, &desk.legal_name(), time)?;
        parts::taken_back(port);
        Ok(standing::answer(port, next, time, None))
    })
    .await?;
    settle(d, &input.request, answer).await
}

/// The steps of a port that ends because nobody answered. Pure.
pub(super) fn expire(
    port: &mut Port,
    request: &RequestId,
    gaining: &str,
    time: Time,
) -> Result<PortVerdict, PortError> {
    let now = crate::ports::clock::text(time.now);
    match port.view.order {
        At::Expired | At::Cancelled => {}
        At::Draft | At::CheckingPortability => {
            port.step(Do::Cancel, Party::Operator, time.now)?;
        }
        At::WaitingForSignature => {
            port.view.moments.signature.get_or_insert(now);
            port.step(Do::ExpireSignature, Party::Platform, time.now)?;
        }
        _ => {
            port.view.moments.silence.get_or_insert(now);
            port.step(Do::ExpireSilence, Party::Platform, time.now)?;
        }
    }
    // The carrier still has it: whoever handed it in takes it back there.
    let tells = port.view.by_hand && hand_in::ask_to_withdraw(port, request, gaining);
    over(port, time, "nobody answered in time");
    Ok(if tells {
        PortVerdict::HandIn
    } else {
        PortVerdict::Expired
    })
}

fn over(port: &mut Port, time: Time, why: &str) {
    port.step_numbers(NumberStep::Cancel, Party::Platform, time.now, Some(why));
    calendar::date_gone(port);
    port.hidden.pin = None;
}
