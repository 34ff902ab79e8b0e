//! The keys of the keyboard.

use crate::state::keys::HELP;
use patternfly_yew::prelude::{Modal, ModalVariant};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn Help(props: &Props) -> Html {
    use_effect_with((), |()| crate::hooks::browser::focus("help"));
    html! {
        <div class="pf-v6-c-backdrop"><div class="pf-v6-l-bullseye">
            <Modal title="Keyboard" variant={ModalVariant::Small} onclose={props.onclose.clone()} disable_close_escape=true>
                <div id="help" tabindex="-1" data-testid="help">
                    <span id="modal-title" hidden=true>{ "Keyboard" }</span>
                    <dl class="keys-help">
                        { for HELP.iter().map(|(key, meaning)| html! { <><dt><kbd>{ *key }</kbd></dt><dd>{ *meaning }</dd></> }) }
                    </dl>
                </div>
            </Modal>
        </div></div>
    }
}
