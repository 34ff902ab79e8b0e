//! Porting with Telnyx: <https://developers.telnyx.com/docs/numbers/porting/getting-started>.
//!
//! Telnyx has no idempotency key for these: an order carries the request's id as `customer_reference` and is looked for by it before
//! it is made.
use super::port_rows::{
    Checked, Comment, ConnectionRow, Known, Ordered, OutRow, Requirement, number_of,
};
use super::{Data, Listed, Telnyx};
use crate::ports::carriers::{CarrierError, Offer, Reason, Refusal, Upload};
use crate::ports::porting::{
    CarrierComment, CarrierPort, CarrierPortOut, CarrierStatus, MAX_PORT_OUTS, NewPort, OutRefusal,
    PortFill, Portable, Porting,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::E164;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Most numbers of one portability check.
const CHECK_MAX: usize = 1_000;

impl Telnyx {
    /// An order with its numbers and needs.
    async fn whole(&self, row: Ordered) -> Result<CarrierPort, CarrierError> {
        let query = [("filter[porting_order_id]", row.id.as_str())];
        let numbers: Vec<Value> = self.client.list("/porting_phone_numbers", &query).await?;
        let status = row.status();
        let lines = numbers
            .iter()
            .filter_map(|number| number_of(number, status))
            .collect();
        let path = format!("/porting_orders/{}/requirements", row.id);
        let needs: Vec<Requirement> = self.client.list(&path, &[]).await?;
        Ok(row.port(lines, needs))
    }

    async fn all_whole(&self, rows: Vec<Ordered>) -> Result<Vec<CarrierPort>, CarrierError> {
        let mut ports = Vec::with_capacity(rows.len());
        for row in rows {
            ports.push(self.whole(row).await?);
        }
        Ok(ports)
    }

    async fn ordered(&self, id: &str) -> Result<Ordered, CarrierError> {
        let path = format!("/porting_orders/{id}");
        let query = [("include_phone_numbers", "false")];
        let row: Data<Ordered> = self.client.get(&path, &query).await?;
        Ok(row.data)
    }

    async fn act(&self, id: &str, action: &str) -> Result<(), CarrierError> {
        let path = format!("/porting_orders/{id}/actions/{action}");
        self.client.post::<Value>(&path, &json!({})).await.map(drop)
    }
}

impl Porting for Telnyx {
    fn by_hand(&self) -> bool {
        false
    }

    fn scheme(&self) -> &'static str {
        "telnyx"
    }

    fn legal_name(&self) -> String {
        "Telnyx LLC".to_owned()
    }

    /// It is asked of each number.
    async fn takes(&self) -> Result<Option<Vec<Offer>>, CarrierError> {
        Ok(None)
    }

    async fn portability(&self, numbers: &[E164]) -> Result<Vec<Portable>, CarrierError> {
        let mut found = Vec::new();
        for part in numbers.chunks(CHECK_MAX) {
            let body = json!({ "phone_numbers": part });
            let checked: Data<Vec<Checked>> =
                self.client.post("/portability_checks", &body).await?;
            found.extend(checked.data.into_iter().map(|row| Portable {
                number: row.phone_number,
                portable: row.portable,
                why: row.not_portable_reason.filter(|why| !why.is_empty()),
            }));
        }
        Ok(found)
    }

    async fn find_ports(&self, key: &str) -> Result<Vec<CarrierPort>, CarrierError> {
        let query = [
            ("filter[customer_reference]", key),
            ("include_phone_numbers", "false"),
        ];
        let mut rows: Vec<Ordered> = self.client.list("/porting_orders", &query).await?;
        // Whoever asks cancels what it finds: a filter that finds more must not reach another request's orders.
        let is_of_key = |row: &Ordered| row.customer_reference.as_deref() == Some(key);
        rows.retain(|row| is_of_key(row) && row.status() != CarrierStatus::Cancelled);
        self.all_whole(rows).await
    }

    async fn key_of_port(&self, id: &str) -> Result<Option<String>, CarrierError> {
        let row = self.ordered(id).await?;
        Ok(row.customer_reference.filter(|key| !key.is_empty()))
    }

    async fn open_ports(&self, port: &NewPort) -> Result<Vec<CarrierPort>, CarrierError> {
        let known = self.find_ports(&port.key).await?;
        if !known.is_empty() {
            return Ok(known);
        }
        let body = json!({ "phone_numbers": port.numbers, "customer_reference": port.key });
        let made: Data<Vec<Ordered>> = self.client.post("/porting_orders", &body).await?;
        self.all_whole(made.data).await
    }

    async fn rename_port(&self, id: &str, key: &str) -> Result<(), CarrierError> {
        let body = json!({ "customer_reference": key });
        let path = format!("/porting_orders/{id}");
        self.client.patch::<Value>(&path, &body).await.map(drop)
    }

    async fn port_state(&self, id: &str) -> Result<CarrierPort, CarrierError> {
        let row = self.ordered(id).await?;
        self.whole(row).await
    }

    async fn give(&self, paper: &Upload) -> Result<String, CarrierError> {
        let query = [("filter[customer_reference][eq]", paper.key.as_str())];
        let known: Listed<Known> = self.client.get("/documents", &query).await?;
        if let Some(known) = known.data.into_iter().next() {
            return Ok(known.id);
        }
        let body = json!({
            "file": STANDARD.encode(&paper.bytes),
            "filename": paper.file_name,
            "customer_reference": paper.key,
        });
        let made: Data<Known> = self.client.post("/documents", &body).await?;
        Ok(made.data.id)
    }

    async fn fill_port(&self, id: &str, fill: &PortFill) -> Result<(), CarrierError> {
        let mut body = filled(fill);
        if let Some(connection) = &self.connection_id {
            body["phone_number_configuration"] = json!({ "connection_id": connection });
        }
        let path = format!("/porting_orders/{id}");
        self.client.patch::<Value>(&path, &body).await.map(drop)
    }

    async fn submit_port(&self, id: &str) -> Result<(), CarrierError> {
        let Err(error) = self.act(id, "confirm").await else {
            return Ok(());
        };
        // It was submitted before and the answer was lost, or Telnyx took the correction by itself.
        let now = self.port_state(id).await?;
        match now.status {
            CarrierStatus::InReview | CarrierStatus::AtDonor | CarrierStatus::DateConfirmed => {
                Ok(())
            }
            CarrierStatus::Draft
            | CarrierStatus::Refused
            | CarrierStatus::Ported
            | CarrierStatus::CancelPending
            | CarrierStatus::Cancelled => Err(error),
        }
    }

    async fn cancel_port(&self, id: &str) -> Result<(), CarrierError> {
        let known = self.port_state(id).await?;
        match known.status {
            CarrierStatus::CancelPending | CarrierStatus::Cancelled => Ok(()),
            // A draft is not cancelled but taken away.
            CarrierStatus::Draft => self.client.delete(&format!("/porting_orders/{id}")).await,
            CarrierStatus::InReview
            | CarrierStatus::AtDonor
            | CarrierStatus::Refused
            | CarrierStatus::DateConfirmed
            | CarrierStatus::Ported => self.act(id, "cancel").await,
        }
    }

    async fn activate_port(&self, id: &str) -> Result<(), CarrierError> {
        self.act(id, "activate").await
    }

    /// The connection that the numbers are put on when they are there, and whether it is there and switched on:
    /// <https://developers.telnyx.com/api-reference/connections/retrieve-a-connection>.
    async fn not_led(&self, id: Option<&str>, _: &[E164]) -> Result<Vec<String>, CarrierError> {
        let Some(ours) = &self.connection_id else {
            return Ok(Vec::new());
        };
        let mut why = Vec::new();
        if let Some(id) = id {
            let order = self.ordered(id).await?;
            // What has come is led here number by number.
            if order.status() != CarrierStatus::Ported {
                why.extend(order.not_on(ours));
            }
        }
        let path = format!("/connections/{ours}");
        match self.client.get::<Data<ConnectionRow>>(&path, &[]).await {
            Ok(found) if found.data.active == Some(false) => {
                why.push(format!("the carrier's connection {ours} is switched off"));
            }
            Ok(_) => {}
            Err(CarrierError::NotFound(_)) => {
                why.push(format!("the carrier has no connection {ours}"));
            }
            Err(error) => return Err(error),
        }
        Ok(why)
    }

    async fn ask_date(&self, id: &str, foc: Timestamp) -> Result<(), CarrierError> {
        let body = json!({ "activation_settings": { "foc_datetime_requested": foc } });
        let path = format!("/porting_orders/{id}");
        self.client.patch::<Value>(&path, &body).await.map(drop)
    }

    async fn comment_port(&self, id: &str, text: &str) -> Result<(), CarrierError> {
        let path = format!("/porting_orders/{id}/comments");
        let body = json!({ "body": text });
        self.client.post::<Value>(&path, &body).await.map(drop)
    }

    async fn comments(&self, id: &str) -> Result<Vec<CarrierComment>, CarrierError> {
        let path = format!("/porting_orders/{id}/comments");
        let rows: Vec<Comment> = self.client.list(&path, &[]).await?;
        let theirs = rows.into_iter().filter_map(Comment::of_the_carrier);
        Ok(theirs.collect())
    }

    async fn open_port_outs(&self) -> Result<Vec<CarrierPortOut>, CarrierError> {
        let query = [
            ("filter[status_in][]", "pending"),
            ("filter[status_in][]", "authorized"),
            ("filter[status_in][]", "rejected-pending"),
        ];
        let rows: Vec<OutRow> = self.client.list("/portouts", &query).await?;
        let rows = rows.into_iter().take(MAX_PORT_OUTS);
        Ok(rows.map(OutRow::port_out).collect())
    }

    async fn port_out(&self, id: &str) -> Result<CarrierPortOut, CarrierError> {
        let row: Data<OutRow> = self.client.get(&format!("/portouts/{id}"), &[]).await?;
        let mut out = row.data.port_out();
        // The PIN is told with the event alone.
        let query = [("filter[portout_id]", id)];
        let events: Vec<Value> = self.client.list("/portouts/events", &query).await?;
        out.pin = events
            .iter()
            .find_map(|event| event["payload"]["attempted_pin"].as_str())
            .map(str::to_owned);
        Ok(out)
    }

    async fn answer_port_out(
        &self,
        id: &str,
        refusal: Option<OutRefusal>,
        note: &str,
    ) -> Result<(), CarrierError> {
        let Some(refusal) = refusal else {
            let path = format!("/portouts/{id}/authorized");
            return self
                .client
                .patch::<Value>(&path, &json!({}))
                .await
                .map(drop);
        };
        let code = self.rejection_code(id, refusal).await?;
        let reason = format!("{code} {note}").trim().to_owned();
        let path = format!("/portouts/{id}/rejected-pending");
        let body = json!({ "reason": reason });
        self.client.patch::<Value>(&path, &body).await.map(drop)
    }
}

