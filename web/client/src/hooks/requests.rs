//! Requests: read once for each connection, then kept true by what is pushed.

use super::Desk;
use crate::api::Failure;
use crate::state::requests::{Page, Shelf};
use crate::state::store::{Action, Farewell, Link, Loaded};
use contract::RequestId;
use contract::request::RequestView;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Reads a list when it is shown and is not known since the connection was made.
#[hook]
pub(crate) fn use_shelf(desk: &Desk, shelf: Shelf, shown: bool) {
    let wanted = shown && desk.store.link == Link::Open && desk.store.requests.wants(shelf);
    let reader = desk.clone();
    use_effect_with((wanted, shelf), move |(wanted, shelf)| {
        let shelf = *shelf;
        if *wanted {
            spawn_local(async move { reader.read_shelf(shelf, None).await });
        }
    });
}

/// Reads on a list that is shown, page after page, as far as lists are read by themselves. Its first page is [`use_shelf`]'s.
#[hook]
pub(crate) fn use_rest(desk: &Desk, shelf: Shelf, shown: bool) {
    let reads = shown && desk.store.link == Link::Open;
    let next = desk.store.requests.onward(shelf);
    let next = next.filter(|_| reads).map(str::to_owned);
    let reader = desk.clone();
    use_effect_with((shelf, next), move |(shelf, next)| {
        let (shelf, next) = (*shelf, next.clone());
        if next.is_some() {
            spawn_local(async move { reader.read_shelf(shelf, next).await });
        }
    });
}

/// One request, live.
#[hook]
pub(crate) fn use_request(desk: &Desk, id: &RequestId) -> Loaded<Rc<RequestView>> {
    let failed = use_state(|| None::<String>);
    let wanted = desk.store.link == Link::Open && desk.store.requests.wants_one(id);
    let (reader, setter) = (desk.clone(), failed.setter());
    use_effect_with((id.clone(), wanted), move |(id, wanted)| {
        let id = id.clone();
        if *wanted {
            spawn_local(async move {
                match reader.api.request(&id).await {
                    Ok(view) => reader
                        .dispatch
                        .dispatch(Action::Request(Box::new(view), true)),
                    Err(failure) => {
                        if let Failure::Problem {
                            status: 403 | 404, ..
                        } = failure
                        {
                            reader.dispatch.dispatch(Action::RequestGone(id));
                        }
                        setter.set(Some(failure.words()));
                    }
                }
            });
        }
    });
    match (desk.store.requests.get(id), &*failed) {
        (Some(view), _) => Loaded::Here(view.clone()),
        (None, Some(words)) => Loaded::Failed(words.clone()),
        (None, None) => Loaded::Loading,
    }
}

impl Desk {
    /// Reads a page of a list of requests.
    pub(crate) async fn read_shelf(&self, shelf: Shelf, from: Option<String>) {
        let next = from.as_deref();
        let epoch = self.store.requests.epoch();
        let page = match shelf {
            Shelf::Live => self.api.requests(true, None, next).await,
            Shelf::LiveOf(kind) => self.api.requests(true, Some(kind), next).await,
            Shelf::Ended => self.api.requests(false, None, next).await,
            Shelf::EndedOf(kind) => self.api.requests(false, Some(kind), next).await,
            Shelf::Tasks => {
                let tasks = self.api.tasks(next).await;
                tasks.map(|page| {
                    let asked = page.tasks.into_iter().map(|task| task.request);
                    contract::api::requests::Requests {
                        requests: asked.chain(page.stalled).collect(),
                        next: page.next,
                    }
                })
            }
        };
        self.dispatch.dispatch(match page {
            Ok(page) => Action::Requests(Page {
                shelf,
                epoch,
                from,
                views: page.requests,
                next: page.next,
            }),
            Err(Failure::SessionOver) => Action::SignedOut(Farewell::Expired),
            Err(failure) => Action::RequestsFailed(shelf, epoch, failure.words()),
        });
    }

    /// Says something about a request; about a port also to the carrier's people.
    pub(crate) async fn say(
        &self,
        id: &RequestId,
        text: &str,
        to_carrier: bool,
    ) -> Result<(), Failure> {
        let view = if to_carrier {
            self.api.tell_carrier(id, text).await?
        } else {
            self.api.comment(id, text).await?
        };
        self.dispatch
            .dispatch(Action::Request(Box::new(view), true));
        Ok(())
    }

    /// Lets a request whose workflow failed go on; what comes of it is pushed.
    pub(crate) fn redrive_request(&self, id: &RequestId) {
        let (desk, id) = (self.clone(), id.clone());
        spawn_local(async move {
            if let Err(failure) = desk.api.redrive_request(&id).await {
                desk.failed(&failure);
            }
        });
    }

    /// Takes a request back; what comes of it is pushed.
    pub(crate) fn cancel_request(&self, id: &RequestId) {
        let (desk, id) = (self.clone(), id.clone());
        spawn_local(async move {
            if let Err(failure) = desk.api.cancel_request(&id).await {
                desk.failed(&failure);
            }
        });
    }
}
