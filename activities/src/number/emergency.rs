//! Where help is sent when an emergency call comes from a number: one rule, by whatever way the number came.
//!
//! `number-emergency` is what orders and ports run when their numbers are here; `onboarding-emergency` has more places to look for an
//! address. What a number lacks is a mark on it until somebody gives it.
use super::no_request;
use crate::dial::look_up;
use crate::ports::carriers::{Carrier, CarrierError, Carriers, Told};
use crate::ports::directory::Directory;
use crate::ports::dossiers::Dossiers;
use crate::ports::emergencies::{Emergencies, EmergencyNote};
use crate::ports::numbers::{NumberRecord, Numbers};
use crate::ports::requests::Requests;
use crate::request::RequestRecord;
use crate::rules;
use crate::shell::chain;
use contract::dossier::{Address, AddressUse, Dossier};
use contract::number::{EmergencyGiven, NumberEmergencyInput, NumberError, of_status, status};
use contract::{E164, TenantId};
use futures_util::{StreamExt, TryStreamExt, stream};

/// How many numbers are told of at once.
const AT_ONCE: usize = 8;
/// Most numbers and refusals that are named in words.
const NAMED_MAX: usize = 5;
/// Longest reason of a carrier that is kept, in characters.
const UNTOLD_MAX: usize = 300;
/// A number of a port that was reached; others are `active`.
const VERIFIED: &str = "verified";
const NOT_YET: &str = "The carrier has not been told yet";

/// Whose numbers they are, and where help may be sent.
#[derive(Debug, Clone, Copy)]
pub struct Help<'a> {
    /// The numbers' tenant.
    pub tenant: &'a TenantId,
    /// The addresses that are known, the best first.
    pub known: &'a [Address],
    /// Who is there.
    pub who: &'a str,
    /// Whether an address of the tenant's that a number's carrier has already stays, whatever is known here.
    pub keeps: bool,
}

/// What became of telling a number's carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It has the address, or nobody has the number but us.
    Taken,
    /// It takes none for this number; why. Another address makes no difference.
    NotTaken(String),
    /// It does not take this one; why.
    Refused(String),
}

/// What became of one number.
enum Outcome {
    /// Its country wants no address, or it is not the tenant's.
    NotWanted,
    /// An address is wanted, and none is known.
    Missing(E164),
    /// It has one; why its carrier does not have it, if it does not.
    Given(E164, Option<String>),
}

/// Gives the numbers that a request has brought the address of its dossier. One that has an address keeps it: run again weeks later by
/// an execution that takes a port over, it would put the dossier's in the place of what the tenant has said of the number since.
///
/// # Errors
/// [`NumberError`]; run again, it notes the same.
pub async fn emergency(
    d: &(impl Numbers + Emergencies + Carriers + Dossiers + Directory + Requests),
    input: NumberEmergencyInput,
) -> Result<EmergencyGiven, NumberError> {
    let record = Requests::get(d, &input.request).await?;
    let record = record.ok_or_else(|| no_request(&input.request))?;
    let view = &record.view;
    let here = [status::ACTIVE, VERIFIED];
    let numbers = match &input.numbers {
        Some(numbers) => numbers.clone(),
        None => of_status(&view.numbers, &here),
    };
    let dossier = match &input.dossier {
        Some(id) => d.dossier(id).await?.map(|record| record.view.dossier),
        None => with_the_request(&record),
    };
    let own = dossier.filter(|dossier| dossier.tenant == view.tenant);
    let known = own.map(addresses).unwrap_or_default();
    let tenant = Directory::tenant(d, &view.tenant).await?;
    let help = Help {
        tenant: &view.tenant,
        known: &known,
        who: tenant.as_ref().map_or("", |tenant| tenant.name.as_str()),
        keeps: true,
    };
    give(d, help, numbers).await
}

/// The copy of a dossier that a port carries.
fn with_the_request(record: &RequestRecord) -> Option<Dossier> {
    let copy = record.view.details.pointer("/form/dossier")?;
    serde_json::from_value(copy.clone()).ok()
}

/// A dossier's addresses to which help can be sent: those for emergencies first, then where the numbers are used.
pub fn addresses(dossier: Dossier) -> Vec<Address> {
    let mut addresses = dossier.addresses;
    addresses.retain(|address| rank(address) < 2);
    addresses.sort_by_key(rank);
    addresses
}

fn rank(address: &Address) -> u8 {
    if address.uses.contains(&AddressUse::Emergency) {
        0
    } else if address.uses.contains(&AddressUse::Service) {
        1
    } else {
        2
    }
}

/// Notes an address with each number that needs one, and tells the number's carrier.
///
/// # Errors
/// [`NumberError`]; run again, it notes the same.
pub async fn give<D>(
    d: &D,
    help: Help<'_>,
    numbers: Vec<E164>,
) -> Result<EmergencyGiven, NumberError>
where
    D: Numbers + Emergencies + Carriers,
{
    let each = stream::iter(numbers).map(|number| one(d, help, number));
    let outcomes: Vec<Outcome> = each.buffered(AT_ONCE).try_collect().await?;
    Ok(told(outcomes))
}

