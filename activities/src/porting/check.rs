//! `port-check`: can the numbers come, and which belong together?
use super::calendar::Time;
use super::record::Port;
use super::there::withdraw;
use super::{PortWorld, change, desk, load, offered, standing, time};
use crate::ports::Unavailable;
use crate::ports::porting::{CarrierPort, NewPort, Porting};
use crate::rules;
use compliance::porting::{Candidate, NotPlaced, Split, split};
use contract::dossier::{NumberStep, OrderStatus, OrderStep};
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::Party;
use contract::{CarrierId, E164, RequestId, TenantId};
use futures_util::{StreamExt, TryStreamExt, stream};

/// What asking came to.
pub(super) struct Found {
    pub(super) carrier: CarrierId,
    pub(super) by_hand: bool,
    /// The carrier's orders; none where an operator makes them.
    pub(super) orders: Vec<CarrierPort>,
    /// Those that cannot come, with why.
    pub(super) refused: Vec<(E164, String)>,
    pub(super) split: Split,
}

/// Asks rules and carrier. The carrier's orders are looked up before they are made.
pub(super) async fn ask<D: PortWorld>(
    d: &D,
    request: &RequestId,
    port: &Port,
) -> Result<Found, PortError> {
    let (carrier, desk) = desk(d, port)?;
    let wanted: Vec<E164> = port.lines.iter().map(|line| line.number.clone()).collect();
    let mut refused = Vec::new();
    let plain: Vec<Candidate> = wanted.iter().map(|number| candidate(number, &[])).collect();
    for (number, why) in split(rules::porting(), &plain).not_placed {
        refused.push((number, words(why)));
    }
    refused.extend(in_use(d, &wanted).await?);
    if let Some(offers) = desk.takes().await? {
        for number in &wanted {
            let why = offered::not_taken(&carrier, &offers, number);
            if let Some(why) = why.filter(|_| !is_in(&refused, number)) {
                refused.push((number.clone(), why));
            }
        }
    }
    let mut orders = Vec::new();
    if !desk.by_hand() {
        // What a try before has made: a carrier may say of its numbers that they are in an order already, which is this one.
        orders = desk.find_ports(request.as_str()).await?;
        let asked: Vec<E164> = wanted
            .iter()
            .filter(|number| !is_in(&refused, number) && order_of(&orders, number).is_none())
            .cloned()
            .collect();
        if !asked.is_empty() {
            for row in desk.portability(&asked).await? {
                if !row.portable {
                    let why = row
                        .why
                        .unwrap_or_else(|| "the carrier cannot take it over".to_owned());
                    refused.push((row.number, why));
                }
            }
        }
        let numbers: Vec<E164> = asked
            .into_iter()
            .filter(|number| !is_in(&refused, number))
            .collect();
        if orders.is_empty() && !numbers.is_empty() {
            orders = desk
                .open_ports(&NewPort {
                    key: request.to_string(),
                    numbers,
                })
                .await?;
        }
    }
    let left: Vec<Candidate> = wanted
        .iter()
        .filter(|number| !is_in(&refused, number))
        .map(|number| candidate(number, &orders))
        .collect();
    Ok(Found {
        carrier,
        by_hand: desk.by_hand(),
        orders,
        refused,
        split: split(rules::porting(), &left),
    })
}

/// How many numbers are looked up at once.
const AT_ONCE: usize = 8;

/// Those that are in service here: they need no port, and losing one would take a number that works.
async fn in_use<D: PortWorld>(d: &D, wanted: &[E164]) -> Result<Vec<(E164, String)>, PortError> {
    let owners: Vec<(E164, Option<TenantId>)> = stream::iter(wanted.to_vec())
        .map(|number| async move {
            let tenant = d.tenant_of(&number).await?;
            Ok::<_, Unavailable>((number, tenant))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let used = owners.into_iter().filter(|(_, tenant)| tenant.is_some());
    Ok(used
        .map(|(number, _)| (number, "the number is in use here already".to_owned()))
        .collect())
}

fn is_in(list: &[(E164, String)], wanted: &E164) -> bool {
    list.iter().any(|(number, _)| number == wanted)
}

fn words(why: NotPlaced) -> String {
    match why {
        NotPlaced::NoCountry => "no country's rules have such a number".to_owned(),
        NotPlaced::NotPortable { why } => why,
    }
}

fn order_of<'o>(orders: &'o [CarrierPort], number: &E164) -> Option<&'o CarrierPort> {
    let of = |order: &&CarrierPort| order.lines.iter().any(|(known, _)| known == number);
    orders.iter().find(of)
}

