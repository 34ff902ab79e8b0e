//! Work that blocks its thread: reading back from files, sweeping long queues, trying definitions out. It is done on threads of
//! their own; where the engine is driven by hand, on the one thread there is, as late as a seed says.

use std::time::Duration;

use tokio::task::JoinError;

use super::Inner;
use crate::log::Drive;

/// A thread that waits for a lock has it by then.
const PAUSE: Duration = Duration::from_millis(1);

/// Who does what blocks.
#[derive(Debug)]
pub(super) enum Aside {
    /// Threads of the runtime.
    Threads,
    /// The thread that drives the engine.
    #[cfg(test)]
    Hand(by_hand::Late),
}

impl Aside {
    pub(super) fn new(drive: Drive) -> Self {
        match drive {
            Drive::Thread => Self::Threads,
            #[cfg(test)]
            Drive::Hand(hand) => Self::Hand(by_hand::Late::new(hand.seed)),
        }
    }

    /// Lets others have their turn, those too who wait for a lock that was just let go: a lock by itself goes to whoever is quick.
    pub(super) fn pause(&self) -> impl Future<Output = ()> + Send + use<> {
        let slept = match self {
            Self::Threads => Some(PAUSE),
            #[cfg(test)]
            Self::Hand(_) => None,
        };
        async move {
            match slept {
                Some(pause) => tokio::time::sleep(pause).await,
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Is nothing under way or yet to be begun? For who drives the engine by hand.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Threads => true,
            Self::Hand(late) => late.is_idle(),
        }
    }
}

impl Inner {
    /// Does what blocks aside, and gives what came of it.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        match &self.aside {
            Aside::Threads => self.runtime.spawn_blocking(work).await,
            #[cfg(test)]
            Aside::Hand(late) => {
                let turn = late.turn();
                let work = async move {
                    turn.comes().await;
                    work()
                };
                self.runtime.spawn(work).await
            }
        }
    }
}

#[cfg(test)]
mod by_hand {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};

    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};

    /// Most turns that work waits for.
    const MOST_TURNS: u32 = 40;

    /// How late work is done.
    #[derive(Debug)]
    pub(in crate::engine) struct Late {
        chance: Mutex<SmallRng>,
        under_way: Arc<AtomicUsize>,
    }

    /// The turns that one piece of work waits for; it is under way until this is dropped.
    pub(super) struct Turn {
        left: u32,
        under_way: Arc<AtomicUsize>,
    }

    impl Late {
        pub(super) fn new(seed: u64) -> Self {
            Self {
                chance: Mutex::new(SmallRng::seed_from_u64(seed ^ 0xa51d)),
                under_way: Arc::default(),
            }
        }

        pub(super) fn is_idle(&self) -> bool {
            self.under_way.load(Ordering::Acquire) == 0
        }

        /// Half of the work is done in its turn.
        pub(super) fn turn(&self) -> Turn {
            let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
            let late = chance.random_bool(0.5);
            let left = if late {
                chance.random_range(1..=MOST_TURNS)
            } else {
                0
            };
            self.under_way.fetch_add(1, Ordering::AcqRel);
            Turn {
                left,
                under_way: Arc::clone(&self.under_way),
            }
        }
    }

    impl Turn {
        pub(super) async fn comes(self) {
            for _ in 0..self.left {
                tokio::task::yield_now().await;
            }
        }
    }

    impl Drop for Turn {
        fn drop(&mut self) {
            self.under_way.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use axum::body::Body;
    use bytes::Bytes;
    use serde_json::{Value, json};
    use tokio::runtime::{Builder, Runtime};
    use tokio::task::JoinHandle;
    use tower::ServiceExt;

    use super::super::{Config, Engine, InvokeError, Lambda};
    use crate::api::{ask, start_nested};
    use crate::core::{ExecutionId, StartedBy, TaskId};
    use crate::integration::StartCall;
    use crate::json::Json;

    struct Nothing;

    #[async_trait]
    impl Lambda for Nothing {
        async fn invoke(&self, _: &str, _: Bytes) -> Result<Bytes, InvokeError> {
            Err(InvokeError::NotFound)
        }
    }

    /// An engine on a runtime with one thread, and one more for what blocks.
    struct World {
        runtime: Runtime,
        engine: Engine,
        _folder: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let runtime = Builder::new_current_thread()
                .max_blocking_threads(1)
                .enable_all()
                .build()
                .expect("a runtime");
            let config = Config::new(folder.path());
            let engine = runtime.block_on(async { Engine::open(config, Arc::new(Nothing)) });
            Self {
                runtime,
                engine: engine.expect("the engine opens"),
                _folder: folder,
            }
        }

        fn ask(&self, operation: &str, request: &Value) -> Value {
            let body = request.to_string();
            let asked = ask(&self.engine.inner, operation, body.as_bytes());
            self.runtime.block_on(asked).expect("an answer")
        }

        /// Does this wait while the thread for what blocks is busy, and end once it is not?
        fn waits_aside<T: Send + 'static>(
            &self,
            work: impl Future<Output = T> + Send + 'static,
        ) -> T {
            let (free, busy) = std::sync::mpsc::channel::<()>();
            self.runtime.spawn_blocking(move || busy.recv());
            let asked: JoinHandle<T> = self.runtime.spawn(work);
            self.runtime.block_on(async {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            });
            assert!(!asked.is_finished(), "it was done on the runtime's thread");
            self.ask("ListStateMachines", &json!({}));
            drop(free);
            self.runtime.block_on(asked).expect("no panic")
        }
    }

    #[test]
    fn what_is_read_back_or_long_to_read_holds_no_task_of_the_runtime() {
        let world = World::new();
        let inner = &world.engine.inner;
        let definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } });
        let made = json!({ "name": "m", "roleArn": "arn:aws:iam::000000000000:role/r",
            "definition": definition.to_string() });
        let machine = world.ask("CreateStateMachine", &made)["stateMachineArn"].clone();
        let start = json!({ "stateMachineArn": machine, "name": "e" });
        let execution = world.ask("StartExecution", &start)["executionArn"].clone();

        let asked = Arc::clone(inner);
        let described = world.waits_aside(async move {
            let request = json!({ "executionArn": execution }).to_string();
            ask(&asked, "DescribeExecution", request.as_bytes()).await
        });
        let described = described.expect("it is there");
        assert_eq!(described["status"], json!("SUCCEEDED"));

        let asked = Arc::clone(inner);
        let again = StartCall {
            machine_arn: machine.as_str().expect("an ARN").to_owned(),
            name: "e".to_owned(),
            input: Json::trusted("{}"),
            associated: false,
        };
        let by = StartedBy {
            execution: ExecutionId(1),
            task: TaskId(1),
            awaited: false,
        };
        let started = world.waits_aside(async move { start_nested(&asked, by, again).await });
        let error = started.expect_err("that one is of nobody");
        assert_eq!(error.name, "ExecutionAlreadyExists");

        let router = world.engine.router();
        let request = axum::http::Request::post("/")
            .header("x-amz-target", "StrowgerStates.ImportExecution")
            .body(Body::from("{\"line\":\"execution\"}"))
            .expect("a request");
        let imported = world.waits_aside(router.oneshot(request));
        let imported = imported.expect("an answer");
        assert_eq!(imported.status(), 400);
    }
}
