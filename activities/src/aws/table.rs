//! What the tables' adapters share: conditional writes, transactions, queries page by page.
use super::item::Item;
use super::unavailable;
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder};
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use std::fmt::Debug;

/// What [`Unavailable`] calls it.
pub(super) const SERVICE: &str = "DynamoDB";

/// What became of a write with a condition. One that crossed a transaction was not done either.
pub(super) fn written<T, E, R>(answer: Result<T, SdkError<E, R>>) -> Result<Write, Unavailable>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    let Err(error) = answer else {
        return Ok(Write::Done);
    };
    match error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
    {
        Some("ConditionalCheckFailedException" | "TransactionConflictException") => {
            Ok(Write::Conflict)
        }
        Some(_) | None => Err(unavailable(SERVICE)(error)),
    }
}

/// Why a transaction was cancelled: a code for each of its items.
pub(super) fn codes(error: &TransactWriteItemsError) -> Vec<Option<String>> {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let reasons = cancelled.cancellation_reasons().iter();
            reasons
                .map(|reason| reason.code().map(ToOwned::to_owned))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A part of a transaction.
pub(super) fn put(put: PutBuilder) -> Result<TransactWriteItem, Unavailable> {
    let put = put
        .build()
        .map_err(|error| Unavailable::new(SERVICE, error))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// A part of a transaction: the item of this key goes, if it is there.
pub(super) fn delete(
    table: &str,
    pk: impl Into<String>,
    sk: impl Into<String>,
) -> Result<TransactWriteItem, Unavailable> {
    let delete: DeleteBuilder = Delete::builder()
        .table_name(table)
        .key("pk", super::item::s(pk))
        .key("sk", super::item::s(sk));
    let delete = delete
        .build()
        .map_err(|error| Unavailable::new(SERVICE, error))?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// The first `max` items that a query finds, page by page.
pub(super) async fn all(query: QueryFluentBuilder, max: usize) -> Result<Vec<Item>, Unavailable> {
    let mut items = Vec::new();
    let mut from = None;
    loop {
        let page = query
            .clone()
            .set_exclusive_start_key(from)
            .send()
            .await
            .map_err(unavailable(SERVICE))?;
        items.extend(page.items.unwrap_or_default());
        from = page.last_evaluated_key;
        if from.is_none() || items.len() >= max {
            items.truncate(max);
            return Ok(items);
        }
    }
}
