//! The desk with its file and its clock. Every input is stepped, written, and only then answered.

use crate::core::problem::{Code, Refusal};
use crate::core::time::At;
use crate::core::world::World;
use crate::core::{Input, Reply, Settings, State};
use crate::sign::Signer;
use crate::store::{Store, StoreError};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What is behind the lock.
#[derive(Debug)]
struct Inner {
    state: State,
    store: Store,
}

/// The desk, shared.
#[derive(Debug)]
pub(crate) struct Desk {
    inner: Mutex<Inner>,
    settings: Settings,
    world: Arc<World>,
    /// Something may be due earlier than before.
    pub(crate) changed: Notify,
    pub(crate) signer: Signer,
    pub(crate) api_key: String,
}

/// The wall clock.
pub(crate) fn now() -> At {
    At(jiff::Timestamp::now().as_millisecond())
}

impl Desk {
    pub(crate) fn open(
        path: &Path,
        settings: Settings,
        api_key: String,
    ) -> Result<Self, StoreError> {
        let world = Arc::new(World::practice());
        let mut store = Store::open(path)?;
        let mut state = store.load(settings.clone(), world.clone())?;
        store.write(&state.take_changes())?;
        let signer = Signer::new(&store.secret()?);
        let inner = Mutex::new(Inner { state, store });
        Ok(Self {
            inner,
            settings,
            world,
            changed: Notify::new(),
            signer,
            api_key,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock().state)
    }

    /// A document's bytes.
    pub(crate) fn blob(&self, id: &str) -> Result<Option<Vec<u8>>, Refusal> {
        self.lock().store.blob(id).map_err(|error| failed(&error))
    }

    /// Steps, writes, and looks at what came of it, under one lock.
    pub(crate) fn step<T>(
        &self,
        input: Input,
        look: impl FnOnce(&State, Reply) -> T,
    ) -> Result<T, Refusal> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        let stepped = inner.state.step(input, now());
        let changes = inner.state.take_changes();
        if let Err(error) = inner.store.write(&changes) {
            // What is in memory is ahead of the file: the file is right.
            if let Ok(state) = inner.store.load(self.settings.clone(), self.world.clone()) {
                inner.state = state;
            }
            return Err(failed(&error));
        }
        let looked = stepped.map(|reply| look(&inner.state, reply));
        drop(guard);
        self.changed.notify_one();
        looked
    }
}

fn failed(error: &StoreError) -> Refusal {
    tracing::warn!(%error, "the desk's file");
    Refusal::new(
        Code::Unexpected,
        "the desk's file cannot be used just now; nothing was changed",
    )
}
