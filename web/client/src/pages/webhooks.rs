//! Webhooks: where programs of the tenant hear what becomes of its requests. Made here, their secrets shown once.

use crate::components::field::TextField;
use crate::components::{Chip, ShownOnce, loaded};
use crate::hooks::making::{Making, use_making};
use crate::hooks::webhooks::use_webhooks;
use crate::hooks::{use_desk, use_now, zone_min};
use crate::route::Route;
use crate::state::request_words::kind as kind_words;
use crate::state::webhooks::{Draft, hears, standing, story};
use contract::request::Kind;
use contract::webhook::{MAX_URL, WebhookSecret, WebhookView};
use lucide_yew::{ChevronRight, Webhook as WebhookIcon};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[component]
pub(crate) fn Webhooks() -> Html {
    let desk = use_desk();
    let (webhooks, again) = use_webhooks(&desk);
    let now = use_now(60_000);
    let body = loaded(webhooks, |list| {
        if list.is_empty() {
            html! { <div class="card list-foot" data-testid="webhooks-empty"><h2>{ "No webhook yet" }</h2><p class="quiet">{ "A program that is told of each change need not ask for it." }</p></div> }
        } else {
            html! { <ul class="card cards" data-testid="webhooks">{ for list.iter().map(|webhook| row(webhook, now)) }</ul> }
        }
    });
    html! {
        <main class="page" data-testid="webhooks-page">
            <header class="page-head">
                <div><h1>{ "Webhooks" }</h1><p class="quiet">{ "Where your programs are told what becomes of your requests." }</p></div>
            </header>
            <Make onmade={again} />
            <section aria-label="Webhooks">{ body }</section>
        </main>
    }
}

fn row(webhook: &WebhookView, now: i64) -> Html {
    let to = Route::Webhook {
        id: webhook.id.to_string(),
    };
    let (text, tone) = standing(webhook);
    html! {
        <li key={webhook.id.to_string()} data-testid="webhook-row" data-webhook={webhook.id.to_string()}>
            <Link<Route> {to} class={classes!("card-row")}>
                <span class="avatar"><WebhookIcon size={20} /></span>
                <span class="row-text"><strong>{ &webhook.url }</strong>
                    <span class="quiet is-whole">{ hears(&webhook.kinds) }</span>
                    <span class="quiet is-whole">{ story(webhook, now, zone_min()).join(", ") }</span></span>
                <Chip {text} {tone} testid="webhook-state" />
                <ChevronRight size={18} />
            </Link<Route>>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct MakeProps {
    /// There is one more.
    onmade: Callback<()>,
}

/// The form for a new webhook, and its secret once it is made.
#[component]
fn Make(props: &MakeProps) -> Html {
    let desk = use_desk();
    let Making {
        draft,
        said,
        busy,
        made,
        ondone,
        onsubmit,
    } = use_making(
        &desk,
        Draft::default(),
        Draft::body,
        |api, wish, key| async move { api.make_webhook(&wish, &key).await },
        &props.onmade,
    );
    if let Some(made) = made {
        return html! { <SecretMade {made} title="The webhook is made" {ondone} /> };
    }
    let onurl = {
        let draft = draft.clone();
        Callback::from(move |url: String| {
            let kinds = draft.kinds.clone();
            draft.set(Draft { url, kinds });
        })
    };
    let tick = |kind: Kind| {
        let on = draft.kinds.contains(&kind);
        let draft = draft.clone();
        let onchange = Callback::from(move |_: Event| {
            let mut next = (*draft).clone();
            next.tick(kind);
            draft.set(next);
        });
        html! { <label class="tick" key={kind.as_str()}><input type="checkbox" checked={on} {onchange} /><span>{ kind_words(kind) }</span></label> }
    };
    let most = u32::try_from(MAX_URL).unwrap_or(u32::MAX);
    html! {
        <form class="onboard" data-testid="make-webhook" novalidate=true {onsubmit}>
            <fieldset class="card fields is-card">
                <legend>{ "New webhook" }</legend>
                <TextField id="webhook-url" label="Address" kind="url" {most} class="is-wide" placeholder="https://example.com/hooks" value={draft.url.clone()} oninput={onurl} {said} />
                <div class="ticks is-wide" role="group" aria-label="Hears of">{ for Kind::ALL.into_iter().map(tick) }</div>
                <p class="quiet">{ "It hears of every request unless some kinds are ticked." }</p>
            </fieldset>
            <div class="actions"><Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} disabled={busy} label={if busy { "Being made" } else { "Make a webhook" }} /></div>
        </form>
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct SecretMadeProps {
    pub(super) made: Rc<WebhookSecret>,
    pub(super) title: AttrValue,
    pub(super) ondone: Callback<()>,
}

/// A webhook's secret, shown once.
#[component]
pub(super) fn SecretMade(props: &SecretMadeProps) -> Html {
    let secret = props.made.secret.clone().map(AttrValue::from);
    html! {
        <ShownOnce id="webhook-made" label="The webhook\u{2019}s secret" title={props.title.clone()} {secret} lost="Open the webhook and make a new secret." done="Done" ondone={props.ondone.clone()}>
            <p class="quiet">{ "A program checks by it that what it hears comes from here: " }<code>{ "webhook-signature" }</code>{ ", as Standard Webhooks has it." }</p>
        </ShownOnce>
    }
}
