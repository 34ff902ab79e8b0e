//! The definition and the history of a call or a request, read again whenever it moves.

use super::Desk;
use crate::api::Failure;
use crate::state::film::{Film, Standing};
use crate::state::machine::{self, Machine};
use crate::state::request_words::is_stalled;
use crate::state::store::{Action, Loaded};
use contract::view::{CallView, Workflow};
use contract::{CallId, RequestId};
use gloo_timers::future::TimeoutFuture;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Several changes at once cause one reading, after this long in milliseconds.
const SETTLE_MS: u32 = 120;
/// How often the history of what has ended, or goes on again, is read until its workflow does so too.
const LAST_LOOKS: u32 = 20;
/// The wait between, in milliseconds.
const LAST_LOOK_MS: u32 = 400;

/// Whose execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A call's.
    Call(CallId),
    /// A request's.
    Request(RequestId),
}

impl Subject {
    /// The revision that the page knows, and where it stands.
    fn known(&self, desk: &Desk) -> Option<(u64, Standing)> {
        match self {
            Self::Call(call) => {
                let view = desk.store.book.call(call)?;
                let standing = if view.is_live() {
                    Standing::Open
                } else {
                    Standing::Over
                };
                Some((view.rev, standing))
            }
            Self::Request(request) => {
                let view = desk.store.requests.get(request)?;
                let standing = if is_stalled(view) {
                    Standing::Stalled
                } else if view.is_open() {
                    Standing::Open
                } else {
                    Standing::Over
                };
                Some((view.rev, standing))
            }
        }
    }

    async fn film(&self, desk: &Desk) -> Result<Film, Failure> {
        match self {
            Self::Call(call) => desk.api.execution(call).await.map(Film::from),
            Self::Request(request) => desk.api.request_execution(request).await.map(Film::from),
        }
    }

    /// Reads what the page does not know yet. A request's own page reads it.
    async fn meet(&self, desk: &Desk) {
        if let Self::Call(call) = self
            && let Ok(view) = desk.api.call(call).await
        {
            let action = Action::Call(Rc::new(view), super::now());
            desk.dispatch.dispatch(action);
        }
    }
}

/// An execution, live.
#[hook]
pub(crate) fn use_film(desk: &Desk, subject: &Subject) -> Loaded<Rc<Film>> {
    let state = use_state(|| Loaded::Loading);
    let known = subject.known(desk);
    let standing = known.map(|(_, standing)| standing);
    let (reader, setter, shown) = (
        desk.clone(),
        state.setter(),
        matches!(*state, Loaded::Here(_)),
    );
    let parts = (subject.clone(), known.map(|(rev, _)| rev));
    use_effect_with(parts, move |(subject, rev)| {
        let stopped = Rc::new(Cell::new(false));
        let (stop, subject, known) = (stopped.clone(), subject.clone(), rev.is_some());
        spawn_local(async move {
            TimeoutFuture::new(if shown { SETTLE_MS } else { 0 }).await;
            if stopped.get() {
                return;
            }
            if !known {
                subject.meet(&reader).await;
            }
            // It is over, or goes on again, a moment before its workflow does.
            for _ in 0..LAST_LOOKS {
                let read = subject.film(&reader).await;
                if stopped.get() {
                    return;
                }
                let is_behind = |film: &Film| standing.is_some_and(|one| film.is_behind(one));
                let again = read.as_ref().is_ok_and(is_behind);
                match read {
                    Ok(film) => setter.set(Loaded::Here(Rc::new(film))),
                    Err(failure) if !shown => setter.set(Loaded::Failed(failure.words())),
                    // What is on the screen stays; the next change reads again.
                    Err(_) => {}
                }
                if !again {
                    return;
                }
                TimeoutFuture::new(LAST_LOOK_MS).await;
            }
        });
        move || stop.set(true)
    });
    (*state).clone()
}

/// The machine of a call's workflow, read once per page.
#[hook]
pub(crate) fn use_machine(desk: &Desk, call: Option<&CallView>) -> Option<Rc<Machine>> {
    let workflow = call.map(|call| call.workflow);
    let known = workflow
        .and_then(|workflow| desk.store.machines.get(&workflow))
        .cloned();
    // A call without an execution has none to read yet.
    let wanted = call
        .filter(|call| known.is_none() && call.execution.is_some())
        .map(|call| (call.id.clone(), call.workflow));
    let reader = desk.clone();
    use_effect_with(wanted, move |wanted: &Option<(CallId, Workflow)>| {
        if let Some((call, workflow)) = wanted.clone() {
            spawn_local(async move {
                if let Ok(view) = reader.api.execution(&call).await {
                    let machine = Rc::new(machine::read(&view.definition));
                    reader.dispatch.dispatch(Action::Machine(workflow, machine));
                }
            });
        }
    });
    known
}
