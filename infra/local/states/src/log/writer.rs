//! Group commit: callers queue frames, one thread writes and syncs what has gathered, then tells all who wait.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::Notify;

use super::files::{Append, Files};
use super::frame::{self, FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES};
use super::{LogError, MAX_FRAME_BYTES, Owner, Position, SEGMENT_BYTES, segment_path};

/// Done when a frame is durable, or when it is known that it will not be.
pub(crate) type After = Box<dyn FnOnce(Result<(), LogFailed>) + Send>;

/// Why something is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogFailed {
    /// A write or sync failed. What the disk holds is unknown from here on, so nothing more is accepted.
    #[error("the log cannot be written")]
    Broken,
    /// It is longer than [`MAX_FRAME_BYTES`]: no start would read it. Nothing has been queued.
    #[error("what is to be recorded is longer than a frame of the log may be")]
    TooLong,
}

/// Who writes what is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drive {
    /// A thread of its own.
    Thread,
    /// Whoever calls [`Log::pump`]: for simulations.
    #[cfg(test)]
    Hand(Hand),
}

/// How an engine is driven by hand.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hand {
    /// Says how late what blocks is done.
    pub(crate) seed: u64,
    /// What has closed before the start is read in by the start, not once the engine serves.
    pub(crate) reads_first: bool,
}

/// Most bytes that wait for a sync. Above it requests are refused, and answers of calls, timers and children of map runs
/// wait in [`Log::room`] before they step anything. Who has passed that check appends one step more: so the queue is
/// bounded by this and a step for each request and call under way, whose numbers have limits of their own.
pub(super) const CROWDED_BYTES: usize = 32 * 1_048_576;
/// Most answers that wait for one sync.
pub(super) const MAX_WAITING: usize = 100_000;

/// The log, open for appending.
pub(crate) struct Log {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Where it is driven by hand.
    disk: Mutex<Option<Disk>>,
}

struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    emptied: Notify,
}

struct Queue {
    chunks: Vec<Chunk>,
    bytes: usize,
    afters: Vec<After>,
    /// Where the next frame goes.
    segment: u32,
    offset: u32,
    /// What was queued before is being written and synced.
    writing: bool,
    /// The thread waits to be woken. Waking costs a system call whether it waits or not.
    asleep: bool,
    failed: bool,
    stopping: bool,
}

/// Bytes for one segment. The header of a new one is not among them.
struct Chunk {
    segment: u32,
    bytes: Vec<u8>,
}

