//! Beginning an onboarding: a customer, by the phone company's people; a person, by an administrator.

use crate::api::{Api, Failure, wire};
use crate::components::field::{Choice, Said, TextField};
use crate::components::numbers::NotOrderable;
use crate::hooks::countries::use_offered;
use crate::hooks::names::{countries, country};
use crate::hooks::{kept, use_desk};
use crate::route::Route;
use crate::state::dossier::form::Wrong;
use crate::state::dossier::wanted::{countries as sold_in, types};
use crate::state::dossier::words::number_type;
use crate::state::market::words::plain;
use crate::state::onboarding::Form;
use crate::state::store::Loaded;
use contract::Role;
use contract::dossier::NumberType;
use contract::number::api::OfferedCountries;
use contract::onboarding::api::{NewOnboarding, Onboards};
use lucide_yew::{ChevronLeft, X};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;
use yew_nested_router::prelude::use_router;

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
    let form = use_state(|| kept::onboarding(kind).unwrap_or_else(|| Form::new(kind)));
    let (busy, wrong) = (use_state(|| false), use_state(Vec::<Wrong>::new));
    let sent = use_mut_ref(|| None::<(NewOnboarding, String)>);
    let onsubmit = {
        let (desk, router, form, busy, wrong) = (
            desk.clone(),
            router,
            form.clone(),
            busy.clone(),
            wrong.clone(),
        );
        move |event: SubmitEvent| {
            event.prevent_default();
            let found = form.wrong();
            if *busy || !found.is_empty() {
                return wrong.set(found);
            }
            let body = form.body();
            // The same wish keeps its key, however often it is sent.
            let known = sent.borrow().clone().filter(|(before, _)| *before == body);
            let (_, key) = known.unwrap_or_else(|| (body.clone(), Api::key()));
            *sent.borrow_mut() = Some((body.clone(), key.clone()));
            busy.set(true);
            let (desk, router, busy, wrong) =
                (desk.clone(), router.clone(), busy.setter(), wrong.setter());
            spawn_local(async move {
                match desk.api.begin_onboarding(&body, &key).await {
                    Ok(view) => {
                        kept::keep_onboarding(kind, None);
                        if let Some(router) = router {
                            router.push(Route::Onboarding {
                                id: view.request.id.to_string(),
                            });
                        }
                    }
                    Err(failure) => {
                        busy.set(false);
                        wrong.set(match &failure {
                            Failure::Problem {
                                field: Some(field), ..
                            } => vec![Wrong {
                                field: field.clone(),
                                words: failure.words(),
                            }],
                            Failure::Problem { field: None, .. }
                            | Failure::Offline
                            | Failure::SessionOver
                            | Failure::NotUnderstood => {
                                desk.failed(&failure);
                                Vec::new()
                            }
                        });
                    }
                }
            });
        }
    };
    let onform = {
        let form = form.clone();
        Callback::from(move |next: Form| {
            kept::keep_onboarding(kind, Some(&next));
            form.set(next);
        })
    };
    let elsewhere = wrong
        .iter()
        .filter(|one| !SHOWN.contains(&one.field.as_str()));
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
    html! {
        <main class="page" data-testid="onboard-page">
            <Link<Route> to={Route::Onboardings} class={classes!("back-link")}><ChevronLeft size={18} />{ "Onboarding" }</Link<Route>>
            <header class="page-head"><div><h1>{ title }</h1><p class="quiet">{ words }</p></div></header>
            <form class="onboard" {onsubmit}>
                if is_staff { <Customer form={(*form).clone()} wrong={(*wrong).clone()} onform={onform.clone()} /> }
                <Person form={(*form).clone()} wrong={(*wrong).clone()} onform={onform.clone()} />
                <Wishes form={(*form).clone()} wrong={(*wrong).clone()} {onform} />
                { for elsewhere.map(|one| html! { <p class="field-said is-wrong" role="alert">{ format!("{}: {}", one.field, one.words) }</p> }) }
                <div class="actions"><Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} disabled={*busy} label={if *busy { "Beginning" } else { "Begin" }} /></div>
            </form>
        </main>
    }
}

/// Fields that have a place of their own.
const SHOWN: [&str; 6] = [
    "tenant.name",
    "tenant.slug",
    "tenant.country",
    "person.name",
    "person.email",
    "numbers",
];

