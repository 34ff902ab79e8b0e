//! `port-date`: another date, while that is possible.
use super::calendar::{self, Time};
use super::record::Port;
use super::{PortWorld, change, desk, hand_in, lead, load, standing};
use crate::ports::carriers::CarrierError;
use crate::ports::porting::Porting;
use contract::RequestId;
use contract::dossier::{OrderStatus as At, OrderStep as Do};
use contract::port::{HandIn, PortAnswer, PortError, PortInput};
use contract::request::Party;
use jiff::Timestamp;

/// Asks the carrier, then takes the step. What the calendar or the carrier refuses is said, and the port stays where it is.
///
/// # Errors
/// [`PortError`].
pub async fn change_date<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    if is_help(&input) {
        return change(d, &input.request, |port, time| {
            let says = "Which date was wished is not known any more: wish it again";
            let verdict = standing::verdict(port);
            Ok(standing::answer(port, verdict, time, Some(says.to_owned())))
        })
        .await;
    }
    let wanted = input
        .signal
        .as_ref()
        .and_then(|signal| signal.data["foc"].as_str());
    let wanted: Timestamp = wanted.and_then(|text| text.parse().ok()).ok_or_else(|| {
        PortError::BadInput("foc: an instant such as 2026-11-20T10:00:00Z".to_owned())
    })?;
    let loaded = load(d, &input.request).await?;
    if is_asked(&loaded.port, wanted) {
        return change(d, &input.request, |port, time| {
            let says = format!("{wanted} was asked for");
            let verdict = standing::verdict(port);
            Ok(standing::answer(port, verdict, time, Some(says)))
        })
        .await;
    }
    let (_, desk) = desk(d, &loaded.port)?;
    let mut trial = loaded.port.clone();
    let mut refused = trial
        .step(Do::ChangeFoc, Party::Customer, super::time(d).now)
        .err()
        .map(|error| error.to_string())
        .or_else(|| impossible(&loaded.port, wanted, super::time(d).now));
    if refused.is_none()
        && let Some(id) = loaded
            .port
            .view
            .external_id
            .as_deref()
            .filter(|_| !desk.by_hand())
    {
        match desk.ask_date(id, wanted).await {
            Ok(()) => {}
            Err(CarrierError::Refused(refusal)) => refused = Some(refusal.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    change(d, &input.request, |port, time| {
        let says = match &refused {
            Some(why) => format!("The date cannot be changed: {why}"),
            None => {
                wish(port, &input.request, &desk.legal_name(), wanted, time)?;
                format!("{wanted} was asked for")
            }
        };
        Ok(standing::answer(
            port,
            standing::verdict(port),
            time,
            Some(says),
        ))
    })
    .await
}

/// Whether an operator has helped a definition of before, which hands over their word in the place of the wish.
fn is_help(input: &PortInput) -> bool {
    let signal = input.signal.as_ref();
    signal.is_some_and(|signal| signal.topic.as_deref() == Some("port-help"))
}

/// Whether an attempt before this one, whose answer was lost, has asked for it.
fn is_asked(port: &Port, wanted: Timestamp) -> bool {
    let asked = port.view.form.requested_foc.as_deref();
    port.view.order == At::DonorReview
        && asked.and_then(|text| text.parse::<Timestamp>().ok()) == Some(wanted)
}

/// Why nobody can ask for this date, if so.
fn impossible(port: &Port, wanted: Timestamp, now: Timestamp) -> Option<String> {
    if wanted <= now {
        return Some(format!("{wanted} is over"));
    }
    let numbers = port.lines.iter().map(|line| &line.number);
    let first = lead::too_early_since(numbers, &port.view.moments, wanted)?;
    Some(format!("the earliest day is {first}"))
}

/// The steps of a customer who wishes another date. Pure.
pub(super) fn wish(
    port: &mut Port,
    request: &RequestId,
    gaining: &str,
    wanted: Timestamp,
    time: Time,
) -> Result<(), PortError> {
    port.step(Do::ChangeFoc, Party::Customer, time.now)?;
    port.view.form.requested_foc = Some(crate::ports::clock::text(wanted));
    if port.view.by_hand {
        let named = port.view.moments.foc.as_ref();
        port.hidden.foc_declined = named.and_then(|text| text.parse().ok());
        hand_in::ask(port, request, gaining, HandIn::NewDate);
    }
    calendar::date_gone(port);
    calendar::donor_asked(port, time);
    Ok(())
}
