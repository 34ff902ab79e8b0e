//! `dossier-evaluate`: holds a dossier against what its purposes require.
use super::wake::wake;
use super::{DossierRecord, in_hand};
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::rules;
use compliance::requirement::{Asked, Resolved, Rule, Wanted, evaluate as hold, resolve};
use contract::dossier::review::{DossierError, DossierEvaluateInput, DossierEvaluated, Purpose};
use contract::dossier::{Compliance, Day, DocumentKind, Dossier, EndUserKind, Evaluation};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Most failures that travel through the workflow; the dossier's page has them all.
const TOLD_MAX: usize = 20;
/// Most purposes of one dossier.
const PURPOSES_MAX: usize = 20;

/// Takes the dossier up for the request, unless another open check has it, and holds it against what is required today. Whoever wants it looks
/// at it again: from now on its verdict is waited for.
///
/// # Errors
/// [`DossierError`]. Trying again repeats nothing.
pub async fn evaluate(
    d: &(impl Dossiers + Requests + Workflows + Clock),
    input: DossierEvaluateInput,
) -> Result<DossierEvaluated, DossierError> {
    let first = input.purposes.first();
    let first = first.ok_or_else(|| DossierError::BadInput("purposes: at least one".into()))?;
    let taken = in_hand::take_up(d, &input.dossier, &input.request).await?;
    let unknown = || DossierError::Unknown(input.dossier.clone());
    let (is_taken_up, record) = taken.ok_or_else(unknown)?;
    if is_taken_up {
        wake(d, &record.view).await?;
    }
    let dossier = &record.view.dossier;
    let at = record.held_at(d.now());
    let evaluation = evaluation(dossier, &input.purposes, at).map_err(DossierError::BadInput)?;
    let failures = evaluation
        .outcomes
        .into_iter()
        .flat_map(|outcome| outcome.failures);
    let mut failures: Vec<_> = failures.collect();
    let failed = u32::try_from(failures.len()).unwrap_or(u32::MAX);
    failures.truncate(TOLD_MAX);
    Ok(DossierEvaluated {
        verdict: evaluation.verdict,
        country: first.country.clone(),
        failed,
        failures,
        label: label(dossier),
        superseded: !is_taken_up,
    })
}

/// Holds a dossier against its purposes on the day that it is where they are.
///
/// # Errors
/// In words: how many purposes there can be, or for which country nobody has written down what is required.
pub fn evaluation(
    dossier: &Dossier,
    purposes: &[Purpose],
    now: Timestamp,
) -> Result<Evaluation, String> {
    hold_for(dossier, None, purposes, now)
}

/// Holds one that somebody relies on against its purposes: one that was given more time has what it had on its last day.
///
/// # Errors
/// As [`evaluation`].
pub fn evaluation_of(
    record: &DossierRecord,
    purposes: &[Purpose],
    now: Timestamp,
) -> Result<Evaluation, String> {
    hold_for(&record.view.dossier, record.extended(), purposes, now)
}

/// Holds by the day: today, and also the last day of one that was given more time. What either fulfils is fulfilled: papers that ran out
/// since, and papers that came since.
pub fn held(last: Option<&Day>, today: Date, hold: impl Fn(Date) -> Evaluation) -> Evaluation {
    let mut held = hold(today);
    let last = last.and_then(|last| last.as_str().parse::<Date>().ok());
    let Some(last) = last.filter(|last| *last < today) else {
        return held;
    };
    for (now, then) in held.outcomes.iter_mut().zip(hold(last).outcomes) {
        if then.passed {
            *now = then;
        }
    }
    if held.outcomes.iter().all(|outcome| outcome.passed) {
        held.verdict = Compliance::Compliant;
    }
    held
}

fn hold_for(
    dossier: &Dossier,
    last: Option<&Day>,
    purposes: &[Purpose],
    now: Timestamp,
) -> Result<Evaluation, String> {
    if !(1..=PURPOSES_MAX).contains(&purposes.len()) {
        return Err(format!("1 to {PURPOSES_MAX} purposes"));
    }
    let asked: Vec<_> = purposes
        .iter()
        .map(|purpose| asked(dossier, purpose))
        .collect();
    let resolved = resolve(rules::catalogue(), &asked);
    let mut required = resolved.map_err(|why| why.to_string())?;
    required.retain(|resolved| !is_made_here(resolved));
    let wanted = purposes.iter().map(|purpose| Wanted {
        country: purpose.country.clone(),
        number_type: purpose.number_type,
        number: None,
    });
    let wanted: Vec<_> = wanted.collect();
    let today = today(&wanted[0].country, now);
    Ok(held(last, today, |day| {
        hold(&required, dossier, &wanted, day)
    }))
}

/// Whether it asks for a letter of authorisation: a port makes it and has it signed, and nobody hands it in before that.
pub fn is_made_here(resolved: &Resolved) -> bool {
    match &resolved.requirement.rule {
        Rule::Document { kinds, .. } => kinds.contains(&DocumentKind::LetterOfAuthorisation),
        Rule::Textual { .. } | Rule::Address { .. } | Rule::Identity { .. } | Rule::Action {} => {
            false
        }
    }
}

/// The day in a country.
pub fn today(country: &str, now: Timestamp) -> Date {
    match rules::calendar(country) {
        Some(calendar) => calendar.day_of(now),
        None => now.to_zoned(TimeZone::UTC).date(),
    }
}

/// The end of a day in a country.
///
/// # Errors
/// Where time ends.
pub fn end_of(day: Date, country: &str) -> Result<Timestamp, jiff::Error> {
    let zone = rules::calendar(country).map_or(TimeZone::UTC, |calendar| calendar.zone().clone());
    Ok(day.tomorrow()?.to_zoned(zone)?.timestamp())
}

fn asked(dossier: &Dossier, purpose: &Purpose) -> Asked {
    let signer = dossier.authorised_person.as_ref();
    Asked {
        country: purpose.country.clone(),
        number_type: purpose.number_type,
        end_user: dossier.kind,
        action: purpose.action,
        numbers: purpose.numbers,
        nationality: signer
            .and_then(|person| person.nationality.clone())
            .or_else(|| dossier.end_user.nationality.clone()),
    }
}

/// Whose dossier it is.
pub fn label(dossier: &Dossier) -> String {
    let user = &dossier.end_user;
    let name = match dossier.kind {
        EndUserKind::Business => user.business_name.clone(),
        EndUserKind::Individual => {
            let parts = [&user.given_names, &user.family_names];
            let names: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
            (!names.is_empty()).then(|| names.join(" "))
        }
    };
    name.unwrap_or_else(|| "a dossier without a name".to_owned())
}
