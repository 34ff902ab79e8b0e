//! [`ApiKeys`] on DynamoDB: more items of table `directory` (see [`super::directory`]), which go by themselves at `expires`.
//!
//! Key `T#<tenant>`/`A#<key>`; what leads to it from the hash of its secret `A#<hash>`/`KEY`; how many were made for a tenant
//! `T#<tenant>`/`API_KEYS`.
use super::Aws;
use super::directory::{read, tenant_key};
use super::item::{n, s, to_item};
use super::table::{self, all, written};
use crate::ports::Unavailable;
use crate::ports::api_keys::{ApiKey, ApiKeys, MAX_LISTED, Revocation};
use crate::ports::calls::Write;
use crate::ports::clock::{self, Clock};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use contract::{ApiKeyId, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const KEY: &str = "KEY";
const MADE: &str = "API_KEYS";

/// How many keys were made for a tenant.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    made: i64,
}

/// Where the key of a hash is.
#[derive(Debug, Serialize, Deserialize)]
struct Lead {
    tenant: TenantId,
    key: ApiKeyId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
}

fn id_key(key: &ApiKeyId) -> String {
    format!("A#{key}")
}

fn hash_key(hash: &str) -> String {
    format!("A#{hash}")
}

impl Aws {
    /// A change of a key's item, which is there.
    fn change_of_key(&self, key: &ApiKey) -> UpdateItemFluentBuilder {
        self.dynamodb
            .update_item()
            .table_name(&self.names.directory)
            .key("pk", s(tenant_key(&key.tenant)))
            .key("sk", s(id_key(&key.view.id)))
    }
}

impl Aws {
    /// A part of a transaction: one more is made, and none since so many were.
    fn one_more(&self, tenant: &TenantId, made: i64) -> Result<TransactWriteItem, Unavailable> {
        let pk = tenant_key(tenant);
        let next = to_item(&Made { made: made + 1 }, &[("pk", &pk), ("sk", MADE)]);
        if made == 0 {
            return self.fresh(next);
        }
        let put = Put::builder()
            .table_name(&self.names.directory)
            .set_item(Some(next))
            .condition_expression("made = :made")
            .expression_attribute_values(":made", n(made));
        table::put(put)
    }
}

impl ApiKeys for Aws {
    async fn api_keys_made(&self, tenant: &TenantId) -> Result<i64, Unavailable> {
        let found = self.item_of(tenant_key(tenant), MADE).await?;
        let found = found.map(read::<Made>).transpose()?;
        Ok(found.map_or(0, |found| found.made))
    }

    async fn create_api_key(&self, key: &ApiKey, made: i64) -> Result<Write, Unavailable> {
        let (pk, sk) = (tenant_key(&key.tenant), id_key(&key.view.id));
        let lead = Lead {
            tenant: key.tenant.clone(),
            key: key.view.id.clone(),
            expires: key.expires,
        };
        let hash = hash_key(&key.hash);
        self.all_or_nothing(vec![
            self.fresh(to_item(key, &[("pk", &pk), ("sk", &sk)]))?,
            self.fresh(to_item(&lead, &[("pk", &hash), ("sk", KEY)]))?,
            self.one_more(&key.tenant, made)?,
        ])
        .await
    }

    async fn api_key(
        &self,
        tenant: &TenantId,
        key: &ApiKeyId,
    ) -> Result<Option<ApiKey>, Unavailable> {
        let found = self.item_of(tenant_key(tenant), &id_key(key)).await?;
        found.map(read).transpose()
    }

    async fn api_key_by_hash(&self, hash: &str) -> Result<Option<ApiKey>, Unavailable> {
        let lead = self.item_of(hash_key(hash), KEY).await?;
        let Some(lead) = lead.map(read::<Lead>).transpose()? else {
            return Ok(None);
        };
        let found = self.api_key(&lead.tenant, &lead.key).await?;
        Ok(found.filter(|key| key.hash == hash))
    }

    async fn api_keys(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, Unavailable> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.names.directory)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", s(tenant_key(tenant)))
            .expression_attribute_values(":sk", s("A#"))
            .scan_index_forward(false)
            .consistent_read(true);
        // However many were made and revoked since, those that open something are all seen.
        let good = query
            .clone()
            .filter_expression(
                "attribute_not_exists(revokedAt) AND (attribute_not_exists(expiresAt) OR expiresAt > :now)",
            )
            .expression_attribute_values(":now", s(clock::text(self.now())));
        let (newest, good) = tokio::try_join!(all(query, MAX_LISTED), all(good, MAX_LISTED))?;
        let mut found = BTreeMap::new();
        for item in newest.into_iter().chain(good) {
            let key: ApiKey = read(item)?;
            found.insert(key.view.id.clone(), key);
        }
        // Ids are in the order in which keys were made.
        Ok(found.into_values().rev().collect())
    }

    async fn revoke_api_key(
        &self,
        key: &ApiKey,
        revocation: &Revocation,
    ) -> Result<Write, Unavailable> {
        let revoke = self
            .change_of_key(key)
            .update_expression("SET revokedAt = :at, revokedBy = :by, expires = :expires")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revokedAt)")
            .expression_attribute_values(":at", s(&revocation.at))
            .expression_attribute_values(":by", s(revocation.by.as_str()))
            .expression_attribute_values(":expires", n(revocation.expires));
        let revoked = written(revoke.send().await)?;
        // From here on the key opens nothing. What leads to it goes with it, also when this comes only with a second try.
        let lead = self
            .dynamodb
            .update_item()
            .table_name(&self.names.directory)
            .key("pk", s(hash_key(&key.hash)))
            .key("sk", s(KEY))
            .update_expression("SET expires = :expires")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":expires", n(revocation.expires));
        written(lead.send().await)?;
        Ok(revoked)
    }

    async fn note_use(&self, key: &ApiKey, day: &str) -> Result<(), Unavailable> {
        let note = self
            .change_of_key(key)
            .update_expression("SET lastUsed = :day")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":day", s(day));
        match written(note.send().await)? {
            // It is gone meanwhile: nobody asks any more.
            Write::Done | Write::Conflict => Ok(()),
        }
    }
}