#[derive(PartialEq, Properties)]
struct PartProps {
    form: Form,
    wrong: Vec<Wrong>,
    onform: Callback<Form>,
}

impl PartProps {
    fn said(&self, field: &str) -> Said {
        let found = self.wrong.iter().find(|wrong| wrong.field == field);
        found.map_or(Said::Nothing, |wrong| {
            Said::Wrong(wrong.words.clone().into())
        })
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

#[component]
fn Wishes(props: &PartProps) -> Html {
    let desk = use_desk();
    let chosen = use_state(|| (String::new(), "local".to_owned(), "1".to_owned()));
    let offered: Rc<OfferedCountries> = match use_offered(&desk) {
        Loaded::Here(offered) => offered,
        Loaded::Loading => {
            return html! { <p class="quiet" role="status">{ "Asking the carriers where they sell numbers" }</p> };
        }
        Loaded::Failed(words) => {
            return html! { <p class="field-said is-wrong" role="alert">{ words }</p> };
        }
    };
    let there: Vec<(String, String)> = sold_in(&offered.countries)
        .into_iter()
        .map(|code| (code.clone(), country(&code)))
        .collect();
    let (code, word, count) = (*chosen).clone();
    let code = if code.is_empty() {
        there
            .first()
            .map(|(code, _)| code.clone())
            .unwrap_or_default()
    } else {
        code
    };
    let kinds = types(&offered.countries, &code);
    let kind = kinds
        .iter()
        .copied()
        .find(|kind| wire(*kind) == word)
        .or_else(|| kinds.first().copied());
    let kind = kind.unwrap_or(NumberType::Local);
    let kind_options: Vec<(String, String)> = kinds
        .iter()
        .map(|kind| (wire(*kind), plain(number_type(*kind))))
        .collect();
    let oncountry = {
        let chosen = chosen.clone();
        move |code: String| chosen.set((code, chosen.1.clone(), chosen.2.clone()))
    };
    let onkind = {
        let chosen = chosen.clone();
        move |word: String| chosen.set((chosen.0.clone(), word, chosen.2.clone()))
    };
    let oncount = {
        let chosen = chosen.clone();
        move |count: String| chosen.set((chosen.0.clone(), chosen.1.clone(), count))
    };
    let many = count
        .parse::<u32>()
        .ok()
        .filter(|many| (1..=50).contains(many));
    let add = {
        let (form, told, code) = (props.form.clone(), props.onform.clone(), code.clone());
        move |_| {
            if let Some(many) = many {
                told.emit(form.with(&code, kind, many))
            }
        }
    };
    let said = if many.is_none() {
        Said::Wrong("1 to 50".into())
    } else {
        Said::Nothing
    };
    let one = props.form.kind == Onboards::User;
    html! {
        <fieldset class="card fields is-card">
            <legend>{ if one { "Number" } else { "Numbers" } }</legend>
            <div class="fields is-row is-wide">
                <Choice id="wish-country" label="Country" value={code} options={Rc::new(there)} onchange={oncountry} />
                <Choice id="wish-type" label="Type" value={wire(kind)} options={Rc::new(kind_options)} onchange={onkind} />
                if !one { <TextField id="wish-count" label="How many" kind="number" most=2 value={count} oninput={oncount} {said} /> }
                <Button variant={ButtonVariant::Secondary} label="Add" disabled={many.is_none()} onclick={add} />
            </div>
            <div class="is-wide"><NotOrderable {offered} /></div>
            <ul class="wants is-wide">{ for props.form.wishes.iter().enumerate().map(|(at, wish)| {
                let words = format!("{} {}, {}", wish.count, number_type(wish.number_type), country(&wish.country));
                let (form, told) = (props.form.clone(), props.onform.clone());
                let remove = move |_: MouseEvent| { let mut next = form.clone(); next.wishes.remove(at); told.emit(next) };
                html! { <li class="want" data-testid="want"><span>{ &words }</span><button type="button" aria-label={format!("Remove: {words}")} onclick={remove}><X size={14} /></button></li> }
            }) }</ul>
            if let Said::Wrong(words) = props.said("numbers") { <p class="field-said is-wrong" role="alert">{ words }</p> }
        </fieldset>
    }
}
