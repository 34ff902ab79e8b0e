//! A port-out that a carrier without an interface tells of: the form by which an operator writes it down.

use crate::api::{Failure, random_text};
use crate::components::{Form, FormModel};
use crate::hooks::use_desk;
use crate::route::Route;
use crate::state::form::Event;
use crate::state::port_out_draft::{filling, written};
use crate::state::store::Action;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::prelude::use_router;

#[component]
pub(crate) fn RecordPortOut() -> Html {
    let desk = use_desk();
    let router = use_router::<Route>();
    let model = use_reducer(|| FormModel::new(filling()));
    let filling = model.0.clone();
    // What is written otherwise is another wish.
    let key = use_memo(filling.answer(), |_| random_text());
    {
        let (dispatch, answer) = (model.dispatcher(), filling.answer());
        use_effect_with((filling.sending, filling.tries), move |(sending, _)| {
            if !*sending {
                return;
            }
            let body = match written(&answer) {
                Ok(body) => body,
                Err((field, why)) => return dispatch.dispatch(Event::Refused(Some(field), why)),
            };
            spawn_local(async move {
                match desk.api.record_port_out(&body, &key).await {
                    Ok(begun) => {
                        let to = match begun.requests.as_slice() {
                            [one] => Route::Request {
                                id: one.id.to_string(),
                            },
                            _ => Route::PortOuts,
                        };
                        for view in begun.requests {
                            desk.dispatch
                                .dispatch(Action::Request(Box::new(view), true));
                        }
                        if let Some(router) = router {
                            router.push(to);
                        }
                    }
                    Err(Failure::SessionOver) => desk.failed(&Failure::SessionOver),
                    Err(failure) => {
                        // `numbers[3]` is a line of the one field.
                        let field = failure
                            .field()
                            .map(|field| field.split('[').next().unwrap_or(field).to_owned());
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
    html! {
        <section class="card pad" aria-label="Write the port-out down" data-testid="record-port-out">
            <p class="quiet">{ &filling.form.help }</p>
            <Form {filling} {onevent} send="Write it down" />
        </section>
    }
}
