//! Rows of one kind, and which of them changed since the store was last told.

use super::Change;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// What a table holds.
pub trait Row: Serialize + DeserializeOwned {
    /// Name of the table in the store.
    const KIND: &'static str;

    /// Its key there.
    fn key(&self) -> String;
}

/// Rows by key.
#[derive(Debug, Clone)]
pub struct Table<T> {
    rows: BTreeMap<String, T>,
    changed: BTreeSet<String>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            changed: BTreeSet::new(),
        }
    }
}

impl<T: Row> Table<T> {
    /// The row of this key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(key)
    }

    /// The row of this key, to be changed.
    pub fn edit(&mut self, key: &str) -> Option<&mut T> {
        let row = self.rows.get_mut(key)?;
        self.changed.insert(key.to_owned());
        Some(row)
    }

    /// Adds or replaces.
    pub fn put(&mut self, row: T) {
        let key = row.key();
        self.changed.insert(key.clone());
        self.rows.insert(key, row);
    }

    /// Takes away.
    pub fn remove(&mut self, key: &str) -> Option<T> {
        let row = self.rows.remove(key)?;
        self.changed.insert(key.to_owned());
        Some(row)
    }

    /// All, by key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first by key.
    pub fn first(&self) -> Option<&T> {
        self.rows.values().next()
    }

    /// Rows as the store has them.
    pub(super) fn load(&mut self, bodies: &[String]) -> Result<(), serde_json::Error> {
        for body in bodies {
            let row: T = serde_json::from_str(body)?;
            self.rows.insert(row.key(), row);
        }
        Ok(())
    }

    /// What the store is to be told; nothing is changed afterwards.
    pub(super) fn drain(&mut self, out: &mut Vec<Change>) {
        for key in std::mem::take(&mut self.changed) {
            let body = self
                .rows
                .get(&key)
                .map(|row| serde_json::to_string(row).expect("rows are maps of plain values"));
            out.push(Change::Row {
                kind: T::KIND,
                key,
                body,
            });
        }
    }
}
