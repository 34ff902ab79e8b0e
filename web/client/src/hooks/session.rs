//! The session: taken up when the page opens, renewed before it ends.

use super::{Desk, browser};
use crate::api::Failure;
use crate::state::store::{Action, Farewell, Session};
use gloo_timers::future::TimeoutFuture;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How long to wait after a failed renewal, in milliseconds.
const AGAIN_MS: u32 = 5_000;

/// Takes up the session of the cookie, once, when the page opens.
#[hook]
pub(crate) fn use_resume(desk: &Desk) {
    let (api, dispatch) = (desk.api.clone(), desk.dispatch.clone());
    use_effect_with((), move |()| {
        let elsewhere = browser::on_mark_removed({
            let dispatch = dispatch.clone();
            move || dispatch.dispatch(Action::SignedOut(Farewell::ByUser))
        });
        if browser::marked() {
            spawn_local(async move {
                dispatch.dispatch(match api.resume().await {
                    Ok(me) => Action::SignedIn(Rc::new(me)),
                    Err(Failure::Offline) => Action::SignedOut(Farewell::Unreachable),
                    Err(_) => Action::NoSession,
                });
            });
        } else {
            dispatch.dispatch(Action::NoSession);
        }
        move || drop(elsewhere)
    });
}

/// Leaves a mark that this browser has a session, so that the next page tries to take it up and a page without one
/// asks nothing. Taking the mark away tells the other tabs.
#[hook]
pub(crate) fn use_mark(desk: &Desk) {
    let signed_in = match &desk.store.session {
        Session::SignedIn(_) => Some(true),
        Session::SignedOut(Some(Farewell::ByUser | Farewell::Expired)) => Some(false),
        Session::SignedOut(None | Some(Farewell::Unreachable)) | Session::Checking => None,
    };
    use_effect_with(signed_in, |signed_in| {
        if let Some(signed_in) = signed_in {
            browser::mark(*signed_in);
        }
    });
}

/// Renews the token before it ends, as long as somebody is signed in.
#[hook]
pub(crate) fn use_renewal(desk: &Desk) {
    let person = desk.store.me().map(|me| me.person.clone());
    let (api, dispatch) = (desk.api.clone(), desk.dispatch.clone());
    use_effect_with(person, move |person| {
        let stop = Rc::new(Cell::new(person.is_none()));
        let stopped = stop.clone();
        spawn_local(async move {
            while !stopped.get() {
                TimeoutFuture::new(api.renew_in_ms() as u32).await;
                if stopped.get() {
                    return;
                }
                let renewed = api.renew().await;
                if stopped.get() {
                    return;
                }
                match renewed {
                    Ok(()) => {}
                    Err(Failure::SessionOver) => {
                        dispatch.dispatch(Action::SignedOut(Farewell::Expired));
                        return;
                    }
                    Err(_) => TimeoutFuture::new(AGAIN_MS).await,
                }
            }
        });
        move || stop.set(true)
    });
}
