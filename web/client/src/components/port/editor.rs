//! A port that is being filled in, step by step; each step is saved before the next.

use crate::api::{Failure, random_text};
use crate::components::{Form, FormModel};
use crate::hooks::reading::use_read;
use crate::hooks::{Desk, use_desk};
use crate::route::Route;
use crate::state::form::Event;
use crate::state::port_draft::{Known, Step};
use crate::state::routing::named_options;
use crate::state::store::{Action, Loaded};
use contract::TenantId;
use contract::request::RequestView;
use lucide_yew::Check;
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::prelude::use_router;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// The port; none if it is not begun.
    #[prop_or_default]
    pub(crate) port: Option<Rc<RequestView>>,
}

/// What the steps offer to choose from: of the port's tenant, for the phone company's people fill in for it; one's own before it is begun.
#[hook]
fn use_known(desk: &Desk, tenant: Option<TenantId>) -> Loaded<Rc<Known>> {
    use_read(desk, tenant, |api, tenant| async move {
        let dossiers = api.dossiers(tenant.as_ref()).await?;
        let targets = api.targets(tenant.as_ref()).await?;
        Ok::<_, Failure>(Known {
            dossiers: dossiers.into_iter().map(|view| view.dossier).collect(),
            targets: named_options(&targets, "Nobody yet"),
        })
    })
}

#[component]
pub(crate) fn PortEditor(props: &Props) -> Html {
    let desk = use_desk();
    let tenant = props.port.as_ref().map(|port| port.tenant.clone());
    let known = use_known(&desk, tenant);
    let begun = props.port.is_some();
    // The numbers were written when the port was begun.
    let step = use_state(|| if begun { Step::Holder } else { Step::Numbers });
    let onsaved = {
        let step = step.clone();
        Callback::from(move |saved: Step| step.set(saved.next().unwrap_or(saved)))
    };
    let tab = |one: Step| {
        let (step, here) = (step.clone(), *step == one);
        let onclick = move |_| step.set(one);
        html! {
            <li><button type="button" class={classes!("port-step", here.then_some("is-now"))} aria-current={here.then_some("step")}
                disabled={!begun && one != Step::Numbers} {onclick}>{ one.title() }</button></li>
        }
    };
    html! {
        <section class="card pad" aria-label="Fill in the port" data-testid="port-editor">
            <ol class="port-steps">{ for Step::ALL.into_iter().map(tab) }</ol>
            { match known {
                Loaded::Failed(words) => html! { <p class="form-refused" role="alert">{ words }</p> },
                Loaded::Loading => html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> },
                Loaded::Here(known) => html! { <OneStep key={step.title()} step={*step} {known} port={props.port.clone()} {onsaved} /> },
            } }
            if let Some(port) = &props.port { <Submit port={port.clone()} /> }
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct StepProps {
    step: Step,
    known: Rc<Known>,
    port: Option<Rc<RequestView>>,
    onsaved: Callback<Step>,
}

#[component]
fn OneStep(props: &StepProps) -> Html {
    let desk = use_desk();
    let router = use_router::<Route>();
    let key = use_memo((), |()| random_text());
    let model = {
        let (step, known, port) = (props.step, props.known.clone(), props.port.clone());
        use_reducer(move || FormModel::new(step.filling(&known, port.as_deref())))
    };
    let filling = model.0.clone();
    {
        let (dispatch, onsaved, step) = (model.dispatcher(), props.onsaved.clone(), props.step);
        let (port, answer) = (props.port.clone(), filling.answer());
        use_effect_with((filling.sending, filling.tries), move |(sending, _)| {
            if !*sending {
                return;
            }
            let refuse = {
                let dispatch = dispatch.clone();
                move |field: Option<String>, why: String| {
                    dispatch.dispatch(Event::Refused(field, why))
                }
            };
            let draft = match step.draft(&answer) {
                Ok(draft) => draft,
                Err((field, why)) => return refuse(Some(field), why),
            };
            spawn_local(async move {
                let saved = match &port {
                    Some(port) => desk.api.write_port(&port.id, &draft).await,
                    None => desk.api.begin_port(&draft, &key).await,
                };
                match saved {
                    Ok(view) => {
                        let id = view.id.to_string();
                        desk.dispatch
                            .dispatch(Action::Request(Box::new(view), true));
                        match (&port, router) {
                            (None, Some(router)) => router.push(Route::Port { id }),
                            (None, None) | (Some(_), _) => {
                                dispatch.dispatch(Event::Saved);
                                onsaved.emit(step);
                            }
                        }
                    }
                    Err(Failure::SessionOver) => desk.failed(&Failure::SessionOver),
                    Err(failure) => {
                        // `numbers[3]` is a line of the one field.
                        let field = failure
                            .field()
                            .map(|field| field.split('[').next().unwrap_or(field).to_owned());
                        refuse(field, failure.words());
                    }
                }
            });
        });
    }
    let onevent = {
        let dispatch = model.dispatcher();
        Callback::from(move |event| dispatch.dispatch(event))
    };
    let send = if props.step.next().is_some() {
        "Save and go on"
    } else {
        "Save"
    };
    html! {
        <>
            if !filling.form.help.is_empty() { <p class="quiet">{ &filling.form.help }</p> }
            <Form {filling} {onevent} {send} />
        </>
    }
}

#[derive(PartialEq, Properties)]
struct SubmitProps {
    port: Rc<RequestView>,
}

/// Hands the port in; what is missing is said.
#[component]
fn Submit(props: &SubmitProps) -> Html {
    let desk = use_desk();
    let refused = use_state(|| None::<String>);
    let sending = use_state(|| false);
    let onclick = {
        let (refused, sending, port) = (refused.clone(), sending.clone(), props.port.id.clone());
        move |_| {
            let (desk, refused, sending, port) =
                (desk.clone(), refused.clone(), sending.clone(), port.clone());
            sending.set(true);
            spawn_local(async move {
                let done = desk.api.submit_port(&port).await;
                refused.set(done.err().map(|failure| failure.words()));
                sending.set(false);
            });
        }
    };
    html! {
        <div class="port-submit">
            if let Some(words) = &*refused { <p class="form-refused" role="alert" data-testid="submit-refused">{ words }</p> }
            <Button variant={ButtonVariant::Primary} label="Submit the port" disabled={*sending} {onclick} icon={html!(<Check size={16} />)} />
            <span class="quiet">{ "What is missing is said at once; nothing goes to the losing provider before you have signed." }</span>
        </div>
    }
}
