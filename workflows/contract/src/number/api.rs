//! The bodies of the HTTP API about numbers.
pub use crate::dossier::EmergencyAddress;

use crate::dossier::NumberType;
use crate::request::RequestView;
use crate::routing::Target;
use crate::{CarrierId, E164, FlowId, GroupId, PersonId, RequestId};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// A number of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OwnedNumber {
    /// The number.
    pub number: E164,
    /// `active`, or `quarantined`: it rings nobody and will be given back.
    pub status: String,
    /// Whom it rings, if somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The group that it rings, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// The flow that decides whom it rings, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowId>,
    /// Where it comes from, if it was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierId>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Its type, if it was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_type: Option<NumberType>,
    /// What it costs, if it was ordered and its carrier said so then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<NumberPrice>,
    /// The request that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Since when it is the tenant's, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The request that gives it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<RequestId>,
    /// Where help is sent when an emergency call comes from it; none where nobody wants to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<EmergencyStanding>,
}

/// Where help is sent for a number, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EmergencyStanding {
    /// Whether the number's country wants an address to be known.
    pub wanted: bool,
    /// The address, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<EmergencyAddress>,
    /// Why the number's carrier does not have the address, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl EmergencyStanding {
    /// Whether somebody has to see to it: an address is wanted and not given, or the carrier does not have it.
    pub fn is_open(&self) -> bool {
        self.problem.is_some() || (self.wanted && self.address.is_none())
    }
}

/// `GET /v1/numbers`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OwnedNumbers {
    /// In their order.
    pub numbers: Vec<OwnedNumber>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a number costs, in the carrier's words: decimal numbers of the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NumberPrice {
    /// Once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upfront: Option<String>,
    /// Each month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly: Option<String>,
    /// Each minute of a call to the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<String>,
    /// ISO 4217.
    pub currency: String,
}

/// A number that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AvailableNumber {
    /// The number.
    pub number: E164,
    /// Who sells it.
    pub carrier: CarrierId,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its type.
    pub number_type: NumberType,
    /// Its place, as the carrier names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// What it can do, as the carrier names it.
    pub features: Vec<String>,
    /// What it costs, if the carrier says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<NumberPrice>,
}

/// A carrier that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AskedCarrier {
    /// The carrier.
    pub carrier: CarrierId,
    /// Why it gave nothing, if it did not answer or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// `GET /v1/numbers/available`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AvailableNumbers {
    /// Carrier by carrier.
    pub numbers: Vec<AvailableNumber>,
    /// Who was asked.
    pub carriers: Vec<AskedCarrier>,
}

/// A country in which a carrier sells numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OfferedCountry {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The carrier.
    pub carrier: CarrierId,
    /// The types of number that it sells there.
    pub number_types: Vec<NumberType>,
    /// Whether orders are taken here for its numbers.
    pub orderable: bool,
    /// How its numbers are had, where the carrier lists none: they are ordered by their count, and come by a support case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_case: Option<String>,
    /// Why they are not, if so: what an order is refused with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the country wants to know where help is sent when an emergency call comes from a number.
    #[serde(default)]
    pub wants_address: bool,
}

/// `GET /v1/numbers/countries`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OfferedCountries {
    /// By country, then carrier by carrier.
    pub countries: Vec<OfferedCountry>,
    /// Who was asked.
    pub carriers: Vec<AskedCarrier>,
}

/// `POST /v1/number-orders`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderNumbers {
    /// Who sells them.
    pub carrier: CarrierId,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Their type.
    pub number_type: NumberType,
    /// 1 to 50 numbers as `GET /v1/numbers/available` gave them, in E.164; none where the carrier lists none (`byCase`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<String>,
    /// How many, 1 to 50, where the carrier lists none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Where they are to be, where the carrier lists none: the digits they begin with in their country, or a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// What they are for, 1 to 300 characters, where the carrier lists none: its support asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// The dossier that shows who will use them; it can also be named later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<String>,
    /// Whom they ring. At most one of `person`, `group` and `flow`; nobody yet if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The group that they ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// The flow that decides whom they ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowId>,
}

/// `PATCH /v1/number-orders/{order}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeOrder {
    /// The dossier that is to do; the same one again asks for another look at it.
    pub dossier: String,
}

/// `PATCH /v1/numbers/{number}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignNumber {
    /// Whom it rings from now on; null: nobody. One of `person`, `group` and `flow`.
    #[serde(
        default,
        deserialize_with = "said",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<PersonId>))]
    pub person: Option<Option<PersonId>>,
    /// The group that it rings from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// The flow that decides from now on whom it rings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowId>,
}

impl AssignNumber {
    /// What to send to lead a number to this target, or to nobody.
    pub fn to(target: Option<Target>) -> Self {
        let (mut person, mut group, mut flow) = (None, None, None);
        match target {
            None => person = Some(None),
            Some(Target::Person(one)) => person = Some(Some(one)),
            Some(Target::Group(one)) => group = Some(one),
            Some(Target::Flow(one)) => flow = Some(one),
        }
        Self {
            person,
            group,
            flow,
        }
    }

    /// Whom it names; nobody if it names several.
    pub fn target(&self) -> Option<Target> {
        let (person, group, flow) = (self.person.clone(), self.group.clone(), self.flow.clone());
        Target::of(person.flatten(), group, flow).unwrap_or_default()
    }
}

/// A field that is there, be it null.
fn said<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Option<PersonId>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// `GET /v1/number-orders`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NumberOrders {
    /// The newest first.
    pub orders: Vec<RequestView>,
    /// `next` of the page after, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
