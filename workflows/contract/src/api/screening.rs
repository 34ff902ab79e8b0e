//! Lists of sanctions as the API shows them.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A list without its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScreeningList {
    /// Its id, such as `OFAC-SDN`.
    pub list: String,
    /// Where it comes from.
    pub source: String,
    /// On which date its authority gave it out, RFC 3339.
    pub as_of: String,
    /// How many names it has.
    pub names: u32,
    /// How alike two names must be to be looked at, 1 to 100.
    pub threshold: u8,
    /// Whether a dossier that is not in it was screened: not so of the practice list, but where people practise.
    pub counts: bool,
    /// Who loaded it: a person's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_by: Option<String>,
    /// When, RFC 3339 with milliseconds, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_at: Option<String>,
}

/// Every list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScreeningLists {
    /// By their ids.
    pub lists: Vec<ScreeningList>,
}
