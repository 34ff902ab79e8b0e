//! A secret that is shown once: to be copied now or never.

use crate::hooks::use_desk;
use lucide_yew::Copy as CopyIcon;
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct ShownOnceProps {
    /// Its element's id, and its name for tests.
    pub(crate) id: AttrValue,
    /// What it is, for those who listen.
    pub(crate) label: AttrValue,
    pub(crate) title: AttrValue,
    /// The secret, unless it was lost on the way.
    pub(crate) secret: Option<AttrValue>,
    /// What is said below it.
    pub(crate) children: Html,
    /// What to do when it was lost.
    #[prop_or_default]
    pub(crate) lost: AttrValue,
    /// What the button says that leaves it for good.
    pub(crate) done: AttrValue,
    pub(crate) ondone: Callback<()>,
}

/// What was made, with its secret: in place of the form until somebody leaves it.
#[component]
pub(crate) fn ShownOnce(props: &ShownOnceProps) -> Html {
    use_effect_with(props.id.clone(), |id| crate::hooks::browser::focus(id));
    let onclick = props.ondone.reform(|_: MouseEvent| ());
    html! {
        <section id={props.id.clone()} tabindex="-1" class="card pad shown-once" aria-label={props.label.clone()} data-testid={props.id.clone()}>
            <h2>{ &props.title }</h2>
            if let Some(secret) = &props.secret {
                <p>{ "Copy its secret now: it is shown this once and cannot be shown again." }</p>
                <Secret secret={secret.clone()} />
                { props.children.clone() }
            } else {
                <p role="alert">{ format!("The answer with its secret was lost on the way, and is not given twice. {}", props.lost) }</p>
            }
            <div class="actions"><Button variant={ButtonVariant::Primary} label={props.done.to_string()} {onclick} /></div>
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct Props {
    secret: AttrValue,
}

#[component]
fn Secret(props: &Props) -> Html {
    let desk = use_desk();
    let copied = use_state(|| false);
    let onclick = {
        let (secret, copied) = (props.secret.clone(), copied.setter());
        move |_: MouseEvent| {
            let (desk, secret, copied) = (desk.clone(), secret.clone(), copied.clone());
            spawn_local(async move {
                if copy(&secret).await {
                    copied.set(true);
                } else {
                    desk.complain("This browser did not copy it. Mark it and copy it yourself.");
                }
            });
        }
    };
    html! {
        <div class="secret">
            <code data-testid="secret">{ &props.secret }</code>
            <Button variant={ButtonVariant::Secondary} label={if *copied { "Copied" } else { "Copy" }} {onclick} icon={html!(<CopyIcon size={16} />)} />
            <span class="visually-hidden" role="status">{ if *copied { "The secret is copied." } else { "" } }</span>
        </div>
    }
}

/// Whether the clipboard has it. Pages that came over plain HTTP have no clipboard, but for this machine's own.
async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    let clipboard = window.navigator().clipboard();
    let known: &JsValue = clipboard.as_ref();
    if known.is_undefined() {
        return false;
    }
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}
