//! One thing of a list of what is wanted, in words, and how to be rid of it.

use lucide_yew::X;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) words: AttrValue,
    /// Its name for tests.
    #[prop_or(AttrValue::Static("want"))]
    pub(crate) testid: AttrValue,
    pub(crate) onremove: Callback<()>,
}

#[component]
pub(crate) fn Want(props: &Props) -> Html {
    let onclick = props.onremove.reform(|_: MouseEvent| ());
    html! {
        <li class="want" data-testid={props.testid.clone()}>
            <span>{ &props.words }</span>
            <button type="button" aria-label={format!("Remove: {}", props.words)} {onclick}><X size={14} /></button>
        </li>
    }
}
