//! Where help is sent, in Telnyx's words: <https://developers.telnyx.com/api-reference/addresses/creates-an-address>.
use contract::E164;
use contract::dossier::Address;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// An address to be made. Its reference is the number's and the address's own, so that it is found again and made once.
pub(super) fn address(number: &E164, address: &Address, who: &str) -> Value {
    let mut body = json!({
        "business_name": who,
        "street_address": address.street,
        "extended_address": address.extended,
        "locality": address.city,
        "administrative_area": address.region,
        "postal_code": address.postal_code,
        "country_code": address.country,
        "address_book": false,
        "validate_address": true,
    });
    let digest = Sha256::digest(body.to_string());
    let short: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    body["customer_reference"] = json!(format!("emergency {number} {short}"));
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_has_the_same_reference_and_another_one_another() {
        let number = E164::parse("+41445550100").unwrap();
        let mut place: Address = serde_json::from_value(json!({
            "uses": ["emergency"], "street": "Bahnhofstrasse 1", "city": "Zürich", "postalCode": "8001", "country": "CH",
        }))
        .unwrap();
        let reference =
            |place: &Address| address(&number, place, "Ana")["customer_reference"].clone();
        let first = reference(&place);
        assert_eq!(first, reference(&place));
        place.extended = Some("2nd floor".to_owned());
        assert_ne!(first, reference(&place));
        assert!(
            first
                .as_str()
                .is_some_and(|text| text.starts_with("emergency +41445550100 "))
        );
    }
}
