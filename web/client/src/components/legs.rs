//! Who is in a call, and where each is.

use super::Avatar;
use crate::hooks::use_desk;
use crate::state::numbers::readable;
use contract::view::{CallView, Leg, LegKind, LegStatus};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) call: Rc<CallView>,
}

const fn status(status: LegStatus) -> &'static str {
    match status {
        LegStatus::Waiting => "Waiting",
        LegStatus::Ringing => "Ringing",
        LegStatus::Joining => "Joining",
        LegStatus::Connected => "Connected",
        LegStatus::Ended => "Gone",
    }
}

#[component]
pub(crate) fn Legs(props: &Props) -> Html {
    let desk = use_desk();
    let eye = desk.eye();
    let mine = eye.mine(&props.call).map(|leg| leg.id.clone());
    let media = &desk.store.media;
    let row = |leg: &Leg| {
        let own = mine.as_ref() == Some(&leg.id);
        let here = own && leg.device.as_ref() == Some(&eye.device);
        let name = if own {
            "You".to_owned()
        } else {
            readable(&leg.name)
        };
        let place = match (leg.kind, own, here) {
            (LegKind::Phone, _, _) => "Phone",
            (LegKind::Client, _, true) => "This browser",
            (LegKind::Client, true, false) => "Another device of yours",
            (LegKind::Client, false, false) => "Browser",
        };
        let seat = media.roster.iter().find(|seat| seat.leg == leg.id);
        let connected =
            leg.status == LegStatus::Connected && media.call.as_ref() == Some(&props.call.id);
        let muted = (here && media.muted) || seat.is_some_and(|seat| seat.muted);
        let talking = connected && !muted && seat.is_some_and(|seat| seat.talking);
        let state = match (connected && muted, talking) {
            (true, _) => "Muted",
            (false, true) => "Talking",
            (false, false) => status(leg.status),
        };
        html! {
            <li class="leg" data-testid={format!("leg-{}", leg.id)} data-status={format!("{:?}", leg.status).to_lowercase()}>
                <Avatar name={readable(&leg.name)} />
                <span class="row-text"><strong>{ name }</strong><span class="quiet">{ place }</span></span>
                <span class={if talking { "is-talking" } else { "quiet" }}>{ state }</span>
            </li>
        }
    };
    html! {
        <section class="card legs" aria-label="In this call">
            <h2>{ "In this call" }</h2>
            <ul>{ for props.call.legs.iter().map(row) }</ul>
        </section>
    }
}
