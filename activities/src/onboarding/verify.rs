//! `onboarding-verify`: a complete dossier is handed in, as its customer would.
use crate::dossier::evaluate::label;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::Begun;
use crate::request::begin::{BeginError, begin};
use contract::RequestId;
use contract::onboarding::{OnboardingError, OnboardingVerifyInput, VerifyBegun};
use contract::request::Kind;
use serde_json::json;

impl From<BeginError> for OnboardingError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Unavailable(error) => error.into(),
            BeginError::Refused(why) => Self::Refused(why),
        }
    }
}

/// Begins the check, unless one runs: then that is the one.
///
/// # Errors
/// [`OnboardingError`]; run again, it begins nothing twice.
pub async fn verify(
    d: &(impl Dossiers + Requests + Workflows + Clock),
    input: OnboardingVerifyInput,
) -> Result<VerifyBegun, OnboardingError> {
    let id = RequestId(format!("{}-v{}", input.request, input.time));
    let unknown = || OnboardingError::BadInput(format!("dossier: there is no `{}`", input.dossier));
    let before = d.dossier(&input.dossier).await?.ok_or_else(unknown)?;
    if let Some(check) = &before.view.request
        && *check != id
        && let Some(known) = Requests::get(d, check).await?
        && known.view.is_open()
    {
        return Ok(VerifyBegun {
            child: check.clone(),
        });
    }
    let now = d.now();
    let taken = d.update_dossier(&input.dossier, |record| record.hand_in(&id, now));
    let (_, record) = taken.await?.ok_or_else(unknown)?;
    let begun = Begun {
        hidden: serde_json::Value::Null,
        id: id.clone(),
        kind: Kind::VerifyDossier,
        tenant: input.tenant.clone(),
        person: None,
        title: format!("Dossier of {}", label(&record.view.dossier)),
        details: json!({
            "dossier": input.dossier, "purposes": input.purposes, "parent": input.request,
        }),
        numbers: Vec::new(),
    };
    begin(d, begun).await?;
    Ok(VerifyBegun { child: id })
}
