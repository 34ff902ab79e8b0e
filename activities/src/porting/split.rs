//! `port-split`: a port of its own for each country, type and losing carrier.
use super::record::Hidden;
use super::{PortWorld, change, check, desk, load, standing};
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

/// Begins the parts under ids that follow from the parent's, hands each what belongs to it, and submits it. Run again, it goes on where it
/// stopped.
///
/// # Errors
/// [`PortError`].
pub async fn split_up<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let parent = &loaded.port;
    let (_, desk) = desk(d, parent)?;
    let found = check::ask(d, &input.request, parent).await?;
    let mut children = Vec::new();
    for (at, part) in found.split.parts.iter().enumerate() {
        let id = RequestId(format!("{}-{}", input.request, at + 1));
        for order in &found.orders {
            if order
                .lines
                .iter()
                .any(|(number, _)| part.numbers.contains(number))
            {
                desk.rename_port(&order.id, id.as_str()).await?;
            }
        }
        let mut view = PortView::draft(parent.view.form.clone());
        view.parent = Some(input.request.clone());
        view.carrier = Some(found.carrier.clone());
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
