//! How much of requests is taken into memory at a time.
//!
//! The log refuses requests once too much waits for the disk. Those that were let in before would still add to it, as many as there
//! are connections and however slowly they write: so their bodies are counted as they come, until they are answered.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::ApiError;

/// Most bytes of bodies that are being read or have not been answered.
const MAX_BYTES: usize = 64 * 1_048_576;
/// Most imports at a time: one that has been read takes several times its size. They are not counted above.
const MAX_IMPORTS: usize = 1;
/// How long a body may take.
const MAX_READING: Duration = Duration::from_secs(60);
/// Of a request that is refused so much is read, in bytes: as much as the largest one has.
const MAX_DROPPED_BYTES: usize = super::import::MAX_BYTES;
/// ... and for so long.
const MAX_DROPPING: Duration = Duration::from_secs(20);

/// The room for bodies of requests.
#[derive(Debug)]
pub(crate) struct Intake {
    bytes: Semaphore,
    imports: Semaphore,
}

/// The room that a body takes.
pub(super) type Held<'a> = Option<SemaphorePermit<'a>>;

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Most bytes.
    pub(super) bytes: usize,
    /// The same with its headers, for whoever sent more.
    pub(super) request: usize,
    /// It is that of an import.
    pub(super) import: bool,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            bytes: Semaphore::new(MAX_BYTES),
            imports: Semaphore::new(MAX_IMPORTS),
        }
    }
}

impl Intake {
    /// Reads a body. An import waits for its turn; any other is refused when there is no room for it.
    pub(super) async fn body(
        &self,
        mut body: Body,
        room: Room,
    ) -> Result<(Bytes, Held<'_>), ApiError> {
        let mut held = None;
        if room.import {
            held = self.imports.acquire().await.ok();
        }
        let mut whole = Vec::new();
        let reading = async {
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|e| ApiError::Serialization(e.to_string()))?;
                let Ok(data) = frame.into_data() else {
                    continue;
                };
                if whole.len() + data.len() > room.bytes {
                    return Err(ApiError::TooLarge(room.request));
                }
                if !room.import {
                    self.count(&mut held, data.len())?;
                }
                whole.extend_from_slice(&data);
            }
            Ok(())
        };
        let read = tokio::time::timeout(MAX_READING, reading).await;
        let late = || {
            let seconds = MAX_READING.as_secs();
            ApiError::Serialization(format!("it did not come within {seconds} s"))
        };
        match read.unwrap_or_else(|_| Err(late())) {
            Ok(()) => Ok((Bytes::from(whole), held)),
            Err(error) => {
                drop((whole, held));
                if matches!(error, ApiError::TooLarge(_) | ApiError::Throttled) {
                    dropped(body).await;
                }
                Err(error)
            }
        }
    }

    fn count<'a>(&'a self, held: &mut Held<'a>, bytes: usize) -> Result<(), ApiError> {
        let bytes = u32::try_from(bytes).map_err(|_| ApiError::Throttled)?;
        let more = self.bytes.try_acquire_many(bytes);
        let more = more.map_err(|_| ApiError::Throttled)?;
        if let Some(held) = held.as_mut() {
            held.merge(more);
        } else {
            *held = Some(more);
        }
        Ok(())
    }
}

/// Reads a body that is not taken: whoever is still writing it would not hear why.
pub(super) async fn dropped(mut body: Body) {
    let reading = async {
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > MAX_DROPPED_BYTES {
                return;
            }
        }
    };
    let _late = tokio::time::timeout(MAX_DROPPING, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: usize = 1_048_576;

    async fn read(intake: &Intake, import: bool) -> Result<(Bytes, Held<'_>), ApiError> {
        let room = Room {
            bytes: BYTES,
            request: BYTES,
            import,
        };
        intake.body(Body::from(vec![b'x'; BYTES]), room).await
    }

    #[tokio::test]
    async fn bodies_beyond_the_room_there_is_are_refused_until_others_are_answered() {
        let intake = Intake::default();
        let mut held = Vec::new();
        for _ in 0..MAX_BYTES / BYTES {
            held.push(read(&intake, false).await.expect("there is room"));
        }
        let refused = read(&intake, false).await.expect_err("there is no room");
        assert_eq!(refused, ApiError::Throttled);
        held.pop();
        let (body, _held) = read(&intake, false).await.expect("there is room");
        assert_eq!(body.len(), BYTES);
    }

    #[tokio::test]
    async fn an_import_waits_for_the_one_before_it() {
        let intake = Intake::default();
        let first = read(&intake, true).await.expect("it is the first");
        let mut second = Box::pin(read(&intake, true));
        let waits = tokio::time::timeout(Duration::ZERO, &mut second).await;
        assert!(waits.is_err(), "it has not been read");
        drop(first);
        second.await.expect("it is its turn");
    }
}
