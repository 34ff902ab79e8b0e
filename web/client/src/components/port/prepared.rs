//! What an operator sends to a carrier without an interface.

use crate::hooks::use_desk;
use contract::RequestId;
use contract::port::PreparedText;
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// The port, port-out or order.
    pub(crate) id: RequestId,
    /// The text for its case.
    pub(crate) text: PreparedText,
    /// Whether a PIN goes with the papers.
    #[prop_or(true)]
    pub(crate) has_pin: bool,
}

#[component]
pub(crate) fn Prepared(props: &Props) -> Html {
    let desk = use_desk();
    let told = use_state(|| None::<String>);
    let text = &props.text;
    let show = {
        let (told, id) = (told.setter(), props.id.clone());
        move |_: MouseEvent| {
            let (desk, told, id) = (desk.clone(), told.clone(), id.clone());
            spawn_local(async move {
                told.set(Some(match desk.api.losing_pin(&id).await {
                    Ok(known) => known.pin.unwrap_or_else(|| "None was given.".to_owned()),
                    Err(failure) => failure.words(),
                }));
            });
        }
    };
    html! {
        <section class="card pad" aria-label="Prepared text" data-testid="prepared"><h2>{ "To be sent to the carrier" }</h2>
            <h3>{ &text.subject }</h3><pre class="prepared">{ &text.body }</pre>
            if !text.attach.is_empty() {
                <p class="quiet">{ "Send by the link that the case gives: " }{ text.attach.join(", ") }</p>
            }
            if props.has_pin && !text.attach.is_empty() {
                <div class="pin-line">
                    <p>{ "PIN at the losing provider: " }<strong class="figures" data-testid="losing-pin">{ told.as_deref().unwrap_or("\u{2022}\u{2022}\u{2022}\u{2022}") }</strong></p>
                    if told.is_none() { <Button variant={ButtonVariant::Link} label="Show the PIN" onclick={show} /> }
                </div>
            }
        </section>
    }
}
