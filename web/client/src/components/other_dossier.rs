//! Another dossier for a request that takes one where it is.

use super::field::Choice;
use crate::hooks::reading::use_read;
use crate::hooks::use_desk;
use crate::route::Route;
use crate::state::dossier::words::{is_good, title};
use crate::state::port_draft::port_view;
use crate::state::requests::dossier_of;
use crate::state::store::{Action, Loaded};
use contract::DossierId;
use contract::dossier::review::DossierView;
use contract::port::api::PortDraft;
use contract::request::signal::SignalName;
use contract::request::{Kind, RequestView};
use contract::{Role, api::Me};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) view: Rc<RequestView>,
}

/// How a request takes another dossier now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A port: its copy is made anew, and the letter with it.
    Port,
    /// An order that waits for one that is approved.
    Order,
    /// It is about this dossier, which is changed on its own page.
    Itself,
}

fn way(view: &RequestView, me: &Me) -> Option<Way> {
    let change = |topic| view.allows(SignalName::RequestChange, Some(topic));
    match view.kind {
        Kind::PortIn => (me.role.makes_requests() && change("order")).then_some(Way::Port),
        Kind::NumberOrder => {
            (me.role == Role::Administrator && change("dossier")).then_some(Way::Order)
        }
        Kind::OnboardTenant | Kind::OnboardUser | Kind::VerifyDossier => {
            (me.role.makes_requests() && change("dossier") && dossier_of(view).is_some())
                .then_some(Way::Itself)
        }
        Kind::NumberRelease | Kind::PortOut => None,
    }
}

/// Those of the tenant that it may take, with their names.
fn options(view: &RequestView, way: Way, all: &[DossierView]) -> Vec<(String, String)> {
    let now = port_view(view)
        .and_then(|port| port.form.dossier)
        .map(|dossier| dossier.id);
    all.iter()
        .filter(|one| one.dossier.tenant == view.tenant)
        .filter(|one| match way {
            Way::Port => Some(&one.dossier.id) != now.as_ref(),
            Way::Order | Way::Itself => is_good(one),
        })
        .map(|one| (one.dossier.id.to_string(), title(one)))
        .collect()
}

#[component]
pub(crate) fn OtherDossier(props: &Props) -> Html {
    let desk = use_desk();
    let Some(way) = desk.store.me().and_then(|me| way(&props.view, me)) else {
        return Html::default();
    };
    let words = match way {
        Way::Port => {
            "The port takes a copy of it, and the letter is written anew: whoever signs sees it first."
        }
        Way::Order => "The numbers are ordered once an approved dossier does for them.",
        Way::Itself => {
            "What is missing or refused is mended in the dossier; then it is submitted again."
        }
    };
    let body = match (way, dossier_of(&props.view)) {
        (Way::Itself, Some(id)) => {
            html! { <Link<Route> to={Route::Dossier { id }} class={classes!("pf-v6-c-button", "pf-m-secondary")}>{ "Open the dossier" }</Link<Route>> }
        }
        (Way::Itself, None) => Html::default(),
        (Way::Port | Way::Order, _) => html! { <Choose view={props.view.clone()} {way} /> },
    };
    html! {
        <section class="card pad" aria-label="Another dossier" data-testid="other-dossier">
            <h2>{ if way == Way::Itself { "The dossier" } else { "Another dossier" } }</h2>
            <p class="quiet">{ words }</p>
            { body }
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct ChooseProps {
    view: Rc<RequestView>,
    way: Way,
}

#[component]
fn Choose(props: &ChooseProps) -> Html {
    let desk = use_desk();
    let chosen = use_state(|| None::<String>);
    let busy = use_state(|| false);
    let refused = use_state(|| None::<String>);
    // The phone company's people choose among the customer's, who is on the phone with them.
    let tenant = props.view.tenant.clone();
    let all = use_read(&desk, tenant, |api, tenant| async move {
        api.dossiers(Some(&tenant)).await
    });
    let all = match &all {
        Loaded::Loading => {
            return html! { <div role="status" aria-label="Loading the dossiers"><Spinner /></div> };
        }
        Loaded::Failed(words) => {
            return html! { <p class="form-refused" role="alert">{ words }</p> };
        }
        Loaded::Here(all) => options(&props.view, props.way, all),
    };
    let value = (*chosen)
        .clone()
        .filter(|id| all.iter().any(|(known, _)| known == id))
        .or_else(|| all.first().map(|(id, _)| id.clone()));
    let Some(value) = value else {
        return html! {
            <p>{ "There is no other one that it could take. " }<Link<Route> to={Route::Dossiers} class={classes!("text-link")}>{ "See the dossiers" }</Link<Route>></p>
        };
    };
    let give = {
        let (busy, refused) = (busy.clone(), refused.clone());
        let (way, id, dossier) = (
            props.way,
            props.view.id.clone(),
            DossierId::from(value.as_str()),
        );
        move |_| {
            busy.set(true);
            let (desk, id, dossier) = (desk.clone(), id.clone(), dossier.clone());
            let (busy, refused) = (busy.setter(), refused.setter());
            spawn_local(async move {
                let given = match way {
                    Way::Port => {
                        let draft = PortDraft {
                            dossier: Some(dossier),
                            ..PortDraft::default()
                        };
                        desk.api.write_port(&id, &draft).await
                    }
                    Way::Order | Way::Itself => desk.api.order_dossier(&id, &dossier).await,
                };
                match given {
                    Ok(view) => {
                        refused.set(None);
                        let shown = Action::Request(Box::new(view), true);
                        desk.dispatch.dispatch(shown);
                    }
                    Err(failure) => refused.set(Some(failure.words())),
                }
                busy.set(false);
            });
        }
    };
    let onchange = {
        let chosen = chosen.clone();
        move |id: String| chosen.set(Some(id))
    };
    html! {
        <>
            <div class="fields is-row">
                <Choice id="other-dossier" label="Dossier" {value} options={Rc::new(all)} {onchange} />
                <Button variant={ButtonVariant::Secondary} label="Use this dossier" disabled={*busy} onclick={give} />
            </div>
            if let Some(words) = &*refused { <p class="form-refused" role="alert">{ words }</p> }
        </>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples::request;

    fn me(role: Role) -> Me {
        Me {
            person: "p".into(),
            tenant: "t-1".into(),
            tenant_name: String::new(),
            name: String::new(),
            email: String::new(),
            role,
            numbers: vec![],
        }
    }

    fn with(kind: Kind, action: &str) -> RequestView {
        RequestView {
            kind,
            actions: vec![action.to_owned()],
            ..request("r-1")
        }
    }

    #[test]
    fn a_dossier_is_offered_where_the_state_takes_one() {
        let admin = me(Role::Administrator);
        let port = with(Kind::PortIn, "request.change@order");
        assert_eq!(way(&port, &admin), Some(Way::Port));
        assert_eq!(way(&port, &me(Role::Operator)), None);
        assert_eq!(way(&with(Kind::PortIn, "request.cancel"), &admin), None);
        let order = with(Kind::NumberOrder, "request.change@dossier");
        assert_eq!(way(&order, &admin), Some(Way::Order));
        assert_eq!(
            way(&order, &me(Role::Staff)),
            None,
            "the order is its tenant's"
        );
        let check = RequestView {
            details: serde_json::json!({ "dossier": "d-1" }),
            ..with(Kind::VerifyDossier, "request.change@dossier")
        };
        assert_eq!(way(&check, &admin), Some(Way::Itself));
    }
}
