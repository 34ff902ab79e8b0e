//! `port-split`: a port of its own for each country, type and losing carrier.
use super::check::Found;
use super::record::{Hidden, Part};
use super::{PortWorld, change, check, desk, load, standing, time};
use crate::ports::porting::Porting;
use crate::request::begin::{BeginError, begin};
use crate::request::{Begun, Letter, shell};
use contract::RequestId;
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict, PortView};
use contract::request::signal::SignalName;
use contract::request::{Kind, NumberLine};
use serde_json::{Value, json};

/// What makes the parts' submission one signal.
const KEY: &str = "submitted-with-its-parent";

/// What each part is made of. Kept before anything is done with it: the carrier's orders are put under the parts' ids one by one, and
/// whoever asked it again in between would not find them all.
pub(super) fn planned(found: &Found) -> Vec<Part> {
    let parts = found.split.parts.iter();
    parts
        .map(|part| {
            let orders = found.orders.iter();
            let orders = orders.filter(|order| {
                let mut lines = order.lines.iter();
                lines.any(|(number, _)| part.numbers.contains(number))
            });
            Part {
                country: part.country.clone(),
                numbers: part.numbers.clone(),
                orders: orders.map(|order| order.id.clone()).collect(),
            }
        })
        .collect()
}

/// Begins the parts under ids that follow from the parent's, hands each what belongs to it, and submits it. Run again, it goes on where it
/// stopped.
///
/// # Errors
/// [`PortError`].
pub async fn split_up<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let parent = &loaded.port;
    // All of it was done before, and the answer was lost.
    if !parent.view.children.is_empty() {
        return Ok(standing::answer(
            parent,
            PortVerdict::SplitUp,
            time(d),
            None,
        ));
    }
    let (carrier, desk) = desk(d, parent)?;
    let parts = if parent.hidden.parts.is_empty() {
        // A port of before the parts were kept.
        planned(&check::ask(d, &input.request, parent).await?)
    } else {
        parent.hidden.parts.clone()
    };
    let mut children = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let id = RequestId(format!("{}-{}", input.request, at + 1));
        for order in &part.orders {
            desk.rename_port(order, id.as_str()).await?;
        }
        let mut view = PortView::draft(parent.view.form.clone());
        view.parent = Some(input.request.clone());
        view.carrier = Some(carrier.clone());
        let line = |number: &contract::E164| NumberLine {
            number: number.clone(),
            status: "waiting".to_owned(),
            reason: None,
        };
        let begun = Begun {
            id: id.clone(),
            kind: Kind::PortIn,
            tenant: loaded.tenant.clone(),
            person: None,
            title: format!("{} numbers of {}", part.numbers.len(), part.country),
            details: json!(view),
            numbers: part.numbers.iter().map(line).collect(),
            hidden: json!(Hidden {
                pin: parent.hidden.pin.clone(),
                ..Hidden::default()
            }),
        };
        begin(d, begun).await.map_err(|error| match error {
            BeginError::Unavailable(error) => error.into(),
            BeginError::Refused(why) => PortError::Refused(why),
        })?;
        let letter = Letter {
            key: KEY.to_owned(),
            name: SignalName::TaskDone,
            topic: Some("port-order".to_owned()),
            person: None,
            data: Value::Null,
        };
        shell::deliver(d, &id, &letter).await?;
        children.push(id);
    }
    change(d, &input.request, |port, time| {
        port.view.children.clone_from(&children);
        port.hidden.pin = None;
        port.hidden.parts.clear();
        let says = format!("Split into {} ports", children.len());
        Ok(standing::answer(
            port,
            PortVerdict::SplitUp,
            time,
            Some(says),
        ))
    })
    .await
}
