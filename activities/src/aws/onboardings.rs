//! [`Onboardings`] on DynamoDB: more items of table `directory` (see [`super::directory`]).
//!
//! Onboarding `ONB#<request>`/`ONBOARDING` (index `ONB#<tenant that asked>`, by time); its invitation `ONB#<request>`/`INVITATION`;
//! short name `SLUG#<slug>`/`SLUG`; address `EMAIL#<address>`/`OWNER`. An invited
//! person is in no index until they have proven their address.
use super::directory::{INDEX, person_key, read, tenant_key};
use super::item::{Item, n, s, to_item};
use super::table::{self, SERVICE, written};
use super::{Aws, unavailable};
use crate::people::Keys;
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::directory::{Directory, Person, Tenant};
use crate::ports::onboardings::{Asked, Invitation, Made, Onboarding, Onboardings};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use contract::{RequestId, TenantId};
use jiff::Timestamp;
use serde::Deserialize;

const OWNER: &str = "OWNER";
const SLUG: &str = "SLUG";
const INVITATION: &str = "INVITATION";
/// How long an invitation's item stays after it was good, in seconds.
const KEPT_S: i64 = 24 * 60 * 60;

/// Who has a short name, an address or a number.
#[derive(Debug, Clone, Deserialize)]
struct Claimed {
    request: RequestId,
}

fn onboarding_key(request: &RequestId) -> String {
    format!("ONB#{request}")
}

fn slug_key(slug: &str) -> String {
    format!("SLUG#{slug}")
}

fn email_key(email: &str) -> String {
    format!("EMAIL#{}", email.to_lowercase())
}

/// An item that says which request has what its key names.
pub(super) fn claim(pk: String, sk: &str, request: &RequestId) -> Item {
    Item::from([
        ("pk".to_owned(), s(pk)),
        ("sk".to_owned(), s(sk)),
        ("request".to_owned(), s(request.as_str())),
    ])
}

/// A person who cannot sign in: no password, and not found by their address.
fn invited(person: &Person) -> Item {
    let (pk, sk) = (tenant_key(&person.tenant), person_key(&person.person));
    to_item(person, &[("pk", &pk), ("sk", &sk)])
}

impl Aws {
    /// An item as it is now: strongly consistent.
    pub(super) async fn item_of(&self, pk: String, sk: &str) -> Result<Option<Item>, Unavailable> {
        let get = self.dynamodb.get_item().table_name(&self.names.directory);
        let get = get.key("pk", s(pk)).key("sk", s(sk)).consistent_read(true);
        Ok(get.send().await.map_err(unavailable(SERVICE))?.item)
    }

    /// The request of a [`claim`].
    pub(super) async fn claimed(
        &self,
        pk: String,
        sk: &str,
    ) -> Result<Option<RequestId>, Unavailable> {
        let found: Option<Claimed> = self.item_of(pk, sk).await?.map(read).transpose()?;
        Ok(found.map(|claimed| claimed.request))
    }

    /// A part of a transaction: an item that is not there yet.
    pub(super) fn fresh(&self, item: Item) -> Result<TransactWriteItem, Unavailable> {
        let put = Put::builder()
            .table_name(&self.names.directory)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        table::put(put)
    }

    /// Writes all of it, or nothing.
    pub(super) async fn all_or_nothing(
        &self,
        parts: Vec<TransactWriteItem>,
    ) -> Result<Write, Unavailable> {
        let write = self.dynamodb.transact_write_items();
        match write.set_transact_items(Some(parts)).send().await {
            Ok(_) => Ok(Write::Done),
            Err(error) => match error.as_service_error() {
                Some(refused) if refused.is_transaction_canceled_exception() => Ok(Write::Conflict),
                Some(_) | None => Err(unavailable(SERVICE)(error)),
            },
        }
    }

    /// Whether an address is free, or this request's.
    async fn email_for(
        &self,
        email: &str,
        request: Option<&RequestId>,
    ) -> Result<Made, Unavailable> {
        let owner = self.claimed(email_key(email), OWNER).await?;
        Ok(match owner {
            Some(owner) if Some(&owner) == request => Made::Done,
            Some(_) => Made::EmailTaken,
            // People of before have no claim of their own.
            None if self.credential(email).await?.is_some() => Made::EmailTaken,
            None => Made::Done,
        })
    }

