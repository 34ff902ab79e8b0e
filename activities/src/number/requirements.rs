//! `number-requirements`: what the country asks of who wants such numbers, held against the tenant's dossier.
use super::dossier_of;
use crate::dossier::DossierRecord;
use crate::dossier::evaluate::{held, label, today};
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::rules;
use crate::shell::chain;
use compliance::requirement::{Asked, Resolved, Wanted, evaluate, resolve};
use contract::E164;
use contract::dossier::review::DossierStatus;
use contract::dossier::{Compliance, Dossier, EndUserKind, Evaluation, NumberAction};
use contract::number::{
    NumberRequirementsInput, RequirementsError, RequirementsFound, RequirementsVerdict,
};

/// Most failures that are told in words, and that travel through the workflow.
const TOLD_MAX: usize = 5;

impl From<Unavailable> for RequirementsError {
    fn from(error: Unavailable) -> Self {
        Self::Store(chain(&error))
    }
}

/// Evaluates. A country that asks for nothing needs no dossier; one that nobody has written down is for an operator to look at.
///
/// # Errors
/// [`RequirementsError`].
pub async fn requirements(
    d: &(impl Dossiers + Clock),
    input: NumberRequirementsInput,
) -> Result<RequirementsFound, RequirementsError> {
    let record = dossier_of(d, &input.tenant, input.dossier.as_ref()).await?;
    let dossier = record.as_ref().map(|record| &record.view.dossier);
    let required = match resolve(rules::catalogue(), &[asked(&input, dossier)]) {
        Ok(required) => required,
        Err(why) => return Ok(found(RequirementsVerdict::NotKnown, why.to_string(), None)),
    };
    if required.is_empty() {
        return Ok(found(RequirementsVerdict::Compliant, String::new(), None));
    }
    let Some(record) = &record else {
        return Ok(found(
            RequirementsVerdict::Noncompliant,
            wanted_words(&input.country, &required),
            None,
        ));
    };
    let today = today(&input.country, d.now());
    let wanted = wanted(&input);
    let evaluation = held(record.extended(), today, |day| {
        evaluate(&required, &record.view.dossier, &wanted, day)
    });
    Ok(judged(evaluation, record))
}

fn judged(evaluation: Evaluation, record: &DossierRecord) -> RequirementsFound {
    let status = record.view.status;
    // Whatever else is wrong with one that has expired, it is to be renewed first.
    if evaluation.verdict == Compliance::Noncompliant && status != DossierStatus::Expired {
        let says = failures_in_words(&evaluation);
        return found(RequirementsVerdict::Noncompliant, says, Some(evaluation));
    }
    let says = match status {
        DossierStatus::Approved | DossierStatus::ProvisionallyApproved => {
            return found(
                RequirementsVerdict::Compliant,
                String::new(),
                Some(evaluation),
            );
        }
        DossierStatus::Draft => "The dossier has everything; it is to be handed in for review",
        DossierStatus::InReview => {
            let says = "The dossier has everything; it is being reviewed".to_owned();
            return found(RequirementsVerdict::InReview, says, Some(evaluation));
        }
        DossierStatus::Rejected => "The dossier was rejected in its review",
        DossierStatus::Expired => {
            let dossier = &record.view.dossier;
            let (id, whose) = (&dossier.id, label(dossier));
            let says = format!(
                "The dossier {id} of {whose} has expired: nothing is ordered on it until it is renewed"
            );
            return found(RequirementsVerdict::Noncompliant, says, Some(evaluation));
        }
    };
    found(
        RequirementsVerdict::Noncompliant,
        says.to_owned(),
        Some(evaluation),
    )
}

/// The evaluation without what a request's item has no room for: the dossier's page has all of it.
fn found(
    verdict: RequirementsVerdict,
    says: String,
    evaluation: Option<Evaluation>,
) -> RequirementsFound {
    let evaluation = evaluation.map(|mut evaluation| {
        evaluation.outcomes.retain(|outcome| !outcome.passed);
        evaluation.outcomes.truncate(TOLD_MAX);
        for outcome in &mut evaluation.outcomes {
            outcome.failures.truncate(TOLD_MAX);
        }
        evaluation
    });
    RequirementsFound {
        verdict,
        says,
        evaluation,
    }
}

fn asked(input: &NumberRequirementsInput, dossier: Option<&Dossier>) -> Asked {
    let signer = dossier.and_then(|dossier| dossier.authorised_person.as_ref());
    Asked {
        country: input.country.clone(),
        number_type: input.number_type,
        // Businesses are asked for most; who is an individual says so by the dossier.
        end_user: dossier.map_or(EndUserKind::Business, |dossier| dossier.kind),
        action: NumberAction::Order,
        numbers: input
            .count
            .unwrap_or_else(|| u32::try_from(input.numbers.len()).unwrap_or(u32::MAX)),
        nationality: signer
            .and_then(|person| person.nationality.clone())
            .or_else(|| dossier.and_then(|dossier| dossier.end_user.nationality.clone())),
    }
}

