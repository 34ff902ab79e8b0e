//! A dossier that is being filled in: read, saved as it goes, and held against what is wanted.

use super::reading::use_read;
use super::{Desk, kept};
use crate::api::Failure;
use crate::state::dossier::draft::Draft;
use crate::state::dossier::form::{Wrong, sendable};
use crate::state::dossier::work::{Kept, Saving, Step, Work};
use crate::state::form::place_in;
use crate::state::store::Loaded;
use contract::DossierId;
use contract::dossier::review::{DossierView, Purpose};
use contract::dossier::{EndUserKind, Evaluation, RequirementView};
use gloo_timers::callback::Timeout;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How long nobody types before it is saved, in milliseconds.
const PAUSE_MS: u32 = 600;
/// How soon an unreachable server is tried again, in milliseconds.
const AGAIN_MS: u32 = 4_000;

/// The dossier of a page.
#[derive(PartialEq, Clone)]
struct Sheet(Loaded<Rc<Work>>);

enum Turn {
    Read(Rc<DossierView>, Option<Kept>),
    Failed(String),
    Step(Step),
}

impl Reducible for Sheet {
    type Action = Turn;
    fn reduce(self: Rc<Self>, turn: Turn) -> Rc<Self> {
        let next = match (turn, &self.0) {
            (Turn::Read(view, kept), _) => Loaded::Here(Rc::new(Work::new(view, kept))),
            (Turn::Failed(words), _) => Loaded::Failed(words),
            (Turn::Step(step), Loaded::Here(work)) => Loaded::Here(Rc::new(work.after(step))),
            (Turn::Step(_), Loaded::Loading | Loaded::Failed(_)) => self.0.clone(),
        };
        Rc::new(Self(next))
    }
}

/// A dossier and what can be done with it.
#[derive(Clone, PartialEq)]
pub(crate) struct Filling {
    /// The dossier.
    pub(crate) work: Loaded<Rc<Work>>,
    /// What happens to it.
    pub(crate) step: Callback<Step>,
}

/// The dossier of this id, saved as it changes.
#[hook]
pub(crate) fn use_filling(desk: &Desk, id: &str) -> Filling {
    let sheet = use_reducer_eq(|| Sheet(Loaded::Loading));
    let (reader, dispatch) = (desk.clone(), sheet.dispatcher());
    use_effect_with(DossierId::from(id), move |id| {
        let (id, stopped) = (id.clone(), Rc::new(Cell::new(false)));
        let stop = stopped.clone();
        spawn_local(async move {
            let read = reader.api.dossier(&id).await;
            if stopped.get() {
                return;
            }
            dispatch.dispatch(match read {
                Ok(view) => Turn::Read(Rc::new(view), kept::draft(id.as_str())),
                Err(failure) => Turn::Failed(failure.words()),
            });
        });
        move || stop.set(true)
    });
    let step = {
        let dispatch = sheet.dispatcher();
        use_callback((), move |step: Step, ()| {
            dispatch.dispatch(Turn::Step(step))
        })
    };
    use_saving(desk, &sheet.0, &step);
    Filling {
        work: sheet.0.clone(),
        step,
    }
}

/// Saves what is typed, and keeps in the browser what the server does not have.
#[hook]
fn use_saving(desk: &Desk, work: &Loaded<Rc<Work>>, step: &Callback<Step>) {
    let here = match work {
        Loaded::Here(work) => Some(work.clone()),
        Loaded::Loading | Loaded::Failed(_) => None,
    };
    {
        let drafted = here.clone();
        use_effect_with(
            here.as_ref()
                .map(|work| (work.draft.clone(), work.view.clone())),
            move |_| {
                if let Some(work) = drafted {
                    let kept = work.kept();
                    kept::keep_draft(work.view.dossier.id.as_str(), kept.as_ref());
                }
            },
        );
    }
    let due = here.as_ref().and_then(|work| match &work.saving {
        Saving::Typed => Some((PAUSE_MS, work.draft.clone())),
        // Nothing is wrong with it, so it is the way there that failed.
        Saving::Failed(_) if work.wrong.is_empty() => Some((AGAIN_MS, work.draft.clone())),
        Saving::Saved | Saving::Sending | Saving::Conflict(_) | Saving::Failed(_) => None,
    });
    let (desk, step) = (desk.clone(), step.clone());
    use_effect_with(due, move |due: &Option<(u32, Rc<Draft>)>| {
        let timer = due.as_ref().zip(here).map(|((pause_ms, draft), work)| {
            let draft = draft.clone();
            Timeout::new(*pause_ms, move || {
                spawn_local(async move { save(&desk, &work, &draft, &step).await });
            })
        });
        move || drop(timer)
    });
}

