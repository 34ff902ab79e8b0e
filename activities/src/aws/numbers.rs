//! [`Numbers`] on DynamoDB: the items of table `directory` that [`super::directory`] describes, the last test call of a number,
//! `N#<e164>`/`TEST`, and the order that takes it in, `N#<e164>`/`CLAIM`.
use super::directory::{INDEX, number_key, person_key, read, tenant_key};
use super::item::{n, s, to_item};
use super::onboardings::claim;
use super::routings::routing_key;
use super::table::{SERVICE, written};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::directory::{Directory, Person};
use crate::ports::numbers::{Listed, MAX_LISTED, NumberRecord, Numbers, Standing, TestCall};
use crate::ports::routings::Routings;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use contract::routing::{Flow, Group, Target};
use contract::{E164, FlowId, GroupId, PersonId, RequestId, TenantId};

const NUMBER: &str = "NUMBER";
const TEST: &str = "TEST";
const CLAIM: &str = "CLAIM";
/// How often a change is tried when others write at the same time.
const MAX_CONFLICTS: usize = 16;
/// How long a test call's item stays after it counts no more, in seconds.
const KEPT_S: i64 = 24 * 60 * 60;

fn texts(numbers: &[E164]) -> AttributeValue {
    AttributeValue::L(numbers.iter().map(|number| s(number.as_str())).collect())
}

