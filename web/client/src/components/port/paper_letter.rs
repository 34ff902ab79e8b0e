//! The letter of authorisation that was signed on paper: a scan of it, handed in for the signature.

use crate::components::dossier::Dropping;
use crate::components::field::TextField;
use crate::hooks::upload::{Label, Model, chosen, send};
use crate::hooks::use_desk;
use crate::state::dossier::files::{Progress, Stage, Upload};
use crate::state::port_draft::name;
use contract::dossier::{DocumentKind, Dossier};
use contract::{DossierId, RequestId};
use std::cell::Cell;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

/// What a scan of a letter has to be.
const PDF: &str = "application/pdf";

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) port: RequestId,
    /// The dossier that the scan is kept in.
    pub(crate) dossier: DossierId,
    /// Who is expected to have signed.
    pub(crate) signer: String,
}

/// Who signs for a dossier, as the letter has it: the authorised person, else whose dossier it is.
pub(crate) fn signer(dossier: &Dossier) -> String {
    let person = dossier.authorised_person.as_ref();
    person.map_or_else(|| name(dossier), |person| person.name.clone())
}

#[component]
pub(crate) fn PaperLetter(props: &Props) -> Html {
    let desk = use_desk();
    let uploads = use_reducer_eq(Model::default);
    let numbered = use_mut_ref(|| 0u32);
    // A letter that is on its way is not handed in twice.
    let busy = use_memo((), |()| Cell::new(false));
    let name = use_state(|| props.signer.clone());
    let onprogress = {
        let dispatch = uploads.dispatcher();
        Callback::from(move |progress: Progress| dispatch.dispatch(progress))
    };
    let onfile = {
        let (desk, port, dossier) = (desk.clone(), props.port.clone(), props.dossier.clone());
        let (name, told) = (name.trim().to_owned(), onprogress.clone());
        Callback::from(move |file: File| {
            *numbered.borrow_mut() += 1;
            let id = *numbered.borrow();
            let chosen = chosen(&file);
            let wrong = refusal(&name, &chosen.media_type);
            told.emit(Progress::Chosen(Upload {
                id,
                chosen,
                stage: wrong.map_or(Stage::Reading, |words| Stage::Refused(words.to_owned())),
            }));
            if wrong.is_some() || busy.replace(true) {
                return;
            }
            let (desk, port, dossier) = (desk.clone(), port.clone(), dossier.clone());
            let (name, told, busy) = (name.clone(), told.clone(), busy.clone());
            spawn_local(async move {
                let label = Label {
                    kind: DocumentKind::LetterOfAuthorisation,
                    issued: None,
                };
                if let Some(brought) = send(&desk, &dossier, &file, &label, id, &told).await
                    && let Err(failure) = desk
                        .api
                        .hand_in_letter(&port, brought.document, &name)
                        .await
                {
                    desk.failed(&failure);
                }
                busy.set(false);
            });
        })
    };
    let oninput = {
        let name = name.clone();
        move |text| name.set(text)
    };
    html! {
        <div class="paper-letter" data-testid="paper-letter">
            <h3>{ "Signed on paper?" }</h3>
            <p class="quiet">{ "Print the letter, have it signed, and hand in a scan: it goes to the losing provider as it is." }</p>
            <TextField id="paper-signer" label="Who signed it" value={(*name).clone()} {oninput} />
            <Dropping uploads={uploads.0.clone()} accept={PDF} hint="A PDF, at most 20 MB" several=false {onfile} {onprogress} />
        </div>
    }
}

/// Why a scan is not taken, before anything of it is sent.
fn refusal(name: &str, media_type: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("Say first who signed it, then choose the file again.")
    } else if media_type != PDF {
        Some("A letter is handed in as a PDF. Choose one.")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_a_pdf_that_somebody_signed() {
        assert_eq!(refusal("Jane Roe", PDF), None);
        assert!(refusal("", PDF).unwrap().contains("who signed"));
        assert!(refusal("Jane Roe", "image/png").unwrap().contains("PDF"));
    }
}
