//! `onboarding-port`: the numbers that a customer has elsewhere are asked for, a port for each of those wished.
//!
//! Each begins as one of `POST /v1/ports` does, and is submitted at once: its dossier is approved. What is left is its customer's to do, the
//! signature of the letter first.
use super::order::own_dossier;
use super::{asked, port_id};
use crate::number::counted;
use crate::porting::draft::{drafted, line};
use crate::porting::record::{Hidden, Port};
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::onboardings::{Onboarding, Onboardings};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::begin::begin;
use crate::request::{Letter, shell};
use contract::RequestId;
use contract::dossier::Dossier;
use contract::number::api::AssignNumber;
use contract::onboarding::api::{PortRings, PortWish};
use contract::onboarding::{OnboardingError, OnboardingPortInput, PortsBegun};
use contract::port::{PortForm, PortView};
use contract::request::signal::SignalName;
use contract::routing::Target;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What makes the ports' submission one signal.
const KEY: &str = "submitted-with-its-onboarding";

/// What only the system knows of an onboarding that is to begin ports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pins {
    /// The PIN of each port at the losing provider, in the order asked for. Each goes into its port, and is forgotten here then.
    #[serde(default)]
    pub pins: Vec<Option<String>>,
}

/// Takes the PINs out of what was asked for: they are kept with the request's other secrets, and shown to nobody.
pub fn take_pins(wishes: &mut [PortWish]) -> Value {
    let pins: Vec<_> = wishes.iter_mut().map(|wish| wish.pin.take()).collect();
    if pins.iter().all(Option::is_none) {
        return Value::Null;
    }
    json!(Pins { pins })
}

/// Begins each port once and submits it.
///
/// # Errors
/// [`OnboardingError`]; run again, it goes on where it stopped.
pub async fn port(
    d: &(impl Onboardings + Dossiers + Requests + Workflows + Clock),
    input: OnboardingPortInput,
) -> Result<PortsBegun, OnboardingError> {
    let onboarding = asked(d, &input.request).await?;
    let none = || OnboardingError::BadInput("dossier: the onboarding has none".to_owned());
    let dossier = d.dossier(&own_dossier(&input.request)).await?;
    // While it is renewed, the losing provider is told what is approved.
    let dossier = dossier.ok_or_else(none)?.relied_on(d.now()).view.dossier;
    let known = Requests::get(d, &input.request).await?;
    let hidden = known.map(|record| record.hidden).unwrap_or_default();
    let Pins { pins } = serde_json::from_value(hidden).unwrap_or_default();
    let mut ports = Vec::new();
    let mut numbers = 0;
    for (at, wish) in onboarding.wish.ports.iter().enumerate() {
        let id = port_id(&input.request, at);
        let pin = pins.get(at).cloned().flatten();
        let port = wished(&onboarding, wish, &dossier, pin);
        numbers += port.lines.len();
        begin(d, drafted(id.clone(), input.tenant.clone(), None, &port)).await?;
        let letter = Letter {
            key: KEY.to_owned(),
            name: SignalName::TaskDone,
            topic: Some("port-order".to_owned()),
            person: None,
            data: Value::Null,
        };
        shell::deliver(d, &id, &letter).await?;
        ports.push(id);
    }
    let noted = Requests::update(d, &input.request, |record| {
        record.hidden = Value::Null;
        record.view.details["ports"] = json!(ports);
    });
    noted.await?;
    Ok(PortsBegun {
        ports,
        says: format!("{} asked for at the losing provider", counted(numbers, "")),
    })
}

/// A port as it was wished for. Pure.
fn wished(
    onboarding: &Onboarding,
    wish: &PortWish,
    dossier: &Dossier,
    pin: Option<String>,
) -> Port {
    let person = Target::Person(onboarding.person.clone());
    let form = PortForm {
        dossier: Some(dossier.clone()),
        port_type: wish.port_type,
        remaining: wish.remaining,
        new_billing_number: wish.new_billing_number.clone(),
        requested_foc: None,
        language: wish.language.clone(),
        carrier: wish.carrier.clone(),
        rings: match wish.rings {
            PortRings::Administrator => Some(AssignNumber::to(Some(person))),
            PortRings::Nobody => None,
        },
    };
    let mut view = PortView::draft(form);
    // It is told when the port ends.
    view.parent = Some(onboarding.request.clone());
    Port {
        view,
        lines: wish.numbers.iter().map(line).collect(),
        hidden: Hidden {
            pin,
            ..Hidden::default()
        },
    }
}

/// Forgets the PINs of an onboarding that begins no ports any more.
pub(super) async fn forget_pins(d: &impl Requests, request: &RequestId) -> Result<(), Unavailable> {
    let known = Requests::get(d, request).await?;
    if known.is_some_and(|record| !record.hidden.is_null()) {
        Requests::update(d, request, |record| record.hidden = Value::Null).await?;
    }
    Ok(())
}
