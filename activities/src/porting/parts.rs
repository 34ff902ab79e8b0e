//! What a port is split into: a part for each country, type and order that the carrier made. Pure: every part's port has an id that
//! follows from the port's own and from what the part is of, so that whoever looks comes to the same.
use super::Loaded;
use super::record::{Hidden, Part, Port, word};
use crate::people::sha256_hex;
use crate::ports::porting::CarrierPort;
use crate::request::{Begun, RequestRecord};
use compliance::porting::Part as Group;
use contract::dossier::{NumberStatus, OrderStatus};
use contract::port::PortView;
use contract::request::end::RequestEndInput;
use contract::request::{Kind, NumberLine, Outcome};
use contract::{CarrierId, E164, RequestId};
use jiff::Timestamp;
use serde_json::json;

/// Characters of a part's name: forty bits, for at most 500 parts. What a part begins adds its own to it, and 80 are allowed.
const NAME_CHARS: usize = 10;

/// The parts of a port. An order of the carrier's goes to the part that has all of its numbers; one that is of no such part, because it
/// has numbers of several or of none, is in no part's list: it is taken back, and its numbers' parts make orders of their own.
pub(super) fn plan(request: &RequestId, groups: &[Group], orders: &[CarrierPort]) -> Vec<Part> {
    let part = |group: &Group| {
        let order = orders.iter().find(|order| is_of(order, group));
        Part {
            child: child_of(request, group),
            country: group.country.clone(),
            numbers: group.numbers.clone(),
            orders: order.map(|order| order.id.clone()).into_iter().collect(),
        }
    };
    groups.iter().map(part).collect()
}

/// The carrier's orders that are in no part's list.
pub(super) fn of_none(planned: &[Part], orders: &[CarrierPort]) -> Vec<String> {
    let ids = orders.iter().map(|order| &order.id);
    let of_none = ids.filter(|id| !planned.iter().any(|part| part.orders.contains(id)));
    of_none.cloned().collect()
}

/// What is put to a part's name each time that it is named anew: no name of a part ends so.
const ANEW: char = 'r';

/// Whether a port has ended before it began, because its workflow was refused.
pub(super) fn never_ran(record: &RequestRecord) -> bool {
    let view = &record.view;
    view.outcome == Some(Outcome::Failed) && view.execution.is_none() && record.round == 0
}

/// Gives parts that never ran other names. Their orders were taken away: each makes its own.
pub(super) fn name_anew(planned: &mut [Part], refused: &[RequestId]) {
    for part in planned {
        if refused.contains(&part.child) {
            part.child.0.push(ANEW);
            part.orders.clear();
        }
    }
}

/// Whether an order is the one that the group was made by, and has no numbers beside.
fn is_of(order: &CarrierPort, group: &Group) -> bool {
    let mut lines = order.lines.iter();
    group.carrier.as_ref() == Some(&order.id)
        && lines.all(|(number, _)| group.numbers.contains(number))
}

/// The id of a part's port.
fn child_of(request: &RequestId, group: &Group) -> RequestId {
    let kind = word(group.number_type);
    let order = group.carrier.as_deref().unwrap_or_default();
    let digest = sha256_hex(&format!("{}/{kind}/{order}", group.country));
    let name: String = digest.chars().take(NAME_CHARS).collect();
    RequestId(format!("{request}-{name}"))
}

/// A part as it begins: what the customer said, and its numbers. Its order at the carrier is its own from the beginning, so that whoever
/// takes it back then takes that back too.
pub(super) fn begun(
    request: &RequestId,
    parent: &Loaded,
    carrier: &CarrierId,
    part: &Part,
) -> Begun {
    let mut view = PortView::draft(parent.port.view.form.clone());
    view.order = OrderStatus::CheckingPortability;
    view.parent = Some(request.clone());
    view.carrier = Some(carrier.clone());
    let line = |number: &E164| NumberLine {
        number: number.clone(),
        status: word(NumberStatus::Waiting),
        reason: None,
    };
    Begun {
        id: part.child.clone(),
        kind: Kind::PortIn,
        tenant: parent.tenant.clone(),
        person: None,
        title: format!("{} numbers of {}", part.numbers.len(), part.country),
        details: json!(view),
        numbers: part.numbers.iter().map(line).collect(),
        hidden: json!(Hidden {
            pin: parent.port.hidden.pin.clone(),
            ..Hidden::default()
        }),
    }
}

/// A part that is taken back before it has begun. It has ended, so that nobody can begin it any more.
pub(super) fn never_begun(mut part: Begun, now: Timestamp) -> RequestRecord {
    part.hidden = json!(Hidden::default());
    for line in &mut part.numbers {
        line.status = word(NumberStatus::Cancelled);
    }
    let mut record = RequestRecord::new(part, now);
    let end = RequestEndInput {
        request: record.view.id.clone(),
        outcome: Outcome::Cancelled,
        status: "cancelled".to_owned(),
        says: "Taken back before it had begun".to_owned(),
        numbers: Vec::new(),
        details: json!({ "order": OrderStatus::Cancelled }),
    };
    record.end(&end, now);
    record
}

/// The port is taken back with its parts: those that had begun end by themselves.
pub(super) fn taken_back(port: &mut Port) {
    let parts = std::mem::take(&mut port.hidden.parts);
    port.hidden.orphans.clear();
    if !parts.is_empty() {
        port.view.children = parts.into_iter().map(|part| part.child).collect();
    }
}
