//! The file of [`Record`]s: one JSON line each, appended, with a header line that names the format.
//!
//! One thread writes. It takes whatever records wait, writes them in one go, syncs once and answers them all, so
//! that many requests share one sync. Records nobody waits for (who is present) are written and not synced: they
//! survive the process, not the machine. A last line without its end is what a crash in the middle of a write
//! leaves; it was never answered and is cut off.

use super::{Book, Record};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use tokio::sync::oneshot;

/// The format this program writes. Older ones it reads, newer ones it refuses.
pub(crate) const FORMAT: u32 = 1;

/// File in the data folder.
const FILE: &str = "meetings.jsonl";
/// Its next version, until it is whole.
const NEXT: &str = "meetings.jsonl.next";
/// Held while a process uses the folder.
const LOCK: &str = "meetings.lock";
/// Records that may wait to be written.
const MAX_WAITING: usize = 4_096;
/// The file is rewritten when this much was appended.
const REWRITE_AFTER_BYTES: u64 = 8 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Header {
    strowger_meetings: u32,
}

/// Why the file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder open.
    #[error("{path} is in use by another process")]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// A newer program wrote it.
    #[error("{path} has format {found}; this program knows formats up to {FORMAT}")]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// A line in the middle is not a record.
    #[error("{path}, line {line}: not a record of meetings")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

enum Command {
    Append {
        record: Record,
        done: Option<oneshot::Sender<()>>,
    },
    Sync {
        done: oneshot::Sender<()>,
    },
    Rewrite {
        records: Vec<Record>,
    },
    Stop {
        done: oneshot::Sender<()>,
    },
}

/// The writer's handle.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    commands: mpsc::SyncSender<Command>,
    wants_rewrite: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Journal {
    /// Reads the book in `dir`, writes it anew without what is past, and starts the writer.
    ///
    /// # Errors
    /// See [`OpenError`]. Nothing was changed then.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Book), OpenError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::Io { path, source }
        };
        std::fs::create_dir_all(dir).map_err(io(dir))?;
        let lock_path = dir.join(LOCK);
        let lock = File::create(&lock_path).map_err(io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { path: lock_path }),
            Err(TryLockError::Error(source)) => {
                return Err(OpenError::Io {
                    path: lock_path,
                    source,
                });
            }
        }
        let book = read(&dir.join(FILE))?;
        let file = rewrite(dir, &book.records()).map_err(io(&dir.join(NEXT)))?;
        let (commands, inbox) = mpsc::sync_channel(MAX_WAITING);
        let wants_rewrite = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let writer = Writer {
            dir: dir.to_owned(),
            file,
            appended: 0,
            wants_rewrite: wants_rewrite.clone(),
            _lock: lock,
        };
        std::thread::Builder::new()
            .name("meetings-journal".to_owned())
            .spawn(move || writer.run(&inbox))
            .map_err(io(dir))?;
        Ok((
            Self {
                commands,
                wants_rewrite,
            },
            book,
        ))
    }

    /// Appends a record. Await the answer before telling anybody.
    #[must_use]
    pub(crate) fn append(&self, record: Record) -> oneshot::Receiver<()> {
        let (done, answer) = oneshot::channel();
        // When the writer is gone, `done` is dropped and the answer says so.
        let _ = self.commands.send(Command::Append {
            record,
            done: Some(done),
        });
        answer
    }

    /// Appends a record nobody waits for.
    pub(crate) fn note(&self, record: Record) {
        let _ = self.commands.send(Command::Append { record, done: None });
    }

    /// Answers when everything appended so far is safe.
    #[must_use]
    pub(crate) fn settled(&self) -> oneshot::Receiver<()> {
        let (done, answer) = oneshot::channel();
        let _ = self.commands.send(Command::Sync { done });
        answer
    }

    /// True when the file has grown so that [`Journal::rewrite`] is due.
    #[must_use]
    pub(crate) fn wants_rewrite(&self) -> bool {
        self.wants_rewrite
            .swap(false, std::sync::atomic::Ordering::Relaxed)
    }

    /// Replaces the file by these records: the book as it is after everything that was appended before.
    pub(crate) fn rewrite(&self, records: Vec<Record>) {
        let _ = self.commands.send(Command::Rewrite { records });
    }

    /// Writes and syncs what waits, and stops the writer.
    pub(crate) async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.commands.send(Command::Stop { done }).is_ok() {
            let _ = stopped.await;
        }
    }
}

struct Writer {
    dir: PathBuf,
    file: File,
    appended: u64,
    wants_rewrite: std::sync::Arc<std::sync::atomic::AtomicBool>,
    /// Released when the writer ends.
    _lock: File,
}

impl Writer {
    fn run(mut self, inbox: &mpsc::Receiver<Command>) {
        while let Ok(first) = inbox.recv() {
            let (mut lines, mut waiting, mut stop) = (Vec::new(), Vec::new(), None);
            let mut next = Some(first);
            while let Some(command) = next {
                match command {
                    Command::Append { record, done } => {
                        // Records are plain data: writing them as JSON cannot fail.
                        if serde_json::to_writer(&mut lines, &record).is_ok() {
                            lines.push(b'\n');
                            waiting.extend(done);
                        }
                    }
                    Command::Sync { done } => waiting.push(done),
                    Command::Rewrite { records } => {
                        // It holds what `lines` holds, too.
                        lines.clear();
                        match rewrite(&self.dir, &records) {
                            Ok(file) => {
                                self.file = file;
                                self.appended = 0;
                            }
                            Err(error) => {
                                return tracing::error!(%error, "the journal of meetings cannot be rewritten");
                            }
                        }
                    }
                    Command::Stop { done } => stop = Some(done),
                }
                next = if stop.is_some() {
                    None
                } else {
                    inbox.try_recv().ok()
                };
            }
            let sync = !waiting.is_empty() || stop.is_some();
            if let Err(error) = self.write(&lines, sync) {
                // Dropping `waiting` tells those who wait; the closed channel tells those who come.
                return tracing::error!(%error, "the journal of meetings cannot be written");
            }
            for done in waiting {
                let _ = done.send(());
            }
            if let Some(done) = stop {
                drop(self);
                let _ = done.send(());
                return;
            }
        }
    }

