//! What a carrier without an interface says of a port-out though nobody asked: an operator writes it down.

use crate::api::{Failure, random_text};
use crate::components::{Form, FormModel};
use crate::hooks::use_desk;
use crate::state::form::Event;
use crate::state::port_out_draft::{said, standing};
use contract::RequestId;
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// The port-out.
    pub(crate) id: RequestId,
}

/// How far the form is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Closed,
    Open,
    Done,
}

#[component]
pub(crate) fn CarrierSays(props: &Props) -> Html {
    let desk = use_desk();
    let shown = use_state_eq(|| Shown::Closed);
    let model = use_reducer(|| FormModel::new(standing()));
    let filling = model.0.clone();
    // What is written otherwise is said anew.
    let key = use_memo(filling.answer(), |_| random_text());
    {
        let (dispatch, shown, id) = (model.dispatcher(), shown.setter(), props.id.clone());
        let answer = filling.answer();
        use_effect_with((filling.sending, filling.tries), move |(sending, _)| {
            if !*sending {
                return;
            }
            let body = match said(&answer) {
                Ok(body) => body,
                Err((field, why)) => return dispatch.dispatch(Event::Refused(Some(field), why)),
            };
            spawn_local(async move {
                match desk.api.port_out_stands(&id, &body, &key).await {
                    Ok(()) => {
                        dispatch.dispatch(Event::Saved);
                        shown.set(Shown::Done);
                    }
                    Err(Failure::SessionOver) => desk.failed(&Failure::SessionOver),
                    Err(failure) => {
                        let field = failure.field().map(str::to_owned);
                        dispatch.dispatch(Event::Refused(field, failure.words()));
                    }
                }
            });
        });
    }
    let onevent = {
        let dispatch = model.dispatcher();
        Callback::from(move |event| dispatch.dispatch(event))
    };
    let open = {
        let shown = shown.clone();
        move |_: MouseEvent| shown.set(Shown::Open)
    };
    html! {
        <section class="card pad" aria-label="What the carrier says" data-testid="carrier-says">
            <h2>{ "What the carrier says" }</h2>
            { match *shown {
                Shown::Closed => html! {
                    <>
                        <p class="quiet">{ "If its case says something new meanwhile, write it down here." }</p>
                        <div class="actions"><Button variant={ButtonVariant::Secondary} label="Write it down" onclick={open} /></div>
                    </>
                },
                Shown::Open => html! { <Form {filling} {onevent} send="Write it down" /> },
                Shown::Done => html! { <p class="quiet" role="status">{ "Written down. The workflow goes on." }</p> },
            } }
        </section>
    }
}
