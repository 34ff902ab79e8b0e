//! The letter of authorisation: shown as it will be sent, and signed.

use super::paper_letter::{PaperLetter, signer};
use super::sign_pad::SignPad;
use crate::hooks::use_desk;
use crate::state::signature::{Pen, Signature};
use contract::RequestId;
use contract::dossier::Dossier;
use contract::port::LetterView;
use contract::port::api::SignLetter;
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
    /// Whether it waits to be signed by the one who looks.
    pub(crate) may_sign: bool,
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
    html! {
        <section class="card pad letter" aria-label="Letter of authorisation" data-testid="letter">
            <h2>{ "Letter of authorisation" }</h2>
            { match &*address {
                None => html! { <p class="quiet" role="status">{ "Opening the letter" }</p> },
                Some(Err(words)) => html! { <p class="form-refused" role="alert">{ words }</p> },
                Some(Ok(address)) => html! {
                    <>
                        <iframe class="letter-page" src={address.clone()} title="Letter of authorisation" />
                        <a class="pf-v6-c-button pf-m-link" href={address.clone()} target="_blank" rel="noopener"><FileText size={16} />{ "Open the letter" }</a>
                    </>
                },
            } }
            if let Some(signed) = &props.letter.signed {
                <p>{ "Signed by " }<strong>{ &signed.name }</strong></p>
            } else if props.may_sign {
                <Sign port={props.port.clone()} document={props.letter.document.clone()} />
                if let Some(dossier) = &props.dossier {
                    <PaperLetter port={props.port.clone()} dossier={dossier.id.clone()} signer={signer(dossier)} />
                }
            } else {
                <p class="quiet">{ "Not signed yet." }</p>
            }
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct SignProps {
    port: RequestId,
    document: String,
}

#[component]
fn Sign(props: &SignProps) -> Html {
    let desk = use_desk();
    let sheet = use_reducer(|| Sheet(Signature::default()));
    let name = use_state(|| {
        desk.store
            .me()
            .map_or_else(String::new, |me| me.name.clone())
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
                <input id="signer" class="control" autocomplete="name" maxlength="200" value={(*name).clone()} {oninput} /></div>
            <div class="form-field"><span>{ "Sign here with a finger, a pen or the mouse" }</span><SignPad sheet={sheet.0.clone()} {onpen} /></div>
            if let Some(words) = &*refused { <p class="form-refused" role="alert">{ words }</p> }
            <div class="actions"><Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} label="Sign the letter" disabled={!ready} /></div>
        </form>
    }
}