impl Aws {
    fn number_update(&self, number: &E164) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.names.directory)
            .key("pk", s(number_key(number)))
            .key("sk", s(NUMBER))
    }

    /// A person's list of numbers as a part of a transaction: nothing else may have changed it.
    fn list_update(
        &self,
        person: &Person,
        after: &[E164],
    ) -> Result<TransactWriteItem, Unavailable> {
        built(
            Update::builder()
                .table_name(&self.names.directory)
                .key("pk", s(tenant_key(&person.tenant)))
                .key("sk", s(person_key(&person.person)))
                .update_expression("SET #numbers = :after")
                .condition_expression("#numbers = :before")
                .expression_attribute_names("#numbers", "numbers")
                .expression_attribute_values(":before", texts(&person.numbers))
                .expression_attribute_values(":after", texts(after)),
        )
    }

    /// What changes with the people whose list of numbers a number leaves or enters; nothing if the new one is not there.
    async fn lists(
        &self,
        record: &NumberRecord,
        target: Option<&Target>,
    ) -> Result<Option<Vec<TransactWriteItem>>, Unavailable> {
        let (tenant, number) = (&record.tenant, &record.number);
        let new = target.and_then(Target::person);
        let mut parts = Vec::new();
        let leaves = record.person.as_ref().filter(|old| Some(*old) != new);
        if let Some(old) = leaves
            && let Some(old) = self.person(tenant, old).await?
            && old.numbers.contains(number)
        {
            let others = old.numbers.iter().filter(|n| *n != number);
            let others: Vec<E164> = others.cloned().collect();
            parts.push(self.list_update(&old, &others)?);
        }
        if let Some(new) = new {
            let Some(new) = self.person(tenant, new).await? else {
                return Ok(None);
            };
            if !new.numbers.contains(number) {
                let mut all = new.numbers.clone();
                all.push(number.clone());
                parts.push(self.list_update(&new, &all)?);
            }
        }
        Ok(Some(parts))
    }

    /// What changes with the groups and flows that a number leaves or enters; nothing if the new one is not there.
    async fn uses(
        &self,
        record: &NumberRecord,
        target: Option<&Target>,
    ) -> Result<Option<Vec<TransactWriteItem>>, Unavailable> {
        let (tenant, number) = (&record.tenant, record.number.as_str());
        let there = match target {
            Some(Target::Group(group)) => self
                .routing::<Group>(tenant, group.as_str())
                .await?
                .is_some(),
            Some(Target::Flow(flow)) => {
                self.routing::<Flow>(tenant, flow.as_str()).await?.is_some()
            }
            Some(Target::Person(_)) | None => true,
        };
        if !there {
            return Ok(None);
        }
        let old = record.target();
        let mut parts = Vec::new();
        if old.as_ref() != target {
            for (target, uses) in [(old.as_ref(), false), (target, true)] {
                if let Some(key) = target.and_then(routing_key) {
                    parts.push(self.use_update(tenant, &key, number, uses)?);
                }
            }
        }
        Ok(Some(parts))
    }

    /// One try of [`Numbers::lead_number`]; `None` if somebody wrote in between.
    async fn try_lead(
        &self,
        tenant: &TenantId,
        number: &E164,
        target: Option<&Target>,
    ) -> Result<Option<Write>, Unavailable> {
        let found = self.number_record(number).await?;
        let Some(record) = found.filter(|record| record.tenant == *tenant) else {
            return Ok(Some(Write::Conflict));
        };
        let lists = self.lists(&record, target).await?;
        let (Some(mut parts), Some(uses)) = (lists, self.uses(&record, target).await?) else {
            return Ok(Some(Write::Conflict));
        };
        parts.extend(uses);
        let old = record.target();
        if parts.is_empty() && old.as_ref() == target {
            return Ok(Some(Write::Done));
        }
        parts.push(self.target_update(&record, target)?);
        let write = self.dynamodb.transact_write_items();
        match write.set_transact_items(Some(parts)).send().await {
            Ok(_) => Ok(Some(Write::Done)),
            Err(error) => match error.as_service_error() {
                Some(refused) if refused.is_transaction_canceled_exception() => Ok(None),
                Some(_) | None => Err(unavailable(SERVICE)(error)),
            },
        }
    }

    /// Whom a number rings, as a part of a transaction: it rings whom it rang when it was read.
    fn target_update(
        &self,
        record: &NumberRecord,
        target: Option<&Target>,
    ) -> Result<TransactWriteItem, Unavailable> {
        let mut update = self
            .number_update(&record.number)
            .expression_attribute_names("#tenant", "tenant")
            .expression_attribute_values(":tenant", s(record.tenant.as_str()));
        let (old, new) = (record.target(), target);
        let fields = [
            (
                "person",
                old.as_ref().and_then(Target::person).map(PersonId::as_str),
                new.and_then(Target::person).map(PersonId::as_str),
            ),
            (
                "group",
                old.as_ref().and_then(Target::group).map(GroupId::as_str),
                new.and_then(Target::group).map(GroupId::as_str),
            ),
            (
                "flow",
                old.as_ref().and_then(Target::flow).map(FlowId::as_str),
                new.and_then(Target::flow).map(FlowId::as_str),
            ),
        ];
        let (mut sets, mut removes) = (Vec::new(), Vec::new());
        let mut condition = "#tenant = :tenant".to_owned();
        for (name, old, new) in fields {
            update = update.expression_attribute_names(format!("#{name}"), name);
            match new {
                Some(new) => {
                    sets.push(format!("#{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), s(new));
                }
                None => removes.push(format!("#{name}")),
            }
            match old {
                Some(old) => {
                    condition.push_str(&format!(" AND #{name} = :old_{name}"));
                    update = update.expression_attribute_values(format!(":old_{name}"), s(old));
                }
                None => condition.push_str(&format!(" AND attribute_not_exists(#{name})")),
            }
        }
        let mut expression = format!("REMOVE {}", removes.join(", "));
        if !sets.is_empty() {
            expression = format!("SET {} {expression}", sets.join(", "));
        }
        built(
            update
                .update_expression(expression)
                .condition_expression(condition),
        )
    }
}

pub(super) fn built(update: UpdateBuilder) -> Result<TransactWriteItem, Unavailable> {
    let update = update
        .build()
        .map_err(|error| Unavailable::new(SERVICE, error))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

impl Numbers for Aws {
    async fn number_record(&self, number: &E164) -> Result<Option<NumberRecord>, Unavailable> {
        let get = self.dynamodb.get_item().table_name(&self.names.directory);
        let get = get
            .key("pk", s(number_key(number)))
            .key("sk", s(NUMBER))
            .consistent_read(true);
        let found = get.send().await.map_err(unavailable(SERVICE))?;
        found.item.map(read).transpose()
    }

    async fn numbers_of(
        &self,
        tenant: &TenantId,
        limit: u32,
        after: Option<&E164>,
    ) -> Result<Listed, Unavailable> {
        let limit = limit.clamp(1, MAX_LISTED);
        let query = self
            .dynamodb
            .query()
            .table_name(&self.names.directory)
            .index_name(INDEX)
            .key_condition_expression("gpk = :of AND gsk > :after")
            .expression_attribute_values(":of", s(format!("{}#N", tenant_key(tenant))))
            .expression_attribute_values(":after", s(after.map_or("+", E164::as_str)))
            .limit(i32::try_from(limit).unwrap_or(1));
        let found = query.send().await.map_err(unavailable(SERVICE))?;
        let more = found.last_evaluated_key.is_some();
        let items = found.items.unwrap_or_default().into_iter();
        let numbers: Vec<NumberRecord> = items.map(read).collect::<Result<_, _>>()?;
        Ok(Listed {
            next: numbers
                .last()
                .filter(|_| more)
                .map(|last| last.number.clone()),
            numbers,
        })
    }

    async fn claim_number(
        &self,
        number: &E164,
        order: &RequestId,
        void: Option<&RequestId>,
    ) -> Result<RequestId, Unavailable> {
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.names.directory)
            .set_item(Some(claim(number_key(number), CLAIM, order)))
            .condition_expression(
                "attribute_not_exists(pk) OR #request = :order OR #request = :void",
            )
            .expression_attribute_names("#request", "request")
            .expression_attribute_values(":order", s(order.as_str()))
            .expression_attribute_values(":void", s(void.unwrap_or(order).as_str()));
        if written(put.send().await)? == Write::Done {
            return Ok(order.clone());
        }
        let holder = self.claimed(number_key(number), CLAIM).await?;
        // Given up in between.
        holder.ok_or_else(|| Unavailable::new("the directory", "a claim that is gone"))
    }

    async fn unclaim_number(&self, number: &E164, order: &RequestId) -> Result<(), Unavailable> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.names.directory)
            .key("pk", s(number_key(number)))
            .key("sk", s(CLAIM))
            .condition_expression("#request = :order")
            .expression_attribute_names("#request", "request")
            .expression_attribute_values(":order", s(order.as_str()));
        match written(delete.send().await)? {
            Write::Done | Write::Conflict => Ok(()),
        }
    }

    async fn keep_number(&self, record: &NumberRecord) -> Result<Write, Unavailable> {
        let keys = [
            ("pk", number_key(&record.number)),
            ("sk", NUMBER.to_owned()),
            ("gpk", format!("{}#N", tenant_key(&record.tenant))),
            ("gsk", record.number.to_string()),
        ];
        let keys: Vec<(&str, &str)> = keys.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let fresh = self
            .dynamodb
            .put_item()
            .table_name(&self.names.directory)
            .set_item(Some(to_item(record, &keys)))
            .condition_expression("attribute_not_exists(pk)");
        if written(fresh.send().await)? == Write::Done {
            return Ok(Write::Done);
        }
        let known = self.number_record(&record.number).await?;
        Ok(match known {
            Some(known) if known.tenant == record.tenant && known.standing == Standing::Active => {
                Write::Done
            }
            Some(_) | None => Write::Conflict,
        })
    }

    async fn lead_number(
        &self,
        tenant: &TenantId,
        number: &E164,
        target: Option<&Target>,
    ) -> Result<Write, Unavailable> {
        for _ in 0..MAX_CONFLICTS {
            if let Some(done) = self.try_lead(tenant, number, target).await? {
                return Ok(done);
            }
        }
        Err(Unavailable::new(
            "the directory",
            "too many writers at once",
        ))
    }

    async fn mark_leaving(
        &self,
        tenant: &TenantId,
        number: &E164,
        request: &RequestId,
        leaves: bool,
    ) -> Result<Write, Unavailable> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.names.directory)
            .key("pk", s(number_key(number)))
            .key("sk", s(NUMBER))
            .condition_expression(
                "#tenant = :tenant AND (attribute_not_exists(leaving) OR leaving = :request)",
            )
            .expression_attribute_names("#tenant", "tenant")
            .expression_attribute_values(":tenant", s(tenant.as_str()))
            .expression_attribute_values(":request", s(request.as_str()));
        let update = if leaves {
            update
                .update_expression("SET standing = :standing, leaving = :request")
                .expression_attribute_values(":standing", s("quarantined"))
        } else {
            update
                .update_expression("SET standing = :standing REMOVE leaving")
                .expression_attribute_values(":standing", s("active"))
        };
        written(update.send().await)
    }

    async fn strike_number(&self, tenant: &TenantId, number: &E164) -> Result<(), Unavailable> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.names.directory)
            .key("pk", s(number_key(number)))
            .key("sk", s(NUMBER))
            .condition_expression(
                "#tenant = :tenant AND attribute_not_exists(#person) AND attribute_not_exists(#group) AND attribute_not_exists(#flow)",
            )
            .expression_attribute_names("#tenant", "tenant")
            .expression_attribute_names("#person", "person")
            .expression_attribute_names("#group", "group")
            .expression_attribute_names("#flow", "flow")
            .expression_attribute_values(":tenant", s(tenant.as_str()));
        if written(delete.send().await)? == Write::Done {
            self.forget_emergency(tenant, number).await?;
        }
        Ok(())
    }

    async fn note_test(&self, test: &TestCall) -> Result<(), Unavailable> {
        let keys = [("pk", number_key(&test.called)), ("sk", TEST.to_owned())];
        let keys: Vec<(&str, &str)> = keys.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let mut item = to_item(test, &keys);
        item.insert("expires".to_owned(), n(test.until_s + KEPT_S));
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        let put = put.set_item(Some(item)).send().await;
        put.map(drop).map_err(unavailable(SERVICE))
    }

    async fn test_of(&self, number: &E164) -> Result<Option<TestCall>, Unavailable> {
        let get = self.dynamodb.get_item().table_name(&self.names.directory);
        let get = get
            .key("pk", s(number_key(number)))
            .key("sk", s(TEST))
            .consistent_read(true);
        let found = get.send().await.map_err(unavailable(SERVICE))?;
        found.item.map(read).transpose()
    }

    fn test_caller(&self) -> Option<&E164> {
        self.names.test_call_from.as_ref()
    }
}
