//! Postal addresses: with what they are for, and alone where that is known.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an address is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AddressUse {
    /// Where the numbers are used.
    Service,
    /// The seat in the register.
    Registered,
    /// Where invoices go.
    Billing,
    /// Where an ambulance is sent.
    Emergency,
}

/// The fields of a postal address, behind those that are its own.
macro_rules! postal {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $($own)*
            /// Street and number, 1 to 200 characters.
            pub street: String,
            /// Flat, floor, building, at most 200 characters.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub extended: Option<String>,
            /// 1 to 100 characters.
            pub city: String,
            /// Canton, state or province: the part of its ISO 3166-2 code behind the hyphen, at most 60 characters.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub region: Option<String>,
            /// At most 20 characters.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub postal_code: Option<String>,
            /// ISO 3166-1 alpha-2.
            pub country: String,
        }
    };
}

postal! {
    /// A postal address. A post-office box is none.
    Address {
        /// What it is for, at least one use.
        pub uses: Vec<AddressUse>,
    }
}

postal! {
    /// `PUT /v1/numbers/{number}/emergency-address`: where help is sent, in the number's country.
    EmergencyAddress {}
}

impl From<Address> for EmergencyAddress {
    fn from(address: Address) -> Self {
        Self {
            street: address.street,
            extended: address.extended,
            city: address.city,
            region: address.region,
            postal_code: address.postal_code,
            country: address.country,
        }
    }
}

impl From<EmergencyAddress> for Address {
    fn from(address: EmergencyAddress) -> Self {
        Self {
            uses: vec![AddressUse::Emergency],
            street: address.street,
            extended: address.extended,
            city: address.city,
            region: address.region,
            postal_code: address.postal_code,
            country: address.country,
        }
    }
}
