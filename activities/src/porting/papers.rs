//! The papers of a port: its letter of authorisation, and the names that go on every paper.
use super::record::Port;
use crate::letter::{self, BadLetter, Letter, Remaining as Others, Wording};
use contract::RequestId;
use contract::dossier::{Address, AddressUse, Dossier, EndUserKind};
use contract::port::{PortType, Remaining};
use thiserror::Error;

/// Why there is no letter yet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoLetter {
    /// A field is still missing.
    #[error("{field}: {why}")]
    Missing {
        /// The field, as a JSON pointer into the dossier or under `/order/`.
        field: &'static str,
        /// What is to be given.
        why: &'static str,
    },
    /// The country has none.
    #[error("nobody has written a letter for {0}")]
    NoWording(String),
    /// It cannot be written.
    #[error(transparent)]
    Bad(#[from] BadLetter),
}

/// The name of who uses the numbers.
pub fn end_user_name(dossier: &Dossier) -> String {
    let user = &dossier.end_user;
    match dossier.kind {
        EndUserKind::Business => user.business_name.clone().unwrap_or_default(),
        EndUserKind::Individual => {
            let names = [user.given_names.as_deref(), user.family_names.as_deref()];
            names.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
    }
}

/// Who signs: the authorised person, else the individual.
pub fn signer(dossier: &Dossier) -> String {
    match &dossier.authorised_person {
        Some(person) => person.name.clone(),
        None => end_user_name(dossier),
    }
}

/// The name on the losing account.
pub fn account_name(dossier: &Dossier) -> String {
    let told = dossier
        .previous_service
        .as_ref()
        .and_then(|service| service.account_name.clone());
    told.unwrap_or_else(|| end_user_name(dossier))
}

/// Where the service is.
pub fn service_address(dossier: &Dossier) -> Option<&Address> {
    let of = |wanted: AddressUse| {
        dossier
            .addresses
            .iter()
            .find(|address| address.uses.contains(&wanted))
    };
    of(AddressUse::Service)
        .or_else(|| of(AddressUse::Registered))
        .or_else(|| dossier.addresses.first())
}

/// The same in one line, as far as it is known.
pub fn service_address_line(dossier: &Dossier) -> Option<String> {
    let address = service_address(dossier)?;
    let town = town(address);
    let parts = [
        Some(&address.street),
        address.extended.as_ref(),
        Some(&town),
        address.region.as_ref(),
        Some(&address.country),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    Some(parts.join(", "))
}

/// The town, after its postal code where there is one.
fn town(address: &Address) -> String {
    match &address.postal_code {
        Some(code) => format!("{code} {}", address.city),
        None => address.city.clone(),
    }
}

/// The letter of a port as its data is now, with the words of its country.
///
/// # Errors
/// [`NoLetter`] with the first thing that is missing.
pub fn letter(
    request: &RequestId,
    port: &Port,
    gaining: &str,
) -> Result<(Letter, &'static Wording), NoLetter> {
    let missing = |field, why| NoLetter::Missing { field, why };
    let country = port
        .view
        .country
        .as_deref()
        .ok_or(missing("/order/numbers", "numbers of one country"))?;
    let wording = letter::wording(country, port.view.form.language.as_deref())
        .ok_or_else(|| NoLetter::NoWording(country.to_owned()))?;
    let dossier = port
        .view
        .form
        .dossier
        .as_ref()
        .ok_or(missing("/dossier", "who the customer is"))?;
    let service = dossier.previous_service.as_ref().ok_or(missing(
        "/previousService",
        "the provider, and the account there",
    ))?;
    let address =
        service_address(dossier).ok_or(missing("/addresses/-", "the address of the service"))?;
    let lines = [
        Some(address.street.clone()),
        address.extended.clone(),
        Some(town(address)),
        Some(address.country.clone()),
    ];
    let letter = Letter {
        reference: request.to_string(),
        account_name: account_name(dossier),
        signer: signer(dossier),
        role: dossier
            .authorised_person
            .as_ref()
            .and_then(|person| person.role.clone()),
        provider: service
            .provider
            .clone()
            .ok_or(missing("/previousService/provider", "the provider's name"))?,
        account_number: service.account_number.clone().ok_or(missing(
            "/previousService/accountNumber",
            "as the invoice has it",
        ))?,
        billing_number: service.billing_number.clone(),
        address: lines.into_iter().flatten().collect(),
        numbers: port.lines.iter().map(|line| line.number.clone()).collect(),
        remaining: match (port.view.form.port_type, port.view.form.remaining) {
            (PortType::Full, _) => Others::None,
            (PortType::Partial, Some(Remaining::Keep)) => Others::Kept,
            (PortType::Partial, Some(Remaining::Disconnect)) => Others::Disconnected,
            (PortType::Partial, None) => {
                return Err(missing("/order/remainingNumbers", "keep or disconnect"));
            }
        },
        gaining: gaining.to_owned(),
    };
    letter.check()?;
    Ok((letter, wording))
}

/// The letter as it stands: with its signature if it has one that is of this very letter.
///
/// # Errors
/// [`NoLetter`].
pub fn letter_pdf(request: &RequestId, port: &Port, gaining: &str) -> Result<Vec<u8>, NoLetter> {
    let (letter, wording) = letter(request, port, gaining)?;
    let unsigned = letter.unsigned(wording)?;
    match &port.hidden.signature {
        Some(signature) if signature.document == letter::fingerprint(&unsigned) => {
            Ok(letter.signed(wording, signature)?)
        }
        Some(_) | None => Ok(unsigned),
    }
}
