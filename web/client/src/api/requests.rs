//! Requests and tasks.

use super::fetch::Request;
use super::{Api, Failure, new_key, read};
use contract::api::calendars::Calendars;
use contract::api::requests::{Comment, DoTask, RequestExecution, Requests, Task, Tasks};
use contract::request::{Kind, RequestView};
use contract::{RequestId, TaskId};
use serde_json::Value;

/// The longest page of requests and of tasks.
const PAGE: u32 = 100;

fn page(path: &str, next: Option<&str>) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    let next = next.map_or_else(String::new, |next| {
        format!("&next={}", js_sys::encode_uri_component(next))
    });
    format!("{path}{joint}limit={PAGE}{next}")
}

/// A part of a path: an id of the server's, which may come from the address bar.
fn part(id: &str) -> String {
    String::from(js_sys::encode_uri_component(id))
}

impl Api {
    /// A page of the requests that run, or of those that have ended; of every kind, or of one.
    pub(crate) async fn requests(
        &self,
        live: bool,
        kind: Option<Kind>,
        next: Option<&str>,
    ) -> Result<Requests, Failure> {
        let kind = kind.map_or_else(String::new, |kind| format!("&kind={}", kind.as_str()));
        let path = page(&format!("/v1/requests?live={live}{kind}"), next);
        read(self.authorised(Request::get(&path)).await?)
    }

    /// A page of what waits for the one who asks.
    pub(crate) async fn tasks(&self, next: Option<&str>) -> Result<Tasks, Failure> {
        read(
            self.authorised(Request::get(&page("/v1/tasks", next)))
                .await?,
        )
    }

    /// Countries' working calendars, and how fast days pass.
    pub(crate) async fn calendars(&self) -> Result<Calendars, Failure> {
        read(self.authorised(Request::get("/v1/calendars")).await?)
    }

    /// One request.
    pub(crate) async fn request(&self, id: &RequestId) -> Result<RequestView, Failure> {
        let path = format!("/v1/requests/{}", part(id.as_str()));
        read(self.authorised(Request::get(&path)).await?)
    }

    /// The definition and the history of a request.
    pub(crate) async fn request_execution(
        &self,
        id: &RequestId,
    ) -> Result<RequestExecution, Failure> {
        let path = format!("/v1/requests/{}/execution", part(id.as_str()));
        read(self.authorised(Request::get(&path)).await?)
    }

    /// Takes a request back.
    pub(crate) async fn cancel_request(&self, id: &RequestId) -> Result<(), Failure> {
        let path = format!("/v1/requests/{}/cancel", part(id.as_str()));
        self.once(Request::post(&path), &new_key()).await.map(drop)
    }

    /// Lets a request whose workflow failed go on from there.
    pub(crate) async fn redrive_request(&self, id: &RequestId) -> Result<(), Failure> {
        let path = format!("/v1/requests/{}/redrive", part(id.as_str()));
        self.once(Request::post(&path), &new_key()).await.map(drop)
    }

    /// Says something about a request.
    pub(crate) async fn comment(&self, id: &RequestId, text: &str) -> Result<RequestView, Failure> {
        let path = format!("/v1/requests/{}/comments", part(id.as_str()));
        let body = Comment {
            text: text.to_owned(),
        };
        read(self.authorised(Request::post(&path).json(&body)?).await?)
    }

    /// A task with its form.
    pub(crate) async fn task(&self, id: &TaskId) -> Result<Task, Failure> {
        let path = format!("/v1/tasks/{}", part(id.as_str()));
        read(self.authorised(Request::get(&path)).await?)
    }

    /// Does a task. The first answer counts, so that a second attempt does nothing more.
    pub(crate) async fn do_task(&self, id: &TaskId, answer: Value) -> Result<(), Failure> {
        let path = format!("/v1/tasks/{}", part(id.as_str()));
        let request = Request::post(&path).json(&DoTask { answer })?;
        self.once(request, &new_key()).await.map(drop)
    }
}
