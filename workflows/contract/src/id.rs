//! Identifiers. Each is a newtype, so that a person's id cannot pass for a tenant's.
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use thiserror::Error;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}

id!(
    /// One call, from the first ring to the last leg down: also the name of its execution. At most 80
    /// characters of `A-Za-z0-9_-` (Step Functions' rule for execution names).
    CallId
);
id!(
    /// A customer: the border that no id, call or message crosses.
    TenantId
);
id!(
    /// A person of a tenant.
    PersonId
);
id!(
    /// A leg within its call: `caller`, `callee`, later `guest-1` and so on. Also the attendee's
    /// `ExternalUserId`.
    LegId
);
id!(
    /// One browser tab or program of a person, chosen by itself: 8 to 64 characters of `A-Za-z0-9_-`.
    DeviceId
);

id!(
    /// A group of people who ring together: `g-` and a UUID.
    GroupId
);
id!(
    /// A flow, which decides by the hour who rings: `f-` and a UUID.
    FlowId
);

id!(
    /// One request, such as a port: also the name of its execution. At most 80 characters of `A-Za-z0-9_-` (Step Functions'
    /// rule for execution names).
    RequestId
);
id!(
    /// One task of a request: its request's id and the round that asked for it, `<request>.<round>`.
    TaskId
);
id!(
    /// What is known of a customer, kept once: 8 to 64 characters of `A-Za-z0-9_-`.
    DossierId
);
id!(
    /// A document of a dossier: 8 to 64 characters of `A-Za-z0-9_-`.
    DocumentId
);

id!(
    /// A webhook of a tenant: `wh-` and 32 characters of `0-9a-f`.
    WebhookId
);
id!(
    /// A delivery of an event to a webhook: also the name of its execution. Ids sort by time.
    DeliveryId
);

id!(
    /// An API key of a tenant: `key-` and a UUID. Ids sort by time.
    ApiKeyId
);

id!(
    /// A carrier as a deployment configures it, such as `telnyx`: 1 to 32 characters of `a-z0-9-`.
    CarrierId
);

impl ApiKeyId {
    /// What each begins with; no person's id does.
    pub const PREFIX: &'static str = "key-";
}

impl PersonId {
    /// The API key that this stands for, where a program did something and no person.
    pub fn key(&self) -> Option<ApiKeyId> {
        let is_key = self.0.starts_with(ApiKeyId::PREFIX);
        is_key.then(|| ApiKeyId(self.0.clone()))
    }
}

impl From<ApiKeyId> for PersonId {
    fn from(key: ApiKeyId) -> Self {
        Self(key.0)
    }
}

impl LegId {
    /// The leg that began the call.
    pub const CALLER: &'static str = "caller";
    /// The leg that was called.
    pub const CALLEE: &'static str = "callee";
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Makes and takes calls; sees those it is a party of.
    Person,
    /// Also sees and stops every call of the tenant.
    Operator,
    /// Also asks for numbers, ports and people, and keeps the tenant's dossiers and webhooks.
    Administrator,
    /// One of the phone company's own people: reviews and answers the requests of every tenant.
    Staff,
}

impl Role {
    /// Every role, from the one that may least.
    pub const ALL: [Self; 4] = [
        Self::Person,
        Self::Operator,
        Self::Administrator,
        Self::Staff,
    ];

    /// Whether it may do everything that `other` may.
    pub const fn covers(self, other: Self) -> bool {
        self as u8 >= other as u8
    }

    /// Whether it sees and stops every call of its own tenant.
    pub const fn sees_every_call(self) -> bool {
        match self {
            Self::Person => false,
            Self::Operator | Self::Administrator | Self::Staff => true,
        }
    }

    /// Whether it makes requests (orders, ports, onboardings) for its own tenant, and does the tasks they ask for.
    pub const fn makes_requests(self) -> bool {
        match self {
            Self::Person | Self::Operator => false,
            Self::Administrator | Self::Staff => true,
        }
    }
}

/// A telephone number as ITU-T E.164 writes it: `+`, then 7 to 15 digits, the first not 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

/// Why a text is not an [`E164`] number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not an E.164 number: a plus sign and 7 to 15 digits, the first not 0, as in +41445550100")]
pub struct NotE164;

impl E164 {
    /// Takes a text that is already in E.164 form. National or spaced forms are for a dial plan to read.
    ///
    /// # Errors
    /// [`NotE164`] if it has another form.
    pub fn parse(text: &str) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let fits = (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        fits.then(|| Self(text.to_owned())).ok_or(NotE164)
    }

    /// The number with its plus sign.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for E164 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "E164".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$" })
    }
}

impl TryFrom<String> for E164 {
    type Error = NotE164;
    fn try_from(text: String) -> Result<Self, NotE164> {
        Self::parse(&text)
    }
}

impl From<E164> for String {
    fn from(number: E164) -> Self {
        number.0
    }
}

impl std::fmt::Display for E164 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_where_a_person_does_and_is_told_from_one() {
        let key = ApiKeyId::from("key-0199f0a2");
        assert_eq!(PersonId::from(key.clone()).key(), Some(key));
        assert_eq!(PersonId::from("p-lucia-mendez").key(), None);
    }

    #[test]
    fn a_role_covers_itself_and_what_may_less() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            for (than, other) in Role::ALL.into_iter().enumerate() {
                assert_eq!(role.covers(other), at >= than, "{role:?} {other:?}");
            }
        }
    }

    #[test]
    fn e164_takes_only_the_international_form() {
        for good in ["+41445550100", "+6565550100", "+5078330100"] {
            assert_eq!(E164::parse(good).map(String::from), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "+",
            "0445550100",
            "+0445550100",
            "+41 44 555",
            "+123456",
            "+1234567890123456",
            "+4144555O100",
        ] {
            assert_eq!(E164::parse(bad), Err(NotE164), "{bad}");
        }
    }
}
