//! [`Calls`] on DynamoDB: table `calls`.
//!
//! | item | `pk` | `sk` | index `by-tenant` |
//! |---|---|---|---|
//! | a call | `C#<call>` | `CALL` | `T#<tenant>`, `LIVE#<startedAt>#<call>` or `LOG#..` |
//! | a person's pointer to it | `P#<person>` | `LIVE#<startedAt>#<call>` or `LOG#..` | |
//! | the system's pointer to a live one | `LIVE#<shard>` | `<call>` | |
//! | the call that a person is in ([`engaged`](super::engaged)) | `P#<person>` | `ENGAGED` | |
use super::engaged::Cancelled;
use super::item::{Item, from_item, n, s, to_item};
use super::table::{self, SERVICE};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::calls::{CallRecord, Calls, Engaging, MAX_CONFLICTS, Page, Shelf, Whose};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::{CallId, PersonId};
use std::collections::{BTreeSet, HashMap};

const TENANT_INDEX: &str = "by-tenant";
/// Over how many partitions the pointers of all live calls are spread (a partition takes 1,000 writes per second).
const SHARDS: u32 = 8;
/// How often unprocessed keys of a batch are asked for again.
const MAX_BATCH_TRIES: u32 = 5;

fn call_key(call: &CallId) -> String {
    format!("C#{call}")
}

fn shard_of(call: &CallId) -> String {
    let sum: u32 = call.as_str().bytes().map(u32::from).sum();
    format!("LIVE#{}", sum % SHARDS)
}

impl Shelf {
    fn prefix(self) -> &'static str {
        match self {
            Self::Live => "LIVE#",
            Self::Log => "LOG#",
        }
    }
}

/// Where a call is in its lists: by start, newest last.
fn place(record: &CallRecord, shelf: Shelf) -> String {
    format!(
        "{}{}#{}",
        shelf.prefix(),
        record.view.started_at,
        record.view.id
    )
}

fn call_item(record: &CallRecord) -> Item {
    let shelf = if record.view.is_live() {
        Shelf::Live
    } else {
        Shelf::Log
    };
    let (pk, gpk, gsk) = (
        call_key(&record.view.id),
        format!("T#{}", record.view.tenant),
        place(record, shelf),
    );
    let mut item = to_item(
        record,
        &[("pk", &pk), ("sk", "CALL"), ("gpk", &gpk), ("gsk", &gsk)],
    );
    item.insert("rev".into(), AttributeValue::N(record.view.rev.to_string()));
    item
}

/// The keys of every pointer to a call.
fn pointers(record: &CallRecord, shelf: Shelf) -> Vec<(String, String)> {
    let people: BTreeSet<_> = record.view.people().collect();
    let at = place(record, shelf);
    let mut keys: Vec<_> = people
        .into_iter()
        .map(|person| (format!("P#{person}"), at.clone()))
        .collect();
    if shelf == Shelf::Live {
        keys.push((shard_of(&record.view.id), record.view.id.to_string()));
    }
    keys
}

