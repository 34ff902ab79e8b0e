//! Signing in.

use crate::api::Failure;
use crate::components::Brand;
use crate::hooks::use_desk;
use crate::state::store::{Action, Farewell, Session};
use patternfly_yew::prelude::{
    Alert, AlertType, Button, ButtonType, ButtonVariant, Form, TextInput, TextInputType,
};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

fn words(failure: &Failure) -> String {
    match failure {
        Failure::Problem {
            status: 401 | 403, ..
        } => "The e-mail address and the password do not go together. Check both and try again."
            .to_owned(),
        Failure::Problem { status: 429, .. } => {
            "Too many attempts. Wait a minute, then try again.".to_owned()
        }
        Failure::SessionOver
        | Failure::Offline
        | Failure::Problem { .. }
        | Failure::NotUnderstood => failure.words(),
    }
}

/// Why the sign-in page is shown, if that needs words.
const fn farewell(why: Farewell) -> Option<(&'static str, AlertType)> {
    match why {
        Farewell::ByUser => Some(("You have signed out.", AlertType::Success)),
        Farewell::Expired => Some(("Your session has ended. Sign in again.", AlertType::Warning)),
        Farewell::Unreachable => Some((
            "The server could not be reached. Check your connection, then sign in.",
            AlertType::Warning,
        )),
    }
}

#[derive(PartialEq, Properties)]
struct FieldProps {
    label: &'static str,
    id: &'static str,
    children: Html,
}

/// The library's form group, with a label that belongs to its field.
#[component]
fn Field(props: &FieldProps) -> Html {
    html! {
        <div class="pf-v6-c-form__group">
            <div class="pf-v6-c-form__group-label">
                <label class="pf-v6-c-form__label" for={props.id}><span class="pf-v6-c-form__label-text">{ props.label }</span></label>
            </div>
            <div class="pf-v6-c-form__group-control">{ props.children.clone() }</div>
        </div>
    }
}

#[component]
pub(crate) fn SignIn() -> Html {
    let desk = use_desk();
    let (email, password) = (use_state(String::new), use_state(String::new));
    let (busy, wrong) = (use_state(|| false), use_state(|| None::<String>));
    let onsubmit = {
        let (desk, email, password, busy, wrong) = (
            desk.clone(),
            email.clone(),
            password.clone(),
            busy.clone(),
            wrong.clone(),
        );
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *busy {
                return;
            }
            if email.trim().is_empty() || password.is_empty() {
                wrong.set(Some(
                    "Type your e-mail address and your password.".to_owned(),
                ));
                return;
            }
            busy.set(true);
            wrong.set(None);
            let (desk, email, password, busy, wrong) = (
                desk.clone(),
                (*email).clone(),
                (*password).clone(),
                busy.setter(),
                wrong.setter(),
            );
            spawn_local(async move {
                match desk.api.sign_in(&email, &password).await {
                    Ok(me) => desk.dispatch.dispatch(Action::SignedIn(Rc::new(me))),
                    Err(failure) => {
                        busy.set(false);
                        wrong.set(Some(words(&failure)));
                        crate::hooks::browser::focus("password");
                    }
                }
            });
        })
    };
    let why = match &desk.store.session {
        Session::SignedOut(Some(why)) => farewell(*why),
        Session::SignedOut(None) | Session::Checking | Session::SignedIn(_) => None,
    };
    let change = |state: &UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text: String| state.set(text))
    };
    html! {
        <main class="sign-in">
            <div class="card">
                <Brand />
                <h1>{ "Sign in" }</h1>
                if let Some(words) = &*wrong {
                    <div role="alert" data-testid="sign-in-error"><Alert r#type={AlertType::Danger} inline=true title={words.clone()} /></div>
                } else if let Some((words, kind)) = why {
                    <div role="status"><Alert r#type={kind} inline=true title={words} /></div>
                }
                <Form {onsubmit} method="post" action="/v1/session">
                    <Field label="E-mail" id="email">
                        <TextInput id="email" name="email" r#type={TextInputType::Email} autocomplete="username" autofocus=true required=true value={(*email).clone()} onchange={change(&email)} />
                    </Field>
                    <Field label="Password" id="password">
                        <TextInput id="password" name="password" r#type={TextInputType::Password} autocomplete="current-password" required=true value={(*password).clone()} onchange={change(&password)} />
                    </Field>
                    <Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} block=true loading={*busy} label={if *busy { "Signing in" } else { "Sign in" }} />
                </Form>
            </div>
        </main>
    }
}
