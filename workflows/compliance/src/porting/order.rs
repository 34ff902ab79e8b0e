//! The port-in order's machine.

use super::machine::{Guard, Limit, Moment, Refusal, Transition, find, row};
use contract::dossier::{OrderStatus, OrderStep};
use contract::request::Party;

use Guard::{After, Always, Before, NotBefore};
use OrderStatus as At;
use OrderStep as Do;
use Party::{Carrier, Customer, Operator, Platform};

type Row = Transition<OrderStatus, OrderStep>;

/// Every legal move. What is not here is refused.
#[rustfmt::skip]
pub const TRANSITIONS: &[Row] = &[
    row(At::Draft, Do::CheckPortability, &[Customer, Operator, Platform], At::CheckingPortability, Always),
    row(At::Draft, Do::Cancel, &[Customer, Operator], At::Cancelled, Always),
    row(At::CheckingPortability, Do::FindPortable, &[Carrier, Operator, Platform], At::Collecting, Always),
    row(At::CheckingPortability, Do::FindNotPortable, &[Carrier, Operator, Platform], At::NotPortable, Always),
    row(At::CheckingPortability, Do::SplitUp, &[Platform], At::Split, Always),
    row(At::CheckingPortability, Do::Cancel, &[Customer, Operator], At::Cancelled, Always),
    row(At::Collecting, Do::CompleteRequirements, &[Platform], At::LetterDrafted, Always),
    row(At::Collecting, Do::ExpireSilence, &[Platform], At::Expired, After(Limit::Silence)),
    row(At::Collecting, Do::Cancel, &[Customer, Operator], At::Cancelled, Always),
    row(At::LetterDrafted, Do::SendForSignature, &[Customer, Operator, Platform], At::WaitingForSignature, Always),
    row(At::LetterDrafted, Do::ExpireSilence, &[Platform], At::Expired, After(Limit::Silence)),
    row(At::LetterDrafted, Do::Cancel, &[Customer, Operator], At::Cancelled, Always),
    row(At::WaitingForSignature, Do::Sign, &[Customer], At::InternalReview, Before(Limit::Signature)),
    row(At::WaitingForSignature, Do::ExpireSignature, &[Platform], At::Expired, After(Limit::Signature)),
    row(At::WaitingForSignature, Do::Cancel, &[Customer, Operator], At::Cancelled, Always),
    row(At::InternalReview, Do::ApproveReview, &[Operator], At::Submitted, Before(Limit::Letter)),
    row(At::InternalReview, Do::ReturnForCorrection, &[Operator], At::Correction, Always),
    row(At::InternalReview, Do::Cancel, &[Customer, Operator], At::Cancelled, Always),
    row(At::Submitted, Do::AcceptSubmission, &[Carrier, Operator, Platform], At::DonorReview, Always),
    row(At::Submitted, Do::Reject, &[Carrier, Operator], At::Rejected, Always),
    row(At::Submitted, Do::Cancel, &[Customer, Operator], At::CancelPending, Before(Limit::Cancel)),
    row(At::DonorReview, Do::Escalate, &[Operator, Platform], At::DonorReview, After(Limit::DonorAnswer)),
    row(At::DonorReview, Do::Reject, &[Carrier, Operator], At::Rejected, Always),
    row(At::DonorReview, Do::ProposeFoc, &[Carrier, Operator], At::FocProposed, Always),
    row(At::DonorReview, Do::Cancel, &[Customer, Operator], At::CancelPending, Before(Limit::Cancel)),
    row(At::Rejected, Do::BeginCorrection, &[Customer, Operator], At::Correction, Always),
    row(At::Rejected, Do::ExpireSilence, &[Platform], At::Expired, After(Limit::Silence)),
    row(At::Rejected, Do::Cancel, &[Customer, Operator], At::Cancelled, Always),
    row(At::Correction, Do::SendForSignature, &[Customer, Operator], At::WaitingForSignature, Always),
    row(At::Correction, Do::Resubmit, &[Customer, Operator], At::InternalReview, Before(Limit::Letter)),
    row(At::Correction, Do::ExpireSilence, &[Platform], At::Expired, After(Limit::Silence)),
    row(At::Correction, Do::Cancel, &[Customer, Operator], At::Cancelled, Always),
    row(At::FocProposed, Do::ConfirmFoc, &[Customer, Operator], At::FocConfirmed, Before(Limit::Foc)),
    row(At::FocProposed, Do::ChangeFoc, &[Customer, Operator], At::DonorReview, Before(Limit::Change)),
    row(At::FocProposed, Do::Reject, &[Carrier, Operator], At::Rejected, Always),
    row(At::FocProposed, Do::ExpireFoc, &[Carrier, Platform], At::DonorReview, After(Limit::Foc)),
    row(At::FocProposed, Do::Cancel, &[Customer, Operator], At::CancelPending, Before(Limit::Cancel)),
    row(At::FocConfirmed, Do::ProposeFoc, &[Carrier, Operator], At::FocProposed, Always),
    row(At::FocConfirmed, Do::ChangeFoc, &[Customer, Operator], At::DonorReview, Before(Limit::Change)),
    row(At::FocConfirmed, Do::Reject, &[Carrier, Operator], At::Rejected, Always),
    row(At::FocConfirmed, Do::BeginTest, &[Operator, Platform], At::PreCutoverTest, Always),
    row(At::FocConfirmed, Do::ExpireFoc, &[Carrier, Platform], At::DonorReview, After(Limit::FocEnds)),
    row(At::FocConfirmed, Do::Cancel, &[Customer, Operator], At::CancelPending, Before(Limit::Cancel)),
    row(At::PreCutoverTest, Do::FailTest, &[Operator, Platform], At::FocConfirmed, Always),
    row(At::PreCutoverTest, Do::Lock, &[Carrier, Platform], At::SyncWindow, Always),
    row(At::PreCutoverTest, Do::ExpireFoc, &[Carrier, Platform], At::DonorReview, After(Limit::FocEnds)),
    row(At::PreCutoverTest, Do::Cancel, &[Customer, Operator], At::CancelPending, Before(Limit::Cancel)),
    row(At::SyncWindow, Do::Activate, &[Carrier, Operator, Platform], At::Activating, NotBefore(Limit::Foc)),
    row(At::SyncWindow, Do::ExpireFoc, &[Carrier, Platform], At::DonorReview, After(Limit::FocEnds)),
    row(At::Activating, Do::EndActivation, &[Carrier, Operator, Platform], At::Verifying, Always),
    row(At::Verifying, Do::EndVerification, &[Operator, Platform], At::Ported, Always),
    row(At::Ported, Do::OpenSnapback, &[Platform], At::SnapbackWindow, Always),
    row(At::SnapbackWindow, Do::SnapBack, &[Carrier, Operator], At::SnapbackWindow, Before(Limit::Snapback)),
    row(At::SnapbackWindow, Do::Close, &[Operator, Platform], At::Closed, NotBefore(Limit::Snapback)),
    row(At::CancelPending, Do::ConfirmCancel, &[Carrier, Operator], At::Cancelled, Always),
    Row { from: At::CancelPending, step: Do::RefuseCancel, who: &[Carrier, Operator], to: None, when: Always },
];

