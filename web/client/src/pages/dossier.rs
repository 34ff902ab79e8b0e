//! A dossier: a wizard that saves as it goes, with what is asked for beside it.

use crate::components::Chip;
use crate::components::dossier::{
    Addresses, Check, Checklist, Conflict, Documents, PartStrip, People, SavedMark, Sheet,
    WantedNumbers, Who,
};
use crate::hooks::browser::focus;
use crate::hooks::countries::use_offered;
use crate::hooks::dossier::{Filling, use_evaluation, use_filling, use_requirements};
use crate::hooks::onboarding::use_purposes;
use crate::hooks::requests::{use_rest, use_shelf};
use crate::hooks::{Desk, use_desk};
use crate::route::Route;
use crate::state::dossier::form::{Sendable, sendable};
use crate::state::dossier::parts::Part;
use crate::state::dossier::words::{standing, status, title};
use crate::state::dossier::work::{Step, Work};
use crate::state::requests::Shelf;
use crate::state::store::{Action, Loaded};
use contract::dossier::review::{DossierStatus, DossierView, Purpose};
use contract::dossier::{EndUserKind, Evaluation};
use contract::request::RequestView;
use gloo_timers::callback::Timeout;
use lucide_yew::ChevronLeft;
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) id: String,
}

#[component]
pub(crate) fn Dossier(props: &Props) -> Html {
    let desk = use_desk();
    let filling = use_filling(&desk, &props.id);
    let body = match &filling.work {
        Loaded::Loading => {
            html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> }
        }
        Loaded::Failed(words) => {
            html! { <p class="card list-foot" role="alert" data-testid="dossier-error">{ words }</p> }
        }
        Loaded::Here(work) => html! { <Fill filling={filling.clone()} work={work.clone()} /> },
    };
    html! {
        <main class="page" data-testid="dossier-page">
            <Link<Route> to={Route::Dossiers} class={classes!("back-link")}><ChevronLeft size={18} />{ "Dossiers" }</Link<Route>>
            { body }
        </main>
    }
}

#[derive(PartialEq, Properties)]
struct FillProps {
    filling: Filling,
    work: Rc<Work>,
}

#[component]
fn Fill(props: &FillProps) -> Html {
    let desk = use_desk();
    let (work, step) = (&props.work, &props.filling.step);
    let view = &work.view;
    let id = view.dossier.id.to_string();
    let (purposes, onpurposes) = use_purposes(&desk, &id);
    let part = use_state_eq(|| {
        if purposes.is_empty() {
            Part::Wanted
        } else {
            Part::Who
        }
    });
    let busy = use_state_eq(|| false);
    use_review(&desk, view, step);
    let offered = use_offered(&desk);
    let evaluation = use_evaluation(&desk, Some(view), &purposes);
    let requirements = use_requirements(&desk, &purposes, view.dossier.kind);
    let ready = use_memo(work.draft.clone(), |draft| sendable(draft).ok());
    let seen = {
        let parts = (evaluation.clone(), ready.clone());
        use_memo(parts, |(evaluation, ready)| {
            placed(evaluation, (**ready).as_ref())
        })
    };
    let held = (*ready)
        .as_ref()
        .map_or_else(Rc::default, |ready| Rc::new(ready.held.clone()));
    let sheet = Sheet {
        work: work.clone(),
        evaluation: (*seen).clone(),
        held,
        step: step.clone(),
    };
    let go = {
        let part = part.setter();
        Callback::from(move |to: Part| part.set(to))
    };
    let onmend = {
        let go = go.clone();
        Callback::from(move |field: String| {
            go.emit(Part::of(&field));
            Timeout::new(60, move || focus(&format!("f{}", field.replace('/', "-")))).forget();
        })
    };
    let onsubmit = submit(&desk, view, &purposes, step, &busy);
    let ports = crate::state::dossier::wanted::ports(&purposes);
    let body = match *part {
        Part::Wanted => {
            html! { <WantedNumbers purposes={purposes.clone()} offered={offered} onchange={onpurposes} /> }
        }
        Part::Who => html! { <Who /> },
        Part::Addresses => html! { <Addresses /> },
        Part::People => html! { <People {ports} /> },
        Part::Documents => html! { <Documents /> },
        Part::Check => {
            html! { <Check purposes={purposes.clone()} requirements={requirements.clone()} busy={*busy} {onsubmit} /> }
        }
    };
    let is_business = view.dossier.kind == EndUserKind::Business;
    html! {
        <ContextProvider<Sheet> context={sheet}>
            { head(view, work) }
            <Conflict saving={work.saving.clone()} step={step.clone()} />
            <div class="fill-grid">
                <section class="card fill" aria-label={part.name(is_business)}>
                    <PartStrip part={*part} {is_business} evaluation={(*seen).clone()} wanted={!purposes.is_empty()} onpart={go.clone()} />
                    <h2>{ part.name(is_business) }</h2>
                    { body }
                    { foot(*part, &go) }
                </section>
                <Checklist evaluation={seen.as_ref().clone().map_or_else(|| evaluation.clone(), Loaded::Here)} {requirements} wanted={!purposes.is_empty()} {onmend} />
            </div>
        </ContextProvider<Sheet>>
    }
}

