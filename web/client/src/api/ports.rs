//! Ports over HTTP.

use super::fetch::{Request, fetch_blob};
use super::{Api, Failure, new_key, read};
use contract::api::requests::Requests;
use contract::port::OutSaid;
use contract::port::api::{
    ChangeDateTo, LosingPin, PortComment, PortDraft, PortOutPin, RecordPortOut, SignLetter,
    SnapBackNumbers, UploadedLetter,
};
use contract::request::RequestView;
use contract::{DocumentId, E164, RequestId};

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

    /// Hands in the letter that `name` signed on paper.
    pub(crate) async fn hand_in_letter(
        &self,
        port: &RequestId,
        document: DocumentId,
        name: &str,
    ) -> Result<(), Failure> {
        let letter = UploadedLetter {
            document,
            name: name.to_owned(),
        };
        let request = Request::post(&at(port, "/letter")).json(&letter)?;
        self.once(request, &new_key()).await.map(drop)
    }

    /// Lets numbers go back that were ported in error.
    pub(crate) async fn snap_back(
        &self,
        port: &RequestId,
        numbers: Vec<E164>,
    ) -> Result<(), Failure> {
        let request = Request::post(&at(port, "/snapback")).json(&SnapBackNumbers { numbers })?;
        self.once(request, &new_key()).await.map(drop)
    }

    /// Says something about a port that the carrier's people read too.
    pub(crate) async fn tell_carrier(
        &self,
        port: &RequestId,
        text: &str,
    ) -> Result<RequestView, Failure> {
        let request = Request::post(&at(port, "/comments")).json(&PortComment {
            text: text.to_owned(),
            to_carrier: true,
        })?;
        read(self.once(request, &new_key()).await?)
    }

    /// Writes a port-out down; gives a request for each customer. The same key on every attempt to write down the same one.
    pub(crate) async fn record_port_out(
        &self,
        told: &RecordPortOut,
        key: &str,
    ) -> Result<Requests, Failure> {
        read(
            self.once(Request::post("/v1/port-outs").json(told)?, key)
                .await?,
        )
    }

    /// Writes down what the carrier of a port-out says.
    pub(crate) async fn port_out_stands(
        &self,
        port_out: &RequestId,
        said: &OutSaid,
        key: &str,
    ) -> Result<(), Failure> {
        let id = String::from(js_sys::encode_uri_component(port_out.as_str()));
        let request = Request::post(&format!("/v1/port-outs/{id}/standing")).json(said)?;
        self.once(request, key).await.map(drop)
    }

    /// Says that the numbers of a port-out came back.
    pub(crate) async fn came_back(&self, port_out: &RequestId) -> Result<(), Failure> {
        let id = String::from(js_sys::encode_uri_component(port_out.as_str()));
        let request = Request::post(&format!("/v1/port-outs/{id}/snapback"));
        self.once(request, &new_key()).await.map(drop)
    }

    /// The PIN at the losing provider, for who hands the port in.
    pub(crate) async fn losing_pin(&self, port: &RequestId) -> Result<LosingPin, Failure> {
        read(self.authorised(Request::get(&at(port, "/pin"))).await?)
    }

    /// The PIN that another carrier must name to take numbers over.
    pub(crate) async fn port_out_pin(&self) -> Result<PortOutPin, Failure> {
        read(self.authorised(Request::get("/v1/port-outs/pin")).await?)
    }

    /// Sets that PIN, or takes it away.
    pub(crate) async fn set_port_out_pin(&self, pin: Option<String>) -> Result<(), Failure> {
        let request = Request::put("/v1/port-outs/pin").json(&PortOutPin { pin })?;
        self.authorised(request).await.map(drop)
    }
}
