//! What is wrong right now, in words, with what to do.

use crate::hooks::use_desk;
use crate::state::media::{Fault, MediaEvent, Stage};
use crate::state::store::{Action, Link};
use lucide_yew::{MicOff, Volume2, WifiOff};
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// The user wants the call's audio tried again.
    pub(crate) onagain: Callback<()>,
}

#[component]
pub(crate) fn Banners(props: &Props) -> Html {
    let desk = use_desk();
    let media = &desk.store.media;
    let lost = desk.store.link == Link::Reconnecting;
    let muffled = media.silenced || (!desk.ringing().is_empty() && desk.tones.blocked());
    let unlock = {
        let desk = desk.clone();
        move |_| {
            desk.tones.unlock();
            desk.audio.play();
            desk.dispatch
                .dispatch(Action::Media(MediaEvent::Silenced(false)));
        }
    };
    let fault = match media.stage {
        Stage::Failed(fault) => Some(fault),
        Stage::Idle | Stage::Joining | Stage::Connected | Stage::Reconnecting => None,
    };
    html! {
        <div class="banners">
            if lost {
                <div class="banner is-waits" role="status" data-testid="banner-reconnecting">
                    <WifiOff size={18} /><p><strong>{ "Reconnecting. " }</strong>{ "What you see may be old; calls go on." }</p>
                </div>
            }
            if muffled {
                <div class="banner is-waits" role="status" data-testid="banner-autoplay">
                    <Volume2 size={18} /><p><strong>{ "Sound is off. " }</strong>{ "The browser wants a click before it plays." }</p>
                    <Button variant={ButtonVariant::Secondary} label="Turn sound on" onclick={unlock} />
                </div>
            }
            if let Some(fault) = fault { { fault_banner(&desk, fault, &props.onagain) } }
        </div>
    }
}

fn fault_banner(desk: &crate::hooks::Desk, fault: Fault, onagain: &Callback<()>) -> Html {
    let (title, next) = fault.words();
    let again = {
        let (desk, onagain) = (desk.clone(), onagain.clone());
        move |_| {
            let (desk, onagain) = (desk.clone(), onagain.clone());
            spawn_local(async move {
                if desk.microphone().await.is_ok() {
                    match desk.in_hand() {
                        Some(_) => onagain.emit(()),
                        None => desk.audio.leave().await,
                    }
                }
            });
        }
    };
    let close = {
        let desk = desk.clone();
        move |_| desk.dispatch.dispatch(Action::Media(MediaEvent::Over))
    };
    html! {
        <div class="banner is-failed" role="alert" data-testid="banner-media" data-fault={format!("{fault:?}")}>
            <MicOff size={18} /><p><strong>{ title }{ ". " }</strong>{ next }</p>
            <Button variant={ButtonVariant::Secondary} label="Try again" onclick={again} />
            if desk.in_hand().is_none() { <Button variant={ButtonVariant::Link} label="Close" onclick={close} /> }
        </div>
    }
}
