//! Port-outs: found at the carriers, held against what we know, answered before the deadline, and followed until the numbers are gone or back.
use super::calendar::{NotKnown, Time, due_of, is_over, window};
use super::share::{Share, shares};
use super::{Routes, desk_of, time};
use crate::ports::Unavailable;
use crate::ports::carriers::CarrierError;
use crate::ports::clock::{self, Clock};
use crate::ports::pace::Pace;
use crate::ports::porting::{CarrierPortOut, Desks, OutRefusal, OutStatus, Pins, Porting, Routed};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::begin::{BeginError, begin};
use crate::request::{Begun, RequestRecord};
use crate::rules;
use compliance::porting::Timer;
use contract::number::api::AssignNumber;
use contract::port::{
    OutAnswer, OutError, OutFault, OutInput, OutTold, OutVerdict as Next, OutView,
};
use contract::request::{Kind, NumberLine, Party};
use contract::{CarrierId, E164, RequestId, TenantId};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Everything that port-outs need of the world.
pub trait OutWorld: Requests + Workflows + Clock + Pace + Desks + Routes + Pins {}

impl<W: Requests + Workflows + Clock + Pace + Desks + Routes + Pins> OutWorld for W {}

impl From<Unavailable> for OutError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "a port-out");
        Self::Store
    }
}

impl From<CarrierError> for OutError {
    fn from(error: CarrierError) -> Self {
        match error {
            CarrierError::Refused(refusal) | CarrierError::NotFound(refusal) => {
                Self::Refused(refusal.to_string())
            }
            CarrierError::Busy { .. } => Self::Carrier(error.to_string()),
            CarrierError::Unknown(source) => Self::Carrier(crate::shell::chain(&source)),
        }
    }
}

/// Serves the function that looks for port-outs until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on.
pub async fn run(aws: std::sync::Arc<crate::aws::Aws>) -> Result<(), lambda_runtime::Error> {
    crate::shell::serve_events(move |_| {
        let aws = aws.clone();
        async move { Ok(json!({ "open": find(&*aws).await? })) }
    })
    .await
}

/// Begins a request for every port-out at a carrier that has none yet, one for each tenant whose numbers are in it; says how many
/// port-outs are open.
///
/// # Errors
/// [`OutError`]; what was begun stays.
pub async fn find<D: OutWorld>(d: &D) -> Result<usize, OutError> {
    let mut open = 0;
    for carrier in d.desk_ids() {
        let Some(desk) = d.desk(&carrier).filter(|desk| !desk.by_hand()) else {
            continue;
        };
        for out in desk.open_port_outs().await? {
            let mut owned = Vec::with_capacity(out.numbers.len());
            for number in &out.numbers {
                owned.push((number.clone(), d.tenant_of(number).await?));
            }
            let shares = shares(owned);
            if shares.is_empty() {
                tracing::warn!(
                    port_out = out.id,
                    "a port-out of numbers that are nobody's here"
                );
                continue;
            }
            open += 1;
            for share in shares {
                start(d, &carrier, &out, share).await?;
            }
        }
    }
    Ok(open)
}

/// The request of a carrier's port-out: its id makes ours, so that one that is found again is the same request.
fn request_of(carrier: &CarrierId, port_out: &str) -> RequestId {
    let plain = |sign: &char| sign.is_ascii_alphanumeric() || *sign == '-';
    let id: String = port_out.chars().filter(plain).collect();
    RequestId(format!("po-{carrier}-{id}"))
}

/// The ids that the requests of a port-out have, one after the other: the first tenant's is plain.
fn request_ids(first: RequestId) -> impl Iterator<Item = RequestId> {
    (1_u32..).map(move |at| match at {
        1 => first.clone(),
        more => RequestId(format!("{first}-{more}")),
    })
}

/// The requests of a carrier's port-out that are there.
///
/// # Errors
/// [`Unavailable`].
pub async fn requests_of(
    d: &impl Requests,
    carrier: &CarrierId,
    port_out: &str,
) -> Result<Vec<RequestId>, Unavailable> {
    let mut there = Vec::new();
    for id in request_ids(request_of(carrier, port_out)) {
        if d.get(&id).await?.is_none() {
            break;
        }
        there.push(id);
    }
    Ok(there)
}

/// The id of a tenant's request: the one that it has, or the first that is free. `None` if it runs already.
async fn to_begin(
    d: &impl Requests,
    first: RequestId,
    tenant: &TenantId,
) -> Result<Option<RequestId>, Unavailable> {
    for id in request_ids(first) {
        match d.get(&id).await? {
            None => return Ok(Some(id)),
            Some(record) if record.view.tenant == *tenant => {
                return Ok(record.view.execution.is_none().then_some(id));
            }
            Some(_) => {}
        }
    }
    Ok(None)
}

