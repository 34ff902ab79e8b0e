//! Where carriers sell numbers, asked once for each visit of a page.

use super::Desk;
use crate::state::store::Loaded;
use contract::number::api::OfferedCountries;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Countries and types of number that can be had.
#[hook]
pub(crate) fn use_offered(desk: &Desk) -> Loaded<Rc<OfferedCountries>> {
    let state = use_state_eq(|| Loaded::Loading);
    let (desk, setter) = (desk.clone(), state.setter());
    use_effect_with((), move |()| {
        spawn_local(async move {
            setter.set(match desk.api.countries().await {
                Ok(offered) => Loaded::Here(Rc::new(offered)),
                Err(failure) => Loaded::Failed(failure.words()),
            });
        });
    });
    (*state).clone()
}
