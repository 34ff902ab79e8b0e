//! `onboarding-invite`: the link that proves an address. Its secret is in the mail and nowhere else; the store has its hash.
use super::{asked, write_to};
use crate::people::sha256_hex;
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::mails::Mails;
use crate::ports::onboardings::{Invitation, Onboardings};
use contract::RequestId;
use contract::mail::Template;
use contract::onboarding::{Invited, OnboardingError, OnboardingInviteInput};

/// Sends the mail of this number once, and makes the links before it void.
///
/// # Errors
/// [`OnboardingError`]; [`OnboardingError::Refused`] if the mail service refuses the address.
pub async fn invite(
    d: &(impl Onboardings + Directory + Mails + Clock),
    input: OnboardingInviteInput,
) -> Result<Invited, OnboardingError> {
    let onboarding = asked(d, &input.request).await?;
    let sent = input.sent.to_string();
    let secret = d.link_secret(&[input.request.as_str(), &sent])?;
    let hash = sha256_hex(&secret);
    let known = d.invitation(&input.request).await?;
    if known.is_none_or(|known| known.hash != hash) {
        d.keep_invitation(&Invitation {
            request: input.request.clone(),
            tenant: input.tenant.clone(),
            person: onboarding.person.clone(),
            hash,
            until: input.until.clone(),
            accepted: false,
        })
        .await?;
    }
    let company = d.tenant(&input.tenant).await?;
    let company = company.map(|tenant| tenant.name).unwrap_or_default();
    let link = link(d.public_url(), &input.request, &secret);
    let template = match onboarding.wish.tenant {
        Some(_) => Template::Invitation,
        None => Template::Join,
    };
    let words = [
        ("company", company),
        ("link", link),
        ("name", onboarding.wish.person.name.clone()),
        ("until", day_of(&input.until)),
    ];
    let key = format!("{}/invitation/{sent}", input.request);
    let message = write_to(d, &onboarding, key, template, &words).await?;
    Ok(Invited { message })
}

/// Where an invitation is accepted.
fn link(at: &str, request: &RequestId, secret: &str) -> String {
    format!("{at}/invitations/{request}.{secret}")
}

/// The request and the secret in the last part of a link.
pub fn read_link(text: &str) -> Option<(RequestId, &str)> {
    let (request, secret) = text.rsplit_once('.')?;
    let fits = |part: &str, most: usize| {
        (1..=most).contains(&part.len())
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    (fits(request, 80) && fits(secret, 64)).then(|| (RequestId::from(request), secret))
}

/// A moment as people read it.
fn day_of(at: &str) -> String {
    let minutes = at.get(..16).unwrap_or(at);
    format!("{} UTC", minutes.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_link_reads_back_what_it_was_made_of(request in "ot-[a-z0-9-]{1,40}", secret in "[A-Za-z0-9_-]{43}") {
            let request = RequestId(request);
            let whole = link("https://phone.test", &request, &secret);
            let last = whole.rsplit('/').next().unwrap();
            prop_assert_eq!(read_link(last), Some((request, secret.as_str())));
        }

        #[test]
        fn reading_a_link_never_panics(text in "\\PC{0,200}") {
            if let Some((request, secret)) = read_link(&text) {
                prop_assert_eq!(format!("{request}.{secret}"), text);
            }
        }
    }

    #[test]
    fn a_moment_is_told_in_minutes() {
        assert_eq!(day_of("2026-12-05T15:00:00.000Z"), "2026-12-05 15:00 UTC");
    }
}
