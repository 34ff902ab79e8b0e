//! Beginning an onboarding: a customer, by the phone company's people; a person, by an administrator.

use crate::api::{Api, wire};
use crate::components::ShownOnce;
use crate::components::field::{Choice, Said, TextField};
use crate::hooks::browser::focus;
use crate::hooks::countries::use_offered;
use crate::hooks::names::countries;
use crate::hooks::{kept, use_desk};
use crate::route::Route;
use crate::state::dossier::form::Wrong;
use crate::state::onboarding::Form;
use crate::state::sent::Sent;
use crate::state::store::Loaded;
use brought::Brought;
use contract::number::api::OfferedCountries;
use contract::onboarding::api::{NewOnboarding, Onboards};
use contract::{PersonId, Role};
use lucide_yew::ChevronLeft;
use more::{HelpAt, Webhook};
use own::{FreeNumber, OwnDossier};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use wishes::Wishes;
use yew::prelude::*;
use yew_nested_router::components::Link;
use yew_nested_router::prelude::use_router;

mod brought;
mod more;
mod own;
mod wishes;

#[component]
pub(crate) fn Onboard() -> Html {
    let desk = use_desk();
    let router = use_router::<Route>();
    let is_staff = desk.store.me().is_some_and(|me| me.role == Role::Staff);
    let kind = if is_staff {
        Onboards::Tenant
    } else {
        Onboards::User
    };
    let me = desk.store.me();
    let me = me.map_or_else(|| PersonId::from(""), |me| me.person.clone());
    let form = use_state(|| kept::onboarding(&me, kind).unwrap_or_else(|| Form::new(kind)));
    let (busy, wrong) = (use_state(|| false), use_state(Vec::<Wrong>::new));
    // The webhook's secret, told once, and where to go on from it.
    let told = use_state(|| None::<(AttrValue, Route)>);
    let tries = use_state(|| 0_u32);
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(*tries, move |tries| {
            if *tries > 0
                && let Some(form) = node.cast::<web_sys::Element>()
            {
                lead_to_wrong(&form);
            }
        });
    }
    let sent = use_mut_ref(Sent::<NewOnboarding, String>::new);
    let onsubmit = {
        let (desk, router, form, me) = (desk.clone(), router.clone(), form.clone(), me.clone());
        let (busy, wrong) = (busy.clone(), wrong.clone());
        let (told, tries) = (told.setter(), tries.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if *busy {
                return;
            }
            let found = form.wrong();
            if !found.is_empty() {
                wrong.set(found);
                return tries.set(*tries + 1);
            }
            let body = form.body();
            let key = sent.borrow_mut().key(&body, Api::key);
            busy.set(true);
            let (desk, router, me) = (desk.clone(), router.clone(), me.clone());
            let (busy, wrong) = (busy.setter(), wrong.setter());
            let (told, tries) = (told.clone(), tries.clone());
            spawn_local(async move {
                match desk.api.begin_onboarding(&body, &key).await {
                    Ok(view) => {
                        kept::keep_onboarding(&me, kind, None);
                        let to = Route::Onboarding {
                            id: view.request.id.to_string(),
                        };
                        if let Some(secret) = view.webhook_secret {
                            told.set(Some((secret.into(), to)));
                        } else if let Some(router) = router {
                            router.push(to);
                        }
                    }
                    Err(failure) => {
                        busy.set(false);
                        wrong.set(desk.refused(&failure));
                        tries.set(*tries + 1);
                    }
                }
            });
        }
    };
    let onform = {
        let form = form.clone();
        Callback::from(move |next: Form| {
            kept::keep_onboarding(&me, kind, Some(&next));
            form.set(next);
        })
    };
    let elsewhere = wrong
        .iter()
        .filter(|one| !SHOWN.contains(&one.field.as_str()) && !one.field.starts_with("ports"));
    let (title, words) = if is_staff {
        (
            "Onboard a customer",
            "They get a mail, fill in their dossier, and call with their own numbers.",
        )
    } else {
        (
            "Onboard a person",
            "They get a mail, choose a password, and can call; with a number of their own, if you add one.",
        )
    };
    let body = if let Some((secret, to)) = &*told {
        let (router, to) = (router.clone(), to.clone());
        let ondone = Callback::from(move |()| {
            if let Some(router) = &router {
                router.push(to.clone());
            }
        });
        html! {
            <ShownOnce id="webhook-made" label="The new webhook" title="The onboarding has begun, and its webhook is made" secret={Some(secret.clone())} done="Go on" {ondone}>
                <p class="quiet">{ "The customer\u{2019}s program checks with it that what it hears comes from here." }</p>
            </ShownOnce>
        }
    } else {
        html! {
            <form class="onboard" novalidate=true ref={node} {onsubmit}>
                if is_staff { <Customer form={(*form).clone()} wrong={(*wrong).clone()} onform={onform.clone()} /> }
                <Person form={(*form).clone()} wrong={(*wrong).clone()} onform={onform.clone()} />
                <Rest form={(*form).clone()} wrong={(*wrong).clone()} {onform} />
                { for elsewhere.map(|one| html! { <p class="field-said is-wrong" role="alert">{ format!("{}: {}", one.field, one.words) }</p> }) }
                <div class="actions"><Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} disabled={*busy} label={if *busy { "Beginning" } else { "Begin" }} /></div>
            </form>
        }
    };
    html! {
        <main class="page" data-testid="onboard-page">
            <Link<Route> to={Route::Onboardings} class={classes!("back-link")}><ChevronLeft size={18} />{ "Onboarding" }</Link<Route>>
            <header class="page-head"><div><h1>{ title }</h1><p class="quiet">{ words }</p></div></header>
            { body }
        </main>
    }
}