/// Whether somebody may take a step now.
///
/// # Errors
/// [`Refusal`] with what is possible, who may, or when.
pub fn may(
    from: OrderStatus,
    step: OrderStep,
    who: Party,
    moment: Moment,
) -> Result<(), Refusal<OrderStatus, OrderStep>> {
    find(TRANSITIONS, from, step, who, moment).map(|_| ())
}

/// The steps that somebody may take now, in the table's order.
pub fn possible(from: OrderStatus, who: Party, moment: Moment) -> Vec<OrderStep> {
    let rows = TRANSITIONS.iter().filter(|row| row.from == from);
    rows.map(|row| row.step)
        .filter(|step| may(from, *step, who, moment).is_ok())
        .collect()
}

/// Whether nothing leads from there.
pub fn is_final(status: OrderStatus) -> bool {
    TRANSITIONS.iter().all(|row| row.from != status)
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Its status.
    pub status: OrderStatus,
    /// Where it goes on if the carrier refuses to cancel; set while it is [`OrderStatus::CancelPending`].
    pub resumes: Option<OrderStatus>,
}

impl Order {
    /// A new order.
    pub const NEW: Self = Self {
        status: OrderStatus::Draft,
        resumes: None,
    };

    /// The order after a step.
    ///
    /// # Errors
    /// [`Refusal`], and the order stays as it is.
    pub fn step(
        self,
        step: OrderStep,
        who: Party,
        moment: Moment,
    ) -> Result<Self, Refusal<OrderStatus, OrderStep>> {
        let row = find(TRANSITIONS, self.status, step, who, moment)?;
        // An order that was read without its past goes on at the donor, who knows how far it was.
        let status = row.to.or(self.resumes).unwrap_or(OrderStatus::DonorReview);
        let resumes = (status == OrderStatus::CancelPending).then_some(self.status);
        Ok(Self { status, resumes })
    }
}
