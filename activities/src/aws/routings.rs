//! [`Routings`] on DynamoDB: items of table `directory`.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | a group | `T#<tenant>` | `G#<group>` |
//! | a flow | `T#<tenant>` | `F#<flow>` |
//! | a name that is taken | `T#<tenant>` | `G-NAME#<name>`, `F-NAME#<name>`, in lower case |
//!
//! `usedBy` of a group or flow is the set of the numbers and flows that ring it.
use super::directory::{read, tenant_key};
use super::item::{Item, n, s, to_item};
use super::numbers::built;
use super::table::{self, SERVICE, all};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::calls::MAX_CONFLICTS;
use crate::ports::routings::{Kept, Routing, Routings};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use contract::TenantId;
use contract::routing::{Flow, Group, MAX_EACH, Target};
use std::collections::BTreeSet;

const USED_BY: &str = "usedBy";

/// The sort key of what has this id.
fn key<R: Routing>(id: &str) -> String {
    format!("{}{id}", kind::<R>())
}

/// How the sort keys of a kind begin.
fn kind<R: Routing>() -> String {
    format!("{}#", R::PREFIX.to_uppercase())
}

/// The sort key of a target that is a group or a flow.
pub(super) fn routing_key(target: &Target) -> Option<String> {
    match target {
        Target::Person(_) => None,
        Target::Group(group) => Some(key::<Group>(group.as_str())),
        Target::Flow(flow) => Some(key::<Flow>(flow.as_str())),
    }
}

/// A group or a flow as its item is written.
struct Entry {
    /// Its sort key.
    key: String,
    /// Its id, as what uses others is named.
    id: String,
    /// The sort key of its name.
    name: String,
    version: u64,
    fields: Item,
    /// The sort keys of the groups that it lets ring.
    groups: BTreeSet<String>,
}

impl Entry {
    fn of<R: Routing>(routing: &R) -> Self {
        let mut fields = to_item(routing, &[]);
        fields.remove(USED_BY);
        let groups = routing.groups().into_iter();
        Self {
            key: key::<R>(routing.id()),
            id: routing.id().to_owned(),
            name: format!(
                "{}-NAME#{}",
                R::PREFIX.to_uppercase(),
                routing.name().to_lowercase()
            ),
            version: routing.version(),
            fields,
            groups: groups.map(|group| key::<Group>(group.as_str())).collect(),
        }
    }
}

impl Aws {
    /// Says that a number or a flow uses a group or flow from now on, or no more, as a part of a transaction.
    pub(super) fn use_update(
        &self,
        tenant: &TenantId,
        key: &str,
        user: &str,
        uses: bool,
    ) -> Result<TransactWriteItem, Unavailable> {
        let update = Update::builder()
            .table_name(&self.names.directory)
            .key("pk", s(tenant_key(tenant)))
            .key("sk", s(key))
            .expression_attribute_names("#used", USED_BY)
            .expression_attribute_values(":user", AttributeValue::Ss(vec![user.to_owned()]))
            .condition_expression("attribute_exists(pk)");
        built(if uses {
            update.update_expression("ADD #used :user")
        } else {
            update.update_expression("DELETE #used :user")
        })
    }

    async fn routing_item(
        &self,
        tenant: &TenantId,
        key: &str,
    ) -> Result<Option<Item>, Unavailable> {
        let get = self.dynamodb.get_item().table_name(&self.names.directory);
        let get = get
            .key("pk", s(tenant_key(tenant)))
            .key("sk", s(key))
            .consistent_read(true);
        Ok(get.send().await.map_err(unavailable(SERVICE))?.item)
    }

