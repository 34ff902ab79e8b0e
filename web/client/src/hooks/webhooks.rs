//! The tenant's webhooks, and one with its log: read when a page opens, when it asks, and now and then while it is open.

use super::reading::use_read_again;
use super::{Desk, now, use_now};
use crate::state::store::Loaded;
use crate::state::webhooks::Log;
use contract::WebhookId;
use contract::webhook::{Deliveries, WebhookView};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How often a log is read in which something is on its way, in milliseconds.
const SOON_MS: u32 = 5_000;
/// How often any other one is read, in milliseconds: something may begin.
const LATER_MS: i64 = 30_000;

/// The webhooks, and how to read them again.
#[hook]
pub(crate) fn use_webhooks(desk: &Desk) -> (Loaded<Rc<Vec<WebhookView>>>, Callback<()>) {
    use_read_again(desk, (), |api, ()| async move { api.webhooks().await })
}

/// What is known of a webhook.
#[derive(Debug, Clone, PartialEq)]
struct Sheet {
    webhook: Loaded<Rc<WebhookView>>,
    log: Rc<Log>,
}

/// What the server says of it.
enum Told {
    /// How it is, and the newest part of its log.
    Now(Rc<WebhookView>, Deliveries),
    /// The part after what is known.
    Older(Deliveries),
    /// That it is not to be had; what to say.
    Failed(String),
}

impl Reducible for Sheet {
    type Action = Told;
    fn reduce(self: Rc<Self>, told: Told) -> Rc<Self> {
        let mut next = (*self).clone();
        match told {
            Told::Now(webhook, newest) => {
                next.webhook = Loaded::Here(webhook);
                next.log = Rc::new((*next.log).clone().with_newest(newest));
            }
            Told::Older(older) => next.log = Rc::new((*next.log).clone().with_older(older)),
            // What is known is shown on when it cannot be read once more.
            Told::Failed(words) => {
                if !matches!(next.webhook, Loaded::Here(_)) {
                    next.webhook = Loaded::Failed(words);
                }
            }
        }
        Rc::new(next)
    }
}

/// A webhook with its log.
pub(crate) struct Watched {
    /// The webhook.
    pub(crate) webhook: Loaded<Rc<WebhookView>>,
    /// What is known of its log.
    pub(crate) log: Rc<Log>,
    /// Reads both again.
    pub(crate) again: Callback<()>,
    /// Reads the part of the log after what is known.
    pub(crate) older: Callback<()>,
}

/// One webhook and its log.
#[hook]
pub(crate) fn use_webhook(desk: &Desk, id: &WebhookId) -> Watched {
    let sheet = use_reducer_eq(|| Sheet {
        webhook: Loaded::Loading,
        log: Rc::default(),
    });
    let round = use_state(now);
    let time = use_now(SOON_MS);
    // One that is on its way is looked at each time.
    let beat = if sheet.log.moves() {
        time
    } else {
        time / LATER_MS
    };
    let (reader, dispatch) = (desk.clone(), sheet.dispatcher());
    use_effect_with((id.clone(), *round, beat), move |(id, ..)| {
        let stopped = Rc::new(Cell::new(false));
        let (stop, id) = (stopped.clone(), id.clone());
        spawn_local(async move {
            let told = match reader.api.webhook(&id).await {
                Ok(webhook) => reader
                    .api
                    .deliveries(&id, None)
                    .await
                    .map(|newest| Told::Now(Rc::new(webhook), newest)),
                Err(failure) => Err(failure),
            };
            if !stopped.get() {
                dispatch.dispatch(told.unwrap_or_else(|failure| Told::Failed(failure.words())));
            }
        });
        move || stop.set(true)
    });
    let again = Callback::from(move |()| round.set(now()));
    let older = {
        let (desk, id) = (desk.clone(), id.clone());
        let (dispatch, next) = (sheet.dispatcher(), sheet.log.next.clone());
        Callback::from(move |()| {
            let (desk, id) = (desk.clone(), id.clone());
            let (dispatch, next) = (dispatch.clone(), next.clone());
            spawn_local(async move {
                match desk.api.deliveries(&id, next.as_deref()).await {
                    Ok(older) => dispatch.dispatch(Told::Older(older)),
                    Err(failure) => desk.failed(&failure),
                }
            });
        })
    };
    Watched {
        webhook: sheet.webhook.clone(),
        log: sheet.log.clone(),
        again,
        older,
    }
}
