//! [`Dossiers`] on DynamoDB: table `dossiers`.
//!
//! | item | `pk` | `sk` | `gpk`, `gsk` of `by-tenant` |
//! |---|---|---|---|
//! | a dossier | `D#<dossier>` | `DOSSIER` | `T#<tenant>`, `<begun>#<dossier>` |
//! | its day of expiry | `EXPIRES` | `<day>#<dossier>`, written with the dossier | |
//! | a mark | `MARK#<mark>` | `<dossier>` | |
//! | that somebody saw it | `D#<dossier>` | `SEEN#<when>#<random>` | |
use super::item::{Item, from_item, n, s, to_item};
use super::table::{SERVICE, all, delete, put, written};
use super::{Aws, unavailable};
use crate::dossier::{DossierRecord, Seen};
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::dossiers::{Dossiers, MAX_LISTED};
use aws_sdk_dynamodb::types::Put;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use contract::{DossierId, TenantId};

const DOSSIER: &str = "DOSSIER";
const EXPIRES: &str = "EXPIRES";
const TENANT_INDEX: &str = "by-tenant";
/// Most dossiers that run out of one answer.
const EXPIRING_MAX: u32 = 1_000;
/// Most dossiers with one mark that are told.
const MARKED_MAX: i32 = 21;

fn key(dossier: &DossierId) -> String {
    format!("D#{dossier}")
}

fn expiry(record: &DossierRecord) -> Option<String> {
    Some(format!("{}#{}", record.expires()?, record.view.dossier.id))
}

fn item(record: &DossierRecord) -> Item {
    let dossier = &record.view.dossier;
    let keys = [
        ("pk", key(&dossier.id)),
        ("sk", DOSSIER.to_owned()),
        ("gpk", format!("T#{}", dossier.tenant)),
        ("gsk", format!("{}#{}", record.begun_at, dossier.id)),
    ];
    let keys = keys.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut item = to_item(record, &keys);
    item.insert("version".into(), n(dossier.version.into()));
    item
}

fn read(item: Item) -> Result<DossierRecord, Unavailable> {
    from_item(item).map_err(|error| Unavailable::new(SERVICE, error))
}

impl Aws {
    /// Writes the dossier and the entry of its day of expiry in one transaction.
    async fn write_dossier(
        &self,
        record: &DossierRecord,
        conditioned: impl Fn(PutBuilder) -> PutBuilder,
        old_expiry: Option<String>,
    ) -> Result<Write, Unavailable> {
        let table = &self.names.dossiers;
        let whole = Put::builder()
            .table_name(table)
            .set_item(Some(item(record)));
        let mut parts = vec![put(conditioned(whole))?];
        let expiry = expiry(record);
        if let Some(old) = old_expiry.filter(|old| expiry.as_ref() != Some(old)) {
            parts.push(delete(table, EXPIRES, old)?);
        }
        if let Some(at) = expiry {
            let entry = Put::builder().table_name(table).item("pk", s(EXPIRES));
            let entry = entry.item("sk", s(at));
            parts.push(put(entry.item("dossier", s(&record.view.dossier.id.0)))?);
        }
        let transaction = self.dynamodb.transact_write_items();
        match transaction.set_transact_items(Some(parts)).send().await {
            Ok(_) => Ok(Write::Done),
            Err(error) => match error.as_service_error() {
                Some(refused) if refused.is_transaction_canceled_exception() => Ok(Write::Conflict),
                Some(_) | None => Err(unavailable(SERVICE)(error)),
            },
        }
    }
}

impl Dossiers for Aws {
    async fn create_dossier(&self, record: &DossierRecord) -> Result<Write, Unavailable> {
        let fresh = |put: PutBuilder| put.condition_expression("attribute_not_exists(pk)");
        self.write_dossier(record, fresh, None).await
    }

    async fn dossier(&self, dossier: &DossierId) -> Result<Option<DossierRecord>, Unavailable> {
        let get = self.dynamodb.get_item().table_name(&self.names.dossiers);
        let get = get.key("pk", s(key(dossier))).key("sk", s(DOSSIER));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(unavailable(SERVICE))?;
        found.item.map(read).transpose()
    }

