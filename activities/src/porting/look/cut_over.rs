//! From the agreed date on: it comes near, it is taken back or moved, and each number is switched over. Pure.
use super::is_under_way;
use crate::porting::calendar::{self, Time};
use crate::porting::record::Port;
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus};
use compliance::porting::number;
use contract::E164;
use contract::dossier::{NumberStatus as Here, NumberStep as Num, OrderStep as Do};
use contract::port::{PortError, PortVerdict as Next};
use contract::request::Party;
use jiff::{SignedDuration, Timestamp};

pub(super) fn confirmed(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    match carrier.map(|carrier| (carrier, carrier.status)) {
        // The donor or the carrier has taken the date back.
        Some((_, CarrierStatus::AtDonor)) => {
            port.follow(Do::ExpireFoc, Party::Carrier, time.now)?;
            calendar::date_gone(port);
            calendar::donor_asked(port, time);
            says.push("The date is no more".to_owned());
            return Ok(None);
        }
        Some((known, CarrierStatus::DateConfirmed)) if is_other_date(port, known) => {
            let foc = known.foc.unwrap_or(time.now);
            port.step(Do::ProposeFoc, Party::Carrier, time.now)?;
            calendar::date_proposed(port, time, foc);
            says.push(format!("The losing provider now names {foc} as the date"));
            return Ok(None);
        }
        _ => {}
    }
    let moments = &port.view.moments;
    let near = calendar::is_over(moments.sync.as_ref().or(moments.foc_due.as_ref()), time.now);
    if near || carrier.is_some_and(is_under_way) {
        port.step(Do::BeginTest, Party::Platform, time.now)?;
    }
    Ok(None)
}

fn is_other_date(port: &Port, carrier: &CarrierPort) -> bool {
    let known = port
        .view
        .moments
        .foc
        .as_ref()
        .and_then(|text| text.parse::<Timestamp>().ok());
    matches!((known, carrier.foc), (Some(known), Some(foc)) if known.duration_since(foc).abs() >= SignedDuration::from_secs(1))
}

pub(super) fn tested(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
) -> Result<Option<Next>, PortError> {
    if carrier.is_some_and(|carrier| carrier.status == CarrierStatus::Refused) {
        port.follow(Do::ExpireFoc, Party::Carrier, time.now)?;
        calendar::date_gone(port);
        calendar::donor_asked(port, time);
        return Ok(None);
    }
    if !port.hidden.routes_made {
        return Ok(Some(Next::Prepare));
    }
    port.step(Do::Lock, Party::Platform, time.now)?;
    Ok(None)
}

pub(super) fn sync(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
) -> Result<Option<Next>, PortError> {
    let refused = carrier.is_some_and(|carrier| carrier.status == CarrierStatus::Refused);
    let passed = calendar::is_over(port.view.moments.foc_ends.as_ref(), time.now);
    // The carrier says the same date still, though nobody looked in time: the cut-over begins late.
    let stands = carrier.is_some_and(|carrier| {
        is_under_way(carrier)
            || (carrier.status == CarrierStatus::DateConfirmed && !is_other_date(port, carrier))
    });
    if refused || (passed && !stands) {
        port.follow(Do::ExpireFoc, Party::Carrier, time.now)?;
        calendar::date_gone(port);
        calendar::donor_asked(port, time);
        return Ok(None);
    }
    let due = calendar::is_over(port.view.moments.foc_due.as_ref(), time.now);
    Ok((due || carrier.is_some_and(is_under_way)).then_some(Next::Activate))
}

pub(super) fn activating(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    let Some(carrier) = carrier else {
        return Ok(None);
    };
    for (wanted, activation) in &carrier.lines {
        let (step, why) = match activation {
            Activation::NotYet => continue,
            Activation::UnderWay => (Num::SettleConflict, None),
            Activation::Conflict => (Num::RaiseConflict, Some("the losing side contests it")),
            Activation::Active => {
                port.step_one(wanted, Num::SettleConflict, Party::Carrier, time.now, None);
                (Num::EndActivation, None)
            }
            Activation::Failed => (Num::Fail, Some("the switch-over failed")),
        };
        port.step_one(wanted, step, Party::Carrier, time.now, why);
    }
    let over = carrier.status == CarrierStatus::Ported
        || carrier.status == CarrierStatus::Cancelled
        || carrier.status == CarrierStatus::Refused;
    if over {
        // What the carrier has not brought by then does not come with this order.
        let under_way = |line: &&contract::request::NumberLine| {
            matches!(Port::number_status(line), Here::Activating | Here::Conflict)
        };
        let left: Vec<E164> = port
            .lines
            .iter()
            .filter(under_way)
            .map(|line| line.number.clone())
            .collect();
        for number in left {
            let why = Some("not switched over when the order ended");
            port.step_one(&number, Num::Fail, Party::Carrier, time.now, why);
        }
    }
    if number::settled(&port.statuses()) {
        port.step(Do::EndActivation, Party::Carrier, time.now)?;
        let (here, all) = (port.arrived(), port.lines.len());
        says.push(format!("{here} of {all} numbers are switched over"));
    }
    Ok(None)
}
