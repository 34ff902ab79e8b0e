//! How a carrier's numbers are had: chosen from its list, by a support case, or not at all.
use crate::porting::offered::not_had;
use crate::ports::carriers::{Carrier, CarrierError, Carriers};
use contract::CarrierId;
use contract::dossier::NumberType;

/// How numbers are had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// They are chosen among those that the carrier lists.
    Listed,
    /// It lists none: so many are ordered, and come by support case; in words.
    ByCase(String),
    /// It has none; why, and what it has.
    NotHad(String),
}

/// How a carrier's numbers of a country (ISO 3166-1 alpha-2) and type are had.
///
/// # Errors
/// [`CarrierError`] where it has to be asked what it has.
pub async fn way(
    d: &impl Carriers,
    id: &CarrierId,
    country: &str,
    kind: NumberType,
) -> Result<Way, CarrierError> {
    let Some(carrier) = d.carrier(id) else {
        return Ok(Way::Listed);
    };
    let Some(how) = carrier.by_case(country) else {
        return Ok(Way::Listed);
    };
    let offers = carrier.offers().await?;
    Ok(match not_had(id, &offers, country, kind) {
        Some(why) => Way::NotHad(why),
        None => Way::ByCase(how),
    })
}
