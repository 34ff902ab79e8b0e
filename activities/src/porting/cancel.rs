//! `port-cancel` and `port-lapse`: the ends that are not the numbers' arrival.
use super::calendar::{self, Time};
use super::look_up::withdraw;
use super::record::Port;
use super::routes::settle;
use super::{PortWorld, change, desk, load, standing};
use crate::ports::carriers::CarrierError;
use crate::ports::porting::Porting;
use contract::dossier::{NumberStep, OrderStatus as At, OrderStep as Do};
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::Party;

/// Cancels: at once before the carrier has it, else through the carrier. Too late, the port goes on, and it is said why.
///
/// # Errors
/// [`PortError`].
pub async fn cancel<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let (_, desk) = desk(d, &loaded.port)?;
    let mut trial = loaded.port.clone();
    let mut refused = match loaded.port.view.order {
        At::Cancelled | At::CancelPending => None,
        _ => trial
            .step(Do::Cancel, Party::Customer, super::time(d).now)
            .err()
            .map(|error| error.to_string()),
    };
    let id = loaded
        .port
        .view
        .external_id
        .as_deref()
        .filter(|_| !desk.by_hand());
    if refused.is_none()
        && let Some(id) = id
    {
        if trial.view.order == At::CancelPending {
            match desk.cancel_port(id).await {
                Ok(()) => {}
                // Asked before, and the answer was lost: then it is under way.
                Err(CarrierError::Refused(refusal)) => {
                    let known = desk.port_state(id).await?;
                    let under_way = matches!(
                        known.status,
                        crate::ports::porting::CarrierStatus::CancelPending
                            | crate::ports::porting::CarrierStatus::Cancelled
                    );
                    if !under_way {
                        refused = Some(refusal.to_string());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        } else {
            // Not submitted, it is a draft there, which would keep its numbers from every other order.
            withdraw(desk, Some(id)).await?;
        }
    }
    let answer = change(d, &input.request, |port, time| {
        if let Some(why) = &refused {
            let says = format!("It cannot be cancelled: {why}");
            return Ok(standing::answer(
                port,
                standing::verdict(port),
                time,
                Some(says),
            ));
        }
        if !matches!(port.view.order, At::Cancelled | At::CancelPending) {
            port.step(Do::Cancel, Party::Customer, time.now)?;
        }
        if port.view.order == At::Cancelled {
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

/// Ends a port that nobody answered for in time.
///
/// # Errors
/// [`PortError`].
pub async fn lapse<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let (_, desk) = desk(d, &loaded.port)?;
    if !desk.by_hand() {
        withdraw(desk, loaded.port.view.external_id.as_deref()).await?;
    }
    let answer = change(d, &input.request, |port, time| {
        let now = crate::ports::clock::text(time.now);
        match port.view.order {
            At::Expired | At::Cancelled => {}
            At::Draft => port.step(Do::Cancel, Party::Operator, time.now)?,
            At::WaitingForSignature => {
                port.view.moments.signature.get_or_insert(now);
                port.step(Do::ExpireSignature, Party::Platform, time.now)?;
            }
            _ => {
                port.view.moments.silence.get_or_insert(now);
                port.step(Do::ExpireSilence, Party::Platform, time.now)?;
            }
        }
        over(port, time, "nobody answered in time");
        Ok(standing::answer(port, PortVerdict::Expired, time, None))
    })
    .await?;
    settle(d, &input.request, answer).await
}

fn over(port: &mut Port, time: Time, why: &str) {
    port.step_numbers(NumberStep::Cancel, Party::Platform, time.now, Some(why));
    calendar::date_gone(port);
    port.hidden.pin = None;
}
