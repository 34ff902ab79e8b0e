//! The letter of authorisation: shown as it will be sent, and signed.

use super::paper_letter::{PaperLetter, signer};
use super::sign_pad::SignPad;
use crate::hooks::{Desk, use_desk};
use crate::state::signature::{Pen, Signature};
use contract::dossier::Dossier;
use contract::port::LetterView;
use contract::port::api::SignLetter;
use contract::{DocumentId, DossierId, RequestId};
use lucide_yew::FileText;
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) port: RequestId,
    pub(crate) letter: LetterView,
    /// The dossier that a letter signed on paper goes into.
    pub(crate) dossier: Option<Dossier>,
    /// Whether it waits to be signed.
    pub(crate) is_open: bool,
    /// Whether the one who looks signs for the customer: the phone company's people hand in what the customer has signed on paper.
    pub(crate) may_sign: bool,
}

/// The scan of a letter that was signed on paper, and the dossier that it is a document of.
fn scan(props: &Props) -> Option<(DossierId, DocumentId)> {
    let signed = props.letter.signed.as_ref()?;
    Some((props.dossier.as_ref()?.id.clone(), signed.upload.clone()?))
}

struct Sheet(Signature);

impl Reducible for Sheet {
    type Action = Pen;
    fn reduce(self: Rc<Self>, pen: Pen) -> Rc<Self> {
        Rc::new(Self(self.0.after(pen)))
    }
}

#[component]
pub(crate) fn Letter(props: &Props) -> Html {
    html! {
        <section class="card pad letter" aria-label="Letter of authorisation" data-testid="letter">
            <h2>{ "Letter of authorisation" }</h2>
            if let Some((dossier, document)) = scan(props) {
                <Scan {dossier} {document} />
            } else {
                <Sheets port={props.port.clone()} letter={props.letter.clone()} />
            }
            if let Some(signed) = &props.letter.signed {
                <p>{ "Signed by " }<strong>{ &signed.name }</strong></p>
            } else if props.is_open && let Some(dossier) = &props.dossier {
                if props.may_sign {
                    <Sign port={props.port.clone()} document={props.letter.document.clone()} signer={signer(dossier)} />
                }
                <PaperLetter port={props.port.clone()} dossier={dossier.id.clone()} signer={signer(dossier)} />
            } else {
                <p class="quiet">{ "Not signed yet." }</p>
            }
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct ScanProps {
    dossier: DossierId,
    document: DocumentId,
}

/// A letter that was signed on paper: a document, which opens at a click. The server notes who looked.
#[component]
fn Scan(props: &ScanProps) -> Html {
    let desk = use_desk();
    let onclick = {
        let (dossier, document) = (props.dossier.clone(), props.document.clone());
        move |_| open(&desk, &dossier, &document)
    };
    html! {
        <div class="actions"><Button variant={ButtonVariant::Link} label="Open the signed letter" icon={html! { <FileText size={16} /> }} {onclick} /></div>
    }
}

fn open(desk: &Desk, dossier: &DossierId, document: &DocumentId) {
    let (desk, dossier, document) = (desk.clone(), dossier.clone(), document.clone());
    spawn_local(async move {
        match desk.api.read_document(&dossier, &document).await {
            // The address is good for a minute: it is asked for at the click.
            Ok(from) => {
                if let Some(window) = web_sys::window() {
                    let _ = window
                        .open_with_url_and_target_and_features(&from.url, "_blank", "noopener");
                }
            }
            Err(failure) => desk.failed(&failure),
        }
    });
}

#[derive(PartialEq, Properties)]
struct SheetsProps {
    port: RequestId,
    letter: LetterView,
}

/// The letter as it is written here, as it will be sent.
#[component]
fn Sheets(props: &SheetsProps) -> Html {
    let desk = use_desk();
    let address = use_state(|| None::<Result<String, String>>);
    {
        // The letter changes when the port is written on or signed.
        let (desk, setter) = (desk.clone(), address.setter());
        let parts = (
            props.port.clone(),
            props.letter.document.clone(),
            props.letter.signed.is_some(),
        );
        use_effect_with(parts, move |(port, ..)| {
            let port = port.clone();
            spawn_local(async move {
                setter.set(Some(
                    desk.api
                        .letter_of(&port)
                        .await
                        .map_err(|failure| failure.words()),
                ));
            });
        });
    }
    match &*address {
        None => html! { <p class="quiet" role="status">{ "Opening the letter" }</p> },
        Some(Err(words)) => html! { <p class="form-refused" role="alert">{ words }</p> },
        Some(Ok(address)) => html! {
            <>
                <iframe class="letter-page" src={address.clone()} title="Letter of authorisation" />
                <a class="pf-v6-c-button pf-m-link" href={address.clone()} target="_blank" rel="noopener"><FileText size={16} />{ "Open the letter" }</a>
            </>
        },
    }
}

#[derive(PartialEq, Properties)]
struct SignProps {
    port: RequestId,
    document: String,
    /// Whom the letter names.
    signer: String,
}

#[component]
fn Sign(props: &SignProps) -> Html {
    let desk = use_desk();
    let sheet = use_reducer(|| Sheet(Signature::default()));
    let name = use_state(|| {
        // Whoever signs for another has to say so.
        let own = desk.store.me().map(|me| me.name.clone());
        own.filter(|own| own.trim() == props.signer.trim())
            .unwrap_or_default()
    });
    let refused = use_state(|| None::<String>);
    let sending = use_state(|| false);
    let onpen = {
        let dispatch = sheet.dispatcher();
        Callback::from(move |pen| dispatch.dispatch(pen))
    };
    let oninput = {
        let name = name.clone();
        move |event: InputEvent| name.set(event.target_unchecked_into::<HtmlInputElement>().value())
    };
    // Whether it is the name that the letter has, accents and all, is the server's to say: the tables for that are heavy.
    let ready = sheet.0.is_one() && !name.trim().is_empty() && !*sending;
    let onsubmit = {
        let (refused, sending, port) = (refused.clone(), sending.clone(), props.port.clone());
        let letter = SignLetter {
            strokes: sheet.0.strokes().to_vec(),
            name: name.trim().to_owned(),
            document: props.document.clone(),
        };
        move |event: SubmitEvent| {
            event.prevent_default();
            let (desk, letter, refused) = (desk.clone(), letter.clone(), refused.clone());
            let (sending, port) = (sending.clone(), port.clone());
            sending.set(true);
            spawn_local(async move {
                let signed = desk.api.sign_port(&port, &letter).await;
                refused.set(signed.err().map(|failure| failure.words()));
                sending.set(false);
            });
        }
    };
    html! {
        <form class="form" {onsubmit} data-testid="sign">
            <div class="form-field"><label for="signer">{ "Name of who signs" }</label>
                <input id="signer" class="control" autocomplete="name" maxlength="200" aria-describedby="signer-help" value={(*name).clone()} {oninput} />
                <p id="signer-help" class="quiet">{ format!("{}, whom the letter names: nobody else signs it.", props.signer) }</p></div>
            <div class="form-field"><span>{ "Sign here with a finger, a pen or the mouse" }</span><SignPad sheet={sheet.0.clone()} {onpen} /></div>
            if let Some(words) = &*refused { <p class="form-refused" role="alert">{ words }</p> }
            <div class="actions"><Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} label="Sign the letter" disabled={!ready} /></div>
        </form>
    }
}
