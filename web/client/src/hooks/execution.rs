//! The definition and the history of a call, read again whenever the call moves.

use super::Desk;
use crate::state::machine::{self, Machine};
use crate::state::store::{Action, Loaded};
use contract::CallId;
use contract::api::ExecutionView;
use contract::view::{CallView, Workflow};
use gloo_timers::future::TimeoutFuture;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Several changes at once cause one reading, after this long in milliseconds.
const SETTLE_MS: u32 = 120;
/// How often the history of an ended call is read until its workflow has ended too.
const LAST_LOOKS: u32 = 20;
/// The wait between, in milliseconds.
const LAST_LOOK_MS: u32 = 400;

/// The execution of a call, live.
#[hook]
pub(crate) fn use_execution(desk: &Desk, call: &CallId) -> Loaded<Rc<ExecutionView>> {
    let state = use_state(|| Loaded::Loading);
    let view = desk.store.book.call(call);
    let rev = view.map(|view| view.rev);
    let over = view.is_some_and(|view| !view.is_live());
    let (reader, setter, shown) = (
        desk.clone(),
        state.setter(),
        matches!(*state, Loaded::Here(_)),
    );
    use_effect_with((call.clone(), rev), move |(call, rev)| {
        let stopped = Rc::new(Cell::new(false));
        let (stop, call, known) = (stopped.clone(), call.clone(), rev.is_some());
        spawn_local(async move {
            TimeoutFuture::new(if shown { SETTLE_MS } else { 0 }).await;
            if stopped.get() {
                return;
            }
            if !known && let Ok(view) = reader.api.call(&call).await {
                reader
                    .dispatch
                    .dispatch(Action::Call(Rc::new(view), super::now()));
            }
            // The call is over a moment before its workflow is.
            for _ in 0..LAST_LOOKS {
                let read = reader.api.execution(&call).await;
                if stopped.get() {
                    return;
                }
                let running = read.as_ref().is_ok_and(|view| view.status == "RUNNING");
                match read {
                    Ok(view) => setter.set(Loaded::Here(Rc::new(view))),
                    Err(failure) if !shown => setter.set(Loaded::Failed(failure.words())),
                    // What is on the screen stays; the next change reads again.
                    Err(_) => {}
                }
                if !(over && running) {
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
