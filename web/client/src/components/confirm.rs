//! Asks before something is done that cannot be taken back.

use patternfly_yew::prelude::{Button, ButtonVariant, Modal, ModalVariant};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Its element's id, and its name for tests.
    pub(crate) id: AttrValue,
    /// The question.
    pub(crate) title: AttrValue,
    /// What it is, for those who listen.
    pub(crate) label: AttrValue,
    /// What comes of it.
    pub(crate) children: Html,
    /// What the button says that does it; the other one keeps it.
    pub(crate) yes: AttrValue,
    /// Whether it is being done.
    #[prop_or_default]
    pub(crate) busy: bool,
    /// The answer.
    pub(crate) onanswer: Callback<bool>,
}

#[component]
pub(crate) fn Confirm(props: &Props) -> Html {
    use_effect_with(props.id.clone(), |id| crate::hooks::browser::focus(id));
    let answer = |yes: bool| props.onanswer.reform(move |_: MouseEvent| yes);
    let onclose = props.onanswer.reform(|()| false);
    html! {
        <div class="pf-v6-c-backdrop"><div class="pf-v6-l-bullseye">
            <Modal title={props.title.to_string()} variant={ModalVariant::Small} {onclose}>
                <div id={props.id.clone()} tabindex="-1" class="you" data-testid={props.id.clone()}>
                    <span id="modal-title" hidden=true>{ &props.label }</span>
                    { props.children.clone() }
                    <div class="actions">
                        <Button variant={ButtonVariant::Danger} label={props.yes.to_string()} disabled={props.busy} onclick={answer(true)} />
                        <Button variant={ButtonVariant::Secondary} label="Keep it" disabled={props.busy} onclick={answer(false)} />
                    </div>
                </div>
            </Modal>
        </div></div>
    }
}
