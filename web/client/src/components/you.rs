//! The signed-in person: numbers, devices, notifications, API keys, webhooks, signing out.

use crate::hooks::{Desk, use_desk};
use crate::route::Route;
use crate::rtc::{Device, Devices};
use crate::state::numbers::readable;
use crate::state::store::Loaded;
use patternfly_yew::prelude::{Button, ButtonVariant, Modal, ModalVariant};
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlSelectElement, Notification, NotificationPermission};
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn You(props: &Props) -> Html {
    let desk = use_desk();
    let devices = use_state(|| Loaded::<Devices>::Loading);
    {
        let (desk, devices) = (desk.clone(), devices.setter());
        use_effect_with((), move |()| {
            crate::hooks::browser::focus("you");
            spawn_local(async move {
                devices.set(match desk.audio.devices().await {
                    Ok(list) => Loaded::Here(list),
                    Err(fault) => Loaded::Failed(fault.words().0.to_owned()),
                });
            });
        });
    }
    let Some(me) = desk.store.me().cloned() else {
        return Html::default();
    };
    let numbers = me
        .numbers
        .iter()
        .map(|number| readable(number.as_str()))
        .collect::<Vec<_>>()
        .join(", ");
    let sign_out = {
        let desk = desk.clone();
        move |_| desk.sign_out()
    };
    let leave = props.onclose.reform(|_: MouseEvent| ());
    html! {
        <div class="pf-v6-c-backdrop"><div class="pf-v6-l-bullseye">
            <Modal title={me.name.clone()} variant={ModalVariant::Small} onclose={props.onclose.clone()}>
                <div id="you" tabindex="-1" class="you" data-testid="you">
                    <span id="modal-title" hidden=true>{ "You" }</span>
                    <p class="quiet">{ &me.email }{ ", " }{ &me.tenant_name }</p>
                    <p>{ if numbers.is_empty() { "No number of your own".to_owned() } else { numbers } }</p>
                    { choices(&desk, &devices) }
                    <Notifications />
                    if me.role.makes_requests() {
                        // A link goes to its page; its click, on its way up, closes the dialog.
                        <div class="actions">
                            <span onclick={leave.clone()}><Link<Route> to={Route::ApiKeys} class={classes!("pf-v6-c-button", "pf-m-secondary")}>{ "API keys" }</Link<Route>></span>
                            <span onclick={leave}><Link<Route> to={Route::Webhooks} class={classes!("pf-v6-c-button", "pf-m-secondary")}>{ "Webhooks" }</Link<Route>></span>
                        </div>
                    }
                    <Button variant={ButtonVariant::Secondary} onclick={sign_out} label="Sign out" />
                </div>
            </Modal>
        </div></div>
    }
}

fn choices(desk: &Desk, devices: &Loaded<Devices>) -> Html {
    match devices {
        Loaded::Loading => html! { <p class="quiet">{ "Looking for devices" }</p> },
        Loaded::Failed(words) => html! { <p role="alert">{ words }</p> },
        Loaded::Here(devices) if devices.microphones.is_empty() => {
            html! { <p class="quiet">{ "Microphones are listed once you have made a call." }</p> }
        }
        Loaded::Here(devices) => {
            let microphone = {
                let desk = desk.clone();
                move |id: String| {
                    let desk = desk.clone();
                    spawn_local(async move {
                        if let Err(fault) = desk.audio.choose_microphone(&id).await {
                            desk.complain(fault.words().0)
                        }
                    })
                }
            };
            let speaker = {
                let desk = desk.clone();
                move |id: String| {
                    let desk = desk.clone();
                    spawn_local(async move {
                        if let Err(fault) = desk.audio.choose_speaker(&id).await {
                            desk.complain(fault.words().0)
                        }
                    })
                }
            };
            html! {
                <>
                    { choice("Microphone", &devices.microphones, &devices.microphone, microphone.into()) }
                    if !devices.speakers.is_empty() { { choice("Loudspeaker", &devices.speakers, &devices.speaker, speaker.into()) } }
                </>
            }
        }
    }
}

fn choice(
    label: &'static str,
    devices: &[Device],
    chosen: &str,
    onchoose: Callback<String>,
) -> Html {
    let onchange = move |event: Event| {
        onchoose.emit(event.target_unchecked_into::<HtmlSelectElement>().value())
    };
    html! {
        <label class="choice"><span>{ label }</span>
            <span class="pf-v6-c-form-control"><select {onchange}>
                { for devices.iter().map(|device| html! { <option value={device.id.clone()} selected={device.id == chosen}>{ &device.label }</option> }) }
            </select></span>
        </label>
    }
}

#[component]
fn Notifications() -> Html {
    let asked = use_force_update();
    let ask = move |_| {
        let asked = asked.clone();
        spawn_local(async move {
            if let Ok(answer) = Notification::request_permission() {
                let _ = wasm_bindgen_futures::JsFuture::from(answer).await;
            }
            asked.force_update();
        });
    };
    match Notification::permission() {
        NotificationPermission::Granted => {
            html! { <p class="quiet">{ "Incoming calls also show as notifications of your system." }</p> }
        }
        NotificationPermission::Denied => {
            html! { <p class="quiet">{ "Notifications are blocked. Allow them beside the address to see calls while this page is hidden." }</p> }
        }
        _ => {
            html! { <Button variant={ButtonVariant::Link} label="Show incoming calls as notifications" onclick={ask} /> }
        }
    }
}
