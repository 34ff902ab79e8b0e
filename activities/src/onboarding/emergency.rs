//! `onboarding-emergency`: where help is sent, for numbers whose country wants it said.
use super::{asked, order::own_dossier};
use crate::dial::look_up;
use crate::ports::carriers::{Carrier, CarrierError, Carriers};
use crate::ports::dossiers::Dossiers;
use crate::ports::numbers::Numbers;
use crate::ports::onboardings::{Onboarding, Onboardings};
use crate::rules;
use crate::shell::chain;
use contract::E164;
use contract::dossier::{Address, AddressUse};
use contract::onboarding::{EmergencyGiven, OnboardingEmergencyInput, OnboardingError};

/// Notes the address with each number that needs one, and tells the number's carrier.
///
/// # Errors
/// [`OnboardingError`]; run again, it notes the same.
pub async fn emergency(
    d: &(impl Onboardings + Numbers + Dossiers + Carriers),
    input: OnboardingEmergencyInput,
) -> Result<EmergencyGiven, OnboardingError> {
    let onboarding = asked(d, &input.request).await?;
    let told = input.address.clone();
    let told = told.or_else(|| onboarding.wish.emergency_address.clone());
    let known = match told {
        Some(address) => vec![address],
        None => of_dossier(d, &onboarding).await?,
    };
    let (mut missing, mut given, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let who = who(&onboarding);
    for number in &input.numbers {
        let Some(country) = country_of(number).filter(|country| rules::wants_address(country))
        else {
            continue;
        };
        match in_country(&known, &country) {
            Some(address) => {
                d.note_emergency(&input.tenant, number, address).await?;
                given.push(number.clone());
                refused.extend(tell_carrier(d, number, address, who).await?);
            }
            None => missing.push(number.clone()),
        }
    }
    let says = match (missing.is_empty(), given.is_empty()) {
        (true, true) => "No emergency address is wanted".to_owned(),
        (true, false) if refused.is_empty() => "The emergency address is noted".to_owned(),
        (true, false) => format!(
            "The emergency address is noted here; the carrier did not take it: {}",
            refused.join("; ")
        ),
        (false, _) => {
            let numbers: Vec<&str> = missing.iter().map(E164::as_str).collect();
            format!(
                "An address in the number's country is wanted for {}",
                numbers.join(", ")
            )
        }
    };
    Ok(EmergencyGiven {
        missing,
        given,
        says,
    })
}

/// Who is at the address: the customer.
fn who(onboarding: &Onboarding) -> &str {
    let tenant = onboarding.wish.tenant.as_ref();
    tenant.map_or(&onboarding.wish.person.name, |tenant| &tenant.name)
}

/// Tells the carrier that has the number; what it refuses, in its words.
async fn tell_carrier(
    d: &(impl Numbers + Carriers),
    number: &E164,
    address: &Address,
    who: &str,
) -> Result<Option<String>, OnboardingError> {
    let record = d.number_record(number).await?;
    let id = record.and_then(|record| record.carrier);
    let Some(carrier) = id.and_then(|id| d.carrier(&id)) else {
        return Ok(None);
    };
    match carrier.tell_emergency(number, address, who).await {
        Ok(_told) => Ok(None),
        Err(CarrierError::Refused(why) | CarrierError::NotFound(why)) => {
            Ok(Some(format!("{number}: {why}")))
        }
        Err(error @ (CarrierError::Busy { .. } | CarrierError::Unknown(_))) => {
            Err(OnboardingError::Carrier(chain(&error)))
        }
    }
}

fn country_of(number: &E164) -> Option<String> {
    look_up(number).map(|known| known.iso2)
}

/// Help is sent within a country: the first address there.
fn in_country<'a>(known: &'a [Address], country: &str) -> Option<&'a Address> {
    known.iter().find(|address| address.country == country)
}

/// The dossier's addresses, those for emergencies first, then where the numbers are used.
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
    let mut addresses = own
        .map(|record| record.view.dossier.addresses)
        .unwrap_or_default();
    addresses.retain(|address| rank(address) < 2);
    addresses.sort_by_key(rank);
    Ok(addresses)
}

fn rank(address: &Address) -> u8 {
    if address.uses.contains(&AddressUse::Emergency) {
        0
    } else if address.uses.contains(&AddressUse::Service) {
        1
    } else {
        2
    }
}
