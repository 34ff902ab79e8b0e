//! `port-evaluate`: what does the country ask, and is the letter still the one that was signed?
use super::calendar::{self, Time, place};
use super::record::Port;
use super::{Loaded, PortWorld, change, desk, load, papers, standing};
use crate::letter::fingerprint;
use crate::ports::Unavailable;
use crate::ports::dossiers::Dossiers;
use crate::ports::porting::Porting;
use crate::rules;
use compliance::requirement::{self, Asked, Rule, Wanted};
use contract::RequestId;
use contract::dossier::{
    Compliance, DocumentKind, Dossier, Evaluation, NumberAction, OrderStatus as At, OrderStep as Do,
};
use contract::port::{LetterView, PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::Party;
use jiff::tz::TimeZone;

/// Evaluates and takes the steps that follow.
///
/// # Errors
/// [`PortError`].
pub async fn evaluate<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let gaining = desk(d, &loaded.port)?.1.legal_name();
    let now = as_it_is_now(d, &loaded).await?;
    change(d, &input.request, |port, time| {
        if let Some(dossier) = &now
            && is_open(port.view.order)
        {
            port.view.form.dossier = Some(dossier.clone());
        }
        let (verdict, says) = decide(&input.request, port, &gaining, time)?;
        Ok(standing::answer(port, verdict, time, says))
    })
    .await
}

/// Whether the port still takes what its dossier says: later, what was signed stands.
const fn is_open(order: At) -> bool {
    matches!(order, At::Collecting | At::Rejected | At::Correction)
}

/// The port's dossier as its tenant has it now.
async fn as_it_is_now(d: &impl Dossiers, loaded: &Loaded) -> Result<Option<Dossier>, Unavailable> {
    let Some(known) = &loaded.port.view.form.dossier else {
        return Ok(None);
    };
    let found = d.dossier(&known.id).await?;
    let dossier = found.map(|record| record.view.dossier);
    Ok(dossier.filter(|dossier| dossier.tenant == loaded.tenant))
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
                return Ok((
                    PortVerdict::Review,
                    Some("Corrected; the signed letter still holds".to_owned()),
                ));
            }
            port.step(Do::SendForSignature, Party::Customer, time.now)?;
            calendar::letter_sent(port, time);
            Ok((
                PortVerdict::Sign,
                Some("Corrected; the letter has to be signed again".to_owned()),
            ))
        }
        (At::InternalReview, _) => Ok((PortVerdict::Review, None)),
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
    Ok((
        PortVerdict::Review,
        Some(format!("Signed by {}", by.unwrap_or_default())),
    ))
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
    // The letter of authorisation is made and signed here: nobody hands it in before that.
    requirements.retain(|resolved| match &resolved.requirement.rule {
        Rule::Document { kinds, .. } => !kinds.contains(&DocumentKind::LetterOfAuthorisation),
        Rule::Textual { .. } | Rule::Address { .. } | Rule::Identity { .. } | Rule::Action {} => {
            true
        }
    });
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
    Ok(Some(requirement::evaluate(
        &requirements,
        dossier,
        &wanted,
        today,
    )))
}
