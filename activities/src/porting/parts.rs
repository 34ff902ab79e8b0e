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

/// What is put to a part's name, with a number, when it is named anew: the names themselves are hexadecimal.
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
            part.child = next_name(&part.child);
            part.orders.clear();
        }
    }
}

/// The name after this one, which is as long however often a part is named: `…r1`, `…r2`. Before they were numbered they were `…r`, `…rr`.
fn next_name(child: &RequestId) -> RequestId {
    let name = child.as_str();
    let tail = name.rfind('-').map_or(0, |dash| dash + 1);
    let end = name[tail..].find(ANEW).map_or(name.len(), |at| tail + at);
    let (own, added) = name.split_at(end);
    let number = added.trim_start_matches(ANEW).parse();
    let times: usize = number.unwrap_or(added.len());
    RequestId(format!("{own}{ANEW}{}", times + 1))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_as_long_however_often_a_part_is_named_anew() {
        let next = |name: &str| next_name(&RequestId::from(name)).0;
        for (name, anew) in [
            ("pi-rr-0a1b2c3d4e", "pi-rr-0a1b2c3d4er1"),
            ("pi-rr-0a1b2c3d4er1", "pi-rr-0a1b2c3d4er2"),
            ("pi-rr-0a1b2c3d4er9", "pi-rr-0a1b2c3d4er10"),
            // As they were named before.
            ("pi-rr-0a1b2c3d4er", "pi-rr-0a1b2c3d4er2"),
            ("pi-rr-0a1b2c3d4errr", "pi-rr-0a1b2c3d4er4"),
        ] {
            assert_eq!(next(name), anew);
        }
        let mut name = "pi-0123456789abcdef-0a1b2c3d4e".to_owned();
        for _ in 0..1_000 {
            name = next(&name);
        }
        assert!(name.ends_with("r1000") && name.len() < 40, "{name}");
    }
}
