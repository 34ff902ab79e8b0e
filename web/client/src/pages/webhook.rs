//! One webhook: switched, given a new secret, removed; and the log of what it was told, each of which can be told again.

use super::webhooks::SecretMade;
use crate::api::{Failure, wire};
use crate::components::{Chip, Confirm, loaded};
use crate::hooks::webhooks::{Watched, use_webhook};
use crate::hooks::{Desk, now, use_desk, zone_min};
use crate::route::Route;
use crate::state::webhooks::{about, course, delivered, hears, posted, standing, story, tried};
use contract::WebhookId;
use contract::webhook::{DeliveryView, WebhookSecret, WebhookView};
use lucide_yew::ChevronLeft;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;
use yew_nested_router::prelude::use_router;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) id: String,
}

#[component]
pub(crate) fn Webhook(props: &Props) -> Html {
    let desk = use_desk();
    let id = WebhookId::from(props.id.as_str());
    let Watched {
        webhook,
        log,
        again,
        older,
    } = use_webhook(&desk, &id);
    let body = loaded(webhook, |webhook| {
        let enabled = webhook.enabled;
        let rows = log.deliveries.iter().map(|one| {
            let (delivery, again) = (Rc::new(one.clone()), again.clone());
            html! { <Delivery key={one.id.to_string()} webhook={id.clone()} {delivery} {enabled} {again} /> }
        });
        let onolder = older.reform(|_: MouseEvent| ());
        html! {
            <>
                <Head {webhook} again={again.clone()} />
                <section aria-label="Deliveries">
                    <h2>{ "Deliveries" }</h2>
                    if log.deliveries.is_empty() {
                        <p class="card list-foot quiet" data-testid="deliveries-empty">{ "Nothing has been told yet. The log goes back 30 days." }</p>
                    } else {
                        <ul class="card cards" data-testid="deliveries">{ for rows }</ul>
                    }
                    if log.next.is_some() {
                        <div class="queue-pages"><Button variant={ButtonVariant::Secondary} label="Older" onclick={onolder} /></div>
                    }
                </section>
            </>
        }
    });
    html! {
        <main class="page" data-testid="webhook-page">
            <Link<Route> to={Route::Webhooks} class={classes!("back-link")}><ChevronLeft size={18} />{ "Webhooks" }</Link<Route>>
            { body }
        </main>
    }
}

#[derive(PartialEq, Properties)]
struct HeadProps {
    webhook: Rc<WebhookView>,
    /// Something has changed.
    again: Callback<()>,
}

/// What is asked of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Test,
    Switch(bool),
    Rotate,
    Remove,
}

/// Does what is asked of a webhook; gives a secret if that made one.
async fn done(
    desk: &Desk,
    id: &WebhookId,
    wish: Wish,
) -> Result<Option<Rc<WebhookSecret>>, Failure> {
    match wish {
        Wish::Test => desk.api.test_webhook(id).await.map(|_| None),
        Wish::Switch(on) => desk.api.switch_webhook(id, on).await.map(|()| None),
        Wish::Remove => desk.api.remove_webhook(id).await.map(|()| None),
        Wish::Rotate => {
            let made = desk.api.rotate_webhook(id).await?;
            Ok(Some(Rc::new(made)))
        }
    }
}

