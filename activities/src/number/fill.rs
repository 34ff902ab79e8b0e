//! `number-order-fill`: the tenant's dossier answers what a carrier asks for, as far as it does. The rest is for an operator.
use super::{carrier, dossier_of};
use crate::dossier::answers;
use crate::ports::carriers::{Carrier, Carriers, Need, NeedForm, Upload};
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::porting::Papers;
use contract::dossier::Dossier;
use contract::number::{NumberAnswered, NumberError, NumberFillInput};
use std::collections::BTreeMap;

/// Answers what was not declined before: what a carrier declines, a person looks at. Run again it gives the same answers, and
/// documents that the carrier has are not given twice.
///
/// # Errors
/// [`NumberError`].
pub async fn fill(
    d: &(impl Carriers + Dossiers + Papers + Clock),
    input: NumberFillInput,
) -> Result<NumberAnswered, NumberError> {
    let from = carrier(d, &input.carrier)?;
    let record = dossier_of(d, &input.tenant, input.dossier.as_ref()).await?;
    let Some(dossier) = record.map(|record| record.view.dossier) else {
        return Ok(NumberAnswered { answered: 0 });
    };
    let order = from.order_state(&input.order).await?;
    // Each number of an order asks for the same.
    let needs = order.lines.iter().flat_map(|line| &line.needs);
    let needs: BTreeMap<&str, &Need> = needs.map(|need| (need.id.as_str(), need)).collect();
    let mut filled = Vec::new();
    for need in needs.into_values().filter(|need| !need.declined) {
        let Some(name) = from.name_of_need(&need.id).await? else {
            continue;
        };
        let answer = match need.form {
            NeedForm::Text => answers::text(&dossier, &name),
            NeedForm::Document => given(d, from, &input, &dossier, &name).await?,
            NeedForm::Address | NeedForm::Action => None,
        };
        filled.extend(answer.map(|answer| (need.id.clone(), answer)));
    }
    if !filled.is_empty() {
        from.answer(&input.order, &filled).await?;
    }
    Ok(NumberAnswered {
        answered: u32::try_from(filled.len()).unwrap_or(u32::MAX),
    })
}

/// The carrier's id of the first document that answers a question with this name and is there.
async fn given(
    d: &impl Papers,
    from: &impl Carrier,
    input: &NumberFillInput,
    dossier: &Dossier,
    name: &str,
) -> Result<Option<String>, NumberError> {
    for document in answers::approved(dossier, name) {
        let Some(bytes) = d.paper(&input.tenant, &document.id).await? else {
            continue;
        };
        let paper = Upload {
            key: format!("{}/{}", input.request, document.id),
            file_name: document.file_name.clone(),
            bytes,
        };
        return Ok(Some(from.upload(&paper).await?));
    }
    Ok(None)
}
