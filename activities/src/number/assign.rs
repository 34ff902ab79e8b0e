//! `number-assign`: numbers become the tenant's, and calls to them come here and ring somebody; or those that were to be given back
//! do so again.
use super::{carrier, line, line_because, refusal_of};
use crate::dial;
use crate::ports::calls::Write;
use crate::ports::carriers::{Carrier, Carriers};
use crate::ports::clock::{self, Clock};
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use contract::E164;
use contract::number::{NumberAssignInput, NumberError, NumbersSettled, status};
use contract::request::NumberLine;
use contract::routing::Target;

/// Writes each number down, leads its calls here, and lets it ring the person. What cannot be done with one number is said of
/// that number; the others go on.
///
/// # Errors
/// [`NumberError`]; run again, it goes on where it stopped.
pub async fn assign(
    d: &(impl Carriers + Numbers + Clock),
    input: NumberAssignInput,
) -> Result<NumbersSettled, NumberError> {
    let mut settled = NumbersSettled::default();
    for number in &input.numbers {
        let line = one(d, &input, number).await?;
        if line.status == status::ASSIGNED {
            settled.done.push(number.clone());
        } else {
            settled.failed.push(number.clone());
        }
        settled.numbers.push(line);
    }
    Ok(settled)
}

async fn one(
    d: &(impl Carriers + Numbers + Clock),
    input: &NumberAssignInput,
    number: &E164,
) -> Result<NumberLine, NumberError> {
    let known = d.number_record(number).await?;
    let leaving = known.as_ref().and_then(|known| known.leaving.as_ref());
    if input.back || leaving == Some(&input.request) {
        return back(d, input, number, known).await;
    }
    let record = NumberRecord {
        number: number.clone(),
        tenant: input.tenant.clone(),
        person: None,
        group: None,
        flow: None,
        standing: Standing::Active,
        carrier: Some(input.carrier.clone()),
        country: dial::look_up(number).map(|known| known.iso2),
        number_type: None,
        request: Some(input.request.clone()),
        since: Some(clock::text(d.now())),
        leaving: None,
    };
    if d.keep_number(&record).await? == Write::Conflict {
        return Ok(line_because(
            number,
            status::FAILED,
            "the number is in use here already",
        ));
    }
    lead(d, input, number).await
}

/// One that this very request was to give back stays. It is the request's until it rings again, so that this goes on where it stopped;
/// from then on it is the tenant's alone, and whom it rings by now is not changed.
async fn back(
    d: &(impl Carriers + Numbers),
    input: &NumberAssignInput,
    number: &E164,
    known: Option<NumberRecord>,
) -> Result<NumberLine, NumberError> {
    let (tenant, request) = (&input.tenant, &input.request);
    let Some(known) = known.filter(|known| known.tenant == *tenant) else {
        let why = "not the tenant's any more";
        return Ok(line_because(number, status::FAILED, why));
    };
    match &known.leaving {
        None => return Ok(line(number, status::ASSIGNED)),
        Some(by) if by != request => {
            let why = "given back by another request";
            return Ok(line_because(number, status::FAILED, why));
        }
        Some(_) => {}
    }
    let led = lead(d, input, number).await?;
    d.mark_leaving(tenant, number, request, false).await?;
    Ok(led)
}

/// Leads a number's calls here, and to whom it is to ring.
async fn lead(
    d: &(impl Carriers + Numbers),
    input: &NumberAssignInput,
    number: &E164,
) -> Result<NumberLine, NumberError> {
    if let Some(why) = refusal_of(carrier(d, &input.carrier)?.lead_here(number).await)? {
        return Ok(line_because(number, status::FAILED, &why));
    }
    let target = Target::of(
        input.person.clone(),
        input.group.clone(),
        input.flow.clone(),
    )
    .map_err(|several| NumberError::BadInput(format!("person: {several}")))?;
    if let Some(target) = &target
        && d.lead_number(&input.tenant, number, Some(target)).await? == Write::Conflict
    {
        // Who was to be rung is no longer there: the number is had and rings nobody.
        let what = match target {
            Target::Person(_) => "person",
            Target::Group(_) => "group",
            Target::Flow(_) => "flow",
        };
        let why = format!("rings nobody: the tenant has no such {what} any more");
        return Ok(line_because(number, status::ASSIGNED, &why));
    }
    Ok(line(number, status::ASSIGNED))
}
