//! What a page shows of what it reads.

use crate::state::store::Loaded;
use patternfly_yew::prelude::Spinner;
use yew::prelude::*;

/// That it is under way, why it is not to be had, or what is `here`.
pub(crate) fn loaded<T>(read: Loaded<T>, here: impl FnOnce(T) -> Html) -> Html {
    match read {
        Loaded::Loading => {
            html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> }
        }
        Loaded::Failed(words) => html! { <p class="card list-foot" role="alert">{ words }</p> },
        Loaded::Here(it) => here(it),
    }
}
