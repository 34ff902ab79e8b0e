//! A check that ended without its workflow lets its dossier go: it can be handed in again.
use super::wake::wake;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use contract::DossierId;
use contract::request::end::RequestEndInput;
use contract::request::{Kind, Outcome, RequestView};

/// Lets go of the dossier that a request checks, and has whoever waits for it look at it again; of one that checks none, nothing. Says whether
/// the request has approved it for good: then it has done what it was for. To be called before the request is ended, so that whoever ends it
/// again does this again.
///
/// # Errors
/// [`Unavailable`]; run again, it repeats nothing.
pub async fn let_go(
    d: &(impl Dossiers + Requests + Workflows + Clock),
    request: &RequestView,
) -> Result<bool, Unavailable> {
    let dossier = request.details["dossier"].as_str();
    let Some(dossier) = dossier.filter(|_| request.kind == Kind::VerifyDossier) else {
        return Ok(false);
    };
    let dossier = DossierId(dossier.to_owned());
    let let_go = d.update_dossier(&dossier, |record| {
        record.let_go(&request.id);
        record.is_approved_by(&request.id)
    });
    let Some((is_approved, record)) = let_go.await? else {
        return Ok(false);
    };
    wake(d, &record.view).await?;
    Ok(is_approved)
}

/// The end of a check that has approved its dossier, whatever its workflow came to after that.
#[must_use]
pub fn approved(ended: RequestEndInput) -> RequestEndInput {
    RequestEndInput {
        outcome: Outcome::Done,
        status: "approved".to_owned(),
        says: "Approved; its workflow failed after that".to_owned(),
        ..ended
    }
}
