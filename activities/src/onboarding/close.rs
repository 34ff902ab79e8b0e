//! `onboarding-close`: the person is told that everything is there, which is not taken back from then on.
use super::{asked, write_to};
use crate::ports::clock::{self, Clock};
use crate::ports::directory::Directory;
use crate::ports::mails::Mails;
use crate::ports::onboardings::Onboardings;
use contract::E164;
use contract::mail::Template;
use contract::onboarding::{OnboardingCloseInput, OnboardingClosed, OnboardingError};

/// Writes once. An address that takes no mails any more ends nothing: the person has been here.
///
/// # Errors
/// [`OnboardingError`].
pub async fn close(
    d: &(impl Onboardings + Directory + Mails + Clock),
    input: OnboardingCloseInput,
) -> Result<OnboardingClosed, OnboardingError> {
    let onboarding = asked(d, &input.request).await?;
    d.void_invitation(&input.request).await?;
    let company = d.tenant(&input.tenant).await?;
    let company = company.map(|tenant| tenant.name).unwrap_or_default();
    let numbers: Vec<&str> = input.numbers.iter().map(E164::as_str).collect();
    let numbers = if numbers.is_empty() {
        "none of your own".to_owned()
    } else {
        numbers.join(", ")
    };
    let words = [
        ("company", company),
        ("link", format!("{}/", d.public_url())),
        ("name", onboarding.wish.person.name.clone()),
        ("numbers", numbers),
    ];
    let key = format!("{}/welcome", input.request);
    let message = match write_to(d, &onboarding, key, Template::Welcome, &words).await {
        Ok(message) => message,
        Err(OnboardingError::Refused(why)) => {
            tracing::warn!(request = %input.request, why, "the welcome was refused");
            String::new()
        }
        Err(error) => return Err(error),
    };
    let at = clock::text(d.now());
    d.close_onboarding(&input.request, &at).await?;
    Ok(OnboardingClosed { message })
}
