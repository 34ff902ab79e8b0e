//! [`Sessions`](crate::ports::sessions) on DynamoDB.
//!
//! Items of table `directory`, all of which go by themselves at `expires`: session `S#<family>`/`SESSION`; attempts
//! `L#<key>`/`LIMIT`; request keys `K#<person>`/`<key>`.
use super::item::{from_item, n, s, to_item};
use super::table::{SERVICE, written};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::sessions::{Claim, SessionRecord, Sessions};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use contract::PersonId;

fn session_key(family: &str) -> String {
    format!("S#{family}")
}

impl Aws {
    /// A change of a counter of attempts.
    fn attempts(&self, key: &str) -> UpdateItemFluentBuilder {
        self.dynamodb
            .update_item()
            .table_name(&self.names.directory)
            .key("pk", s(format!("L#{key}")))
            .key("sk", s("LIMIT"))
    }
}

impl Sessions for Aws {
    async fn create_session(&self, session: &SessionRecord) -> Result<(), Unavailable> {
        let pk = session_key(&session.family);
        let item = to_item(session, &[("pk", &pk), ("sk", "SESSION")]);
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.names.directory)
            .set_item(Some(item));
        put.send().await.map(|_| ()).map_err(unavailable(SERVICE))
    }

    async fn session(&self, family: &str) -> Result<Option<SessionRecord>, Unavailable> {
        let get = self
            .dynamodb
            .get_item()
            .table_name(&self.names.directory)
            .key("pk", s(session_key(family)))
            .key("sk", s("SESSION"))
            .consistent_read(true);
        let item = get.send().await.map_err(unavailable(SERVICE))?.item;
        item.map(from_item)
            .transpose()
            .map_err(|error| Unavailable::new("sessions", error))
    }

    async fn rotate_session(
        &self,
        session: &SessionRecord,
        expected: &str,
    ) -> Result<Write, Unavailable> {
        let pk = session_key(&session.family);
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.names.directory)
            .set_item(Some(to_item(session, &[("pk", &pk), ("sk", "SESSION")])))
            // `current` is a reserved word of expressions.
            .condition_expression("#current = :expected")
            .expression_attribute_names("#current", "current")
            .expression_attribute_values(":expected", s(expected));
        written(put.send().await)
    }

    async fn end_session(&self, family: &str) -> Result<(), Unavailable> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.names.directory)
            .key("pk", s(session_key(family)))
            .key("sk", s("SESSION"));
        delete
            .send()
            .await
            .map(|_| ())
            .map_err(unavailable(SERVICE))
    }

    async fn count(&self, key: &str, expires: i64) -> Result<u32, Unavailable> {
        let update = self
            .attempts(key)
            .update_expression("ADD attempts :one SET expires = :expires")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":expires", n(expires))
            .return_values(ReturnValue::UpdatedNew);
        let attributes = update
            .send()
            .await
            .map_err(unavailable(SERVICE))?
            .attributes
            .unwrap_or_default();
        let count = attributes
            .get("attempts")
            .and_then(|count| count.as_n().ok())
            .and_then(|count| count.parse().ok());
        count.ok_or_else(|| Unavailable::new(SERVICE, "a counter without a count"))
    }

    async fn uncount(&self, key: &str) -> Result<(), Unavailable> {
        let update = self
            .attempts(key)
            .update_expression("ADD attempts :one")
            .condition_expression("attempts > :zero")
            .expression_attribute_values(":one", n(-1))
            .expression_attribute_values(":zero", n(0));
        match written(update.send().await)? {
            // The window is over and its counter gone.
            Write::Done | Write::Conflict => Ok(()),
        }
    }

    async fn claim(
        &self,
        person: &PersonId,
        key: &str,
        fingerprint: &str,
        subject: &str,
        expires: i64,
    ) -> Result<Claim, Unavailable> {
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.names.directory)
            .item("pk", s(format!("K#{person}")))
            .item("sk", s(key))
            .item("fingerprint", s(fingerprint))
            .item("subject", s(subject))
            .item("expires", n(expires))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else {
            return Ok(Claim::Fresh);
        };
        let Some(PutItemError::ConditionalCheckFailedException(held)) = error.as_service_error()
        else {
            return Err(unavailable(SERVICE)(error));
        };
        let text = |name: &str| {
            held.item
                .as_ref()?
                .get(name)
                .map(AttributeValue::as_s)?
                .ok()
                .map(String::as_str)
        };
        match (text("fingerprint"), text("subject")) {
            (Some(held), Some(subject)) if held == fingerprint => {
                Ok(Claim::Same(subject.to_owned()))
            }
            (Some(_), Some(_)) => Ok(Claim::Different),
            (None, _) | (_, None) => Err(Unavailable::new(
                SERVICE,
                "a request key without its request",
            )),
        }
    }
}
