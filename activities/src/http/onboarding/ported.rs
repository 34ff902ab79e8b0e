//! The numbers that a new customer brings: what is asked for, and how far it is.
use crate::http::porting::draft::{lines, not_here, plain};
use crate::http::{Ports, Refused, query};
use crate::onboarding::ported::each_once;
use crate::ports::requests::Requests;
use crate::rules;
use compliance::porting::{Candidate, NotPlaced, split};
use compliance::requirement::{Asked, resolve};
use contract::E164;
use contract::dossier::review::Purpose;
use contract::dossier::{EndUserKind, NumberAction};
use contract::onboarding::api::{BegunPort, NewOnboarding, PortWish};
use contract::port::api::PortDraft;
use contract::request::RequestView;
use std::collections::BTreeSet;

/// Checks the ports that are wished for, as `POST /v1/ports` does, and gives what their dossier is to be good for: numbers of the same
/// country and type are one purpose.
///
/// # Errors
/// [`Refused`] with the first field that does not fit.
pub(super) fn asked_of<P: Ports>(d: &P, body: &NewOnboarding) -> Result<Vec<Purpose>, Refused> {
    let form = body.dossier.as_ref();
    let end_user = form.map_or(EndUserKind::Business, |form| form.kind);
    let mut purposes: Vec<Purpose> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, wish) in body.ports.iter().enumerate() {
        let of_port = one(d, wish, &mut seen, end_user);
        let of_port = of_port.map_err(|refused| refused.within(&format!("ports[{index}]")))?;
        for purpose in of_port {
            if let Some(known) = purposes.iter_mut().find(|known| {
                known.country == purpose.country && known.number_type == purpose.number_type
            }) {
                known.numbers += purpose.numbers;
                continue;
            }
            purposes.push(purpose);
        }
    }
    Ok(purposes)
}

fn one<P: Ports>(
    d: &P,
    wish: &PortWish,
    seen: &mut BTreeSet<E164>,
    end_user: EndUserKind,
) -> Result<Vec<Purpose>, Refused> {
    let country = query::country(&wish.country)?;
    lines(&wish.numbers)?;
    plain(d, &draft(wish))?;
    let of_number = |number: &E164, why: String| {
        let at = wish.numbers.iter().position(|known| known == number);
        Refused::field(&format!("numbers[{}]", at.unwrap_or_default()), why)
    };
    for number in &wish.numbers {
        if !seen.insert(number.clone()) {
            return Err(of_number(number, format!("{number} is in two ports")));
        }
    }
    let candidates: Vec<Candidate> = wish
        .numbers
        .iter()
        .map(|number| Candidate {
            number: number.clone(),
            carrier: None,
        })
        .collect();
    let split = split(rules::porting(), &candidates);
    if let Some((number, why)) = split.not_placed.first() {
        let why = match why {
            NotPlaced::NoCountry => "no country's rules have such a number".to_owned(),
            NotPlaced::NotPortable { why } => why.clone(),
        };
        return Err(of_number(number, why));
    }
    let mut purposes = Vec::new();
    for part in split.parts {
        if let Some(number) = part.numbers.first().filter(|_| part.country != country) {
            let why = format!("a number of {country}; this is of {}", part.country);
            return Err(of_number(number, why));
        }
        let purpose = Purpose {
            country: part.country,
            number_type: part.number_type,
            action: NumberAction::PortIn,
            numbers: u32::try_from(part.numbers.len()).unwrap_or(u32::MAX),
        };
        // Told at once, rather than by a workflow that cannot go on.
        let asked = Asked {
            country: purpose.country.clone(),
            number_type: purpose.number_type,
            end_user,
            action: purpose.action,
            numbers: purpose.numbers,
            nationality: None,
        };
        resolve(rules::catalogue(), &[asked])
            .map_err(|why| Refused::field("numbers", why.to_string()))?;
        purposes.push(purpose);
    }
    Ok(purposes)
}

/// What of a wish can be checked as the draft of a port.
fn draft(wish: &PortWish) -> PortDraft {
    PortDraft {
        pin: wish.pin.clone(),
        language: wish.language.clone(),
        carrier: wish.carrier.clone(),
        ..PortDraft::default()
    }
}

/// A number that is in service here already cannot come.
///
/// # Errors
/// [`Refused`] with the first that is.
pub(super) async fn none_is_here<P: Ports>(d: &P, wishes: &[PortWish]) -> Result<(), Refused> {
    for (index, wish) in wishes.iter().enumerate() {
        let here = not_here(d, &wish.numbers).await;
        here.map_err(|refused| refused.within(&format!("ports[{index}]")))?;
    }
    Ok(())
}

/// The ports that an onboarding has begun, as they are now.
///
/// # Errors
/// [`Refused`] if the store fails.
pub(super) async fn shown(
    d: &impl Requests,
    onboarding: &RequestView,
) -> Result<Vec<BegunPort>, Refused> {
    let ports = each_once(d, onboarding).await?.into_iter();
    let shown = ports.map(|port| BegunPort {
        port: port.id,
        status: port.status,
        owner: port.owner,
        next_action: port.next_action,
        outcome: port.outcome,
        numbers: port.numbers,
    });
    Ok(shown.collect())
}
