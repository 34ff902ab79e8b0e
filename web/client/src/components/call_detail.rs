//! A call of the list, opened.

use super::ended_card::again;
use super::{Avatar, Chip, Legs, StepStrip, call_chip};
use crate::hooks::{use_desk, zone_min};
use crate::route::Route;
use crate::state::clock::{parse, time_of_day, when};
use crate::state::endings::ending_of;
use crate::state::numbers::readable;
use crate::state::words::logged;
use contract::view::CallView;
use lucide_yew::{Phone, Workflow};
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) call: Rc<CallView>,
}

#[component]
pub(crate) fn CallDetail(props: &Props) -> Html {
    let desk = use_desk();
    let (call, eye) = (&props.call, desk.eye());
    let other = eye.other(call);
    let name = other.map_or_else(String::new, |leg| readable(&leg.name));
    let number = other
        .and_then(|leg| leg.number.as_ref())
        .map(|number| readable(number.as_str()));
    let line = logged(call, &eye, desk.store.book.rang_here(&call.id));
    let (text, tone) = call_chip(call);
    let at = parse(&call.started_at).unwrap_or_default();
    let moment = format!(
        "{}, {}",
        when(at, crate::hooks::now(), zone_min()),
        time_of_day(at, zone_min())
    );
    let advice = ending_of(call, &eye)
        .map(|ending| ending.next)
        .filter(|next| !next.is_empty());
    html! {
        <>
            <section class="card call" aria-label="Call" data-testid="detail">
                <div class="call-head">
                    <Avatar name={name.clone()} large=true tone={line.tone} />
                    <div class="call-who">
                        <h1>{ &name }</h1>
                        <p class="quiet">{ number.filter(|number| *number != name).map(|number| format!("{number}  \u{b7}  ")) }{ moment }</p>
                        <p>{ &line.text }{ "  " }<Chip {text} {tone} /></p>
                    </div>
                </div>
                if let Some(advice) = advice { <p class="hint">{ advice }</p> }
                <div class="actions">
                    if let Some(onclick) = again(&desk, call) {
                        <Button variant={ButtonVariant::Primary} {onclick} icon={html!(<Phone size={18} />)} label="Call" />
                    }
                    <Link<Route> to={Route::Calls { id: call.id.to_string() }} class={classes!("pf-v6-c-button", "pf-m-secondary")}>
                        <Workflow size={18} />{ " Open the graph" }
                    </Link<Route>>
                </div>
            </section>
            <StepStrip call={call.clone()} />
            <Legs call={call.clone()} />
        </>
    }
}
