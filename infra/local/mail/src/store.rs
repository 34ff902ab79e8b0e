//! The folder of mails: two files each, written aside, synced and renamed.

use crate::request::Mail;
use jiff::Timestamp;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Most mails that are kept, the newest.
pub const MAX_KEPT: usize = 5_000;

/// Why a mail cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what was written.
    #[error("{path}: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { path, source }
}

/// The folder.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    /// One writer at a time, so that the oldest are dropped once.
    writing: Mutex<()>,
}

impl Store {
    /// Opens the folder; made when it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn open(dir: PathBuf) -> Result<Self, StoreError> {
        std::fs::create_dir_all(&dir).map_err(at(&dir))?;
        Ok(Self {
            dir,
            writing: Mutex::new(()),
        })
    }

    /// A new id: ids sort by time.
    pub fn new_id(now: Timestamp) -> String {
        let random = uuid::Uuid::new_v4().simple().to_string();
        format!("{:013}-{random}", now.as_millisecond())
    }

    /// Keeps a mail; it is on disk when this returns.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn keep(&self, mail: &Mail, eml: &[u8]) -> Result<(), StoreError> {
        let _one = self
            .writing
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        self.write(&format!("{}.eml", mail.id), eml)?;
        let name = format!("{}.json", mail.id);
        let json = serde_json::to_vec_pretty(mail).map_err(|source| StoreError::Malformed {
            path: self.dir.join(&name),
            source,
        })?;
        // The list is made of these: a mail is there when both files are.
        self.write(&name, &json)?;
        let ids = self.ids()?;
        for old in ids.iter().take(ids.len().saturating_sub(MAX_KEPT)) {
            for kind in ["json", "eml"] {
                let path = self.dir.join(format!("{old}.{kind}"));
                std::fs::remove_file(&path).map_err(at(&path))?;
            }
        }
        Ok(())
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), StoreError> {
        use std::os::unix::fs::OpenOptionsExt;
        let path = self.dir.join(name);
        let beside = self.dir.join(format!("{name}.part"));
        // Mails hold tokens: nobody else reads them.
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)
            .map_err(at(&beside))?;
        file.write_all(content).map_err(at(&beside))?;
        file.sync_all().map_err(at(&beside))?;
        std::fs::rename(&beside, &path).map_err(at(&path))
    }

    /// Ids of all mails, the oldest first.
    fn ids(&self) -> Result<Vec<String>, StoreError> {
        let mut ids = Vec::new();
        for entry in std::fs::read_dir(&self.dir).map_err(at(&self.dir))? {
            let name = entry.map_err(at(&self.dir))?.file_name();
            if let Some(id) = name.to_str().and_then(|name| name.strip_suffix(".json")) {
                ids.push(id.to_owned());
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// The newest mails, the newest first; `to` narrows to those that go to this address.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn newest(&self, to: Option<&str>, limit: usize) -> Result<Vec<Mail>, StoreError> {
        let mut found = Vec::new();
        for id in self.ids()?.iter().rev() {
            if found.len() >= limit {
                break;
            }
            let Some(mail) = self.get(id)? else { continue };
            let fits = |wanted: &str| {
                mail.to.iter().any(|text| {
                    let bare = text.trim_end_matches('>');
                    bare.rsplit('<')
                        .next()
                        .unwrap_or(bare)
                        .eq_ignore_ascii_case(wanted)
                })
            };
            if to.is_none_or(fits) {
                found.push(mail);
            }
        }
        Ok(found)
    }

    /// A mail by its id.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn get(&self, id: &str) -> Result<Option<Mail>, StoreError> {
        let Some((path, bytes)) = self.read(id, "json")? else {
            return Ok(None);
        };
        let mail = serde_json::from_slice(&bytes);
        mail.map(Some)
            .map_err(|source| StoreError::Malformed { path, source })
    }

    /// A mail's file as a mail program reads it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn eml(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(id, "eml")?.map(|(_, bytes)| bytes))
    }

    fn read(&self, id: &str, kind: &str) -> Result<Option<(PathBuf, Vec<u8>)>, StoreError> {
        let ours = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !ours {
            return Ok(None);
        }
        let path = self.dir.join(format!("{id}.{kind}"));
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some((path, bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { path, source }),
        }
    }
}