async fn start<D: OutWorld>(
    d: &D,
    carrier: &CarrierId,
    out: &CarrierPortOut,
    share: Share,
) -> Result<(), OutError> {
    let first = request_of(carrier, &out.id);
    let Some(id) = to_begin(d, first, &share.tenant).await? else {
        return Ok(());
    };
    let line = |number: &E164| NumberLine {
        number: number.clone(),
        status: "requested".to_owned(),
        reason: None,
    };
    let view = OutView {
        carrier: carrier.clone(),
        external_id: out.id.clone(),
        gaining: out.gaining.clone(),
        authorised_by: out.authorised_by.clone(),
        end_user: out.end_user.clone(),
        requested_foc: out.requested_foc.map(clock::text),
        foc: out.foc.map(clock::text),
        answer_by: None,
        snapback: None,
        rang: None,
        faults: Vec::new(),
        answer: None,
        reason: None,
    };
    let begun = Begun {
        id,
        kind: Kind::PortOut,
        tenant: share.tenant,
        person: None,
        title: format!("{} numbers to {}", share.numbers.len(), out.gaining),
        details: json!(view),
        numbers: share.numbers.iter().map(line).collect(),
        hidden: Value::Null,
    };
    match begin(d, begun).await {
        Ok(_) => Ok(()),
        Err(BeginError::Unavailable(error)) => Err(error.into()),
        Err(BeginError::Refused(why)) => Err(OutError::Refused(why)),
    }
}

/// A port-out out of its request.
struct Out {
    view: OutView,
    lines: Vec<NumberLine>,
    tenant: TenantId,
}

impl Out {
    fn of(record: &RequestRecord) -> Result<Self, OutError> {
        let view = serde_json::from_value(record.view.details.clone())
            .map_err(|error| OutError::BadInput(format!("no port-out: {error}")))?;
        Ok(Self {
            view,
            lines: record.view.numbers.clone(),
            tenant: record.view.tenant.clone(),
        })
    }

    /// Whether only refusing is left: some of the numbers are not this customer's.
    fn is_mixed(&self) -> bool {
        self.view.faults.contains(&OutFault::NotTheirNumber)
    }

    /// Who decides, on what, until when. Where nobody knows until when, an operator sees to it: silence then means nothing.
    fn asks(&self) -> (Party, &'static str, Option<String>) {
        let what = if self.is_mixed() {
            "Refuse the port-out: some of its numbers are not yours"
        } else {
            "Authorise the port-out, or refuse it for a lawful reason"
        };
        match &self.view.answer_by {
            Some(until) => (Party::Customer, what, Some(until.clone())),
            None => (
                Party::Operator,
                "Find out until when the port-out is to be answered, and have it answered",
                None,
            ),
        }
    }

    fn told(&self, next: Next, time: Time, says: Option<String>) -> OutTold {
        let (owner, next_action, deadline) = match next {
            Next::Decide => self.asks(),
            Next::Authorised => (Party::Carrier, "The numbers go on the date", None),
            Next::RejectedPending => (Party::Carrier, "The carrier looks at the rejection", None),
            Next::Snapback => (
                Party::Platform,
                "What was ported in error can still come back",
                self.view.snapback.clone(),
            ),
            Next::Rejected | Next::Cancelled | Next::Ported | Next::Restored | Next::Closed => {
                (Party::Platform, "Goes on by itself", None)
            }
        };
        let looks = next != Next::Snapback;
        let wait_s = time.wait_s(deadline.as_deref(), looks && next != Next::Decide);
        OutTold {
            verdict: next,
            owner,
            next_action: next_action.to_owned(),
            deadline,
            wait_s,
            says,
        }
    }
}

async fn load<D: OutWorld>(d: &D, request: &RequestId) -> Result<Out, OutError> {
    let record = d.get(request).await?;
    Out::of(&record.ok_or_else(|| OutError::BadInput(format!("there is no request {request}")))?)
}

async fn change<D: OutWorld, R: Send>(
    d: &D,
    request: &RequestId,
    mut change: impl FnMut(&mut Out, Time) -> R + Send,
) -> Result<R, OutError> {
    let time = time(d);
    let changed = d
        .update(request, |record| {
            let mut out = Out::of(record)?;
            let result = change(&mut out, time);
            record.view.details = json!(out.view);
            record.view.numbers = out.lines;
            Ok(result)
        })
        .await?;
    let (result, _) =
        changed.ok_or_else(|| OutError::BadInput(format!("there is no request {request}")))?;
    result
}

