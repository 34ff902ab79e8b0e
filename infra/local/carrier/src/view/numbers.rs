//! Numbers for sale, numbers of the customer, documents, requirements.

use super::stamped;
use crate::core::address::Address;
use crate::core::document::Document;
use crate::core::number::E164;
use crate::core::owned::{Owned, Source};
use crate::core::world::{Country, Range, Requirement, RequirementType, World};
use serde_json::{Value, json};

/// <https://developers.telnyx.com/api-reference/phone-number-search/list-available-phone-numbers>. `per_minute_cost` is
/// of practice: Telnyx's prices of minutes are on its price list, not in this answer.
pub fn available(country: &Country, range: &Range, number: &E164, best_effort: bool) -> Value {
    let features: Vec<Value> = range
        .features
        .iter()
        .map(|name| json!({ "name": name }))
        .collect();
    let mut regions = vec![json!({ "region_type": "country_code", "region_name": country.iso })];
    regions.push(json!({ "region_type": "location", "region_name": range.area }));
    if let Some(area) = country.administrative_areas.get(&range.area) {
        regions.push(json!({ "region_type": "state", "region_name": area }));
    }
    json!({
        "record_type": "available_phone_number",
        "phone_number": number,
        "phone_number_type": range.kind,
        "vanity_format": "",
        "best_effort": best_effort,
        "quickship": true,
        "reservable": true,
        "region_information": regions,
        "features": features,
        "cost_information": {
            "upfront_cost": range.upfront,
            "monthly_cost": range.monthly,
            "per_minute_cost": range.per_minute,
            "currency": range.currency,
        },
    })
}

/// <https://developers.telnyx.com/api-reference/country-coverage/get-country-coverage>: by the country's name; here its code
/// is the name too.
pub fn coverage(world: &World, asked: impl Fn(&Country) -> bool) -> Value {
    let countries = world.countries.iter().filter(|country| asked(country));
    let rows = countries.map(|country| {
        let mut types: Vec<Value> = country
            .ranges
            .iter()
            .map(|range| json!(range.kind))
            .collect();
        types.sort_by_key(Value::to_string);
        types.dedup();
        let mut features: Vec<&String> = country
            .ranges
            .iter()
            .flat_map(|range| &range.features)
            .collect();
        features.sort();
        features.dedup();
        let mut row = json!({
            "code": country.iso,
            "numbers": !types.is_empty(),
            "features": features,
            "phone_number_type": types,
            "reservable": true,
            "quickship": true,
            "international_sms": false,
            "p2p": false,
            "region": null,
            "inventory_coverage": false,
        });
        for kind in ["local", "toll_free", "mobile", "national", "shared_cost"] {
            let ranges = || {
                country
                    .ranges
                    .iter()
                    .filter(|range| json!(range.kind) == kind)
            };
            row[kind] = json!({});
            if let Some(first) = ranges().next() {
                row[kind] = json!({
                    "features": first.features,
                    "reservable": true,
                    "full_pstn_replacement": false,
                    "quickship": true,
                    "international_sms": false,
                    "p2p": false,
                });
            }
        }
        (country.iso.clone(), row)
    });
    Value::Object(rows.collect())
}

/// <https://developers.telnyx.com/api-reference/phone-number-configurations/retrieve-a-phone-number>
pub fn owned(owned: &Owned) -> Value {
    let source = match owned.source {
        Source::Order => "number_order",
        Source::Port => "port_request",
    };
    let body = json!({
        "id": owned.id,
        "record_type": "phone_number",
        "phone_number": owned.number,
        "country_iso_alpha2": owned.country,
        "phone_number_type": owned.kind,
        "status": owned.status,
        "source_type": source,
        "tags": owned.tags,
        "external_pin": owned.external_pin,
        "connection_id": owned.connection_id,
        "connection_name": null,
        "customer_reference": owned.customer_reference,
        "billing_group_id": owned.billing_group_id,
        "address_id": owned.address_id,
        "emergency_enabled": owned.emergency_address_id.is_some(),
        "emergency_address_id": owned.emergency_address_id,
        "emergency_status": emergency_status(owned),
        "messaging_profile_id": null,
        "messaging_profile_name": null,
        "call_forwarding_enabled": true,
        "cnam_listing_enabled": false,
        "caller_id_name_enabled": false,
        "call_recording_enabled": false,
        "t38_fax_gateway_enabled": false,
        "hd_voice_enabled": owned.hd_voice_enabled,
        "inbound_call_screening": "disabled",
        "deletion_lock_enabled": false,
        "purchased_at": owned.purchased_at.iso(),
        "activated_at": owned.activated_at.iso(),
    });
    stamped(body, owned.stamp)
}

/// <https://developers.telnyx.com/api-reference/documents/retrieve-a-document>
pub fn document(document: &Document) -> Value {
    let body = json!({
        "id": document.id,
        "record_type": "document",
        "filename": document.filename,
        "content_type": document.content_type,
        "customer_reference": document.customer_reference,
        "sha256": document.sha256,
        "size": { "unit": "bytes", "amount": document.bytes },
        "status": if document.legible { "verified" } else { "denied" },
        "av_scan_status": "scanned",
    });
    stamped(body, document.stamp)
}

fn emergency_status(owned: &Owned) -> &'static str {
    if owned.emergency_address_id.is_some() {
        "active"
    } else {
        "disabled"
    }
}

/// <https://developers.telnyx.com/api-reference/phone-number-configurations/enable-emergency-for-a-phone-number>
pub fn voice_settings(owned: &Owned) -> Value {
    json!({
        "id": owned.id,
        "record_type": "voice_settings",
        "phone_number": owned.number,
        "connection_id": owned.connection_id,
        "customer_reference": owned.customer_reference,
        "emergency": {
            "emergency_enabled": owned.emergency_address_id.is_some(),
            "emergency_address_id": owned.emergency_address_id,
            "emergency_status": emergency_status(owned),
        },
    })
}

/// <https://developers.telnyx.com/api-reference/addresses/retrieve-an-address>
pub fn address(address: &Address) -> Value {
    let body = json!({
        "id": address.id,
        "record_type": "address",
        "customer_reference": address.customer_reference,
        "first_name": address.first_name,
        "last_name": address.last_name,
        "business_name": address.business_name,
        "street_address": address.street_address,
        "extended_address": address.extended_address,
        "locality": address.locality,
        "administrative_area": address.administrative_area,
        "postal_code": address.postal_code,
        "country_code": address.country_code,
    });
    stamped(body, address.stamp)
}

/// <https://developers.telnyx.com/api-reference/requirement-types/list-all-requirement-types>
pub fn requirement_type(kind: &RequirementType) -> Value {
    json!({
        "id": kind.id,
        "record_type": "requirement_type",
        "name": kind.name,
        "type": kind.kind,
        "description": kind.description,
        "example": kind.example,
        "acceptance_criteria": kind.acceptance_criteria,
    })
}

/// <https://developers.telnyx.com/api-reference/requirements/list-all-requirements>
pub fn requirement(world: &World, requirement: &Requirement) -> Value {
    let types = &world.requirements.types;
    let kinds: Vec<Value> = requirement
        .requirement_types
        .iter()
        .filter_map(|key| types.get(key))
        .map(requirement_type)
        .collect();
    json!({
        "id": requirement.id,
        "record_type": "requirement",
        "action": requirement.action,
        "country_code": requirement.country,
        "phone_number_type": requirement.kind,
        "locality": null,
        "requirement_types": kinds,
        "version": 1,
    })
}
