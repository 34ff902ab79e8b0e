//! Functions that answer by the seed, and what the clients of a world hold in their hands.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};

use super::super::{InvokeError, Lambda};
use super::laws;

/// Calls of one life: how often each was made, by execution and payload.
pub(super) type Calls = HashMap<(Arc<str>, u64), u32>;

/// Express executions that told in one life that they run: how often, and whether they are answered.
pub(super) type Told = BTreeMap<Arc<str>, (u32, bool)>;

/// Functions: `turn` keeps the token it is given, `work` answers, fails or hangs, and so does `tell`, which Express executions
/// call; `hang` never answers.
#[derive(Clone, Default)]
pub(super) struct Functions {
    seed: u64,
    /// Numbers that make each answer another one, over all lives.
    answers: Arc<AtomicU64>,
    tokens: Arc<Mutex<Vec<String>>>,
    /// Tokens that a worker was given, over all lives.
    handed: Arc<Mutex<BTreeSet<String>>>,
    calls: Arc<Mutex<Calls>>,
    told: Arc<Mutex<Told>>,
}

impl Functions {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    pub(super) fn unique(&self) -> u64 {
        self.answers.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn tokens(&self) -> Vec<String> {
        self.tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A worker has got a task: nobody may have got it before.
    pub(super) fn hand(&self, token: String) {
        let mut handed = self.handed.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(
            handed.insert(token.clone()),
            "a task was given to two workers"
        );
        self.keep(token);
    }

    fn keep(&self, token: String) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.push(token);
    }

    pub(super) fn drop_token(&self, token: &str) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|kept| kept != token);
    }

    /// The calls since this was last asked.
    pub(super) fn take_calls(&self) -> Calls {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What Express executions told since this was last asked.
    pub(super) fn take_told(&self) -> Told {
        std::mem::take(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An Express execution runs. What becomes of a call is the same each time that it is made.
    fn tells(&self, payload: &Value) -> Fate {
        let fate = self.fate(payload);
        let of: Arc<str> = payload["of"].as_str().expect("an execution").into();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (times, answered) = told.entry(of).or_default();
        *times += 1;
        *answered = fate == Fate::Answers;
        fate
    }

    fn fate(&self, payload: &Value) -> Fate {
        let mut hasher = DefaultHasher::new();
        (self.seed, payload.to_string()).hash(&mut hasher);
        match hasher.finish() % 10 {
            0 => Fate::Hangs,
            1 => Fate::Throttled,
            2 | 3 => Fate::Fails,
            _answers => Fate::Answers,
        }
    }

    fn note(&self, payload: &Value) {
        let of: Arc<str> = payload["of"].as_str().expect("an execution").into();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry((of, laws::key(payload))).or_default() += 1;
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Hangs,
    Throttled,
    Fails,
    Answers,
}

#[async_trait]
impl Lambda for Functions {
    async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        if function == "hang" {
            return std::future::pending().await;
        }
        let payload: Value = serde_json::from_slice(&payload).expect("payloads are JSON");
        let fate = match function {
            "tell" => self.tells(&payload),
            _of_a_standard_execution => {
                self.note(&payload);
                self.fate(&payload)
            }
        };
        if function == "turn" {
            self.keep(payload["token"].as_str().expect("a token").to_owned());
            return Ok(Bytes::from_static(b"null"));
        }
        match fate {
            Fate::Hangs => std::future::pending().await,
            Fate::Throttled => Err(InvokeError::Throttled),
            Fate::Fails => Err(InvokeError::Function {
                error_type: "Busy".to_owned(),
                message: "not now".to_owned(),
            }),
            Fate::Answers => Ok(Bytes::from(json!({ "work": self.unique() }).to_string())),
        }
    }
}
