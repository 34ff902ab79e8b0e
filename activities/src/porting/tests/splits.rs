//! A port that is split: whatever point it dies at, it comes to the same parts, or is taken back with all of them.
use super::looks::{monday, number, port, time};
use super::signals::done;
use super::town::{CARRIER, Town};
use crate::porting::check::candidate;
use crate::porting::record::Port;
use crate::porting::{cancel, check, parts, split};
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus, Porting};
use crate::ports::requests::Requests;
use crate::request::{Begun, Letter, begin, shell};
use crate::rules;
use compliance::porting::{Candidate, split as grouped};
use contract::dossier::{NumberStatus as Here, OrderStatus as At};
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict as Next};
use contract::request::signal::{RequestSignal, SignalName};
use contract::request::{Kind, Outcome};
use contract::{E164, RequestId};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NUMBERS: usize = 6;
/// The carrier's orders of the port, two of them of one losing carrier.
const ORDERS: [(&str, &str, &[usize]); 3] = [
    ("x-1", "Alpenfon", &[0, 2]),
    ("x-2", "Alpenfon", &[4]),
    ("x-3", "Bergtel", &[1, 3, 5]),
];

fn input(id: &str) -> PortInput {
    PortInput {
        request: id.into(),
        signal: None,
    }
}

fn order(id: &str, donor: &str, numbers: Vec<E164>) -> CarrierPort {
    let lines = numbers.into_iter();
    CarrierPort {
        id: id.to_owned(),
        donor: Some(donor.to_owned()),
        status: CarrierStatus::Draft,
        changed: None,
        codes: Vec::new(),
        named: Vec::new(),
        foc: None,
        on_demand: false,
        lines: lines.map(|number| (number, Activation::NotYet)).collect(),
        needs: Vec::new(),
    }
}

/// A draft of six numbers, of which the carrier makes three orders when it is asked.
async fn draft(town: &Town, id: &str) {
    {
        let mut known = town.carrier();
        (known.dies_after, known.ports) = (None, Vec::new());
        known.keys.clear();
        known.cancelled.clear();
        for (order_id, donor, of) in ORDERS {
            let numbers = of.iter().map(|at| number(*at)).collect();
            known.ports.push(order(order_id, donor, numbers));
            known.keys.insert(order_id.to_owned(), id.to_owned());
        }
    }
    let mut port = port(At::Draft, Here::Waiting, NUMBERS);
    port.view.carrier = Some(CARRIER.into());
    (port.view.external_id, port.view.submissions) = (None, 0);
    port.hidden.pin = Some("4711".to_owned());
    let dossier = json!({
        "id": "d-1", "version": 1, "tenant": "t-1", "kind": "business", "endUser": {},
    });
    port.view.form.dossier = Some(serde_json::from_value(dossier).unwrap());
    let begun = Begun {
        id: id.into(),
        kind: Kind::PortIn,
        tenant: crate::seed::sample::TENANT.into(),
        person: None,
        title: "Six numbers".to_owned(),
        details: json!(port.view),
        numbers: port.lines,
        hidden: json!(port.hidden),
    };
    begin::begin(town, begun).await.unwrap();
}

/// The port of most of these tests.
const PORT: &str = "pi-1";

/// A town with a port that was checked: what it is split into is planned, and nothing of it is done.
async fn planned() -> Town {
    let town = Town::new().await;
    draft(&town, PORT).await;
    check::check(&town, input(PORT)).await.unwrap();
    town
}

/// The same, of a carrier that has one of the numbers in a second order, of an earlier try.
async fn planned_with_an_order_of_no_part() -> Town {
    let town = Town::new().await;
    draft(&town, PORT).await;
    let twice = order("x-9", "Alpenfon", vec![number(0)]);
    {
        let mut known = town.carrier();
        known.ports.push(twice);
        known.keys.insert("x-9".to_owned(), PORT.to_owned());
    }
    check::check(&town, input(PORT)).await.unwrap();
    town
}

async fn now(town: &Town, id: &str) -> Port {
    Port::of(&town.record(id).await.unwrap()).unwrap()
}

/// The check and the split, as the workflow has them one after the other.
async fn both(town: &Town, id: &str) -> Result<PortAnswer, PortError> {
    let checked = check::check(town, input(id)).await?;
    assert_eq!(checked.verdict, Next::SplitUp);
    split::split_up(town, input(id)).await
}

