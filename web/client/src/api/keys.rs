//! API keys over HTTP.

use super::{Api, Failure, Request, read};
use contract::ApiKeyId;
use contract::api::keys::{ApiKeyView, ApiKeys, MadeApiKey, NewApiKey};

impl Api {
    /// The tenant's API keys, the newest first.
    pub(crate) async fn api_keys(&self) -> Result<Vec<ApiKeyView>, Failure> {
        let list: ApiKeys = read(self.authorised(Request::get("/v1/api-keys")).await?)?;
        Ok(list.keys)
    }

    /// Makes one. The secret is in the first answer to a `key` alone.
    pub(crate) async fn make_api_key(
        &self,
        body: &NewApiKey,
        key: &str,
    ) -> Result<MadeApiKey, Failure> {
        let request = Request::post("/v1/api-keys").json(body)?;
        read(self.once(request, key).await?)
    }

    /// Revokes one.
    pub(crate) async fn revoke_api_key(&self, id: &ApiKeyId) -> Result<(), Failure> {
        let request = Request::delete(&format!("/v1/api-keys/{id}"));
        self.authorised(request).await.map(drop)
    }
}
