//! The PIN that another carrier names to take numbers over.

use crate::hooks::{Desk, use_desk};
use crate::state::port_draft::pin_fits;
use crate::state::store::Loaded;
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant, Spinner};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

async fn read(desk: &Desk) -> Loaded<Option<String>> {
    match desk.api.port_out_pin().await {
        Ok(known) => Loaded::Here(known.pin),
        Err(failure) => Loaded::Failed(failure.words()),
    }
}

#[component]
pub(crate) fn PortOutPin() -> Html {
    let desk = use_desk();
    let known = use_state(|| Loaded::Loading);
    let shown = use_state(|| false);
    let typed = use_state(String::new);
    let refused = use_state(|| None::<String>);
    {
        let (desk, known) = (desk.clone(), known.setter());
        use_effect_with((), move |()| {
            spawn_local(async move { known.set(read(&desk).await) });
        });
    }
    let set = {
        let (desk, known, typed, refused) = (
            desk.clone(),
            known.setter(),
            typed.setter(),
            refused.setter(),
        );
        Callback::from(move |pin: Option<String>| {
            let (desk, known) = (desk.clone(), known.clone());
            let (typed, refused) = (typed.clone(), refused.clone());
            spawn_local(async move {
                match desk.api.set_port_out_pin(pin).await {
                    Ok(()) => {
                        known.set(read(&desk).await);
                        typed.set(String::new());
                        refused.set(None);
                    }
                    Err(failure) => refused.set(Some(failure.words())),
                }
            });
        })
    };
    let oninput = {
        let typed = typed.clone();
        move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlInputElement>().value())
        }
    };
    let onsubmit = {
        let (set, pin) = (set.clone(), typed.trim().to_owned());
        move |event: SubmitEvent| {
            event.prevent_default();
            set.emit(Some(pin.clone()));
        }
    };
    let flip = {
        let shown = shown.clone();
        move |_: MouseEvent| shown.set(!*shown)
    };
    let away = set.reform(|_: MouseEvent| None);
    let account = desk.store.me().map(|me| me.tenant.to_string());
    html! {
        <section class="card pad pin-card" aria-label="PIN for port-outs" data-testid="port-out-pin">
            <h2>{ "PIN" }</h2>
            { match &*known {
                Loaded::Loading => html! { <div role="status" aria-label="Loading the PIN"><Spinner /></div> },
                Loaded::Failed(words) => html! { <p class="form-refused" role="alert">{ words }</p> },
                Loaded::Here(None) => html! { <p class="quiet">{ "None is set: whoever has your name and a number of yours can ask for it. With a PIN, who names a wrong one is refused, and where carriers have to name it (United States) who names none." }</p> },
                Loaded::Here(Some(pin)) => html! {
                    <div class="pin-line">
                        <p>{ "Whoever takes your numbers over is to name " }<strong class="figures" data-testid="pin">{ if *shown { pin.clone() } else { "\u{2022}".repeat(4) } }</strong></p>
                        <Button variant={ButtonVariant::Link} label={if *shown { "Hide it" } else { "Show it" }} onclick={flip} />
                        <Button variant={ButtonVariant::Link} label="Take it away" onclick={away} />
                    </div>
                },
            } }
            if let Some(account) = account { <p class="quiet">{ "They may name your account too, which has the number " }<span class="figures">{ account }</span>{ "." }</p> }
            <form class="pin-form" {onsubmit}>
                <label for="pin-new">{ "New PIN, 4 to 10 digits" }</label>
                <input id="pin-new" class="control figures" inputmode="numeric" autocomplete="off" maxlength="10" value={(*typed).clone()} {oninput} />
                <Button r#type={ButtonType::Submit} variant={ButtonVariant::Secondary} label="Set the PIN" disabled={!pin_fits(typed.trim())} />
            </form>
            if let Some(words) = &*refused { <p class="form-refused" role="alert">{ words }</p> }
        </section>
    }
}