/// What the carrier has under an id.
async fn orders(town: &Town, id: &str) -> Vec<CarrierPort> {
    town.desk.find_ports(id).await.unwrap()
}

/// The signals that wait for a port.
async fn waiting(town: &Town, id: &str) -> Vec<SignalName> {
    let record = town.record(id).await.unwrap();
    record.inbox.pending().map(|signal| signal.name).collect()
}

async fn wants_it_back(town: &Town, id: &str) {
    let letter = Letter {
        key: "k-1".to_owned(),
        name: SignalName::RequestCancel,
        topic: None,
        person: None,
        data: Value::Null,
    };
    shell::deliver(town, &id.into(), &letter).await.unwrap();
}

/// Holds a port that was split against its parts: each number and each order is in one, and each was submitted once. Gives the parts'
/// names.
async fn whole(town: &Town, id: &str) -> Vec<String> {
    let parent = now(town, id).await;
    assert_eq!(parent.view.order, At::Split);
    assert!(parent.hidden.parts.is_empty() && parent.hidden.pin.is_none());
    assert!(orders(town, id).await.is_empty());
    let (mut numbers, mut names) = (Vec::new(), Vec::new());
    for child in &parent.view.children {
        let record = town.record(child.as_str()).await.unwrap();
        assert!(record.view.execution.is_some());
        assert_eq!(waiting(town, child.as_str()).await, [SignalName::TaskDone]);
        let part = Port::of(&record).unwrap();
        assert_eq!(part.view.parent, Some(id.into()));
        assert_eq!(part.hidden.pin.as_deref(), Some("4711"));
        let own: Vec<E164> = part.lines.into_iter().map(|line| line.number).collect();
        let ordered = orders(town, child.as_str()).await;
        let ordered = ordered.iter().flat_map(|order| &order.lines);
        let ordered: Vec<E164> = ordered.map(|(number, _)| number.clone()).collect();
        assert_eq!(own, ordered);
        numbers.extend(own);
        names.push(child.as_str().strip_prefix(id).unwrap().to_owned());
    }
    numbers.sort();
    assert_eq!(numbers, (0..NUMBERS).map(number).collect::<Vec<_>>());
    names
}

#[tokio::test]
async fn wherever_a_split_dies_it_comes_to_the_same_parts() {
    let town = Town::new().await;
    draft(&town, "pi-0").await;
    both(&town, "pi-0").await.unwrap();
    let names = whole(&town, "pi-0").await;
    assert_eq!(names.len(), ORDERS.len());
    for effects in 0.. {
        let id = format!("pi-after-{effects}");
        draft(&town, &id).await;
        town.carrier().dies_after = Some(effects);
        let got_through = both(&town, &id).await.is_ok();
        town.carrier().dies_after = None;
        // Tried again, redriven, and once more after the answer was lost.
        for _ in 0..2 {
            assert_eq!(both(&town, &id).await.unwrap().verdict, Next::SplitUp);
            assert_eq!(whole(&town, &id).await, names, "died after {effects}");
        }
        if got_through {
            assert!(effects > 10, "it has died at {effects} points only");
            break;
        }
    }
}

/// How a port ends that does not go on.
#[derive(Debug, Clone, Copy)]
enum Ends {
    /// Its customer takes it back.
    TakenBack,
    /// Nobody answered in time.
    Lapsed,
}

impl Ends {
    async fn once(self, town: &Town, id: &str) -> Result<PortAnswer, PortError> {
        match self {
            Self::TakenBack => cancel::cancel(town, input(id)).await,
            Self::Lapsed => cancel::lapse(town, input(id)).await,
        }
    }

    /// Dies at every point until it gets through.
    async fn at_last(self, town: &Town, id: &str) -> PortAnswer {
        let mut patience = 0;
        let answer = loop {
            town.carrier().dies_after = Some(patience);
            match self.once(town, id).await {
                Ok(answer) => break answer,
                Err(error) => {
                    assert!(patience < 100, "{error}");
                    patience += 1;
                }
            }
        };
        town.carrier().dies_after = None;
        answer
    }

