//! Onboardings: their list is made of requests, which are kept true by what is pushed; one is read again when it moves.

use super::reading::use_read;
use super::requests::{use_rest, use_shelf};
use super::{Desk, kept};
use crate::state::onboarding::purposes_of;
use crate::state::onboardings::{ENDED, Listed, RUNNING, listed};
use crate::state::requests::Shelf;
use crate::state::store::Loaded;
use contract::dossier::review::Purpose;
use contract::onboarding::api::OnboardingView;
use contract::onboarding::filled_in_by;
use contract::{DossierId, RequestId};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// The revisions of an onboarding and of its ports, as far as this page knows them.
fn moved(desk: &Desk, one: &RequestId) -> Vec<(RequestId, u64)> {
    let known = desk.store.requests.all();
    let known = known.filter(|view| view.id == *one || view.details["parent"] == one.as_str());
    let mut moved: Vec<_> = known.map(|view| (view.id.clone(), view.rev)).collect();
    moved.sort();
    moved
}

/// The onboardings that the one who looks follows: all that run, as far as lists are read by themselves, and the newest that have ended.
#[hook]
pub(crate) fn use_onboardings(desk: &Desk) -> Loaded<Listed> {
    let [customers, people] = RUNNING;
    use_shelf(desk, customers, true);
    use_rest(desk, customers, true);
    use_shelf(desk, people, true);
    use_rest(desk, people, true);
    let [customers, people] = ENDED;
    use_shelf(desk, customers, true);
    use_shelf(desk, people, true);
    let book = &desk.store.requests;
    let Some(me) = desk.store.me() else {
        return Loaded::Loading;
    };
    let found = listed(book.all(), me);
    let mut shelves = RUNNING.into_iter().chain(ENDED);
    let failed = shelves.find_map(|shelf| match book.more(shelf) {
        Loaded::Failed(words) => Some(words.clone()),
        Loaded::Here(_) | Loaded::Loading => None,
    });
    let reads = |shelf: Shelf| *book.more(shelf) == Loaded::Loading;
    let reads = RUNNING.into_iter().chain(ENDED).any(reads);
    match failed {
        Some(words) => Loaded::Failed(words),
        None if reads && found == Listed::default() => Loaded::Loading,
        None => Loaded::Here(found),
    }
}

/// One onboarding.
#[hook]
pub(crate) fn use_onboarding(desk: &Desk, id: &RequestId) -> Loaded<Rc<OnboardingView>> {
    let of = (id.clone(), moved(desk, id));
    use_read(
        desk,
        of,
        |api, (id, _)| async move { api.onboarding(&id).await },
    )
}

/// What a dossier is to be good for, and how to say it: as it was said in this browser, else as the onboarding has it that asks for
/// the dossier.
#[hook]
pub(crate) fn use_purposes(
    desk: &Desk,
    dossier: &str,
) -> (Rc<Vec<Purpose>>, Callback<Vec<Purpose>>) {
    let purposes = use_state_eq(|| Rc::new(kept::purposes(dossier)));
    let keep = {
        let (purposes, id) = (purposes.setter(), dossier.to_owned());
        Callback::from(move |list: Vec<Purpose>| {
            kept::keep_purposes(&id, &list);
            purposes.set(Rc::new(list));
        })
    };
    let (asker, told) = (desk.clone(), keep.clone());
    use_effect_with(dossier.to_owned(), move |id| {
        let stopped = Rc::new(Cell::new(false));
        let (stop, id) = (stopped.clone(), id.clone());
        let onboarding = filled_in_by(&DossierId::from(id.as_str()));
        if let Some(onboarding) = onboarding.filter(|_| kept::purposes(&id).is_empty()) {
            spawn_local(async move {
                // Nothing is lost when it cannot be read: they can be chosen.
                let Ok(view) = asker.api.request(&onboarding).await else {
                    return;
                };
                let wanted = purposes_of(&view, &id);
                if !stop.get() && !wanted.is_empty() && kept::purposes(&id).is_empty() {
                    told.emit(wanted);
                }
            });
        }
        move || stopped.set(true)
    });
    ((*purposes).clone(), keep)
}
