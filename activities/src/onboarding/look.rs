//! `onboarding-look`: how far an order that an onboarding began is.
use crate::number::asked_for;
use crate::ports::requests::Requests;
use contract::number::{of_status, status};
use contract::onboarding::{OnboardingError, OnboardingLookInput, OrderSeen};
use contract::request::{Party, RequestView};

/// Reads the order's request.
///
/// # Errors
/// [`OnboardingError`].
pub async fn look(
    d: &impl Requests,
    input: OnboardingLookInput,
) -> Result<OrderSeen, OnboardingError> {
    let record = d.get(&input.child).await?;
    let unknown = || OnboardingError::BadInput(format!("child: there is no `{}`", input.child));
    Ok(seen(&record.ok_or_else(unknown)?.view))
}

fn seen(view: &RequestView) -> OrderSeen {
    let had = of_status(&view.numbers, &[status::ACTIVE]);
    let short = asked_for(view).saturating_sub(had.len());
    let last = view.timeline.last().map(|entry| entry.text.clone());
    OrderSeen {
        ended: !view.is_open(),
        outcome: view.outcome,
        had,
        short: u32::try_from(short).unwrap_or(u32::MAX),
        numbers: view.numbers.clone(),
        says: last.unwrap_or_default(),
        next_action: match view.owner {
            Party::Platform | Party::Carrier => "Wait for the order of numbers".to_owned(),
            Party::Customer | Party::Operator => format!("In the order: {}", view.next_action),
        },
    }
}
