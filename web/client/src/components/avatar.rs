//! A person's picture: their initials, and whether they can be rung.

use crate::state::find::presence;
use crate::state::numbers::initials;
use crate::state::words::Tone;
use contract::api::Presence;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) name: AttrValue,
    #[prop_or_default]
    pub(crate) presence: Option<Presence>,
    #[prop_or(Tone::Quiet)]
    pub(crate) tone: Tone,
    #[prop_or_default]
    pub(crate) large: bool,
}

#[component]
pub(crate) fn Avatar(props: &Props) -> Html {
    let tone = match props.tone {
        Tone::Waits => "is-waits",
        Tone::Failed => "is-failed",
        Tone::Well | Tone::Quiet => "",
    };
    let dot = props.presence.map(|now| {
        let kind = match now {
            Presence::Available => "is-available",
            Presence::OnCall => "is-on-call",
            Presence::Offline => "is-offline",
        };
        html! { <span class={classes!("avatar-dot", kind)} role="img" aria-label={presence(now)} title={presence(now)} /> }
    });
    html! {
        <span class={classes!("avatar", tone, props.large.then_some("is-large"))}>
            <span aria-hidden="true">{ initials(&props.name) }</span>
            { dot }
        </span>
    }
}
