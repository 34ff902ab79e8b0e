//! Porting, by what is needed of a carrier: numbers that come from another one, and numbers that another one asks for.
use super::Unavailable;
use super::carriers::{CarrierError, Need, Offer, Upload};
use crate::call::route::DryRun;
use contract::routing::Target;
use contract::{CarrierId, DocumentId, E164, RequestId, TenantId};
use jiff::Timestamp;
use std::future::Future;

/// Most numbers of one order that a carrier is asked for.
pub const MAX_NUMBERS: usize = 2_000;
/// Most port-outs that are listed at once.
pub const MAX_PORT_OUTS: usize = 250;

/// Whether a number can be brought to a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portable {
    /// The number.
    pub number: E164,
    /// Whether it can.
    pub portable: bool,
    /// Why not, in the carrier's words.
    pub why: Option<String>,
}

/// Where an order stands at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarrierStatus {
    /// Not submitted.
    Draft,
    /// The carrier looks at it.
    InReview,
    /// The donor looks at it.
    AtDonor,
    /// It was refused; see [`CarrierPort::codes`].
    Refused,
    /// The donor agreed to a date.
    DateConfirmed,
    /// Every number has settled.
    Ported,
    /// The carrier looks at the wish to end it.
    CancelPending,
    /// It ended without its numbers.
    Cancelled,
}

/// Where a number of an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing has begun.
    NotYet,
    /// It is being switched over.
    UnderWay,
    /// The losing side contests it.
    Conflict,
    /// It is here.
    Active,
    /// It did not come.
    Failed,
}

/// An order as the carrier sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierPort {
    /// The carrier's id.
    pub id: String,
    /// The losing carrier, if ours tells.
    pub donor: Option<String>,
    /// Where it stands.
    pub status: CarrierStatus,
    /// When it changed last, if the carrier tells.
    pub changed: Option<Timestamp>,
    /// Why it was refused, in the carrier's codes.
    pub codes: Vec<String>,
    /// Numbers of the order that a reason names, by its code.
    pub named: Vec<(String, E164)>,
    /// The agreed date.
    pub foc: Option<Timestamp>,
    /// Whether we start the cut-over.
    pub on_demand: bool,
    /// Each number.
    pub lines: Vec<(E164, Activation)>,
    /// What the carrier asks for beside letter and invoice.
    pub needs: Vec<PortNeed>,
}

/// What somebody of the carrier's said about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierComment {
    /// The carrier's id of it.
    pub id: String,
    /// What was said.
    pub text: String,
}

/// Something that the carrier asks for with an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortNeed {
    /// Its id and form.
    pub need: Need,
    /// Its name, as the carrier writes it.
    pub name: String,
}

/// Numbers that are to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPort {
    /// The request's id: the carrier shows it with the order, so that it can be looked up.
    pub key: String,
    /// The numbers, 1 to [`MAX_NUMBERS`].
    pub numbers: Vec<E164>,
}

/// What an order says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortFill {
    /// The name on the losing account.
    pub entity_name: String,
    /// Who signed.
    pub signer: String,
    /// The account.
    pub account_number: String,
    /// The number that it is billed under.
    pub billing_number: Option<E164>,
    /// The PIN or passcode.
    pub pin: Option<String>,
    /// Street and number.
    pub street: String,
    /// Flat, floor, building.
    pub extended: Option<String>,
    /// Town.
    pub city: String,
    /// Canton, state or province.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Whether all of the account's numbers come.
    pub is_full: bool,
    /// Whether the others stay in service, if not all come.
    pub keeps_others: bool,
    /// What the others are billed under from then on.
    pub new_billing_number: Option<E164>,
    /// The wished date.
    pub foc: Option<Timestamp>,
    /// The carrier's id of the letter of authorisation.
    pub letter: Option<String>,
    /// The carrier's id of the invoice.
    pub invoice: Option<String>,
    /// Answers to what it asks for: each need's id with a text or a document's id.
    pub answers: Vec<(String, String)>,
}

/// Where a port-out stands at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutStatus {
    /// It waits for our answer.
    Pending,
    /// We agreed.
    Authorised,
    /// The numbers are gone.
    Ported,
    /// The carrier looks at our rejection.
    RejectedPending,
    /// It will not happen.
    Rejected,
    /// The gaining carrier took it back.
    Cancelled,
}

