//! `onboarding-undo`: nothing half done stays: what was begun is taken back, numbers given back, the invitation is void, the tenant closed
//! or the person gone.
use super::port::forget_pins;
use super::{asked, order::own_dossier, order_ids, port_id};
use crate::number::counted;
use crate::number::release::release;
use crate::ports::calls::Shelf;
use crate::ports::carriers::Carriers;
use crate::ports::clock::{self, Clock};
use crate::ports::directory::Directory;
use crate::ports::dossiers::Dossiers;
use crate::ports::numbers::{MAX_LISTED, NumberRecord, Numbers};
use crate::ports::onboardings::{Onboarding, Onboardings};
use crate::ports::porting::Pins;
use crate::ports::requests::{Requests, Which};
use crate::ports::workflows::Workflows;
use crate::request::{Letter, RequestRecord, shell};
use contract::number::{NumberError, NumberReleaseInput};
use contract::onboarding::{OnboardingError, OnboardingUndoInput, Undone};
use contract::request::signal::{RequestSignal, SignalName};
use contract::request::{Kind, NumberLine};
use contract::{E164, RequestId};
use serde_json::Value;
use std::collections::BTreeSet;

/// Why numbers are given back.
const REASON: &str = "the onboarding was not completed";
/// The turn of the definitions in which an operator looks why the last step failed.
const LAST_TURN: &str = "Close by hand";
/// Requests of a page.
const PAGE: u32 = 100;
/// Most numbers that are named in a sentence.
const MAX_NAMED: usize = 5;

/// Takes back what can be taken back now, and says how much is left. Numbers stay while a request may still bring some, and everything
/// stays of an onboarding that was completed, or that an operator left as it is, and whose end could not be written.
///
/// # Errors
/// [`OnboardingError`]; run again, it goes on where it stopped.
pub async fn undo(
    d: &(
         impl Onboardings
         + Directory
         + Dossiers
         + Numbers
         + Carriers
         + Requests
         + Workflows
         + Clock
         + Pins
     ),
    input: OnboardingUndoInput,
) -> Result<Undone, OnboardingError> {
    let onboarding = asked(d, &input.request).await?;
    d.void_invitation(&input.request).await?;
    forget_pins(d, &input.request).await?;
    if onboarding.closed_at.is_some() {
        return Ok(stays("It was completed before: nothing was taken back"));
    }
    let record = Requests::get(d, &input.request).await?;
    if record.is_some_and(|record| was_left(&record)) {
        return Ok(stays(
            "An operator had left it as it is: nothing was taken back",
        ));
    }
    let open = stop(d, &onboarding).await?;
    if open > 0 {
        return Ok(ends_first(open, Vec::new()));
    }
    let back = give_back(d, &onboarding).await?;
    if back.kept() > 0 {
        return Ok(Undone {
            pending: back.kept(),
            says: back.says(),
            numbers: back.lines,
            completed: false,
        });
    }
    let numbers = back.lines;
    remove(d, &onboarding).await?;
    // Its people could begin something until they were gone.
    let open = stop(d, &onboarding).await?;
    if open > 0 {
        return Ok(ends_first(open, numbers));
    }
    Ok(Undone {
        pending: 0,
        numbers,
        says: "Everything was taken back".to_owned(),
        completed: false,
    })
}

/// What it made is in use.
fn stays(says: &str) -> Undone {
    Undone {
        pending: 0,
        numbers: Vec::new(),
        says: says.to_owned(),
        completed: true,
    }
}

/// Whether an operator has left it as it is when its last step failed, and then its end could not be written: what is there stays, unless
/// its customer wants it back since.
fn was_left(record: &RequestRecord) -> bool {
    let steps = &record.view.steps;
    let gave_up = |signal: &RequestSignal| {
        signal.name == SignalName::TaskDone && signal.data["decision"] == "give_up"
    };
    steps.last().is_some_and(|step| step.state == LAST_TURN)
        && record.inbox.heard().is_some_and(gave_up)
        && !record.is_wanted_back()
}

fn ends_first(open: u32, numbers: Vec<NumberLine>) -> Undone {
    Undone {
        pending: open,
        numbers,
        says: format!("{open} request(s) of it end first"),
        completed: false,
    }
}

/// Takes back the orders, the ports and, of a tenant that is to be closed, everything else that its people have begun; gives how many still run.
async fn stop(
    d: &(impl Dossiers + Requests + Workflows + Clock),
    onboarding: &Onboarding,
) -> Result<u32, OnboardingError> {
    let mut open = 0;
    let mut ids: BTreeSet<RequestId> = order_ids(&onboarding.request).collect();
    let ports = 0..onboarding.wish.ports.len();
    ids.extend(ports.map(|at| port_id(&onboarding.request, at)));
    if onboarding.wish.tenant.is_some() {
        let dossier = d.dossier(&own_dossier(&onboarding.request)).await?;
        ids.extend(dossier.and_then(|record| record.view.request));
        ids.extend(live(d, onboarding).await?);
    }
    for id in ids {
        let Some(record) = Requests::get(d, &id).await? else {
            continue;
        };
        if !record.view.is_open() {
            continue;
        }
        open += 1;
        let letter = Letter {
            key: format!("undo#{}", onboarding.request),
            name: SignalName::RequestCancel,
            topic: None,
            person: None,
            data: Value::Null,
        };
        shell::deliver(d, &id, &letter).await?;
    }
    Ok(open)
}