    async fn slug_for(&self, slug: &str, request: Option<&RequestId>) -> Result<Made, Unavailable> {
        let owner = self.claimed(slug_key(slug), SLUG).await?;
        Ok(match owner {
            Some(owner) if Some(&owner) != request => Made::SlugTaken,
            Some(_) | None => Made::Done,
        })
    }

    /// Why a transaction was refused: somebody else's claim, or our own first try.
    async fn why_not(
        &self,
        slug: Option<&str>,
        email: &str,
        request: &RequestId,
    ) -> Result<Made, Unavailable> {
        if let Some(slug) = slug
            && self.slug_for(slug, Some(request)).await? != Made::Done
        {
            return Ok(Made::SlugTaken);
        }
        match self.claimed(email_key(email), OWNER).await? {
            Some(owner) if owner == *request => Ok(Made::Done),
            Some(_) => Ok(Made::EmailTaken),
            // Two writers at once: neither has it.
            None => Err(Unavailable::new(SERVICE, "two writers at once")),
        }
    }
}

impl Onboardings for Aws {
    async fn keep_onboarding(&self, onboarding: &Onboarding) -> Result<(), Unavailable> {
        let pk = onboarding_key(&onboarding.request);
        let of = format!("ONB#{}", onboarding.asked_by);
        let at = format!("{}#{}", onboarding.begun_at, onboarding.request);
        let keys = [
            ("pk", pk.as_str()),
            ("sk", "ONBOARDING"),
            ("gpk", &of),
            ("gsk", &at),
        ];
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        let put = put
            .set_item(Some(to_item(onboarding, &keys)))
            .condition_expression("attribute_not_exists(pk)");
        written(put.send().await).map(drop)
    }

    async fn onboarding(&self, request: &RequestId) -> Result<Option<Onboarding>, Unavailable> {
        let found = self.item_of(onboarding_key(request), "ONBOARDING").await?;
        found.map(read).transpose()
    }

