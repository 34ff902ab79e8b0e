//! A disk in memory that forgets, tears, fills up, fails and flips.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::log::{Append, Files, ReadAt, are_frames};

/// The disk; what survives a process.
#[derive(Debug, Clone)]
pub(super) struct SimDisk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    files: BTreeMap<PathBuf, SimFile>,
    /// Folders, and whether each is durable by name. The root is not among them.
    folders: BTreeMap<PathBuf, bool>,
    /// Folders of somebody else's: they are passed through, and not opened.
    foreign: BTreeSet<PathBuf>,
    /// Which process is using it: a handle of a dead one does nothing.
    life: u64,
    locked: bool,
    faults: Faults,
    chance: SmallRng,
    /// What was done with it and around it, in order.
    trace: Vec<u64>,
}

#[derive(Debug, Default, Clone)]
struct SimFile {
    bytes: Vec<u8>,
    /// So many of them are durable.
    synced: usize,
    /// It grows, and is longer than what was written.
    grows: bool,
}

/// Bytes before the first frame of a snapshot.
const SNAPSHOT_HEADER_BYTES: usize = 16;
/// A file that grows is found longer than what was written by less than this.
const MOST_AHEAD_BYTES: usize = 4_096;

/// What goes wrong from now on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    /// Nothing more fits.
    pub(super) full: bool,
    /// The next sync fails.
    pub(super) sync_fails: bool,
    /// The next read of a part of a file fails or comes up short.
    pub(super) read_fails: bool,
}

