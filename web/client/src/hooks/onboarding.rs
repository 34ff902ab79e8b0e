//! Onboardings: read when a page opens, and again when one of them moves.

use super::Desk;
use super::requests::use_shelf;
use crate::state::requests::Shelf;
use crate::state::store::Loaded;
use contract::RequestId;
use contract::onboarding::api::OnboardingView;
use contract::request::Kind;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// The revisions of the onboardings that this page knows.
fn moved(desk: &Desk, only: Option<&RequestId>) -> Vec<(RequestId, u64)> {
    let known = desk.store.requests.all();
    let known = known.filter(|view| matches!(view.kind, Kind::OnboardTenant | Kind::OnboardUser));
    let known = known.filter(|view| only.is_none_or(|only| view.id == *only));
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
