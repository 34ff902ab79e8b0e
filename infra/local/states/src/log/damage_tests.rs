//! What a flipped bit is taken for: damage to something acknowledged, or the torn end of the last write.

use std::any::Any;
use std::io::Result;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};

use super::{
    Append, Disk, Drive, FRAME_HEADER_BYTES, Files, Found, Hand, Log, Owner, Position, ReadAt,
    scan_segment, segment_path,
};

/// A disk that writes when the test says so: each write waits once when it begins, and once before it goes on.
#[derive(Debug)]
struct Held(Arc<Barrier>);

struct HeldFile {
    file: Box<dyn Append>,
    held: Arc<Barrier>,
}

impl Files for Held {
    fn make_dir(&self, dir: &Path) -> Result<bool> {
        Disk.make_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> Result<()> {
        Disk.sync_dir(dir)
    }

    fn lock(&self, dir: &Path) -> Result<Option<Box<dyn Any + Send>>> {
        Disk.lock(dir)
    }

    fn names(&self, dir: &Path) -> Result<Vec<String>> {
        Disk.names(dir)
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        Disk.read(path)
    }

    fn open(&self, path: &Path) -> Result<Arc<dyn ReadAt>> {
        Disk.open(path)
    }

    fn append(&self, path: &Path, len: u64) -> Result<Box<dyn Append>> {
        Ok(Box::new(HeldFile {
            file: Disk.append(path, len)?,
            held: Arc::clone(&self.0),
        }))
    }

    fn replace(&self, path: &Path, parts: &mut dyn Iterator<Item = Vec<u8>>) -> Result<()> {
        Disk.replace(path, parts)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        Disk.remove(path)
    }
}

impl Append for HeldFile {
    fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        self.held.wait();
        self.held.wait();
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> Result<()> {
        self.file.sync()
    }

    fn finish(&mut self) -> Result<()> {
        self.file.finish()
    }
}

/// A log in a folder that goes with it.
struct Written {
    log: Log,
    _folder: tempfile::TempDir,
    dir: PathBuf,
}

impl Written {
    fn on(files: Arc<dyn Files>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().to_owned();
        let drive = Drive::Hand(Hand {
            seed: 0,
            reads_first: true,
        });
        Self {
            log: Log::open(files, &dir, 1, 0, drive).expect("a log"),
            _folder: folder,
            dir,
        }
    }

    fn queue(&self, owner: u64, payload: &[u8]) -> Position {
        let queued = self.log.append_of(Owner(owner), payload, None);
        queued.expect("queued")
    }

    /// What a start finds in the last segment, once a bit of the frame there has flipped.
    fn flipped(&self, at: Position) -> Vec<String> {
        let path = segment_path(&self.dir, at.segment());
        let mut bytes = std::fs::read(&path).expect("a segment");
        bytes[at.offset() as usize + FRAME_HEADER_BYTES] ^= 1;
        std::fs::write(&path, bytes).expect("written");
        let mut told = Vec::new();
        let scan = scan_segment(&Disk, &self.dir, at.segment(), true, |_, found| {
            told.push(match found {
                Found::Frame(payload) => String::from_utf8_lossy(payload).into_owned(),
                Found::Damage { owner, .. } => format!("damage of {}", owner.0),
                Found::Emptied => "emptied".to_owned(),
            });
        });
        if scan.expect("it is read").torn_bytes > 0 {
            told.push("torn".to_owned());
        }
        told
    }
}

/// Of two acknowledged writes, of which the second was queued while the first was under way: what is found when a bit of one flips.
fn queued_meanwhile(which: usize) -> Vec<String> {
    let held = Arc::new(Barrier::new(2));
    let it = Written::on(Arc::new(Held(Arc::clone(&held))));
    let write = |meanwhile: &mut dyn FnMut()| {
        std::thread::scope(|scope| {
            let writes = scope.spawn(|| it.log.pump());
            held.wait();
            meanwhile();
            held.wait();
            assert!(writes.join().expect("no panic"), "there was something");
        });
    };
    let mut places = vec![it.queue(7, b"one")];
    write(&mut || {
        places.push(it.queue(8, b"two"));
        places.push(it.queue(9, b"three"));
    });
    write(&mut || ());
    it.flipped(places[which])
}

#[test]
fn the_last_write_but_one_is_not_taken_for_torn_although_the_last_one_was_queued_during_it() {
    assert_eq!(queued_meanwhile(0), ["damage of 7", "two", "three"]);
}

#[test]
fn only_the_last_write_is_taken_for_torn() {
    assert_eq!(queued_meanwhile(1), ["one", "torn"]);
    assert_eq!(queued_meanwhile(2), ["one", "two", "torn"]);
}

#[test]
fn the_first_write_of_a_segment_is_not_taken_for_torn_either() {
    let it = Written::on(Arc::new(Disk));
    it.queue(7, b"one");
    it.log.rotate();
    let two = it.queue(8, b"two");
    assert!(it.log.pump());
    it.queue(9, b"three");
    assert!(it.log.pump());
    assert_eq!(two.segment(), 2);
    assert_eq!(it.flipped(two), ["damage of 8", "three"]);
}
