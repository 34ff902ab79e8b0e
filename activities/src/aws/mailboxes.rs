//! [`Mailboxes`] on DynamoDB: table `mailboxes`, one item per call, `pk` = `C#<call>`, the mailbox as JSON text in `body`.
use super::item::{n, s};
use super::table::{SERVICE, written};
use super::{Aws, unavailable};
use crate::mailbox::Mailbox;
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::mailboxes::{Mailboxes, Versioned};
use aws_sdk_dynamodb::types::AttributeValue;
use contract::CallId;
use jiff::Timestamp;
use std::collections::HashMap;

/// How long a mailbox stays after its last change, in seconds. The longest call is 5 hours; a late event of a phone leg must still
/// find that its call is over.
const KEPT_S: i64 = 2 * 24 * 60 * 60;

fn key(call: &CallId) -> String {
    format!("C#{call}")
}

fn read(item: &HashMap<String, AttributeValue>) -> Result<Versioned, Unavailable> {
    let broken = || Unavailable::new(SERVICE, "a mailbox item has no version or no body");
    let version = item
        .get("version")
        .and_then(|v| v.as_n().ok())
        .and_then(|v| v.parse().ok())
        .ok_or_else(broken)?;
    let body = item
        .get("body")
        .and_then(|v| v.as_s().ok())
        .ok_or_else(broken)?;
    let mailbox = serde_json::from_str(body).map_err(|error| Unavailable::new(SERVICE, error))?;
    Ok(Versioned { version, mailbox })
}

impl Mailboxes for Aws {
    async fn load(&self, call: &CallId) -> Result<Option<Versioned>, Unavailable> {
        let get = self
            .dynamodb
            .get_item()
            .table_name(&self.names.mailboxes)
            .key("pk", s(key(call)));
        let found = get
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable(SERVICE))?;
        found.item.as_ref().map(read).transpose()
    }

    async fn store(
        &self,
        call: &CallId,
        mailbox: &Mailbox,
        expected: u64,
    ) -> Result<Write, Unavailable> {
        let body =
            serde_json::to_string(mailbox).map_err(|error| Unavailable::new(SERVICE, error))?;
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.names.mailboxes)
            .item("pk", s(key(call)))
            .item("version", AttributeValue::N((expected + 1).to_string()))
            .item("body", s(body))
            .item("expires", n(Timestamp::now().as_second() + KEPT_S));
        let put = if expected == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("version = :expected")
                .expression_attribute_values(":expected", AttributeValue::N(expected.to_string()))
        };
        written(put.send().await)
    }
}
