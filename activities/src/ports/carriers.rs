//! Where numbers come from: one port over every carrier, by what is needed of one.
use super::Unavailable;
use crate::carriers::telnyx::notice::NotBelieved;
use contract::dossier::{Address, NumberType};
use contract::{CarrierId, E164};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::future::Future;
use thiserror::Error;

/// Most numbers of one search.
pub const MAX_FOUND: u16 = 100;
/// Most numbers of one order.
pub const MAX_ORDERED: usize = 50;

/// Why a carrier did not do what it was asked.
#[derive(Debug, Error)]
pub enum CarrierError {
    /// It refuses; nothing was done, and asking again the same gives the same.
    #[error("the carrier refuses: {0}")]
    Refused(Refusal),
    /// It does not know what was named.
    #[error("the carrier does not know it: {0}")]
    NotFound(Refusal),
    /// It takes no more for now; nothing was done.
    #[error("the carrier takes no more requests for {retry_after_s} s")]
    Busy {
        /// When to ask again, in whole seconds.
        retry_after_s: u64,
    },
    /// It did not answer, or not in a way that says whether it was done. Of something that only asks: ask again.
    #[error("it is not known whether the carrier has done it")]
    Unknown(#[source] Unavailable),
}

/// A refusal in the carrier's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Each reason; at least one, at most [`MAX_REASONS`].
    pub reasons: Vec<Reason>,
}

/// Most reasons of a refusal that are kept.
pub const MAX_REASONS: usize = 20;

/// One reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The carrier's code, such as `10015`.
    pub code: String,
    /// What kind of error it is.
    pub title: String,
    /// What is wrong with this request.
    pub detail: String,
    /// The field: a JSON pointer into the body or a parameter's name.
    pub source: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, reason) in self.reasons.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            let words = if reason.detail.is_empty() {
                &reason.title
            } else {
                &reason.detail
            };
            write!(f, "{words} ({}", reason.code)?;
            if let Some(source) = &reason.source {
                write!(f, ", {source}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// A country in which a carrier sells numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Which types of number it sells there.
    pub number_types: Vec<NumberType>,
}

/// Whether a carrier knows where help is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It has the address.
    Taken,
    /// It takes none for this number; why, for a person.
    NotTaken(String),
}

/// Whether a number is in our account at a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It is, and nothing uses it.
    Free,
    /// It cannot be taken in; why, for a person.
    Not(String),
}

/// Where in a number the wanted digits are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Anywhere in the national number.
    Contains(String),
    /// At its beginning.
    StartsWith(String),
    /// At its end.
    EndsWith(String),
}

/// What kind of number is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its type.
    pub number_type: NumberType,
    /// The area: the code it begins with in its country (`44`), or the name of a place.
    pub area: Option<String>,
    /// The digits it is to have.
    pub pattern: Option<Pattern>,
    /// At most so many, 1 to [`MAX_FOUND`].
    pub limit: u16,
}

/// A price, in the carrier's words: decimal numbers of the currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Once.
    pub upfront: Option<String>,
    /// Each month.
    pub monthly: Option<String>,
    /// Each minute of a call to the number.
    pub per_minute: Option<String>,
    /// ISO 4217.
    pub currency: String,
}

/// A number that can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Available {
    /// The number.
    pub number: E164,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its type.
    pub number_type: NumberType,
    /// Its place, as the carrier names it.
    pub area: Option<String>,
    /// What it can do, as the carrier names it, such as `voice`.
    pub features: Vec<String>,
    /// What it costs, if the carrier says so here.
    pub price: Option<Price>,
}

/// Numbers that nobody else can order for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The carrier's id.
    pub id: String,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// The request's id: the carrier shows it with the order (customer reference), so that it can be looked up.
    pub key: String,
    /// The numbers, 1 to [`MAX_ORDERED`].
    pub numbers: Vec<E164>,
    /// When the request was made: no older order is taken for it.
    pub since: Timestamp,
}

/// Where an ordered number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    /// The carrier works on it.
    Pending,
    /// The carrier asks for what is in `needs`.
    NeedsInfo,
    /// The carrier looks at what it was given.
    InReview,
    /// The carrier declined what is in `needs`.
    Declined,
    /// It is the customer's.
    Active,
    /// The customer will not have it.
    Failed,
}

/// Of what form the answer to a need is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeedForm {
    /// A text.
    Text,
    /// An uploaded document's id.
    Document,
    /// An address's id.
    Address,
    /// Something that somebody does.
    Action,
}

/// Something that the carrier asks for before a number is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The carrier's id of it.
    pub id: String,
    /// Of what form the answer is.
    pub form: NeedForm,
    /// Whether an answer was declined.
    pub declined: bool,
}

