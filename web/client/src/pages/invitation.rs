//! The page that a mail's link opens: the address is proven, and a password is chosen.

use crate::components::Brand;
use crate::components::field::{Said, TextField};
use crate::hooks::reading::use_read;
use crate::hooks::use_desk;
use crate::route::Route;
use crate::state::onboardings::after_invitation;
use crate::state::store::{Action, Loaded};
use contract::onboarding::api::InvitationView;
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant, Spinner};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::prelude::use_router;

/// Shortest password, in characters.
const SHORTEST: usize = 8;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) link: String,
}

#[component]
pub(crate) fn Invitation(props: &Props) -> Html {
    let desk = use_desk();
    let found = use_read(&desk, props.link.clone(), |api, link| async move {
        api.invitation(&link).await
    });
    let body = match &found {
        Loaded::Loading => html! { <Spinner /> },
        Loaded::Failed(words) => {
            html! { <p role="alert" data-testid="invitation-error">{ words }</p> }
        }
        Loaded::Here(view) => html! { <Accept view={view.clone()} link={props.link.clone()} /> },
    };
    html! { <main class="sign-in" data-testid="invitation"><div class="card"><Brand />{ body }</div></main> }
}

#[derive(PartialEq, Properties)]
struct AcceptProps {
    view: Rc<InvitationView>,
    link: String,
}

#[component]
fn Accept(props: &AcceptProps) -> Html {
    let desk = use_desk();
    let router = use_router::<Route>();
    let (password, again) = (use_state(String::new), use_state(String::new));
    let (busy, wrong) = (use_state(|| false), use_state(|| None::<String>));
    let short = password.chars().count() < SHORTEST;
    let differs = *password != *again;
    let onsubmit = {
        let (desk, router, view, link) = (desk, router, props.view.clone(), props.link.clone());
        let (password, busy, wrong) = (password.clone(), busy.clone(), wrong.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if short || differs || *busy {
                return;
            }
            busy.set(true);
            let (desk, router, view, link) =
                (desk.clone(), router.clone(), view.clone(), link.clone());
            let (password, busy, wrong) = ((*password).clone(), busy.setter(), wrong.setter());
            spawn_local(async move {
                let accepted = async {
                    desk.api.accept_invitation(&link, &password).await?;
                    desk.api.sign_in(&view.email, &password).await
                };
                match accepted.await {
                    Ok(me) => {
                        if let Some(router) = router {
                            router.replace(after_invitation(me.role, &link));
                        }
                        desk.dispatch.dispatch(Action::SignedIn(Rc::new(me)));
                    }
                    Err(failure) => {
                        busy.set(false);
                        wrong.set(Some(failure.words()));
                    }
                }
            });
        }
    };
    let typed = |state: &UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text: String| state.set(text))
    };
    let said = if differs && !again.is_empty() {
        Said::Wrong("The two are not the same.".into())
    } else {
        Said::Nothing
    };
    html! {
        <>
            <div><h1>{ format!("Welcome, {}", props.view.name) }</h1><p class="quiet">{ format!("{} invites you. You will sign in as {}.", props.view.company, props.view.email) }</p></div>
            <form class="part-body" {onsubmit}>
                <TextField id="new-password" kind="password" label="Choose a password" value={(*password).clone()} oninput={typed(&password)} most=256 said={Said::Hint("At least 8 characters".into())} />
                <TextField id="new-password-again" kind="password" label="Once more" value={(*again).clone()} oninput={typed(&again)} most=256 {said} />
                if let Some(words) = &*wrong { <p class="field-said is-wrong" role="alert">{ words }</p> }
                <Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} block=true disabled={short || differs || *busy} label="Accept and sign in" />
            </form>
        </>
    }
}
