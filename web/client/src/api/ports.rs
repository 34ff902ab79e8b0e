//! Ports over HTTP.

use super::fetch::{Request, fetch_blob};
use super::{Api, Failure, new_key, read};
use contract::RequestId;
use contract::port::api::{ChangeDateTo, PortDraft, SignLetter};
use contract::request::RequestView;

fn at(port: &RequestId, what: &str) -> String {
    format!(
        "/v1/ports/{}{what}",
        js_sys::encode_uri_component(port.as_str())
    )
}

impl Api {
    /// Begins a port. The same key on every attempt to begin the same one.
    pub(crate) async fn begin_port(
        &self,
        draft: &PortDraft,
        key: &str,
    ) -> Result<RequestView, Failure> {
        read(
            self.once(Request::post("/v1/ports").json(draft)?, key)
                .await?,
        )
    }

    /// Writes on a port.
    pub(crate) async fn write_port(
        &self,
        port: &RequestId,
        draft: &PortDraft,
    ) -> Result<RequestView, Failure> {
        read(
            self.authorised(Request::patch(&at(port, "")).json(draft)?)
                .await?,
        )
    }

    /// Hands a port in.
    pub(crate) async fn submit_port(&self, port: &RequestId) -> Result<(), Failure> {
        let request = Request::post(&at(port, "/submit"));
        self.once(request, &new_key()).await.map(drop)
    }

    /// Signs the letter that was shown.
    pub(crate) async fn sign_port(
        &self,
        port: &RequestId,
        letter: &SignLetter,
    ) -> Result<(), Failure> {
        let request = Request::post(&at(port, "/sign")).json(letter)?;
        self.once(request, &new_key()).await.map(drop)
    }

    /// Asks for another date.
    pub(crate) async fn change_port_date(
        &self,
        port: &RequestId,
        foc: &str,
    ) -> Result<(), Failure> {
        let request = Request::post(&at(port, "/change-date")).json(&ChangeDateTo {
            foc: foc.to_owned(),
        })?;
        self.once(request, &new_key()).await.map(drop)
    }

    /// The letter of authorisation as a PDF: the address of a blob of this page.
    pub(crate) async fn letter_of(&self, port: &RequestId) -> Result<String, Failure> {
        let bearer = self.token().await?;
        fetch_blob(&Request::get(&at(port, "/letter.pdf")).bearer(&bearer)).await
    }
}
