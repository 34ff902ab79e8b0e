//! Dossiers as the API takes them.
use crate::dossier::review::{DossierView, Purpose};
use crate::dossier::{
    Address, Contact, Day, DocumentKind, EndUser, EndUserKind, Identity, PreviousService,
    RequirementView,
};
use crate::{DocumentId, PersonId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a customer fills in. Documents are added one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierForm {
    /// A person for themselves, or an organisation.
    pub kind: EndUserKind,
    /// The person or organisation that will use the numbers.
    pub end_user: EndUser,
    /// At most 20.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// Who may sign for the end user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised_person: Option<Contact>,
    /// Others to turn to, at most 20.
    #[serde(default)]
    pub contacts: Vec<Contact>,
    /// Identity papers, at most 20.
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// The service that numbers are ported away from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_service: Option<PreviousService>,
    /// Ids of the requirements that the customer declares to meet, at most 50.
    #[serde(default)]
    pub declares: Vec<String>,
}

/// A dossier is filled in anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplaceDossier {
    /// The version that was read: somebody else's change in between is not overwritten.
    pub version: u32,
    /// All of it.
    pub form: DossierForm,
}

/// What a dossier is to be held against, or handed in for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForPurposes {
    /// 1 to 20.
    pub purposes: Vec<Purpose>,
}

/// A file is about to be uploaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnounceDocument {
    /// What it is.
    pub kind: DocumentKind,
    /// Its name, 1 to 200 characters, no path, no control characters.
    pub file_name: String,
    /// `application/pdf`, `image/jpeg` or `image/png`.
    pub media_type: String,
    /// Its size, 1 to 20,971,520 bytes.
    pub bytes: u32,
    /// SHA-256 of its bytes, 64 characters of `0-9a-f`.
    pub sha256: String,
    /// The date on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Day>,
    /// The last day on which it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Day>,
}

/// Where to upload it: `PUT` the bytes there with these headers, then say that it is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UploadTo {
    /// The document's id.
    pub document: DocumentId,
    /// Where to, good for a quarter of an hour.
    pub url: String,
    /// Headers that must be sent with it.
    pub headers: BTreeMap<String, String>,
}

/// Where to read a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReadFrom {
    /// Good for a minute.
    pub url: String,
}

/// What somebody did with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentAct {
    /// Got its address to read it.
    Read,
    /// Took it out of the dossier.
    Removed,
}

/// That somebody saw a document, or removed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DocumentView {
    /// When, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// Who.
    pub person: PersonId,
    /// Which document; `letter of <port>` is the letter of authorisation that was signed on the screen for that port.
    pub document: DocumentId,
    /// What they did.
    pub act: DocumentAct,
    /// From which address, as far as the gateway knows: told to the phone company's people alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Who saw a dossier's documents, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DocumentViews {
    /// At most 100.
    pub views: Vec<DocumentView>,
}

/// A tenant's dossiers, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Dossiers {
    /// The dossiers.
    pub dossiers: Vec<DossierView>,
}

/// What a country asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Requirements {
    /// In the order of the country's rows.
    pub requirements: Vec<RequirementView>,
}