async fn save(desk: &Desk, work: &Work, draft: &Draft, step: &Callback<Step>) {
    step.emit(Step::Send);
    let sendable = match sendable(draft) {
        Ok(sendable) => sendable,
        Err(wrong) => {
            let words = "Mend what is marked; then it is saved.".to_owned();
            return step.emit(Step::Refused(words, wrong));
        }
    };
    let dossier = &work.view.dossier;
    let saved = desk
        .api
        .save_dossier(&dossier.id, dossier.version, sendable.form)
        .await;
    step.emit(match saved {
        Ok(view) => Step::Sent(Rc::new(view)),
        Err(Failure::Problem { error, .. }) if error == "Dossier.Changed" => {
            match desk.api.dossier(&dossier.id).await {
                Ok(view) => Step::Changed(Rc::new(view)),
                Err(failure) => Step::Refused(failure.words(), Vec::new()),
            }
        }
        Err(failure) => {
            let wrong = match &failure {
                Failure::Problem {
                    field: Some(field), ..
                } => vec![Wrong {
                    field: sendable.places.back(&place_in("form", field)),
                    words: failure.words(),
                }],
                Failure::Problem { field: None, .. }
                | Failure::Offline
                | Failure::SessionOver
                | Failure::NotUnderstood => Vec::new(),
            };
            if failure == Failure::SessionOver {
                desk.failed(&failure);
            }
            Step::Refused(failure.words(), wrong)
        }
    });
}

/// What the dossier lacks for its purposes: read again whenever it was saved.
#[hook]
pub(crate) fn use_evaluation(
    desk: &Desk,
    view: Option<&DossierView>,
    purposes: &Rc<Vec<Purpose>>,
) -> Loaded<Rc<Evaluation>> {
    let state = use_state_eq(|| Loaded::Loading);
    let key = view.map(|view| (view.dossier.id.clone(), view.dossier.version));
    let (desk, setter) = (desk.clone(), state.setter());
    use_effect_with((key, purposes.clone()), move |(key, purposes)| {
        let stopped = Rc::new(Cell::new(false));
        let stop = stopped.clone();
        let asked = key.clone().filter(|_| !purposes.is_empty());
        if let Some((id, _)) = asked {
            let purposes = purposes.to_vec();
            spawn_local(async move {
                let held = desk.api.evaluation(&id, purposes).await;
                if !stopped.get() {
                    setter.set(match held {
                        Ok(evaluation) => Loaded::Here(Rc::new(evaluation)),
                        Err(failure) => Loaded::Failed(failure.words()),
                    });
                }
            });
        } else {
            setter.set(Loaded::Loading);
        }
        move || stop.set(true)
    });
    (*state).clone()
}

/// What countries ask for, with sources, for these purposes.
#[hook]
pub(crate) fn use_requirements(
    desk: &Desk,
    purposes: &Rc<Vec<Purpose>>,
    kind: EndUserKind,
) -> Loaded<Rc<Vec<RequirementView>>> {
    let of = (purposes.clone(), kind);
    use_read(desk, of, |api, (purposes, kind)| async move {
        let mut found: Vec<RequirementView> = Vec::new();
        for purpose in purposes.iter() {
            let more = api.requirements(purpose, kind).await?;
            let fresh = more
                .into_iter()
                .filter(|one| !found.iter().any(|known| known.id == one.id));
            found.extend(fresh.collect::<Vec<_>>());
        }
        Ok::<_, Failure>(found)
    })
}
