//! Numbers: ordered from carriers, led to people, tried by a call, given back. A file per activity.

pub mod answer;
pub mod assign;
pub mod by_case;
pub mod case_prepare;
pub mod case_recall;
pub mod case_take;
mod case_text;
pub mod emergency;
pub mod fill;
pub mod order;
pub mod recall;
pub mod release;
pub mod requirements;
pub mod reserve;
pub mod test_call;
pub mod withdraw;

use crate::dossier::DossierRecord;
use crate::ports::Unavailable;
use crate::ports::carriers::{CarrierError, Carriers, NewOrder};
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::shell::chain;
use contract::number::{NumberError, status};
use contract::request::{NumberLine, RequestView};
use contract::{CarrierId, DossierId, E164, RequestId, TenantId};
use jiff::Timestamp;

/// Longest reason of a line of a number, in characters: a request is one item.
const REASON_MAX: usize = 200;

impl From<Unavailable> for NumberError {
    fn from(error: Unavailable) -> Self {
        Self::Store(chain(&error))
    }
}

impl From<CarrierError> for NumberError {
    fn from(error: CarrierError) -> Self {
        match &error {
            CarrierError::Refused(refusal) | CarrierError::NotFound(refusal) => {
                Self::Refused(refusal.to_string())
            }
            CarrierError::Busy { .. } | CarrierError::Unknown(_) => Self::Carrier(chain(&error)),
        }
    }
}

/// The carrier that an input names.
fn carrier<'a, D: Carriers>(d: &'a D, id: &CarrierId) -> Result<&'a D::Any, NumberError> {
    d.carrier(id).ok_or_else(|| {
        let known: Vec<String> = d.carrier_ids().into_iter().map(|id| id.0).collect();
        NumberError::BadInput(format!(
            "carrier: there is no `{id}`; there are {}",
            known.join(", ")
        ))
    })
}

/// So many numbers, in words: `1 local number`, `10 toll-free numbers`; `kind` may be empty.
pub fn counted(count: usize, kind: &str) -> String {
    let kind = kind.replace('_', "-");
    let space = if kind.is_empty() { "" } else { " " };
    let many = if count == 1 { "" } else { "s" };
    format!("{count}{space}{kind} number{many}")
}

fn line(number: &E164, status: &str) -> NumberLine {
    NumberLine {
        number: number.clone(),
        status: status.to_owned(),
        reason: None,
    }
}

fn line_because(number: &E164, status: &str, reason: &str) -> NumberLine {
    NumberLine {
        reason: Some(reason.chars().take(REASON_MAX).collect()),
        ..line(number, status)
    }
}

/// Numbers that are to be had, as their order shows them.
pub fn wanted(numbers: &[E164]) -> Vec<NumberLine> {
    let numbers = numbers.iter();
    numbers.map(|number| line(number, status::WANTED)).collect()
}

/// How many numbers a request is about: what comes by support case is not known from the beginning.
pub fn asked_for(view: &RequestView) -> usize {
    let count = view.details["count"].as_u64();
    let count = count.and_then(|count| usize::try_from(count).ok());
    count.unwrap_or(view.numbers.len())
}

fn no_request(request: &RequestId) -> NumberError {
    NumberError::BadInput(format!("request: there is no `{request}`"))
}

/// A dossier of the tenant, as numbers are had by it now: while it is renewed, what is approved counts. Another tenant's is none.
pub(crate) async fn dossier_of(
    d: &(impl Dossiers + Clock),
    tenant: &TenantId,
    id: Option<&DossierId>,
) -> Result<Option<DossierRecord>, Unavailable> {
    let Some(id) = id else {
        return Ok(None);
    };
    let record = d.dossier(id).await?;
    let own = record.filter(|record| record.view.dossier.tenant == *tenant);
    Ok(own.map(|record| record.relied_on(d.now())))
}

/// Since when an order may be at its carrier.
fn since(text: &str) -> Result<Timestamp, NumberError> {
    text.parse().map_err(|_| {
        NumberError::BadInput("since: not an instant such as 2026-11-20T10:00:00Z".to_owned())
    })
}

/// What is ordered under a request's id.
fn new_order(key: &str, numbers: &[E164], since: Timestamp) -> NewOrder {
    NewOrder {
        key: key.to_owned(),
        numbers: numbers.to_vec(),
        since,
    }
}

/// Why it did not work with one number, if it did not; `Err` is the carrier's own trouble, to be tried again as a whole.
fn refusal_of(done: Result<(), CarrierError>) -> Result<Option<String>, NumberError> {
    match done {
        Ok(()) => Ok(None),
        Err(CarrierError::Refused(refusal) | CarrierError::NotFound(refusal)) => {
            Ok(Some(refusal.to_string()))
        }
        Err(error @ (CarrierError::Busy { .. } | CarrierError::Unknown(_))) => Err(error.into()),
    }
}

#[cfg(test)]
mod case_tests;
#[cfg(test)]
mod leaving_tests;
#[cfg(test)]
mod tests;