    fn verdict(self) -> Next {
        match self {
            Self::TakenBack => Next::Cancelled,
            Self::Lapsed => Next::Expired,
        }
    }
}

#[tokio::test]
async fn wherever_a_split_dies_it_can_be_taken_back_with_every_part_and_every_draft() {
    no_end_leaves_anything(Ends::TakenBack).await;
}

#[tokio::test]
async fn wherever_a_split_dies_it_lapses_with_every_part_and_every_draft() {
    no_end_leaves_anything(Ends::Lapsed).await;
}

async fn no_end_leaves_anything(ends: Ends) {
    let town = Town::new().await;
    // Until its first write nobody has asked the carrier for anything.
    for effects in 1.. {
        let id = format!("pi-after-{effects}");
        draft(&town, &id).await;
        town.carrier().dies_after = Some(effects);
        if both(&town, &id).await.is_ok() {
            assert!(effects > 10, "it has died at {effects} points only");
            break;
        }
        let answer = ends.at_last(&town, &id).await;
        assert_eq!(answer.verdict, ends.verdict(), "died after {effects}");
        assert_eq!(answer.status, At::Cancelled);
        // Asked again after a lost answer, it is the same.
        let again = ends.once(&town, &id).await.unwrap();
        assert_eq!(again.verdict, ends.verdict(), "died after {effects}");
        let parent = now(&town, &id).await;
        assert!(parent.hidden.parts.is_empty());
        // Who comes late finds it ended.
        split::split_up(&town, input(&id)).await.unwrap();
        for child in &parent.view.children {
            let record = town.record(child.as_str()).await.unwrap();
            if !record.view.is_open() {
                assert_eq!(record.view.outcome, Some(Outcome::Cancelled));
                assert_eq!(Port::of(&record).unwrap().view.order, At::Cancelled);
                assert!(record.view.execution.is_none());
                continue;
            }
            let asked = waiting(&town, child.as_str()).await;
            assert!(asked.contains(&SignalName::RequestCancel), "{child}");
            let ended = cancel::cancel(&town, input(child.as_str())).await.unwrap();
            assert_eq!(ended.verdict, Next::Cancelled);
        }
        assert!(town.carrier().ports.is_empty(), "died after {effects}");
    }
}

#[tokio::test]
async fn the_wish_to_take_a_port_back_that_comes_while_it_is_split_reaches_every_part() {
    let town = planned().await;
    wants_it_back(&town, PORT).await;
    Requests::update(&town, &PORT.into(), |record| {
        record.view.actions = vec!["request.cancel".to_owned()];
    })
    .await
    .unwrap();
    let answer = split::split_up(&town, input(PORT)).await.unwrap();
    assert_eq!(answer.verdict, Next::SplitUp);
    let record = town.record(PORT).await.unwrap();
    assert!(
        record.view.actions.is_empty(),
        "nobody hears it from here on"
    );
    for child in now(&town, PORT).await.view.children {
        assert_eq!(
            waiting(&town, child.as_str()).await,
            [SignalName::TaskDone, SignalName::RequestCancel]
        );
    }
}

#[tokio::test]
async fn a_port_that_is_split_ends_its_parts_if_somebody_says_so_and_not_by_being_taken_over() {
    let town = planned().await;
    split::split_up(&town, input(PORT)).await.unwrap();
    let children = now(&town, PORT).await.view.children;
    let taken_over = cancel::cancel(&town, input(PORT)).await.unwrap();
    assert_eq!(
        (taken_over.verdict, taken_over.status),
        (Next::SplitUp, At::Split)
    );
    for child in &children {
        assert_eq!(waiting(&town, child.as_str()).await, [SignalName::TaskDone]);
    }
    let signal = RequestSignal {
        seq: 2,
        ..done("port-help", json!({ "decision": "end" }))
    };
    let ended = PortInput {
        request: PORT.into(),
        signal: Some(signal),
    };
    for _ in 0..2 {
        let answer = cancel::cancel(&town, ended.clone()).await.unwrap();
        assert_eq!(answer.verdict, Next::SplitUp);
    }
    for child in &children {
        assert_eq!(
            waiting(&town, child.as_str()).await,
            [SignalName::TaskDone, SignalName::RequestCancel]
        );
    }
}

