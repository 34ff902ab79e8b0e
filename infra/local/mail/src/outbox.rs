//! The outbox: a page for people, JSON for programs and tests.

use crate::request::Mail;
use crate::store::{Store, StoreError};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;

/// Most mails of one answer.
const MAX_LISTED: usize = 200;
/// Mails of one answer when nobody says how many.
const LISTED: usize = 50;

/// Which mails.
#[derive(Debug, Deserialize)]
struct Wanted {
    /// Those to this address.
    to: Option<String>,
    /// At most as many (1 to 200; 50).
    limit: Option<usize>,
}

/// `/practice/mail`.
pub(crate) fn router(store: Arc<Store>) -> Router {
    Router::new()
        .route("/practice/mail", get(page))
        .route("/practice/mail/messages", get(list))
        .route("/practice/mail/messages/{id}", get(one))
        .route("/practice/mail/messages/{id}/eml", get(eml))
        .with_state(store)
}

async fn ask<T: Send + 'static>(
    store: Arc<Store>,
    ask: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Response> {
    let answer = tokio::task::spawn_blocking(move || ask(&store)).await;
    let error = match answer {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(error, "the outbox cannot be read");
    Err((
        StatusCode::INTERNAL_SERVER_ERROR,
        "the outbox cannot be read\n",
    )
        .into_response())
}

async fn newest(store: Arc<Store>, wanted: Wanted) -> Result<Vec<Mail>, Response> {
    let limit = wanted.limit.unwrap_or(LISTED).clamp(1, MAX_LISTED);
    ask(store, move |store| {
        store.newest(wanted.to.as_deref(), limit)
    })
    .await
}

async fn list(
    State(store): State<Arc<Store>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Response> {
    let mails = newest(store, wanted).await?;
    Ok(Json(json!({ "messages": mails })).into_response())
}

async fn one(
    State(store): State<Arc<Store>>,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let mail = ask(store, move |store| store.get(&id)).await?;
    Ok(mail.map_or_else(nothing, |mail| Json(mail).into_response()))
}

async fn eml(
    State(store): State<Arc<Store>>,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let eml = ask(store, move |store| store.eml(&id)).await?;
    let kind = [(header::CONTENT_TYPE, "message/rfc822")];
    Ok(eml.map_or_else(nothing, |eml| (kind, eml).into_response()))
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "there is no such mail\n").into_response()
}

async fn page(
    State(store): State<Arc<Store>>,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Response> {
    Ok(Html(shown(&newest(store, wanted).await?)))
}

/// The page: each mail's text, with links that can be followed. Its HTML is not shown, so that nothing in it runs here.
fn shown(mails: &[Mail]) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Outbox</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}\
         pre{white-space:pre-wrap;font:inherit}article{border-top:1px solid #8888;padding:1rem 0}dt{color:#666}</style>\
         <h1>Outbox</h1><p>Mails that this platform sent. None has left this machine.</p>",
    );
    if mails.is_empty() {
        page.push_str("<p>No mails yet.</p>");
    }
    for mail in mails {
        let _ = write!(
            page,
            "<article><h2>{}</h2><p>To {} · from {} · <time>{}</time> · <a href=\"/practice/mail/messages/{}/eml\">as a file</a></p><pre>{}</pre></article>",
            escaped(&mail.subject),
            escaped(&mail.to.join(", ")),
            escaped(&mail.from),
            escaped(&mail.at),
            escaped(&mail.id),
            linked(mail.text.as_deref().unwrap_or("(no text)")),
        );
    }
    page.push_str("</html>");
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Text in which addresses of pages are links.
fn linked(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let rest = &word[bare.len()..];
        if bare.starts_with("http://") || bare.starts_with("https://") {
            let url = escaped(bare);
            let _ = write!(shown, "<a href=\"{url}\">{url}</a>");
        } else {
            shown.push_str(&escaped(bare));
        }
        shown.push_str(rest);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_can_be_followed_and_nothing_in_a_mail_is_markup() {
        let shown = linked("Go to\nhttps://a.test/x?a=1&b=2 <script>");
        assert_eq!(
            shown,
            "Go to\n<a href=\"https://a.test/x?a=1&amp;b=2\">https://a.test/x?a=1&amp;b=2</a> &lt;script&gt;"
        );
    }
}
