//! What Telnyx's answers about numbers say, as far as it is needed. Unknown fields are nobody's business.
use crate::ports::carriers::{Available, LineStatus, Need, NeedForm, Order, OrderLine, Price};
use contract::E164;
use contract::dossier::NumberType;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The type of a number, as Telnyx writes it. `landline` is what ports call `local`.
pub(super) fn number_type(text: &str) -> Option<NumberType> {
    Some(match text {
        "local" | "landline" => NumberType::Local,
        "national" => NumberType::National,
        "mobile" => NumberType::Mobile,
        "toll_free" => NumberType::TollFree,
        "shared_cost" => NumberType::SharedCost,
        _ => return None,
    })
}

pub(super) fn type_text(number_type: NumberType) -> &'static str {
    match number_type {
        NumberType::Local => "local",
        NumberType::National => "national",
        NumberType::Mobile => "mobile",
        NumberType::TollFree => "toll_free",
        NumberType::SharedCost => "shared_cost",
    }
}

/// <https://developers.telnyx.com/api-reference/country-coverage/get-country-coverage>: by the country's name.
pub(super) type Coverage = BTreeMap<String, Covered>;

#[derive(Debug, Deserialize)]
pub(super) struct Covered {
    pub(super) code: String,
    #[serde(default)]
    pub(super) numbers: bool,
    #[serde(default)]
    pub(super) phone_number_type: Vec<String>,
}

/// <https://developers.telnyx.com/api-reference/phone-number-search/list-available-phone-numbers>
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    phone_number: E164,
    #[serde(default)]
    phone_number_type: Option<String>,
    #[serde(default)]
    best_effort: bool,
    #[serde(default)]
    region_information: Vec<Region>,
    #[serde(default)]
    features: Vec<Feature>,
    #[serde(default)]
    cost_information: Option<Cost>,
}

#[derive(Debug, Deserialize)]
struct Region {
    region_type: String,
    region_name: String,
}

#[derive(Debug, Deserialize)]
struct Feature {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Cost {
    #[serde(default)]
    upfront_cost: Option<String>,
    #[serde(default)]
    monthly_cost: Option<String>,
    #[serde(default)]
    per_minute_cost: Option<String>,
    currency: String,
}

impl Found {
    /// As a number of what was searched for; `None` if it is not quite that.
    pub(super) fn available(self, country: &str, wanted: NumberType) -> Option<Available> {
        let found = self.phone_number_type.as_deref().map(number_type);
        if self.best_effort || found.is_some_and(|found| found != Some(wanted)) {
            return None;
        }
        let places = ["location", "rate_center", "state"];
        let area = places.iter().find_map(|kind| {
            let region = |region: &&Region| region.region_type == *kind;
            self.region_information.iter().find(region)
        });
        Some(Available {
            number: self.phone_number,
            country: country.to_owned(),
            number_type: wanted,
            area: area.map(|region| region.region_name.clone()),
            features: self.features.into_iter().map(|each| each.name).collect(),
            price: self.cost_information.map(|cost| Price {
                upfront: cost.upfront_cost,
                monthly: cost.monthly_cost,
                per_minute: cost.per_minute_cost,
                currency: cost.currency,
            }),
        })
    }
}

/// <https://developers.telnyx.com/api-reference/phone-number-reservations/create-a-number-reservation>
#[derive(Debug, Deserialize)]
pub(super) struct Reserved {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) phone_numbers: Vec<ReservedNumber>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReservedNumber {
    #[serde(default)]
    pub(super) expired_at: Option<String>,
}

/// <https://developers.telnyx.com/api-reference/phone-number-orders/retrieve-a-number-order>
#[derive(Debug, Deserialize)]
pub(super) struct NumberOrder {
    id: String,
    #[serde(default)]
    pub(super) created_at: String,
    #[serde(default)]
    phone_numbers: Vec<Ordered>,
}

#[derive(Debug, Deserialize)]
struct Ordered {
    phone_number: E164,
    #[serde(default)]
    status: String,
    #[serde(default)]
    requirements_status: String,
    #[serde(default)]
    regulatory_requirements: Vec<Required>,
}

#[derive(Debug, Deserialize)]
struct Required {
    requirement_id: String,
    #[serde(default)]
    field_type: String,
    #[serde(default)]
    field_value: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

/// <https://developers.telnyx.com/api-reference/requirement-types/retrieve-a-requirement-type-by-id>
#[derive(Debug, Deserialize)]
pub(super) struct NeedKind {
    pub(super) name: String,
}

impl Required {
    fn is_declined(&self) -> bool {
        self.status.as_deref() == Some("declined")
    }

    fn need(&self) -> Need {
        Need {
            id: self.requirement_id.clone(),
            form: match self.field_type.as_str() {
                "document" => NeedForm::Document,
                "address" => NeedForm::Address,
                "textual" | "datetime" => NeedForm::Text,
                _ => NeedForm::Action,
            },
            declined: self.is_declined(),
        }
    }
}

impl NumberOrder {
    pub(super) fn order(&self) -> Order {
        Order {
            id: self.id.clone(),
            lines: self.phone_numbers.iter().map(Ordered::line).collect(),
        }
    }
}

impl Ordered {
    fn line(&self) -> OrderLine {
        let status = match (self.status.as_str(), self.requirements_status.as_str()) {
            ("success", _) => LineStatus::Active,
            ("failure", _) => LineStatus::Failed,
            (_, "requirement-info-pending") => LineStatus::NeedsInfo,
            (_, "requirement-info-exception") => LineStatus::Declined,
            (_, "requirement-info-under-review") => LineStatus::InReview,
            (_, _) => LineStatus::Pending,
        };
        let open = |each: &&Required| match status {
            LineStatus::NeedsInfo => each.field_value.is_none(),
            // Where Telnyx does not say which, all are asked for again.
            LineStatus::Declined => {
                let said = self.regulatory_requirements.iter();
                each.is_declined() || !said.into_iter().any(Required::is_declined)
            }
            LineStatus::Pending
            | LineStatus::InReview
            | LineStatus::Active
            | LineStatus::Failed => false,
        };
        let needs = self.regulatory_requirements.iter().filter(open);
        OrderLine {
            number: self.phone_number.clone(),
            status,
            needs: needs.map(Required::need).collect(),
        }
    }
}

/// <https://developers.telnyx.com/api-reference/phone-number-orders/list-sub-number-orders>
#[derive(Debug, Deserialize)]
pub(super) struct SubOrder {
    pub(super) id: String,
    pub(super) status: String,
}

/// A document or a number of ours, of which the id is needed.
#[derive(Debug, Deserialize)]
pub(super) struct Known {
    pub(super) id: String,
    #[serde(default)]
    pub(super) phone_number: Option<String>,
    #[serde(default)]
    pub(super) connection_id: Option<String>,
    #[serde(default)]
    pub(super) emergency_address_id: Option<String>,
}
