//! [`Requests`] on DynamoDB: table `requests`, one item each, attribute by attribute.
//!
//! | index | partition | sort key |
//! |---|---|---|
//! | the table | `pk` = `R#<request>` | |
//! | `by-tenant` | `gpk` = `T#<tenant>` | `gsk` = `LIVE#<kind>#<begunAt>#<request>`, `LOG#..` once it has ended |
//! | `by-shelf` | `spk` = `LIVE`, `LOG` once it has ended | `ssk` = `<begunAt>#<request>` |
//! | `by-owner`, while it runs | `qpk` = `Q#<party>`, of customers `Q#customer#<tenant>` | `qsk` = `<deadline>#<request>` |
//! | `by-deadline`, while it runs | `spk` | `qsk` |
//! | `by-tenant-deadline`, while it runs | `gpk` | `qsk` |
//!
//! What has ended has no `qsk`, and so is in none of the last three.
use super::item::{Item, from_item, n, s, to_item};
use super::table::{self, SERVICE, written};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::calls::{Shelf, Write};
use crate::ports::requests::{Page, Requests, Which};
use crate::request::RequestRecord;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::request::{Kind, Party, RequestView};
use contract::{RequestId, TenantId};
use std::collections::BTreeMap;

const TENANT_INDEX: &str = "by-tenant";
const OWNER_INDEX: &str = "by-owner";
const SHELF_INDEX: &str = "by-shelf";
const DUE_INDEX: &str = "by-deadline";
const TENANT_DUE_INDEX: &str = "by-tenant-deadline";
/// How many requests one query looks at for those of a kind; `DynamoDB` stops at 1 MB besides.
const LOOKED_AT: i32 = 1_000;
/// How many queries look for requests of a kind before a page stays empty.
const QUERIES_MAX: usize = 4;
/// Sorts what has no deadline after what has one.
const NO_DEADLINE: &str = "9999";

fn key(request: &RequestId) -> String {
    format!("R#{request}")
}

const fn name_of(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Live => "LIVE",
        Shelf::Log => "LOG",
    }
}

fn shelf_of(kind: Kind, shelf: Shelf) -> String {
    format!("{}#{}#", name_of(shelf), kind.as_str())
}

fn tenants(tenant: &TenantId) -> String {
    format!("T#{tenant}")
}

fn queue_of(owner: Party, tenant: &TenantId) -> String {
    match owner {
        Party::Customer => format!("Q#customer#{tenant}"),
        Party::Operator => "Q#operator".to_owned(),
        Party::Carrier => "Q#carrier".to_owned(),
        Party::Platform => "Q#platform".to_owned(),
    }
}

fn item(record: &RequestRecord) -> Item {
    let RequestView {
        id,
        kind,
        tenant,
        owner,
        deadline,
        escalated,
        begun_at,
        ..
    } = &record.view;
    let shelf = if record.view.is_open() {
        Shelf::Live
    } else {
        Shelf::Log
    };
    let place = format!("{}{begun_at}#{id}", shelf_of(*kind, shelf));
    let mut item = to_item(
        record,
        &[
            ("pk", &key(id)),
            ("gpk", &tenants(tenant)),
            ("gsk", &place),
            ("spk", name_of(shelf)),
            ("ssk", &format!("{begun_at}#{id}")),
        ],
    );
    if record.view.is_open() {
        let due = deadline.as_deref().or(escalated.as_deref());
        let due = due.unwrap_or(NO_DEADLINE);
        item.insert("qpk".into(), s(queue_of(*owner, tenant)));
        item.insert("qsk".into(), s(format!("{due}#{id}")));
    }
    item.insert(
        "rev".into(),
        n(i64::try_from(record.view.rev).unwrap_or(i64::MAX)),
    );
    item
}

fn read(item: Item) -> Result<RequestRecord, Unavailable> {
    from_item(item).map_err(|error| Unavailable::new(SERVICE, error))
}