impl Aws {
    fn put_call(&self, record: &CallRecord) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder()
            .table_name(&self.names.calls)
            .set_item(Some(call_item(record)))
    }

    /// Writes the record if its revision in the store is `expected`.
    fn put_over(
        &self,
        record: &CallRecord,
        expected: u64,
    ) -> Result<TransactWriteItem, Unavailable> {
        let expected = i64::try_from(expected).unwrap_or(i64::MAX);
        let put = self
            .put_call(record)
            .condition_expression("rev = :expected")
            .expression_attribute_values(":expected", n(expected));
        table::put(put)
    }

    fn put_pointer(
        &self,
        (pk, sk): (String, String),
        call: &CallId,
    ) -> Result<TransactWriteItem, Unavailable> {
        let put = Put::builder()
            .table_name(&self.names.calls)
            .item("pk", s(pk))
            .item("sk", s(sk))
            .item("call", s(call.as_str()));
        table::put(put)
    }

    fn delete_pointer(&self, (pk, sk): (String, String)) -> Result<TransactWriteItem, Unavailable> {
        table::delete(&self.names.calls, pk, sk)
    }

    /// The records of these calls, in this order, without those that are gone.
    async fn records(&self, calls: Vec<CallId>) -> Result<Vec<CallRecord>, Unavailable> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let mut keys: Vec<Item> = calls
            .iter()
            .map(|call| Item::from([("pk".into(), s(call_key(call))), ("sk".into(), s("CALL"))]))
            .collect();
        let mut found: HashMap<CallId, CallRecord> = HashMap::new();
        for _ in 0..MAX_BATCH_TRIES {
            let batch = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut keys)))
                .consistent_read(true);
            let batch = batch
                .build()
                .map_err(|error| Unavailable::new(SERVICE, error))?;
            let table = &self.names.calls;
            let answer = self
                .dynamodb
                .batch_get_item()
                .request_items(table, batch)
                .send()
                .await
                .map_err(unavailable(SERVICE))?;
            for item in answer
                .responses
                .unwrap_or_default()
                .remove(table)
                .unwrap_or_default()
            {
                let record = read(item)?;
                found.insert(record.view.id.clone(), record);
            }
            keys = answer
                .unprocessed_keys
                .and_then(|mut left| left.remove(table))
                .map(|left| left.keys)
                .unwrap_or_default();
            if keys.is_empty() {
                return Ok(calls.iter().filter_map(|call| found.remove(call)).collect());
            }
        }
        Err(Unavailable::new(
            SERVICE,
            "keys of a batch stayed unprocessed",
        ))
    }
}

fn read(item: Item) -> Result<CallRecord, Unavailable> {
    from_item(item).map_err(|error| Unavailable::new(SERVICE, error))
}

/// The id in a pointer's or index's sort key, `LIVE#<startedAt>#<call>`.
fn call_of(place: &str) -> Option<CallId> {
    place.splitn(3, '#').nth(2).map(CallId::from)
}

/// The sort key that a page's `next` stands for, if it is one of this shelf.
fn position(next: Option<&str>, shelf: Shelf) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(next?).ok()?).ok()?;
    (text.starts_with(shelf.prefix()) && call_of(&text).is_some()).then_some(text)
}

impl Calls for Aws {
    async fn create(&self, record: &CallRecord) -> Result<Engaging, Unavailable> {
        let put = self
            .put_call(record)
            .condition_expression("attribute_not_exists(pk)");
        let mut items = vec![table::put(put)?];
        items.extend(self.engagements(&record.view.id, record.private.engaged.iter())?);
        for key in pointers(record, Shelf::Live) {
            items.push(self.put_pointer(key, &record.view.id)?);
        }
        for _ in 0..MAX_CONFLICTS {
            match self.write_calls(items.clone()).await? {
                None => return Ok(Engaging::Done),
                Some(Cancelled::Record) => return Ok(Engaging::Conflict),
                Some(Cancelled::Engagement) => return Ok(Engaging::Busy),
                // Nobody can have read what is not there yet: only another call of the same people was being written.
                Some(Cancelled::Crossed) => {}
            }
        }
        Err(Unavailable::new(SERVICE, "too many writers at once"))
    }