    async fn routing_items(&self, tenant: &TenantId, kind: &str) -> Result<Vec<Item>, Unavailable> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.names.directory)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", s(tenant_key(tenant)))
            .expression_attribute_values(":sk", s(kind))
            .consistent_read(true);
        all(query, MAX_EACH).await
    }

    /// The item itself: what uses it stays as it is.
    fn entry_update(
        &self,
        tenant: &TenantId,
        entry: &Entry,
        before: Option<&Entry>,
    ) -> Result<TransactWriteItem, Unavailable> {
        let mut update = Update::builder()
            .table_name(&self.names.directory)
            .key("pk", s(tenant_key(tenant)))
            .key("sk", s(&entry.key));
        let mut sets = Vec::new();
        for (at, (name, value)) in entry.fields.iter().enumerate() {
            sets.push(format!("#f{at} = :f{at}"));
            update = update
                .expression_attribute_names(format!("#f{at}"), name)
                .expression_attribute_values(format!(":f{at}"), value.clone());
        }
        let mut expression = format!("SET {}", sets.join(", "));
        let known = before.iter().flat_map(|before| before.fields.keys());
        let gone: Vec<&String> = known
            .filter(|name| !entry.fields.contains_key(*name))
            .collect();
        for (at, name) in gone.iter().enumerate() {
            expression.push_str(if at == 0 { " REMOVE " } else { ", " });
            expression.push_str(&format!("#g{at}"));
            update = update.expression_attribute_names(format!("#g{at}"), *name);
        }
        built(match before {
            Some(before) => update
                .update_expression(expression)
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(
                    ":before",
                    n(i64::try_from(before.version).unwrap_or(i64::MAX)),
                )
                .condition_expression("#version = :before"),
            None => update
                .update_expression(expression)
                .condition_expression("attribute_not_exists(pk)"),
        })
    }

    /// Writes an entry with its name and what it uses, all or nothing.
    async fn keep_entry(
        &self,
        tenant: &TenantId,
        entry: &Entry,
        before: Option<&Entry>,
    ) -> Result<Kept, Unavailable> {
        let mut parts = vec![self.entry_update(tenant, entry, before)?];
        let mut meaning = vec![Kept::Changed];
        if before.is_none_or(|before| before.name != entry.name) {
            let take = Put::builder()
                .table_name(&self.names.directory)
                .item("pk", s(tenant_key(tenant)))
                .item("sk", s(&entry.name))
                .item("of", s(&entry.id))
                .condition_expression("attribute_not_exists(pk)");
            parts.push(table::put(take)?);
            meaning.push(Kept::NameTaken);
            if let Some(before) = before {
                parts.push(self.name_freed(tenant, before)?);
                meaning.push(Kept::Changed);
            }
        }
        let none = BTreeSet::new();
        let known = before.map_or(&none, |before| &before.groups);
        for group in entry.groups.difference(known) {
            parts.push(self.use_update(tenant, group, &entry.id, true)?);
            meaning.push(Kept::NoSuchGroup);
        }
        for group in known.difference(&entry.groups) {
            parts.push(self.use_update(tenant, group, &entry.id, false)?);
            meaning.push(Kept::Changed);
        }
        self.all_of(parts, &meaning).await
    }

    fn name_freed(
        &self,
        tenant: &TenantId,
        entry: &Entry,
    ) -> Result<TransactWriteItem, Unavailable> {
        table::delete(&self.names.directory, tenant_key(tenant), &entry.name)
    }

    /// Strikes an entry with its name and what it uses, all or nothing.
    async fn strike_entry(&self, tenant: &TenantId, entry: &Entry) -> Result<Kept, Unavailable> {
        let delete = Delete::builder()
            .table_name(&self.names.directory)
            .key("pk", s(tenant_key(tenant)))
            .key("sk", s(&entry.key))
            .condition_expression("#version = :version AND attribute_not_exists(#used)")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#used", USED_BY)
            .expression_attribute_values(
                ":version",
                n(i64::try_from(entry.version).unwrap_or(i64::MAX)),
            )
            .build()
            .map_err(|error| Unavailable::new(SERVICE, error))?;
        let mut parts = vec![TransactWriteItem::builder().delete(delete).build()];
        parts.push(self.name_freed(tenant, entry)?);
        for group in &entry.groups {
            parts.push(self.use_update(tenant, group, &entry.id, false)?);
        }
        let meaning = vec![Kept::Changed; parts.len()];
        let struck = self.all_of(parts, &meaning).await?;
        if struck == Kept::Changed
            && let Some(item) = self.routing_item(tenant, &entry.key).await?
            && item.contains_key(USED_BY)
        {
            return Ok(Kept::InUse);
        }
        Ok(struck)
    }

    /// Writes all parts or none, and says what the first part means that was refused.
    async fn all_of(
        &self,
        parts: Vec<TransactWriteItem>,
        meaning: &[Kept],
    ) -> Result<Kept, Unavailable> {
        for _ in 0..MAX_CONFLICTS {
            let write = self.dynamodb.transact_write_items();
            let Err(error) = write.set_transact_items(Some(parts.clone())).send().await else {
                return Ok(Kept::Done);
            };
            let refused = match error.as_service_error() {
                Some(refused) if refused.is_transaction_canceled_exception() => refused,
                Some(_) | None => return Err(unavailable(SERVICE)(error)),
            };
            let codes = table::codes(refused);
            let at = codes
                .iter()
                .position(|code| code.as_deref() == Some("ConditionalCheckFailed"));
            if let Some(meant) = at.and_then(|at| meaning.get(at)) {
                return Ok(meant.clone());
            }
            if !codes
                .iter()
                .any(|code| code.as_deref() == Some("TransactionConflict"))
            {
                return Err(unavailable(SERVICE)(error));
            }
        }
        Err(Unavailable::new(SERVICE, "too many writers at once"))
    }
}

impl Routings for Aws {
    async fn routing<R: Routing>(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Option<R>, Unavailable> {
        let item = self.routing_item(tenant, &key::<R>(id)).await?;
        item.map(sorted).transpose()
    }

    async fn routings<R: Routing>(&self, tenant: &TenantId) -> Result<Vec<R>, Unavailable> {
        let items = self.routing_items(tenant, &kind::<R>()).await?.into_iter();
        let mut all: Vec<R> = items.map(sorted).collect::<Result<_, _>>()?;
        all.sort_by(|a, b| (a.name(), a.id()).cmp(&(b.name(), b.id())));
        Ok(all)
    }

    async fn keep<R: Routing>(
        &self,
        tenant: &TenantId,
        routing: &R,
        before: Option<&R>,
    ) -> Result<Kept, Unavailable> {
        let before = before.map(Entry::of);
        self.keep_entry(tenant, &Entry::of(routing), before.as_ref())
            .await
    }

    async fn strike<R: Routing>(
        &self,
        tenant: &TenantId,
        routing: &R,
    ) -> Result<Kept, Unavailable> {
        self.strike_entry(tenant, &Entry::of(routing)).await
    }
}

/// DynamoDB keeps sets in no order.
fn sorted<R: Routing>(item: Item) -> Result<R, Unavailable> {
    let mut routing: R = read(item)?;
    routing.used_by().sort();
    Ok(routing)
}
