//! Webhooks and the log of their deliveries over HTTP.

use super::{Api, Failure, Request, new_key, read};
use contract::webhook::{
    Deliveries, DeliveryView, NewWebhook, WebhookChange, WebhookSecret, WebhookView, Webhooks,
};
use contract::{DeliveryId, WebhookId};

/// Where a webhook is.
fn path(id: &WebhookId) -> String {
    let id = String::from(js_sys::encode_uri_component(id.as_str()));
    format!("/v1/webhooks/{id}")
}

impl Api {
    /// The tenant's webhooks.
    pub(crate) async fn webhooks(&self) -> Result<Vec<WebhookView>, Failure> {
        let list: Webhooks = read(self.authorised(Request::get("/v1/webhooks")).await?)?;
        Ok(list.webhooks)
    }

    /// One webhook.
    pub(crate) async fn webhook(&self, id: &WebhookId) -> Result<WebhookView, Failure> {
        read(self.authorised(Request::get(&path(id))).await?)
    }

    /// Makes one. The secret is in the first answer to a `key` alone.
    pub(crate) async fn make_webhook(
        &self,
        body: &NewWebhook,
        key: &str,
    ) -> Result<WebhookSecret, Failure> {
        let request = Request::post("/v1/webhooks").json(body)?;
        read(self.once(request, key).await?)
    }

    /// Switches one on or off.
    pub(crate) async fn switch_webhook(
        &self,
        id: &WebhookId,
        enabled: bool,
    ) -> Result<(), Failure> {
        let request = Request::patch(&path(id)).json(&WebhookChange { enabled })?;
        self.authorised(request).await.map(drop)
    }

    /// Removes one.
    pub(crate) async fn remove_webhook(&self, id: &WebhookId) -> Result<(), Failure> {
        self.authorised(Request::delete(&path(id))).await.map(drop)
    }

    /// Makes a new secret for one. Sent again it makes another.
    pub(crate) async fn rotate_webhook(&self, id: &WebhookId) -> Result<WebhookSecret, Failure> {
        let request = Request::post(&format!("{}/secret", path(id)));
        read(self.authorised(request).await?)
    }

    /// Posts a test event to one.
    pub(crate) async fn test_webhook(&self, id: &WebhookId) -> Result<DeliveryView, Failure> {
        let request = Request::post(&format!("{}/test", path(id)));
        read(self.once(request, &new_key()).await?)
    }

    /// A part of one's log, from `next` of the part before.
    pub(crate) async fn deliveries(
        &self,
        id: &WebhookId,
        next: Option<&str>,
    ) -> Result<Deliveries, Failure> {
        let next = next.map_or_else(String::new, |next| {
            format!("?next={}", js_sys::encode_uri_component(next))
        });
        let request = Request::get(&format!("{}/deliveries{next}", path(id)));
        read(self.authorised(request).await?)
    }

    /// Has a delivery made again.
    pub(crate) async fn replay(
        &self,
        id: &WebhookId,
        delivery: &DeliveryId,
    ) -> Result<DeliveryView, Failure> {
        let delivery = js_sys::encode_uri_component(delivery.as_str());
        let request = Request::post(&format!("{}/deliveries/{delivery}/replay", path(id)));
        read(self.once(request, &new_key()).await?)
    }
}
