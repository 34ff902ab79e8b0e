//! `onboarding-ported`: what has come by the ports of a tenant that is being onboarded.
use crate::porting::record::word;
use crate::ports::Unavailable;
use crate::ports::calls::Shelf;
use crate::ports::requests::{Requests, Which};
use contract::dossier::{NumberStatus, OrderStatus};
use contract::number::status;
use contract::onboarding::{OnboardingError, OnboardingPortedInput, Ported};
use contract::request::{Kind, NumberLine, Party, RequestView};
use contract::{E164, RequestId, TenantId};
use std::collections::{BTreeMap, BTreeSet};

/// Most ports of a tenant that is only just made, running and ended each.
const PAGE: u32 = 100;

/// Looks at the ports that the onboarding has begun, at what they were split into, and at those that the customer has begun since.
///
/// # Errors
/// [`OnboardingError`].
pub async fn ported(
    d: &impl Requests,
    input: OnboardingPortedInput,
) -> Result<Ported, OnboardingError> {
    let unknown = || OnboardingError::BadInput(format!("request: there is no `{}`", input.request));
    let record = Requests::get(d, &input.request).await?;
    let view = record.ok_or_else(unknown)?.view;
    let mut ports = begun_by(d, &view).await?;
    for port in others(d, &input.tenant).await? {
        if ports.iter().all(|known| known.id != port.id) {
            ports.push(port);
        }
    }
    Ok(told(&ports))
}

/// The ports that an onboarding has begun, each followed by what it was split into. Each number is in the line of one: where a part has it,
/// in the part's.
///
/// # Errors
/// [`Unavailable`] if one could not be read.
pub async fn each_once(
    d: &impl Requests,
    onboarding: &RequestView,
) -> Result<Vec<RequestView>, Unavailable> {
    let mut ports = begun_by(d, onboarding).await?;
    leave_to_parts(&mut ports);
    Ok(ports)
}

/// Takes the numbers out of each port that one of its parts has. Pure.
fn leave_to_parts(ports: &mut [RequestView]) {
    let lines = |port: &RequestView| -> Vec<E164> {
        let lines = port.numbers.iter();
        lines.map(|line| line.number.clone()).collect()
    };
    let known: BTreeMap<RequestId, Vec<E164>> = ports
        .iter()
        .map(|port| (port.id.clone(), lines(port)))
        .collect();
    for port in ports {
        for part in ids(port, "children") {
            if let Some(theirs) = known.get(&part) {
                port.numbers.retain(|line| !theirs.contains(&line.number));
            }
        }
    }
}

/// The ports that an onboarding has begun, each followed by what it was split into.
///
/// # Errors
/// [`Unavailable`] if one could not be read.
async fn begun_by(
    d: &impl Requests,
    onboarding: &RequestView,
) -> Result<Vec<RequestView>, Unavailable> {
    let (mut ports, mut seen) = (Vec::new(), BTreeSet::new());
    let mut todo = ids(onboarding, "ports");
    todo.reverse();
    while let Some(id) = todo.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        if let Some(record) = Requests::get(d, &id).await? {
            todo.extend(ids(&record.view, "children").into_iter().rev());
            ports.push(record.view);
        }
    }
    Ok(ports)
}

/// Requests that a request's details name.
fn ids(view: &RequestView, field: &str) -> Vec<RequestId> {
    serde_json::from_value(view.details[field].clone()).unwrap_or_default()
}

async fn others(d: &impl Requests, tenant: &TenantId) -> Result<Vec<RequestView>, Unavailable> {
    let mut found = Vec::new();
    for shelf in [Shelf::Live, Shelf::Log] {
        let which = Which::OfTenant {
            tenant: tenant.clone(),
            kind: Kind::PortIn,
            shelf,
        };
        let page = Requests::list(d, &which, PAGE, None).await?;
        found.extend(page.records.into_iter().map(|record| record.view));
    }
    Ok(found)
}

/// How far a port is with its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// They have still to come.
    UnderWay,
    /// They are here and were called, though some may still go back.
    Here,
    /// It is over.
    Over,
}

fn stage(port: &RequestView) -> Stage {
    let order: Option<OrderStatus> = serde_json::from_value(port.details["order"].clone()).ok();
    if !port.is_open() {
        Stage::Over
    } else if matches!(
        order,
        Some(OrderStatus::Ported | OrderStatus::SnapbackWindow | OrderStatus::Closed)
    ) {
        Stage::Here
    } else {
        Stage::UnderWay
    }
}

/// Whether its numbers are in its parts: it was split, or taken back while it was.
fn is_in_parts(port: &RequestView) -> bool {
    let was_split = port.details["order"] == word(OrderStatus::Split).as_str();
    was_split || (!port.is_open() && !ids(port, "children").is_empty())
}

/// Those of its numbers that the check refused: they went into no part.
fn refused(port: &RequestView) -> impl Iterator<Item = &E164> {
    let refused = word(NumberStatus::NotPortable);
    let lines = port.numbers.iter();
    lines
        .filter(move |line| line.status == refused)
        .map(|line| &line.number)
}

