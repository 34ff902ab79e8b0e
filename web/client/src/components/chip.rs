//! A word with its colour.

use crate::state::words::{Tone, outcome, phase};
use contract::view::CallView;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) text: AttrValue,
    pub(crate) tone: Tone,
    #[prop_or_default]
    pub(crate) testid: Option<AttrValue>,
}

/// The class of a tone.
pub(crate) const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Waits => "is-waits",
        Tone::Well => "is-well",
        Tone::Failed => "is-failed",
        Tone::Quiet => "is-quiet",
    }
}

#[component]
pub(crate) fn Chip(props: &Props) -> Html {
    html! { <span class={classes!("chip", class(props.tone))} data-testid={props.testid.clone()}>{ &props.text }</span> }
}

/// The chip of a call: what it does, or what became of it.
pub(crate) fn call_chip(call: &CallView) -> (&'static str, Tone) {
    match call.outcome {
        Some(ended) if !call.is_live() => outcome(ended),
        Some(_) | None => phase(call.phase),
    }
}