impl SimDisk {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            files: BTreeMap::new(),
            folders: BTreeMap::new(),
            foreign: BTreeSet::new(),
            life: 0,
            locked: false,
            faults: Faults::default(),
            chance: SmallRng::seed_from_u64(seed ^ 0xd15c),
            trace: Vec::new(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was written, synced, removed and noted, in order.
    pub(super) fn trace(&self) -> Vec<u64> {
        self.state().trace.clone()
    }

    /// Something that belongs between what was written before and after.
    pub(super) fn note(&self, what: &str) {
        self.state().note("noted", Path::new(""), what.as_bytes());
    }

    /// This folder is somebody else's from now on.
    pub(super) fn give_away(&self, dir: &Path) {
        self.state().foreign.insert(dir.to_owned());
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// The process is gone. Of what was not synced, a part is there: as it was written, with a hole, or garbled. A folder whose
    /// name was not is gone, with all that is in it.
    pub(super) fn crash(&self) {
        let mut state = self.state();
        let State {
            files,
            folders,
            foreign: _,
            chance,
            life,
            locked,
            faults,
            trace: _,
        } = &mut *state;
        *life += 1;
        *locked = false;
        *faults = Faults::default();
        let loose = folders.iter().filter(|(_, durable)| !**durable);
        let gone: Vec<PathBuf> = loose.map(|(folder, _)| folder.clone()).collect();
        let is_there = |path: &Path| !gone.iter().any(|folder| path.starts_with(folder));
        folders.retain(|folder, _| is_there(folder));
        files.retain(|path, _| is_there(path));
        for file in files.values_mut() {
            let loose = file.bytes.len() - file.synced;
            let left = chance.random_range(0..=loose);
            file.bytes.truncate(file.synced + left);
            if left > 0 && chance.random_bool(0.4) {
                let from = file.synced + chance.random_range(0..left);
                let to = (from + chance.random_range(1..=512)).min(file.bytes.len());
                let garbled = chance.random_bool(0.5);
                for byte in &mut file.bytes[from..to] {
                    *byte = if garbled { chance.random() } else { 0 };
                }
            }
            if std::mem::take(&mut file.grows) {
                let ahead = file.bytes.len() + chance.random_range(0..MOST_AHEAD_BYTES);
                file.bytes.resize(ahead, 0);
            }
            file.synced = file.bytes.len();
        }
    }

    /// Flips one bit of a file, at an offset that `place` allows. Gives file and offset.
    pub(super) fn flip(
        &self,
        place: impl Fn(&Path, &[u8]) -> Option<(usize, usize)>,
    ) -> Option<(PathBuf, usize)> {
        let mut state = self.state();
        let State { files, chance, .. } = &mut *state;
        let places: Vec<(PathBuf, usize, usize)> = files
            .iter()
            .filter_map(|(path, file)| {
                let (from, to) = place(path, &file.bytes)?;
                (from < to).then(|| (path.clone(), from, to))
            })
            .collect();
        if places.is_empty() {
            return None;
        }
        let (path, from, to) = places[chance.random_range(0..places.len())].clone();
        let at = chance.random_range(from..to);
        let bit = chance.random_range(0..8);
        files.get_mut(&path)?.bytes[at] ^= 1 << bit;
        Some((path, at))
    }
}

impl Files for SimDisk {
    fn make_dir(&self, dir: &Path) -> Result<bool> {
        let mut state = self.state();
        let is_root = |folder: &Path| folder.parent().is_none();
        let above = dir.parent().unwrap_or(dir);
        if !is_root(above) && !state.folders.contains_key(above) {
            return Err(ErrorKind::NotFound.into());
        }
        if is_root(dir) || state.folders.contains_key(dir) {
            return Ok(false);
        }
        state.folders.insert(dir.to_owned(), false);
        Ok(true)
    }

    fn sync_dir(&self, dir: &Path) -> Result<()> {
        let mut state = self.state();
        if state.foreign.contains(dir) {
            return Err(ErrorKind::PermissionDenied.into());
        }
        for (folder, durable) in &mut state.folders {
            *durable |= folder.parent() == Some(dir);
        }
        Ok(())
    }

    fn lock(&self, _: &Path) -> Result<Option<Box<dyn Any + Send>>> {
        let mut state = self.state();
        if state.locked {
            return Ok(None);
        }
        state.locked = true;
        Ok(Some(Box::new(())))
    }

    fn names(&self, dir: &Path) -> Result<Vec<String>> {
        let state = self.state();
        let below = state.files.keys().filter(|path| path.parent() == Some(dir));
        Ok(below
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .collect())
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let mut state = self.state();
        state.read_fault()?;
        let file = state.files.get(path);
        Ok(file.ok_or(ErrorKind::NotFound)?.bytes.clone())
    }

    fn open(&self, path: &Path) -> Result<Arc<dyn ReadAt>> {
        if !self.state().files.contains_key(path) {
            return Err(ErrorKind::NotFound.into());
        }
        Ok(Arc::new(Handle::new(self, path)))
    }

    fn append(&self, path: &Path, len: u64) -> Result<Box<dyn Append>> {
        let mut state = self.state();
        if state.faults.full && !state.files.contains_key(path) {
            return Err(ErrorKind::StorageFull.into());
        }
        let file = state.files.entry(path.to_owned()).or_default();
        file.bytes.resize(len as usize, 0);
        file.synced = file.bytes.len();
        file.grows = true;
        drop(state);
        Ok(Box::new(Handle::new(self, path)))
    }

    fn replace(&self, path: &Path, parts: &mut dyn Iterator<Item = Vec<u8>>) -> Result<()> {
        let bytes: Vec<u8> = parts.flatten().collect();
        if path.file_name().is_some_and(|name| name == "snapshot") {
            let frames = bytes.get(SNAPSHOT_HEADER_BYTES..);
            assert!(frames.is_some_and(are_frames), "it will not be read");
        }
        let mut state = self.state();
        state.note("replaced", path, &bytes);
        if state.faults.full {
            return Err(ErrorKind::StorageFull.into());
        }
        let synced = bytes.len();
        state.files.insert(
            path.to_owned(),
            SimFile {
                bytes,
                synced,
                grows: false,
            },
        );
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<()> {
        let mut state = self.state();
        state.note("removed", path, &[]);
        let gone = state.files.remove(path);
        gone.map(|_| ()).ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl State {
    fn note(&mut self, what: &str, path: &Path, bytes: &[u8]) {
        let mut hasher = DefaultHasher::new();
        (what, path, bytes).hash(&mut hasher);
        self.trace.push(hasher.finish());
    }

    fn read_fault(&mut self) -> Result<()> {
        if std::mem::take(&mut self.faults.read_fails) {
            return Err(Error::other("the disk did not answer"));
        }
        Ok(())
    }
}

/// An open file of one process.
#[derive(Debug)]
struct Handle {
    disk: SimDisk,
    path: PathBuf,
    life: u64,
}

impl Handle {
    fn new(disk: &SimDisk, path: &Path) -> Self {
        Self {
            disk: disk.clone(),
            path: path.to_owned(),
            life: disk.state().life,
        }
    }
}

impl ReadAt for Handle {
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        let mut state = self.disk.state();
        if std::mem::take(&mut state.faults.read_fails) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let file = state.files.get(&self.path).ok_or(ErrorKind::NotFound)?;
        let from = offset as usize;
        let found = file.bytes.get(from..from + bytes.len());
        bytes.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl Append for Handle {
    fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        assert!(are_frames(bytes), "it will not be read");
        let mut state = self.disk.state();
        state.note("written", &self.path, bytes);
        let State {
            files,
            chance,
            life,
            faults,
            ..
        } = &mut *state;
        if *life != self.life {
            return Err(Error::other("this process is dead"));
        }
        let file = files.get_mut(&self.path).ok_or(ErrorKind::NotFound)?;
        if faults.full {
            let fits = chance.random_range(0..=bytes.len());
            file.bytes.extend_from_slice(&bytes[..fits]);
            return Err(ErrorKind::StorageFull.into());
        }
        file.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        let mut state = self.disk.state();
        state.note("synced", &self.path, &[]);
        if state.life != self.life {
            return Err(Error::other("this process is dead"));
        }
        if std::mem::take(&mut state.faults.sync_fails) {
            return Err(Error::other("the sync failed"));
        }
        let file = state.files.get_mut(&self.path).ok_or(ErrorKind::NotFound)?;
        file.synced = file.bytes.len();
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.sync()?;
        let mut state = self.disk.state();
        let file = state.files.get_mut(&self.path);
        file.ok_or(ErrorKind::NotFound)?.grows = false;
        Ok(())
    }
}
