//! `port-look`: asks the carrier where the order stands, and takes the steps that follow.
use super::look::{Facts, look};
use super::record::Port;
use super::routes::settle;
use super::{PortWorld, change, desk, load, standing};
use crate::ports::carriers::CarrierError;
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus, Porting};
use contract::dossier::OrderStatus;
use contract::port::{Declared, PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::signal::{RequestSignal, SignalName};

/// Looks.
///
/// # Errors
/// [`PortError`].
pub async fn look_up<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let (_, desk) = desk(d, &loaded.port)?;
    let declared = declared(&loaded.port, input.signal.as_ref())?;
    let known = match (&declared, &loaded.port.view.external_id) {
        (Some(declared), _) => Some(declared.clone()),
        (None, Some(id)) if loaded.port.view.submissions > 0 => match desk.port_state(id).await {
            Ok(known) => Some(known),
            // Where people do it by hand the carrier need not know the order by that id.
            Err(CarrierError::NotFound(_)) if loaded.port.view.by_hand => None,
            Err(error) => return Err(error.into()),
        },
        (None, _) => None,
    };
    let facts = Facts {
        carrier: known.as_ref(),
        scheme: desk.scheme(),
    };
    // A signal is heard once, however often this runs.
    let seq = input.signal.as_ref().map(|signal| signal.seq);
    let answer = change(d, &input.request, |port, time| {
        let fresh = input
            .signal
            .as_ref()
            .filter(|_| seq > Some(port.hidden.seen));
        let looked = look(port, &facts, fresh, time)?;
        if let Some(seq) = seq {
            port.hidden.seen = port.hidden.seen.max(seq);
        }
        Ok(standing::answer(port, looked.next, time, looked.says))
    })
    .await?;
    if answer.verdict == PortVerdict::Refused && !desk.by_hand() {
        withdraw(desk, loaded.port.view.external_id.as_deref()).await?;
    }
    settle(d, &input.request, answer).await
}

/// Takes an order back whose end is decided here; one that cannot be cancelled any more has ended there too.
pub(super) async fn withdraw(desk: &impl Porting, id: Option<&str>) -> Result<(), PortError> {
    let Some(id) = id else { return Ok(()) };
    match desk.cancel_port(id).await {
        Ok(()) | Err(CarrierError::Refused(_) | CarrierError::NotFound(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What an operator says that the carrier says, as the carrier would say it.
fn declared(port: &Port, signal: Option<&RequestSignal>) -> Result<Option<CarrierPort>, PortError> {
    let Some(signal) = signal.filter(|signal| {
        signal.name == SignalName::TaskDone && signal.topic.as_deref() == Some("port-donor")
    }) else {
        return Ok(None);
    };
    let bad = |error: serde_json::Error| PortError::BadInput(format!("port-donor: {error}"));
    let told: Declared = serde_json::from_value(signal.data.clone()).map_err(bad)?;
    let status = match told.status.as_str() {
        "rejected" => CarrierStatus::Refused,
        "foc" => CarrierStatus::DateConfirmed,
        "ported" => CarrierStatus::Ported,
        "cancelled" => CarrierStatus::Cancelled,
        // Whatever it looks at, it is with the donor.
        _ if port.view.order == OrderStatus::Submitted => CarrierStatus::InReview,
        _ => CarrierStatus::AtDonor,
    };
    let foc = match told.foc.as_deref() {
        Some(text) => Some(text.parse().map_err(|_| {
            PortError::BadInput("foc: an instant such as 2026-11-20T10:00:00Z".to_owned())
        })?),
        None => port
            .view
            .moments
            .foc
            .as_ref()
            .and_then(|text| text.parse().ok()),
    };
    let activation = |number| match (status, told.failed.contains(number)) {
        (CarrierStatus::Ported, true) => Activation::Failed,
        (CarrierStatus::Ported, false) => Activation::Active,
        _ => Activation::NotYet,
    };
    Ok(Some(CarrierPort {
        id: port.view.external_id.clone().unwrap_or_default(),
        donor: None,
        status,
        codes: told.codes,
        foc,
        on_demand: false,
        lines: port
            .lines
            .iter()
            .map(|line| (line.number.clone(), activation(&line.number)))
            .collect(),
        needs: Vec::new(),
    }))
}
