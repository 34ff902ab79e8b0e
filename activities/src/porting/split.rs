//! `port-split`: a port of its own for each country, type and order of the carrier's.
//!
//! The [plan](super::parts) is written down by the check before anything is done with it, and stays until all of it is done. Each step
//! can be done again: the orders are put under the parts' ids, the parts are linked, then each begins and is submitted. A port that is
//! taken back half-way is taken back with every part: [`take_back`].
use super::record::Part;
use super::{Loaded, PortWorld, change, desk, load, parts, standing, there, time};
use crate::ports::calls::Write;
use crate::ports::carriers::CarrierError;
use crate::ports::porting::Porting;
use crate::ports::requests::Requests;
use crate::request::begin::{BeginError, begin};
use crate::request::{Delivered, Letter, shell};
use contract::dossier::{OrderStatus as At, OrderStep as Do};
use contract::port::{PortAnswer, PortError, PortInput};
use contract::request::Party;
use contract::request::signal::SignalName;
use contract::{CarrierId, RequestId};
use serde_json::Value;

/// What makes a part's submission one signal.
const KEY: &str = "submitted-with-its-parent";

/// Does what is planned, whatever of it was done before.
///
/// # Errors
/// [`PortError`]; [`PortError::NotPossible`] if nothing is planned. Run again, it goes on where it stopped.
pub async fn split_up<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let request = &input.request;
    let loaded = load(d, request).await?;
    let port = &loaded.port;
    if port.view.order != At::CheckingPortability {
        // All of it was done before, and the answer was lost.
        let verdict = standing::verdict(port);
        return Ok(standing::answer(port, verdict, time(d), None));
    }
    if port.hidden.parts.is_empty() {
        let why = "what it is split into was not written down: end it, and begin it anew";
        return Err(PortError::NotPossible(why.to_owned()));
    }
    let (carrier, desk) = desk(d, port)?;
    let planned = &name_anew(d, desk, request, &port.hidden.parts).await?;
    hand_over(desk, request, planned, &port.hidden.orphans).await?;
    link(d, request).await?;
    for part in planned {
        begin_part(d, request, &loaded, &carrier, part).await?;
    }
    if let Some(answer) = close(d, request, false).await? {
        return Ok(answer);
    }
    for part in planned {
        ask_back(d, request, &part.child).await?;
    }
    close(d, request, true).await?.ok_or(PortError::Store)
}

/// A part whose workflow was refused has ended before it began: it begins under another name, and with an order of its own. Not while the
/// customer wants the port back.
async fn name_anew<D: PortWorld>(
    d: &D,
    desk: &impl Porting,
    request: &RequestId,
    planned: &[Part],
) -> Result<Vec<Part>, PortError> {
    let mut refused = Vec::new();
    for part in planned {
        let record = Requests::get(d, &part.child).await?;
        if record.is_some_and(|record| parts::never_ran(&record)) {
            refused.push(part.child.clone());
        }
    }
    let record = Requests::get(d, request).await?;
    if refused.is_empty() || record.is_some_and(|record| record.is_wanted_back()) {
        return Ok(planned.to_vec());
    }
    for part in planned.iter().filter(|part| refused.contains(&part.child)) {
        there::withdraw_part(desk, part).await?;
    }
    change(d, request, |port, _| {
        parts::name_anew(&mut port.hidden.parts, &refused);
        Ok(port.hidden.parts.clone())
    })
    .await
}

