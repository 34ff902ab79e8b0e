//! The machine of one number within a port-in order.

use super::machine::{Guard, Limit, Moment, Refusal, Transition, find, row};
use contract::dossier::{NumberStatus, NumberStep};
use contract::request::Party;

use Guard::{Always, Before, NotBefore};
use NumberStatus as At;
use NumberStep as Do;
use Party::{Carrier, Customer, Operator, Platform};

type Row = Transition<NumberStatus, NumberStep>;

/// Every legal move. What is not here is refused.
#[rustfmt::skip]
pub const TRANSITIONS: &[Row] = &[
    row(At::Waiting, Do::FindPortable, &[Carrier, Operator, Platform], At::Portable, Always),
    row(At::Waiting, Do::FindNotPortable, &[Carrier, Operator, Platform], At::NotPortable, Always),
    row(At::Waiting, Do::Cancel, &[Customer, Operator, Platform], At::Cancelled, Always),
    row(At::Portable, Do::Submit, &[Operator, Platform], At::Submitted, Always),
    row(At::Portable, Do::Cancel, &[Customer, Operator, Platform], At::Cancelled, Always),
    row(At::Submitted, Do::Reject, &[Carrier, Operator], At::Rejected, Always),
    row(At::Submitted, Do::Confirm, &[Carrier, Operator], At::Confirmed, Always),
    row(At::Submitted, Do::FindNotPortable, &[Carrier, Operator], At::NotPortable, Always),
    row(At::Submitted, Do::Cancel, &[Carrier, Operator, Platform], At::Cancelled, Always),
    row(At::Rejected, Do::Submit, &[Operator, Platform], At::Submitted, Always),
    row(At::Rejected, Do::Cancel, &[Customer, Operator, Platform], At::Cancelled, Always),
    row(At::Confirmed, Do::Reject, &[Carrier, Operator], At::Rejected, Always),
    row(At::Confirmed, Do::Activate, &[Carrier, Operator, Platform], At::Activating, NotBefore(Limit::Foc)),
    row(At::Confirmed, Do::Cancel, &[Carrier, Operator, Platform], At::Cancelled, Before(Limit::Cancel)),
    row(At::Activating, Do::EndActivation, &[Carrier, Operator, Platform], At::Active, Always),
    row(At::Activating, Do::RaiseConflict, &[Carrier, Operator], At::Conflict, Always),
    row(At::Activating, Do::Fail, &[Carrier, Operator, Platform], At::Failed, Always),
    row(At::Conflict, Do::SettleConflict, &[Carrier, Operator], At::Activating, Always),
    row(At::Conflict, Do::Fail, &[Carrier, Operator, Platform], At::Failed, Always),
    row(At::Active, Do::Verify, &[Operator, Platform], At::Verified, Always),
    row(At::Active, Do::Fail, &[Operator, Platform], At::Failed, Always),
    row(At::Active, Do::SnapBack, &[Carrier, Operator], At::SnappedBack, Before(Limit::Snapback)),
    row(At::Verified, Do::SnapBack, &[Carrier, Operator], At::SnappedBack, Before(Limit::Snapback)),
    row(At::Failed, Do::Activate, &[Carrier, Operator, Platform], At::Activating, Always),
    row(At::Failed, Do::SnapBack, &[Carrier, Operator], At::SnappedBack, Always),
    row(At::Failed, Do::Cancel, &[Operator, Platform], At::Cancelled, Always),
];

/// Whether somebody may take a step now.
///
/// # Errors
/// [`Refusal`] with what is possible, who may, or when.
pub fn may(
    from: NumberStatus,
    step: NumberStep,
    who: Party,
    moment: Moment,
) -> Result<(), Refusal<NumberStatus, NumberStep>> {
    find(TRANSITIONS, from, step, who, moment).map(|_| ())
}

/// The number's status after a step.
///
/// # Errors
/// [`Refusal`], and the number stays as it is.
pub fn step(
    from: NumberStatus,
    step: NumberStep,
    who: Party,
    moment: Moment,
) -> Result<NumberStatus, Refusal<NumberStatus, NumberStep>> {
    find(TRANSITIONS, from, step, who, moment).map(|row| row.to.unwrap_or(from))
}

/// Whether nothing leads from there.
pub fn is_final(status: NumberStatus) -> bool {
    TRANSITIONS.iter().all(|row| row.from != status)
}

/// Whether no number is on its way any more, so that the order can end its activation: each is switched, given up or
/// has failed.
pub fn settled(numbers: &[NumberStatus]) -> bool {
    numbers.iter().all(|status| match status {
        At::Active
        | At::Verified
        | At::Failed
        | At::NotPortable
        | At::SnappedBack
        | At::Cancelled => true,
        At::Waiting
        | At::Portable
        | At::Submitted
        | At::Rejected
        | At::Confirmed
        | At::Activating
        | At::Conflict => false,
    })
}