/// Opens what is folded over something wrong, and puts the first field that is wrong under the fingers.
fn lead_to_wrong(form: &web_sys::Element) {
    const FOLDED: &str = "details:not([open]):has(.is-wrong)";
    while let Ok(Some(folded)) = form.query_selector(FOLDED) {
        if folded.set_attribute("open", "").is_err() {
            break;
        }
    }
    if let Ok(Some(first)) = form.query_selector("[aria-invalid='true']") {
        focus(&first.id());
    } else if let Ok(Some(said)) = form.query_selector(".is-wrong") {
        said.scroll_into_view();
    }
}

/// Fields that have a place of their own.
const SHOWN: [&str; 12] = [
    "tenant.name",
    "tenant.slug",
    "tenant.country",
    "person.name",
    "person.email",
    "numbers",
    "webhook.url",
    "emergencyAddress.street",
    "emergencyAddress.postalCode",
    "emergencyAddress.city",
    "emergencyAddress.region",
    "emergencyAddress.country",
];

/// A part of the form.
#[derive(PartialEq, Properties)]
struct PartProps {
    form: Form,
    wrong: Vec<Wrong>,
    onform: Callback<Form>,
    /// Where numbers are sold, for the parts that ask.
    #[prop_or_default]
    offered: Option<Rc<OfferedCountries>>,
}

impl PartProps {
    fn said(&self, field: &str) -> Said {
        Said::of(&self.wrong, field)
    }

    /// What a change of one field does to the form.
    fn sets(&self, set: impl Fn(&mut Form, String) + 'static) -> Callback<String> {
        let (form, told) = (self.form.clone(), self.onform.clone());
        Callback::from(move |text: String| {
            let mut next = form.clone();
            set(&mut next, text);
            told.emit(next);
        })
    }
}