impl Telnyx {
    /// The code that Telnyx has for a reason with this port-out: the list differs by port-out.
    async fn rejection_code(&self, id: &str, refusal: OutRefusal) -> Result<u64, CarrierError> {
        let path = format!("/portouts/rejections/{id}");
        let rows: Data<Vec<Value>> = self.client.get(&path, &[]).await?;
        let word = match refusal {
            OutRefusal::WrongPin => "pin",
            OutRefusal::WrongAccount => "account",
            OutRefusal::WrongName => "name",
        };
        let fits = |row: &&Value| {
            let text = row["description"].as_str().unwrap_or_default();
            text.to_lowercase().contains(word)
        };
        let code = rows
            .data
            .iter()
            .find(fits)
            .and_then(|row| row["code"].as_u64());
        code.ok_or_else(|| {
            CarrierError::Refused(Refusal {
                status: 0,
                reasons: vec![Reason {
                    code: "no-such-reason".to_owned(),
                    title: "Telnyx lists no such reason for this port-out".to_owned(),
                    detail: String::new(),
                    source: None,
                }],
            })
        })
    }
}

/// The body of <https://developers.telnyx.com/api-reference/porting-orders/edit-a-porting-order>.
fn filled(fill: &PortFill) -> Value {
    let requirements: Vec<Value> = fill
        .answers
        .iter()
        .map(|(id, value)| json!({ "requirement_type_id": id, "field_value": value }))
        .collect();
    let misc = if fill.is_full {
        json!({ "type": "full" })
    } else {
        json!({
            "type": "partial",
            "remaining_numbers_action": if fill.keeps_others { "keep" } else { "disconnect" },
            "new_billing_phone_number": fill.new_billing_number,
        })
    };
    let mut body = json!({
        "end_user": {
            "admin": {
                "entity_name": fill.entity_name,
                "auth_person_name": fill.signer,
                "account_number": fill.account_number,
                "billing_phone_number": fill.billing_number,
                "pin_passcode": fill.pin,
            },
            "location": {
                "street_address": fill.street,
                "extended_address": fill.extended,
                "locality": fill.city,
                "administrative_area": fill.region,
                "postal_code": fill.postal_code,
                "country_code": fill.country,
            },
        },
        "documents": { "loa": fill.letter, "invoice": fill.invoice },
        "misc": misc,
        "requirements": requirements,
    });
    if let Some(foc) = fill.foc {
        body["activation_settings"] = json!({ "foc_datetime_requested": foc });
    }
    body
}
