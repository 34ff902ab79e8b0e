//! The tenant's dossiers, and the way to begin one.

use crate::components::{Chip, loaded};
use crate::hooks::reading::use_read;
use crate::hooks::{Desk, now, use_desk, zone_min};
use crate::route::Route;
use crate::state::clock::{parse, when};
use crate::state::dossier::words::{day, status, title};
use crate::state::store::Loaded;
use contract::dossier::EndUserKind;
use contract::dossier::review::DossierView;
use lucide_yew::{Building, ChevronLeft, ChevronRight, Plus, User};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;
use yew_nested_router::prelude::use_router;

/// The tenant's dossiers, read once for each visit.
#[hook]
pub(crate) fn use_dossiers(desk: &Desk) -> Loaded<Rc<Vec<DossierView>>> {
    use_read(desk, (), |api, ()| async move { api.dossiers(None).await })
}

#[component]
pub(crate) fn Dossiers() -> Html {
    let desk = use_desk();
    let dossiers = use_dossiers(&desk);
    let any = matches!(&dossiers, Loaded::Here(list) if !list.is_empty());
    let body = loaded(dossiers, |list| {
        if list.is_empty() {
            html! {
                <div class="card list-foot" data-testid="dossiers-empty">
                    <h2>{ "No dossier yet" }</h2>
                    <p class="quiet">{ "A dossier says once who will use the numbers. It is reused for orders, ports and renewals." }</p>
                    { begin() }
                </div>
            }
        } else {
            html! { <ul class="card cards" data-testid="dossiers">{ for list.iter().map(row) }</ul> }
        }
    });
    html! {
        <main class="page">
            <header class="page-head">
                <div><h1>{ "Dossiers" }</h1><p class="quiet">{ "Who will use the numbers, and what shows it." }</p></div>
                if any { { begin() } }
            </header>
            { body }
        </main>
    }
}

fn begin() -> Html {
    html! { <Link<Route> to={Route::Dossier { id: "new".into() }} class={classes!("link-button")}><Plus size={18} />{ "Begin a dossier" }</Link<Route>> }
}

fn row(view: &DossierView) -> Html {
    let dossier = &view.dossier;
    let (text, tone) = status(view.status);
    let (icon, kind) = match dossier.kind {
        EndUserKind::Business => (html! { <Building size={20} /> }, "Organisation"),
        EndUserKind::Individual => (html! { <User size={20} /> }, "Person"),
    };
    let mut detail = vec![kind.to_owned()];
    detail.push(match dossier.documents.len() {
        0 => "no documents".to_owned(),
        1 => "1 document".to_owned(),
        count => format!("{count} documents"),
    });
    let newest = dossier
        .documents
        .iter()
        .filter_map(|paper| parse(&paper.uploaded_at))
        .max();
    detail.extend(newest.map(|at| format!("last one {}", when(at, now(), zone_min()))));
    let until = view.approved_until.as_ref();
    detail.extend(until.map(|until| format!("approved until {}", day(until))));
    html! {
        <li key={dossier.id.to_string()}>
            <Link<Route> to={Route::Dossier { id: dossier.id.to_string() }} class={classes!("card-row")}>
                <span class="avatar">{ icon }</span>
                <span class="row-text"><strong data-testid="dossier-row">{ title(view) }</strong><span class="quiet">{ detail.join(", ") }</span></span>
                <Chip {text} {tone} />
                <ChevronRight size={18} />
            </Link<Route>>
        </li>
    }
}

/// Who it is for: from then on it is on the server.
#[component]
pub(crate) fn NewDossier() -> Html {
    let desk = use_desk();
    let busy = use_state(|| false);
    let router = use_router::<Route>();
    let keys = use_memo((), |()| [crate::api::Api::key(), crate::api::Api::key()]);
    let begin = |kind: EndUserKind| {
        let (desk, busy, router, keys) = (desk.clone(), busy.clone(), router.clone(), keys.clone());
        move |_: MouseEvent| {
            if *busy {
                return;
            }
            busy.set(true);
            let (desk, busy, router, keys) =
                (desk.clone(), busy.setter(), router.clone(), keys.clone());
            spawn_local(async move {
                let key = match kind {
                    EndUserKind::Business => &keys[0],
                    EndUserKind::Individual => &keys[1],
                };
                match desk.api.begin_dossier(kind, key).await {
                    Ok(view) => {
                        if let Some(router) = router {
                            router.push(Route::Dossier {
                                id: view.dossier.id.to_string(),
                            });
                        }
                    }
                    Err(failure) => {
                        busy.set(false);
                        desk.failed(&failure);
                    }
                }
            });
        }
    };
    html! {
        <main class="page">
            <Link<Route> to={Route::Dossiers} class={classes!("back-link")}><ChevronLeft size={18} />{ "Dossiers" }</Link<Route>>
            <header class="page-head"><div><h1>{ "Begin a dossier" }</h1><p class="quiet">{ "Who will use the numbers? What you fill in is saved as you go." }</p></div></header>
            <div class="kinds">
                <button type="button" class="card kind" disabled={*busy} onclick={begin(EndUserKind::Business)}>
                    <Building size={28} /><strong>{ "An organisation" }</strong><span class="quiet">{ "A company, an association, an office: with its entry in a register." }</span>
                </button>
                <button type="button" class="card kind" disabled={*busy} onclick={begin(EndUserKind::Individual)}>
                    <User size={28} /><strong>{ "A person" }</strong><span class="quiet">{ "Somebody for themselves: with an identity paper." }</span>
                </button>
            </div>
        </main>
    }
}
