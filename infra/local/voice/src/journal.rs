//! The journal of live calls: one JSON record per line, appended, flushed when a record must not be lost.

use crate::exchange::record::Record;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Version of the file that is written.
const FORMAT: u64 = 1;
/// Above this the journal is written anew, in bytes.
pub const COMPACT_BYTES: u64 = 16 * 1024 * 1024;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line other than the last one is damaged.
    #[error("{path}: line {line} is damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// A newer version of this program wrote it.
    #[error("{path} has format {found}; this version reads up to {FORMAT}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
}

/// The open file.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
}

/// Reads what an earlier run left; an absent file is empty. A torn last line is what a crash leaves, and is dropped.
///
/// # Errors
/// See [`JournalError`].
pub fn read(path: &Path) -> Result<Vec<Record>, JournalError> {
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(JournalError::Io {
                path: path.to_owned(),
                source,
            });
        }
    };
    let mut lines = text.split('\n').enumerate();
    let damaged = |line: usize| JournalError::Damaged {
        path: path.to_owned(),
        line: line + 1,
    };
    let Some((_, first)) = lines.next().filter(|(_, l)| !l.is_empty()) else {
        return Ok(Vec::new());
    };
    let head: Value = serde_json::from_str(first).map_err(|_| damaged(0))?;
    match head.get("format").and_then(Value::as_u64) {
        Some(found) if found > FORMAT => {
            return Err(JournalError::Newer {
                path: path.to_owned(),
                found,
            });
        }
        Some(_) => {}
        None => return Err(damaged(0)),
    }
    let last = text.matches('\n').count();
    let mut records = Vec::new();
    for (number, line) in lines.filter(|(_, l)| !l.is_empty()) {
        match serde_json::from_str(line) {
            Ok(record) => records.push(record),
            Err(_) if number == last => {}
            Err(_) => return Err(damaged(number)),
        }
    }
    Ok(records)
}

impl Journal {
    /// Begins a new file with these records, in place of the old one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path, records: &[Record]) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt;
        let part = path.with_extension("part");
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)?;
        let mut text = format!("{}\n", json!({ "format": FORMAT }));
        for record in records {
            line(&mut text, record);
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&part, path)?;
        if let Some(dir) = path.parent() {
            File::open(dir)?.sync_all()?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            length: text.len() as u64,
        })
    }

    /// Appends records in one write.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn append<'a>(&mut self, records: impl Iterator<Item = &'a Record>) -> io::Result<()> {
        let mut text = String::new();
        records.for_each(|record| line(&mut text, record));
        self.length += text.len() as u64;
        self.file.write_all(text.as_bytes())
    }

    /// A handle that flushes to disk.
    ///
    /// # Errors
    /// When there are no more file handles.
    pub fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Whether it should be written anew.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.length > COMPACT_BYTES
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn line(text: &mut String, record: &Record) {
    match serde_json::to_string(record) {
        Ok(one) => {
            text.push_str(&one);
            text.push('\n');
        }
        Err(error) => tracing::error!(%error, "a record cannot be written"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(id: &str) -> Record {
        Record::Over(id.to_owned())
    }

    #[test]
    fn what_was_appended_is_read_and_a_torn_end_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("calls.journal");
        assert!(read(&path).unwrap().is_empty());
        let mut journal = Journal::create(&path, &[over("a")]).unwrap();
        journal.append([over("b"), over("c")].iter()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..=whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            match read(&path) {
                Ok(records) => assert!([over("a"), over("b"), over("c")].starts_with(&records)),
                Err(JournalError::Damaged { line: 1, .. }) => {
                    assert!(length < 13, "only the first line is indispensable")
                }
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn damage_in_the_middle_and_newer_formats_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("calls.journal");
        std::fs::write(&path, "{\"format\":1}\nnonsense\n{\"over\":\"a\"}\n").unwrap();
        assert!(matches!(
            read(&path),
            Err(JournalError::Damaged { line: 2, .. })
        ));
        std::fs::write(&path, "{\"format\":9}\n").unwrap();
        assert!(matches!(
            read(&path),
            Err(JournalError::Newer { found: 9, .. })
        ));
    }
}
