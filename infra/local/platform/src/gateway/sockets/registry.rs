//! The open connections: whom to push to, and whom a killed platform still owes a `$disconnect`.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::event::Connection;

/// How many connections may be open at once.
const CONNECTION_LIMIT: usize = 5000;

/// How many messages may wait for one slow client before it is cut off; it then reconnects and reads anew.
const PUSH_LIMIT: usize = 256;

/// What the gateway sends a client.
#[derive(Debug)]
pub(super) enum Push {
    Text(Bytes),
    Close { code: u16, reason: &'static str },
}

/// The open connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    open: Mutex<HashMap<String, Open>>,
}

#[derive(Debug)]
struct Open {
    connection: Connection,
    push: mpsc::Sender<Push>,
    last_active: Timestamp,
}

/// There is no such connection (any more).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gone;

impl Connections {
    /// The connections of a run, noted in `dir` while they are open.
    pub fn open(dir: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&dir)?;
        Ok(Self(Arc::new(Inner {
            dir,
            open: Mutex::default(),
        })))
    }

    /// The connections of an earlier run whose end nobody was told.
    pub(super) fn left_behind(&self) -> Vec<Connection> {
        let Ok(files) = std::fs::read_dir(&self.0.dir) else {
            return Vec::new();
        };
        let read = |file: io::Result<std::fs::DirEntry>| {
            serde_json::from_slice::<Connection>(&std::fs::read(file.ok()?.path()).ok()?).ok()
        };
        files.filter_map(read).collect()
    }

    /// Notes a connection on disk, so that its end will be told whatever happens.
    pub(super) fn note(&self, connection: &Connection) -> io::Result<()> {
        if self.lock().len() >= CONNECTION_LIMIT {
            return Err(io::Error::other(format!(
                "more than {CONNECTION_LIMIT} connections"
            )));
        }
        std::fs::write(
            self.0.dir.join(&connection.id),
            serde_json::to_vec(connection)?,
        )
    }

    /// Its end was told.
    pub(super) fn forget(&self, id: &str) {
        let _ = std::fs::remove_file(self.0.dir.join(id));
    }

    /// From now on it can be pushed to.
    pub(super) fn add(&self, connection: Connection) -> mpsc::Receiver<Push> {
        let (push, pushes) = mpsc::channel(PUSH_LIMIT);
        let open = Open {
            connection: connection.clone(),
            push,
            last_active: Timestamp::now(),
        };
        self.lock().insert(connection.id, open);
        pushes
    }

    pub(super) fn remove(&self, id: &str) {
        self.lock().remove(id);
    }

    pub(super) fn is_open(&self, id: &str) -> bool {
        self.lock().contains_key(id)
    }

    pub(super) fn active(&self, id: &str) {
        if let Some(open) = self.lock().get_mut(id) {
            open.last_active = Timestamp::now();
        }
    }

    /// The connection and when it was last active.
    pub(super) fn describe(&self, id: &str) -> Result<(Connection, Timestamp), Gone> {
        self.lock()
            .get(id)
            .map(|open| (open.connection.clone(), open.last_active))
            .ok_or(Gone)
    }

    /// Puts a message on its way; a client that reads too slowly is cut off.
    pub(super) fn push(&self, id: &str, message: Push) -> Result<(), Gone> {
        let mut open = self.lock();
        let Some(found) = open.get_mut(id) else {
            return Err(Gone);
        };
        found.last_active = Timestamp::now();
        if found.push.try_send(message).is_err() {
            // Dropping the sender closes the connection.
            open.remove(id);
            return Err(Gone);
        }
        Ok(())
    }

    /// Closes all connections; their ends are told by their own tasks.
    pub fn close_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::TestFolder;
    use axum::http::HeaderMap;

    fn connection() -> Connection {
        Connection::new(&HeaderMap::new(), "127.0.0.1".to_owned(), Timestamp::now())
    }

    #[test]
    fn a_client_that_does_not_read_is_cut_off() {
        let place = TestFolder::new();
        let connections = Connections::open(place.path().to_owned()).expect("open");
        let slow = connection();
        let mut pushes = connections.add(slow.clone());
        for _ in 0..PUSH_LIMIT {
            connections
                .push(&slow.id, Push::Text(Bytes::new()))
                .expect("room");
        }
        assert_eq!(
            connections.push(&slow.id, Push::Text(Bytes::new())),
            Err(Gone)
        );
        assert!(!connections.is_open(&slow.id));
        let mut waiting = 0;
        while pushes.try_recv().is_ok() {
            waiting += 1;
        }
        assert_eq!(waiting, PUSH_LIMIT);
    }

    #[test]
    fn connections_of_a_killed_run_are_remembered_until_their_end_was_told() {
        let place = TestFolder::new();
        let connections = Connections::open(place.path().to_owned()).expect("open");
        let left = connection();
        connections.note(&left).expect("note");
        let next = Connections::open(place.path().to_owned()).expect("open again");
        assert_eq!(
            next.left_behind().iter().map(|c| &c.id).collect::<Vec<_>>(),
            [&left.id]
        );
        next.forget(&left.id);
        assert!(next.left_behind().is_empty());
    }
}
