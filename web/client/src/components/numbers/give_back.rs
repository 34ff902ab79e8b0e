//! Asks before a number is given back.

use crate::state::numbers::readable;
use contract::E164;
use patternfly_yew::prelude::{Button, ButtonVariant, Modal, ModalVariant};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) number: E164,
    /// Whom it rings, if anybody.
    pub(crate) rings: Option<String>,
    pub(crate) busy: bool,
    /// The answer.
    pub(crate) onanswer: Callback<bool>,
}

#[component]
pub(crate) fn GiveBack(props: &Props) -> Html {
    use_effect_with((), |()| crate::hooks::browser::focus("give-back"));
    let number = readable(props.number.as_str());
    let answer = |yes: bool| {
        let told = props.onanswer.clone();
        move |_| told.emit(yes)
    };
    let onclose = {
        let told = props.onanswer.clone();
        move |()| told.emit(false)
    };
    html! {
        <div class="pf-v6-c-backdrop"><div class="pf-v6-l-bullseye">
            <Modal title={format!("Give {number} back?")} variant={ModalVariant::Small} {onclose}>
                <div id="give-back" tabindex="-1" class="you" data-testid="give-back">
                    <span id="modal-title" hidden=true>{ "Give a number back" }</span>
                    <p>{ match &props.rings { Some(name) => format!("From now on it does not ring {name}, nor anybody else."), None => "From now on it rings nobody.".to_owned() } }</p>
                    <p>{ "It waits in quarantine, in which you can still keep it. After that it goes back to its carrier, who may give it to somebody else: then it cannot be had back." }</p>
                    <div class="actions">
                        <Button variant={ButtonVariant::Danger} label="Give it back" disabled={props.busy} onclick={answer(true)} />
                        <Button variant={ButtonVariant::Secondary} label="Keep it" disabled={props.busy} onclick={answer(false)} />
                    </div>
                </div>
            </Modal>
        </div></div>
    }
}
