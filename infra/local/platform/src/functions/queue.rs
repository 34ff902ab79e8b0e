//! The invocations of one function that wait for its process.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::InvokeError;

/// How many invocations of one function may wait; more are throttled.
const QUEUE_LIMIT: usize = 1000;

/// How long an invocation waits for its turn before it is throttled.
const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// What an invocation ends with.
pub(super) type Outcome = Result<Bytes, InvokeError>;

/// The queue; many put, the function's pollers take.
#[derive(Debug)]
pub(super) struct Queue {
    put: mpsc::Sender<Pending>,
    take: Mutex<mpsc::Receiver<Pending>>,
}

/// The queue takes no more.
#[derive(Debug)]
pub(super) enum Refused {
    Full,
}

/// An invocation that nobody works on yet.
#[derive(Debug)]
pub(super) struct Pending {
    payload: Bytes,
    started: oneshot::Sender<CancellationToken>,
    answer: oneshot::Sender<Outcome>,
}

/// An invocation that a process has been handed.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) id: Uuid,
    pub(super) payload: Bytes,
    pub(super) answer: oneshot::Sender<Outcome>,
}

/// The caller's end of an invocation.
#[derive(Debug)]
pub(super) struct Ticket {
    started: oneshot::Receiver<CancellationToken>,
    answer: oneshot::Receiver<Outcome>,
}

impl Queue {
    pub(super) fn new() -> Self {
        let (put, take) = mpsc::channel(QUEUE_LIMIT);
        Self {
            put,
            take: Mutex::new(take),
        }
    }

    pub(super) fn put(&self, payload: Bytes) -> Result<Ticket, Refused> {
        let (started_in, started) = oneshot::channel();
        let (answer_in, answer) = oneshot::channel();
        let pending = Pending {
            payload,
            started: started_in,
            answer: answer_in,
        };
        self.put.try_send(pending).map_err(|_| Refused::Full)?;
        Ok(Ticket { started, answer })
    }

    /// The next invocation that somebody still waits for. `overdue` is cancelled if it misses its deadline.
    pub(super) async fn take(&self, overdue: &CancellationToken) -> Started {
        loop {
            // Never empty for ever: the sender lives as long as this queue.
            let Some(pending) = self.take.lock().await.recv().await else {
                std::future::pending().await
            };
            if let Some(started) = pending.start(overdue) {
                return started;
            }
        }
    }

    /// Fails whatever waits now: the process that should have served it does not start.
    pub(super) fn fail_waiting(&self, error: &InvokeError) {
        let Ok(mut take) = self.take.try_lock() else {
            return;
        };
        while let Ok(pending) = take.try_recv() {
            let _ = pending.started.send(CancellationToken::new());
            let _ = pending.answer.send(Err(error.clone()));
        }
    }
}

impl Pending {
    fn start(self, overdue: &CancellationToken) -> Option<Started> {
        self.started.send(overdue.clone()).ok()?;
        Some(Started {
            id: Uuid::new_v4(),
            payload: self.payload,
            answer: self.answer,
        })
    }
}

impl Ticket {
    /// Waits for the turn, then for the answer until the deadline.
    pub(super) async fn outcome(self, limit: Duration) -> Outcome {
        let overdue = match timeout(WAIT_LIMIT, self.started).await {
            Ok(Ok(overdue)) => overdue,
            Ok(Err(_)) => return Err(InvokeError::Service("the platform is stopping".to_owned())),
            Err(_) => return Err(InvokeError::Throttled),
        };
        match timeout_at(Instant::now() + limit, self.answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(InvokeError::Service("the platform is stopping".to_owned())),
            Err(_) => {
                overdue.cancel();
                Err(InvokeError::Timeout)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_invocation_that_nobody_takes_is_throttled_and_never_runs() {
        let queue = Queue::new();
        let ticket = queue.put(Bytes::from_static(b"late")).expect("room");
        assert_eq!(
            ticket.outcome(Duration::from_secs(1)).await,
            Err(InvokeError::Throttled)
        );

        let second = queue.put(Bytes::from_static(b"next")).expect("room");
        let started = queue.take(&CancellationToken::new()).await;
        assert_eq!(started.payload, "next");
        started
            .answer
            .send(Ok(Bytes::from_static(b"done")))
            .expect("awaited");
        assert_eq!(
            second.outcome(Duration::from_secs(1)).await,
            Ok(Bytes::from_static(b"done"))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_missed_deadline_condemns_the_process_that_missed_it() {
        let queue = Queue::new();
        let ticket = queue.put(Bytes::new()).expect("room");
        let overdue = CancellationToken::new();
        let _held = queue.take(&overdue).await;
        assert_eq!(
            ticket.outcome(Duration::from_secs(3)).await,
            Err(InvokeError::Timeout)
        );
        assert!(overdue.is_cancelled());
    }

    #[test]
    fn a_full_queue_refuses() {
        let queue = Queue::new();
        let tickets: Vec<_> = (0..QUEUE_LIMIT)
            .map(|_| queue.put(Bytes::new()).expect("room"))
            .collect();
        assert!(matches!(queue.put(Bytes::new()), Err(Refused::Full)));
        drop(tickets);
    }

    #[tokio::test]
    async fn what_waits_for_a_process_that_does_not_start_fails_at_once() {
        let queue = Queue::new();
        let ticket = queue.put(Bytes::new()).expect("room");
        let error = InvokeError::function("Runtime.ExitError", "gone");
        queue.fail_waiting(&error);
        assert_eq!(ticket.outcome(Duration::from_secs(1)).await, Err(error));
    }
}
