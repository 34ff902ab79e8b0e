//! `number-case-prepare`: what an operator sends to a carrier that gives numbers by support case alone.
use super::case_text::text;
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
    let record = match &input.dossier {
        Some(id) => d.dossier(id).await?,
        None => None,
    };
    // Another tenant's dossier is none.
    let record = record.filter(|record| record.view.dossier.tenant == input.tenant);
    let dossier = record.map(|record| record.relied_on(d.now()).view.dossier);
    let text = text(&input, dossier.as_ref());
    let details = json!({ "prepared": text });
    let known = Requests::update(d, &input.request, |record| record.learn(&[], &details)).await?;
    if known.is_none() {
        let message = format!("request: there is no `{}`", input.request);
        return Err(NumberError::BadInput(message));
    }
    Ok(NumberCasePrepared {
        subject: text.subject,
    })
}
