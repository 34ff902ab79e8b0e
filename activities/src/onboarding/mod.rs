//! Onboarding: tenants and people are made, invited, given numbers; all of it can be taken back. A file per activity.
//!
//! What was asked for (names, addresses) is kept beside the request ([`Onboarding`]) and read by each step: an execution's history
//! has ids only.

pub mod close;
pub mod dossier;
pub mod emergency;
pub mod invite;
pub mod look;
pub mod open;
pub mod order;
mod pick;
pub mod port;
pub mod ported;
pub mod undo;
pub mod verify;

pub use contract::onboarding::progress;

use crate::mails;
use crate::ports::Unavailable;
use crate::ports::carriers::CarrierError;
use crate::ports::onboardings::{Onboarding, Onboardings};
use crate::shell::chain;
use contract::RequestId;
use contract::mail::MailSendError;
use contract::onboarding::{MAX_TRIES, MAX_WISHES, OnboardingError};

impl From<Unavailable> for OnboardingError {
    fn from(error: Unavailable) -> Self {
        Self::Store(chain(&error))
    }
}

fn not_sent(error: MailSendError) -> OnboardingError {
    match error {
        MailSendError::StoreUnavailable => OnboardingError::Store(error.to_string()),
        MailSendError::Unavailable => OnboardingError::Mail,
        MailSendError::Refused(why) => OnboardingError::Refused(why),
        MailSendError::BadInput(why) => OnboardingError::BadInput(why),
    }
}

impl From<CarrierError> for OnboardingError {
    fn from(error: CarrierError) -> Self {
        match &error {
            CarrierError::Refused(refusal) | CarrierError::NotFound(refusal) => {
                Self::Refused(refusal.to_string())
            }
            CarrierError::Busy { .. } | CarrierError::Unknown(_) => Self::Carrier(chain(&error)),
        }
    }
}

/// The onboarding of a request.
async fn asked(d: &impl Onboardings, request: &RequestId) -> Result<Onboarding, OnboardingError> {
    let unknown = || OnboardingError::BadInput(format!("request: `{request}` is no onboarding"));
    d.onboarding(request).await?.ok_or_else(unknown)
}

/// The request under which numbers of one kind are ordered, each try for itself.
fn order_id(request: &RequestId, at: u32, attempt: u32) -> RequestId {
    RequestId(format!("{request}-n{at}-{attempt}"))
}

/// Every order that an onboarding may have begun.
fn order_ids(request: &RequestId) -> impl Iterator<Item = RequestId> + '_ {
    let wishes = 0..u32::try_from(MAX_WISHES).unwrap_or(u32::MAX);
    wishes.flat_map(move |at| (1..=MAX_TRIES).map(move |attempt| order_id(request, at, attempt)))
}

/// The request of one of the ports that an onboarding begins, from 0.
fn port_id(request: &RequestId, at: usize) -> RequestId {
    RequestId(format!("{request}-p{at}"))
}

/// A mail to the person of an onboarding.
async fn write_to(
    d: &(impl crate::ports::mails::Mails + crate::ports::clock::Clock),
    onboarding: &Onboarding,
    key: String,
    template: contract::mail::Template,
    words: &[(&str, String)],
) -> Result<String, OnboardingError> {
    let person = &onboarding.wish.person;
    let words = words
        .iter()
        .map(|(word, value)| ((*word).to_owned(), value.clone()));
    let sent = mails::send(
        d,
        contract::mail::MailSendInput {
            key,
            to: person.email.clone(),
            template,
            language: person.language.clone(),
            words: words.collect(),
        },
    );
    Ok(sent.await.map_err(not_sent)?.message_id)
}

#[cfg(test)]
mod tests;