#[tokio::test]
async fn a_draft_that_is_gone_holds_no_split_up_and_an_order_of_no_part_is_taken_back() {
    let town = planned_with_an_order_of_no_part().await;
    town.carrier().ports.retain(|port| port.id != "x-2");
    let answer = split::split_up(&town, input(PORT)).await.unwrap();
    assert_eq!(answer.verdict, Next::SplitUp);
    assert_eq!(town.carrier().cancelled, ["x-9"]);
    let children = now(&town, PORT).await.view.children;
    assert_eq!(children.len(), ORDERS.len());
    let mut had = Vec::new();
    for child in &children {
        had.push(orders(&town, child.as_str()).await.len());
    }
    had.sort_unstable();
    assert_eq!(had, [0, 1, 1], "whose draft is gone makes another");
}

#[tokio::test]
async fn an_order_of_no_part_goes_though_the_carrier_finds_it_under_no_id() {
    for taken_back in [false, true] {
        let town = planned_with_an_order_of_no_part().await;
        assert_eq!(now(&town, PORT).await.hidden.orphans, ["x-9"]);
        town.carrier().keys.remove("x-9");
        if taken_back {
            cancel::cancel(&town, input(PORT)).await.unwrap();
        } else {
            split::split_up(&town, input(PORT)).await.unwrap();
        }
        let cancelled = town.carrier().cancelled.clone();
        assert!(cancelled.contains(&"x-9".to_owned()), "{cancelled:?}");
        assert!(now(&town, PORT).await.hidden.orphans.is_empty());
    }
}