#[component]
fn Head(props: &HeadProps) -> Html {
    let desk = use_desk();
    let router = use_router::<Route>();
    let (busy, asked) = (use_state(|| false), use_state(|| false));
    let made = use_state(|| None::<Rc<WebhookSecret>>);
    let webhook = &props.webhook;
    // One that came with an onboarding: its secret is the customer's.
    let me = desk.store.me();
    let is_own = me.is_some_and(|me| me.tenant == webhook.tenant);
    let act = {
        let (desk, id, again) = (desk.clone(), webhook.id.clone(), props.again.clone());
        let (busy, made) = (busy.clone(), made.setter());
        Callback::from(move |wish: Wish| {
            if *busy {
                return;
            }
            busy.set(true);
            let (desk, id, again) = (desk.clone(), id.clone(), again.clone());
            let (busy, made, router) = (busy.setter(), made.clone(), router.clone());
            spawn_local(async move {
                match done(&desk, &id, wish).await {
                    Ok(_) if wish == Wish::Remove => {
                        if let Some(router) = router {
                            router.push(Route::Webhooks);
                        }
                        return;
                    }
                    Ok(secret) => {
                        if secret.is_some() {
                            made.set(secret);
                        }
                        again.emit(());
                    }
                    Err(failure) => desk.failed(&failure),
                }
                busy.set(false);
            });
        })
    };
    let on = |wish: Wish| act.reform(move |_: MouseEvent| wish);
    let onremove = {
        let asked = asked.setter();
        move |_: MouseEvent| asked.set(true)
    };
    let onanswer = {
        let (asked, act) = (asked.setter(), act.clone());
        Callback::from(move |yes: bool| {
            asked.set(false);
            if yes {
                act.emit(Wish::Remove);
            }
        })
    };
    let ondone = {
        let made = made.setter();
        Callback::from(move |()| made.set(None))
    };
    let (text, tone) = standing(webhook);
    let (switch, label) = if webhook.enabled {
        (Wish::Switch(false), "Switch off")
    } else {
        (Wish::Switch(true), "Switch on")
    };
    html! {
        <>
            <header class="page-head">
                <div><h1>{ &webhook.url }{ " " }<Chip {text} {tone} testid="webhook-state" /></h1>
                    <p class="quiet">{ hears(&webhook.kinds) }</p>
                    <p class="quiet">{ story(webhook, now(), zone_min()).join(", ") }</p>
                    if !is_own { <p class="quiet">{ "It came with an onboarding of yours: its secret is the customer\u{2019}s." }</p> }</div>
            </header>
            <div class="actions webhook-actions">
                if is_own && webhook.enabled { <Button variant={ButtonVariant::Secondary} label="Send a test" disabled={*busy} onclick={on(Wish::Test)} /> }
                <Button variant={ButtonVariant::Secondary} {label} disabled={*busy} onclick={on(switch)} />
                if is_own { <Button variant={ButtonVariant::Secondary} label="Make a new secret" disabled={*busy} onclick={on(Wish::Rotate)} /> }
                <Button variant={ButtonVariant::Secondary} label="Remove" disabled={*busy} onclick={onremove} />
            </div>
            if let Some(made) = &*made {
                <SecretMade made={made.clone()} title="A new secret is made: for a day the old one signs too" {ondone} />
            }
            if *asked {
                <Confirm id="remove-webhook" title="Remove the webhook?" label="Remove a webhook" yes="Remove it" {onanswer}>
                    <p>{ "Its secret and its log go with it, and what is on its way to it is stopped." }</p>
                </Confirm>
            }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct DeliveryProps {
    webhook: WebhookId,
    delivery: Rc<DeliveryView>,
    /// Whether the webhook is on: nothing is told to one that is off.
    enabled: bool,
    /// There is one more.
    again: Callback<()>,
}

/// One delivery: what it told, how that went, and telling it again.
#[component]
fn Delivery(props: &DeliveryProps) -> Html {
    let desk = use_desk();
    let busy = use_state(|| false);
    let one = &props.delivery;
    let onclick = {
        let (desk, busy, again) = (desk.clone(), busy.clone(), props.again.clone());
        let (webhook, id) = (props.webhook.clone(), one.id.clone());
        move |_: MouseEvent| {
            busy.set(true);
            let (desk, busy, again) = (desk.clone(), busy.setter(), again.clone());
            let (webhook, id) = (webhook.clone(), id.clone());
            spawn_local(async move {
                if let Err(failure) = desk.api.replay(&webhook, &id).await {
                    desk.failed(&failure);
                }
                again.emit(());
                busy.set(false);
            });
        }
    };
    let (text, tone) = delivered(one.state);
    let (what, zone) = (about(one), zone_min());
    let attempts = one
        .attempts
        .iter()
        .map(|attempt| html! { <li data-testid="attempt">{ tried(attempt, zone) }</li> });
    html! {
        <li data-testid="delivery" data-delivery={one.id.to_string()} data-state={wire(one.state)}>
            <div class="card-row key-row">
                <span class="row-text"><strong>{ &what }</strong><span class="quiet is-whole">{ course(one, zone) }</span></span>
                <Chip {text} {tone} testid="delivery-state" />
                <Button variant={ButtonVariant::Secondary} label="Replay" aria_label={format!("Replay {what}")} disabled={*busy || !props.enabled} {onclick} />
            </div>
            <details class="delivery-more">
                <summary>{ "What was posted and answered" }</summary>
                <ol class="quiet">{ for attempts }</ol>
                <p class="quiet">{ "webhook-id: " }<code>{ &one.message }</code></p>
                <div class="json"><pre tabindex="0">{ posted(one) }</pre></div>
            </details>
        </li>
    }
}
