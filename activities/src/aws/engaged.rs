//! Who is in which call: one item per person in the table `calls`, written and deleted in the transactions of the calls' records.
use super::item::s;
use super::table::{self, SERVICE};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use contract::{CallId, PersonId};

const SORT_KEY: &str = "ENGAGED";

/// Why nothing of a transaction was written. Its first item is the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// The record is not the one that was read.
    Record,
    /// Somebody is in another call.
    Engagement,
    /// Another transaction was at one of the items: try again.
    Crossed,
}

impl Cancelled {
    /// From the codes of the reasons, one per item, if it is one of these.
    fn from_codes(codes: &[Option<&str>]) -> Option<Self> {
        let is = |code: &Option<&str>, wanted| *code == Some(wanted);
        if codes
            .first()
            .is_some_and(|code| is(code, "ConditionalCheckFailed"))
        {
            Some(Self::Record)
        } else if codes.iter().any(|code| is(code, "TransactionConflict")) {
            Some(Self::Crossed)
        } else if codes.iter().any(|code| is(code, "ConditionalCheckFailed")) {
            Some(Self::Engagement)
        } else {
            None
        }
    }
}

fn key(person: &PersonId) -> String {
    format!("P#{person}")
}

impl Aws {
    /// Engages these people in a call, if they are in no other.
    pub(super) fn engagements<'p>(
        &self,
        call: &CallId,
        people: impl Iterator<Item = &'p PersonId>,
    ) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let engage = |person| {
            let put = Put::builder()
                .table_name(&self.names.calls)
                .item("pk", s(key(person)))
                .item("sk", s(SORT_KEY))
                .item("call", s(call.as_str()))
                .condition_expression("attribute_not_exists(pk) OR #call = :call")
                .expression_attribute_names("#call", "call")
                .expression_attribute_values(":call", s(call.as_str()));
            table::put(put)
        };
        people.map(engage).collect()
    }

    /// Frees these people. No condition: who is named by a live record is engaged by it.
    pub(super) fn releases<'p>(
        &self,
        people: impl Iterator<Item = &'p PersonId>,
    ) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let release = |person| table::delete(&self.names.calls, key(person), SORT_KEY);
        people.map(release).collect()
    }

    /// The call that a person is in.
    pub(super) async fn engagement(
        &self,
        person: &PersonId,
    ) -> Result<Option<CallId>, Unavailable> {
        let get = self
            .dynamodb
            .get_item()
            .table_name(&self.names.calls)
            .key("pk", s(key(person)))
            .key("sk", s(SORT_KEY));
        let found = get
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable(SERVICE))?;
        let item = found.item.unwrap_or_default();
        Ok(item
            .get("call")
            .and_then(|call| call.as_s().ok())
            .map(|call| CallId::from(call.as_str())))
    }

    /// Writes a record with what belongs to it, all or nothing; `Some` if nothing was written.
    pub(super) async fn write_calls(
        &self,
        items: Vec<TransactWriteItem>,
    ) -> Result<Option<Cancelled>, Unavailable> {
        let written = self
            .dynamodb
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
            .await;
        let Err(error) = written else {
            return Ok(None);
        };
        let cancelled = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let reasons = cancelled.cancellation_reasons();
                let codes: Vec<_> = reasons.iter().map(|reason| reason.code()).collect();
                Cancelled::from_codes(&codes)
            }
            Some(_) | None => None,
        };
        match cancelled {
            Some(cancelled) => Ok(Some(cancelled)),
            None => Err(Unavailable::new(SERVICE, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_changed_comes_before_everything_and_a_crossing_is_no_refusal() {
        let (no, failed, crossed) = (
            Some("None"),
            Some("ConditionalCheckFailed"),
            Some("TransactionConflict"),
        );
        for (codes, expected) in [
            ([failed, failed, crossed], Some(Cancelled::Record)),
            ([no, failed, crossed], Some(Cancelled::Crossed)),
            ([crossed, no, no], Some(Cancelled::Crossed)),
            ([no, no, failed], Some(Cancelled::Engagement)),
            ([no, Some("ThrottlingError"), None], None),
        ] {
            assert_eq!(Cancelled::from_codes(&codes), expected, "{codes:?}");
        }
    }
}