/// Puts the orders under the parts' ids, and takes back those that are of no part: they would keep their numbers from the parts that
/// have them.
async fn hand_over(
    desk: &impl Porting,
    request: &RequestId,
    planned: &[Part],
    orphans: &[String],
) -> Result<(), PortError> {
    // Those that are known go first: the carrier need not find them under the port's id.
    for order in orphans {
        there::take_away(desk, order).await?;
    }
    for part in planned {
        for order in &part.orders {
            match desk.rename_port(order, part.child.as_str()).await {
                // A draft that is gone there is made anew by its part.
                Ok(()) | Err(CarrierError::NotFound(_)) => {}
                Err(CarrierError::Refused(refusal)) => {
                    let key = desk.key_of_port(order).await;
                    // Handed over before: its part may have gone on with it, and it is written on no more.
                    if !matches!(key, Ok(Some(key)) if key == part.child.as_str()) {
                        there::unless_ended(desk, order, refusal).await?;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    if desk.by_hand() {
        return Ok(());
    }
    for order in desk.find_ports(request.as_str()).await? {
        // What was handed over just now may still be found under the old id.
        if !planned.iter().any(|part| part.orders.contains(&order.id)) {
            there::take_away(desk, &order.id).await?;
        }
    }
    Ok(())
}

/// Links the parts before the first of them begins: none is without its link, wherever this stops.
async fn link<D: PortWorld>(d: &D, request: &RequestId) -> Result<(), PortError> {
    change(d, request, |port, _| {
        if port.view.order != At::CheckingPortability {
            let why = "it was taken back or split meanwhile";
            return Err(PortError::NotPossible(why.to_owned()));
        }
        let children = port.hidden.parts.iter().map(|part| part.child.clone());
        port.view.children = children.collect();
        Ok(())
    })
    .await
}

/// Begins a part and submits it; one that has begun goes on as it is.
async fn begin_part<D: PortWorld>(
    d: &D,
    request: &RequestId,
    parent: &Loaded,
    carrier: &CarrierId,
    part: &Part,
) -> Result<(), PortError> {
    let begun = parts::begun(request, parent, carrier, part);
    let (runs, refused) = match begin(d, begun).await {
        Ok(record) => {
            let view = &record.view;
            (view.is_open() || view.execution.is_some(), None)
        }
        Err(BeginError::Refused(why)) => (false, Some(why)),
        Err(BeginError::Unavailable(error)) => return Err(error.into()),
    };
    if !runs {
        // It has ended without a workflow, and stays so: its order would keep the numbers from the next port.
        let (_, desk) = desk(d, &parent.port)?;
        for order in &part.orders {
            there::take_away(desk, order).await?;
        }
    }
    if let Some(why) = refused {
        return Err(PortError::Refused(why));
    }
    let letter = Letter {
        key: KEY.to_owned(),
        name: SignalName::TaskDone,
        topic: Some("port-order".to_owned()),
        person: None,
        data: Value::Null,
    };
    tell(d, &part.child, &letter).await
}

/// Says that it is split. Not while its customer's wish to take it back waits and the parts were not told: from here on nobody hears it,
/// and each part is taken back by itself.
async fn close<D: PortWorld>(
    d: &D,
    request: &RequestId,
    told: bool,
) -> Result<Option<PortAnswer>, PortError> {
    let time = time(d);
    let closed = Requests::update(d, request, |record| {
        if !told && record.is_wanted_back() {
            return Ok(None);
        }
        let mut port = super::record::Port::of(record)?;
        port.step(Do::SplitUp, Party::Platform, time.now)?;
        port.hidden.pin = None;
        port.hidden.parts.clear();
        port.hidden.orphans.clear();
        let says = format!("Split into {} ports", port.view.children.len());
        let verdict = standing::verdict(&port);
        let answer = standing::answer(&port, verdict, time, Some(says));
        port.put(record);
        record.view.actions.clear();
        Ok::<_, PortError>(Some(answer))
    });
    let gone = || PortError::BadInput(format!("there is no request {request}"));
    closed.await?.ok_or_else(gone)?.0
}

/// Asks a part to end. Where it stands it decides by itself whether it still can.
async fn ask_back<D: PortWorld>(
    d: &D,
    request: &RequestId,
    child: &RequestId,
) -> Result<(), PortError> {
    let letter = Letter {
        key: format!("taken-back#{request}"),
        name: SignalName::RequestCancel,
        topic: None,
        person: None,
        data: Value::Null,
    };
    tell(d, child, &letter).await
}

/// Tells a part something; one that has ended need not hear it.
async fn tell<D: PortWorld>(d: &D, child: &RequestId, letter: &Letter) -> Result<(), PortError> {
    match shell::deliver(d, child, letter).await? {
        Delivered::Taken(_)
        | Delivered::Kept
        | Delivered::Known(_)
        | Delivered::Ended
        | Delivered::Overtaken => Ok(()),
        // Too much waits there: later.
        Delivered::Full | Delivered::TooLarge => Err(PortError::Store),
    }
}

/// Takes back what a split that stopped half-way has made: a part that has begun is asked to end; one that has not ends before it begins,
/// with the order that was put under its id.
///
/// # Errors
/// [`PortError`]; run again, it goes on where it stopped.
pub(super) async fn take_back<D: PortWorld>(
    d: &D,
    request: &RequestId,
    parent: &Loaded,
) -> Result<(), PortError> {
    let (carrier, desk) = desk(d, &parent.port)?;
    for order in &parent.port.hidden.orphans {
        there::take_away(desk, order).await?;
    }
    for part in &parent.port.hidden.parts {
        let record = Requests::get(d, &part.child).await?;
        if record.as_ref().is_none_or(parts::never_ran) {
            there::withdraw_part(desk, part).await?;
        }
        if record.is_none() {
            let begun = parts::begun(request, parent, &carrier, part);
            let ended = parts::never_begun(begun, d.now());
            if d.create(&ended).await? == Write::Done {
                continue;
            }
        }
        ask_back(d, request, &part.child).await?;
    }
    Ok(())
}

/// Somebody ends a port that is split: its parts are asked to end. Where nobody says so, and only its own end was not written, they go on:
/// they are ports of their own.
///
/// # Errors
/// [`PortError`].
pub(super) async fn pass_on<D: PortWorld>(
    d: &D,
    input: &PortInput,
    parent: &Loaded,
) -> Result<PortAnswer, PortError> {
    let port = &parent.port;
    let record = Requests::get(d, &input.request).await?;
    let is_wanted = input.signal.is_some() || record.is_some_and(|record| record.is_wanted_back());
    if is_wanted {
        for child in &port.view.children {
            ask_back(d, &input.request, child).await?;
        }
    }
    let says = is_wanted.then(|| "Each port that it was split into is asked to end".to_owned());
    Ok(standing::answer(
        port,
        standing::verdict(port),
        time(d),
        says,
    ))
}