/// The evaluation with fields where the draft has them.
fn placed(evaluation: &Loaded<Rc<Evaluation>>, ready: Option<&Sendable>) -> Option<Rc<Evaluation>> {
    let (Loaded::Here(evaluation), Some(ready)) = (evaluation, ready) else {
        return match evaluation {
            Loaded::Here(evaluation) => Some(evaluation.clone()),
            Loaded::Loading | Loaded::Failed(_) => None,
        };
    };
    let mut placed = (**evaluation).clone();
    for failure in placed
        .outcomes
        .iter_mut()
        .flat_map(|outcome| &mut outcome.failures)
    {
        failure.field = ready.places.back(&failure.field);
    }
    Some(Rc::new(placed))
}

fn head(view: &DossierView, work: &Work) -> Html {
    let (text, tone) = status(view.status);
    html! {
        <header class="page-head">
            <div>
                <h1>{ title(view) }{ " " }<Chip {text} {tone} testid="dossier-status" /></h1>
                <p class="quiet"><span data-testid="dossier-standing">{ standing(view) }</span>{ " " }
                    if let Some(request) = &view.request { <Link<Route> to={Route::Request { id: request.to_string() }} class={classes!("text-link")}>{ "See its check" }</Link<Route>> }
                </p>
            </div>
            <SavedMark saving={work.saving.clone()} />
        </header>
    }
}

fn foot(part: Part, go: &Callback<Part>) -> Html {
    let to = |to: Part| {
        let go = go.clone();
        move |_| go.emit(to)
    };
    html! {
        <footer class="fill-foot">
            if let Some(before) = part.before() { <Button variant={ButtonVariant::Secondary} label="Back" onclick={to(before)} /> }
            if let Some(next) = part.next() { <Button variant={ButtonVariant::Primary} label="Next" onclick={to(next)} /> }
        </footer>
    }
}

/// Reads the dossier again when its check moves on.
#[hook]
fn use_review(desk: &Desk, view: &Rc<DossierView>, step: &Callback<Step>) {
    let is_handed_in = view.status == DossierStatus::InReview;
    use_shelf(desk, Shelf::Live, is_handed_in);
    use_rest(desk, Shelf::Live, is_handed_in);
    let request = view
        .request
        .as_ref()
        .and_then(|id| desk.store.requests.get(id));
    let moved =
        request.map(|request: &Rc<RequestView>| (request.status.clone(), request.ended_at.clone()));
    let (desk, step, id) = (desk.clone(), step.clone(), view.dossier.id.clone());
    let first = use_mut_ref(|| None);
    use_effect_with(moved, move |moved| {
        let known = first.replace(moved.clone());
        // What is known when the page opens is in the dossier that it just read.
        if known.is_some() && moved.is_some() && known != *moved {
            spawn_local(async move {
                if let Ok(view) = desk.api.dossier(&id).await {
                    step.emit(Step::Changed(Rc::new(view)));
                }
            });
        }
    });
}

fn submit(
    desk: &Desk,
    view: &Rc<DossierView>,
    purposes: &Rc<Vec<Purpose>>,
    step: &Callback<Step>,
    busy: &UseStateHandle<bool>,
) -> Callback<()> {
    let (desk, id, purposes) = (desk.clone(), view.dossier.id.clone(), purposes.clone());
    let (step, busy) = (step.clone(), busy.clone());
    Callback::from(move |()| {
        busy.set(true);
        let (desk, id, purposes) = (desk.clone(), id.clone(), purposes.to_vec());
        let (step, busy) = (step.clone(), busy.setter());
        spawn_local(async move {
            let key = crate::api::Api::key();
            match desk.api.submit_dossier(&id, purposes, &key).await {
                Ok(check) => {
                    let shown = Action::Request(Box::new(check), true);
                    desk.dispatch.dispatch(shown);
                    if let Ok(view) = desk.api.dossier(&id).await {
                        step.emit(Step::Changed(Rc::new(view)));
                    }
                }
                Err(failure) => desk.failed(&failure),
            }
            busy.set(false);
        });
    })
}
