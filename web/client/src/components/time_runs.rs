//! That days pass faster here than they do, beside the deadlines that it is about.

use crate::hooks::use_desk;
use crate::hooks::zones::use_calendars;
use crate::state::pace::Pace;
use yew::prelude::*;

#[component]
pub(crate) fn TimeRuns() -> Html {
    let desk = use_desk();
    // It is told with them.
    use_calendars(&desk, true);
    let words = desk.store.pace.and_then(Pace::words);
    html! {
        if let Some(words) = words { <p class="quiet" data-testid="time-runs">{ words }</p> }
    }
}
