//! Addresses, and where help is sent for a number.
//! <https://developers.telnyx.com/api-reference/addresses/creates-an-address>,
//! <https://developers.telnyx.com/api-reference/phone-number-configurations/enable-emergency-for-a-phone-number>

use super::owned::text_field;
use super::problem::{Code, Refusal};
use super::table::Row;
use super::time::At;
use super::{Reply, Stamp, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An address of the customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Address {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// The customer's reference.
    pub customer_reference: Option<String>,
    /// First name of who is there.
    pub first_name: Option<String>,
    /// Last name of who is there.
    pub last_name: Option<String>,
    /// The business that is there.
    pub business_name: Option<String>,
    /// Street and house.
    pub street_address: String,
    /// Floor, door.
    pub extended_address: Option<String>,
    /// Town.
    pub locality: String,
    /// Canton, province, state.
    pub administrative_area: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO 3166 code.
    pub country_code: String,
}

impl Row for Address {
    const KIND: &'static str = "address";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// A text that must be there.
fn needed(body: &Value, name: &str) -> Result<String, Refusal> {
    let text = text_field(body, name)?.flatten();
    let text = text.filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| {
        Refusal::at(
            Code::Missing,
            format!("/{name}"),
            format!("{name} is required"),
        )
    })
}

impl State {
    pub(super) fn add_address(&mut self, body: &Value, now: At) -> Result<Reply, Refusal> {
        self.room(self.addresses.len(), 1)?;
        let text = |name: &str| text_field(body, name).map(Option::flatten);
        let (first_name, last_name) = (text("first_name")?, text("last_name")?);
        let business_name = text("business_name")?;
        if business_name.is_none() && (first_name.is_none() || last_name.is_none()) {
            return Err(Refusal::at(
                Code::Missing,
                "/business_name",
                "business_name, or first_name and last_name, are required",
            ));
        }
        let country_code = needed(body, "country_code")?;
        if country_code.len() != 2 || !country_code.bytes().all(|c| c.is_ascii_uppercase()) {
            return Err(Refusal::at(
                Code::Invalid,
                "/country_code",
                "country_code is two letters of ISO 3166, such as CH",
            ));
        }
        let (street_address, locality) =
            (needed(body, "street_address")?, needed(body, "locality")?);
        let customer_reference = text("customer_reference")?;
        let extended_address = text("extended_address")?;
        let administrative_area = text("administrative_area")?;
        let postal_code = text("postal_code")?;
        let id = self.id();
        let stamp = self.stamp(now);
        self.addresses.put(Address {
            id: id.clone(),
            stamp,
            customer_reference,
            first_name,
            last_name,
            business_name,
            street_address,
            extended_address,
            locality,
            administrative_area,
            postal_code,
            country_code,
        });
        Ok(Reply::One(id))
    }

    /// Help is sent to an address in the number's country, or the address is taken away.
    pub(super) fn enable_emergency(
        &mut self,
        id: &str,
        body: &Value,
        now: At,
    ) -> Result<Reply, Refusal> {
        let mut owned = self.own_active(id)?;
        let enabled = body.get("emergency_enabled").and_then(Value::as_bool);
        let enabled = enabled.ok_or_else(|| {
            Refusal::at(
                Code::Missing,
                "/emergency_enabled",
                "emergency_enabled is true or false",
            )
        })?;
        owned.emergency_address_id = if enabled {
            let named = needed(body, "emergency_address_id")?;
            let address = self.addresses.get(&named).ok_or_else(|| {
                Refusal::at(
                    Code::NoSuchAssociation,
                    "/emergency_address_id",
                    "there is no such address",
                )
            })?;
            if address.country_code != owned.country {
                return Err(Refusal::at(
                    Code::Invalid,
                    "/emergency_address_id",
                    format!("the address of a number of {0} is in {0}", owned.country),
                ));
            }
            Some(named)
        } else {
            None
        };
        owned.stamp.updated_at = now;
        let id = owned.id.clone();
        self.owned.put(owned);
        Ok(Reply::One(id))
    }
}
