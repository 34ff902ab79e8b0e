//! [`Requests`] on DynamoDB: table `requests`, one item each, attribute by attribute.
//!
//! | index | partition | sort key |
//! |---|---|---|
//! | the table | `pk` = `R#<request>` | |
//! | `by-tenant` | `gpk` = `T#<tenant>` | `gsk` = `LIVE#<kind>#<begunAt>#<request>`, `LOG#..` once it has ended |
//! | `by-shelf` | `spk` = `LIVE`, `LOG` once it has ended | `ssk` = `<begunAt>#<request>` |
//! | `by-owner`, while it runs | `qpk` = `Q#<party>`, of customers `Q#customer#<tenant>` | `qsk` = `<deadline>#<request>` |
use super::item::{Item, from_item, n, s, to_item};
use super::table::{self, SERVICE, written};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::calls::{Shelf, Write};
use crate::ports::requests::{Page, Requests, Which};
use crate::request::RequestRecord;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::request::{Kind, Party, RequestView};
use contract::{RequestId, TenantId};
use std::collections::BTreeMap;

const TENANT_INDEX: &str = "by-tenant";
const OWNER_INDEX: &str = "by-owner";
const SHELF_INDEX: &str = "by-shelf";
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
    let sort = format!("{}sk", partition.strip_suffix("pk")?);
    // A key that does not lie in the list is refused by the table.
    let prefix = wanted.prefix.as_deref().unwrap_or_default();
    let ours = texts.len() == 3
        && texts.contains_key("pk")
        && texts.get(*partition) == Some(value)
        && texts.get(&sort).is_some_and(|at| at.starts_with(prefix));
    ours.then(|| {
        texts
            .into_iter()
            .map(|(name, value)| (name, s(value)))
            .collect()
    })
}

/// A list as a query has it.
struct Wanted {
    index: &'static str,
    /// The name and the value of the index's partition.
    partition: (&'static str, String),
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
        prefix: Some(prefix),
        kind: None,
        newest_first: true,
    };
    let queue = |owner: Party, tenant: &TenantId| Wanted {
        index: OWNER_INDEX,
        partition: ("qpk", queue_of(owner, tenant)),
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
            prefix: None,
            kind: *kind,
            newest_first: true,
        },
        Which::WaitingFor(tenant) => queue(Party::Customer, tenant),
        Which::WaitingForOperators => queue(Party::Operator, &TenantId::from("")),
    }
}

impl Aws {
    fn put_request(&self, record: &RequestRecord) -> PutItemFluentBuilder {
        let put = self.dynamodb.put_item().table_name(&self.names.requests);
        put.set_item(Some(item(record)))
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

    async fn all_open(&self) -> Result<Vec<RequestId>, Unavailable> {
        let query = self.dynamodb.query().table_name(&self.names.requests);
        let query = query
            .index_name(SHELF_INDEX)
            .key_condition_expression("spk = :live")
            .expression_attribute_values(":live", s(name_of(Shelf::Live)))
            .projection_expression("pk");
        let items = table::all(query, usize::MAX).await?;
        let id = |item: &Item| {
            let key = item.get("pk")?.as_s().ok()?;
            Some(RequestId::from(key.strip_prefix("R#")?))
        };
        Ok(items.iter().filter_map(id).collect())
    }

    async fn list(
        &self,
        which: &Which,
        limit: u32,
        next: Option<&str>,
    ) -> Result<Page, Unavailable> {
        let wanted = wanted(which);
        let start = next.and_then(|next| start_of(next, &wanted));
        let Wanted {
            index,
            partition,
            prefix,
            kind,
            newest_first,
        } = wanted;
        let mut condition = format!("{} = :partition", partition.0);
        if prefix.is_some() {
            condition.push_str(" AND begins_with(gsk, :prefix)");
        }
        let query = self
            .dynamodb
            .query()
            .table_name(&self.names.requests)
            .index_name(index);
        let query = query
            .key_condition_expression(condition)
            .expression_attribute_values(":partition", s(&partition.1))
            .set_exclusive_start_key(start)
            .scan_index_forward(!newest_first)
            .limit(i32::try_from(limit.clamp(1, 100)).unwrap_or(100));
        let query = match prefix {
            Some(prefix) => query.expression_attribute_values(":prefix", s(prefix)),
            None => query,
        };
        let query = match kind {
            Some(kind) => query
                .filter_expression("#view.#kind = :kind")
                .expression_attribute_names("#view", "view")
                .expression_attribute_names("#kind", "kind")
                .expression_attribute_values(":kind", s(kind.as_str())),
            None => query,
        };
        let found = query.send().await.map_err(unavailable(SERVICE))?;
        let next = found.last_evaluated_key.as_ref().and_then(cursor);
        let records = found.items.unwrap_or_default().into_iter().map(read);
        Ok(Page {
            records: records.collect::<Result<_, _>>()?,
            next,
        })
    }
}
