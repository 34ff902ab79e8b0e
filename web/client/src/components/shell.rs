//! The frame of every page: where I am, who I am.

use super::{Avatar, Help, IncomingStack, Navigation, You};
use crate::hooks::keyboard::{Panels, use_keyboard};
use crate::hooks::use_desk;
use crate::state::numbers::readable;
use crate::state::store::Link;
use contract::api::Presence;
use lucide_yew::Keyboard;
use yew::prelude::*;

/// The mark: steps, as the switch took them.
#[component]
pub(crate) fn Brand() -> Html {
    html! {
        <span class="brand">
            <svg width="26" height="26" viewBox="0 0 26 26" fill="none" stroke="currentColor" stroke-width="2.2" aria-hidden="true">
                <path d="M3 22h5v-5h5v-5h5V7h5" stroke-linejoin="round" stroke-linecap="round" />
            </svg>
            <span>{ "Strowger" }</span>
        </span>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) panels: Panels,
    pub(crate) children: Html,
}

#[component]
pub(crate) fn Shell(props: &Props) -> Html {
    let desk = use_desk();
    use_keyboard(&desk, &props.panels);
    let you = use_state(|| false);
    let Some(me) = desk.store.me().cloned() else {
        return Html::default();
    };
    let open_you = {
        let you = you.clone();
        move |_| you.set(true)
    };
    let close_you = {
        let you = you.clone();
        move |()| you.set(false)
    };
    let open_help = {
        let help = props.panels.help.clone();
        move |_| help.set(true)
    };
    let close_help = {
        let help = props.panels.help.clone();
        move |()| help.set(false)
    };
    let presence = match (desk.store.link, desk.in_hand().is_some()) {
        (Link::Open, true) => Presence::OnCall,
        (Link::Open, false) => Presence::Available,
        (Link::Connecting | Link::Reconnecting, _) => Presence::Offline,
    };
    html! {
        <div class="shell" data-link={format!("{:?}", desk.store.link).to_lowercase()}>
            <header class="rail">
                <Brand />
                <Navigation role={me.role} />
                <div class="rail-foot">
                    <button type="button" class="rail-help" aria-keyshortcuts="?" onclick={open_help}><Keyboard size={18} /><span>{ "Keyboard" }</span></button>
                    <button type="button" class="rail-you" aria-haspopup="dialog" data-testid="open-you" onclick={open_you}>
                        <Avatar name={me.name.clone()} presence={presence} />
                        <span class="row-text"><strong>{ &me.name }</strong><span class="quiet">{ me.numbers.first().map(|number| readable(number.as_str())) }</span></span>
                    </button>
                </div>
            </header>
            { props.children.clone() }
            <IncomingStack />
            if *props.panels.help { <Help onclose={close_help} /> }
            if *you { <You onclose={close_you} /> }
        </div>
    }
}
