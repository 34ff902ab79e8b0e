//! The work queue: every request that one may see, and who has to act until when.

use crate::components::{Queue, Scope};
use yew::prelude::*;

#[component]
pub(crate) fn Requests() -> Html {
    html! { <Queue title="Requests" scope={Scope::All} /> }
}