#[tokio::test]
async fn a_part_whose_workflow_was_refused_begins_under_another_name() {
    let town = planned().await;
    let first = now(&town, PORT).await.hidden.parts.remove(0);
    for _ in 0..2 {
        town.carrier().starts_none = true;
        let failed = split::split_up(&town, input(PORT)).await;
        assert!(matches!(failed, Err(PortError::Refused(_))), "{failed:?}");
    }
    assert_eq!(town.carrier().cancelled[..1], first.orders[..]);
    town.carrier().starts_none = false;
    split::split_up(&town, input(PORT)).await.unwrap();
    let children = now(&town, PORT).await.view.children;
    assert_eq!(children.len(), ORDERS.len());
    assert_eq!(children[0].as_str(), format!("{}r2", first.child));
    let mut numbers = Vec::new();
    for child in &children {
        let record = town.record(child.as_str()).await.unwrap();
        assert!(record.view.is_open() && record.view.execution.is_some());
        assert_eq!(waiting(&town, child.as_str()).await, [SignalName::TaskDone]);
        numbers.extend(record.view.numbers.into_iter().map(|line| line.number));
    }
    numbers.sort();
    assert_eq!(numbers, (0..NUMBERS).map(number).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_whose_parts_were_refused_is_taken_back_all_the_same() {
    let town = planned().await;
    town.carrier().starts_none = true;
    let failed = split::split_up(&town, input(PORT)).await;
    assert!(matches!(failed, Err(PortError::Refused(_))), "{failed:?}");
    let answer = cancel::cancel(&town, input(PORT)).await.unwrap();
    assert_eq!(answer.verdict, Next::Cancelled);
    assert!(town.carrier().ports.is_empty());
}

#[tokio::test]
async fn a_part_that_has_gone_on_meanwhile_does_not_hold_up_the_others() {
    let town = planned().await;
    let first = now(&town, PORT).await.hidden.parts.remove(0);
    // The orders are handed over, the parts are linked, and the first has begun and is submitted.
    town.carrier().dies_after = Some(8);
    split::split_up(&town, input(PORT)).await.unwrap_err();
    town.carrier().dies_after = None;
    assert!(town.record(first.child.as_str()).await.is_some());
    for port in &mut town.carrier().ports {
        if first.orders.contains(&port.id) {
            port.status = CarrierStatus::InReview;
        }
    }
    split::split_up(&town, input(PORT)).await.unwrap();
    assert_eq!(whole(&town, PORT).await.len(), ORDERS.len());
    assert!(town.carrier().cancelled.is_empty());
}

#[test]
fn a_check_that_another_try_or_an_end_has_overtaken_changes_nothing() {
    let made = ORDERS.iter().map(|(id, donor, of)| {
        let numbers = of.iter().map(|at| number(*at));
        order(id, donor, numbers.collect())
    });
    let orders: Vec<CarrierPort> = made.collect();
    let asked: Vec<Candidate> = (0..NUMBERS)
        .map(|at| candidate(&number(at), &orders))
        .collect();
    let found = check::Found {
        carrier: CARRIER.into(),
        by_hand: false,
        orders,
        refused: Vec::new(),
        split: grouped(rules::porting(), &asked),
    };
    for (order, next) in [
        (At::Collecting, Next::Portable),
        (At::Cancelled, Next::Cancelled),
    ] {
        let mut late = port(order, Here::Portable, NUMBERS);
        let before = late.clone();
        let answer = check::take_down(&mut late, &PORT.into(), &found, time(monday())).unwrap();
        assert_eq!((answer.verdict, answer.says), (next, None));
        assert_eq!(late, before);
    }
}

#[tokio::test]
async fn a_split_of_before_goes_on_and_can_be_taken_back() {
    let town = Town::new().await;
    for taken_back in [false, true] {
        let id = format!("pi-{taken_back}");
        draft(&town, &id).await;
        check::check(&town, input(&id)).await.unwrap();
        Requests::update(&town, &id.as_str().into(), |record| {
            record.view.details["order"] = json!("split");
            for part in record.hidden["parts"].as_array_mut().unwrap() {
                part.as_object_mut().unwrap().remove("child");
            }
        })
        .await
        .unwrap();
        if taken_back {
            let answer = cancel::cancel(&town, input(&id)).await.unwrap();
            assert_eq!(answer.verdict, Next::Cancelled);
            assert!(town.carrier().ports.is_empty());
        } else {
            split::split_up(&town, input(&id)).await.unwrap();
            assert_eq!(whole(&town, &id).await, ["-1", "-2", "-3"]);
        }
    }
}

/// A number's kind, and which of the carrier's orders it is in, if it is in one.
fn numbers() -> impl Strategy<Value = Vec<(bool, Option<usize>)>> {
    let one = (any::<bool>(), proptest::option::of(0_usize..4));
    proptest::collection::vec(one, 1..20)
}

proptest! {
    #[test]
    fn every_number_is_in_one_part_and_every_order_in_one_or_in_none(numbers in numbers()) {
        let request = RequestId::from(PORT);
        let text = |at: usize, mobile| format!("+41{}{at:04}", if mobile { "79555" } else { "44555" });
        let all: Vec<(E164, Option<usize>)> = numbers
            .iter()
            .enumerate()
            .map(|(at, (mobile, of))| (E164::parse(&text(at, *mobile)).unwrap(), *of))
            .collect();
        let mut orders: Vec<CarrierPort> = Vec::new();
        for at in 0..4 {
            let of_it = all.iter().filter(|(_, of)| *of == Some(at));
            let lines: Vec<E164> = of_it.map(|(number, _)| number.clone()).collect();
            if !lines.is_empty() {
                orders.push(order(&format!("x-{at}"), "Alpenfon", lines));
            }
        }
        let planned = |orders: &[CarrierPort]| {
            let asked: Vec<Candidate> = all.iter().map(|(number, _)| candidate(number, orders)).collect();
            parts::plan(&request, &grouped(rules::porting(), &asked).parts, orders)
        };
        let plan = planned(&orders);
        let mut placed: Vec<&E164> = plan.iter().flat_map(|part| &part.numbers).collect();
        placed.sort();
        let mut wanted: Vec<&E164> = all.iter().map(|(number, _)| number).collect();
        wanted.sort();
        prop_assert_eq!(placed, wanted);
        let names: BTreeSet<&RequestId> = plan.iter().map(|part| &part.child).collect();
        prop_assert_eq!(names.len(), plan.len());
        let mut handed_over = BTreeSet::new();
        for part in &plan {
            for id in &part.orders {
                prop_assert!(handed_over.insert(id), "{} is in two parts", id);
                let own = orders.iter().find(|order| order.id == *id).unwrap();
                let lines: Vec<&E164> = own.lines.iter().map(|(number, _)| number).collect();
                prop_assert_eq!(&lines, &part.numbers.iter().collect::<Vec<_>>());
            }
        }
        orders.reverse();
        prop_assert_eq!(planned(&orders), plan.clone());
    }
}
