//! [`Directory`](crate::ports::directory) on DynamoDB.
//!
//! Items of table `directory`: tenant `T#<tenant>`/`TENANT`; person `T#<tenant>`/`P#<person>` (index `EMAIL#<address>`); number
//! `N#<e164>`/`NUMBER` (index `T#<tenant>#N`); country `WORLD`/`COUNTRY#<iso2>`. Beside countries are the
//! deployment's own rules ([`super::world`]).
use super::item::{Item, from_item, n, s, to_item};
use super::table::{self, SERVICE, all, written};
use super::{Aws, unavailable};
use crate::dial::{Country, World};
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::directory::{
    Credential, Directory, MAX_PEOPLE, NewTenant, Number, Person, Tenant,
};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use contract::{E164, PersonId, TenantId};
use serde::de::DeserializeOwned;

/// The index by `gpk` and `gsk`.
pub(super) const INDEX: &str = "by-key";
const ABSENT: &str = "attribute_not_exists(pk)";

pub(super) fn tenant_key(tenant: &TenantId) -> String {
    format!("T#{tenant}")
}

pub(super) fn person_key(person: &PersonId) -> String {
    format!("P#{person}")
}

pub(super) fn number_key(number: &E164) -> String {
    format!("N#{number}")
}

pub(super) fn read<T: DeserializeOwned>(item: Item) -> Result<T, Unavailable> {
    from_item(item).map_err(|error| Unavailable::new("the directory", error))
}

fn credential(item: Item) -> Result<Credential, Unavailable> {
    let missing = || Unavailable::new("the directory", "a person without a password");
    let hash = item
        .get("passwordHash")
        .and_then(|hash| hash.as_s().ok())
        .cloned()
        .ok_or_else(missing)?;
    Ok(Credential {
        person: read(item)?,
        password_hash: hash,
    })
}

impl Aws {
    async fn directory_item(&self, pk: &str, sk: &str) -> Result<Option<Item>, Unavailable> {
        let got = self
            .dynamodb
            .get_item()
            .table_name(&self.names.directory)
            .key("pk", s(pk))
            .key("sk", s(sk));
        Ok(got.send().await.map_err(unavailable(SERVICE))?.item)
    }

    pub(super) async fn directory_range(
        &self,
        pk: &str,
        sk_prefix: &str,
        max: usize,
    ) -> Result<Vec<Item>, Unavailable> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.names.directory)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", s(pk))
            .expression_attribute_values(":sk", s(sk_prefix));
        all(query, max).await
    }

    fn new_item(&self, item: Item) -> Result<TransactWriteItem, Unavailable> {
        let put = Put::builder()
            .table_name(&self.names.directory)
            .set_item(Some(item))
            .condition_expression(ABSENT);
        table::put(put)
    }
}

impl Directory for Aws {
    async fn tenant(&self, tenant: &TenantId) -> Result<Option<Tenant>, Unavailable> {
        self.directory_item(&tenant_key(tenant), "TENANT")
            .await?
            .map(read)
            .transpose()
    }

    async fn person(
        &self,
        tenant: &TenantId,
        person: &PersonId,
    ) -> Result<Option<Person>, Unavailable> {
        self.directory_item(&tenant_key(tenant), &person_key(person))
            .await?
            .map(read)
            .transpose()
    }

    async fn people(&self, tenant: &TenantId) -> Result<Vec<Person>, Unavailable> {
        let items = self
            .directory_range(&tenant_key(tenant), "P#", MAX_PEOPLE)
            .await?;
        let mut people: Vec<Person> = items.into_iter().map(read).collect::<Result<_, _>>()?;
        people.sort_by(|a, b| (&a.name, &a.person).cmp(&(&b.name, &b.person)));
        Ok(people)
    }

    async fn credential(&self, email: &str) -> Result<Option<Credential>, Unavailable> {
        let page = self
            .dynamodb
            .query()
            .table_name(&self.names.directory)
            .index_name(INDEX)
            .key_condition_expression("gpk = :gpk")
            .expression_attribute_values(":gpk", s(format!("EMAIL#{}", email.to_lowercase())))
            .limit(1)
            .send()
            .await
            .map_err(unavailable(SERVICE))?;
        page.items
            .unwrap_or_default()
            .into_iter()
            .next()
            .map(credential)
            .transpose()
    }

    async fn number(&self, number: &E164) -> Result<Option<Number>, Unavailable> {
        self.directory_item(&number_key(number), "NUMBER")
            .await?
            .map(read)
            .transpose()
    }

    async fn world(&self) -> Result<World, Unavailable> {
        let rows = self.directory_range("WORLD", "COUNTRY#", 300).await?;
        Ok(World {
            countries: rows.into_iter().map(read).collect::<Result<_, _>>()?,
        })
    }

    async fn create_tenant(&self, new: &NewTenant) -> Result<Write, Unavailable> {
        let pk = tenant_key(&new.tenant.tenant);
        let mut items =
            vec![self.new_item(to_item(&new.tenant, &[("pk", &pk), ("sk", "TENANT")]))?];
        for Credential {
            person,
            password_hash,
        } in &new.people
        {
            let (sk, email) = (
                person_key(&person.person),
                format!("EMAIL#{}", person.email.to_lowercase()),
            );
            let mut item = to_item(
                person,
                &[("pk", &pk), ("sk", &sk), ("gpk", &email), ("gsk", "PERSON")],
            );
            item.insert("passwordHash".to_owned(), s(password_hash));
            items.push(self.new_item(item)?);
        }
        for number in &new.numbers {
            let (own, of) = (number_key(&number.number), format!("{pk}#N"));
            let keys = [
                ("pk", own.as_str()),
                ("sk", "NUMBER"),
                ("gpk", &of),
                ("gsk", number.number.as_str()),
            ];
            items.push(self.new_item(to_item(number, &keys))?);
        }
        match self
            .dynamodb
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
            .await
        {
            Ok(_) => Ok(Write::Done),
            Err(error) => match error.as_service_error() {
                Some(refused) if refused.is_transaction_canceled_exception() => Ok(Write::Conflict),
                Some(_) | None => Err(unavailable(SERVICE)(error)),
            },
        }
    }

    async fn put_country(&self, country: &Country) -> Result<Write, Unavailable> {
        let sk = format!("COUNTRY#{}", country.iso2);
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.names.directory)
            .set_item(Some(to_item(country, &[("pk", "WORLD"), ("sk", &sk)])))
            .condition_expression("attribute_not_exists(pk) OR asOf < :asOf")
            .expression_attribute_values(":asOf", s(&country.as_of));
        written(put.send().await)
    }

    async fn set_ring_limit(
        &self,
        tenant: &TenantId,
        person: &PersonId,
        ring_limit_s: u32,
    ) -> Result<Write, Unavailable> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.names.directory)
            .key("pk", s(tenant_key(tenant)))
            .key("sk", s(person_key(person)))
            .update_expression("SET ringLimitS = :limit")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":limit", n(ring_limit_s.into()));
        written(update.send().await)
    }
}