    async fn get(&self, call: &CallId) -> Result<Option<CallRecord>, Unavailable> {
        let get = self
            .dynamodb
            .get_item()
            .table_name(&self.names.calls)
            .key("pk", s(call_key(call)))
            .key("sk", s("CALL"));
        let found = get
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable(SERVICE))?;
        found.item.map(read).transpose()
    }

    async fn write(
        &self,
        record: &CallRecord,
        before: &CallRecord,
    ) -> Result<Engaging, Unavailable> {
        let live = record.view.is_live();
        let mut stored = record.clone();
        if !live {
            stored.private.engaged.clear();
        }
        let mut items = vec![self.put_over(&stored, before.view.rev)?];
        let (now, then) = (&stored.private.engaged, &before.private.engaged);
        items.extend(self.engagements(&stored.view.id, now.difference(then))?);
        items.extend(self.releases(then.difference(now))?);
        let known = pointers(before, Shelf::Live);
        if live {
            let all = pointers(record, Shelf::Live).into_iter();
            for key in all.filter(|key| !known.contains(key)) {
                items.push(self.put_pointer(key, &record.view.id)?);
            }
        } else {
            for key in known {
                items.push(self.delete_pointer(key)?);
            }
            for key in pointers(record, Shelf::Log) {
                items.push(self.put_pointer(key, &record.view.id)?);
            }
        }
        Ok(match self.write_calls(items).await? {
            None => Engaging::Done,
            Some(Cancelled::Record | Cancelled::Crossed) => Engaging::Conflict,
            Some(Cancelled::Engagement) => Engaging::Busy,
        })
    }

    async fn engaged(&self, person: &PersonId) -> Result<Option<CallId>, Unavailable> {
        self.engagement(person).await
    }

    async fn list(
        &self,
        whose: &Whose,
        shelf: Shelf,
        limit: u32,
        next: Option<&str>,
    ) -> Result<Page, Unavailable> {
        let from = position(next, shelf);
        let limit = i32::try_from(limit.clamp(1, 100)).unwrap_or(100);
        let query = self
            .dynamodb
            .query()
            .table_name(&self.names.calls)
            .scan_index_forward(false)
            .limit(limit);
        let query = query.expression_attribute_values(":shelf", s(shelf.prefix()));
        match whose {
            Whose::Person(person) => {
                let pk = s(format!("P#{person}"));
                let start =
                    from.map(|at| Item::from([("pk".into(), pk.clone()), ("sk".into(), s(at))]));
                let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :shelf)");
                let query = query
                    .expression_attribute_values(":pk", pk)
                    .set_exclusive_start_key(start);
                let found = query
                    .consistent_read(true)
                    .send()
                    .await
                    .map_err(unavailable(SERVICE))?;
                let places = found.items.unwrap_or_default();
                let calls = places
                    .iter()
                    .filter_map(|item| call_of(item.get("sk")?.as_s().ok()?))
                    .collect();
                Ok(Page {
                    records: self.records(calls).await?,
                    next: next_of(found.last_evaluated_key.as_ref(), "sk"),
                })
            }
            Whose::Tenant(tenant) => {
                let gpk = s(format!("T#{tenant}"));
                let start = from.and_then(|at| {
                    let pk = s(call_key(&call_of(&at)?));
                    Some(Item::from([
                        ("gpk".into(), gpk.clone()),
                        ("gsk".into(), s(at)),
                        ("pk".into(), pk),
                        ("sk".into(), s("CALL")),
                    ]))
                });
                let query = query
                    .index_name(TENANT_INDEX)
                    .key_condition_expression("gpk = :gpk AND begins_with(gsk, :shelf)");
                let query = query
                    .expression_attribute_values(":gpk", gpk)
                    .set_exclusive_start_key(start);
                let found = query.send().await.map_err(unavailable(SERVICE))?;
                let next = next_of(found.last_evaluated_key.as_ref(), "gsk");
                let records = found
                    .items
                    .unwrap_or_default()
                    .into_iter()
                    .map(read)
                    .collect::<Result<_, _>>()?;
                Ok(Page { records, next })
            }
        }
    }

    async fn all_live(&self) -> Result<Vec<CallId>, Unavailable> {
        let mut calls = Vec::new();
        for shard in 0..SHARDS {
            let query = self
                .dynamodb
                .query()
                .table_name(&self.names.calls)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(format!("LIVE#{shard}")))
                .consistent_read(true);
            let items = table::all(query, usize::MAX).await?;
            calls.extend(
                items
                    .iter()
                    .filter_map(|item| Some(CallId::from(item.get("sk")?.as_s().ok()?.as_str()))),
            );
        }
        Ok(calls)
    }
}

fn next_of(last: Option<&Item>, attribute: &str) -> Option<String> {
    let at = last?.get(attribute)?.as_s().ok()?;
    Some(URL_SAFE_NO_PAD.encode(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_of_another_shelf_or_of_nobody_is_the_first_page() {
        let next = URL_SAFE_NO_PAD.encode("LOG#2026-11-20T10:00:00.000Z#c-1");
        assert_eq!(
            position(Some(&next), Shelf::Log).as_deref(),
            Some("LOG#2026-11-20T10:00:00.000Z#c-1")
        );
        assert_eq!(position(Some(&next), Shelf::Live), None);
        for bad in ["", "%%", "TE9H", &URL_SAFE_NO_PAD.encode([0xff, 0xfe])] {
            assert_eq!(position(Some(bad), Shelf::Log), None, "{bad}");
        }
    }
}
