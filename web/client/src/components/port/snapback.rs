//! Numbers that were ported in error go back: those that came, and those that left.

use crate::hooks::use_desk;
use crate::state::numbers::readable;
use crate::state::port_draft::can_go_back;
use contract::E164;
use contract::request::RequestView;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) view: Rc<RequestView>,
}

/// Lets numbers go back to the provider that they came from.
#[component]
pub(crate) fn SnapBack(props: &Props) -> Html {
    let desk = use_desk();
    let chosen = use_state(Vec::<E164>::new);
    let asks = use_state(|| false);
    let refused = use_state(|| None::<String>);
    let lines = can_go_back(&props.view);
    let onchange = |number: &E164| {
        let (chosen, number) = (chosen.clone(), number.clone());
        move |event: Event| {
            let ticked = event.target_unchecked_into::<HtmlInputElement>().checked();
            let mut next: Vec<E164> = chosen
                .iter()
                .filter(|one| **one != number)
                .cloned()
                .collect();
            if ticked {
                next.push(number.clone());
            }
            chosen.set(next);
        }
    };
    let open = |is: bool| {
        let asks = asks.clone();
        move |_: MouseEvent| asks.set(is)
    };
    let go = {
        let (desk, asks, refused) = (desk.clone(), asks.clone(), refused.clone());
        let (id, chosen) = (props.view.id.clone(), chosen.clone());
        move |_: MouseEvent| {
            asks.set(false);
            let (desk, refused, id, chosen) =
                (desk.clone(), refused.clone(), id.clone(), chosen.clone());
            spawn_local(async move {
                match desk.api.snap_back(&id, (*chosen).clone()).await {
                    Ok(()) => {
                        chosen.set(Vec::new());
                        refused.set(None);
                    }
                    Err(failure) => refused.set(Some(failure.words())),
                }
            });
        }
    };
    let count = chosen.len();
    html! {
        <section class="card pad" aria-label="Ported in error" data-testid="snapback">
            <h2>{ "Ported in error?" }</h2>
            <p class="quiet">{ "Numbers can be sent back to the provider that they came from while the window is open." }</p>
            <div class="radios is-many">{ for lines.iter().map(|number| html! {
                <label class={classes!("radio", chosen.contains(number).then_some("is-chosen"))}>
                    <input type="checkbox" checked={chosen.contains(number)} onchange={onchange(number)} /><span class="figures">{ readable(number.as_str()) }</span>
                </label>
            }) }</div>
            if let Some(words) = &*refused { <p class="form-refused" role="alert">{ words }</p> }
            if *asks && count > 0 {
                <div class="ask" role="alertdialog" aria-label="Let them go back?">
                    <p><strong>{ if count == 1 { "Let this number go back? ".to_owned() } else { format!("Let {count} numbers go back? ") } }</strong>{ "An operator has them ported back; they ring here until they have left." }</p>
                    <Button variant={ButtonVariant::Danger} label="Let go" onclick={go} />
                    <Button variant={ButtonVariant::Secondary} label="Keep" onclick={open(false)} />
                </div>
            } else {
                <div class="actions"><Button variant={ButtonVariant::Secondary} label="Let go back" disabled={count == 0} onclick={open(true)} /></div>
            }
        </section>
    }
}

/// Says that the numbers of a port-out came back.
#[component]
pub(crate) fn CameBack(props: &Props) -> Html {
    let desk = use_desk();
    let asks = use_state(|| false);
    let refused = use_state(|| None::<String>);
    let open = |is: bool| {
        let asks = asks.clone();
        move |_: MouseEvent| asks.set(is)
    };
    let go = {
        let (asks, refused, id) = (asks.clone(), refused.clone(), props.view.id.clone());
        move |_: MouseEvent| {
            asks.set(false);
            let (desk, refused, id) = (desk.clone(), refused.clone(), id.clone());
            spawn_local(async move {
                let told = desk.api.came_back(&id).await;
                refused.set(told.err().map(|failure| failure.words()));
            });
        }
    };
    html! {
        <section class="card pad" aria-label="Ported in error" data-testid="came-back">
            <h2>{ "Ported in error?" }</h2>
            <p class="quiet">{ "If the other carrier has given the numbers back, they are set up here again." }</p>
            if let Some(words) = &*refused { <p class="form-refused" role="alert">{ words }</p> }
            if *asks {
                <div class="ask" role="alertdialog" aria-label="Are they back?">
                    <p><strong>{ "Are they back? " }</strong>{ "Calls to them are answered here again." }</p>
                    <Button variant={ButtonVariant::Primary} label="They are back" onclick={go} />
                    <Button variant={ButtonVariant::Secondary} label="Not yet" onclick={open(false)} />
                </div>
            } else {
                <div class="actions"><Button variant={ButtonVariant::Secondary} label="The numbers came back" onclick={open(true)} /></div>
            }
        </section>
    }
}
