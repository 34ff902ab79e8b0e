//! The keys of a telephone, alone and with a field to dial from.

use crate::hooks::use_desk;
use crate::state::numbers::{dialable, readable};
use lucide_yew::{Delete, Phone};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use web_sys::{ClipboardEvent, HtmlInputElement};
use yew::prelude::*;

/// The keys with their letters (ITU-T E.161).
const KEYS: [(char, &str); 12] = [
    ('1', ""),
    ('2', "ABC"),
    ('3', "DEF"),
    ('4', "GHI"),
    ('5', "JKL"),
    ('6', "MNO"),
    ('7', "PQRS"),
    ('8', "TUV"),
    ('9', "WXYZ"),
    ('*', ""),
    ('0', "+"),
    ('#', ""),
];

#[derive(PartialEq, Properties)]
pub(crate) struct KeysProps {
    pub(crate) onpress: Callback<char>,
}

/// The twelve keys.
#[component]
pub(crate) fn Keys(props: &KeysProps) -> Html {
    html! {
        <div class="keys" role="group" aria-label="Dial pad" data-testid="keypad">
            { for KEYS.iter().map(|&(key, letters)| {
                let onpress = props.onpress.clone();
                let name = match key { '*' => "Star".to_owned(), '#' => "Hash".to_owned(), key => key.to_string() };
                html! {
                    <button type="button" class="key" aria-label={name} data-key={key.to_string()} onclick={move |_| onpress.emit(key)}>
                        <span>{ key }</span>
                        <small aria-hidden="true">{ letters }</small>
                    </button>
                }
            }) }
        </div>
    }
}

/// A field, the keys and the call button.
#[component]
pub(crate) fn DialPad() -> Html {
    let desk = use_desk();
    let text = use_state(String::new);
    let number = dialable(&text);

    let onpress = {
        let (desk, text) = (desk.clone(), text.clone());
        Callback::from(move |key: char| {
            desk.tones.key(key);
            text.set(format!("{}{key}", *text));
        })
    };
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlInputElement>().value())
        })
    };
    let onpaste = {
        let text = text.clone();
        Callback::from(move |event: Event| {
            use wasm_bindgen::JsCast;
            let data = event
                .dyn_ref::<ClipboardEvent>()
                .and_then(ClipboardEvent::clipboard_data);
            if let Some(number) = data
                .and_then(|data| data.get_data("text").ok())
                .and_then(|pasted| dialable(&pasted))
            {
                event.prevent_default();
                text.set(readable(&number));
            }
        })
    };
    let onback = {
        let text = text.clone();
        Callback::from(move |_| {
            text.set(
                text.chars()
                    .take(text.chars().count().saturating_sub(1))
                    .collect(),
            )
        })
    };
    let onsubmit = {
        let (desk, number, text) = (desk.clone(), number.clone(), text.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(number) = &number {
                desk.dial(number, &readable(number));
                text.set(String::new());
            }
        })
    };
    html! {
        <form class="card dial" {onsubmit} data-testid="dial-pad">
            <div class="dial-field">
                <input id="dial-number" type="tel" inputmode="tel" autocomplete="off" aria-label="Number to call"
                    placeholder="Number" value={(*text).clone()} {oninput} {onpaste} />
                if !text.is_empty() {
                    <button type="button" class="icon-button" aria-label="Delete the last digit" onclick={onback}><Delete size={20} /></button>
                }
            </div>
            <Keys {onpress} />
            <Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} class="call-button" disabled={number.is_none()}
                icon={html!(<Phone size={20} />)} label="Call" />
        </form>
    }
}
