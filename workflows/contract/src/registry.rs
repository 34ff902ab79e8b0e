//! Every activity by name: what a definition may call, with what, and what comes back.
use crate::{Retry, TaskError};
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Serialize, de::DeserializeOwned};

/// One task that a workflow can run. The name is also its Lambda function's.
pub trait Activity {
    /// The function's name, such as `call-place`.
    const NAME: &'static str;
    /// What the definition passes as `Payload`.
    type Input: Serialize + DeserializeOwned + JsonSchema;
    /// What comes back. For a turn: the signal that ends it.
    type Output: Serialize + DeserializeOwned + JsonSchema;
    /// What can go wrong, by name.
    type Error: TaskError;
}

/// An activity without its types, for tests and documents.
pub struct Entry {
    /// The function's name.
    pub name: &'static str,
    /// JSON Schema of the input.
    pub input: Schema,
    /// JSON Schema of the output.
    pub output: Schema,
    /// The names of its errors.
    pub errors: &'static [(&'static str, Retry)],
}

fn entry<A: Activity>() -> Entry {
    Entry {
        name: A::NAME,
        input: schema_for!(A::Input),
        output: schema_for!(A::Output),
        errors: A::Error::NAMES,
    }
}

/// Every activity that a workflow may name, sorted by name.
pub fn activities() -> Vec<Entry> {
    vec![
        entry::<crate::call::Authorise>(),
        entry::<crate::call::End>(),
        entry::<crate::call::Place>(),
        entry::<crate::call::Route>(),
        entry::<crate::dossier::review::DossierDecide>(),
        entry::<crate::dossier::review::DossierEvaluate>(),
        entry::<crate::dossier::review::DossierRelease>(),
        entry::<crate::dossier::review::DossierScreen>(),
        entry::<crate::mail::MailSend>(),
        entry::<crate::meeting::Open>(),
        entry::<crate::number::NumberAssign>(),
        entry::<crate::number::NumberAnswer>(),
        entry::<crate::number::NumberCancel>(),
        entry::<crate::number::NumberCasePrepare>(),
        entry::<crate::number::NumberCaseRecall>(),
        entry::<crate::number::NumberCaseTake>(),
        entry::<crate::number::NumberCheck>(),
        entry::<crate::number::NumberEmergency>(),
        entry::<crate::number::NumberFill>(),
        entry::<crate::number::NumberPlace>(),
        entry::<crate::number::NumberRecall>(),
        entry::<crate::number::NumberRelease>(),
        entry::<crate::number::NumberRequirements>(),
        entry::<crate::number::NumberReserve>(),
        entry::<crate::number::NumberTest>(),
        entry::<crate::number::NumberWithdraw>(),
        entry::<crate::onboarding::OnboardingClose>(),
        entry::<crate::onboarding::OnboardingDossier>(),
        entry::<crate::onboarding::OnboardingEmergency>(),
        entry::<crate::onboarding::OnboardingInvite>(),
        entry::<crate::onboarding::OnboardingLook>(),
        entry::<crate::onboarding::OnboardingOpen>(),
        entry::<crate::onboarding::OnboardingOrder>(),
        entry::<crate::onboarding::OnboardingPort>(),
        entry::<crate::onboarding::OnboardingPorted>(),
        entry::<crate::onboarding::OnboardingUndo>(),
        entry::<crate::onboarding::OnboardingVerify>(),
        entry::<crate::request::deadline::RequestDeadline>(),
        entry::<crate::request::end::RequestEnd>(),
        entry::<crate::request::turn::RequestTurn>(),
        entry::<crate::port::Check>(),
        entry::<crate::port::SplitUp>(),
        entry::<crate::port::Evaluate>(),
        entry::<crate::port::Review>(),
        entry::<crate::port::Submit>(),
        entry::<crate::port::Look>(),
        entry::<crate::port::ChangeDate>(),
        entry::<crate::port::Prepare>(),
        entry::<crate::port::Activate>(),
        entry::<crate::port::Verify>(),
        entry::<crate::port::Cancel>(),
        entry::<crate::port::Lapse>(),
        entry::<crate::port::OutCheck>(),
        entry::<crate::port::OutAnswerTask>(),
        entry::<crate::port::OutEnd>(),
        entry::<crate::port::OutLook>(),
        entry::<crate::port::OutLeave>(),
        entry::<crate::port::OutRestore>(),
        entry::<crate::turn::Turn>(),
        entry::<crate::webhook::WebhookGiveUp>(),
        entry::<crate::webhook::WebhookSend>(),
    ]
}
