//! `port-review`: what our own review decided, and what came of a letter that grew too old meanwhile.
use super::calendar;
use super::dossier::Standing;
use super::record::Port;
use super::{PortWorld, change, dossier, load, standing};
use contract::dossier::{NumberStep, OrderStatus as At, OrderStep as Do};
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::Party;
use contract::request::signal::{RequestSignal, SignalName};

/// Takes the review's step. Without a decision, the letter's time is over and the port goes back to be signed anew.
///
/// # Errors
/// [`PortError`].
pub async fn review<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let record = dossier::as_it_is_now(d, &loaded).await?;
    change(d, &input.request, |port, time| {
        if let Some(record) = &record {
            dossier::looked_at(port, record);
        }
        let is_other = record
            .as_ref()
            .is_some_and(|now| !dossier::is_same(port, now));
        let holds = dossier::standing(port) == Standing::Good && !is_other;
        let says = match port.view.order {
            At::InternalReview => decide(port, reviewed(&input), holds, time)?,
            // It was decided before, and the answer was lost.
            _ => None,
        };
        let verdict = match port.view.order {
            At::Submitted => PortVerdict::Submit,
            At::InternalReview if !holds => PortVerdict::CheckDossier,
            At::InternalReview => PortVerdict::Review,
            _ => PortVerdict::Correct,
        };
        Ok(standing::answer(port, verdict, time, says))
    })
    .await
}

/// What somebody has said to the review; none if what led here is about something else, as an operator's help is.
fn reviewed(input: &PortInput) -> Option<&RequestSignal> {
    let signal = input.signal.as_ref();
    signal.filter(|signal| {
        signal.name == SignalName::TaskDone && signal.topic.as_deref() == Some("port-review")
    })
}

fn decide(
    port: &mut Port,
    signal: Option<&RequestSignal>,
    holds: bool,
    time: calendar::Time,
) -> Result<Option<String>, PortError> {
    // Until when the letter is good is not known, or it is good still: nobody has decided anything.
    if signal.is_none() && !calendar::is_over(port.view.moments.letter.as_ref(), time.now) {
        return Ok(None);
    }
    let data = signal.map(|signal| &signal.data);
    let approved = data.is_some_and(|data| data["decision"] == "approve");
    let is_good = !calendar::is_over(port.view.moments.letter.as_ref(), time.now);
    if approved && is_good && !holds {
        let says = "Not submitted: the dossier has changed, or is not approved";
        return Ok(Some(says.to_owned()));
    }
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
        None => unsigned(port),
    }))
}

/// A letter that grew too old while the port waited for our review: the customer signs it anew.
pub(super) fn too_old(port: &mut Port, time: calendar::Time) -> Result<String, PortError> {
    port.step(Do::ReturnForCorrection, Party::Operator, time.now)?;
    calendar::customer_asked(port, time);
    Ok(unsigned(port))
}

/// The signature counts no more. Gives what happened, in words.
fn unsigned(port: &mut Port) -> String {
    if let Some(letter) = &mut port.view.letter {
        letter.signed = None;
    }
    port.hidden.signature = None;
    "The signed letter is too old by now".to_owned()
}

/// One more submission.
pub(super) fn submitted(port: &mut Port, time: calendar::Time) {
    port.view.submissions += 1;
    port.view.moments.submitted = Some(crate::ports::clock::text(time.now));
    port.step_numbers(NumberStep::Submit, Party::Platform, time.now, None);
    calendar::donor_asked(port, time);
}
