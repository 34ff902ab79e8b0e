//! The files that log and snapshot live in, as a port: a folder of the file system, or a simulated disk with faults.

use std::any::Any;
use std::fmt::Debug;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Result, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// What the engine asks of a file system.
pub(crate) trait Files: Debug + Send + Sync {
    /// Makes a folder, unless it is there; says whether it did. The one above it must be there, and its name is durable once that
    /// one is synced.
    fn make_dir(&self, dir: &Path) -> Result<bool>;
    /// Makes the names in a folder durable.
    fn sync_dir(&self, dir: &Path) -> Result<()>;
    /// Keeps others out of a folder as long as what is given lives; `None` if someone else is in it.
    fn lock(&self, dir: &Path) -> Result<Option<Box<dyn Any + Send>>>;
    /// The names in a folder.
    fn names(&self, dir: &Path) -> Result<Vec<String>>;
    /// All of a file.
    fn read(&self, path: &Path) -> Result<Vec<u8>>;
    /// A file, to read parts of.
    fn open(&self, path: &Path) -> Result<Arc<dyn ReadAt>>;
    /// A file that grows from its first `len` bytes on; what was behind them is gone. Made if need be; durable by name.
    fn append(&self, path: &Path, len: u64) -> Result<Box<dyn Append>>;
    /// Replaces a file: the old or the new one is there afterwards, whole and durable, whatever happens.
    fn replace(&self, path: &Path, parts: &mut dyn Iterator<Item = Vec<u8>>) -> Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> Result<()>;
}

/// A file to read parts of.
pub(crate) trait ReadAt: Debug + Send + Sync {
    /// Fills `bytes` from `offset` on.
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> Result<()>;
}

/// A file that grows.
pub(crate) trait Append: Send {
    /// Writes behind what is there.
    fn write_all(&mut self, bytes: &[u8]) -> Result<()>;
    /// Makes what was written durable.
    fn sync(&mut self) -> Result<()>;
    /// Nothing more is written: makes it durable, and the file ends behind what was written.
    fn finish(&mut self) -> Result<()>;
}

/// Makes a folder and those above it, durable by name: a file is not there after a crash if its folder is not.
pub(crate) fn make_dirs(files: &dyn Files, dir: &Path) -> Result<()> {
    let above = folder_of(dir);
    let made = match files.make_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound && above != dir => {
            make_dirs(files, above)?;
            files.make_dir(dir)?
        }
        made => made?,
    };
    // One that is there too: whoever made it may have died before this.
    match files.sync_dir(above) {
        // Unless it is in a folder that is not ours to open: then we have not made it.
        Err(error) if error.kind() == ErrorKind::PermissionDenied && !made => Ok(()),
        synced => synced,
    }
}

/// The folder that a name is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => path,
    }
}

/// A growing file is made longer by so much at a time, in bytes: a sync that need not record a new length is several times
/// quicker. So behind what was written there can be zeros, until it is finished.
const AHEAD_BYTES: u64 = 4 * 1_048_576;

/// The file system.
#[derive(Debug)]
pub(crate) struct Disk;

impl Files for Disk {
    fn make_dir(&self, dir: &Path) -> Result<bool> {
        match std::fs::create_dir(dir) {
            Err(_) if dir.is_dir() => Ok(false),
            made => made.map(|()| true),
        }
    }

    fn sync_dir(&self, dir: &Path) -> Result<()> {
        File::open(dir)?.sync_all()
    }

    fn lock(&self, dir: &Path) -> Result<Option<Box<dyn Any + Send>>> {
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(dir.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn names(&self, dir: &Path) -> Result<Vec<String>> {
        std::fs::read_dir(dir)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn open(&self, path: &Path) -> Result<Arc<dyn ReadAt>> {
        Ok(Arc::new(File::open(path)?))
    }

    fn append(&self, path: &Path, len: u64) -> Result<Box<dyn Append>> {
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(path)?;
        file.set_len(len)?;
        file.seek(SeekFrom::End(0))?;
        file.sync_all()?;
        self.sync_dir(folder_of(path))?;
        Ok(Box::new(Growing {
            file,
            written: len,
            len,
        }))
    }

    fn replace(&self, path: &Path, parts: &mut dyn Iterator<Item = Vec<u8>>) -> Result<()> {
        let new = path.with_extension("new");
        let mut file = File::create(&new)?;
        for part in parts {
            Write::write_all(&mut file, &part)?;
        }
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        self.sync_dir(folder_of(path))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        std::fs::remove_file(path)
    }
}

impl ReadAt for File {
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        FileExt::read_exact_at(self, bytes, offset)
    }
}

/// A file that grows, and is longer than what was written.
#[derive(Debug)]
struct Growing {
    file: File,
    written: u64,
    len: u64,
}

impl Append for Growing {
    fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.written + bytes.len() as u64;
        if written > self.len {
            self.len = written.next_multiple_of(AHEAD_BYTES);
            self.file.set_len(self.len)?;
        }
        self.file.write_all(bytes)?;
        self.written = written;
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.file.sync_data()
    }

    fn finish(&mut self) -> Result<()> {
        self.file.set_len(self.written)?;
        self.len = self.written;
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_with_those_above_it_and_may_be_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("a/b/log");
        for _ in 0..2 {
            make_dirs(&Disk, &dir).expect("made");
            assert!(dir.is_dir());
        }
        let file = folder.path().join("file");
        std::fs::write(&file, b"no folder").expect("written");
        make_dirs(&Disk, &file.join("log")).expect_err("it cannot be in a file");
        make_dirs(&Disk, Path::new("")).expect_err("it has no name");
    }

    #[test]
    fn a_name_without_a_folder_is_in_the_one_we_are_in() {
        for (path, above) in [("a/b", "a"), ("a", "."), ("/a", "/"), ("/", "/")] {
            assert_eq!(folder_of(Path::new(path)), Path::new(above), "{path}");
        }
    }
}
