//! The desk's file: one SQLite database, a row for each row of the desk. A transaction for each step, on the disk
//! before the step is answered.

use crate::core::world::World;
use crate::core::{Change, Settings, State};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;
use std::sync::Arc;

/// Version of the file that is written.
const FORMAT: i64 = 1;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refuses.
    #[error("carrier.db: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A row is not what it should be.
    #[error("carrier.db: a row cannot be read: {0}")]
    Row(#[from] serde_json::Error),
    /// A newer version of this program wrote it.
    #[error("carrier.db has format {0}; this version reads up to 1")]
    Newer(i64),
}

/// The file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        connection.execute_batch("PRAGMA synchronous = FULL;")?;
        let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if format > FORMAT {
            return Err(StoreError::Newer(format));
        }
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS rows (kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS blobs (id TEXT PRIMARY KEY, bytes BLOB NOT NULL);
             CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value BLOB NOT NULL);",
        )?;
        connection.pragma_update(None, "user_version", FORMAT)?;
        Ok(Self { connection })
    }

    /// The desk as it was left.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn load(&self, settings: Settings, world: Arc<World>) -> Result<State, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT body FROM rows WHERE kind = ?1 ORDER BY key")?;
        State::load(settings, world, |kind| {
            let bodies = statement.query_map([kind], |row| row.get(0))?;
            Ok(bodies.collect::<Result<Vec<String>, _>>()?)
        })
    }

    /// Writes what a step changed, whole or not at all.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn write(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        for change in changes {
            match change {
                Change::Row {
                    kind,
                    key,
                    body: Some(body),
                } => {
                    transaction
                        .prepare_cached("INSERT INTO rows VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET body = ?3")?
                        .execute(params![kind, key, body])?;
                }
                Change::Row {
                    kind,
                    key,
                    body: None,
                } => {
                    transaction
                        .prepare_cached("DELETE FROM rows WHERE kind = ?1 AND key = ?2")?
                        .execute(params![kind, key])?;
                }
                Change::Blob {
                    id,
                    bytes: Some(bytes),
                } => {
                    transaction.execute(
                        "INSERT OR REPLACE INTO blobs VALUES (?1, ?2)",
                        params![id, bytes],
                    )?;
                }
                Change::Blob { id, bytes: None } => {
                    transaction.execute("DELETE FROM blobs WHERE id = ?1", [id])?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    /// A document's bytes.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn blob(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found =
            self.connection
                .query_row("SELECT bytes FROM blobs WHERE id = ?1", [id], |row| {
                    row.get(0)
                });
        Ok(found.optional()?)
    }

    /// The secret that signs notices; made at the first start.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn secret(&self) -> Result<[u8; 32], StoreError> {
        let fresh: [u8; 32] = rand::random();
        self.connection.execute(
            "INSERT OR IGNORE INTO settings VALUES ('secret', ?1)",
            [fresh],
        )?;
        Ok(self.connection.query_row(
            "SELECT value FROM settings WHERE name = 'secret'",
            [],
            |row| row.get(0),
        )?)
    }
}

/// Settings for tests of the store alone.
#[cfg(test)]
pub(crate) fn plain_settings() -> Settings {
    Settings {
        scale: crate::core::time::Scale::new(1).expect("in range"),
        patience_s: 0,
        webhook_url: None,
        seed: 7,
        faults: crate::core::event::Faults::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Input;
    use crate::core::reservation::NewReservation;
    use crate::core::time::At;

    #[test]
    fn a_desk_comes_back_as_it_was_left() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("carrier.db");
        let world = Arc::new(World::practice());
        let mut store = Store::open(&path).expect("opens");
        let secret = store.secret().expect("a secret");
        let mut state = store.load(plain_settings(), world.clone()).expect("loads");
        let wanted = NewReservation {
            numbers: vec!["+41445551000".to_owned()],
            customer_reference: None,
        };
        state.step(Input::Reserve(wanted), At(1000)).expect("free");
        store.write(&state.take_changes()).expect("writes");
        drop(store);
        let store = Store::open(&path).expect("opens again");
        let again = store.load(plain_settings(), world).expect("loads again");
        assert_eq!(again.reservations.len(), 1);
        assert_eq!(again.hands.len(), 1);
        assert_eq!(again.next_wake(), state.next_wake());
        assert_eq!(store.secret().expect("a secret"), secret);
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("carrier.db");
        Store::open(&path)
            .expect("opens")
            .connection
            .pragma_update(None, "user_version", 9)
            .expect("set");
        assert!(matches!(Store::open(&path), Err(StoreError::Newer(9))));
    }
}