/// The moment that a timer gives for the first number; none if its country has none.
fn due(out: &Out, timer: Timer, time: Time, event: Timestamp) -> Result<Option<String>, NotKnown> {
    let first = out.lines.first().ok_or(NotKnown)?;
    let (rules_of, kind) = rules::porting().place(&first.number).ok_or(NotKnown)?;
    due_of(rules_of, timer, kind, time, event)
}

/// What speaks against it.
async fn faults<D: OutWorld>(
    d: &D,
    out: &Out,
    known: &CarrierPortOut,
) -> Result<Vec<OutFault>, OutError> {
    let mut faults = Vec::new();
    for number in &known.numbers {
        if d.tenant_of(number).await?.as_ref() != Some(&out.tenant) {
            faults.push(OutFault::NotTheirNumber);
            break;
        }
    }
    let pin = d.port_out_pin(&out.tenant).await?;
    if pin.is_some() && pin != known.pin {
        faults.push(OutFault::WrongPin);
    }
    Ok(faults)
}

/// `port-out-check`: are they this customer's numbers, and is the PIN right?
///
/// # Errors
/// [`OutError`].
pub async fn check<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    let known = desk_of(d, &out.view.carrier)?
        .port_out(&out.view.external_id)
        .await?;
    let faults = faults(d, &out, &known).await?;
    change(d, &input.request, |out, time| {
        out.view.faults.clone_from(&faults);
        let since = known.since.unwrap_or(time.now);
        out.view.answer_by = due(out, Timer::PortOutAnswer, time, since).ok().flatten();
        let says = if faults.is_empty() {
            "Nothing speaks against it"
        } else {
            "There is a lawful reason to refuse"
        };
        out.told(Next::Decide, time, Some(says.to_owned()))
    })
    .await
}

/// What is to be told to the carrier.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    /// Authorised, or refused for this.
    Answer(Option<OutFault>),
    /// Nothing yet, and why if somebody wanted something.
    Wait(Option<&'static str>),
}

/// What follows from what was decided, or from silence. Pure.
fn decided(out: &Out, data: &Value, now: Timestamp) -> Result<Decision, OutError> {
    Ok(match data["decision"].as_str() {
        // Nobody may let go what is not theirs.
        Some("authorise") if out.is_mixed() => Decision::Wait(Some(
            "It cannot be authorised: some of the numbers are not this customer's",
        )),
        Some("authorise") => Decision::Answer(None),
        Some("reject") => {
            let reason = serde_json::from_value(data["reason"].clone()).map_err(|_| {
                OutError::BadInput("reason: wrong_pin, not_their_number or wrong_name".to_owned())
            })?;
            Decision::Answer(Some(reason))
        }
        _ if !is_over(out.view.answer_by.as_ref(), now) => Decision::Wait(None),
        _ => Decision::Answer(out.view.faults.first().copied()),
    })
}

/// `port-out-answer`: what was decided; without a decision in time, what the law says: with a lawful reason it is refused, without one it is
/// authorised. Silence counts only once the deadline is known and over.
///
/// # Errors
/// [`OutError`].
pub async fn answer<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let mut out = load(d, &input.request).await?;
    let data = input
        .signal
        .as_ref()
        .map_or(&Value::Null, |signal| &signal.data);
    let desk = desk_of(d, &out.view.carrier)?;
    let known = desk.port_out(&out.view.external_id).await?;
    if known.status == OutStatus::Pending && out.view.answer.is_none() {
        // Whose the numbers are may have changed since they were looked at.
        out.view.faults = faults(d, &out, &known).await?;
    }
    let fault = match decided(&out, data, time(d).now)? {
        Decision::Answer(fault) => fault,
        Decision::Wait(why) => {
            let faults = out.view.faults;
            return change(d, &input.request, |out, time| {
                out.view.faults.clone_from(&faults);
                let next = stands(out, &known, time);
                out.told(next, time, why.map(str::to_owned))
            })
            .await;
        }
    };
    let note = data["note"].as_str().unwrap_or_default();
    let refusal = fault.map(|fault: OutFault| match fault {
        OutFault::WrongPin => OutRefusal::WrongPin,
        OutFault::NotTheirNumber => OutRefusal::WrongAccount,
        OutFault::WrongName => OutRefusal::WrongName,
    });
    if known.status == OutStatus::Pending {
        desk.answer_port_out(&out.view.external_id, refusal, note)
            .await?;
    }
    // Who came too late is told what the carrier did meanwhile.
    let known = desk.port_out(&out.view.external_id).await?;
    change(d, &input.request, |out, time| {
        if out.view.answer.is_none() {
            out.view.answer = Some(if refusal.is_some() {
                OutAnswer::Reject
            } else {
                OutAnswer::Authorise
            });
            out.view.reason = fault.map(super::record::word);
        }
        let next = stands(out, &known, time);
        let says = match (out.view.answer, known.status) {
            (Some(OutAnswer::Reject), OutStatus::RejectedPending | OutStatus::Rejected) => {
                "Refused"
            }
            (Some(OutAnswer::Reject), _) => "The refusal came too late",
            (Some(OutAnswer::Authorise) | None, _) => "Authorised",
        };
        out.told(next, time, Some(says.to_owned()))
    })
    .await
}

