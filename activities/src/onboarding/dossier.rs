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
    let record = record.ok_or_else(unknown)?.relied_on(d.now());
    let check = match &record.view.request {
        Some(check) => Requests::get(d, check).await?,
        None => None,
    };
    let check = check.map(|check| check.view).filter(RequestView::is_open);
    standing(&record, check.as_ref(), &input, d.now())
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
