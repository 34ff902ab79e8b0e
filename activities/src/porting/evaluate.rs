//! `port-evaluate`: what does the country ask, and is the letter still the one that was signed?
use super::calendar::{self, Time, place};
use super::dossier::Standing;
use super::record::Port;
use super::review::too_old;
use super::{PortWorld, change, desk, dossier, load, papers, standing};
use crate::dossier::DossierRecord;
use crate::dossier::evaluate::{held, is_made_here};
use crate::letter::fingerprint;
use crate::ports::porting::Porting;
use crate::rules;
use compliance::requirement::{self, Asked, Wanted};
use contract::RequestId;
use contract::dossier::{Compliance, Evaluation, NumberAction, OrderStatus as At, OrderStep as Do};
use contract::port::{LetterView, PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::Party;
use jiff::tz::TimeZone;

/// What a port waits for whose dossier was refused.
const REJECTED: &str =
    "The dossier was refused in its check: mend it, hand it in again, then submit again";

/// Evaluates and takes the steps that follow. A dossier that has everything is handed in for its check, if nobody has.
///
/// # Errors
/// [`PortError`].
pub async fn evaluate<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let gaining = desk(d, &loaded.port)?.1.legal_name();
    let mut record = dossier::as_it_is_now(d, &loaded).await?;
    if let Some(known) = &record {
        let mut trial = loaded.port.clone();
        let time = super::time(d);
        take_over(&mut trial, Some(known), time)?;
        let (verdict, _) = decide(&input.request, &mut trial, &gaining, time)?;
        if goes_on(verdict)
            && dossier::standing(&trial) != Standing::Good
            && dossier::hand_in(d, &input.request, &trial, known).await?
        {
            record = dossier::as_it_is_now(d, &loaded).await?;
        }
    }
    change(d, &input.request, |port, time| {
        take_over(port, record.as_ref(), time)?;
        let (verdict, says) = decide(&input.request, port, &gaining, time)?;
        Ok(standing::answer(port, verdict, time, says))
    })
    .await
}

/// Whether nothing is missing, so that the dossier can be checked meanwhile.
const fn goes_on(verdict: PortVerdict) -> bool {
    matches!(
        verdict,
        PortVerdict::Sign | PortVerdict::Review | PortVerdict::CheckDossier
    )
}

/// Whether the port still takes what its dossier says: later, what was signed stands.
const fn is_open(order: At) -> bool {
    matches!(order, At::Collecting | At::Rejected | At::Correction)
}

/// Takes the dossier as it is now, where the port is open for it; one that was approved otherwise than it was signed opens it.
fn take_over(port: &mut Port, record: Option<&DossierRecord>, time: Time) -> Result<(), PortError> {
    let Some(record) = record else {
        return Ok(());
    };
    dossier::looked_at(port, record);
    if port.view.order == At::InternalReview
        && dossier::standing(port) == Standing::Good
        && !dossier::is_same(port, record)
    {
        port.step(Do::ReturnForCorrection, Party::Operator, time.now)?;
    }
    if is_open(port.view.order) {
        port.view.form.dossier = Some(record.view.dossier.clone());
    }
    Ok(())
}

/// Pure.
fn decide(
    request: &RequestId,
    port: &mut Port,
    gaining: &str,
    time: Time,
) -> Result<(PortVerdict, Option<String>), PortError> {
    if port.view.order == At::Rejected {
        port.step(Do::BeginCorrection, Party::Customer, time.now)?;
    }
    let missing = lacks(request, port, gaining, time)?;
    let is_rejected = is_open(port.view.order) && dossier::standing(port) == Standing::Rejected;
    let missing = missing.or_else(|| is_rejected.then(|| REJECTED.to_owned()));
    match (port.view.order, missing) {
        (At::Collecting, Some(what)) => {
            calendar::customer_asked(port, time);
            Ok((PortVerdict::Collect, Some(what)))
        }
        (At::Correction, Some(what)) => {
            calendar::customer_asked(port, time);
            Ok((PortVerdict::Correct, Some(what)))
        }
        (At::WaitingForSignature, Some(what)) => Ok((PortVerdict::Sign, Some(what))),
        (At::Collecting, None) => {
            port.step(Do::CompleteRequirements, Party::Platform, time.now)?;
            port.step(Do::SendForSignature, Party::Platform, time.now)?;
            calendar::letter_sent(port, time);
            signed_or_not(port, time)
        }
        (At::LetterDrafted, _) => {
            port.step(Do::SendForSignature, Party::Platform, time.now)?;
            calendar::letter_sent(port, time);
            signed_or_not(port, time)
        }
        (At::WaitingForSignature, None) => signed_or_not(port, time),
        (At::Correction, None) => {
            let good =
                is_signed(port) && !calendar::is_over(port.view.moments.letter.as_ref(), time.now);
            if good {
                port.step(Do::Resubmit, Party::Customer, time.now)?;
                port.view.moments.silence = None;
                let says = "Corrected; the signed letter still holds";
                return reviewed(port, time, Some(says.to_owned()));
            }
            port.step(Do::SendForSignature, Party::Customer, time.now)?;
            calendar::letter_sent(port, time);
            Ok((
                PortVerdict::Sign,
                Some("Corrected; the letter has to be signed again".to_owned()),
            ))
        }
        (At::InternalReview, _) => {
            let is_over = calendar::is_over(port.view.moments.letter.as_ref(), time.now);
            if is_over || !is_signed(port) {
                let says = too_old(port, time)?;
                return Ok((PortVerdict::Correct, Some(says)));
            }
            reviewed(port, time, None)
        }
        (other, _) => Err(PortError::NotPossible(format!(
            "nothing is evaluated in {other:?}"
        ))),
    }
}

