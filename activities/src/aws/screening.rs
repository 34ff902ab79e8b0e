//! [`Screening`] on DynamoDB: rows of the table `directory` under `SANCTIONS`, written by `seed` from `infra/world/sanctions` and by
//! whoever keeps a deployment's lists up to date.
use super::Aws;
use super::item::{from_item, s, to_item};
use super::table::{SERVICE, all, written};
use crate::ports::Unavailable;
use crate::ports::screening::{SanctionsList, Screening};

const KEY: &str = "SANCTIONS";
/// Most lists, each of at most 400 KB.
const LISTS_MAX: usize = 100;

impl Screening for Aws {
    fn practises(&self) -> bool {
        self.names.practice_screening
    }

    async fn lists(&self) -> Result<Vec<SanctionsList>, Unavailable> {
        let query = self.dynamodb.query().table_name(&self.names.directory);
        let query = query
            .key_condition_expression("pk = :lists")
            .expression_attribute_values(":lists", s(KEY));
        let items = all(query, LISTS_MAX).await?.into_iter().map(from_item);
        items
            .collect::<Result<_, _>>()
            .map_err(|error| Unavailable::new(SERVICE, error))
    }

    async fn put_list(&self, list: &SanctionsList) -> Result<(), Unavailable> {
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        let put = put
            .set_item(Some(to_item(list, &[("pk", KEY), ("sk", &list.id)])))
            .condition_expression("attribute_not_exists(pk) OR asOf < :asOf");
        let put = put.expression_attribute_values(":asOf", s(&list.as_of));
        written(put.send().await).map(drop)
    }
}
