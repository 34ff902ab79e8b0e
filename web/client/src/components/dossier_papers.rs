//! The dossier of a request, with its documents: what is reviewed.

use super::{Chip, Plain};
use crate::hooks::reading::use_read;
use crate::hooks::use_desk;
use crate::state::port_draft::name;
use crate::state::request_words::spelled;
use crate::state::store::Loaded;
use crate::state::words::Tone;
use contract::DossierId;
use contract::dossier::Document;
use contract::dossier::review::{DossierStatus, DossierView};
use lucide_yew::FileText;
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use serde_json::{Value, json};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) dossier: String,
    /// The request's revision: its workflow changes the dossier.
    pub(crate) rev: u64,
}

#[component]
pub(crate) fn DossierPapers(props: &Props) -> Html {
    let desk = use_desk();
    let of = (DossierId::from(props.dossier.as_str()), props.rev);
    let dossier = use_read(
        &desk,
        of,
        |api, (id, _)| async move { api.dossier(&id).await },
    );
    html! {
        <section class="card pad" aria-label="Dossier" data-testid="dossier-papers">
            { match &dossier {
                Loaded::Loading => html! { <div role="status" aria-label="Loading the dossier"><Spinner /></div> },
                Loaded::Failed(words) => html! { <p class="quiet" role="alert">{ words }</p> },
                Loaded::Here(view) => whole(view),
            } }
        </section>
    }
}

const fn tone(status: DossierStatus) -> Tone {
    match status {
        DossierStatus::Approved => Tone::Well,
        DossierStatus::InReview | DossierStatus::ProvisionallyApproved => Tone::Waits,
        DossierStatus::Rejected | DossierStatus::Expired => Tone::Failed,
        DossierStatus::Draft => Tone::Quiet,
    }
}

fn whole(view: &DossierView) -> Html {
    let dossier = &view.dossier;
    let word = json!(view.status);
    let said = json!({
        "endUser": dossier.end_user,
        "authorisedPerson": dossier.authorised_person,
        "addresses": dossier.addresses,
        "contacts": dossier.contacts,
        "identities": dossier.identities,
        "previousService": dossier.previous_service,
    });
    html! {
        <>
            <h2>{ "Dossier of " }{ name(dossier) }{ " " }<Chip text={spelled(word.as_str().unwrap_or_default())} tone={tone(view.status)} /></h2>
            if dossier.documents.is_empty() {
                <p class="quiet">{ "No documents." }</p>
            } else {
                <ul class="papers">{ for dossier.documents.iter().map(|document| html! { <Paper key={document.id.to_string()} dossier={dossier.id.clone()} document={document.clone()} /> }) }</ul>
            }
            <Plain value={said} />
        </>
    }
}

#[derive(PartialEq, Properties)]
struct PaperProps {
    dossier: DossierId,
    document: Document,
}

#[component]
fn Paper(props: &PaperProps) -> Html {
    let desk = use_desk();
    let document = &props.document;
    let onclick = {
        let (dossier, id) = (props.dossier.clone(), document.id.clone());
        move |_| {
            let (desk, dossier, id) = (desk.clone(), dossier.clone(), id.clone());
            spawn_local(async move {
                match desk.api.read_document(&dossier, &id).await {
                    // The address is good for a minute, and looking is written down: it is asked for at the click.
                    Ok(from) => {
                        if let Some(window) = web_sys::window() {
                            let _ = window.open_with_url_and_target_and_features(
                                &from.url, "_blank", "noopener",
                            );
                        }
                    }
                    Err(failure) => desk.failed(&failure),
                }
            });
        }
    };
    let facts = json!(document);
    let text = |key: &str| facts.get(key).and_then(Value::as_str).map(str::to_owned);
    let kind = text("kind").map(|kind| spelled(&kind)).unwrap_or_default();
    let valid = text("validUntil").map(|day| format!(", valid until {day}"));
    html! {
        <li class="paper" data-testid="paper">
            <FileText size={18} />
            <span class="row-text"><strong>{ kind }</strong><span class="quiet">{ text("fileName") }{ valid }</span></span>
            <Button variant={ButtonVariant::Link} label="Open" {onclick} />
        </li>
    }
}
