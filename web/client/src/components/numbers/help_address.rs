//! Asks where help is sent when an emergency call comes from a number.

use crate::api::Failure;
use crate::components::{Form, FormModel};
use crate::hooks::use_desk;
use crate::state::form::{Event, Filling, read};
use crate::state::numbers::readable;
use contract::number::api::OwnedNumber;
use patternfly_yew::prelude::{Modal, ModalVariant};
use serde_json::{Value, json};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// The form by which workflows ask for the same.
const FORM: &str = include_str!("../../../../../workflows/forms/emergency-address.json");

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) number: Rc<OwnedNumber>,
    /// It is over; whether the address was changed.
    pub(crate) onclose: Callback<bool>,
}

/// The form with the address that is known, or the number's country.
fn begun(number: &OwnedNumber) -> Filling {
    let schema: Value = serde_json::from_str(FORM).unwrap_or_default();
    let known = number
        .emergency
        .as_ref()
        .and_then(|help| help.address.as_ref());
    let draft = match known {
        Some(address) => json!(address),
        None => json!({ "country": number.country.clone().unwrap_or_default() }),
    };
    Filling::new(Rc::new(read(&schema)), Some(draft))
}

#[component]
pub(crate) fn HelpAddress(props: &Props) -> Html {
    use_effect_with((), |()| crate::hooks::browser::focus("help-address"));
    let desk = use_desk();
    let model = {
        let number = props.number.clone();
        use_reducer(move || FormModel::new(begun(&number)))
    };
    let filling = model.0.clone();
    {
        // Sent when a try found nothing wrong.
        let (dispatch, onclose) = (model.dispatcher(), props.onclose.clone());
        let (answer, number) = (filling.answer(), props.number.number.clone());
        use_effect_with((filling.sending, filling.tries), move |(sending, _)| {
            if *sending {
                spawn_local(async move {
                    match desk.api.set_emergency_address(&number, &answer).await {
                        Ok(_) => onclose.emit(true),
                        Err(Failure::SessionOver) => desk.failed(&Failure::SessionOver),
                        Err(failure) => {
                            let field = failure.field().map(|field| format!("answer.{field}"));
                            dispatch.dispatch(Event::Refused(field, failure.words()));
                        }
                    }
                });
            }
        });
    }
    let onevent = {
        let dispatch = model.dispatcher();
        Callback::from(move |event| dispatch.dispatch(event))
    };
    let onclose = {
        let told = props.onclose.clone();
        move |()| told.emit(false)
    };
    let number = readable(props.number.number.as_str());
    let problem = props.number.emergency.as_ref();
    let problem = problem.and_then(|help| help.problem.clone());
    html! {
        <div class="pf-v6-c-backdrop"><div class="pf-v6-l-bullseye">
            <Modal title={format!("Where is help sent for {number}?")} variant={ModalVariant::Small} {onclose}>
                <div id="help-address" tabindex="-1" class="you" data-testid="help-address">
                    <span id="modal-title" hidden=true>{ "Emergency address" }</span>
                    if !filling.form.help.is_empty() { <p class="quiet">{ &filling.form.help }</p> }
                    if let Some(problem) = problem { <p class="field-said is-wrong">{ format!("The carrier does not have this address. {problem}") }</p> }
                    <Form {filling} {onevent} send="Send it there" />
                </div>
            </Modal>
        </div></div>
    }
}
