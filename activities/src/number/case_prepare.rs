//! `number-case-prepare`: what an operator sends to a carrier that gives numbers by support case alone.
use super::case_text::text;
use super::{dossier_of, no_request};
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::Requests;
use contract::number::{NumberCasePrepareInput, NumberCasePrepared, NumberError};
use serde_json::json;

/// Writes the text into the request's details: it says who the customer is, so no execution's history has it.
///
/// # Errors
/// [`NumberError`].
pub async fn prepare(
    d: &(impl Dossiers + Requests + Clock),
    input: NumberCasePrepareInput,
) -> Result<NumberCasePrepared, NumberError> {
    let record = dossier_of(d, &input.tenant, input.dossier.as_ref()).await?;
    let dossier = record.map(|record| record.view.dossier);
    let text = text(&input, dossier.as_ref());
    let details = json!({ "prepared": text });
    let known = Requests::update(d, &input.request, |record| record.learn(&[], &details)).await?;
    if known.is_none() {
        return Err(no_request(&input.request));
    }
    Ok(NumberCasePrepared {
        subject: text.subject,
    })
}
