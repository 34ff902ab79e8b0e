//! How the last call ended, and what to do next.

use super::chip::class;
use super::{Avatar, StepStrip};
use crate::hooks::{Desk, use_desk};
use crate::state::endings::ending_of;
use crate::state::find::call_back;
use crate::state::numbers::readable;
use crate::state::store::Action;
use contract::view::CallView;
use lucide_yew::Phone;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) call: Rc<CallView>,
}

/// Calls the other side of a call again.
pub(crate) fn again(desk: &Desk, call: &Rc<CallView>) -> Option<Callback<MouseEvent>> {
    let to = call_back(call, &desk.eye())?;
    let name = desk
        .eye()
        .other(call)
        .map_or_else(|| to.clone(), |leg| readable(&leg.name));
    let desk = desk.clone();
    Some(Callback::from(move |_| desk.dial(&to, &name)))
}

#[component]
pub(crate) fn EndedCard(props: &Props) -> Html {
    let desk = use_desk();
    let eye = desk.eye();
    let Some(ending) = ending_of(&props.call, &eye) else {
        return Html::default();
    };
    let name = eye
        .other(&props.call)
        .map_or_else(String::new, |leg| readable(&leg.name));
    let dismiss = {
        let desk = desk.clone();
        move |_| desk.dispatch.dispatch(Action::Dismiss)
    };
    let callback = again(&desk, &props.call).filter(|_| ending.again);
    html! {
        <>
            <section class={classes!("card", "ended", class(ending.tone))} data-testid="ended"
                data-outcome={props.call.outcome.map(|outcome| format!("{outcome:?}"))}>
                <Avatar name={name.clone()} large=true tone={ending.tone} />
                <div class="ended-words" role="status">
                    <p class="quiet">{ name }</p>
                    <h1 data-testid="ended-title">{ &ending.title }</h1>
                    if !ending.next.is_empty() { <p data-testid="ended-next">{ &ending.next }</p> }
                </div>
                <div class="actions">
                    if let Some(onclick) = callback {
                        <Button variant={ButtonVariant::Primary} {onclick} icon={html!(<Phone size={18} />)} label="Call again" />
                    }
                    <Button variant={ButtonVariant::Secondary} label="Close" onclick={dismiss} />
                </div>
            </section>
            <StepStrip call={props.call.clone()} />
        </>
    }
}
