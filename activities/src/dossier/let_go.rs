//! A check that ended without its workflow lets its dossier go: it can be handed in again.
use crate::ports::Unavailable;
use crate::ports::dossiers::Dossiers;
use contract::DossierId;
use contract::request::{Kind, RequestView};

/// Lets go of the dossier that a request checks; of one that checks none, nothing. To be called before the request is ended, so that
/// whoever ends it again does this again.
///
/// # Errors
/// [`Unavailable`]; run again, it repeats nothing.
pub async fn let_go(d: &impl Dossiers, request: &RequestView) -> Result<(), Unavailable> {
    let dossier = request.details["dossier"].as_str();
    let Some(dossier) = dossier.filter(|_| request.kind == Kind::VerifyDossier) else {
        return Ok(());
    };
    let dossier = DossierId(dossier.to_owned());
    d.update_dossier(&dossier, |record| record.let_go(&request.id))
        .await
        .map(drop)
}
