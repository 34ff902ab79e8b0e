//! What is read of the server when a page opens, and again when the page is about another thing or asks.

use super::{Desk, now};
use crate::api::{Api, Failure};
use crate::state::store::Loaded;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// What `read` has of `of`: read when the page opens, and whenever `of` is another. Until that answer is here the one before stands;
/// an answer that comes when another is asked for already is not taken.
#[hook]
pub(crate) fn use_read<K, T, F, R>(desk: &Desk, of: K, read: F) -> Loaded<Rc<T>>
where
    K: Clone + PartialEq + 'static,
    T: PartialEq + 'static,
    F: FnOnce(Rc<Api>, K) -> R + 'static,
    R: Future<Output = Result<T, Failure>> + 'static,
{
    let state = use_state_eq(|| Loaded::<Rc<T>>::Loading);
    let (api, setter) = (desk.api.clone(), state.setter());
    use_effect_with(of, move |of| {
        let stopped = Rc::new(Cell::new(false));
        let (stop, answer) = (stopped.clone(), read(api, of.clone()));
        spawn_local(async move {
            let answer = answer.await;
            if !stopped.get() {
                setter.set(match answer {
                    Ok(here) => Loaded::Here(Rc::new(here)),
                    Err(failure) => Loaded::Failed(failure.words()),
                });
            }
        });
        move || stop.set(true)
    });
    (*state).clone()
}

/// As [`use_read`], and how to have it read again.
#[hook]
pub(crate) fn use_read_again<K, T, F, R>(
    desk: &Desk,
    of: K,
    read: F,
) -> (Loaded<Rc<T>>, Callback<()>)
where
    K: Clone + PartialEq + 'static,
    T: PartialEq + 'static,
    F: FnOnce(Rc<Api>, K) -> R + 'static,
    R: Future<Output = Result<T, Failure>> + 'static,
{
    let round = use_state(now);
    let state = use_read(desk, (*round, of), move |api, (_, of)| read(api, of));
    let again = Callback::from(move |()| round.set(now()));
    (state, again)
}