/// How many of these ports have still to bring their numbers: one that is being split does so by its parts, once one of them has begun.
fn open(under_way: &[&RequestView]) -> u32 {
    let by_parts = |port: &&&RequestView| {
        let parts = ids(port, "children");
        under_way.iter().any(|part| parts.contains(&part.id))
    };
    let all = under_way.iter().filter(|port| !by_parts(port));
    u32::try_from(all.count()).unwrap_or(u32::MAX)
}

/// What of all of them there is. A number that several ports have counts once: it is here if one has brought it, and missing if none has
/// and none that is under way has it. Pure.
fn told(ports: &[RequestView]) -> Ported {
    let here = [word(NumberStatus::Active), word(NumberStatus::Verified)];
    let (mut had, mut lost): (Vec<E164>, BTreeSet<&E164>) = (Vec::new(), BTreeSet::new());
    let mut under_way: Vec<&RequestView> = Vec::new();
    for port in ports {
        if is_in_parts(port) {
            lost.extend(refused(port));
            continue;
        }
        let at = stage(port);
        if at == Stage::UnderWay {
            under_way.push(port);
            continue;
        }
        for line in &port.numbers {
            if !here.contains(&line.status) {
                if at == Stage::Over {
                    lost.insert(&line.number);
                }
            } else if !had.contains(&line.number) {
                had.push(line.number.clone());
            }
        }
    }
    let comes = |number: &E164| {
        let mut lines = under_way.iter().flat_map(|port| &port.numbers);
        lines.any(|line| line.number == *number)
    };
    lost.retain(|number| !had.contains(number) && !comes(number));
    let short = u32::try_from(lost.len()).unwrap_or(u32::MAX);
    let open = open(&under_way);
    // Whose turn it is counts first where it is a person's.
    let of = |party: Party| under_way.iter().find(|port| port.owner == party);
    let first = of(Party::Customer)
        .or_else(|| of(Party::Operator))
        .or(under_way.first());
    let (owner, next_action, says) = match first {
        Some(port) => {
            let next_action = match port.owner {
                Party::Customer | Party::Operator => format!("In the port: {}", port.next_action),
                Party::Carrier | Party::Platform => "Wait for the port".to_owned(),
            };
            let last = port.timeline.last().map(|entry| entry.text.clone());
            (port.owner, next_action, last.unwrap_or_default())
        }
        None => (
            Party::Customer,
            "Begin another port, go live without, or take the onboarding back".to_owned(),
            "None of the numbers came".to_owned(),
        ),
    };
    let says = if had.is_empty() {
        says
    } else {
        format!("{} ported in", crate::number::counted(had.len(), ""))
    };
    let numbers = had.iter().map(|number| NumberLine {
        number: number.clone(),
        status: status::ACTIVE.to_owned(),
        reason: None,
    });
    Ported {
        open,
        numbers: numbers.collect(),
        had,
        short,
        owner,
        next_action,
        says,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Begun, RequestRecord};
    use contract::request::Outcome;
    use serde_json::{Value, json};

    const FIRST: &str = "+41445552000";
    const SECOND: &str = "+41445552001";

    /// A port whose order is there, with what its numbers are.
    fn port(id: &str, order: &str, lines: &[(&str, &str)], owner: Party) -> RequestView {
        let line = |(number, status): &(&str, &str)| NumberLine {
            number: E164::parse(number).unwrap(),
            status: (*status).to_owned(),
            reason: None,
        };
        let begun = Begun {
            id: id.into(),
            kind: Kind::PortIn,
            tenant: "t-1".into(),
            person: None,
            title: String::new(),
            details: json!({ "order": order }),
            numbers: lines.iter().map(line).collect(),
            hidden: Value::Null,
        };
        let mut view = RequestRecord::new(begun, jiff::Timestamp::UNIX_EPOCH).view;
        view.owner = owner;
        view.next_action = "Sign the letter of authorisation".to_owned();
        view
    }

    fn over(mut view: RequestView, outcome: Outcome) -> RequestView {
        (view.ended_at, view.outcome) = (Some(view.begun_at.clone()), Some(outcome));
        view
    }

    #[test]
    fn a_number_counts_once_its_port_is_through_with_its_calls() {
        let lines = [(FIRST, "active"), (SECOND, "failed")];
        for (order, count) in [("activating", 0), ("verifying", 0), ("snapback_window", 1)] {
            let seen = told(&[port("p-1", order, &lines, Party::Platform)]);
            assert_eq!((seen.had.len(), seen.short), (count, 0), "{order}");
            assert_eq!(seen.open, u32::from(count == 0), "{order}");
            assert_eq!(seen.numbers.len(), count);
        }
        let ended = over(
            port("p-1", "closed", &lines, Party::Platform),
            Outcome::Partial,
        );
        let seen = told(&[ended]);
        assert_eq!((seen.open, seen.had.len(), seen.short), (0, 1, 1));
        assert_eq!(seen.says, "1 number ported in");
    }

    #[test]
    fn whose_turn_it_is_in_a_port_is_told() {
        let waits = port(
            "p-1",
            "donor_review",
            &[(FIRST, "submitted")],
            Party::Carrier,
        );
        let seen = told(std::slice::from_ref(&waits));
        let wait = (Party::Carrier, "Wait for the port");
        assert_eq!((seen.owner, seen.next_action.as_str()), wait);
        let lines = [(SECOND, "portable")];
        let signs = port("p-2", "waiting_for_signature", &lines, Party::Customer);
        let seen = told(&[waits, signs]);
        let sign = "In the port: Sign the letter of authorisation";
        assert_eq!(
            (seen.owner, seen.next_action.as_str()),
            (Party::Customer, sign)
        );
        assert_eq!(seen.open, 2);
    }

    #[test]
    fn one_that_was_split_is_its_parts() {
        let lines = [(FIRST, "waiting"), (SECOND, "waiting")];
        let whole = over(port("p-1", "split", &lines, Party::Platform), Outcome::Done);
        let part = port("p-1-1", "closed", &[(FIRST, "verified")], Party::Platform);
        let other = port(
            "p-1-2",
            "donor_review",
            &[(SECOND, "submitted")],
            Party::Carrier,
        );
        let seen = told(&[whole, over(part, Outcome::Done), other]);
        assert_eq!((seen.open, seen.had.len(), seen.short), (1, 1, 0));
    }

    #[test]
    fn what_the_check_refused_of_one_that_was_split_is_missing() {
        let lines = [(FIRST, "waiting"), (SECOND, "not_portable")];
        let whole = over(port("p-1", "split", &lines, Party::Platform), Outcome::Done);
        let part = port("p-1-1", "closed", &[(FIRST, "verified")], Party::Platform);
        let seen = told(&[whole, over(part, Outcome::Done)]);
        assert_eq!((seen.open, seen.had.len(), seen.short), (0, 1, 1));
    }

    #[test]
    fn one_that_is_taken_back_while_it_is_split_counts_once() {
        let lines = [(FIRST, "cancelled"), (SECOND, "cancelled")];
        let mut whole = port("p-1", "cancelled", &lines, Party::Platform);
        whole.details["children"] = json!(["p-1-1", "p-1-2"]);
        let part = |id: &str, line| {
            let part = port(id, "cancelled", &[line], Party::Platform);
            over(part, Outcome::Cancelled)
        };
        let parts = [part("p-1-1", lines[0]), part("p-1-2", lines[1])];
        let [first, second] = parts.clone();
        let seen = told(&[over(whole.clone(), Outcome::Cancelled), first, second]);
        assert_eq!((seen.open, seen.had.len(), seen.short), (0, 0, 2));
        // It is under way as long as it is open.
        whole.details["order"] = json!("checking_portability");
        let [first, second] = parts;
        let seen = told(&[whole, first, second]);
        assert_eq!(seen.open, 1);
    }

    #[test]
    fn one_that_is_being_split_and_its_parts_count_once() {
        let lines = [(FIRST, "waiting"), (SECOND, "waiting")];
        let mut whole = port("p-1", "checking_portability", &lines, Party::Operator);
        whole.details["children"] = json!(["p-1-1", "p-1-2"]);
        whole.next_action = "Look why the split failed".to_owned();
        let part = |id: &str, line| port(id, "collecting", &[line], Party::Platform);
        let parts = [part("p-1-1", lines[0]), part("p-1-2", lines[1])];
        // The second has not begun.
        for (begun, open, left) in [(0, 1, 2), (1, 1, 1), (2, 2, 0)] {
            let mut ports = vec![whole.clone()];
            ports.extend(parts[..begun].iter().cloned());
            let seen = told(&ports);
            assert_eq!((seen.open, seen.short), (open, 0), "{begun} have begun");
            // Who is asked about the split is told still.
            assert_eq!(seen.owner, Party::Operator);
            leave_to_parts(&mut ports);
            assert_eq!(ports[0].numbers.len(), left);
            let all: Vec<_> = ports.iter().flat_map(|port| &port.numbers).collect();
            assert_eq!(all.len(), 2, "{all:?}");
        }
    }

    #[test]
    fn a_number_that_another_port_brings_is_not_missing() {
        let never_ran = port("p-1-1", "failed", &[(FIRST, "waiting")], Party::Platform);
        let never_ran = over(never_ran, Outcome::Failed);
        for (order, had) in [("donor_review", 0), ("snapback_window", 1)] {
            let anew = port("p-1-1r", order, &[(FIRST, "active")], Party::Carrier);
            let seen = told(&[never_ran.clone(), anew]);
            assert_eq!((seen.had.len(), seen.short), (had, 0), "{order}");
        }
        assert_eq!(told(&[never_ran]).short, 1);
    }

    #[test]
    fn when_none_came_the_customer_decides() {
        let none = over(
            port(
                "p-1",
                "not_portable",
                &[(FIRST, "not_portable")],
                Party::Customer,
            ),
            Outcome::Rejected,
        );
        let seen = told(&[none]);
        assert_eq!((seen.open, seen.had.len(), seen.short), (0, 0, 1));
        assert_eq!(
            (seen.owner, seen.says.as_str()),
            (Party::Customer, "None of the numbers came")
        );
    }
}
