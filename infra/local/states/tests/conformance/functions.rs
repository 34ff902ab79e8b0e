//! Functions that answer what a case says.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use states::{InvokeError, Lambda};
use tokio::sync::Notify;

use crate::case::Reply;

/// The functions of one case.
#[derive(Clone)]
pub(crate) struct Functions {
    replies: Arc<BTreeMap<String, Vec<Reply>>>,
    invoked: Arc<Mutex<HashMap<String, Vec<Value>>>>,
    more: Arc<Notify>,
    held: Arc<AtomicU64>,
}

impl Functions {
    pub(crate) fn new(replies: BTreeMap<String, Vec<Reply>>) -> Self {
        Self {
            replies: Arc::new(replies),
            invoked: Arc::default(),
            more: Arc::default(),
            held: Arc::default(),
        }
    }

    /// Calls that will never be answered.
    pub(crate) fn held(&self) -> u64 {
        self.held.load(Ordering::Acquire)
    }

    /// Payloads of a function's invocations so far.
    pub(crate) fn invoked(&self, function: &str) -> Vec<Value> {
        let invoked = self.invoked.lock().unwrap_or_else(PoisonError::into_inner);
        invoked.get(function).cloned().unwrap_or_default()
    }

    /// The payload of invocation number `number` (from 0), once it comes.
    pub(crate) async fn invocation(&self, function: &str, number: usize) -> Value {
        loop {
            let more = self.more.notified();
            tokio::pin!(more);
            more.as_mut().enable();
            if let Some(payload) = self.invoked(function).get(number) {
                return payload.clone();
            }
            more.await;
        }
    }

    fn note(&self, function: &str, payload: &Value) -> usize {
        let mut invoked = self.invoked.lock().unwrap_or_else(PoisonError::into_inner);
        let list = invoked.entry(function.to_owned()).or_default();
        list.push(payload.clone());
        list.len() - 1
    }
}

/// `name` of `arn:aws:lambda:region:account:function:name:qualifier`, or of a plain name.
fn short(function: &str) -> &str {
    let parts: Vec<&str> = function.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, "function", name, ..] => name,
        [name, ..] => name,
        [] => function,
    }
}

#[async_trait]
impl Lambda for Functions {
    async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let function = short(function);
        let value: Value = serde_json::from_slice(&payload).expect("payloads are JSON");
        let number = self.note(function, &value);
        let reply = self
            .replies
            .get(function)
            .and_then(|replies| replies.get(number).or_else(|| replies.last()).cloned());
        let reply = reply.unwrap_or(if function == "echo" {
            Reply::Echo
        } else {
            Reply::Missing
        });
        if matches!(reply, Reply::Never) {
            self.held.fetch_add(1, Ordering::AcqRel);
        }
        self.more.notify_waiters();
        match reply {
            Reply::Echo => Ok(payload),
            Reply::Return(value) => Ok(Bytes::from(value.to_string())),
            Reply::Text(text) => Ok(Bytes::from(text)),
            Reply::Error { name, message } => Err(InvokeError::Function {
                error_type: name,
                message,
            }),
            Reply::Service(message) => Err(InvokeError::Service(message)),
            Reply::Throttled => Err(InvokeError::Throttled),
            Reply::Timeout => Err(InvokeError::Timeout),
            Reply::Missing => Err(InvokeError::NotFound),
            Reply::Never => std::future::pending().await,
        }
    }
}
