//! Onboardings: read when a page opens, and again when one of them moves.

use super::requests::use_shelf;
use super::{Desk, kept};
use crate::state::onboarding::purposes_of;
use crate::state::requests::Shelf;
use crate::state::store::Loaded;
use contract::RequestId;
use contract::dossier::review::Purpose;
use contract::onboarding::api::OnboardingView;
use contract::request::Kind;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// The revisions of the onboardings that this page knows; of one, those of its ports, too.
fn moved(desk: &Desk, only: Option<&RequestId>) -> Vec<(RequestId, u64)> {
    let known = desk.store.requests.all();
    let known = known.filter(|view| match only {
        None => matches!(view.kind, Kind::OnboardTenant | Kind::OnboardUser),
        Some(only) => view.id == *only || view.details["parent"] == only.as_str(),
    });
    let mut moved: Vec<_> = known.map(|view| (view.id.clone(), view.rev)).collect();
    moved.sort();
    moved
}

/// The newest onboardings.
#[hook]
pub(crate) fn use_onboardings(desk: &Desk) -> Loaded<Rc<Vec<OnboardingView>>> {
    use_shelf(desk, Shelf::Live, true);
    let state = use_state_eq(|| Loaded::Loading);
    let (reader, setter) = (desk.clone(), state.setter());
    use_effect_with(moved(desk, None), move |_| {
        let stopped = Rc::new(Cell::new(false));
        let stop = stopped.clone();
        spawn_local(async move {
            let read = reader.api.onboardings().await;
            if !stopped.get() {
                setter.set(match read {
                    Ok(list) => Loaded::Here(Rc::new(list)),
                    Err(failure) => Loaded::Failed(failure.words()),
                });
            }
        });
        move || stop.set(true)
    });
    (*state).clone()
}

/// One onboarding.
#[hook]
pub(crate) fn use_onboarding(desk: &Desk, id: &RequestId) -> Loaded<Rc<OnboardingView>> {
    let state = use_state_eq(|| Loaded::Loading);
    let (reader, setter) = (desk.clone(), state.setter());
    use_effect_with((id.clone(), moved(desk, Some(id))), move |(id, _)| {
        let stopped = Rc::new(Cell::new(false));
        let (stop, id) = (stopped.clone(), id.clone());
        spawn_local(async move {
            let read = reader.api.onboarding(&id).await;
            if !stopped.get() {
                setter.set(match read {
                    Ok(view) => Loaded::Here(Rc::new(view)),
                    Err(failure) => Loaded::Failed(failure.words()),
                });
            }
        });
        move || stop.set(true)
    });
    (*state).clone()
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
        if kept::purposes(&id).is_empty() {
            spawn_local(async move {
                // Nothing is lost when it cannot be read: they can be chosen.
                let list = asker.api.onboardings().await.unwrap_or_default();
                let wanted = purposes_of(&list, &id);
                if !stop.get() && !wanted.is_empty() && kept::purposes(&id).is_empty() {
                    told.emit(wanted);
                }
            });
        }
        move || stopped.set(true)
    });
    ((*purposes).clone(), keep)
}
