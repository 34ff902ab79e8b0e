//! What holding a dossier against a set of requirements gave.
use super::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a requirement asks for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequirementKind {
    /// A file.
    Document,
    /// A field.
    Textual,
    /// An address.
    Address,
    /// An identity paper or an entry in a register.
    Identity,
    /// Something to do and declare.
    Action,
}

/// A requirement as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequirementView {
    /// Stable, as `ch.port.letter`.
    pub id: String,
    /// ISO 3166-1 alpha-2 of who asks.
    pub country: String,
    /// A few words.
    pub name: String,
    /// A sentence or two.
    pub description: String,
    /// Such as this.
    pub example: String,
    /// What an operator looks at, a line each.
    pub acceptance: Vec<String>,
    /// What it asks for.
    pub kind: RequirementKind,
    /// Where it comes from.
    pub source: String,
    /// When it was written down.
    pub as_of: Day,
    /// Whether somebody checked it at its source.
    pub verified: bool,
}

/// Whether everything asked for is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Compliance {
    /// Every requirement passed.
    Compliant,
    /// At least one failed.
    Noncompliant,
}

/// The evaluation of a dossier: the same dossier, requirements and day give the same evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// The whole.
    pub verdict: Compliance,
    /// One for each requirement, in the requirements' order.
    pub outcomes: Vec<RequirementOutcome>,
}

/// What became of one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequirementOutcome {
    /// Its id.
    pub requirement: String,
    /// Its name, for a person.
    pub name: String,
    /// What it asks for.
    pub kind: RequirementKind,
    /// Nothing failed.
    pub passed: bool,
    /// Each mended, the requirement passes. Empty if it passed.
    pub failures: Vec<Failure>,
}

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The requirement's id.
    pub requirement: String,
    /// The field to mend, as a JSON pointer into the dossier (RFC 6901). A last part `-` means: one more in that list.
    pub field: String,
    /// What is wrong, for a program.
    pub code: FailureCode,
    /// What is wrong, for a person.
    pub words: String,
    /// What the field may be.
    pub allowed: Allowed,
}

/// What is wrong with a field.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// It is not there.
    Missing,
    /// Too short or too long.
    Length,
    /// It has another form.
    Form,
    /// A check digit or part is wrong.
    Identifier,
    /// Not one of the values allowed.
    Value,
    /// Its day is over.
    Expired,
    /// It was issued too long ago.
    TooOld,
    /// Its day is still to come.
    InTheFuture,
    /// It was refused.
    Rejected,
    /// The address lies elsewhere.
    Locality,
}

/// What a field may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Allowed {
    /// One of these.
    OneOf {
        /// The values, as the field writes them.
        values: Vec<String>,
    },
    /// A text.
    Text {
        /// Fewest characters.
        fewest: u32,
        /// Most characters.
        most: u32,
        /// A regular expression that the whole text fits, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pattern: Option<String>,
        /// Such as this.
        example: String,
    },
    /// A day within these bounds, both inclusive.
    Between {
        /// Not before this day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Day>,
        /// Not after this day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<Day>,
    },
    /// A new element of the list.
    Element {
        /// The member that says what it is: `kind`, `scheme`, `uses` or `requirement`.
        member: String,
        /// The values it may have.
        values: Vec<String>,
        /// The country it must be from, if that matters: ISO 3166-1 alpha-2.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country: Option<String>,
        /// The regions it may be in; empty: any.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        regions: Vec<String>,
        /// Such as this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        example: Option<String>,
    },
}
