//! The AWS address with the real SDK clients.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::AttributeValue::S;
use serde_json::Value;

use crate::process::{Place, Strowger, http};

pub(crate) async fn config(running: &Strowger) -> aws_config::SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(running.aws())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "test"))
        .load()
        .await
}

/// Writes one item into the table whose stream is followed.
pub(crate) async fn put_call(config: &aws_config::SdkConfig, key: &str) {
    let client = aws_sdk_dynamodb::Client::new(config);
    let put = client
        .put_item()
        .table_name("calls")
        .item("pk", S(key.to_owned()))
        .item("sk", S("call".to_owned()));
    put.send().await.unwrap();
}

#[tokio::test]
async fn tables_are_as_declared_and_items_are_found_by_their_index() {
    let place = Place::new();
    let running = place.start();
    let config = config(&running).await;
    let client = aws_sdk_dynamodb::Client::new(&config);
    let tables = client.list_tables().send().await.unwrap();
    assert_eq!(
        tables.table_names(),
        [
            "calls",
            "connections",
            "directory",
            "dossiers",
            "mailboxes",
            "requests",
            "webhooks"
        ]
    );
    let expiry = client
        .describe_time_to_live()
        .table_name("mailboxes")
        .send()
        .await
        .unwrap();
    assert_eq!(
        expiry.time_to_live_description().unwrap().attribute_name(),
        Some("expires")
    );

    let key = |name: &str| S(format!("{name}-1"));
    let mut put = client.put_item().table_name("directory");
    for name in ["pk", "sk", "gpk", "gsk"] {
        put = put.item(name, key(name));
    }
    put.send().await.unwrap();
    let query = client
        .query()
        .table_name("directory")
        .index_name("by-key")
        .key_condition_expression("gpk = :g");
    let found = query
        .expression_attribute_values(":g", key("gpk"))
        .send()
        .await
        .unwrap();
    assert_eq!(found.count(), 1);

    let again = client
        .put_item()
        .table_name("directory")
        .item("pk", key("pk"))
        .item("sk", key("sk"));
    let refused = again
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(refused.is_conditional_check_failed_exception(), "{refused}");
    let wrong = client
        .put_item()
        .table_name("directory")
        .item("pk", key("pk"))
        .send()
        .await
        .unwrap_err();
    assert!(wrong.to_string().contains("service error"));
    assert_eq!(
        wrong.into_service_error().meta().code(),
        Some("ValidationException")
    );
}

#[tokio::test]
async fn writes_reach_the_stream_function_in_order_and_in_dynamodbs_shape() {
    let place = Place::new();
    let running = place.start();
    let config = config(&running).await;
    for n in 0..20 {
        put_call(&config, &format!("CALL#{n:02}")).await;
    }
    let records: Vec<Value> = place
        .noted("record", 20)
        .await
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let keys: Vec<&str> = records
        .iter()
        .map(|r| r["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap())
        .collect();
    assert_eq!(
        keys,
        (0..20).map(|n| format!("CALL#{n:02}")).collect::<Vec<_>>()
    );
    let first = &records[0];
    assert_eq!(
        (first["eventName"].as_str(), first["eventSource"].as_str()),
        (Some("INSERT"), Some("aws:dynamodb"))
    );
    assert_eq!(first["awsRegion"], "us-east-1");
    assert_eq!(first["dynamodb"]["NewImage"]["sk"]["S"], "call");
    assert_eq!(first["dynamodb"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert!(
        first["eventSourceARN"]
            .as_str()
            .unwrap()
            .starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/calls/stream/")
    );
}

#[tokio::test]
async fn the_streams_api_answers_the_sdk() {
    let place = Place::new();
    let running = place.start();
    let config = config(&running).await;
    put_call(&config, "CALL#1").await;
    let client = aws_sdk_dynamodbstreams::Client::new(&config);
    let streams = client
        .list_streams()
        .table_name("calls")
        .send()
        .await
        .unwrap();
    let arn = streams.streams()[0].stream_arn().unwrap();
    assert!(arn.starts_with("arn:aws:dynamodb:us-east-1:"), "{arn}");
    let stream = client
        .describe_stream()
        .stream_arn(arn)
        .send()
        .await
        .unwrap();
    let shard = stream.stream_description().unwrap().shards()[0]
        .shard_id()
        .unwrap()
        .to_owned();
    let iterator = client
        .get_shard_iterator()
        .stream_arn(arn)
        .shard_id(shard)
        .shard_iterator_type("TRIM_HORIZON".into())
        .send()
        .await
        .unwrap();
    let read = client
        .get_records()
        .set_shard_iterator(iterator.shard_iterator)
        .send()
        .await
        .unwrap();
    assert_eq!(read.records().len(), 1);
}

#[tokio::test]
async fn web_pages_foreign_hosts_and_unknown_services_are_refused() {
    let place = Place::new();
    let running = place.start();
    let aws = running.aws();
    let list = ("x-amz-target", "DynamoDB_20120810.ListTables");
    assert_eq!(http("POST", &aws, &[list], "{}").await.status, 200);
    for refused in [
        ("origin", "http://localhost:8080"),
        ("origin", "null"),
        ("host", "evil.example"),
    ] {
        let answer = http("POST", &aws, &[list, refused], "{}").await;
        assert_eq!(answer.status, 403, "{refused:?}");
        assert!(
            answer.json()["message"]
                .as_str()
                .is_some_and(|told| !told.is_empty())
        );
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
    assert_eq!(
        http(
            "POST",
            &aws,
            &[("x-amz-target", "AmazonSSM.GetParameter")],
            "{}"
        )
        .await
        .status,
        404
    );
    let unknown = http(
        "POST",
        &aws,
        &[("x-amz-target", "DynamoDB_20120810.Frobnicate")],
        "{}",
    )
    .await;
    assert_eq!(unknown.status, 400);
    assert_eq!(http("POST", &aws, &[list], "{").await.status, 400);
}

#[tokio::test]
async fn an_index_that_an_older_version_lacked_is_made_with_what_the_table_has() {
    const LACKED: [&str; 2] = ["by-shelf", "by-deadline"];
    let place = Place::new();
    let older = place.start();
    let client = aws_sdk_dynamodb::Client::new(&config(&older).await);
    for index in LACKED {
        let drop_index = aws_sdk_dynamodb::types::DeleteGlobalSecondaryIndexAction::builder()
            .index_name(index)
            .build()
            .unwrap();
        let update = aws_sdk_dynamodb::types::GlobalSecondaryIndexUpdate::builder()
            .delete(drop_index)
            .build();
        let table = client.update_table().table_name("requests");
        table
            .global_secondary_index_updates(update)
            .send()
            .await
            .unwrap();
    }
    let put = client.put_item().table_name("requests");
    let put = put.item("pk", S("R#r-1".into()));
    let put = put.item("spk", S("LIVE".into()));
    let put = put.item("qsk", S("2027#r-1".into()));
    put.item("ssk", S("2026#r-1".into())).send().await.unwrap();
    older.kill();
    let newer = place.start();
    let client = aws_sdk_dynamodb::Client::new(&config(&newer).await);
    for index in LACKED {
        let query = client.query().table_name("requests").index_name(index);
        let query = query.key_condition_expression("spk = :spk");
        let found = query
            .expression_attribute_values(":spk", S("LIVE".into()))
            .send()
            .await
            .unwrap();
        assert_eq!(found.items()[0]["pk"], S("R#r-1".into()), "{index}");
    }
}