    fn write(&mut self, lines: &[u8], sync: bool) -> io::Result<()> {
        self.file.write_all(lines)?;
        self.appended += lines.len() as u64;
        if self.appended > REWRITE_AFTER_BYTES {
            self.appended = 0;
            self.wants_rewrite
                .store(true, std::sync::atomic::Ordering::Relaxed);
        }
        if sync { self.file.sync_data() } else { Ok(()) }
    }
}

/// The book in the file; an empty one if there is no file.
fn read(path: &Path) -> Result<Book, OpenError> {
    let io = |source| OpenError::Io {
        path: path.to_owned(),
        source,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Book::default()),
        Err(error) => return Err(io(error)),
    };
    let mut reader = BufReader::new(file);
    let mut book = Book::default();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        reader.read_until(b'\n', &mut line).map_err(io)?;
        if line.pop_if(|last| *last == b'\n').is_none() {
            // The end, or a line that a crash cut short.
            break;
        }
        let corrupt = |source| OpenError::Corrupt {
            path: path.to_owned(),
            line: number,
            source,
        };
        if number == 1 {
            let header: Header = serde_json::from_slice(&line).map_err(corrupt)?;
            if header.strowger_meetings > FORMAT {
                return Err(OpenError::NewerFormat {
                    path: path.to_owned(),
                    found: header.strowger_meetings,
                });
            }
        } else {
            book.apply(serde_json::from_slice(&line).map_err(corrupt)?);
        }
    }
    Ok(book)
}

/// Writes a whole new file and puts it in place of the old one. Returns it, open at its end.
fn rewrite(dir: &Path, records: &[Record]) -> io::Result<File> {
    let next = dir.join(NEXT);
    let mut text = serde_json::to_vec(&Header {
        strowger_meetings: FORMAT,
    })?;
    text.push(b'\n');
    for record in records {
        serde_json::to_writer(&mut text, record)?;
        text.push(b'\n');
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // It holds join tokens.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&next)?;
    file.write_all(&text)?;
    file.sync_all()?;
    std::fs::rename(&next, dir.join(FILE))?;
    File::open(dir)?.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::{attendee, meeting};
    use super::*;

    fn a_record() -> Record {
        Record::Created {
            meeting: Box::new(meeting("request-1")),
            last_stream_id: 0,
        }
    }

    #[tokio::test]
    async fn what_was_answered_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let (journal, book) = Journal::open(dir.path()).unwrap();
        assert!(book.is_empty());
        let mut expected = Book::default();
        let created = a_record();
        let id = match &created {
            Record::Created { meeting, .. } => meeting.id.clone(),
            _ => unreachable!(),
        };
        let attendees = Record::Attendees {
            meeting: id,
            attendees: vec![attendee("a")],
        };
        for record in [created, attendees] {
            expected.apply(record.clone());
            journal.append(record).await.unwrap();
        }
        // A crash: no stop, but the lock goes with the process, so take the file elsewhere.
        let other = tempfile::tempdir().unwrap();
        std::fs::copy(dir.path().join(FILE), other.path().join(FILE)).unwrap();
        let (_journal, again) = Journal::open(other.path()).unwrap();
        assert_eq!(again, expected);
    }

    #[tokio::test]
    async fn a_line_cut_short_by_a_crash_is_left_out_and_the_rest_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open(dir.path()).unwrap();
        journal.append(a_record()).await.unwrap();
        journal.stop().await;
        let path = dir.path().join(FILE);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"record\":\"ended\",\"meet").unwrap();
        let (journal, book) = Journal::open(dir.path()).unwrap();
        assert_eq!(book.len(), 1);
        journal.stop().await;
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("}\n"));
    }

    #[tokio::test]
    async fn a_newer_format_a_broken_line_and_a_second_process_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        std::fs::write(&path, "{\"strowger_meetings\":2}\n").unwrap();
        assert!(matches!(
            Journal::open(dir.path()),
            Err(OpenError::NewerFormat { found: 2, .. })
        ));
        std::fs::write(&path, "{\"strowger_meetings\":1}\nnonsense\n").unwrap();
        assert!(matches!(
            Journal::open(dir.path()),
            Err(OpenError::Corrupt { line: 2, .. })
        ));
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "{\"strowger_meetings\":1}\nnonsense\n"
        );
        std::fs::write(&path, "{\"strowger_meetings\":1}\n").unwrap();
        let (journal, _) = Journal::open(dir.path()).unwrap();
        assert!(matches!(
            Journal::open(dir.path()),
            Err(OpenError::InUse { .. })
        ));
        journal.stop().await;
        assert!(Journal::open(dir.path()).is_ok());
    }

    #[tokio::test]
    async fn a_rewrite_keeps_the_order_with_what_comes_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let (journal, mut book) = Journal::open(dir.path()).unwrap();
        for n in 0..50 {
            let record = Record::Created {
                meeting: Box::new(meeting(&format!("request-{n}"))),
                last_stream_id: 0,
            };
            book.apply(record.clone());
            journal.note(record);
            if n % 10 == 5 {
                journal.rewrite(book.records());
            }
        }
        journal.stop().await;
        let (_journal, again) = Journal::open(dir.path()).unwrap();
        assert_eq!(again, book);
    }
}