    async fn put_dossier(
        &self,
        record: &DossierRecord,
        expected: u32,
    ) -> Result<Write, Unavailable> {
        let before = self.dossier(&record.view.dossier.id).await?;
        let old = before.as_ref().and_then(expiry);
        let unchanged = |put: PutBuilder| {
            put.condition_expression("version = :expected")
                .expression_attribute_values(":expected", n(expected.into()))
        };
        self.write_dossier(record, unchanged, old).await
    }

    async fn dossiers(&self, tenant: &TenantId) -> Result<Vec<DossierRecord>, Unavailable> {
        let query = self.dynamodb.query().table_name(&self.names.dossiers);
        let query = query
            .index_name(TENANT_INDEX)
            .key_condition_expression("gpk = :tenant")
            .expression_attribute_values(":tenant", s(format!("T#{tenant}")))
            .scan_index_forward(false);
        let items = all(query, MAX_LISTED).await?;
        items.into_iter().map(read).collect()
    }

    async fn expiring(&self, day: &str, limit: u32) -> Result<Vec<DossierRecord>, Unavailable> {
        let query = self.dynamodb.query().table_name(&self.names.dossiers);
        let query = query
            .key_condition_expression("pk = :expires AND sk < :day")
            .expression_attribute_values(":expires", s(EXPIRES))
            .expression_attribute_values(":day", s(day));
        let most = usize::try_from(limit.clamp(1, EXPIRING_MAX)).unwrap_or(1);
        let mut records = Vec::new();
        for mut entry in all(query, most).await? {
            let id = entry
                .remove("dossier")
                .and_then(|id| id.as_s().ok().cloned());
            if let Some(id) = id {
                records.extend(self.dossier(&DossierId(id)).await?);
            }
        }
        Ok(records)
    }

    async fn mark(&self, dossier: &DossierId, mark: &str) -> Result<Vec<DossierId>, Unavailable> {
        let pk = format!("MARK#{mark}");
        let put = self.dynamodb.put_item().table_name(&self.names.dossiers);
        let put = put.item("pk", s(&pk)).item("sk", s(&dossier.0));
        written(put.send().await)?;
        let query = self.dynamodb.query().table_name(&self.names.dossiers);
        let query = query
            .key_condition_expression("pk = :mark")
            .expression_attribute_values(":mark", s(&pk))
            .consistent_read(true)
            .limit(MARKED_MAX);
        let found = query.send().await.map_err(unavailable(SERVICE))?;
        let marked = found.items.unwrap_or_default().into_iter();
        let ids = marked.filter_map(|mut item| item.remove("sk")?.as_s().ok().cloned());
        Ok(ids.map(DossierId).filter(|id| id != dossier).collect())
    }

    async fn audit(&self, dossier: &DossierId, seen: &Seen) -> Result<(), Unavailable> {
        let sk = format!("SEEN#{}#{}", seen.at, uuid::Uuid::new_v4().simple());
        let put = self.dynamodb.put_item().table_name(&self.names.dossiers);
        let item = to_item(seen, &[("pk", &key(dossier)), ("sk", &sk)]);
        written(put.set_item(Some(item)).send().await).map(drop)
    }

    async fn audited(&self, dossier: &DossierId, limit: u32) -> Result<Vec<Seen>, Unavailable> {
        let query = self.dynamodb.query().table_name(&self.names.dossiers);
        let query = query
            .key_condition_expression("pk = :dossier AND begins_with(sk, :seen)")
            .expression_attribute_values(":dossier", s(key(dossier)))
            .expression_attribute_values(":seen", s("SEEN#"))
            .scan_index_forward(false)
            .limit(i32::try_from(limit.clamp(1, 100)).unwrap_or(100));
        let found = query.send().await.map_err(unavailable(SERVICE))?;
        let seen = found.items.unwrap_or_default().into_iter().map(from_item);
        seen.collect::<Result<_, _>>()
            .map_err(|error| Unavailable::new(SERVICE, error))
    }
}