#[component]
fn Customer(props: &PartProps) -> Html {
    let form = &props.form;
    html! {
        <fieldset class="card fields is-card">
            <legend>{ "Customer" }</legend>
            <TextField id="tenant-name" label="Name of the customer" value={form.name.clone()} oninput={props.sets(|form, text| form.name = text)} said={props.said("tenant.name")} />
            <TextField id="tenant-slug" label="Short name" value={form.short_name()} most=40 oninput={props.sets(|form, text| form.slug = Some(text))} said={props.said("tenant.slug")} />
            <Choice id="tenant-country" label="Home country" value={form.country.clone()} options={countries()} empty="Choose a country" onchange={props.sets(|form, text| form.country = text)} said={props.said("tenant.country")} />
        </fieldset>
    }
}

#[component]
fn Person(props: &PartProps) -> Html {
    const ROLES: [(Role, &str); 3] = [
        (Role::Person, "Makes and takes calls"),
        (Role::Operator, "Also sees every call"),
        (Role::Administrator, "Also asks for numbers and people"),
    ];
    let form = &props.form;
    let roles = ROLES
        .iter()
        .map(|(role, name)| (wire(*role), (*name).to_owned()));
    let of_tenant = form.kind == Onboards::Tenant;
    html! {
        <fieldset class="card fields is-card">
            <legend>{ if of_tenant { "First administrator" } else { "Person" } }</legend>
            <TextField id="person-name" label="Name" value={form.person.clone()} oninput={props.sets(|form, text| form.person = text)} said={props.said("person.name")} />
            <TextField id="person-email" label="E-mail" kind="email" most=254 value={form.email.clone()} oninput={props.sets(|form, text| form.email = text)} said={props.said("person.email")} />
            if !of_tenant {
                <Choice id="person-role" label="May" value={wire(form.role)} options={Rc::new(roles.collect::<Vec<_>>())}
                    onchange={props.sets(|form, text| if let Some((role, _)) = ROLES.iter().find(|(role, _)| wire(*role) == text) { form.role = *role })} />
            }
        </fieldset>
    }
}

/// What follows from where numbers are sold: those that are ordered, those that are brought, and what goes with them.
#[component]
fn Rest(props: &PartProps) -> Html {
    let desk = use_desk();
    let offered = match use_offered(&desk) {
        Loaded::Here(offered) => Some(offered),
        Loaded::Loading => {
            return html! { <p class="quiet" role="status">{ "Asking the carriers where they sell numbers" }</p> };
        }
        Loaded::Failed(words) => {
            return html! { <p class="field-said is-wrong" role="alert">{ words }</p> };
        }
    };
    let (form, wrong, onform) = (&props.form, &props.wrong, &props.onform);
    let of_tenant = form.kind == Onboards::Tenant;
    html! {
        <>
            if !of_tenant { <FreeNumber form={form.clone()} wrong={wrong.clone()} onform={onform.clone()} /> }
            <Wishes form={form.clone()} wrong={wrong.clone()} onform={onform.clone()} offered={offered.clone()} />
            if of_tenant { <Brought form={form.clone()} wrong={wrong.clone()} onform={onform.clone()} offered={offered.clone()} /> }
            if !of_tenant && !form.wishes.is_empty() { <OwnDossier form={form.clone()} wrong={wrong.clone()} onform={onform.clone()} /> }
            <HelpAt form={form.clone()} wrong={wrong.clone()} onform={onform.clone()} {offered} />
            if of_tenant { <Webhook form={form.clone()} wrong={wrong.clone()} onform={onform.clone()} /> }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct FoldedProps {
    title: AttrValue,
    /// What it is for.
    words: AttrValue,
    /// Whether something is in it, or wrong with it.
    open: bool,
    children: Html,
}

/// What most leave out: folded away, unless something is in it.
#[component]
fn Folded(props: &FoldedProps) -> Html {
    // What is emptied is not closed under the fingers of whoever empties it.
    let opened = use_mut_ref(|| false);
    *opened.borrow_mut() |= props.open;
    let open = *opened.borrow();
    html! {
        <details class="card folded" {open}>
            <summary><span class="row-text"><strong>{ &props.title }</strong><span class="quiet is-whole">{ &props.words }</span></span></summary>
            <div class="fields">{ props.children.clone() }</div>
        </details>
    }
}
