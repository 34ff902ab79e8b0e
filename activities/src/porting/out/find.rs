//! Port-outs that begin: found at the carriers that tell of them, or written down where one has no interface. One request for each
//! tenant whose numbers are in it.
use super::orphan::{self, Orphan};
use super::record::{Hidden, Named, open_view};
use super::{OutError, OutWorld};
use crate::porting::calendar::{Time, due_of};
use crate::porting::share::{Share, shares};
use crate::porting::time;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::porting::{CarrierPortOut, OutStatus, Porting};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::begin::{BeginError, begin};
use crate::request::{Begun, RequestRecord};
use crate::rules;
use compliance::porting::Timer;
use contract::port::OutView;
use contract::request::{Kind, NumberLine, Party};
use contract::{CarrierId, E164, PersonId, RequestId, TenantId};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Serves the function that looks for port-outs until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on.
pub async fn run(aws: std::sync::Arc<crate::aws::Aws>) -> Result<(), lambda_runtime::Error> {
    crate::shell::serve_events(move |_| {
        let aws = aws.clone();
        async move {
            let found = find(&*aws).await?;
            orphan::tell(&*aws, &found.orphans).await;
            Ok(json!({ "open": found.open, "orphans": found.orphans.len() }))
        }
    })
    .await
}

/// What is at the carriers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many port-outs of customers' numbers are open.
    pub open: usize,
    /// Those that wait for an answer and whose numbers are nobody's here.
    pub orphans: Vec<Orphan>,
}

/// Begins a request for every port-out at a carrier that has none yet, one for each tenant whose numbers are in it; says what is open.
///
/// # Errors
/// [`OutError`]; what was begun stays.
pub async fn find<D: OutWorld>(d: &D) -> Result<Found, OutError> {
    let mut found = Found::default();
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
                if out.status == OutStatus::Pending {
                    found.orphans.push(Orphan {
                        carrier: carrier.clone(),
                        answer_by: answer_by(&out, time(d)),
                        out,
                    });
                }
                continue;
            }
            found.open += 1;
            let mut view = open_view(&carrier, &out);
            if shares.len() > 1 {
                // The carrier names them again whenever it is asked.
                Named::take_from(&mut view);
            }
            for share in shares {
                start(d, &view, Value::Null, share).await?;
            }
        }
    }
    Ok(found)
}

/// Until when a carrier waits for an answer, by its country's rules; none if nobody knows.
fn answer_by(out: &CarrierPortOut, time: Time) -> Option<Timestamp> {
    let (rules_of, kind) = rules::porting().place(out.numbers.first()?)?;
    let since = out.since.unwrap_or(time.now);
    let due = due_of(rules_of, Timer::PortOutAnswer, kind, time, since);
    due.ok().flatten()?.parse().ok()
}

/// A port-out as an operator writes it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The carrier that told of it.
    pub carrier: CarrierId,
    /// What it told.
    pub out: CarrierPortOut,
    /// Until when it wants its answer, if it says so.
    pub answer_by: Option<Timestamp>,
    /// Who writes it down.
    pub person: PersonId,
    /// What their wish is known by: the same when it is sent again.
    pub wish: String,
}

/// Why a port-out was not written down.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// Somebody else has: this is its first request.
    #[error("it is written down already: {0}")]
    Known(RequestId),
    /// It did not begin.
    #[error(transparent)]
    NotBegun(#[from] BeginError),
}

impl From<Unavailable> for NotWritten {
    fn from(error: Unavailable) -> Self {
        Self::NotBegun(error.into())
    }
}

/// Begins the requests of a port-out that an operator writes down; gives them, the first tenant's first. The same wish again goes on
/// where it stopped.
///
/// # Errors
/// [`NotWritten`]; what was begun stays.
pub async fn write_down(
    d: &(impl Requests + Workflows + Clock),
    written: Written,
    shares: Vec<Share>,
) -> Result<Vec<RequestRecord>, NotWritten> {
    let first = request_of(&written.carrier, &written.out.id);
    if let Some(known) = d.get(&first).await?
        && Hidden::of(&known).wish.as_ref() != Some(&written.wish)
    {
        return Err(NotWritten::Known(first));
    }
    let mut view = OutView {
        by_hand: true,
        ..open_view(&written.carrier, &written.out)
    };
    let hidden = Hidden {
        wish: Some(written.wish),
        pin: written.out.pin,
        numbers: written.out.numbers,
        named: (shares.len() > 1).then(|| Named::take_from(&mut view)),
        since: written.out.since,
        answer_by: written.answer_by,
        ..Hidden::default()
    };
    for share in shares {
        start(d, &view, json!(hidden), share).await?;
    }
    let mut records = Vec::new();
    for id in requests_of(d, &written.carrier, &written.out.id).await? {
        if let Some(((), record)) = d
            .update(&id, |record| signed(record, &written.person, d.now()))
            .await?
        {
            records.push(record);
        }
    }
    Ok(records)
}

/// Notes once who wrote it down.
fn signed(record: &mut RequestRecord, person: &PersonId, now: Timestamp) {
    const TEXT: &str = "Wrote down what the carrier told";
    if !record.has_line(TEXT) {
        record.note(Party::Operator, Some(person.clone()), TEXT, now);
    }
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
        let Some(record) = d.get(&id).await? else {
            break;
        };
        if is_of(&record, port_out) {
            there.push(id);
        }
    }
    Ok(there)
}

/// Whether a request is of this port-out: the first id of `x-2` is the second one of `x`.
fn is_of(record: &RequestRecord, port_out: &str) -> bool {
    record.view.details["externalId"] == port_out
}

/// The id of a tenant's request: the one that it has, or the first that is free. `None` if it runs already.
async fn to_begin(
    d: &impl Requests,
    view: &OutView,
    tenant: &TenantId,
) -> Result<Option<RequestId>, Unavailable> {
    for id in request_ids(request_of(&view.carrier, &view.external_id)) {
        match d.get(&id).await? {
            None => return Ok(Some(id)),
            Some(record) if record.view.tenant == *tenant && is_of(&record, &view.external_id) => {
                return Ok(record.view.execution.is_none().then_some(id));
            }
            Some(_) => {}
        }
    }
    Ok(None)
}

async fn start(
    d: &(impl Requests + Workflows + Clock),
    view: &OutView,
    hidden: Value,
    share: Share,
) -> Result<(), BeginError> {
    let Some(id) = to_begin(d, view, &share.tenant).await? else {
        return Ok(());
    };
    let line = |number: &E164| NumberLine {
        number: number.clone(),
        status: "requested".to_owned(),
        reason: None,
    };
    let begun = Begun {
        id,
        kind: Kind::PortOut,
        tenant: share.tenant,
        person: None,
        title: format!("{} numbers to {}", share.numbers.len(), view.gaining),
        details: json!(view),
        numbers: share.numbers.iter().map(line).collect(),
        hidden,
    };
    begin(d, begun).await.map(drop)
}