/// Every request of the tenant that runs, but the onboarding itself.
async fn live(
    d: &impl Requests,
    onboarding: &Onboarding,
) -> Result<Vec<RequestId>, OnboardingError> {
    let which = Which::AllOfTenant {
        tenant: onboarding.tenant.clone(),
        shelf: Shelf::Live,
    };
    let (mut ids, mut next) = (Vec::new(), None);
    loop {
        let page = Requests::list(d, &which, PAGE, next.as_deref()).await?;
        let all = page.records.into_iter().map(|record| record.view.id);
        ids.extend(all.filter(|id| *id != onboarding.request));
        next = page.next;
        if next.is_none() {
            return Ok(ids);
        }
    }
}

/// The numbers that came with the onboarding: all of a tenant that is to be closed.
async fn numbers_of(
    d: &impl Numbers,
    onboarding: &Onboarding,
) -> Result<Vec<NumberRecord>, OnboardingError> {
    let orders: Vec<RequestId> = order_ids(&onboarding.request).collect();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = d
            .numbers_of(&onboarding.tenant, MAX_LISTED, after.as_ref())
            .await?;
        all.extend(page.numbers);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if onboarding.wish.tenant.is_none() {
        let ours = |record: &NumberRecord| {
            let ordered = record.request.as_ref();
            ordered.is_some_and(|request| orders.contains(request))
        };
        all.retain(ours);
    }
    Ok(all)
}

/// What became of the numbers.
#[derive(Debug, Default)]
struct GivenBack {
    /// Those that went back to their carrier, and those that did not, as their request shows them.
    lines: Vec<NumberLine>,
    /// How many a carrier did not take.
    refused: usize,
    /// Those that another carrier had before: a carrier to which they are given back does not give them to the customer again.
    ported: Vec<E164>,
}

impl GivenBack {
    /// How many the tenant still has.
    fn kept(&self) -> u32 {
        u32::try_from(self.refused + self.ported.len()).unwrap_or(u32::MAX)
    }

    /// What it still has, in words.
    fn says(&self) -> String {
        let mut words = Vec::new();
        if self.refused > 0 {
            words.push(format!(
                "The carrier did not take back {}",
                counted(self.refused, "")
            ));
        }
        if !self.ported.is_empty() {
            let named = self.ported.iter().take(MAX_NAMED);
            let named: Vec<&str> = named.map(E164::as_str).collect();
            let (more, them) = (self.ported.len() > MAX_NAMED, self.ported.len() > 1);
            words.push(format!(
                "{} ported in ({}{}): have {} ported back, or keep the tenant",
                counted(self.ported.len(), ""),
                named.join(", "),
                if more { " and others" } else { "" },
                if them { "them" } else { "it" },
            ));
        }
        words.join("; ")
    }
}

/// Whether a number came from another carrier.
async fn came_by_port(d: &impl Requests, record: &NumberRecord) -> Result<bool, OnboardingError> {
    let Some(id) = &record.request else {
        return Ok(false);
    };
    let request = Requests::get(d, id).await?;
    Ok(request.is_some_and(|request| request.view.kind == Kind::PortIn))
}

/// Gives back what was ordered. What was ported in is the customer's own: it rings on, and its tenant stays, until somebody decides.
async fn give_back(
    d: &(impl Numbers + Carriers + Requests),
    onboarding: &Onboarding,
) -> Result<GivenBack, OnboardingError> {
    if onboarding.wish.tenant.is_none()
        && let Some(number) = &onboarding.wish.number
        && let Some(record) = d.number_record(number).await?
        && record.person.as_ref() == Some(&onboarding.person)
    {
        // It was the tenant's before, and stays so.
        d.lead_number(&onboarding.tenant, number, None).await?;
    }
    let mut back = GivenBack::default();
    for record in numbers_of(d, onboarding).await? {
        if came_by_port(d, &record).await? {
            back.ported.push(record.number);
            continue;
        }
        let Some(carrier) = record.carrier else {
            d.lead_number(&onboarding.tenant, &record.number, None)
                .await?;
            d.strike_number(&onboarding.tenant, &record.number).await?;
            continue;
        };
        // What its own order brought, by that order's name.
        let by = record.request.as_ref().unwrap_or(&onboarding.request);
        let input = NumberReleaseInput {
            request: by.clone(),
            tenant: onboarding.tenant.clone(),
            carrier,
            numbers: vec![record.number],
            reason: Some(REASON.to_owned()),
        };
        match release(d, input).await {
            Ok(settled) => {
                back.refused += settled.failed.len();
                back.lines.extend(settled.numbers);
            }
            Err(NumberError::Store(why)) => return Err(OnboardingError::Store(why)),
            Err(NumberError::Carrier(why)) => return Err(OnboardingError::Carrier(why)),
            Err(NumberError::Refused(why) | NumberError::BadInput(why)) => {
                tracing::warn!(request = %onboarding.request, why, "a number was not given back");
                back.refused += 1;
            }
        }
    }
    Ok(back)
}

/// Who was made is there no more; somebody who was there before is not touched.
async fn remove(
    d: &(impl Onboardings + Directory + Clock + Pins),
    onboarding: &Onboarding,
) -> Result<(), OnboardingError> {
    let Some(new) = &onboarding.wish.tenant else {
        if let Some(person) = d.person(&onboarding.tenant, &onboarding.person).await? {
            d.remove_person(&person).await?;
        }
        return Ok(());
    };
    if d.tenant(&onboarding.tenant).await?.is_none() {
        return Ok(());
    }
    for person in d.people(&onboarding.tenant).await? {
        d.remove_person(&person).await?;
    }
    d.set_port_out_pin(&onboarding.tenant, None).await?;
    let at = clock::text(d.now());
    d.close_tenant(&onboarding.tenant, &new.slug, &onboarding.request, &at)
        .await?;
    Ok(())
}
