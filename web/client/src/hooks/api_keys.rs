//! The tenant's API keys: read when a page opens, and again when it asks.

use super::Desk;
use super::reading::use_read_again;
use crate::state::store::Loaded;
use contract::api::keys::ApiKeyView;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// The keys, and how to read them again.
#[hook]
pub(crate) fn use_api_keys(desk: &Desk) -> (Loaded<Rc<Vec<ApiKeyView>>>, Callback<()>) {
    use_read_again(desk, (), |api, ()| async move { api.api_keys().await })
}

/// The keys, to name those by which something was done: read only if that is `wanted`, and if the one who looks may list keys.
#[hook]
pub(crate) fn use_key_names(desk: &Desk, wanted: bool) -> Rc<Vec<ApiKeyView>> {
    let state = use_state_eq(Rc::<Vec<ApiKeyView>>::default);
    let may = desk.store.me().is_some_and(|me| me.role.makes_requests());
    let (reader, setter) = (desk.clone(), state.setter());
    use_effect_with(wanted && may, move |wanted| {
        let stopped = Rc::new(Cell::new(false));
        if *wanted {
            let stop = stopped.clone();
            spawn_local(async move {
                // Without them it is said that a program did it, and not which.
                let known = reader.api.api_keys().await.unwrap_or_default();
                if !stop.get() {
                    setter.set(Rc::new(known));
                }
            });
        }
        move || stopped.set(true)
    });
    (*state).clone()
}
