//! What people see of a port-in: `details` of its request.
use super::{HandIn, PortForm, PreparedText};
use crate::dossier::{Evaluation, NumberType, OrderStatus};
use crate::{CarrierId, DocumentId, E164, PersonId, RequestId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `details` of a request of the kind `port-in`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PortView {
    /// What the customer filled in.
    #[serde(default)]
    pub form: PortForm,
    /// Where the order stands; its numbers have statuses of their own.
    pub order: OrderStatus,
    /// Where it goes on if the carrier refuses to cancel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<OrderStatus>,
    /// ISO 3166-1 alpha-2 of its numbers, once they were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Their type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_type: Option<NumberType>,
    /// The losing carrier, if ours told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donor: Option<String>,
    /// The carrier that takes the numbers over for us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierId>,
    /// Whether an operator does by hand what the carrier has no interface for.
    #[serde(default)]
    pub by_hand: bool,
    /// The carrier's id of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The support case in which it was handed in, if the carrier has no interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<String>,
    /// What the operator has still to tell the carrier, if it has no interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_hand_in: Option<HandIn>,
    /// How often it went to the carrier.
    #[serde(default)]
    pub submissions: u32,
    /// Its moments.
    #[serde(default)]
    pub moments: Moments,
    /// What the losing side refused, newest last.
    #[serde(default)]
    pub rejections: Vec<RejectionView>,
    /// The letter of authorisation, once it was drafted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<LetterView>,
    /// What the country asks, and what is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Evaluation>,
    /// The port that this one was split from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RequestId>,
    /// The ports that this one was split into.
    #[serde(default)]
    pub children: Vec<RequestId>,
    /// Numbers ported in error that are to go back to the old provider and have not left yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub going_back: Vec<E164>,
    /// What the operator is to send, if the carrier has no interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepared: Option<PreparedText>,
}

impl PortView {
    /// A port that is being written.
    pub fn draft(form: PortForm) -> Self {
        Self {
            form,
            order: OrderStatus::Draft,
            resumes: None,
            country: None,
            number_type: None,
            donor: None,
            carrier: None,
            by_hand: false,
            external_id: None,
            case_id: None,
            to_hand_in: None,
            submissions: 0,
            moments: Moments::default(),
            rejections: Vec::new(),
            letter: None,
            evaluation: None,
            parent: None,
            children: Vec::new(),
            going_back: Vec::new(),
            prepared: None,
        }
    }
}

/// Deadlines and dates, RFC 3339, UTC. What does not apply is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Moments {
    /// Until then somebody signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Until then the signed letter is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<String>,
    /// Until then the customer answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<String>,
    /// When it was submitted last: no date can be asked for that is nearer than the country's lead time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<String>,
    /// Until then the donor answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donor_answer: Option<String>,
    /// Until then the date can be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// Until then the order can be cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<String>,
    /// From then on the clearing house synchronises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<String>,
    /// The date of the cut-over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foc: Option<String>,
    /// When the wall clock reaches that date: the date itself, but where days pass faster for practice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foc_due: Option<String>,
    /// The end of the agreed window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foc_ends: Option<String>,
    /// Until then numbers can go back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapback: Option<String>,
}

/// What can be done after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RejectionMend {
    /// The customer corrects the fields.
    Correct,
    /// Something has to be done at the losing provider first.
    AtOldProvider,
    /// We or the carrier go on.
    Ours,
    /// These numbers cannot be ported.
    Never,
}

/// A refusal of the losing side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RejectionView {
    /// Whose code it is: `telnyx`, `teldas`, ..
    pub scheme: String,
    /// The code.
    pub code: String,
    /// What it means and what to do.
    pub words: String,
    /// The fields that correct it: JSON pointers into the dossier or under `/order/`.
    pub fields: Vec<String>,
    /// What can be done.
    pub mend: RejectionMend,
    /// Which submission it answered, from 1.
    pub submission: u32,
}

/// The letter of authorisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LetterView {
    /// SHA-256 of the letter without signature, 64 characters of `0-9a-f`.
    pub document: String,
    /// Who signed it, once somebody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signer>,
}

/// Who signed a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Signer {
    /// Their name: as they typed it, or as whoever handed in the scan says.
    pub name: String,
    /// When, RFC 3339, UTC.
    pub at: String,
    /// Who was signed in: who signed on the screen, or handed in the scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The uploaded letter, if it was signed on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<DocumentId>,
}
