//! [`Connections`](crate::ports::connections) on DynamoDB and the API Gateway management API.
//!
//! Two items of table `connections` each: `P#<person>`/`<id>` (index `T#<tenant>#<role>`, of staff `STAFF`), and `C#<id>`/`CONNECTION` to find it by
//! its id alone, strongly consistent.
use super::item::{Item, from_item, s, to_item};
use super::table::{self, SERVICE, all};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::connections::{Connection, Connections, PostError, Sockets};
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use contract::{PersonId, Role, TenantId};

const GATEWAY: &str = "API Gateway";
/// The index by `gpk` and `gsk`.
const INDEX: &str = "by-role";

fn person_key(person: &PersonId) -> String {
    format!("P#{person}")
}

fn id_key(id: &str) -> String {
    format!("C#{id}")
}

fn role_key(tenant: &TenantId, role: Role) -> String {
    match role {
        Role::Person => format!("T#{tenant}#person"),
        Role::Operator => format!("T#{tenant}#operator"),
        Role::Administrator => format!("T#{tenant}#administrator"),
        // They look after every tenant: asked for at once, whichever is theirs.
        Role::Staff => "STAFF".to_owned(),
    }
}

fn read(items: Vec<Item>) -> Result<Vec<Connection>, Unavailable> {
    items
        .into_iter()
        .map(from_item)
        .collect::<Result<_, _>>()
        .map_err(|error| Unavailable::new("connections", error))
}

impl Aws {
    async fn connections_where(
        &self,
        index: Option<&str>,
        name: &str,
        key: String,
    ) -> Result<Vec<Connection>, Unavailable> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.names.connections)
            .set_index_name(index.map(str::to_owned))
            .key_condition_expression(format!("{name} = :key"))
            .expression_attribute_values(":key", s(key));
        read(all(query, usize::MAX).await?)
    }

    async fn write_both(&self, items: Vec<TransactWriteItem>) -> Result<(), Unavailable> {
        let write = self
            .dynamodb
            .transact_write_items()
            .set_transact_items(Some(items));
        write.send().await.map(|_| ()).map_err(unavailable(SERVICE))
    }
}

impl Connections for Aws {
    async fn add(&self, connection: &Connection) -> Result<(), Unavailable> {
        let (person, id) = (person_key(&connection.person), id_key(&connection.id));
        let role = role_key(&connection.tenant, connection.role);
        let keys = [
            vec![
                ("pk", person.as_str()),
                ("sk", connection.id.as_str()),
                ("gpk", &role),
                ("gsk", &connection.id),
            ],
            vec![("pk", id.as_str()), ("sk", "CONNECTION")],
        ];
        let items = keys.map(|keys| {
            let put = Put::builder().table_name(&self.names.connections);
            table::put(put.set_item(Some(to_item(connection, &keys))))
        });
        let items = items.into_iter().collect::<Result<_, _>>()?;
        self.write_both(items).await
    }

    async fn connection(&self, id: &str) -> Result<Option<Connection>, Unavailable> {
        let get = self
            .dynamodb
            .get_item()
            .table_name(&self.names.connections)
            .key("pk", s(id_key(id)))
            .key("sk", s("CONNECTION"))
            .consistent_read(true);
        let item = get.send().await.map_err(unavailable(SERVICE))?.item;
        Ok(read(item.into_iter().collect())?.into_iter().next())
    }

    async fn remove(&self, connection: &Connection) -> Result<(), Unavailable> {
        let table = &self.names.connections;
        let items = vec![
            table::delete(table, person_key(&connection.person), &connection.id)?,
            table::delete(table, id_key(&connection.id), "CONNECTION")?,
        ];
        self.write_both(items).await
    }

    async fn of_person(&self, person: &PersonId) -> Result<Vec<Connection>, Unavailable> {
        self.connections_where(None, "pk", person_key(person)).await
    }

    async fn of_role(&self, tenant: &TenantId, role: Role) -> Result<Vec<Connection>, Unavailable> {
        let key = role_key(tenant, role);
        let mut connections = self.connections_where(Some(INDEX), "gpk", key).await?;
        connections.retain(|connection| connection.tenant == *tenant);
        Ok(connections)
    }

    async fn of_staff(&self) -> Result<Vec<Connection>, Unavailable> {
        let key = role_key(&TenantId::from(""), Role::Staff);
        self.connections_where(Some(INDEX), "gpk", key).await
    }
}

impl Sockets for Aws {
    async fn post(&self, id: &str, message: &str) -> Result<(), PostError> {
        let sent = self
            .sockets
            .post_to_connection()
            .connection_id(id)
            .data(Blob::new(message.as_bytes()))
            .send()
            .await;
        let Err(error) = sent else { return Ok(()) };
        match error.as_service_error() {
            Some(PostToConnectionError::GoneException(_)) => Err(PostError::Gone),
            Some(PostToConnectionError::PayloadTooLargeException(_)) => {
                Err(PostError::Refused("too large".into()))
            }
            // Throttled, forbidden, and what the service invents.
            Some(_) | None => Err(PostError::Unavailable(Unavailable::new(GATEWAY, error))),
        }
    }

    async fn close(&self, id: &str) -> Result<(), Unavailable> {
        let Err(error) = self
            .sockets
            .delete_connection()
            .connection_id(id)
            .send()
            .await
        else {
            return Ok(());
        };
        match error.as_service_error() {
            Some(gone) if gone.is_gone_exception() => Ok(()),
            Some(_) | None => Err(Unavailable::new(GATEWAY, error)),
        }
    }
}
