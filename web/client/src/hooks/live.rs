//! The live connection, and what is read around it: the call log and the people.

use super::{Desk, now};
use crate::api::socket::{Socket, Wire};
use crate::api::{Api, Failure};
use crate::hooks::desk::Model;
use crate::state::backoff::wait_ms;
use crate::state::store::{Action, Farewell, Link, Store};
use contract::DeviceId;
use contract::push::{Ask, Push};
use futures_util::future::{Either, select};
use futures_util::{StreamExt, pin_mut};
use gloo_timers::future::TimeoutFuture;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How often we ask whether the other side is there, in milliseconds.
const PING_MS: u32 = 30_000;
/// How long a connection may take to bring the calls before it is asked for them again, in milliseconds; after as long again without a
/// word it is given up. What the other side said may be lost, when it was killed while it said it, and nothing else tells of that.
const WELCOME_MS: u32 = 5_000;
/// How often the list of people is read while the page is seen, in milliseconds.
const PEOPLE_MS: u32 = 20_000;

struct Line {
    api: Rc<Api>,
    device: DeviceId,
    dispatch: UseReducerDispatcher<Model>,
    stopped: Rc<Cell<bool>>,
}

/// Keeps the live connection while somebody is signed in.
#[hook]
pub(crate) fn use_live(desk: &Desk) {
    let person = desk.store.me().map(|me| me.person.clone());
    let (api, dispatch, device) = (
        desk.api.clone(),
        desk.dispatch.clone(),
        desk.store.device.clone(),
    );
    use_effect_with(person, move |person| {
        let stopped = Rc::new(Cell::new(person.is_none()));
        let line = Line {
            api,
            device,
            dispatch,
            stopped: stopped.clone(),
        };
        spawn_local(async move { line.hold().await });
        move || stopped.set(true)
    });
}

impl Line {
    async fn hold(&self) {
        let mut attempt = 0;
        while !self.stopped.get() {
            let opened = match self.api.token().await {
                Ok(token) => self.connection(&token).await,
                Err(Failure::SessionOver) => return self.is_over(),
                Err(_) => false,
            };
            if self.stopped.get() {
                return;
            }
            self.dispatch.dispatch(Action::Link(Link::Reconnecting));
            attempt = if opened { 1 } else { attempt + 1 };
            TimeoutFuture::new(wait_ms(attempt, js_sys::Math::random())).await;
            if self.stopped.get() {
                return;
            }
            // A connection that ends or is refused tells no reason: the session may be the one.
            if attempt % 4 == 1 && self.api.renew().await == Err(Failure::SessionOver) {
                return self.is_over();
            }
        }
    }

    /// The session is over, unless somebody has signed out themselves, and in again perhaps.
    fn is_over(&self) {
        if !self.stopped.get() {
            self.dispatch.dispatch(Action::SignedOut(Farewell::Expired));
        }
    }

    /// One connection, until it ends. Tells whether it was ever open.
    async fn connection(&self, token: &str) -> bool {
        let Ok((socket, mut wire)) = Socket::open(token, &self.device) else {
            return false;
        };
        let mut opened = false;
        let (mut answered, mut welcomed) = (true, false);
        loop {
            let next = wire.next();
            let ping = TimeoutFuture::new(if welcomed { PING_MS } else { WELCOME_MS });
            pin_mut!(next);
            match select(next, ping).await {
                Either::Left((Some(Wire::Open), _)) => {
                    opened = true;
                    socket.ask(&Ask::Hello);
                }
                Either::Left((Some(Wire::Push(push)), _)) => {
                    answered = true;
                    welcomed |= matches!(push, Push::Snapshot { .. });
                    self.take(push);
                }
                Either::Left((Some(Wire::Closed) | None, _)) => return opened,
                // Nothing came since we asked: the connection is dead, whatever the browser believes.
                Either::Right(_) if !answered => return opened,
                Either::Right(_) => {
                    answered = false;
                    socket.ask(if welcomed { &Ask::Ping } else { &Ask::Hello });
                }
            }
            if self.stopped.get() {
                return opened;
            }
        }
    }

    fn take(&self, push: Push) {
        match push {
            Push::Snapshot { calls } => {
                self.dispatch.dispatch(Action::Snapshot(calls, now()));
                self.dispatch.dispatch(Action::Link(Link::Open));
            }
            Push::Call { call } => self.dispatch.dispatch(Action::Call(Rc::from(call), now())),
            Push::Request { request, is_whole } => {
                self.dispatch.dispatch(Action::Request(request, is_whole));
            }
            Push::Pong | Push::Error { .. } => {}
        }
    }
}

/// Reads calls again that the last snapshot did not have: they ended while we were away.
#[hook]
pub(crate) fn use_confirmation(desk: &Desk) {
    let (api, dispatch) = (desk.api.clone(), desk.dispatch.clone());
    use_effect_with(desk.store.book.unconfirmed(), move |calls| {
        for call in calls.clone() {
            let (api, dispatch) = (api.clone(), dispatch.clone());
            spawn_local(async move {
                match api.call(&call).await {
                    Ok(view) => dispatch.dispatch(Action::Call(Rc::new(view), now())),
                    Err(Failure::Problem {
                        status: 403 | 404, ..
                    }) => dispatch.dispatch(Action::Gone(call)),
                    Err(_) => {}
                }
            });
        }
    });
}

/// Reads the call log whenever the connection is made, and the people now and then.
#[hook]
pub(crate) fn use_lists(desk: &Desk) {
    let open = desk.store.link == Link::Open && desk.store.me().is_some();
    let reader = desk.clone();
    use_effect_with(open, move |open| {
        let stopped = Rc::new(Cell::new(!*open));
        let stop = stopped.clone();
        if *open {
            let log = reader.clone();
            spawn_local(async move { log.read_log(None).await });
            spawn_local(async move {
                while !stopped.get() {
                    if super::ringing::seen() {
                        reader.read_people().await;
                    }
                    TimeoutFuture::new(PEOPLE_MS).await;
                }
            });
        }
        move || stop.set(true)
    });
}

impl Desk {
    /// Reads a page of the call log.
    pub(crate) async fn read_log(&self, next: Option<String>) {
        self.dispatch
            .dispatch(match self.api.calls(next.as_deref()).await {
                Ok(page) => Action::Log(page.calls, page.next, now()),
                Err(Failure::SessionOver) => Action::SignedOut(Farewell::Expired),
                Err(failure) => Action::LogFailed(failure.words()),
            });
    }

    /// Reads the people and their presence.
    pub(crate) async fn read_people(&self) {
        self.dispatch.dispatch(match self.api.people().await {
            Ok(people) => Action::People(people.people),
            Err(Failure::SessionOver) => Action::SignedOut(Farewell::Expired),
            Err(failure) => Action::PeopleFailed(failure.words()),
        });
    }
}

/// A store with this tab's id.
pub(crate) fn new_store() -> Store {
    Store::new(super::browser::device())
}
