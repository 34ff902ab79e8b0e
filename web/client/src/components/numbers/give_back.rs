//! Asks before a number is given back.

use crate::components::Confirm;
use crate::state::numbers::readable;
use contract::E164;
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
    let number = readable(props.number.as_str());
    html! {
        <Confirm id="give-back" title={format!("Give {number} back?")} label="Give a number back" yes="Give it back" busy={props.busy} onanswer={props.onanswer.clone()}>
            <p>{ match &props.rings { Some(name) => format!("From now on it does not ring {name}, nor anybody else."), None => "From now on it rings nobody.".to_owned() } }</p>
            <p>{ "It waits in quarantine, in which you can still keep it. After that it goes back to its carrier, who may give it to somebody else: then it cannot be had back." }</p>
        </Confirm>
    }
}
