//! [`Webhooks`] on DynamoDB: table `webhooks`. Webhook `T#<tenant>`/`W#<webhook>`; delivery `W#<webhook>`/`D#<delivery>`, gone by
//! itself at `expires`. One that is pending is in the index `by-open` (`opk` = `OPEN`, `sk`): ids begin with the time.
use super::item::{Item, from_item, n, s, to_item};
use super::table::{SERVICE, all, written};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::webhooks::{Delivery, Log, PAGE, Webhook, Webhooks};
use crate::webhooks::address::Allowed;
use contract::webhook::{DeliveryState, MAX_WEBHOOKS};
use contract::{DeliveryId, TenantId, WebhookId};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

/// The index of the deliveries that are pending.
const OPEN_INDEX: &str = "by-open";
/// Its only partition.
const OPEN: &str = "OPEN";

fn of_tenant(tenant: &TenantId) -> String {
    format!("T#{tenant}")
}

fn of_webhook(webhook: &WebhookId) -> String {
    format!("W#{webhook}")
}

fn of_delivery(delivery: &DeliveryId) -> String {
    format!("D#{delivery}")
}

fn read<T: DeserializeOwned>(item: Item) -> Result<T, Unavailable> {
    from_item(item).map_err(|error| Unavailable::new("the webhooks", error))
}

impl Aws {
    async fn put_of_webhooks(&self, item: Item, expected: u64) -> Result<Write, Unavailable> {
        let put = self.dynamodb.put_item().table_name(&self.names.webhooks);
        let put = put.set_item(Some(item));
        let put = if expected == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            let expected = n(i64::try_from(expected).unwrap_or(i64::MAX));
            put.condition_expression("rev = :expected")
                .expression_attribute_values(":expected", expected)
        };
        written(put.send().await)
    }

    async fn get_of_webhooks<T: DeserializeOwned>(
        &self,
        pk: String,
        sk: String,
    ) -> Result<Option<T>, Unavailable> {
        let get = self.dynamodb.get_item().table_name(&self.names.webhooks);
        let get = get.key("pk", s(pk)).key("sk", s(sk)).consistent_read(true);
        let found = get.send().await.map_err(unavailable(SERVICE))?;
        found.item.map(read).transpose()
    }
}

impl Webhooks for Aws {
    fn allowed_addresses(&self) -> &Allowed {
        &self.names.webhook_addresses
    }

    async fn put_webhook(&self, webhook: &Webhook, expected: u64) -> Result<Write, Unavailable> {
        let keys = (of_tenant(&webhook.tenant), of_webhook(&webhook.id));
        let item = to_item(webhook, &[("pk", &keys.0), ("sk", &keys.1)]);
        self.put_of_webhooks(item, expected).await
    }

    async fn webhook(
        &self,
        tenant: &TenantId,
        webhook: &WebhookId,
    ) -> Result<Option<Webhook>, Unavailable> {
        self.get_of_webhooks(of_tenant(tenant), of_webhook(webhook))
            .await
    }

    async fn webhooks(&self, tenant: &TenantId) -> Result<Vec<Webhook>, Unavailable> {
        let query = self.dynamodb.query().table_name(&self.names.webhooks);
        let query = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", s(of_tenant(tenant)))
            .expression_attribute_values(":sk", s("W#"))
            .consistent_read(true);
        let found = all(query, MAX_WEBHOOKS).await?;
        found.into_iter().map(read).collect()
    }

    async fn remove_webhook(
        &self,
        tenant: &TenantId,
        webhook: &WebhookId,
    ) -> Result<(), Unavailable> {
        let delete = self.dynamodb.delete_item().table_name(&self.names.webhooks);
        let delete = delete
            .key("pk", s(of_tenant(tenant)))
            .key("sk", s(of_webhook(webhook)));
        delete.send().await.map(drop).map_err(unavailable(SERVICE))
    }

    async fn put_delivery(&self, delivery: &Delivery, expected: u64) -> Result<Write, Unavailable> {
        let keys = (of_webhook(&delivery.webhook), of_delivery(&delivery.id));
        let mut item = to_item(delivery, &[("pk", &keys.0), ("sk", &keys.1)]);
        if delivery.state == DeliveryState::Pending {
            item.insert("opk".to_owned(), s(OPEN));
        }
        self.put_of_webhooks(item, expected).await
    }

    async fn delivery(
        &self,
        webhook: &WebhookId,
        delivery: &DeliveryId,
    ) -> Result<Option<Delivery>, Unavailable> {
        self.get_of_webhooks(of_webhook(webhook), of_delivery(delivery))
            .await
    }

    async fn deliveries(
        &self,
        webhook: &WebhookId,
        before: Option<&DeliveryId>,
    ) -> Result<Log, Unavailable> {
        // `D$` sorts after every `D#..`.
        let end = before.map_or_else(|| "D$".to_owned(), of_delivery);
        let query = self.dynamodb.query().table_name(&self.names.webhooks);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :end")
            .expression_attribute_values(":pk", s(of_webhook(webhook)))
            .expression_attribute_values(":first", s("D#"))
            .expression_attribute_values(":end", s(end))
            .scan_index_forward(false)
            // One more to see whether there are more, and the one that the page before ended with.
            .limit(i32::try_from(PAGE + 2).unwrap_or(i32::MAX));
        let found = query.send().await.map_err(unavailable(SERVICE))?;
        let found = found
            .items
            .unwrap_or_default()
            .into_iter()
            .map(read::<Delivery>);
        let mut deliveries = found.collect::<Result<Vec<_>, _>>()?;
        deliveries.retain(|delivery| before != Some(&delivery.id));
        let more = deliveries.len() > PAGE as usize;
        deliveries.truncate(PAGE as usize);
        let next = deliveries
            .last()
            .filter(|_| more)
            .map(|last| last.id.clone());
        Ok(Log { deliveries, next })
    }

    async fn open_deliveries(
        &self,
        before: Timestamp,
        most: u32,
    ) -> Result<Vec<(WebhookId, DeliveryId)>, Unavailable> {
        let query = self.dynamodb.query().table_name(&self.names.webhooks);
        let query = query
            .index_name(OPEN_INDEX)
            .key_condition_expression("opk = :open AND sk < :before")
            .expression_attribute_values(":open", s(OPEN))
            .expression_attribute_values(":before", s(format!("D#{:013}", before.as_millisecond())))
            .projection_expression("pk, sk")
            .limit(i32::try_from(most).unwrap_or(i32::MAX));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let found = all(query, most).await?;
        let open = |item: &Item| {
            let text = |name: &str, prefix: &str| item.get(name)?.as_s().ok()?.strip_prefix(prefix);
            let webhook = WebhookId::from(text("pk", "W#")?);
            Some((webhook, DeliveryId::from(text("sk", "D#")?)))
        };
        Ok(found.iter().filter_map(open).collect())
    }
}
