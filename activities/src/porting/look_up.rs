//! `port-look`: asks the carrier where the order stands, and takes the steps that follow.
use super::look::{Facts, look};
use super::record::Port;
use super::replace::{self, Old};
use super::routes::settle;
use super::there::withdraw;
use super::{PortWorld, change, comments, desk, give_back, hand_in, load, standing};
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
    let mut loaded = load(d, &input.request).await?;
    let (_, desk) = desk(d, &loaded.port)?;
    if let Some(old) = loaded.port.replaced()
        && loaded.port.view.order == OrderStatus::Submitted
    {
        match replace::take_back(desk, old).await? {
            Old::Gone => return replace::stands(d, &input.request, PortVerdict::Submit).await,
            Old::Stays => {}
            Old::Ported => {
                replace::keep(d, &input.request).await?;
                loaded.port.hidden.replaces = false;
            }
        }
    }
    if let Some(id) = &loaded.port.view.external_id
        && loaded.port.is_at_carrier()
    {
        match desk.comments(id).await {
            Ok(told) => comments::take_over(d, &input.request, &loaded.port, &told).await?,
            // What is said beside an order does not hold it up.
            Err(error) => {
                tracing::warn!(%error, request = %input.request, "the carrier's comments")
            }
        }
    }
    let declared = declared(&loaded.port, input.signal.as_ref())?;
    let named = named(&loaded.port, input.signal.as_ref());
    let id = named.or(loaded.port.view.external_id.as_deref());
    let mut unknown = None;
    let known = match (&declared, id) {
        (Some(declared), _) => Some(declared.clone()),
        // What it says of an order that is taken back is said of no order that stands.
        (None, Some(_)) if loaded.port.replaced().is_some() => None,
        (None, Some(id)) if loaded.port.view.submissions > 0 => match desk.port_state(id).await {
            Ok(known) => Some(known),
            // The carrier need not know what people write down as its order's id.
            Err(CarrierError::NotFound(_)) if loaded.port.view.by_hand => {
                unknown = named.map(|id| format!("The carrier shows no order {id}"));
                None
            }
            Err(error) => return Err(error.into()),
        },
        (None, _) => None,
    };
    let facts = Facts {
        carrier: known.as_ref(),
        scheme: desk.scheme(),
        declared: declared.is_some(),
    };
    // A signal is heard once, however often this runs.
    let seq = input.signal.as_ref().map(|signal| signal.seq);
    let answer = change(d, &input.request, |port, time| {
        let fresh = input
            .signal
            .as_ref()
            .filter(|_| seq > Some(port.hidden.seen));
        let (before, to_tell) = (port.view.order, port.to_hand_in());
        let mut looked = look(port, &facts, fresh, time)?;
        // It ends here; whoever handed it in takes it back there.
        if looked.next == PortVerdict::Refused
            && before != OrderStatus::Cancelled
            && desk.by_hand()
            && hand_in::ask_to_withdraw(port, &input.request, &desk.legal_name())
        {
            looked.next = PortVerdict::HandIn;
        }
        // What cancelling had put off is told after all, in its own words.
        if let Some(what) = port.to_hand_in().filter(|what| Some(*what) != to_tell) {
            hand_in::ask(port, &input.request, &desk.legal_name(), what);
        }
        if agreed(before, port, fresh) {
            hand_in::ask_to_confirm(port, &input.request, &desk.legal_name());
            looked.next = PortVerdict::HandIn;
        }
        if fresh.is_some()
            && let Some(unknown) = &unknown
        {
            let says = looked.says.take().into_iter().chain([unknown.clone()]);
            looked.says = Some(says.collect::<Vec<_>>().join(". "));
        }
        if let Some(seq) = seq {
            port.hidden.seen = port.hidden.seen.max(seq);
        }
        Ok(standing::answer(port, looked.next, time, looked.says))
    })
    .await?;
    if answer.verdict == PortVerdict::Refused {
        withdraw(desk, &input.request, &loaded.port).await?;
    }
    let answer = settle(d, &input.request, answer).await?;
    give_back::settle(d, &input.request, answer).await
}

/// Whether the customer has just agreed to a date of a carrier that hears of it by its case alone. A date that is here already needs no word.
fn agreed(before: OrderStatus, port: &Port, signal: Option<&RequestSignal>) -> bool {
    let topic = signal.and_then(|signal| signal.topic.as_deref());
    port.view.by_hand
        && topic == Some("port-date")
        && before == OrderStatus::FocProposed
        && port.view.order == OrderStatus::FocConfirmed
}

/// The order's id that an operator names just now.
fn named<'s>(port: &Port, signal: Option<&'s RequestSignal>) -> Option<&'s str> {
    let signal = signal.filter(|signal| {
        port.view.by_hand
            && signal.name == SignalName::TaskDone
            && signal.topic.as_deref() == Some("port-handin")
    })?;
    signal.data["externalId"].as_str()
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
        "cancel_refused" => went_on(port),
        "in_review" if port.view.order == OrderStatus::CancelPending => {
            CarrierStatus::CancelPending
        }
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
        named: Vec::new(),
        foc,
        on_demand: false,
        changed: None,
        lines: port
            .lines
            .iter()
            .map(|line| (line.number.clone(), activation(&line.number)))
            .collect(),
        needs: Vec::new(),
    }))
}

/// Where an order is that the carrier does not cancel: where it was.
fn went_on(port: &Port) -> CarrierStatus {
    match port.view.resumes {
        Some(OrderStatus::Submitted) => CarrierStatus::InReview,
        Some(
            OrderStatus::FocProposed | OrderStatus::FocConfirmed | OrderStatus::PreCutoverTest,
        ) => CarrierStatus::DateConfirmed,
        _ => CarrierStatus::AtDonor,
    }
}
