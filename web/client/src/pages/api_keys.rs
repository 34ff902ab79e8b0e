//! API keys: what programs of the tenant ask by. Made here, shown once, revoked here.

use crate::api::{Failure, wire};
use crate::components::field::{Choice, TextField};
use crate::components::{Chip, Confirm, ShownOnce, loaded};
use crate::hooks::api_keys::use_api_keys;
use crate::hooks::making::{Making, use_making};
use crate::hooks::{use_desk, use_now, zone_min};
use crate::state::api_keys::{Draft, LIVES, is_good, may, standing, story};
use contract::Role;
use contract::api::keys::{ApiKeyView, MadeApiKey};
use lucide_yew::KeyRound;
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[component]
pub(crate) fn ApiKeys() -> Html {
    let desk = use_desk();
    let (keys, again) = use_api_keys(&desk);
    let body = loaded(keys, |list| {
        if list.is_empty() {
            html! { <div class="card list-foot" data-testid="keys-empty"><h2>{ "No key yet" }</h2><p class="quiet">{ "With a key, a program needs nobody\u{2019}s password." }</p></div> }
        } else {
            html! { <List keys={list} again={again.clone()} /> }
        }
    });
    html! {
        <main class="page" data-testid="keys-page">
            <header class="page-head">
                <div><h1>{ "API keys" }</h1><p class="quiet">{ "Your programs call the API with them. What a program does is noted under its key\u{2019}s name." }</p></div>
            </header>
            <Make onmade={again} />
            <section aria-label="Keys">{ body }</section>
        </main>
    }
}

#[derive(PartialEq, Properties)]
struct MakeProps {
    /// There is one more.
    onmade: Callback<()>,
}

/// The form for a new key, and its secret once it is made.
#[component]
fn Make(props: &MakeProps) -> Html {
    let desk = use_desk();
    let own = desk.store.me().map_or(Role::Person, |me| me.role);
    let Making {
        draft,
        said,
        busy,
        made,
        ondone,
        onsubmit,
    } = use_making(
        &desk,
        Draft::new(own),
        Draft::body,
        |api, wish, key| async move { api.make_api_key(&wish, &key).await },
        &props.onmade,
    );
    if let Some(made) = made {
        return html! { <Made {made} {ondone} /> };
    }
    let set = |change: fn(&mut Draft, String)| {
        let draft = draft.clone();
        Callback::from(move |text: String| {
            let mut next = (*draft).clone();
            change(&mut next, text);
            draft.set(next);
        })
    };
    let roles = Role::ALL.into_iter().filter(|role| own.covers(*role));
    let roles: Vec<_> = roles
        .map(|role| (wire(role), may(role).to_owned()))
        .collect();
    let lives = LIVES.map(|(days, words)| (days.to_owned(), words.to_owned()));
    let onrole = set(|draft, text| {
        if let Some(role) = Role::ALL.into_iter().find(|role| wire(role) == text) {
            draft.role = role;
        }
    });
    html! {
        <form class="onboard" data-testid="make-key" {onsubmit}>
            <fieldset class="card fields is-card">
                <legend>{ "New key" }</legend>
                <TextField id="key-name" label="What it is for" most=80 value={draft.name.clone()} oninput={set(|draft, text| draft.name = text)} {said} />
                <Choice id="key-role" label="May" value={wire(draft.role)} options={Rc::new(roles)} onchange={onrole} />
                <Choice id="key-life" label="Ends" value={draft.life.clone()} options={Rc::new(lives.to_vec())} onchange={set(|draft, text| draft.life = text)} />
            </fieldset>
            <div class="actions"><Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} disabled={busy} label={if busy { "Being made" } else { "Make a key" }} /></div>
        </form>
    }
}

#[derive(PartialEq, Properties)]
struct MadeProps {
    made: Rc<MadeApiKey>,
    ondone: Callback<()>,
}

#[component]
fn Made(props: &MadeProps) -> Html {
    let name = &props.made.key.name;
    let secret = props.made.secret.clone().map(AttrValue::from);
    html! {
        <ShownOnce id="key-made" label="The new key" title={format!("The key \u{201c}{name}\u{201d} is made")} {secret} lost="Revoke the key and make another." done="Done" ondone={props.ondone.clone()}>
            <p class="quiet">{ "A program sends it with each request: " }<code>{ "Authorization: Bearer sk_\u{2026}" }</code></p>
        </ShownOnce>
    }
}

#[derive(PartialEq, Properties)]
struct ListProps {
    keys: Rc<Vec<ApiKeyView>>,
    /// Something has changed.
    again: Callback<()>,
}

#[component]
fn List(props: &ListProps) -> Html {
    let desk = use_desk();
    let now = use_now(60_000);
    let asked = use_state(|| None::<ApiKeyView>);
    let rows = props.keys.iter().map(|key| {
        let maker = desk.store.name_of(&key.made_by);
        let (text, tone) = standing(key, now);
        let ask = {
            let (asked, key) = (asked.clone(), key.clone());
            move |_: MouseEvent| asked.set(Some(key.clone()))
        };
        html! {
            <li key={key.id.to_string()} class="card-row key-row" data-testid="key-row" data-key={key.id.to_string()}>
                <span class="avatar"><KeyRound size={20} /></span>
                <span class="row-text"><strong>{ &key.name }</strong>
                    <span class="quiet is-whole"><code>{ format!("{}\u{2026}", key.prefix) }</code>{ format!(" {}", may(key.role)) }</span>
                    <span class="quiet is-whole">{ story(key, maker, now, zone_min()).join(", ") }</span></span>
                <Chip {text} {tone} testid="key-state" />
                if is_good(key, now) { <Button variant={ButtonVariant::Secondary} label="Revoke" aria_label={format!("Revoke {}", key.name)} onclick={ask} /> }
            </li>
        }
    });
    let dialog = (*asked).clone().map(|key| {
        let (desk, asked, again) = (desk.clone(), asked.clone(), props.again.clone());
        let id = key.id.clone();
        let onanswer = move |yes: bool| {
            asked.set(None);
            if yes {
                let (desk, id, again) = (desk.clone(), id.clone(), again.clone());
                spawn_local(async move {
                    let revoked: Result<(), Failure> = desk.api.revoke_api_key(&id).await;
                    if let Err(failure) = revoked {
                        desk.failed(&failure);
                    }
                    again.emit(());
                });
            }
        };
        html! {
            <Confirm id="revoke-key" title={format!("Revoke \u{201c}{}\u{201d}?", key.name)} label="Revoke a key" yes="Revoke it" {onanswer}>
                <p>{ "Programs that ask by it are refused from the next request on. It cannot be made good again." }</p>
            </Confirm>
        }
    });
    html! {
        <>
            <ul class="card cards" data-testid="keys">{ for rows }</ul>
            { for dialog }
        </>
    }
}
