//! The customer's numbers. <https://developers.telnyx.com/api-reference/phone-number-configurations/list-phone-numbers>

use super::hand::Holder;
use super::number::{E164, NumberType};
use super::order::MAX_TEXT;
use super::problem::{Code, Refusal};
use super::table::Row;
use super::time::At;
use super::timer::Timer;
use super::{Reply, Stamp, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a number came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A number order.
    Order,
    /// A porting order.
    Port,
}

/// Where a number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnedStatus {
    /// In use.
    Active,
    /// Another carrier asks for it.
    PortOutPending,
    /// Another carrier has it.
    PortedOut,
    /// Given back.
    Deleted,
}

/// A number that the customer has or had.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Owned {
    /// Id: nineteen digits.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// The number.
    pub number: E164,
    /// ISO 3166 code.
    pub country: String,
    /// Its type.
    pub kind: NumberType,
    /// Where it stands.
    pub status: OwnedStatus,
    /// Where it came from.
    pub source: Source,
    /// Connection it is assigned to.
    pub connection_id: Option<String>,
    /// The customer's reference.
    pub customer_reference: Option<String>,
    /// Billing group.
    pub billing_group_id: Option<String>,
    /// Address.
    pub address_id: Option<String>,
    /// Where help is sent.
    #[serde(default)]
    pub emergency_address_id: Option<String>,
    /// PIN that a gaining carrier must name.
    pub external_pin: Option<String>,
    /// The customer's tags.
    pub tags: Vec<String>,
    /// Whether HD voice is on.
    pub hd_voice_enabled: bool,
    /// When it was asked for.
    pub purchased_at: At,
    /// When it was first active.
    pub activated_at: At,
}

impl Row for Owned {
    const KIND: &'static str = "phone_number";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// Most tags of a number.
const MAX_TAGS: usize = 50;
/// Ids of numbers begin here, so that they have nineteen digits.
const FIRST_ID: u64 = 1_293_384_261_075_731_499;

/// A text field of a body: absent, null, or a text that is not too long.
pub(super) fn text_field(body: &Value, name: &str) -> Result<Option<Option<String>>, Refusal> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) if text.chars().count() <= MAX_TEXT => {
            Ok(Some(Some(text.clone())))
        }
        Some(_) => Err(Refusal::at(
            Code::Invalid,
            format!("/{name}"),
            format!("{name} is null or a text of at most {MAX_TEXT} characters"),
        )),
    }
}

impl State {
    /// The number is the customer's from now on.
    #[allow(
        clippy::too_many_arguments,
        reason = "each is a column of the row that is made here and nowhere else"
    )]
    pub(super) fn own(
        &mut self,
        number: &E164,
        country: &str,
        kind: NumberType,
        source: Source,
        connection_id: Option<String>,
        customer_reference: Option<String>,
        purchased_at: At,
        now: At,
    ) {
        let stamp = self.stamp(now);
        let id = (FIRST_ID + stamp.seq).to_string();
        self.give(number, Holder::Customer(id.clone()));
        self.route(number, country, connection_id.clone(), true);
        self.owned.put(Owned {
            id,
            stamp,
            number: number.clone(),
            country: country.to_owned(),
            kind,
            status: OwnedStatus::Active,
            source,
            connection_id,
            customer_reference,
            billing_group_id: None,
            address_id: None,
            emergency_address_id: None,
            external_pin: None,
            tags: Vec::new(),
            hd_voice_enabled: false,
            purchased_at,
            activated_at: now,
        });
    }

    /// The id of a number by its id or by itself.
    #[must_use]
    pub fn owned_id(&self, id: &str) -> Option<String> {
        if self.owned.get(id).is_some() {
            return Some(id.to_owned());
        }
        match self.hands.get(id).map(|hand| &hand.holder) {
            Some(Holder::Customer(id)) => Some(id.clone()),
            Some(
                Holder::Reservation(_) | Holder::Ordered(_) | Holder::Quarantine | Holder::Other(_),
            )
            | None => None,
        }
    }

    pub(super) fn own_active(&self, id: &str) -> Result<Owned, Refusal> {
        let found = self
            .owned_id(id)
            .and_then(|id| self.owned.get(&id))
            .ok_or_else(|| Refusal::missing("phone number", id))?;
        match found.status {
            OwnedStatus::Active | OwnedStatus::PortOutPending => Ok(found.clone()),
            OwnedStatus::PortedOut | OwnedStatus::Deleted => {
                Err(Refusal::missing("phone number", id))
            }
        }
    }

    pub(super) fn edit_number(
        &mut self,
        id: &str,
        body: &Value,
        now: At,
    ) -> Result<Reply, Refusal> {
        let mut owned = self.own_active(id)?;
        if let Some(connection) = text_field(body, "connection_id")? {
            owned.connection_id = connection.filter(|text| !text.is_empty());
        }
        if let Some(reference) = text_field(body, "customer_reference")? {
            owned.customer_reference = reference;
        }
        if let Some(group) = text_field(body, "billing_group_id")? {
            owned.billing_group_id = group;
        }
        if let Some(address) = text_field(body, "address_id")? {
            owned.address_id = address;
        }
        if let Some(pin) = text_field(body, "external_pin")? {
            owned.external_pin = pin.filter(|text| !text.is_empty());
        }
        if let Some(tags) = body.get("tags") {
            let tags: Option<Vec<String>> = serde_json::from_value(tags.clone()).ok();
            owned.tags = tags.filter(|tags| tags.len() <= MAX_TAGS).ok_or_else(|| {
                Refusal::at(
                    Code::Invalid,
                    "/tags",
                    format!("tags is a list of at most {MAX_TAGS} texts"),
                )
            })?;
        }
        if let Some(hd) = body.get("hd_voice_enabled") {
            owned.hd_voice_enabled = hd.as_bool().ok_or_else(|| {
                Refusal::at(
                    Code::Invalid,
                    "/hd_voice_enabled",
                    "hd_voice_enabled is true or false",
                )
            })?;
        }
        owned.stamp.updated_at = now;
        let moved = self
            .owned
            .get(&owned.id)
            .is_some_and(|before| before.connection_id != owned.connection_id);
        if moved {
            self.route(
                &owned.number,
                &owned.country,
                owned.connection_id.clone(),
                true,
            );
        }
        let id = owned.id.clone();
        self.owned.put(owned);
        Ok(Reply::One(id))
    }

    pub(super) fn release_number(&mut self, id: &str, now: At) -> Result<Reply, Refusal> {
        let owned = self.own_active(id)?;
        if owned.status == OwnedStatus::PortOutPending {
            return Err(Refusal::new(
                Code::Illegal,
                "the number is being ported out; answer the port-out first",
            ));
        }
        self.leave(&owned.id, OwnedStatus::Deleted, Holder::Quarantine, now);
        let due = self.later(self.world.paces.common.quarantine_s, now);
        self.wake(due, Timer::QuarantineEnds(owned.number.as_str().to_owned()));
        Ok(Reply::One(owned.id))
    }

    /// The number is no longer the customer's.
    pub(super) fn leave(&mut self, id: &str, status: OwnedStatus, holder: Holder, now: At) {
        let Some(owned) = self.owned.edit(id) else {
            return;
        };
        owned.status = status;
        owned.stamp.updated_at = now;
        let (number, country) = (owned.number.clone(), owned.country.clone());
        self.give(&number, holder);
        self.route(&number, &country, None, false);
    }
}
