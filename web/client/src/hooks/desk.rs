//! The desk: what a person can do from any screen.

use crate::api::{Api, Failure};
use crate::rtc::Audio;
use crate::rtc::tones::Tones;
use crate::state::dossier::form::Wrong;
use crate::state::media::{Fault, MediaEvent, Stage};
use crate::state::side::Eye;
use crate::state::store::{Action, Dialling, Farewell, Store};
use contract::CallId;
use contract::api::Command;
use contract::view::CallView;
use gloo_timers::future::TimeoutFuture;
use patternfly_yew::prelude::{AlertType, Toast, Toaster};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How long a toast stays.
const TOAST: Duration = Duration::from_secs(8);

/// How long keys are collected before they are sent, in milliseconds.
const KEYS_MS: u32 = 350;
/// How long a phone plays one key at most, in milliseconds.
const KEY_MS: u32 = 400;
/// The most keys of one command.
const MAX_KEYS: usize = 50;

/// The store as Yew keeps it.
pub(crate) struct Model(pub(crate) Rc<Store>);

impl Reducible for Model {
    type Action = Action;
    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        Rc::new(Self(Rc::new(self.0.after(action))))
    }
}

/// Everything a component needs: what is, and what can be done.
#[derive(Clone)]
pub(crate) struct Desk {
    /// What is.
    pub(crate) store: Rc<Store>,
    /// How it changes.
    pub(crate) dispatch: UseReducerDispatcher<Model>,
    /// The server.
    pub(crate) api: Rc<Api>,
    /// The call's sound.
    pub(crate) audio: Rc<Audio>,
    /// Other sounds.
    pub(crate) tones: Rc<Tones>,
    /// Keys that wait to be sent, while some are under way.
    pub(crate) keys: Rc<RefCell<Option<String>>>,
    /// Short messages.
    pub(crate) toaster: Option<Toaster>,
}

impl PartialEq for Desk {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.store, &other.store)
    }
}

/// The desk of this page.
#[hook]
pub(crate) fn use_desk() -> Desk {
    use_context::<Desk>().expect("every component stands inside the app")
}

impl Desk {
    /// Who looks.
    pub(crate) fn eye(&self) -> Eye {
        self.store.eye()
    }

    /// The call in hand.
    pub(crate) fn in_hand(&self) -> Option<Rc<CallView>> {
        self.store.book.in_hand(&self.eye())
    }

    /// The calls that ring here.
    pub(crate) fn ringing(&self) -> Vec<Rc<CallView>> {
        self.store.book.ringing(&self.eye())
    }

    /// Says what went wrong for some seconds.
    pub(crate) fn complain(&self, words: &str) {
        if let Some(toaster) = &self.toaster {
            toaster.toast(Toast {
                title: words.to_owned(),
                r#type: AlertType::Danger,
                timeout: Some(TOAST),
                body: Html::default(),
                actions: Vec::new(),
            });
        }
    }

    /// What a failed request means.
    pub(crate) fn failed(&self, failure: &Failure) {
        match failure {
            Failure::SessionOver => self.dispatch.dispatch(Action::SignedOut(Farewell::Expired)),
            Failure::Offline | Failure::Problem { .. } | Failure::NotUnderstood => {
                self.complain(&failure.words())
            }
        }
    }

    /// A refused form's words, beside the field that the server names; without one they go across the page.
    pub(crate) fn refused(&self, failure: &Failure) -> Vec<Wrong> {
        match failure.field() {
            Some(field) => vec![Wrong {
                field: field.to_owned(),
                words: failure.words(),
            }],
            None => {
                self.failed(failure);
                Vec::new()
            }
        }
    }

    fn tell(&self, event: MediaEvent) {
        self.dispatch.dispatch(Action::Media(event));
    }

    /// Asks for the microphone; a fault is shown and stays until it is tried again.
    pub(crate) async fn microphone(&self) -> Result<(), Fault> {
        let got = self.audio.acquire().await;
        match got {
            Ok(()) => {
                if matches!(self.store.media.stage, Stage::Failed(_)) {
                    self.tell(MediaEvent::Over);
                }
            }
            Err(fault) => self.tell(MediaEvent::Stage(Stage::Failed(fault))),
        }
        got
    }

