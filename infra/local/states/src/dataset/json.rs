//! JSON, JSON lines, and the JSON of an inventory report. Nothing is parsed into a tree: items are pieces of the text.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Gathered, LoadError};
use crate::core::items::{Items, push_compact};
use crate::core::map_run::NOT_ITERABLE;
use crate::json::Json;

/// The array or object that a pointer leads to, at most `most` of its items (0: all).
pub(super) fn collection(text: &str, pointer: Option<&str>, most: u32) -> Result<Json, LoadError> {
    let mut found: &RawValue = serde_json::from_str(text)
        .map_err(|error| LoadError::content(format!("The object is not JSON: {error}")))?;
    for token in pointer.unwrap_or("").split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        found = step(found, &token).ok_or_else(|| {
            LoadError::content(format!(
                "The ItemsPointer '{}' leads to nothing in the object",
                pointer.unwrap_or("")
            ))
        })?;
    }
    let json = Json::trusted(found.get());
    let items = Items::of(&json).map_err(|_| LoadError::content(NOT_ITERABLE))?;
    if most == 0 || items.len() <= most {
        return Ok(json);
    }
    Ok(Json::trusted(format!("[{}]", items.slice(0, most))))
}

fn step<'a>(value: &'a RawValue, token: &str) -> Option<&'a RawValue> {
    if value.get().starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
        return elements.get(token.parse::<usize>().ok()?).copied();
    }
    let members: HashMap<String, &RawValue> = serde_json::from_str(value.get()).ok()?;
    members.get(token).copied()
}

/// Adds the value of every line that is not empty.
pub(super) fn lines(text: &str, gathered: &mut Gathered) -> Result<(), LoadError> {
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if gathered.is_full() {
            return Ok(());
        }
        let value: &RawValue = serde_json::from_str(line).map_err(|error| {
            LoadError::content(format!("Line {} is not JSON: {error}", number + 1))
        })?;
        let mut item = String::with_capacity(line.len());
        push_compact(&mut item, value.get());
        gathered.push(&item)?;
    }
    Ok(())
}

/// `manifest.json` of an inventory report. Source: S3 user guide, "Inventory manifest".
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Inventory {
    #[serde(rename = "destinationBucket")]
    pub(super) bucket: String,
    file_format: String,
    file_schema: String,
    pub(super) files: Vec<InventoryFile>,
}

/// One of its files.
#[derive(Debug, Deserialize)]
pub(super) struct InventoryFile {
    pub(super) key: String,
}

impl Inventory {
    /// The columns of its files.
    pub(super) fn columns(&self) -> Vec<String> {
        let columns = self.file_schema.split(',');
        columns.map(|column| column.trim().to_owned()).collect()
    }
}

/// Reads the manifest of an inventory report.
pub(super) fn inventory(text: &str) -> Result<Inventory, LoadError> {
    let mut inventory: Inventory = serde_json::from_str(text).map_err(|error| {
        LoadError::content(format!("The object is not an inventory manifest: {error}"))
    })?;
    if inventory.file_format != "CSV" {
        return Err(LoadError::content(format!(
            "The inventory's files are {}: only CSV is supported",
            inventory.file_format
        )));
    }
    if let Some(name) = inventory.bucket.rsplit(':').next() {
        inventory.bucket = name.to_owned();
    }
    Ok(inventory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_to_the_items_and_members_keep_their_order() {
        let text = r#"{ "z": { "a/b": [ { "y": 1, "x": 2 }, 3 ] } }"#;
        let found = collection(text, Some("/z/a~1b"), 1).unwrap();
        assert_eq!(found.as_str(), r#"[{"y":1,"x":2}]"#);
        assert!(collection(text, Some("/z/none"), 0).is_err());
        assert_eq!(
            collection("5", None, 0).unwrap_err().to_string(),
            NOT_ITERABLE
        );
    }

    #[test]
    fn lines_are_values_and_a_bad_one_is_named() {
        let mut gathered = Gathered::new(0);
        lines("{\"a\": 1}\n\n 2 \n", &mut gathered).unwrap();
        assert_eq!(gathered.done().items.as_str(), "[{\"a\":1},2]");
        let error = lines("1\n{", &mut Gathered::new(0)).unwrap_err();
        assert!(
            error.to_string().starts_with("Line 2 is not JSON"),
            "{error}"
        );
    }
}