impl Log {
    /// Goes on behind the last whole frame of `segment` (`end` 0: a new segment).
    pub(crate) fn open(
        files: Arc<dyn Files>,
        dir: &Path,
        segment: u32,
        end: u32,
        drive: Drive,
    ) -> Result<Self, LogError> {
        let path = segment_path(dir, segment);
        let file = match end {
            0 => new_segment(&*files, dir, segment),
            end => files.append(&path, u64::from(end)),
        };
        let offset = end.max(SEGMENT_HEADER_BYTES as u32);
        let mut disk = Disk {
            files,
            dir: dir.to_owned(),
            file: file.map_err(LogError::io(&path))?,
            segment,
            end: offset,
            synced: offset,
        };
        disk.file.sync().map_err(LogError::io(&path))?;
        let queue = Queue {
            chunks: Vec::new(),
            bytes: 0,
            afters: Vec::new(),
            segment,
            offset,
            writing: false,
            asleep: false,
            failed: false,
            stopping: false,
        };
        let shared = Arc::new(Shared {
            queue: Mutex::new(queue),
            filled: Condvar::new(),
            emptied: Notify::new(),
        });
        let by_hand = match drive {
            Drive::Thread => false,
            #[cfg(test)]
            Drive::Hand(_) => true,
        };
        if by_hand {
            return Ok(Self {
                shared,
                thread: Mutex::new(None),
                disk: Mutex::new(Some(disk)),
            });
        }
        let thread = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("states-log".into())
                .spawn(move || shared.run(disk))
        };
        let thread = thread.map_err(LogError::io(&path))?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
            disk: Mutex::new(None),
        })
    }

    /// Where it is driven by hand: writes and syncs what is queued, once. Says whether there was anything.
    pub(crate) fn pump(&self) -> bool {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(disk) = disk.as_mut() else {
            return false;
        };
        let queue = self.shared.lock();
        if queue.is_empty() {
            return false;
        }
        self.shared.round(disk, queue);
        true
    }

    /// Queues a frame that concerns no execution in particular.
    pub(crate) fn append(
        &self,
        payload: &[u8],
        after: Option<After>,
    ) -> Result<Position, LogFailed> {
        self.append_of(Owner::NOBODY, payload, after)
    }

    /// Queues a frame and says where it will be. `after` runs on the log's thread once it is durable: it must be quick.
    pub(crate) fn append_of(
        &self,
        owner: Owner,
        payload: &[u8],
        after: Option<After>,
    ) -> Result<Position, LogFailed> {
        if payload.len() > MAX_FRAME_BYTES as usize {
            let (execution, bytes) = (owner.0, payload.len());
            tracing::error!(execution, bytes, "longer than a frame of the log may be");
            return Err(LogFailed::TooLong);
        }
        let mut queue = self.shared.lock();
        if queue.failed || queue.stopping {
            return Err(LogFailed::Broken);
        }
        if queue.offset >= SEGMENT_BYTES {
            queue.next_segment();
        }
        let position = Position::new(queue.segment, queue.offset);
        let segment = queue.segment;
        if queue
            .chunks
            .last()
            .is_none_or(|chunk| chunk.segment != segment)
        {
            queue.chunks.push(Chunk {
                segment,
                bytes: Vec::new(),
            });
        }
        if let Some(chunk) = queue.chunks.last_mut() {
            frame::push(&mut chunk.bytes, owner, payload);
        }
        let len = FRAME_HEADER_BYTES + payload.len();
        queue.bytes += len;
        queue.offset += len as u32;
        queue.afters.extend(after);
        self.shared.wake(queue);
        Ok(position)
    }

    /// Accepts nothing more: something has happened that cannot be told.
    pub(crate) fn give_up(&self) {
        self.shared.lock().failed = true;
    }

    /// Waits until everything appended so far is durable. Blocks its thread.
    pub(crate) fn wait_durable(&self) -> Result<(), LogFailed> {
        let (tell, told) = std::sync::mpsc::channel();
        self.barrier(Box::new(move |outcome| {
            let _gone = tell.send(outcome);
        }));
        self.pump();
        told.recv().unwrap_or(Err(LogFailed::Broken))
    }

    /// Is so much queued that nothing more should be taken on before the disk has caught up?
    pub(crate) fn is_crowded(&self) -> bool {
        self.shared.lock().is_crowded()
    }

    /// Resolves once the log is not crowded; at once if it has failed, for then nothing is queued.
    pub(crate) async fn room(&self) {
        loop {
            let mut emptied = std::pin::pin!(self.shared.emptied.notified());
            emptied.as_mut().enable();
            {
                let queue = self.shared.lock();
                if !queue.is_crowded() || queue.failed || queue.stopping {
                    return;
                }
            }
            emptied.await;
        }
    }

    /// Runs `after` once everything appended so far is durable; at once if it already is.
    pub(crate) fn barrier(&self, after: After) {
        let mut queue = self.shared.lock();
        let failed = queue.failed || queue.stopping;
        if !failed && queue.is_empty() && !queue.writing {
            drop(queue);
            after(Ok(()));
            return;
        }
        if !failed {
            queue.afters.push(after);
            self.shared.wake(queue);
            return;
        }
        drop(queue);
        after(Err(LogFailed::Broken));
    }

    /// Closes the current segment and gives its number: what has been appended so far is in it or before it.
    pub(crate) fn rotate(&self) -> u32 {
        let mut queue = self.shared.lock();
        let closed = queue.segment;
        queue.next_segment();
        self.shared.wake(queue);
        closed
    }

    /// The segment that is being written.
    pub(crate) fn segment(&self) -> u32 {
        self.shared.lock().segment
    }

    /// Writes what is queued and ends the thread.
    pub(crate) fn stop(&self) {
        let mut queue = self.shared.lock();
        queue.stopping = true;
        self.shared.wake(queue);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            let _ended = thread.join();
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.afters.is_empty()
    }

    fn is_crowded(&self) -> bool {
        self.bytes > CROWDED_BYTES || self.afters.len() > MAX_WAITING
    }

    fn next_segment(&mut self) {
        self.segment += 1;
        self.offset = SEGMENT_HEADER_BYTES as u32;
        self.chunks.push(Chunk {
            segment: self.segment,
            bytes: Vec::new(),
        });
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread, if it sleeps.
    fn wake(&self, mut queue: MutexGuard<'_, Queue>) {
        let asleep = std::mem::take(&mut queue.asleep);
        drop(queue);
        if asleep {
            self.filled.notify_one();
        }
    }

    fn run(&self, mut disk: Disk) {
        loop {
            let mut queue = self.lock();
            while queue.is_empty() && !queue.stopping {
                queue.asleep = true;
                queue = self
                    .filled
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            queue.asleep = false;
            if queue.is_empty() {
                let failed = queue.failed;
                drop(queue);
                if !failed && let Err(error) = disk.file.finish() {
                    tracing::warn!(%error, "the end of the log could not be cut to its length");
                }
                return;
            }
            self.round(&mut disk, queue);
        }
    }

    /// Writes and syncs what has gathered, and tells all who wait for it.
    fn round(&self, disk: &mut Disk, mut queue: MutexGuard<'_, Queue>) {
        let mut chunks = std::mem::take(&mut queue.chunks);
        let afters = std::mem::take(&mut queue.afters);
        let failed = queue.failed;
        queue.bytes = 0;
        queue.writing = true;
        drop(queue);
        self.emptied.notify_waiters();
        let outcome = if failed {
            Err(LogFailed::Broken)
        } else {
            self.commit(disk, &mut chunks)
        };
        self.lock().writing = false;
        for after in afters {
            after(outcome);
        }
    }

    fn commit(&self, disk: &mut Disk, chunks: &mut [Chunk]) -> Result<(), LogFailed> {
        disk.write(chunks).map_err(|error| {
            tracing::error!(%error, segment = disk.segment, "the log cannot be written; nothing more is accepted");
            self.lock().failed = true;
            LogFailed::Broken
        })
    }
}

/// Makes a segment. It gets its name once its header is durable: so one without a header is damaged, whatever crash it was.
fn new_segment(files: &dyn Files, dir: &Path, segment: u32) -> std::io::Result<Box<dyn Append>> {
    let path = segment_path(dir, segment);
    let header = frame::segment_header(segment);
    files.replace(&path, &mut std::iter::once(header.to_vec()))?;
    files.append(&path, header.len() as u64)
}

struct Disk {
    files: Arc<dyn Files>,
    dir: PathBuf,
    file: Box<dyn Append>,
    segment: u32,
    /// Where the next frame goes in it.
    end: u32,
    /// Up to where it is durable.
    synced: u32,
}

impl Disk {
    /// Each frame says what is durable when it is written, not when it was queued: so what one sync covered is not taken for torn
    /// once anything was written behind it, however much was queued meanwhile.
    fn write(&mut self, chunks: &mut [Chunk]) -> std::io::Result<()> {
        if chunks.is_empty() {
            return Ok(());
        }
        for chunk in chunks {
            if chunk.segment != self.segment {
                self.file.finish()?;
                self.file = new_segment(&*self.files, &self.dir, chunk.segment)?;
                self.segment = chunk.segment;
                self.end = SEGMENT_HEADER_BYTES as u32;
                self.synced = self.end;
            }
            frame::stamp(&mut chunk.bytes, self.synced);
            self.file.write_all(&chunk.bytes)?;
            self.end += chunk.bytes.len() as u32;
        }
        self.file.sync()?;
        self.synced = self.end;
        Ok(())
    }
}