    /// Calls a number or a person. `shown` is what the screen says meanwhile.
    pub(crate) fn dial(&self, to: &str, shown: &str) {
        if self.store.dialling.is_some() || self.in_hand().is_some() {
            self.complain("End the call in hand first, then dial.");
            return;
        }
        let (desk, to) = (self.clone(), to.to_owned());
        self.dispatch.dispatch(Action::Dialling(Some(Dialling {
            to: shown.to_owned(),
        })));
        spawn_local(async move {
            if desk.microphone().await.is_ok() {
                match desk.api.place(&to, &desk.store.device).await {
                    Ok(call) => desk.dispatch.dispatch(Action::Call(call, super::now())),
                    Err(failure) => {
                        desk.audio.leave().await;
                        desk.failed(&failure);
                    }
                }
            }
            desk.dispatch.dispatch(Action::Dialling(None));
        });
    }

    /// Takes a call that rings. A call in hand is ended first: there is no hold yet.
    pub(crate) fn answer(&self, call: &CallId) {
        let (desk, call) = (self.clone(), call.clone());
        self.tones.stop();
        self.dispatch
            .dispatch(Action::Answering(Some(call.clone())));
        spawn_local(async move {
            if let Some(before) = desk.in_hand() {
                let _ = desk.api.command(&before.id, &Command::HangUp).await;
                desk.audio.leave().await;
            }
            let done = match desk.microphone().await {
                Ok(()) => {
                    desk.api
                        .command(
                            &call,
                            &Command::Answer {
                                device: desk.store.device.clone(),
                            },
                        )
                        .await
                }
                // The words of the fault are on the screen; the call goes on ringing.
                Err(_) => {
                    desk.dispatch.dispatch(Action::Answering(None));
                    return;
                }
            };
            if let Err(failure) = done {
                desk.dispatch.dispatch(Action::Answering(None));
                desk.audio.leave().await;
                desk.failed(&failure);
            }
        });
    }

    /// Gives a command whose effect comes back over the socket.
    pub(crate) fn command(&self, call: &CallId, command: Command) {
        let (desk, call) = (self.clone(), call.clone());
        spawn_local(async move {
            if let Err(failure) = desk.api.command(&call, &command).await {
                desk.failed(&failure);
            }
        });
    }

    /// Refuses a call.
    pub(crate) fn decline(&self, call: &CallId) {
        self.tones.stop();
        self.command(call, Command::Decline);
    }

    /// Ends a call.
    pub(crate) fn hang_up(&self, call: &CallId) {
        self.tones.stop();
        self.command(call, Command::HangUp);
    }

    /// Presses a key for the other side. Keys that come quickly go together and in order: what a phone is told to play
    /// replaces what it still plays.
    pub(crate) fn press(&self, call: &CallId, key: char) {
        self.tones.key(key);
        let waiting = self.keys.borrow().is_some();
        self.keys.borrow_mut().get_or_insert_default().push(key);
        if waiting {
            return;
        }
        let (desk, call) = (self.clone(), call.clone());
        spawn_local(async move {
            TimeoutFuture::new(KEYS_MS).await;
            loop {
                let batch: String =
                    desk.keys
                        .borrow_mut()
                        .as_mut()
                        .map_or_else(String::new, |keys| {
                            let rest = keys
                                .char_indices()
                                .nth(MAX_KEYS)
                                .map_or(keys.len(), |(at, _)| at);
                            keys.drain(..rest).collect()
                        });
                if batch.is_empty() {
                    *desk.keys.borrow_mut() = None;
                    return;
                }
                let length_ms = KEY_MS * batch.len() as u32;
                if let Err(failure) = desk
                    .api
                    .command(&call, &Command::Digits { digits: batch })
                    .await
                {
                    desk.failed(&failure);
                }
                TimeoutFuture::new(length_ms).await;
            }
        });
    }

    /// Switches the microphone.
    pub(crate) fn mute(&self) {
        let muted = !self.store.media.muted;
        self.audio.mute(muted);
        self.tell(MediaEvent::Muted(muted));
    }

    /// Signs out.
    pub(crate) fn sign_out(&self) {
        let desk = self.clone();
        spawn_local(async move {
            desk.audio.leave().await;
            super::kept::forget();
            // Told before the server has answered: told after it, it could end the session of whoever signs in next.
            desk.dispatch.dispatch(Action::SignedOut(Farewell::ByUser));
            let _ = desk.api.sign_out().await;
        });
    }
}