/// `port-out-look`: where it stands at the carrier.
///
/// # Errors
/// [`OutError`].
pub async fn look<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    let known = desk_of(d, &out.view.carrier)?
        .port_out(&out.view.external_id)
        .await?;
    change(d, &input.request, |out, time| {
        let next = stands(out, &known, time);
        out.told(next, time, None)
    })
    .await
}

fn stands(out: &mut Out, known: &CarrierPortOut, time: Time) -> Next {
    out.view.foc = known.foc.map(clock::text).or_else(|| out.view.foc.clone());
    let mark = |out: &mut Out, status: &str| {
        for line in &mut out.lines {
            status.clone_into(&mut line.status);
        }
    };
    match known.status {
        OutStatus::Pending if out.view.answer.is_none() => Next::Decide,
        OutStatus::Pending | OutStatus::Authorised => {
            mark(out, "authorised");
            Next::Authorised
        }
        OutStatus::RejectedPending => Next::RejectedPending,
        OutStatus::Rejected => {
            mark(out, "kept");
            Next::Rejected
        }
        OutStatus::Cancelled => {
            mark(out, "kept");
            Next::Cancelled
        }
        OutStatus::Ported => match &out.view.snapback {
            None => Next::Ported,
            Some(until)
                if until
                    .parse::<Timestamp>()
                    .is_ok_and(|until| time.now >= until) =>
            {
                Next::Closed
            }
            Some(_) => Next::Snapback,
        },
    }
}

/// `port-out-leave`: the numbers ring nobody here any more.
///
/// # Errors
/// [`OutError`].
pub async fn leave<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    if out.view.rang.is_none() {
        // Kept before the first number goes: an attempt after this one would find that it rings nobody.
        let mut rang = BTreeMap::new();
        for line in &out.lines {
            if let Some(target) = d.rings(&routed(&input.request, &out, &line.number)).await? {
                rang.insert(line.number.clone(), AssignNumber::to(Some(target)));
            }
        }
        change(d, &input.request, |out, _| {
            out.view.rang = Some(rang.clone())
        })
        .await?;
    }
    for line in &out.lines {
        d.unmake_route(&routed(&input.request, &out, &line.number))
            .await?;
    }
    change(d, &input.request, |out, time| {
        for line in &mut out.lines {
            "gone".clone_into(&mut line.status);
        }
        if out.view.snapback.is_none() {
            let known = due(out, Timer::SnapbackWindow, time, time.now);
            out.view.snapback = Some(window(known, time));
        }
        out.told(
            Next::Snapback,
            time,
            Some("The numbers are out of service here".to_owned()),
        )
    })
    .await
}

/// `port-out-restore`: the numbers came back.
///
/// # Errors
/// [`OutError`].
pub async fn restore<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    let (mut failed, mut not_led) = (Vec::new(), BTreeMap::new());
    for line in &out.lines {
        let rang = out.view.rang.as_ref();
        let rang = rang.and_then(|rang| rang.get(&line.number));
        let target = rang.and_then(AssignNumber::target);
        let of = routed(&input.request, &out, &line.number);
        match d.make_route(&of, target.as_ref()).await? {
            None => match d.lead_route(&of).await {
                Ok(()) => {}
                // The carrier may have it back later: it is in service here, and says what is not.
                Err(CarrierError::Refused(why) | CarrierError::NotFound(why)) => {
                    let reason = format!("the carrier does not lead its calls here: {why}");
                    not_led.insert(line.number.clone(), reason);
                }
                Err(error) => return Err(error.into()),
            },
            // It came back in another way already.
            Some(_) if d.tenant_of(&line.number).await?.as_ref() == Some(&out.tenant) => {}
            Some(why) => failed.push(format!("{}: {why}", line.number)),
        }
    }
    if !failed.is_empty() {
        failed.truncate(5);
        return Err(OutError::Refused(failed.join("; ")));
    }
    change(d, &input.request, |out, time| {
        for line in &mut out.lines {
            "restored".clone_into(&mut line.status);
            line.reason = not_led.get(&line.number).cloned();
        }
        out.told(
            Next::Restored,
            time,
            Some("The numbers are in service again".to_owned()),
        )
    })
    .await
}

fn routed<'a>(request: &'a RequestId, out: &'a Out, number: &'a E164) -> Routed<'a> {
    Routed {
        request,
        tenant: &out.tenant,
        carrier: &out.view.carrier,
        number,
    }
}
