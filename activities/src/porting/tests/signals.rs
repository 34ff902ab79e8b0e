//! What people and programs say to a port or a port-out, as its workflow is handed it.
use contract::request::signal::{RequestSignal, SignalName};
use serde_json::Value;

/// The first signal of a request.
pub(crate) fn signal(name: SignalName, topic: &str, data: Value) -> RequestSignal {
    RequestSignal {
        seq: 1,
        name,
        topic: Some(topic.to_owned()),
        at: String::new(),
        person: None,
        data,
    }
}

/// A task that was done by this form.
pub(crate) fn done(form: &str, data: Value) -> RequestSignal {
    signal(SignalName::TaskDone, form, data)
}