/// A number with what sets it apart: the order that the carrier made of it, if it made one. It makes one for each losing carrier at
/// least; of several for the same, each goes its own way.
pub(super) fn candidate(number: &E164, orders: &[CarrierPort]) -> Candidate {
    Candidate {
        number: number.clone(),
        carrier: order_of(orders, number).map(|order| order.id.clone()),
    }
}

/// How long a draft waits for its customer, in seconds: thirty days.
const DRAFT_S: u32 = 30 * 24 * 60 * 60;

/// What a draft lacks before anybody is asked.
pub fn incomplete(port: &Port) -> Option<String> {
    if port.lines.is_empty() {
        return Some("Still missing: numbers".to_owned());
    }
    port.view
        .form
        .dossier
        .is_none()
        .then(|| "Still missing: who the customer is".to_owned())
}

/// Whether it is still to be found out what comes of it. Once it is written down what it is split into, whoever asked again would miss what
/// was handed over since.
fn is_to_check(port: &Port) -> bool {
    match port.view.order {
        OrderStatus::Draft => true,
        OrderStatus::CheckingPortability => port.hidden.parts.is_empty(),
        _ => false,
    }
}

/// The answer about a port that was checked before, as by a try whose answer was lost.
fn checked(port: &Port, time: Time) -> PortAnswer {
    let verdict = match port.view.order {
        OrderStatus::Collecting => PortVerdict::Portable,
        _ => standing::verdict(port),
    };
    standing::answer(port, verdict, time, None)
}

/// Asks, and takes the step that follows: one order, several, or none.
///
/// # Errors
/// [`PortError`].
pub async fn check<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    if !is_to_check(&loaded.port) {
        return Ok(checked(&loaded.port, time(d)));
    }
    if let Some(what) = incomplete(&loaded.port) {
        let mut answer = standing::answer(&loaded.port, PortVerdict::Collect, time(d), Some(what));
        (answer.owner, answer.next_action) =
            (Party::Customer, "Fill in the port and submit it".to_owned());
        answer.wait_s = DRAFT_S;
        return Ok(answer);
    }
    // Written down before the carrier is asked: from here on it may have something of this port.
    let port = change(d, &input.request, |port, time| {
        if port.view.order == OrderStatus::Draft {
            port.step(OrderStep::CheckPortability, Party::Customer, time.now)?;
        }
        Ok(port.clone())
    })
    .await?;
    if !is_to_check(&port) {
        return Ok(checked(&port, time(d)));
    }
    let found = ask(d, &input.request, &port).await?;
    if found.split.parts.is_empty() {
        let (_, desk) = desk(d, &port)?;
        withdraw(desk, &input.request, &port).await?;
    }
    change(d, &input.request, |port, time| {
        take_down(port, &input.request, &found, time)
    })
    .await
}

/// Writes down what asking came to, unless somebody has done so since. Pure.
///
/// # Errors
/// [`PortError`].
pub(super) fn take_down(
    port: &mut Port,
    request: &RequestId,
    found: &Found,
    time: Time,
) -> Result<PortAnswer, PortError> {
    if !is_to_check(port) {
        // Another try was faster, or it has ended meanwhile.
        return Ok(checked(port, time));
    }
    port.view.carrier = Some(found.carrier.clone());
    port.view.by_hand = found.by_hand;
    for (number, why) in &found.refused {
        port.step_one(
            number,
            NumberStep::FindNotPortable,
            Party::Carrier,
            time.now,
            Some(why),
        );
    }
    let (verdict, says) = match found.split.parts.as_slice() {
        [] => {
            port.step(OrderStep::FindNotPortable, Party::Platform, time.now)?;
            (
                PortVerdict::NotPortable,
                "None of the numbers can be ported".to_owned(),
            )
        }
        [part] => {
            port.step(OrderStep::FindPortable, Party::Platform, time.now)?;
            port.step_numbers(NumberStep::FindPortable, Party::Platform, time.now, None);
            port.view.country = Some(part.country.clone());
            port.view.number_type = Some(part.number_type);
            let mut orders = part.numbers.iter();
            let order = orders.find_map(|number| order_of(&found.orders, number));
            port.view.donor = order.and_then(|order| order.donor.clone());
            port.view.external_id = order.map(|order| order.id.clone());
            super::calendar::customer_asked(port, time);
            (
                PortVerdict::Portable,
                format!("{} numbers can be ported", part.numbers.len()),
            )
        }
        parts => {
            // It is split when all of them have begun.
            let planned = super::parts::plan(request, parts, &found.orders);
            port.hidden.orphans = super::parts::of_none(&planned, &found.orders);
            port.hidden.parts = planned;
            (
                PortVerdict::SplitUp,
                format!("The numbers make {} orders", parts.len()),
            )
        }
    };
    Ok(standing::answer(port, verdict, time, Some(says)))
}
