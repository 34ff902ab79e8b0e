//! [`Emergencies`] on DynamoDB: items `N#<e164>`/`EMERGENCY` of table `directory` (see [`super::directory`]).
use super::directory::{number_key, read};
use super::item::{Item, s, to_item};
use super::table::{SERVICE, written};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::emergencies::{Emergencies, EmergencyNote, MAX_NOTES};
use aws_sdk_dynamodb::types::KeysAndAttributes;
use contract::dossier::{Address, AddressUse};
use contract::{E164, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const EMERGENCY: &str = "EMERGENCY";
/// How often keys that stayed unprocessed are asked for again.
const MAX_BATCH_TRIES: usize = 8;

/// A note as its item has it: the address's fields beside the others. The first ones had neither `untold` nor `own`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    tenant: TenantId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    untold: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    own: bool,
    uses: Vec<AddressUse>,
    street: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extended: Option<String>,
    city: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    country: String,
}

impl From<&EmergencyNote> for Kept {
    fn from(note: &EmergencyNote) -> Self {
        let address = note.address.clone();
        Self {
            tenant: note.tenant.clone(),
            untold: note.untold.clone(),
            own: note.own,
            uses: address.uses,
            street: address.street,
            extended: address.extended,
            city: address.city,
            region: address.region,
            postal_code: address.postal_code,
            country: address.country,
        }
    }
}

impl From<Kept> for EmergencyNote {
    fn from(kept: Kept) -> Self {
        Self {
            tenant: kept.tenant,
            untold: kept.untold,
            own: kept.own,
            address: Address {
                uses: kept.uses,
                street: kept.street,
                extended: kept.extended,
                city: kept.city,
                region: kept.region,
                postal_code: kept.postal_code,
                country: kept.country,
            },
        }
    }
}

fn key(number: &E164) -> Item {
    Item::from([
        ("pk".to_owned(), s(number_key(number))),
        ("sk".to_owned(), s(EMERGENCY)),
    ])
}

/// The number that an item's key names.
fn number_of(item: &Item) -> Option<E164> {
    let key = item.get("pk")?.as_s().ok()?;
    E164::parse(key.strip_prefix("N#")?).ok()
}

impl Aws {
    /// Forgets what the tenant noted with a number that it has no more: its next owner does not live there.
    pub(super) async fn forget_emergency(
        &self,
        tenant: &TenantId,
        number: &E164,
    ) -> Result<(), Unavailable> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.names.directory)
            .set_key(Some(key(number)))
            .condition_expression("#tenant = :tenant")
            .expression_attribute_names("#tenant", "tenant")
            .expression_attribute_values(":tenant", s(tenant.as_str()));
        written(delete.send().await).map(drop)
    }
}

impl Emergencies for Aws {
    async fn note_emergency(&self, number: &E164, note: &EmergencyNote) -> Result<(), Unavailable> {
        let pk = number_key(number);
        let item = to_item(&Kept::from(note), &[("pk", pk.as_str()), ("sk", EMERGENCY)]);
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        let put = put.set_item(Some(item)).send().await;
        put.map(drop).map_err(unavailable(SERVICE))
    }

    async fn emergency_notes(
        &self,
        numbers: &[E164],
    ) -> Result<BTreeMap<E164, EmergencyNote>, Unavailable> {
        let mut keys: Vec<Item> = numbers.iter().take(MAX_NOTES).map(key).collect();
        let mut notes = BTreeMap::new();
        for _ in 0..MAX_BATCH_TRIES {
            if keys.is_empty() {
                return Ok(notes);
            }
            let batch = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut keys)))
                .consistent_read(true)
                .build()
                .map_err(|error| Unavailable::new(SERVICE, error))?;
            let table = &self.names.directory;
            let ask = self.dynamodb.batch_get_item().request_items(table, batch);
            let answer = ask.send().await.map_err(unavailable(SERVICE))?;
            let found = answer.responses.unwrap_or_default().remove(table);
            for item in found.unwrap_or_default() {
                if let Some(number) = number_of(&item) {
                    notes.insert(number, EmergencyNote::from(read::<Kept>(item)?));
                }
            }
            let left = answer.unprocessed_keys.unwrap_or_default().remove(table);
            keys = left.map(|left| left.keys).unwrap_or_default();
        }
        if keys.is_empty() {
            return Ok(notes);
        }
        let why = "keys of a batch stayed unprocessed";
        Err(Unavailable::new(SERVICE, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_note_of_before_reads_as_one_that_the_carrier_has() {
        let address =
            json!({ "uses": ["emergency"], "street": "Help 1", "city": "Zürich", "country": "CH" });
        let keys = [
            ("pk", "N#+41445551000"),
            ("sk", EMERGENCY),
            ("tenant", "t-1"),
        ];
        let item = to_item(&address, &keys);
        assert_eq!(number_of(&item), E164::parse("+41445551000").ok());
        let note = EmergencyNote::from(read::<Kept>(item).unwrap());
        assert_eq!(note.tenant, TenantId::from("t-1"));
        assert_eq!(
            (note.address.street.as_str(), &note.untold),
            ("Help 1", &None)
        );
        let again = to_item(&Kept::from(&note), &keys);
        assert_eq!(EmergencyNote::from(read::<Kept>(again).unwrap()), note);
    }
}
