//! Numbers of Telnyx: searched, reserved, ordered, given back.
//!
//! Telnyx has no idempotency key for these, so everything that is made carries the request's id as `customer_reference` and is
//! looked for by it before it is made.
use super::emergency;
use super::rows::{
    Coverage, Found, Known, NeedKind, NumberOrder, Reserved, SubOrder, number_type, type_text,
};
use super::{Data, Listed, Telnyx};
use crate::ports::carriers::{
    Available, Carrier, CarrierError, Held, MAX_FOUND, NewOrder, Offer, Order, Pattern,
    Reservation, Search, Told, Upload,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::E164;
use contract::dossier::{Address, NumberType};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How far Telnyx's clock may be behind ours when orders are told apart by their time.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

fn body_of(order: &NewOrder) -> Value {
    let numbers = order.numbers.iter();
    let numbers: Vec<Value> = numbers
        .map(|number| json!({ "phone_number": number }))
        .collect();
    json!({ "phone_numbers": numbers, "customer_reference": order.key })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

impl Carrier for Telnyx {
    async fn offers(&self) -> Result<Vec<Offer>, CarrierError> {
        let coverage: Data<Coverage> = self.client.get("/country_coverage", &[]).await?;
        let offers = coverage.data.into_values().filter(|each| each.numbers);
        let offers = offers.map(|each| {
            let types = each.phone_number_type.iter();
            let mut number_types: Vec<NumberType> =
                types.filter_map(|text| number_type(text)).collect();
            number_types.sort_unstable();
            number_types.dedup();
            Offer {
                country: each.code,
                number_types,
            }
        });
        Ok(offers
            .filter(|offer| !offer.number_types.is_empty())
            .collect())
    }

    fn by_case(&self, _country: &str) -> Option<String> {
        None
    }

    /// Nothing is had of it by case.
    async fn held(&self, _number: &E164) -> Result<Held, CarrierError> {
        Ok(Held::Not("its numbers come by their orders".to_owned()))
    }

    async fn search(&self, search: &Search) -> Result<Vec<Available>, CarrierError> {
        let limit = search.limit.clamp(1, MAX_FOUND).to_string();
        let mut query = vec![
            ("filter[country_code]", search.country.as_str()),
            ("filter[phone_number_type]", type_text(search.number_type)),
            ("filter[features][]", "voice"),
            ("filter[limit]", limit.as_str()),
        ];
        if let Some(area) = &search.area {
            let name = if is_digits(area) {
                "filter[national_destination_code]"
            } else {
                "filter[locality]"
            };
            query.push((name, area));
        }
        query.extend(search.pattern.as_ref().map(|pattern| match pattern {
            Pattern::Contains(digits) => ("filter[phone_number][contains]", digits.as_str()),
            Pattern::StartsWith(digits) => ("filter[phone_number][starts_with]", digits.as_str()),
            Pattern::EndsWith(digits) => ("filter[phone_number][ends_with]", digits.as_str()),
        }));
        let found: Listed<Found> = self.client.get("/available_phone_numbers", &query).await?;
        let found = found.data.into_iter();
        Ok(found
            .filter_map(|row| row.available(&search.country, search.number_type))
            .collect())
    }

    async fn reserve(&self, order: &NewOrder) -> Result<Option<Reservation>, CarrierError> {
        let query = [("filter[customer_reference]", order.key.as_str())];
        let known: Listed<Reserved> = self.client.get("/number_reservations", &query).await?;
        let holds = |row: &Reserved| row.status == "success" || row.status == "pending";
        let row = match known.data.into_iter().find(holds) {
            Some(row) => row,
            None => {
                let body = body_of(order);
                let made: Data<Reserved> = self.client.post("/number_reservations", &body).await?;
                made.data
            }
        };
        let ends = row.phone_numbers.iter().filter_map(|number| {
            let text = number.expired_at.as_deref()?;
            text.parse::<Timestamp>().ok()
        });
        Ok(Some(Reservation {
            until: ends.min(),
            id: row.id,
        }))
    }

    async fn order(&self, order: &NewOrder) -> Result<Order, CarrierError> {
        let mut body = body_of(order);
        if let Some(connection) = &self.connection_id {
            body["connection_id"] = json!(connection);
        }
        let made: Data<NumberOrder> = self.client.post("/number_orders", &body).await?;
        Ok(made.data.order())
    }

    async fn find_order(&self, order: &NewOrder) -> Result<Option<Order>, CarrierError> {
        let query = [("filter[customer_reference]", order.key.as_str())];
        let rows: Vec<NumberOrder> = self.client.list("/number_orders", &query).await?;
        let since = order.since.saturating_sub(CLOCK_SKEW).ok();
        let ours = rows.into_iter().find(|row| {
            let at = row.created_at.parse::<Timestamp>().ok();
            at.is_none() || at >= since
        });
        Ok(ours.map(|row| row.order()))
    }

    async fn order_state(&self, id: &str) -> Result<Order, CarrierError> {
        let found: Data<NumberOrder> = self
            .client
            .get(&format!("/number_orders/{id}"), &[])
            .await?;
        Ok(found.data.order())
    }

    async fn upload(&self, document: &Upload) -> Result<String, CarrierError> {
        let query = [("filter[customer_reference][eq]", document.key.as_str())];
        let known: Listed<Known> = self.client.get("/documents", &query).await?;
        if let Some(known) = known.data.into_iter().next() {
            return Ok(known.id);
        }
        let body = json!({
            "file": STANDARD.encode(&document.bytes),
            "filename": document.file_name,
            "customer_reference": document.key,
        });
        let made: Data<Known> = self.client.post("/documents", &body).await?;
        Ok(made.data.id)
    }

    async fn name_of_need(&self, need: &str) -> Result<Option<String>, CarrierError> {
        let path = format!("/requirement_types/{need}");
        match self.client.get::<Data<NeedKind>>(&path, &[]).await {
            Ok(found) => Ok(Some(found.data.name)),
            Err(CarrierError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn answer(&self, order: &str, answers: &[(String, String)]) -> Result<(), CarrierError> {
        let values: Vec<Value> = answers
            .iter()
            .map(|(id, value)| json!({ "requirement_id": id, "field_value": value }))
            .collect();
        let body = json!({ "regulatory_requirements": values });
        let path = format!("/number_orders/{order}");
        self.client.patch::<Value>(&path, &body).await.map(drop)
    }

    async fn cancel_order(&self, id: &str) -> Result<(), CarrierError> {
        let query = [("filter[order_request_id]", id)];
        let subs: Vec<SubOrder> = self.client.list("/sub_number_orders", &query).await?;
        for sub in subs.iter().filter(|sub| sub.status == "pending") {
            let path = format!("/sub_number_orders/{}/cancel", sub.id);
            match self.client.patch::<Value>(&path, &json!({})).await {
                // What settled in the meantime is not pending any more: whoever asks sees it in the order.
                Ok(_) | Err(CarrierError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn lead_here(&self, number: &E164) -> Result<(), CarrierError> {
        let Some(connection) = &self.connection_id else {
            return Ok(());
        };
        let known = self.owned(number).await?;
        match known {
            Some(row) if row.connection_id.as_ref() == Some(connection) => Ok(()),
            Some(row) => {
                let path = format!("/phone_numbers/{}", row.id);
                let body = json!({ "connection_id": connection });
                self.client.patch::<Value>(&path, &body).await.map(drop)
            }
            None => Err(super::client::not_found(format!(
                "{number} is not one of this account's numbers"
            ))),
        }
    }

    /// Where its calls go is a field of the number, and goes with it.
    async fn lead_no_more(&self, _number: &E164) -> Result<(), CarrierError> {
        Ok(())
    }

    async fn tell_emergency(
        &self,
        number: &E164,
        address: &Address,
        who: &str,
    ) -> Result<Told, CarrierError> {
        let Some(row) = self.owned(number).await? else {
            return Err(super::client::not_found(format!(
                "{number} is not one of this account's numbers"
            )));
        };
        let body = emergency::address(number, address, who);
        let reference = body["customer_reference"].as_str().unwrap_or_default();
        let query = [("filter[customer_reference]", reference)];
        let known: Listed<Known> = self.client.get("/addresses", &query).await?;
        let id = match known.data.into_iter().next() {
            Some(known) => known.id,
            None => {
                self.client
                    .post::<Data<Known>>("/addresses", &body)
                    .await?
                    .data
                    .id
            }
        };
        if row.emergency_address_id.as_ref() != Some(&id) {
            let path = format!("/phone_numbers/{}/actions/enable_emergency", row.id);
            let body = json!({ "emergency_enabled": true, "emergency_address_id": id });
            self.client.post::<Value>(&path, &body).await?;
        }
        Ok(Told::Taken)
    }

    async fn release(&self, number: &E164) -> Result<(), CarrierError> {
        let Some(row) = self.owned(number).await? else {
            return Ok(());
        };
        match self
            .client
            .delete(&format!("/phone_numbers/{}", row.id))
            .await
        {
            Ok(()) | Err(CarrierError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Telnyx {
    /// The number as one of the account's.
    async fn owned(&self, number: &E164) -> Result<Option<Known>, CarrierError> {
        let query = [("filter[phone_number]", number.as_str())];
        let rows: Listed<Known> = self.client.get("/phone_numbers", &query).await?;
        let same = |row: &Known| row.phone_number.as_deref() == Some(number.as_str());
        Ok(rows.data.into_iter().find(same))
    }
}
