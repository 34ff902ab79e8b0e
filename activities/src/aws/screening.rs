//! [`Screening`] on DynamoDB: rows of the table `directory`, written by `seed` from `infra/world/sanctions` and by
//! `PUT /v1/screening-lists/{list}`.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | a list; names are with it if it was not loaded | `SANCTIONS` | `<list>` |
//! | a part of a loaded list's names | `SANCTIONS#<list>#<digest>#<when>` | `<number>`, five digits |
//! | that a list was loaded | `SANCTIONS-LOADED` | `<when>#<list>` |
use super::Aws;
use super::item::{Item, from_item, s, to_item};
use super::table::{SERVICE, all, written};
use super::unavailable;
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::screening::{LISTS_MAX, Loaded, SanctionsList, Screening};
use aws_sdk_dynamodb::types::ReturnValue;
use serde::{Deserialize, Serialize};

const KEY: &str = "SANCTIONS";
const LOADED: &str = "SANCTIONS-LOADED";
/// Most parts of a list.
const PARTS_MAX: usize = 1_000;
/// Bytes of names in a part: an item has at most 400 KB.
const PART_BYTES: usize = 200_000;

/// Some of a list's names.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Part {
    names: Vec<String>,
}

/// The same list loaded again has parts of its own: those of the first time may be on their way out.
fn part_key(list: &str, loaded: &Loaded) -> String {
    format!("{KEY}#{list}#{}#{}", loaded.digest, loaded.at)
}

/// The names in parts that fit an item.
fn parts(names: &[String]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut bytes = PART_BYTES;
    for name in names {
        // DynamoDB counts a few bytes for each element.
        bytes += name.len() + 4;
        if bytes > PART_BYTES {
            parts.push(Part::default());
            bytes = name.len() + 4;
        }
        if let Some(part) = parts.last_mut() {
            part.names.push(name.clone());
        }
    }
    parts
}

fn read<T: serde::de::DeserializeOwned>(items: Vec<Item>) -> Result<Vec<T>, Unavailable> {
    let read = items.into_iter().map(from_item);
    read.collect::<Result<_, _>>()
        .map_err(|error| Unavailable::new(SERVICE, error))
}

impl Aws {
    async fn sanctions_items(&self, pk: &str, most: usize) -> Result<Vec<Item>, Unavailable> {
        let query = self.dynamodb.query().table_name(&self.names.directory);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(pk))
            .consistent_read(true);
        all(query, most).await
    }

    async fn put_sanctions_item(&self, item: Item) -> Result<(), Unavailable> {
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        written(put.set_item(Some(item)).send().await).map(drop)
    }

    async fn names_of(&self, list: &str, loaded: &Loaded) -> Result<Vec<String>, Unavailable> {
        let key = part_key(list, loaded);
        let parts: Vec<Part> = read(self.sanctions_items(&key, PARTS_MAX).await?)?;
        let names: Vec<String> = parts.into_iter().flat_map(|part| part.names).collect();
        if u32::try_from(names.len()) == Ok(loaded.count) {
            return Ok(names);
        }
        // Another list has taken its place meanwhile: whoever asks again reads that one.
        Err(Unavailable::new(
            SERVICE,
            "a list was replaced while it was read",
        ))
    }

    async fn forget_names(&self, list: &str, loaded: &Loaded) -> Result<(), Unavailable> {
        let key = part_key(list, loaded);
        for mut item in self.sanctions_items(&key, PARTS_MAX).await? {
            let Some(sk) = item.remove("sk") else {
                continue;
            };
            let delete = self.dynamodb.delete_item();
            let delete = delete.table_name(&self.names.directory);
            let delete = delete.key("pk", s(&key)).key("sk", sk);
            delete.send().await.map_err(unavailable(SERVICE))?;
        }
        Ok(())
    }
}

impl Screening for Aws {
    fn practises(&self) -> bool {
        self.names.practice_screening
    }

    async fn lists(&self) -> Result<Vec<SanctionsList>, Unavailable> {
        let mut lists = self.list_heads().await?;
        for list in &mut lists {
            if let Some(loaded) = &list.loaded {
                list.names = self.names_of(&list.id, loaded).await?;
            }
        }
        Ok(lists)
    }

    async fn list_heads(&self) -> Result<Vec<SanctionsList>, Unavailable> {
        read(self.sanctions_items(KEY, LISTS_MAX).await?)
    }

