//! `onboarding-open`: makes the tenant with its first administrator and a PIN against strangers who would take its numbers, or the person.
use super::asked;
use crate::dial::DialPolicy;
use crate::porting::pin;
use crate::ports::directory::{Person, Tenant};
use crate::ports::onboardings::{Made, Onboarding, Onboardings};
use crate::ports::porting::Pins;
use contract::Role;
use contract::onboarding::{OnboardingError, OnboardingOpenInput, Opened};
use std::collections::BTreeSet;

/// How long a new person rings, in seconds.
const RING_LIMIT_S: u32 = 25;

/// Makes who is not there yet. Nobody can sign in before the invitation is accepted.
///
/// # Errors
/// [`OnboardingError`]; [`OnboardingError::Refused`] if the short name or the address is somebody else's.
pub async fn open(
    d: &(impl Onboardings + Pins),
    input: OnboardingOpenInput,
) -> Result<Opened, OnboardingError> {
    let onboarding = asked(d, &input.request).await?;
    let person = person(&onboarding);
    let made = match &onboarding.wish.tenant {
        Some(new) => {
            let tenant = tenant(&onboarding, &new.name, &new.country);
            d.open_tenant(&tenant, &new.slug, &person, &input.request)
                .await?
        }
        None => d.invite_person(&person, &input.request).await?,
    };
    if made == Made::Done && onboarding.wish.tenant.is_some() {
        pin::give(d, &onboarding.tenant).await?;
    }
    match made {
        Made::Done => Ok(Opened {
            person: person.person,
        }),
        Made::SlugTaken => Err(OnboardingError::Refused(
            "Another tenant has this short name".to_owned(),
        )),
        Made::EmailTaken => Err(OnboardingError::Refused(
            "Somebody signs in with this address already".to_owned(),
        )),
    }
}

/// The person of an onboarding, without numbers.
pub(super) fn person(onboarding: &Onboarding) -> Person {
    let wish = &onboarding.wish;
    let role = match wish.tenant {
        Some(_) => Role::Administrator,
        None => wish.person.role.unwrap_or(Role::Person),
    };
    Person {
        person: onboarding.person.clone(),
        tenant: onboarding.tenant.clone(),
        name: wish.person.name.clone(),
        email: wish.person.email.to_lowercase(),
        role,
        numbers: Vec::new(),
        ring_limit_s: RING_LIMIT_S,
        language: wish.person.language.clone(),
    }
}

/// The tenant: its people may call its own country and those of its numbers, and nothing that costs extra.
fn tenant(onboarding: &Onboarding, name: &str, country: &str) -> Tenant {
    let wish = &onboarding.wish;
    let ordered = wish.numbers.iter().map(|wish| &wish.country);
    let ported = wish.ports.iter().map(|wish| &wish.country);
    let countries: BTreeSet<String> = ordered
        .chain(ported)
        .cloned()
        .chain([country.to_owned()])
        .collect();
    Tenant {
        tenant: onboarding.tenant.clone(),
        name: name.to_owned(),
        dial: DialPolicy {
            countries: countries.into_iter().collect(),
            premium_allowed: false,
        },
        country: Some(country.to_owned()),
        closed_at: None,
    }
}
