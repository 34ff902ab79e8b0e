//! A file put straight into the store of documents, with its progress: `fetch` cannot tell that, `XMLHttpRequest` can.

use super::Failure;
use crate::state::dossier::files::percent;
use contract::api::dossiers::UploadTo;
use futures_channel::oneshot;
use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

/// How long an upload may take, in milliseconds.
const TIMEOUT_MS: u32 = 600_000;

/// Puts a file where the server said; `told` hears of each percent.
pub(crate) async fn put_file(
    place: &UploadTo,
    file: &File,
    told: impl Fn(u8) + 'static,
) -> Result<(), Failure> {
    let request = XmlHttpRequest::new().map_err(|_| Failure::Offline)?;
    request
        .open("PUT", &place.url)
        .map_err(|_| Failure::NotUnderstood)?;
    for (name, value) in &place.headers {
        // The length is the browser's to say.
        if !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("host") {
            request
                .set_request_header(name, value)
                .map_err(|_| Failure::NotUnderstood)?;
        }
    }
    request.set_timeout(TIMEOUT_MS);
    let (done, over) = oneshot::channel::<()>();
    let ends = EventListener::once(&request, "loadend", move |_| {
        let _ = done.send(());
    });
    let upload = request.upload().map_err(|_| Failure::Offline)?;
    let moves = EventListener::new(&upload, "progress", move |event| {
        if let Some(event) = event.dyn_ref::<ProgressEvent>() {
            told(percent(event.loaded(), event.total()));
        }
    });
    request
        .send_with_opt_blob(Some(file))
        .map_err(|_| Failure::Offline)?;
    let _ = over.await;
    drop((ends, moves));
    match request.status().unwrap_or(0) {
        200..=299 => Ok(()),
        0 => Err(Failure::Offline),
        status => Err(Failure::Problem {
            status,
            error: "Document.NotStored".to_owned(),
            message: "the store did not take the file: choose it again".to_owned(),
            field: None,
        }),
    }
}