    async fn put_list(&self, list: &SanctionsList) -> Result<(), Unavailable> {
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        let put = put
            .set_item(Some(to_item(list, &[("pk", KEY), ("sk", &list.id)])))
            .condition_expression("attribute_not_exists(pk) OR asOf < :asOf");
        let put = put.expression_attribute_values(":asOf", s(&list.as_of));
        written(put.send().await).map(drop)
    }

    async fn load_list(&self, list: &SanctionsList, loaded: &Loaded) -> Result<Write, Unavailable> {
        let heads = self.list_heads().await?;
        let before = heads.into_iter().find(|known| known.id == list.id);
        if before
            .as_ref()
            .is_some_and(|known| known.as_of > list.as_of)
        {
            return Ok(Write::Conflict);
        }
        let before = before.and_then(|known| known.loaded);
        let key = part_key(&list.id, loaded);
        for (at, part) in parts(&list.names).iter().enumerate() {
            let sk = format!("{at:05}");
            let item = to_item(part, &[("pk", &key), ("sk", &sk)]);
            self.put_sanctions_item(item).await?;
        }
        // Noted before it counts.
        let head = SanctionsList {
            names: Vec::new(),
            loaded: Some(loaded.clone()),
            ..list.clone()
        };
        let noted = format!("{}#{}", loaded.at, list.id);
        self.put_sanctions_item(to_item(&head, &[("pk", LOADED), ("sk", &noted)]))
            .await?;
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        let put = put
            .set_item(Some(to_item(&head, &[("pk", KEY), ("sk", &list.id)])))
            .condition_expression("attribute_not_exists(pk) OR asOf <= :asOf")
            .expression_attribute_values(":asOf", s(&list.as_of))
            .return_values(ReturnValue::AllOld);
        let answer = put.send().await;
        // Another may have been loaded since it was read.
        let replaced = answer
            .as_ref()
            .ok()
            .and_then(|done| done.attributes.clone());
        let replaced: Vec<SanctionsList> = read(replaced.into_iter().collect())?;
        let replaced = replaced.into_iter().find_map(|head| head.loaded);
        let done = written(answer)?;
        let gone = match done {
            Write::Done => replaced.or(before).filter(|gone| gone != loaded),
            // One of a later date was loaded meanwhile: nobody reads these.
            Write::Conflict => Some(loaded.clone()),
        };
        if let Some(gone) = gone {
            self.forget_names(&list.id, &gone).await?;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;

    #[tokio::test]
    async fn of_two_lists_that_are_loaded_at_once_one_is_left_and_whole() {
        let house = House::new().await;
        let d = &*house.aws;
        let list = |name: &str| SanctionsList {
            id: "UN-SC".to_owned(),
            threshold: 90,
            names: vec![name.to_owned()],
            as_of: "2026-11-20".to_owned(),
            ..SanctionsList::default()
        };
        let loaded = |digest: &str| Loaded {
            by: "p-ruth-amsler".to_owned(),
            at: "2026-11-20T10:00:00.000Z".to_owned(),
            count: 1,
            digest: digest.to_owned(),
        };
        let (one, other) = (list("Somebody"), list("Somebody Else"));
        let (first, second) = (loaded("1"), loaded("2"));
        let both = tokio::join!(d.load_list(&one, &first), d.load_list(&other, &second));
        assert_eq!(
            (both.0.unwrap(), both.1.unwrap()),
            (Write::Done, Write::Done)
        );
        let mut left = 0;
        for loaded in [&first, &second] {
            let key = part_key("UN-SC", loaded);
            left += d.sanctions_items(&key, PARTS_MAX).await.unwrap().len();
        }
        assert_eq!(left, 1);
        let lists = d.lists().await.unwrap();
        let known = lists.iter().find(|list| list.id == "UN-SC").unwrap();
        assert_eq!(known.names.len(), 1);
    }

    #[test]
    fn names_go_into_parts_that_fit_an_item_and_none_is_lost() {
        assert!(parts(&[]).is_empty());
        let names: Vec<String> = (0..30_000)
            .map(|at| format!("A listed name {at}"))
            .collect();
        let parts = parts(&names);
        assert!(parts.len() > 1);
        for part in &parts {
            let bytes: usize = part.names.iter().map(|name| name.len() + 4).sum();
            assert!(bytes <= PART_BYTES);
        }
        let back: Vec<String> = parts.into_iter().flat_map(|part| part.names).collect();
        assert_eq!(back, names);
    }
}
