//! Which dossier an order is made with: each is held against what is asked for, before anybody orders.

use crate::components::Chip;
use crate::hooks::{Desk, use_desk};
use crate::route::Route;
use crate::state::dossier::checklist::counts;
use crate::state::dossier::words::{is_good, status, title};
use contract::DossierId;
use contract::dossier::review::{DossierView, Purpose};
use contract::dossier::{Compliance, Evaluation};
use lucide_yew::ChevronRight;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;

/// How many dossiers are held against what is asked for; the newest come first.
const HELD_MAX: usize = 10;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) dossiers: Rc<Vec<DossierView>>,
    pub(crate) purpose: Purpose,
    pub(crate) chosen: Option<DossierId>,
    pub(crate) onchoose: Callback<Option<DossierId>>,
}

type Held = Rc<BTreeMap<DossierId, Evaluation>>;

/// Each dossier held against the purpose.
#[hook]
fn use_held(desk: &Desk, dossiers: &Rc<Vec<DossierView>>, purpose: &Purpose) -> Held {
    let held = use_state_eq(Held::default);
    let (desk, setter) = (desk.clone(), held.setter());
    use_effect_with(
        (dossiers.clone(), purpose.clone()),
        move |(dossiers, purpose)| {
            let stopped = Rc::new(std::cell::Cell::new(false));
            let (stop, dossiers, purpose) = (stopped.clone(), dossiers.clone(), purpose.clone());
            setter.set(Held::default());
            spawn_local(async move {
                let mut held = BTreeMap::new();
                for view in dossiers.iter().take(HELD_MAX) {
                    let id = &view.dossier.id;
                    if let Ok(evaluation) =
                        desk.api.held_as_approved(id, vec![purpose.clone()]).await
                    {
                        held.insert(id.clone(), evaluation);
                    }
                    if stopped.get() {
                        return;
                    }
                    setter.set(Rc::new(held.clone()));
                }
            });
            move || stop.set(true)
        },
    );
    (*held).clone()
}

#[component]
pub(crate) fn DossierChoice(props: &Props) -> Html {
    let desk = use_desk();
    let held = use_held(&desk, &props.dossiers, &props.purpose);
    let later = {
        let told = props.onchoose.clone();
        move |_: Event| told.emit(None)
    };
    html! {
        <fieldset class="card choose" data-testid="dossier-choice">
            <legend>{ "With which dossier" }</legend>
            if props.dossiers.is_empty() {
                <p class="quiet">{ "There is no dossier yet. You can order now: the order then waits for one. " }<Link<Route> to={Route::Dossier { id: "new".into() }} class={classes!("text-link")}>{ "Begin a dossier" }</Link<Route>></p>
            }
            { for props.dossiers.iter().take(HELD_MAX).map(|view| row(props, view, held.get(&view.dossier.id))) }
            <label class="offer is-slim"><input type="radio" name="dossier" checked={props.chosen.is_none()} onchange={later} /><span class="row-text"><strong>{ "Name it later" }</strong><span class="quiet">{ "The order waits until you do" }</span></span></label>
        </fieldset>
    }
}

fn row(props: &Props, view: &DossierView, held: Option<&Evaluation>) -> Html {
    let id = &view.dossier.id;
    let onchange = {
        let (told, id) = (props.onchoose.clone(), id.clone());
        move |_: Event| told.emit(Some(id.clone()))
    };
    let fits = held.is_some_and(|held| held.verdict == Compliance::Compliant);
    let words = match held {
        None => "Being looked at".to_owned(),
        Some(_) if fits => "Has everything that is asked for".to_owned(),
        Some(held) => {
            let (met, all) = counts(held);
            let names = held.outcomes.iter().filter(|outcome| !outcome.passed);
            let names: Vec<&str> = names.map(|outcome| outcome.name.as_str()).take(3).collect();
            let more = if all - met > names.len() {
                ", and more"
            } else {
                ""
            };
            format!("Missing: {}{more}", names.join(", "))
        }
    };
    let (text, tone) = status(view.status);
    let usable = is_good(view) && fits;
    html! {
        <div class="offer is-slim" key={id.to_string()} data-testid="dossier-option" data-fits={fits.to_string()}>
            <label>
                <input type="radio" name="dossier" checked={props.chosen.as_ref() == Some(id)} disabled={!usable} {onchange} />
                <span class="row-text"><strong>{ title(view) }</strong><span class="quiet is-whole">{ words }</span></span>
            </label>
            <Chip {text} {tone} />
            <Link<Route> to={Route::Dossier { id: id.to_string() }} class={classes!("icon-button")}><span class="visually-hidden">{ format!("Open {}", title(view)) }</span><ChevronRight size={18} /></Link<Route>>
        </div>
    }
}
