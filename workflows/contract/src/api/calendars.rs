//! Working calendars, as pages need them to tell a deadline.
use crate::dossier::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /v1/calendars`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Calendars {
    /// One for each country that has one.
    pub calendars: Vec<CalendarView>,
    /// How many times faster than they do days pass for requests: 1 but for practice.
    pub time_scale: u32,
    /// How long people have at least for what they are asked, in real seconds, however fast days pass; 0: no longer than days last.
    pub patience_s: u32,
}

/// Whose clock counts in a country, and when nobody works there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CalendarView {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// IANA time zone, such as `Europe/Zurich`.
    pub zone: String,
    /// Whose clock that is, for a person: `Zürich`.
    pub place: String,
    /// Days without work in every week: 1 is Monday, 7 Sunday.
    pub weekend: Vec<u8>,
    /// Holidays from this year on, ascending; half days are not among them.
    pub days_off: Vec<Day>,
    /// The last day that the calendar knows: what comes after it is not counted.
    pub known_until: Day,
}
