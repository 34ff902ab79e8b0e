//! [`WorldRows`] on DynamoDB: items `WORLD`/`RULES#<name>` of the table `directory`.
use super::directory::read;
use super::item::{s, to_item};
use super::table::SERVICE;
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::world::WorldRows;
use crate::rules::{TEXTS_MAX, WorldRow};

const PK: &str = "WORLD";
const SK: &str = "RULES#";

impl WorldRows for Aws {
    async fn world_rows(&self) -> Result<Vec<WorldRow>, Unavailable> {
        let rows = self.directory_range(PK, SK, TEXTS_MAX).await?;
        rows.into_iter().map(read).collect()
    }

    async fn put_world_row(&self, row: &WorldRow) -> Result<(), Unavailable> {
        let sk = format!("{SK}{}", row.name);
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.names.directory)
            .set_item(Some(to_item(row, &[("pk", PK), ("sk", &sk)])));
        put.send().await.map_err(unavailable(SERVICE)).map(drop)
    }

    async fn remove_world_row(&self, name: &str) -> Result<(), Unavailable> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.names.directory)
            .key("pk", s(PK))
            .key("sk", s(format!("{SK}{name}")));
        delete.send().await.map_err(unavailable(SERVICE)).map(drop)
    }
}