/// A port-out as the carrier sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierPortOut {
    /// The carrier's id.
    pub id: String,
    /// Where it stands.
    pub status: OutStatus,
    /// The numbers.
    pub numbers: Vec<E164>,
    /// The gaining carrier.
    pub gaining: String,
    /// The PIN that was named, where the carrier tells it.
    pub pin: Option<String>,
    /// Who authorised it there.
    pub authorised_by: Option<String>,
    /// The customer's name there.
    pub end_user: Option<String>,
    /// The number of the account that the numbers are to leave, where the carrier tells it.
    pub account: Option<String>,
    /// The date asked for.
    pub requested_foc: Option<Timestamp>,
    /// The date.
    pub foc: Option<Timestamp>,
    /// Since when the carrier has it.
    pub since: Option<Timestamp>,
}

/// Why a port-out is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutRefusal {
    /// The PIN is wrong or missing.
    WrongPin,
    /// A number is not the customer's.
    WrongAccount,
    /// The name is not the customer's.
    WrongName,
}

/// One carrier, as far as ports go.
pub trait Porting: Send + Sync {
    /// Whether people do by hand what its interface does not do.
    fn by_hand(&self) -> bool;

    /// Whose refusal codes it uses, as `infra/world/porting/rejections.json` names them.
    fn scheme(&self) -> &'static str;

    /// Its name, as a letter of authorisation says it.
    fn legal_name(&self) -> String;

    /// Where numbers can come to it, of one that is not asked of each number by [`Porting::portability`]; none where it is.
    fn takes(&self) -> impl Future<Output = Result<Option<Vec<Offer>>, CarrierError>> + Send;

    /// Whether numbers can come.
    fn portability(
        &self,
        numbers: &[E164],
    ) -> impl Future<Output = Result<Vec<Portable>, CarrierError>> + Send;

    /// The orders that were made under this key and have not ended; makes none.
    fn find_ports(
        &self,
        key: &str,
    ) -> impl Future<Output = Result<Vec<CarrierPort>, CarrierError>> + Send;

