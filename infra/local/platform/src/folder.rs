//! The data folder: everything that this platform remembers, and nothing outside of it.
//!
//! `lock` is held by the system while the platform lives, so that it frees itself after a SIGKILL;
//! `format.json` says which version wrote the data.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::fail::StartError;

/// The newest format of the data folder that this program reads, and the one it writes.
pub const FORMAT: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Format {
    version: u64,
}

/// The data folder, locked while this value lives.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is not there, locks it and checks its format.
    pub fn open(root: &Path) -> Result<Self, StartError> {
        create_private(root).map_err(|source| unwritable(root, source))?;
        let root = root
            .canonicalize()
            .map_err(|source| unwritable(root, source))?;
        let lock = lock(&root)?;
        check_format(&root)?;
        let folder = Self { root, _lock: lock };
        for part in [
            "dynamodb", "states", "voice", "meetings", "buckets", "streams", "carrier", "mail",
            "run",
        ] {
            let path = folder.root.join(part);
            create_private(&path).map_err(|source| unwritable(&path, source))?;
        }
        Ok(folder)
    }

    /// The whole folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file or folder in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The key that signs access tokens: 32 random bytes in base64, made at first start.
    pub fn token_key(&self) -> Result<String, StartError> {
        self.secret("token-key")
    }

    /// A secret of this folder, by the file it is kept in: 32 random bytes in base64, made at first start.
    pub fn secret(&self, file: &str) -> Result<String, StartError> {
        let path = self.path(file);
        match fs::read_to_string(&path) {
            Ok(key) => Ok(key.trim().to_owned()),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                let key = STANDARD.encode(rand::random::<[u8; 32]>());
                write_private(&path, key.as_bytes()).map_err(|source| unwritable(&path, source))?;
                Ok(key)
            }
            Err(source) => Err(unwritable(&path, source)),
        }
    }
}

/// Writes a file that only its owner reads, whole or not at all.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

fn unwritable(path: &Path, source: io::Error) -> StartError {
    StartError::Unwritable {
        path: path.to_owned(),
        source,
    }
}

fn lock(root: &Path) -> Result<File, StartError> {
    let path = root.join("lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|source| unwritable(&path, source))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let known = file.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
            let pid = if known {
                pid.trim().to_owned()
            } else {
                "unknown".to_owned()
            };
            return Err(StartError::InUse {
                path: root.to_owned(),
                pid,
            });
        }
        Err(TryLockError::Error(source)) => return Err(unwritable(&path, source)),
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{}", std::process::id()))
        .and_then(|()| file.flush());
    written.map_err(|source| unwritable(&path, source))?;
    Ok(file)
}

fn check_format(root: &Path) -> Result<(), StartError> {
    let path = root.join("format.json");
    let found = match fs::read(&path) {
        Ok(text) => serde_json::from_slice::<Format>(&text).map_err(|wrong| {
            unwritable(&path, io::Error::new(io::ErrorKind::InvalidData, wrong))
        })?,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
            let text = serde_json::to_vec(&Format { version: FORMAT }).unwrap_or_default();
            return write_private(&path, &text).map_err(|source| unwritable(&path, source));
        }
        Err(source) => return Err(unwritable(&path, source)),
    };
    if found.version > FORMAT {
        return Err(StartError::NewerFormat {
            path: root.to_owned(),
            found: found.version,
            known: FORMAT,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::TestFolder;

    #[test]
    fn a_folder_in_use_names_the_process_that_holds_it() {
        let place = TestFolder::new();
        let first = Folder::open(place.path()).expect("first");
        let refused = Folder::open(place.path()).expect_err("second");
        assert!(
            refused
                .to_string()
                .contains(&format!("(process {})", std::process::id())),
            "{refused}"
        );
        assert_eq!(refused.exit_code(), 5);
        drop(first);
        Folder::open(place.path()).expect("free again");
    }

    #[test]
    fn data_of_a_newer_program_is_left_alone() {
        let place = TestFolder::new();
        drop(Folder::open(place.path()).expect("first"));
        fs::write(place.path().join("format.json"), r#"{"version":2}"#).expect("write");
        let refused = Folder::open(place.path()).expect_err("newer");
        assert!(
            refused
                .to_string()
                .contains("has format 2, this strowger reads up to 1"),
            "{refused}"
        );
        assert_eq!(refused.exit_code(), 6);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let place = TestFolder::new();
        let file = place.path().join("file");
        fs::write(&file, "").expect("write");
        let refused = Folder::open(&file.join("data")).expect_err("below a file");
        assert_eq!(refused.exit_code(), 4);
        assert!(refused.to_string().contains("--data"), "{refused}");
    }

    #[test]
    fn the_token_key_stays_and_is_private() {
        let place = TestFolder::new();
        let folder = Folder::open(place.path()).expect("open");
        let key = folder.token_key().expect("key");
        assert_eq!(folder.token_key().expect("again"), key);
        assert_eq!(STANDARD.decode(&key).expect("base64").len(), 32);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path("token-key"))
                .expect("metadata")
                .permissions()
                .mode();
            assert_eq!(mode & 0o077, 0);
        }
    }
}
