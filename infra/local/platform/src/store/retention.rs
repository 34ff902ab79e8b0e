//! Stream records are kept for a day, as DynamoDB keeps them, and found by an index.
//!
//! The engine keeps them for ever and searches them from the first on every write, so a second connection to
//! the same file adds what is missing. Source: DynamoDB developer guide, "DynamoDB Streams", 24 hours.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;

const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How many records one statement deletes, so that writers wait briefly.
const CHUNK: u32 = 500;

pub(super) struct Retention(Mutex<Connection>);

impl Retention {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.execute_batch(
            "CREATE INDEX IF NOT EXISTS strowger_stream_order
               ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
             CREATE INDEX IF NOT EXISTS strowger_stream_age ON _stream_records (created_at);",
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Puts what was written on the disk, without making writers wait.
    pub(super) fn sync(&self) -> rusqlite::Result<()> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
    }

    /// Deletes the records that are older than a day.
    pub(super) fn forget_old_records(&self) -> rusqlite::Result<()> {
        let oldest = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .saturating_sub(KEPT)
            .as_secs();
        let oldest = i64::try_from(oldest).unwrap_or(i64::MAX);
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let deleted = connection.execute(
                "DELETE FROM _stream_records WHERE rowid IN
                   (SELECT rowid FROM _stream_records WHERE created_at < ?1 LIMIT ?2)",
                (oldest, CHUNK),
            )?;
            if deleted == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::TestFolder;

    #[test]
    fn the_index_serves_the_engines_own_questions() {
        let place = TestFolder::new();
        let path = place.path().join("db");
        let database = dynoxide::Database::new(&path.to_string_lossy()).expect("database");
        let retention = Retention::open(&path).expect("retention");
        let connection = retention.0.lock().expect("lock");
        for question in [
            "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = 'c'",
            "SELECT keys_json FROM _stream_records WHERE table_name = 'c' AND shard_id = 's'
             AND CAST(sequence_number AS INTEGER) > 5 ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT 9",
        ] {
            let plan: Vec<String> = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {question}"))
                .expect("plan")
                .query_map([], |row| row.get(3))
                .expect("rows")
                .collect::<Result<_, _>>()
                .expect("plan");
            assert!(plan.iter().any(|step| step.contains("strowger_stream_order")), "{plan:?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
        }
        drop(database);
    }

    #[test]
    fn a_record_is_forgotten_after_a_day() {
        let place = TestFolder::new();
        let path = place.path().join("db");
        let _database = dynoxide::Database::new(&path.to_string_lossy()).expect("database");
        let retention = Retention::open(&path).expect("retention");
        let insert = |sequence: u32, age_s: i64| {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .expect("now")
                .as_secs() as i64;
            let connection = retention.0.lock().expect("lock");
            connection
                .execute(
                    "INSERT INTO _stream_records (table_name, event_name, keys_json, sequence_number, shard_id, created_at)
                     VALUES ('c', 'INSERT', '{}', ?1, 's', ?2)",
                    (sequence.to_string(), now - age_s),
                )
                .expect("insert");
        };
        (0..600).for_each(|n| insert(n, 24 * 60 * 60 + 5));
        insert(600, 60);
        retention.forget_old_records().expect("forget");
        let connection = retention.0.lock().expect("lock");
        let left: Vec<String> = connection
            .prepare("SELECT sequence_number FROM _stream_records")
            .expect("select")
            .query_map([], |row| row.get(0))
            .expect("rows")
            .collect::<Result<_, _>>()
            .expect("rows");
        assert_eq!(left, ["600"]);
    }
}
