//! What went into a state and what came out.

use crate::state::history::Visit;
use serde_json::Value;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) visit: Visit,
}

#[component]
pub(crate) fn Json(props: &Props) -> Html {
    let visit = &props.visit;
    let parts: [(&str, Option<&Value>); 4] = [
        ("Input", visit.input.as_ref()),
        ("Called with", visit.parameters.as_ref()),
        ("Result", visit.result.as_ref()),
        ("Output", visit.output.as_ref()),
    ];
    let error = visit.error.as_ref().map(|(name, cause)| html! {
        <><h3>{ "Error" }</h3><pre class="is-failed">{ name }{ if cause.is_empty() { String::new() } else { format!("\n{cause}") } }</pre></>
    });
    html! {
        <div class="json" data-testid="json">
            { error }
            { for parts.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).map(|(name, value)| html! {
                <><h3>{ name }</h3><pre tabindex="0">{ serde_json::to_string_pretty(value).unwrap_or_default() }</pre></>
            }) }
        </div>
    }
}
