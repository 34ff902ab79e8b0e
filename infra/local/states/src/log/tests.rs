//! Backpressure: who waits for room, and when there is some.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::writer::{CROWDED_BYTES, MAX_WAITING};
use super::{Disk, Drive, Guard, Hand, Log, LogFailed, MAX_FRAME_BYTES, Reader};
use crate::caught::caught;

/// A log that is written when the test says so, in a folder that goes with it.
struct Slow {
    log: Log,
    _folder: tempfile::TempDir,
    dir: PathBuf,
}

fn slow() -> Slow {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("log");
    std::fs::create_dir(&dir).expect("a folder in it");
    let drive = Drive::Hand(Hand {
        seed: 0,
        reads_first: true,
    });
    Slow {
        log: Log::open(Arc::new(Disk), &dir, 1, 0, drive).expect("a log"),
        _folder: folder,
        dir,
    }
}

impl Slow {
    fn crowd(&self) {
        let piece = vec![7; CROWDED_BYTES / 16];
        for _ in 0..17 {
            self.log.append(&piece, None).expect("appended");
        }
        assert!(self.log.is_crowded());
    }
}

fn poll(future: std::pin::Pin<&mut impl Future<Output = ()>>) -> Poll<()> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn there_is_room_until_too_much_waits_and_again_when_it_is_written() {
    let slow = slow();
    assert_eq!(
        poll(pin!(slow.log.room())),
        Poll::Ready(()),
        "nothing waits"
    );
    slow.crowd();
    let (mut one, mut other) = (pin!(slow.log.room()), pin!(slow.log.room()));
    assert_eq!(poll(one.as_mut()), Poll::Pending);
    assert_eq!(poll(other.as_mut()), Poll::Pending);
    assert!(slow.log.pump());
    assert_eq!(poll(one), Poll::Ready(()), "all who wait are told");
    assert_eq!(poll(other), Poll::Ready(()));
}

#[test]
fn whoever_finds_it_crowded_again_waits_on() {
    let slow = slow();
    slow.crowd();
    let mut room = pin!(slow.log.room());
    assert_eq!(poll(room.as_mut()), Poll::Pending);
    assert!(slow.log.pump());
    slow.crowd();
    assert_eq!(poll(room.as_mut()), Poll::Pending, "others were first");
    assert!(slow.log.pump());
    assert_eq!(poll(room), Poll::Ready(()));
}

#[test]
fn answers_that_wait_for_one_sync_crowd_it_as_well() {
    let slow = slow();
    slow.log.append(b"one", None).expect("appended");
    for _ in 0..=MAX_WAITING {
        slow.log.barrier(Box::new(|_| {}));
    }
    assert!(slow.log.is_crowded());
    let mut room = pin!(slow.log.room());
    assert_eq!(poll(room.as_mut()), Poll::Pending);
    assert!(slow.log.pump());
    assert_eq!(poll(room), Poll::Ready(()));
}

#[test]
fn nobody_waits_for_room_in_a_log_that_failed_or_stopped() {
    let failed = slow();
    failed.crowd();
    // The next segment cannot be made.
    std::fs::remove_dir_all(&failed.dir).expect("removed");
    failed.log.rotate();
    assert!(failed.log.append(b"lost", None).is_ok(), "not known yet");
    assert!(failed.log.pump());
    assert!(failed.log.append(b"refused", None).is_err());
    assert_eq!(poll(pin!(failed.log.room())), Poll::Ready(()));

    let stopped = slow();
    stopped.crowd();
    stopped.log.stop();
    assert_eq!(poll(pin!(stopped.log.room())), Poll::Ready(()));
    assert!(Path::new(&stopped.dir).exists());
}

#[test]
fn what_no_start_would_read_is_refused_and_the_next_one_is_taken() {
    let slow = slow();
    let long = vec![7; MAX_FRAME_BYTES as usize + 1];
    assert_eq!(slow.log.append(&long, None), Err(LogFailed::TooLong));
    let longest = slow.log.append(&long[1..], None).expect("it fits");
    assert!(slow.log.pump());
    let reader = Reader::new(Arc::new(Disk), &slow.dir);
    assert!(reader.read(longest).expect("it is there") == long[1..]);
}

#[test]
fn a_log_that_was_given_up_takes_nothing_more() {
    let slow = slow();
    slow.log.give_up();
    assert_eq!(slow.log.append(b"one", None), Err(LogFailed::Broken));
    assert_eq!(slow.log.wait_durable(), Err(LogFailed::Broken));
}

#[test]
fn a_panic_before_something_is_recorded_gives_the_log_up() {
    let slow = slow();
    drop(Guard(&slow.log));
    slow.log.append(b"one", None).expect("nothing panicked");
    let panicked: Result<(), _> = caught(|| {
        let _guard = Guard(&slow.log);
        panic!("between a change and its record");
    });
    assert!(panicked.is_err());
    assert_eq!(slow.log.append(b"two", None), Err(LogFailed::Broken));
}
