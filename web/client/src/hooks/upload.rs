//! A file on its way into a dossier: looked at, announced, put straight into the store, and looked at there.

use super::Desk;
use crate::api::{Failure, put_file};
use crate::state::dossier::files::{
    Chosen, HEAD_BYTES, Progress, Stage, Uploads, mistyped, refusal,
};
use contract::api::dossiers::AnnounceDocument;
use contract::dossier::review::DossierView;
use contract::dossier::{Day, DocumentKind};
use contract::{DocumentId, DossierId, dossier::DOCUMENT_BYTES_MAX};
use js_sys::{ArrayBuffer, Uint8Array};
use std::fmt::Write;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;
use yew::{Callback, Reducible};

/// The uploads as Yew keeps them.
#[derive(Default, PartialEq)]
pub(crate) struct Model(pub(crate) Uploads);

impl Reducible for Model {
    type Action = Progress;
    fn reduce(self: Rc<Self>, progress: Progress) -> Rc<Self> {
        Rc::new(Self(self.0.after(progress)))
    }
}

/// What is said of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    /// What it is.
    pub(crate) kind: DocumentKind,
    /// The date on it.
    pub(crate) issued: Option<Day>,
}

/// What a file says of itself.
pub(crate) fn chosen(file: &File) -> Chosen {
    Chosen {
        name: file.name(),
        media_type: file.type_(),
        bytes: file.size(),
    }
}

/// A file that is in a dossier now.
pub(crate) struct Brought {
    /// The dossier with it.
    pub(crate) view: Rc<DossierView>,
    /// Its id there.
    pub(crate) document: DocumentId,
}

/// Brings a file into a dossier.
pub(crate) async fn send(
    desk: &Desk,
    dossier: &DossierId,
    file: &File,
    label: &Label,
    id: u32,
    progress: &Callback<Progress>,
) -> Option<Brought> {
    let refused = |words: String| progress.emit(Progress::At(id, Stage::Refused(words)));
    let chosen = chosen(file);
    if let Some(words) = refusal(&chosen) {
        refused(words);
        return None;
    }
    let Ok(bytes) = read(file).await else {
        refused(format!(
            "\u{201c}{}\u{201d} cannot be read. Choose it again.",
            chosen.name
        ));
        return None;
    };
    if let Some(words) = mistyped(&chosen, &bytes[..bytes.len().min(HEAD_BYTES as usize)]) {
        refused(words);
        return None;
    }
    let Some(sha256) = digest(bytes).await else {
        refused("This browser cannot sign files. Use a current one.".to_owned());
        return None;
    };
    let document = AnnounceDocument {
        kind: label.kind,
        file_name: chosen.name.clone(),
        media_type: chosen.media_type.clone(),
        bytes: chosen.bytes.clamp(0.0, f64::from(DOCUMENT_BYTES_MAX)) as u32,
        sha256,
        issued: label.issued.clone(),
        valid_until: None,
    };
    let brought = async {
        let place = desk.api.announce(dossier, &document).await?;
        let told = progress.clone();
        put_file(&place, file, move |percent| {
            told.emit(Progress::At(id, Stage::Sending(percent)));
        })
        .await?;
        progress.emit(Progress::At(id, Stage::Checking));
        let view = desk.api.uploaded(dossier, &place.document).await?;
        Ok::<_, Failure>((view, place.document))
    };
    match brought.await {
        Ok((view, document)) => {
            progress.emit(Progress::Over(id));
            Some(Brought {
                view: Rc::new(view),
                document,
            })
        }
        Err(failure) => {
            refused(format!(
                "\u{201c}{}\u{201d}: {}",
                chosen.name,
                failure.words()
            ));
            None
        }
    }
}

async fn read(file: &File) -> Result<Vec<u8>, JsValue> {
    let buffer: ArrayBuffer = JsFuture::from(file.array_buffer()).await?.dyn_into()?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// SHA-256 in 64 hexadecimal digits.
async fn digest(bytes: Vec<u8>) -> Option<String> {
    let subtle = web_sys::window()?.crypto().ok()?.subtle();
    let promise = subtle
        .digest_with_str_and_u8_array("SHA-256", &bytes)
        .ok()?;
    let buffer: ArrayBuffer = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    let mut text = String::new();
    for byte in Uint8Array::new(&buffer).to_vec() {
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}
