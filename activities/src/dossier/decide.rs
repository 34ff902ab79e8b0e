//! `dossier-decide`: writes a decision into the dossier and its documents.
use super::wake::wake;
use super::{Ruling, evaluate};
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::pace::Pace;
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::deadline::within;
use compliance::term::Turn;
use contract::dossier::Day;
use contract::dossier::review::{
    Decision, DossierDecideInput, DossierDecided, DossierError, DossierStatus,
};
use jiff::Timestamp;
use jiff::civil::Date;

/// Most reasons of a refusal.
const REASONS_MAX: usize = 50;

/// Writes the decision; that of a request which no longer checks the dossier changes nothing, nor an approval of what has changed since.
///
/// # Errors
/// [`DossierError`]. Trying again repeats nothing.
pub async fn decide(
    d: &(impl Dossiers + Requests + Workflows + Clock + Pace),
    input: DossierDecideInput,
) -> Result<DossierDecided, DossierError> {
    if input.reasons.len() > REASONS_MAX {
        let why = format!("reasons: at most {REASONS_MAX}");
        return Err(DossierError::BadInput(why));
    }
    let ends = match (input.decision, &input.until) {
        (Decision::ApproveProvisionally, None) => {
            return Err(DossierError::BadInput("until: a day is needed".into()));
        }
        (Decision::ApproveProvisionally, Some(day)) => Some(end_of(day, &input.country)?),
        (Decision::Approve | Decision::Reject | Decision::Lapse | Decision::LetGo, _) => None,
    };
    let until = input.until.as_ref();
    let decided = d.update_dossier(&input.dossier, |record| {
        let ruling = record.decide(&input.request, input.decision, until, &input.reasons);
        if let (Ruling::Written, Some(until), Some(ends)) = (ruling, until, ends) {
            record.hold_for_now(until, ends);
        }
        ruling
    });
    let unknown = || DossierError::Unknown(input.dossier.clone());
    let (ruling, record) = decided.await?.ok_or_else(unknown)?;
    let status = record.view.status;
    tracing::info!(dossier = %input.dossier, ?ruling, ?status, by = ?input.by, "dossier decided");
    wake(d, &record.view).await?;
    let ends = ends.filter(|_| status == DossierStatus::ProvisionallyApproved);
    Ok(DossierDecided {
        status,
        until: ends.map(|ends| within(d.now(), ends, d.tempo(), Turn::People)),
        stale: ruling == Ruling::Stale,
        approved: record.is_approved_by(&input.request),
    })
}

/// The end of a day in a country, as it was written.
fn end_of(day: &Day, country: &str) -> Result<Timestamp, DossierError> {
    let bad = |_| DossierError::BadInput("until: a day such as 2026-11-20".into());
    let date: Date = day.as_str().parse().map_err(bad)?;
    evaluate::end_of(date, country).map_err(bad)
}