/// A page's last key as one opaque text, and back. A text of nobody's begins the list anew.
fn cursor(last: &Item) -> Option<String> {
    let texts: BTreeMap<&str, &str> = last
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_s().ok()?.as_str())))
        .collect();
    Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&texts).ok()?))
}

fn start_of(next: &str, wanted: &Wanted) -> Option<Item> {
    let bytes = URL_SAFE_NO_PAD.decode(next).ok()?;
    let texts: BTreeMap<String, String> = serde_json::from_slice(&bytes).ok()?;
    let (partition, value) = &wanted.partition;
    // A key that does not lie in the list is refused by the table.
    let prefix = wanted.prefix.as_deref().unwrap_or_default();
    let at = texts.get(wanted.sort);
    let ours = texts.len() == 3
        && texts.contains_key("pk")
        && texts.get(*partition) == Some(value)
        && at.is_some_and(|at| at.starts_with(prefix));
    ours.then(|| {
        texts
            .into_iter()
            .map(|(name, value)| (name, s(value)))
            .collect()
    })
}

/// Where an item lies in a list: what a query that goes on behind it is told.
fn place_of(item: &Item, wanted: &Wanted) -> Item {
    let names = ["pk", wanted.partition.0, wanted.sort].into_iter();
    names
        .filter_map(|name| Some((name.to_owned(), item.get(name)?.clone())))
        .collect()
}

/// A list as a query has it.
struct Wanted {
    index: &'static str,
    /// The name and the value of the index's partition.
    partition: (&'static str, String),
    /// The name of its sort key.
    sort: &'static str,
    /// What the sort key `gsk` begins with.
    prefix: Option<String>,
    /// Only of this kind.
    kind: Option<Kind>,
    newest_first: bool,
}

fn wanted(which: &Which) -> Wanted {
    let of_tenant = |tenant: &TenantId, prefix: String| Wanted {
        index: TENANT_INDEX,
        partition: ("gpk", tenants(tenant)),
        sort: "gsk",
        prefix: Some(prefix),
        kind: None,
        newest_first: true,
    };
    let queue = |owner: Party, tenant: &TenantId| Wanted {
        index: OWNER_INDEX,
        partition: ("qpk", queue_of(owner, tenant)),
        sort: "qsk",
        prefix: None,
        kind: None,
        newest_first: false,
    };
    match which {
        Which::OfTenant {
            tenant,
            kind,
            shelf,
        } => of_tenant(tenant, shelf_of(*kind, *shelf)),
        Which::AllOfTenant { tenant, shelf } => of_tenant(tenant, format!("{}#", name_of(*shelf))),
        Which::OfEverybody { kind, shelf } => Wanted {
            index: SHELF_INDEX,
            partition: ("spk", name_of(*shelf).to_owned()),
            sort: "ssk",
            prefix: None,
            kind: *kind,
            newest_first: true,
        },
        Which::Due { tenant, kind } => {
            let (index, partition) = match tenant {
                Some(tenant) => (TENANT_DUE_INDEX, ("gpk", tenants(tenant))),
                None => (DUE_INDEX, ("spk", name_of(Shelf::Live).to_owned())),
            };
            Wanted {
                index,
                partition,
                sort: "qsk",
                prefix: None,
                kind: *kind,
                newest_first: false,
            }
        }
        Which::WaitingFor(tenant) => queue(Party::Customer, tenant),
        Which::WaitingForOperators => queue(Party::Operator, &TenantId::from("")),
    }
}

impl Aws {
    fn put_request(&self, record: &RequestRecord) -> PutItemFluentBuilder {
        let put = self.dynamodb.put_item().table_name(&self.names.requests);
        put.set_item(Some(item(record)))
    }

