//! `onboarding-verify`: a complete dossier is handed in, as its customer would.
use crate::dossier::evaluate::label;
use crate::dossier::in_hand;
use crate::ports::Unavailable;
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
    let taken = in_hand::hand_in(d, &input.dossier, &id).await?;
    let (is_taken, record) = taken.ok_or_else(unknown)?;
    if let Some(check) = record.view.request.as_ref().filter(|_| !is_taken) {
        let begun = Requests::get(d, check).await?;
        let begun = begun.ok_or_else(|| Unavailable::new("the dossier", "its check begins now"))?;
        return Ok(VerifyBegun {
            child: begun.view.id,
        });
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;
    use contract::DossierId;

    /// What two onboardings ask for that share a dossier.
    fn asked(dossier: &DossierId) -> [OnboardingVerifyInput; 2] {
        ["ob-1", "ob-2"].map(|request| {
            let purpose =
                json!({ "country": "CH", "numberType": "local", "action": "order", "numbers": 1 });
            let asked = json!({
                "request": request, "tenant": crate::seed::sample::TENANT, "dossier": dossier,
                "purposes": [purpose], "time": 1,
            });
            serde_json::from_value(asked).unwrap()
        })
    }

    #[tokio::test]
    async fn of_two_that_hand_a_dossier_in_at_once_both_wait_for_one_check() {
        let house = House::new().await;
        let dossier = DossierId(house.dossier().await);
        let both = asked(&dossier).map(|input| verify(&*house.aws, input));
        let both = futures_util::future::join_all(both).await;
        let first: Vec<_> = both.into_iter().flatten().collect();
        assert!(!first.is_empty());
        for input in asked(&dossier) {
            let begun = verify(&*house.aws, input).await.unwrap();
            assert!(first.iter().all(|first| *first == begun), "{first:?}");
        }
    }

    #[tokio::test]
    async fn a_check_that_begins_now_is_waited_for() {
        let house = House::new().await;
        let dossier = DossierId(house.dossier().await);
        let check = RequestId::from("vd-1");
        in_hand::hand_in(&*house.aws, &dossier, &check)
            .await
            .unwrap();
        let [input, _] = asked(&dossier);
        let early = verify(&*house.aws, input.clone()).await;
        assert!(matches!(early, Err(OnboardingError::Store(_))), "{early:?}");
        house.begins("vd-1", Kind::VerifyDossier).await;
        let begun = verify(&*house.aws, input).await;
        assert_eq!(begun, Ok(VerifyBegun { child: check }));
    }
}
