//! The documents of a dossier: what is asked for, what is there, and the way to hand one in.

use super::dropping::Dropping;
use super::fields::use_sheet;
use super::who_looked::WhoLooked;
use crate::components::Chip;
use crate::components::field::{Choice, TextField};
use crate::hooks::upload::{Label, Model, chosen, send};
use crate::hooks::{Desk, use_desk};
use crate::state::dossier::checklist::missing_documents;
use crate::state::dossier::files::{Progress, Stage, Upload, size};
use crate::state::dossier::words::{DOCUMENTS, document, document_of, document_state, lets_go};
use crate::state::dossier::work::Step;
use contract::dossier::{Day, Document, DocumentKind};
use contract::{DocumentId, DossierId};
use lucide_yew::{Eye, FileText, X};
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

#[component]
pub(crate) fn Documents() -> Html {
    let (desk, sheet) = (use_desk(), use_sheet());
    let uploads = use_reducer_eq(Model::default);
    let numbered = use_mut_ref(|| 0u32);
    let kind = use_state(|| None::<DocumentKind>);
    let issued = use_state(String::new);
    let opened = use_state(|| 0u32);
    let dossier = &sheet.work.view.dossier;
    let may_remove = lets_go(sheet.work.view.status);
    let missing = sheet.evaluation.as_ref();
    let missing = missing.map(|evaluation| missing_documents(evaluation));
    let missing = missing.unwrap_or_default();
    let wanted = missing.iter().flat_map(|(_, kinds)| kinds).next();
    let first = wanted.and_then(|wire| document_of(wire));
    let label = Label {
        kind: kind.or(first).unwrap_or(DocumentKind::Other),
        issued: Day::parse(&issued).ok(),
    };
    let onprogress = {
        let dispatch = uploads.dispatcher();
        Callback::from(move |progress: Progress| dispatch.dispatch(progress))
    };
    let onfile = {
        let (desk, id, label, step) = (
            desk.clone(),
            dossier.id.clone(),
            label.clone(),
            sheet.step.clone(),
        );
        let (onprogress, kind, issued) = (onprogress.clone(), kind.setter(), issued.setter());
        Callback::from(move |file: File| {
            let number = {
                let mut number = numbered.borrow_mut();
                *number += 1;
                *number
            };
            onprogress.emit(Progress::Chosen(Upload {
                id: number,
                chosen: chosen(&file),
                stage: Stage::Reading,
            }));
            let (desk, id, label, step) = (desk.clone(), id.clone(), label.clone(), step.clone());
            let (onprogress, kind, issued) = (onprogress.clone(), kind.clone(), issued.clone());
            spawn_local(async move {
                if let Some(brought) = send(&desk, &id, &file, &label, number, &onprogress).await {
                    kind.set(None);
                    issued.set(String::new());
                    step.emit(Step::Changed(brought.view));
                }
            });
        })
    };
    let options = DOCUMENTS
        .iter()
        .map(|(_, wire, words)| ((*wire).to_owned(), (*words).to_owned()));
    let onkind = {
        let kind = kind.clone();
        move |wire: String| kind.set(document_of(&wire))
    };
    let onopened = {
        let opened = opened.clone();
        Callback::from(move |()| opened.set(*opened + 1))
    };
    html! {
        <div class="part-body" data-testid="part-documents">
            { for missing.iter().map(|(name, _)| html! { <p class="field-said is-asked">{ format!("Asked for: {name}.") }</p> }) }
            <div class="fields">
                <Choice id="document-kind" label="What it is" value={crate::api::wire(label.kind)} options={Rc::new(options.collect::<Vec<_>>())} onchange={onkind} />
                <TextField id="document-issued" label="Date on it" kind="date" value={(*issued).clone()} oninput={let issued = issued.clone(); move |text| issued.set(text)} />
            </div>
            <Dropping uploads={uploads.0.clone()} {onfile} {onprogress} />
            if dossier.documents.is_empty() {
                <p class="quiet">{ "Nothing was handed in yet." }</p>
            } else {
                <ul class="files" aria-label="Documents handed in">{ for dossier.documents.iter().map(|paper| html! { <Paper key={paper.id.to_string()} dossier={dossier.id.clone()} paper={paper.clone()} {may_remove} step={sheet.step.clone()} onopened={onopened.clone()} /> }) }</ul>
            }
            <WhoLooked dossier={dossier.id.clone()} documents={dossier.documents.clone()} opened={*opened} />
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct PaperProps {
    dossier: DossierId,
    paper: Document,
    /// Whether its dossier lets documents go.
    may_remove: bool,
    step: Callback<Step>,
    /// It was opened, and the server has noted it.
    onopened: Callback<()>,
}

/// What is known of a document, in a line.
fn facts(paper: &Document) -> String {
    let mut detail = vec![paper.file_name.clone(), size(f64::from(paper.bytes))];
    let issued = paper.issued.as_ref();
    detail.extend(issued.map(|day| format!("of {}", day.as_str())));
    let until = paper.valid_until.as_ref();
    detail.extend(until.map(|day| format!("valid until {}", day.as_str())));
    detail.join(", ")
}

#[component]
fn Paper(props: &PaperProps) -> Html {
    let desk = use_desk();
    let asks = use_state(|| false);
    let opening = use_memo((), |()| Cell::new(false));
    let paper = &props.paper;
    let (text, tone) = document_state(paper.state);
    let view = {
        let (desk, dossier, id) = (desk.clone(), props.dossier.clone(), paper.id.clone());
        let onopened = props.onopened.clone();
        move |_| {
            if !opening.replace(true) {
                open(&desk, &dossier, &id, (opening.clone(), onopened.clone()));
            }
        }
    };
    let ask = |is: bool| {
        let asks = asks.clone();
        move |_: MouseEvent| asks.set(is)
    };
    let remove = {
        let (asks, step) = (asks.clone(), props.step.clone());
        let (dossier, id) = (props.dossier.clone(), paper.id.clone());
        move |_: MouseEvent| {
            asks.set(false);
            let (desk, step) = (desk.clone(), step.clone());
            let (dossier, id) = (dossier.clone(), id.clone());
            spawn_local(async move {
                match desk.api.remove_document(&dossier, &id).await {
                    Ok(view) => step.emit(Step::Changed(Rc::new(view))),
                    Err(failure) => desk.failed(&failure),
                }
            });
        }
    };
    html! {
        <li class="file" data-testid="document" data-kind={crate::api::wire(paper.kind)}>
            <FileText size={20} />
            <span class="row-text"><strong>{ document(paper.kind) }</strong><span class="quiet">{ facts(paper) }</span>
                if let Some(why) = &paper.rejection_reason { <span class="field-said is-wrong">{ why }</span> }
            </span>
            <Chip {text} {tone} />
            <button type="button" class="icon-button" aria-label={format!("View {}", paper.file_name)} onclick={view}><Eye size={18} /></button>
            if props.may_remove {
                <button type="button" class="icon-button" aria-label={format!("Remove {}", paper.file_name)} aria-expanded={(*asks).to_string()} onclick={ask(!*asks)}><X size={18} /></button>
                if *asks {
                    <div class="ask" role="alertdialog" aria-label="Remove the document?">
                        <p><strong>{ "Remove this document? " }</strong>{ "It is deleted for good." }</p>
                        <Button variant={ButtonVariant::Danger} label="Remove it" onclick={remove} />
                        <Button variant={ButtonVariant::Secondary} label="Keep it" onclick={ask(false)} />
                    </div>
                }
            }
        </li>
    }
}

/// Opens a document in a tab of its own. The server notes who looked.
fn open(
    desk: &Desk,
    dossier: &DossierId,
    document: &DocumentId,
    (busy, onopened): (Rc<Cell<bool>>, Callback<()>),
) {
    let (desk, dossier, document) = (desk.clone(), dossier.clone(), document.clone());
    // Opened at the click: a browser stops what opens later.
    let tab = web_sys::window()
        .and_then(|window| window.open_with_url_and_target("", "_blank").ok().flatten());
    spawn_local(async move {
        match desk.api.read_document(&dossier, &document).await {
            Ok(place) => {
                onopened.emit(());
                let shown = tab.map(|tab| tab.location().set_href(&place.url));
                if !matches!(shown, Some(Ok(()))) {
                    desk.complain(
                        "The browser stopped the new tab. Allow it for this page, then try again.",
                    );
                }
            }
            Err(failure) => {
                if let Some(tab) = tab {
                    let _ = tab.close();
                }
                desk.failed(&failure);
            }
        }
        busy.set(false);
    });
}