    /// The query of a list, at most so many of it. Of a kind it looks at more, for most of what it finds is of another.
    fn query(&self, wanted: &Wanted, limit: u32) -> QueryFluentBuilder {
        let (partition, value) = &wanted.partition;
        let mut condition = format!("{partition} = :partition");
        if wanted.prefix.is_some() {
            condition.push_str(" AND begins_with(gsk, :prefix)");
        }
        let query = self.dynamodb.query().table_name(&self.names.requests);
        let query = query
            .index_name(wanted.index)
            .key_condition_expression(condition)
            .expression_attribute_values(":partition", s(value))
            .scan_index_forward(!wanted.newest_first);
        let query = match &wanted.prefix {
            Some(prefix) => query.expression_attribute_values(":prefix", s(prefix)),
            None => query,
        };
        match wanted.kind {
            Some(kind) => query
                .filter_expression("#view.#kind = :kind")
                .expression_attribute_names("#view", "view")
                .expression_attribute_names("#kind", "kind")
                .expression_attribute_values(":kind", s(kind.as_str()))
                .limit(LOOKED_AT),
            None => query.limit(i32::try_from(limit).unwrap_or(100)),
        }
    }
}

impl Requests for Aws {
    async fn create(&self, record: &RequestRecord) -> Result<Write, Unavailable> {
        let put = self.put_request(record);
        written(
            put.condition_expression("attribute_not_exists(pk)")
                .send()
                .await,
        )
    }

    async fn get(&self, request: &RequestId) -> Result<Option<RequestRecord>, Unavailable> {
        let get = self.dynamodb.get_item().table_name(&self.names.requests);
        let get = get.key("pk", s(key(request))).consistent_read(true);
        let found = get.send().await.map_err(unavailable(SERVICE))?;
        found.item.map(read).transpose()
    }

    async fn put(&self, record: &RequestRecord, expected: u64) -> Result<Write, Unavailable> {
        let expected = n(i64::try_from(expected).unwrap_or(i64::MAX));
        let put = self
            .put_request(record)
            .condition_expression("rev = :expected");
        written(
            put.expression_attribute_values(":expected", expected)
                .send()
                .await,
        )
    }

    async fn all_open(&self) -> Result<Vec<(TenantId, RequestId)>, Unavailable> {
        let query = self.dynamodb.query().table_name(&self.names.requests);
        let query = query
            .index_name(SHELF_INDEX)
            .key_condition_expression("spk = :live")
            .expression_attribute_values(":live", s(name_of(Shelf::Live)))
            .projection_expression("pk, gpk");
        let items = table::all(query, usize::MAX).await?;
        let open = |item: &Item| {
            let text = |name: &str, prefix: &str| item.get(name)?.as_s().ok()?.strip_prefix(prefix);
            let tenant = TenantId::from(text("gpk", "T#")?);
            Some((tenant, RequestId::from(text("pk", "R#")?)))
        };
        Ok(items.iter().filter_map(open).collect())
    }

    async fn list(
        &self,
        which: &Which,
        limit: u32,
        next: Option<&str>,
    ) -> Result<Page, Unavailable> {
        let wanted = wanted(which);
        let mut from = next.and_then(|next| start_of(next, &wanted));
        let limit = limit.clamp(1, 100);
        let query = self.query(&wanted, limit);
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut items = Vec::new();
        for _ in 0..QUERIES_MAX {
            let query = query.clone().set_exclusive_start_key(from);
            let found = query.send().await.map_err(unavailable(SERVICE))?;
            items = found.items.unwrap_or_default();
            from = found.last_evaluated_key;
            if from.is_none() || !items.is_empty() {
                break;
            }
        }
        // Of a kind, more may have been found than fit.
        if items.len() > most {
            items.truncate(most);
            from = items.last().map(|last| place_of(last, &wanted));
        }
        let records = items.into_iter().map(read);
        Ok(Page {
            records: records.collect::<Result<_, _>>()?,
            next: from.as_ref().and_then(cursor),
        })
    }
}
