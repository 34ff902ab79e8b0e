//! `onboarding-dossier`: where the dossier of an onboarding stands.
use crate::dossier::DossierRecord;
use crate::dossier::evaluate::evaluation_of;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::Requests;
use contract::dossier::Compliance;
use contract::dossier::review::DossierStatus;
use contract::onboarding::{DossierStanding, OnboardingDossierInput, OnboardingError, Stands};
use contract::request::{Party, RequestView};
use jiff::Timestamp;

/// Most failures that travel through the workflow; the dossier's page has them all.
const TOLD_MAX: usize = 20;
/// Most failures that are said in words.
const SAID_MAX: usize = 3;

/// Looks at it, and changes nothing.
///
/// # Errors
/// [`OnboardingError`].
pub async fn dossier(
    d: &(impl Dossiers + Requests + Clock),
    input: OnboardingDossierInput,
) -> Result<DossierStanding, OnboardingError> {
    let record = d.dossier(&input.dossier).await?;
    let record = record.filter(|record| record.view.dossier.tenant == input.tenant);
    let unknown = || OnboardingError::BadInput(format!("dossier: there is no `{}`", input.dossier));
    let record = record.ok_or_else(unknown)?;
    let check = match &record.view.request {
        Some(check) => Requests::get(d, check).await?,
        None => None,
    };
    let check = check.map(|check| check.view).filter(RequestView::is_open);
    now_standing(&record, check.as_ref(), &input, d.now())
}

/// What it is relied on for, or, where that is not enough, whether it can be handed in as it is now.
fn now_standing(
    record: &DossierRecord,
    check: Option<&RequestView>,
    input: &OnboardingDossierInput,
    now: Timestamp,
) -> Result<DossierStanding, OnboardingError> {
    let relied_on = standing(&record.clone().relied_on(now), check, input, now)?;
    if relied_on.stands != Stands::Missing {
        return Ok(relied_on);
    }
    let as_it_is = standing(record, check, input, now)?;
    let can_be_handed_in = as_it_is.stands == Stands::Complete;
    Ok(if can_be_handed_in {
        as_it_is
    } else {
        relied_on
    })
}

fn standing(
    record: &DossierRecord,
    check: Option<&RequestView>,
    input: &OnboardingDossierInput,
    now: Timestamp,
) -> Result<DossierStanding, OnboardingError> {
    let held = evaluation_of(record, &input.purposes, now).map_err(OnboardingError::BadInput)?;
    let nothing = held.outcomes.is_empty();
    let outcomes = held.outcomes.into_iter();
    let mut failures: Vec<_> = outcomes.flat_map(|outcome| outcome.failures).collect();
    let failed = u32::try_from(failures.len()).unwrap_or(u32::MAX);
    let words: Vec<String> = failures
        .iter()
        .take(SAID_MAX)
        .map(|failure| failure.words.clone())
        .collect();
    failures.truncate(TOLD_MAX);
    let stands = if nothing {
        Stands::NotNeeded
    } else {
        let relied_on = matches!(
            record.view.status,
            DossierStatus::Approved | DossierStatus::ProvisionallyApproved
        );
        // What was refused in a check is mended in that check.
        match (held.verdict, check) {
            (Compliance::Compliant, _) if relied_on => Stands::Approved,
            (_, Some(_)) => Stands::InReview,
            (Compliance::Noncompliant, None) => Stands::Missing,
            (Compliance::Compliant, None) => Stands::Complete,
        }
    };
    let says = match stands {
        Stands::NotNeeded => "Nothing is required".to_owned(),
        Stands::Missing => format!("{failed} to be mended: {}", words.join("; ")),
        Stands::Complete => "The dossier has everything".to_owned(),
        Stands::InReview => "The dossier is being checked".to_owned(),
        Stands::Approved => "The dossier is approved".to_owned(),
    };
    Ok(DossierStanding {
        stands,
        failed,
        failures,
        says,
        owner: check.map_or(Party::Operator, |check| check.owner),
        next_action: match check {
            Some(check) => format!("In the dossier's check: {}", check.next_action),
            None => "Review the dossier".to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::RequestId;
    use contract::dossier::Day;
    use contract::dossier::review::Decision;
    use serde_json::json;

    fn asked() -> OnboardingDossierInput {
        let input = json!({ "request": "ot-1", "tenant": "t-1", "dossier": "d-1", "purposes": [
            { "country": "US", "numberType": "local", "action": "order", "numbers": 1 },
        ] });
        serde_json::from_value(input).unwrap()
    }

    #[test]
    fn what_holds_for_now_and_is_not_enough_keeps_nobody_from_handing_in_what_is() {
        let now = "2027-01-20T10:00:00Z".parse().unwrap();
        let dossier = json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "individual",
            "endUser": { "givenNames": "Ana", "familyNames": "Pérez", "birthDate": "1980-01-31", "nationality": "PA" },
            "authorisedPerson": { "name": "Ana Pérez", "email": "ana@isthmus.example" },
        });
        let mut record = DossierRecord::new(
            serde_json::from_value(dossier).unwrap(),
            "2027-01-19T10:00:00.000Z".to_owned(),
        );
        let (check, until) = (RequestId::from("vd-1"), Day::parse("2027-06-30").unwrap());
        record.take_up(&check);
        record.decide(&check, Decision::ApproveProvisionally, Some(&until), &[]);
        record.hold_for_now(&until, "2027-07-01T04:00:00Z".parse().unwrap());
        let stands = |record: &DossierRecord| {
            let found = now_standing(record, None, &asked(), now).unwrap();
            (found.stands, found.failed)
        };
        assert_eq!(stands(&record), (Stands::Missing, 2));
        let mut filled = record.view.dossier.clone();
        filled.addresses = serde_json::from_value(json!([{
            "uses": ["service", "emergency"], "street": "350 Fifth Avenue", "city": "New York", "region": "NY",
            "postalCode": "10118", "country": "US",
        }]))
        .unwrap();
        record.rewrite(&filled);
        assert_eq!(stands(&record), (Stands::Complete, 0));
        // What is missing still is told of what is relied on.
        filled.authorised_person = None;
        record.rewrite(&filled);
        assert_eq!(stands(&record), (Stands::Missing, 2));
    }
}