async fn one<D>(d: &D, help: Help<'_>, number: E164) -> Result<Outcome, NumberError>
where
    D: Numbers + Emergencies + Carriers,
{
    let Some(country) = wanting(&number) else {
        return Ok(Outcome::NotWanted);
    };
    let record = d.number_record(&number).await?;
    let Some(record) = record.filter(|record| record.tenant == *help.tenant) else {
        return Ok(Outcome::NotWanted);
    };
    let mut notes = d.emergency_notes(std::slice::from_ref(&number)).await?;
    let before = notes.remove(&number);
    let before = before.filter(|note| note.tenant == *help.tenant);
    let said = before.as_ref().filter(|note| note.own && help.keeps);
    // Help is sent within a country: the first address there, if the tenant has not said one.
    let known = help.known.iter().find(|one| one.country == country);
    let Some(address) = said.map(|note| &note.address).or(known) else {
        return Ok(match before {
            Some(note) => Outcome::Given(number, note.untold),
            None => Outcome::Missing(number),
        });
    };
    let stays =
        |note: &EmergencyNote| note.untold.is_none() && (help.keeps || note.address == *address);
    if before.as_ref().is_some_and(stays) {
        return Ok(Outcome::Given(number, None));
    }
    let own = |note: &EmergencyNote| note.own && note.address == *address;
    let mut note = EmergencyNote {
        tenant: help.tenant.clone(),
        address: address.clone(),
        own: before.as_ref().is_some_and(own),
        // Should the carrier not answer to the last try, it does not have it.
        untold: Some(NOT_YET.to_owned()),
    };
    d.note_emergency(&number, &note).await?;
    let untold = match tell_carrier(d, &record, address, help.who).await? {
        Heard::Taken => None,
        Heard::NotTaken(why) | Heard::Refused(why) => Some(why),
    };
    note.untold.clone_from(&untold);
    d.note_emergency(&number, &note).await?;
    Ok(Outcome::Given(number, untold))
}

/// The country of a number, if it wants to know where help is sent.
pub fn wanting(number: &E164) -> Option<String> {
    let country = look_up(number).map(|known| known.iso2);
    country.filter(|country| rules::wants_address(country))
}

/// Tells the carrier that has the number, if one has. Who was not told sends no help.
///
/// # Errors
/// [`NumberError::Carrier`] if it does not answer.
pub async fn tell_carrier(
    d: &impl Carriers,
    record: &NumberRecord,
    address: &Address,
    who: &str,
) -> Result<Heard, NumberError> {
    let Some(id) = &record.carrier else {
        return Ok(Heard::Taken);
    };
    let Some(carrier) = d.carrier(id) else {
        let why = format!("This deployment has no carrier {id} that could be told");
        return Ok(Heard::NotTaken(why));
    };
    match carrier.tell_emergency(&record.number, address, who).await {
        Ok(Told::Taken) => Ok(Heard::Taken),
        Ok(Told::NotTaken(why)) => Ok(Heard::NotTaken(short(&why))),
        Err(CarrierError::Refused(why) | CarrierError::NotFound(why)) => {
            Ok(Heard::Refused(short(&why.to_string())))
        }
        Err(error @ (CarrierError::Busy { .. } | CarrierError::Unknown(_))) => {
            Err(NumberError::Carrier(chain(&error)))
        }
    }
}

fn short(words: &str) -> String {
    words.chars().take(UNTOLD_MAX).collect()
}

fn told(outcomes: Vec<Outcome>) -> EmergencyGiven {
    let (mut missing, mut given, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Outcome::NotWanted => {}
            Outcome::Missing(number) => missing.push(number),
            Outcome::Given(number, why) => {
                refused.extend(why.map(|why| format!("{number}: {why}")));
                given.push(number);
            }
        }
    }
    let says = match (missing.is_empty(), given.is_empty()) {
        (true, true) => "No emergency address is wanted".to_owned(),
        (true, false) if refused.is_empty() => "The emergency address is noted".to_owned(),
        (true, false) => format!(
            "The emergency address is noted here; the carrier did not take it: {}",
            named(&refused)
        ),
        (false, _) => {
            let numbers: Vec<String> = missing.iter().map(ToString::to_string).collect();
            format!(
                "An address in the number's country is wanted for {}",
                named(&numbers)
            )
        }
    };
    EmergencyGiven {
        missing,
        given,
        says,
    }
}

/// The first few, and how many more there are.
fn named(all: &[String]) -> String {
    let first: Vec<&str> = all.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = all.len().saturating_sub(NAMED_MAX);
    match more {
        0 => first.join("; "),
        more => format!("{} and {more} more", first.join("; ")),
    }
}

#[cfg(test)]
mod tests;
