//! DynamoDB tables.

use serde_json::{Value, json};

use crate::aws_call::{Aws, CallError};
use crate::fail::StartError;
use crate::stack::Table;

/// Makes a table that is not there, and sets its time to live.
pub async fn ensure(aws: &Aws, name: &str, table: &Table) -> Result<(), StartError> {
    let refused = |error: CallError| StartError::part("DynamoDB", error);
    let called = json!({ "TableName": name });
    match aws.json("DynamoDB_20120810.DescribeTable", &called).await {
        Ok(found) => {
            same_keys(name, table, &found["Table"])?;
            for update in missing_indexes(name, table, &found["Table"]) {
                aws.json("DynamoDB_20120810.UpdateTable", &update)
                    .await
                    .map_err(refused)?;
            }
        }
        Err(error) if error.kind == "ResourceNotFoundException" => {
            let mut create = table.create.clone();
            create.insert("TableName".to_owned(), json!(name));
            aws.json("DynamoDB_20120810.CreateTable", &Value::Object(create))
                .await
                .map_err(refused)?;
        }
        Err(error) => return Err(refused(error)),
    }
    let Some(wanted) = &table.time_to_live_specification else {
        return Ok(());
    };
    let found = aws
        .json("DynamoDB_20120810.DescribeTimeToLive", &called)
        .await
        .map_err(refused)?;
    if found["TimeToLiveDescription"]["AttributeName"] != wanted["AttributeName"] {
        let update = json!({ "TableName": name, "TimeToLiveSpecification": wanted });
        aws.json("DynamoDB_20120810.UpdateTimeToLive", &update)
            .await
            .map_err(refused)?;
    }
    Ok(())
}

/// What makes the indexes that a table of an older version lacks: one at a time, as DynamoDB has it.
fn missing_indexes(name: &str, wanted: &Table, found: &Value) -> Vec<Value> {
    let names = |list: Option<&Value>| -> Vec<Value> {
        let list = list.and_then(Value::as_array).into_iter().flatten();
        list.map(|index| index["IndexName"].clone()).collect()
    };
    let there = names(found.get("GlobalSecondaryIndexes"));
    let wanted_indexes = wanted.create.get("GlobalSecondaryIndexes");
    let lists = wanted_indexes
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    lists
        .filter(|index| !there.contains(&index["IndexName"]))
        .map(|index| {
            json!({
                "TableName": name,
                "AttributeDefinitions": wanted.create.get("AttributeDefinitions"),
                "GlobalSecondaryIndexUpdates": [{ "Create": index }],
            })
        })
        .collect()
}

/// A table of an older design would answer in surprising ways; better to say so at once.
fn same_keys(name: &str, wanted: &Table, found: &Value) -> Result<(), StartError> {
    if found["KeySchema"] == *wanted.create.get("KeySchema").unwrap_or(&Value::Null) {
        return Ok(());
    }
    let reason =
        format!("table {name} has other keys than this version declares; use another data folder");
    Err(StartError::part("DynamoDB", reason))
}
