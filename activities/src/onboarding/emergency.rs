//! `onboarding-emergency`: where help is sent, for numbers whose country wants it said.
use super::{asked, order::own_dossier};
use crate::number::emergency::{Help, addresses, give};
use crate::ports::carriers::Carriers;
use crate::ports::dossiers::Dossiers;
use crate::ports::emergencies::Emergencies;
use crate::ports::numbers::Numbers;
use crate::ports::onboardings::{Onboarding, Onboardings};
use contract::dossier::Address;
use contract::number::NumberError;
use contract::onboarding::{EmergencyGiven, OnboardingEmergencyInput, OnboardingError};

/// Notes the address with each number that needs one, and tells the number's carrier.
///
/// # Errors
/// [`OnboardingError`]; run again, it notes the same.
pub async fn emergency(
    d: &(impl Onboardings + Numbers + Emergencies + Dossiers + Carriers),
    input: OnboardingEmergencyInput,
) -> Result<EmergencyGiven, OnboardingError> {
    let onboarding = asked(d, &input.request).await?;
    let told = input.address.clone();
    let told = told.or_else(|| onboarding.wish.emergency_address.clone());
    let known = match told {
        Some(address) => vec![address],
        None => of_dossier(d, &onboarding).await?,
    };
    let help = Help {
        tenant: &input.tenant,
        known: &known,
        who: who(&onboarding),
        keeps: false,
    };
    give(d, help, input.numbers).await.map_err(not_given)
}

fn not_given(error: NumberError) -> OnboardingError {
    match error {
        NumberError::Store(why) => OnboardingError::Store(why),
        NumberError::Carrier(why) => OnboardingError::Carrier(why),
        NumberError::Refused(why) => OnboardingError::Refused(why),
        NumberError::BadInput(why) => OnboardingError::BadInput(why),
    }
}

/// Who is at the address: the customer.
fn who(onboarding: &Onboarding) -> &str {
    let tenant = onboarding.wish.tenant.as_ref();
    tenant.map_or(&onboarding.wish.person.name, |tenant| &tenant.name)
}

async fn of_dossier(
    d: &impl Dossiers,
    onboarding: &Onboarding,
) -> Result<Vec<Address>, OnboardingError> {
    let id = match &onboarding.wish.with_dossier {
        Some(id) => id.clone(),
        None => own_dossier(&onboarding.request),
    };
    let record = d.dossier(&id).await?;
    let own = record.filter(|record| record.view.dossier.tenant == onboarding.tenant);
    let own = own.map(|record| addresses(record.view.dossier));
    Ok(own.unwrap_or_default())
}