/// A number of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// The number.
    pub number: E164,
    /// Where it is.
    pub status: LineStatus,
    /// What is still asked for.
    pub needs: Vec<Need>,
}

/// An order as the carrier sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The carrier's id.
    pub id: String,
    /// Each number.
    pub lines: Vec<OrderLine>,
}

impl Order {
    /// Whether every number is had or failed.
    pub fn is_settled(&self) -> bool {
        self.lines.iter().all(|line| match line.status {
            LineStatus::Active | LineStatus::Failed => true,
            LineStatus::Pending
            | LineStatus::NeedsInfo
            | LineStatus::InReview
            | LineStatus::Declined => false,
        })
    }
}

/// A document for a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The request and the document: the carrier shows it with the document.
    pub key: String,
    /// File name.
    pub file_name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One place that numbers come from.
pub trait Carrier: Send + Sync {
    /// Where it sells what.
    fn offers(&self) -> impl Future<Output = Result<Vec<Offer>, CarrierError>> + Send;

    /// How its numbers of a country (ISO 3166-1 alpha-2) are had where they cannot be ordered by its interface, for a person; `None`
    /// where they can. Whether it has numbers there at all is said by [`Carrier::offers`].
    fn by_case(&self, country: &str) -> Option<String>;

    /// Whether a number is in our account there and leads nowhere yet, so that it can be taken in.
    fn held(&self, number: &E164) -> impl Future<Output = Result<Held, CarrierError>> + Send;

    /// Numbers that can be had.
    fn search(
        &self,
        search: &Search,
    ) -> impl Future<Output = Result<Vec<Available>, CarrierError>> + Send;

    /// Keeps numbers from others for a while; `None` if this carrier does not do that.
    fn reserve(
        &self,
        order: &NewOrder,
    ) -> impl Future<Output = Result<Option<Reservation>, CarrierError>> + Send;

    /// Orders numbers. After [`CarrierError::Unknown`] it is looked up with [`Carrier::find_order`] before anything else.
    fn order(&self, order: &NewOrder) -> impl Future<Output = Result<Order, CarrierError>> + Send;

    /// The order that was made under this key, if it was.
    fn find_order(
        &self,
        order: &NewOrder,
    ) -> impl Future<Output = Result<Option<Order>, CarrierError>> + Send;

    /// An order by the carrier's id.
    fn order_state(&self, id: &str) -> impl Future<Output = Result<Order, CarrierError>> + Send;

    /// Gives the carrier a document; its id there.
    fn upload(
        &self,
        document: &Upload,
    ) -> impl Future<Output = Result<String, CarrierError>> + Send;

    /// What a need is called, in the carrier's words; `None` where it does not say.
    fn name_of_need(
        &self,
        need: &str,
    ) -> impl Future<Output = Result<Option<String>, CarrierError>> + Send;

    /// Answers needs of an order: each need's id with a text or a document's id.
    fn answer(
        &self,
        order: &str,
        answers: &[(String, String)],
    ) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Takes back what of an order is not there yet. Done again it changes nothing.
    fn cancel_order(&self, id: &str) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Leads calls to a number of ours to this platform. Done again it changes nothing.
    fn lead_here(&self, number: &E164) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Leads calls to a number here no more, and keeps the number. Done again it changes nothing.
    fn lead_no_more(&self, number: &E164) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Tells where help is sent for a number of ours, and who is there. Done again it changes nothing.
    fn tell_emergency(
        &self,
        number: &E164,
        address: &Address,
        who: &str,
    ) -> impl Future<Output = Result<Told, CarrierError>> + Send;

    /// Gives a number back. One that is not the customer's any more counts as given back.
    fn release(&self, number: &E164) -> impl Future<Output = Result<(), CarrierError>> + Send;
}

/// The carriers that this deployment has.
pub trait Carriers: Send + Sync {
    /// A carrier of any kind.
    type Any: Carrier;

    /// Their ids, in the order in which they are asked.
    fn carrier_ids(&self) -> Vec<CarrierId>;

    /// The carrier with this id.
    fn carrier(&self, id: &CarrierId) -> Option<&Self::Any>;
}

/// Whether a notice is a carrier's.
pub trait CarrierNotices: Send + Sync {
    /// Checks that one of our accounts at Telnyx signed this body just now; both texts are the headers' values.
    ///
    /// # Errors
    /// [`NotBelieved`].
    fn check_telnyx_notice(
        &self,
        timestamp: Option<&str>,
        signature: Option<&str>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), NotBelieved>;
}