/// What is wanted; while no number is known, one of the country and type stands for all.
fn wanted(input: &NumberRequirementsInput) -> Vec<Wanted> {
    let one = |number: Option<E164>| Wanted {
        country: input.country.clone(),
        number_type: input.number_type,
        number,
    };
    if input.numbers.is_empty() {
        return vec![one(None)];
    }
    let numbers = input.numbers.iter().cloned();
    numbers.map(|number| one(Some(number))).collect()
}

fn wanted_words(country: &str, required: &[Resolved]) -> String {
    let names = required.iter().take(TOLD_MAX);
    let names: Vec<&str> = names.map(|each| each.requirement.name.as_str()).collect();
    format!("Name a dossier: {country} asks for {}", names.join(", "))
}

fn failures_in_words(evaluation: &Evaluation) -> String {
    let failures = evaluation.outcomes.iter().flat_map(|each| &each.failures);
    let words: Vec<String> = failures
        .take(TOLD_MAX)
        .map(|failure| format!("{}: {}", failure.field, failure.words))
        .collect();
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;
    use contract::dossier::RequirementOutcome;
    use serde_json::json;

    #[tokio::test]
    async fn a_paper_that_ran_out_is_missing_unless_an_operator_gave_more_time() {
        let house = House::new().await;
        let d = &*house.aws;
        let dossier = json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business",
            "endUser": {
                "businessName": "Isthmus Trading",
                "registerIds": [{ "scheme": "ch-uid", "country": "CH", "number": "CHE-116.281.710" }],
            },
            "documents": [{
                "id": "doc-1", "kind": "register_extract", "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5,
                "sha256": "0".repeat(64), "uploadedAt": "2026-01-20T10:00:00Z", "state": "approved", "validUntil": "2026-01-31",
            }],
            "validUntil": "2026-01-31",
        });
        let dossier: Dossier = serde_json::from_value(dossier).unwrap();
        let mut record = DossierRecord::new(dossier, "2026-01-20T10:00:00.000Z".to_owned());
        record.over.clone_from(&record.view.dossier.valid_until);
        for (status, is_missing) in [
            (DossierStatus::Expired, true),
            (DossierStatus::ProvisionallyApproved, false),
        ] {
            record.view.status = status;
            record.view.dossier.id = format!("d-{status:?}").as_str().into();
            d.create_dossier(&record).await.unwrap();
            let input = json!({
                "request": "no-1", "tenant": "t-1", "country": "CH", "numberType": "local", "numbers": ["+41445550101"],
                "dossier": record.view.dossier.id,
            });
            let found = requirements(d, serde_json::from_value(input).unwrap());
            let outcomes = found.await.unwrap().evaluation.unwrap().outcomes;
            let extract =
                |outcome: &RequirementOutcome| outcome.requirement == "ch.register.extract";
            assert_eq!(outcomes.iter().any(extract), is_missing, "{outcomes:?}");
        }
    }

    #[test]
    fn the_verdict_on_a_dossier_that_has_everything_is_waited_for() {
        let dossier = json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business", "endUser": { "businessName": "Isthmus Trading" },
        });
        let dossier: Dossier = serde_json::from_value(dossier).unwrap();
        let mut record = DossierRecord::new(dossier, "2026-11-20T10:00:00.000Z".to_owned());
        for (status, verdict, then) in [
            (
                DossierStatus::InReview,
                Compliance::Compliant,
                RequirementsVerdict::InReview,
            ),
            // Its customer has something to add first.
            (
                DossierStatus::InReview,
                Compliance::Noncompliant,
                RequirementsVerdict::Noncompliant,
            ),
            (
                DossierStatus::Rejected,
                Compliance::Compliant,
                RequirementsVerdict::Noncompliant,
            ),
        ] {
            record.view.status = status;
            let evaluation = Evaluation {
                verdict,
                outcomes: Vec::new(),
            };
            assert_eq!(judged(evaluation, &record).verdict, then, "{status:?}");
        }
    }

    #[test]
    fn an_expired_dossier_is_named_whatever_else_is_wrong_with_it() {
        let dossier = json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business", "endUser": { "businessName": "Isthmus Trading" },
        });
        let dossier: Dossier = serde_json::from_value(dossier).unwrap();
        let mut record = DossierRecord::new(dossier, "2026-11-20T10:00:00.000Z".to_owned());
        record.view.status = DossierStatus::Expired;
        for verdict in [Compliance::Compliant, Compliance::Noncompliant] {
            let evaluation = Evaluation {
                verdict,
                outcomes: Vec::new(),
            };
            let found = judged(evaluation, &record);
            assert_eq!(found.verdict, RequirementsVerdict::Noncompliant);
            let named = "The dossier d-1 of Isthmus Trading has expired";
            assert!(found.says.starts_with(named), "{}", found.says);
        }
    }
}
