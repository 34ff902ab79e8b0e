//! `port-review`: what our own review decided, and what came of a letter that grew too old meanwhile.
use super::calendar;
use super::record::Port;
use super::{PortWorld, change, standing};
use contract::dossier::{NumberStep, OrderStatus as At, OrderStep as Do};
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::Party;
use contract::request::signal::RequestSignal;

/// Takes the review's step. Without a decision, the letter's time is over and the port goes back to be signed anew.
///
/// # Errors
/// [`PortError`].
pub async fn review<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    change(d, &input.request, |port, time| {
        let says = match port.view.order {
            At::InternalReview => decide(port, input.signal.as_ref(), time)?,
            // It was decided before, and the answer was lost.
            _ => None,
        };
        let verdict = match port.view.order {
            At::Submitted => PortVerdict::Submit,
            At::InternalReview => PortVerdict::Review,
            _ => PortVerdict::Correct,
        };
        Ok(standing::answer(port, verdict, time, says))
    })
    .await
}

fn decide(
    port: &mut Port,
    signal: Option<&RequestSignal>,
    time: calendar::Time,
) -> Result<Option<String>, PortError> {
    // Until when the letter is good is not known, or it is good still: nobody has decided anything.
    if signal.is_none() && !calendar::is_over(port.view.moments.letter.as_ref(), time.now) {
        return Ok(None);
    }
    let data = signal.map(|signal| &signal.data);
    let approved = data.is_some_and(|data| data["decision"] == "approve");
    if approved
        && port
            .step(Do::ApproveReview, Party::Operator, time.now)
            .is_ok()
    {
        submitted(port, time);
        return Ok(Some("Approved by our review".to_owned()));
    }
    port.step(Do::ReturnForCorrection, Party::Operator, time.now)?;
    calendar::customer_asked(port, time);
    let reasons = data
        .and_then(|data| data["reasons"].as_str())
        .filter(|_| !approved);
    Ok(Some(match reasons {
        Some(reasons) => format!("Returned by our review: {reasons}"),
        None => {
            if let Some(letter) = &mut port.view.letter {
                letter.signed = None;
            }
            port.hidden.signature = None;
            "The signed letter is too old by now".to_owned()
        }
    }))
}

/// One more submission.
pub(super) fn submitted(port: &mut Port, time: calendar::Time) {
    port.view.submissions += 1;
    port.view.moments.submitted = Some(crate::ports::clock::text(time.now));
    port.step_numbers(NumberStep::Submit, Party::Platform, time.now, None);
    calendar::donor_asked(port, time);
}