fn is_signed(port: &Port) -> bool {
    port.view
        .letter
        .as_ref()
        .is_some_and(|letter| letter.signed.is_some())
}

fn signed_or_not(port: &mut Port, time: Time) -> Result<(PortVerdict, Option<String>), PortError> {
    if !is_signed(port) {
        return Ok((
            PortVerdict::Sign,
            Some("The letter of authorisation is ready to be signed".to_owned()),
        ));
    }
    port.step(Do::Sign, Party::Customer, time.now)?;
    calendar::letter_signed(port, time);
    let by = port
        .view
        .letter
        .as_ref()
        .and_then(|letter| letter.signed.as_ref())
        .map(|signer| signer.name.clone());
    let says = format!("Signed by {}", by.unwrap_or_default());
    reviewed(port, time, Some(says))
}

/// Signed and complete: our own review, once the dossier is approved.
fn reviewed(
    port: &mut Port,
    time: Time,
    says: Option<String>,
) -> Result<(PortVerdict, Option<String>), PortError> {
    match dossier::standing(port) {
        Standing::Good => Ok((PortVerdict::Review, says)),
        Standing::Checked | Standing::NotHandedIn => Ok((PortVerdict::CheckDossier, says)),
        Standing::Rejected => {
            port.step(Do::ReturnForCorrection, Party::Operator, time.now)?;
            calendar::customer_asked(port, time);
            Ok((PortVerdict::Correct, Some(REJECTED.to_owned())))
        }
    }
}

/// What is still missing, in words; brings evaluation and letter up to date.
fn lacks(
    request: &RequestId,
    port: &mut Port,
    gaining: &str,
    time: Time,
) -> Result<Option<String>, PortError> {
    let evaluation = evaluation(port, time)?;
    let failing = evaluation.as_ref().and_then(|evaluation| {
        let failed = evaluation.outcomes.iter().filter(|outcome| !outcome.passed);
        let names: Vec<&str> = failed.map(|outcome| outcome.name.as_str()).collect();
        (evaluation.verdict == Compliance::Noncompliant)
            .then(|| format!("Still missing: {}", names.join(", ")))
    });
    port.view.evaluation = evaluation;
    if failing.is_some() {
        return Ok(failing);
    }
    let unsigned = match papers::letter(request, port, gaining) {
        Ok((letter, wording)) => letter.unsigned(wording).map_err(papers::NoLetter::from),
        Err(error) => Err(error),
    };
    match unsigned {
        Ok(unsigned) => {
            let document = fingerprint(&unsigned);
            // What was signed and what would be sent today are the same, or it is signed again.
            if port
                .view
                .letter
                .as_ref()
                .is_none_or(|letter| letter.document != document)
            {
                port.view.letter = Some(LetterView {
                    document,
                    signed: None,
                });
                port.hidden.signature = None;
            }
            Ok(None)
        }
        Err(why) => Ok(Some(format!("The letter cannot be written: {why}"))),
    }
}

/// Holds the dossier against what the country asks; none if nobody has written that down, and an operator looks.
fn evaluation(port: &Port, time: Time) -> Result<Option<Evaluation>, PortError> {
    let (country, number_type) = place(port)?;
    let Some(dossier) = &port.view.form.dossier else {
        return Ok(None);
    };
    let person = dossier
        .authorised_person
        .as_ref()
        .and_then(|person| person.nationality.clone());
    let asked = Asked {
        country: country.to_owned(),
        number_type,
        end_user: dossier.kind,
        action: NumberAction::PortIn,
        numbers: u32::try_from(port.lines.len()).unwrap_or(u32::MAX),
        nationality: person.or_else(|| dossier.end_user.nationality.clone()),
    };
    let Ok(mut requirements) = requirement::resolve(rules::catalogue(), &[asked]) else {
        return Ok(None);
    };
    requirements.retain(|resolved| !is_made_here(resolved));
    let wanted: Vec<Wanted> = port
        .lines
        .iter()
        .map(|line| Wanted {
            country: country.to_owned(),
            number_type,
            number: Some(line.number.clone()),
        })
        .collect();
    let zone = rules::porting()
        .country(country)
        .and_then(|rules_of| rules::calendar(&rules_of.calendar))
        .map_or(TimeZone::UTC, |calendar| calendar.zone().clone());
    let today = time.now.to_zoned(zone).date();
    let known = port.hidden.dossier.as_ref();
    let last = known.and_then(|known| known.last.as_ref());
    Ok(Some(held(last, today, |day| {
        requirement::evaluate(&requirements, dossier, &wanted, day)
    })))
}