    async fn close_onboarding(&self, request: &RequestId, at: &str) -> Result<(), Unavailable> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.names.directory)
            .key("pk", s(onboarding_key(request)))
            .key("sk", s("ONBOARDING"))
            .update_expression("SET closedAt = :at")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":at", s(at));
        written(update.send().await).map(drop)
    }

    async fn onboardings_of(
        &self,
        asked_by: &TenantId,
        limit: u32,
        next: Option<&str>,
    ) -> Result<Asked, Unavailable> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.names.directory)
            .index_name(INDEX)
            .key_condition_expression("gpk = :of AND gsk < :before")
            .expression_attribute_values(":of", s(format!("ONB#{asked_by}")))
            .expression_attribute_values(":before", s(next.unwrap_or("~")))
            .scan_index_forward(false)
            .limit(i32::try_from(limit.clamp(1, 100)).unwrap_or(1));
        let found = query.send().await.map_err(unavailable(SERVICE))?;
        let more = found.last_evaluated_key.is_some();
        let text = |item: &Item, name: &str| item.get(name)?.as_s().ok().cloned();
        let items = found.items.unwrap_or_default();
        let next = items.last().filter(|_| more);
        Ok(Asked {
            next: next.and_then(|last| text(last, "gsk")),
            requests: items
                .iter()
                .filter_map(|item| text(item, "request").map(RequestId))
                .collect(),
        })
    }

    async fn is_free(&self, slug: Option<&str>, email: &str) -> Result<Made, Unavailable> {
        if let Some(slug) = slug
            && self.slug_for(slug, None).await? != Made::Done
        {
            return Ok(Made::SlugTaken);
        }
        self.email_for(email, None).await
    }

    async fn open_tenant(
        &self,
        tenant: &Tenant,
        slug: &str,
        person: &Person,
        request: &RequestId,
    ) -> Result<Made, Unavailable> {
        if self.email_for(&person.email, Some(request)).await? != Made::Done {
            return Ok(Made::EmailTaken);
        }
        let pk = tenant_key(&tenant.tenant);
        let parts = vec![
            self.fresh(to_item(tenant, &[("pk", &pk), ("sk", "TENANT")]))?,
            self.fresh(invited(person))?,
            self.fresh(claim(slug_key(slug), SLUG, request))?,
            self.fresh(claim(email_key(&person.email), OWNER, request))?,
        ];
        match self.all_or_nothing(parts).await? {
            Write::Done => Ok(Made::Done),
            Write::Conflict => self.why_not(Some(slug), &person.email, request).await,
        }
    }

    async fn invite_person(
        &self,
        person: &Person,
        request: &RequestId,
    ) -> Result<Made, Unavailable> {
        if self.email_for(&person.email, Some(request)).await? != Made::Done {
            return Ok(Made::EmailTaken);
        }
        let parts = vec![
            self.fresh(invited(person))?,
            self.fresh(claim(email_key(&person.email), OWNER, request))?,
        ];
        match self.all_or_nothing(parts).await? {
            Write::Done => Ok(Made::Done),
            Write::Conflict => self.why_not(None, &person.email, request).await,
        }
    }

    async fn let_in(&self, person: &Person, password_hash: &str) -> Result<Write, Unavailable> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.names.directory)
            .key("pk", s(tenant_key(&person.tenant)))
            .key("sk", s(person_key(&person.person)))
            .update_expression("SET passwordHash = :hash, gpk = :email, gsk = :person")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":hash", s(password_hash))
            .expression_attribute_values(":email", s(email_key(&person.email)))
            .expression_attribute_values(":person", s("PERSON"));
        written(update.send().await)
    }

    async fn remove_person(&self, person: &Person) -> Result<(), Unavailable> {
        let table = &self.names.directory;
        let (pk, sk) = (tenant_key(&person.tenant), person_key(&person.person));
        let parts = vec![
            table::delete(table, pk, sk)?,
            table::delete(table, email_key(&person.email), OWNER)?,
        ];
        match self.all_or_nothing(parts).await? {
            Write::Done => Ok(()),
            Write::Conflict => Err(Unavailable::new(SERVICE, "two writers at once")),
        }
    }

    async fn close_tenant(
        &self,
        tenant: &TenantId,
        slug: &str,
        request: &RequestId,
        at: &str,
    ) -> Result<(), Unavailable> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.names.directory)
            .key("pk", s(tenant_key(tenant)))
            .key("sk", s("TENANT"))
            .update_expression("SET closedAt = if_not_exists(closedAt, :at)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":at", s(at));
        written(update.send().await)?;
        let delete = self.dynamodb.delete_item();
        let delete = delete.table_name(&self.names.directory);
        let delete = delete
            .key("pk", s(slug_key(slug)))
            .key("sk", s(SLUG))
            .condition_expression("#request = :request")
            .expression_attribute_names("#request", "request")
            .expression_attribute_values(":request", s(request.as_str()));
        written(delete.send().await).map(drop)
    }

    fn link_secret(&self, parts: &[&str]) -> Result<String, Unavailable> {
        let keys = Keys::parse(&self.names.token_key.0);
        let keys = keys.map_err(|error| Unavailable::new("the keys", error))?;
        Ok(keys.mac("invitation", parts))
    }

    fn public_url(&self) -> &str {
        self.names.public_url.trim_end_matches('/')
    }

    async fn keep_invitation(&self, invitation: &Invitation) -> Result<(), Unavailable> {
        let pk = onboarding_key(&invitation.request);
        let mut item = to_item(invitation, &[("pk", &pk), ("sk", INVITATION)]);
        if let Ok(until) = invitation.until.parse::<Timestamp>() {
            item.insert("expires".to_owned(), n(until.as_second() + KEPT_S));
        }
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        let put = put.set_item(Some(item)).send().await;
        put.map(drop).map_err(unavailable(SERVICE))
    }

    async fn invitation(&self, request: &RequestId) -> Result<Option<Invitation>, Unavailable> {
        let found = self.item_of(onboarding_key(request), INVITATION).await?;
        found.map(read).transpose()
    }

    async fn void_invitation(&self, request: &RequestId) -> Result<(), Unavailable> {
        let delete = self.dynamodb.delete_item();
        let delete = delete.table_name(&self.names.directory);
        let delete = delete
            .key("pk", s(onboarding_key(request)))
            .key("sk", s(INVITATION));
        delete.send().await.map(drop).map_err(unavailable(SERVICE))
    }
}