    /// The key that an order was made under; `None` if it has none.
    fn key_of_port(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<String>, CarrierError>> + Send;

    /// The orders that were made under this key; makes them if there are none. A carrier may make several of one wish: an order is
    /// of one losing carrier.
    fn open_ports(
        &self,
        port: &NewPort,
    ) -> impl Future<Output = Result<Vec<CarrierPort>, CarrierError>> + Send;

    /// Puts an order under another key.
    fn rename_port(
        &self,
        id: &str,
        key: &str,
    ) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// An order by the carrier's id.
    fn port_state(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<CarrierPort, CarrierError>> + Send;

    /// Gives the carrier a document; its id there.
    fn give(&self, paper: &Upload) -> impl Future<Output = Result<String, CarrierError>> + Send;

    /// Writes what an order says; again it changes nothing.
    fn fill_port(
        &self,
        id: &str,
        fill: &PortFill,
    ) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Submits an order, new or corrected.
    fn submit_port(&self, id: &str) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Asks to cancel an order.
    fn cancel_port(&self, id: &str) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Starts the cut-over, where that is left to us.
    fn activate_port(&self, id: &str) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Why the carrier would not lead these numbers to us when they are there, by what it has written down now; empty if it would. `id` is
    /// its order, where it has one.
    fn not_led(
        &self,
        id: Option<&str>,
        numbers: &[E164],
    ) -> impl Future<Output = Result<Vec<String>, CarrierError>> + Send;

    /// Asks for another date.
    fn ask_date(
        &self,
        id: &str,
        foc: Timestamp,
    ) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Says something to the carrier's people.
    fn comment_port(
        &self,
        id: &str,
        text: &str,
    ) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// What the carrier's people said about an order, oldest first.
    fn comments(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Vec<CarrierComment>, CarrierError>> + Send;

    /// The port-outs that are not over, at most [`MAX_PORT_OUTS`].
    fn open_port_outs(
        &self,
    ) -> impl Future<Output = Result<Vec<CarrierPortOut>, CarrierError>> + Send;

    /// A port-out by the carrier's id.
    fn port_out(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<CarrierPortOut, CarrierError>> + Send;

    /// Answers a port-out: agrees, or refuses with a reason.
    fn answer_port_out(
        &self,
        id: &str,
        refusal: Option<OutRefusal>,
        note: &str,
    ) -> impl Future<Output = Result<(), CarrierError>> + Send;
}

/// The carriers that ports go through.
pub trait Desks: Send + Sync {
    /// A carrier of any kind.
    type Desk: Porting;

    /// Their ids, in the order in which they are asked.
    fn desk_ids(&self) -> Vec<CarrierId>;

    /// The carrier with this id.
    fn desk(&self, id: &CarrierId) -> Option<&Self::Desk>;
}

/// The documents that go with an order.
pub trait Papers: Send + Sync {
    /// The bytes of a tenant's document; `None` if it is not there.
    fn paper(
        &self,
        tenant: &TenantId,
        document: &DocumentId,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, Unavailable>> + Send;
}

/// What became of a test call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestBegun {
    /// It is on its way; the request is told, with this id.
    OnItsWay(String),
    /// This deployment makes none.
    NotHere,
}

/// Whose number it is, and by which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed<'a> {
    /// The port.
    pub request: &'a RequestId,
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The carrier that brings its calls.
    pub carrier: &'a CarrierId,
    /// The number.
    pub number: &'a E164,
}

/// Numbers in and out of service here.
pub trait Routes: Send + Sync {
    /// Writes a number down as the tenant's before its calls come. It rings `target` unless it rings somebody already. Gives why it
    /// cannot be, if so: one that is here by another request is in use.
    fn make_route(
        &self,
        of: &Routed<'_>,
        target: Option<&Target>,
    ) -> impl Future<Output = Result<Option<String>, CarrierError>> + Send;

    /// Where a call to a number would be led, by what is written here.
    fn try_route(
        &self,
        of: &Routed<'_>,
    ) -> impl Future<Output = Result<DryRun, CarrierError>> + Send;

    /// Leads the calls of a number that is here to us.
    fn lead_route(&self, of: &Routed<'_>) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Whom a number of the tenant's rings.
    fn rings(
        &self,
        of: &Routed<'_>,
    ) -> impl Future<Output = Result<Option<Target>, CarrierError>> + Send;

    /// Has the carrier lead the calls here no more of a number that this request brought, before [`Routes::undo_route`]. Done again it
    /// changes nothing.
    fn unlead_route(
        &self,
        of: &Routed<'_>,
    ) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Takes back what [`Routes::make_route`] wrote for this request, and nothing at the carrier; a number that another request brought
    /// stays.
    fn undo_route(&self, of: &Routed<'_>) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Has the carrier lead the calls here no more of a number of the tenant's, whatever brought it, before [`Routes::unmake_route`].
    /// Done again it changes nothing.
    fn let_go_route(
        &self,
        of: &Routed<'_>,
    ) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Takes a number of the tenant's out of service, whatever brought it, and nothing at the carrier.
    fn unmake_route(&self, of: &Routed<'_>)
    -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Gives a number that is nobody's here back to its carrier, which may have it still. Done again it changes nothing.
    fn give_back(&self, of: &Routed<'_>) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Calls a number to see whether it leads here; the request is told by `call.tested`.
    fn test_route(
        &self,
        of: &Routed<'_>,
        attempt: u32,
    ) -> impl Future<Output = Result<TestBegun, CarrierError>> + Send;

    /// The tenant of a number, if it is in service here.
    fn tenant_of(
        &self,
        number: &E164,
    ) -> impl Future<Output = Result<Option<TenantId>, Unavailable>> + Send;
}

/// By which names customers are known here.
pub trait Holders: Send + Sync {
    /// A tenant's own name, and those of the end users in its dossiers that were accepted; empty if none is known.
    fn holder_names(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<String>, Unavailable>> + Send;
}

/// The PINs by which customers keep their numbers from being taken away.
pub trait Pins: Send + Sync {
    /// A tenant's PIN; `None` if it has set none.
    fn port_out_pin(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Option<String>, Unavailable>> + Send;

    /// Sets a tenant's PIN if it has none.
    fn give_port_out_pin(
        &self,
        tenant: &TenantId,
        pin: &str,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Sets a tenant's PIN, or takes it away.
    fn set_port_out_pin(
        &self,
        tenant: &TenantId,
        pin: Option<&str>,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
