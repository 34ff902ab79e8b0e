//! S3 and SES beside the platform: what functions find, what a page may do, what stays.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use serde_json::{Value, json};

use crate::process::{Place, Strowger, http};

/// What a function finds in its environment, as its SDK reads it.
async fn config(env: &Value) -> aws_config::SdkConfig {
    let text = |name: &str| env[name].as_str().unwrap().to_owned();
    let (id, secret) = (text("AWS_ACCESS_KEY_ID"), text("AWS_SECRET_ACCESS_KEY"));
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .load()
        .await
}

async fn s3(env: &Value) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&config(env).await);
    let endpoint = env["AWS_ENDPOINT_URL_S3"].as_str().unwrap();
    aws_sdk_s3::Client::from_conf(config.endpoint_url(endpoint).build())
}

async fn environment(running: &Strowger) -> Value {
    running.invoke("turn", &json!({ "do": "env" })).await.1
}

#[tokio::test]
async fn a_page_puts_a_document_where_functions_read_it_also_after_a_kill() {
    let place = Place::new();
    let first = place.start();
    let env = environment(&first).await;
    assert_eq!(env["DOCUMENTS_BUCKET"], "documents");
    let client = s3(&env).await;
    let minute = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let made = client.put_object().bucket("documents").key("t/1/a");
    let made = made
        .content_type("image/png")
        .presigned(minute)
        .await
        .unwrap();
    let page = first.web();
    let headers = [("origin", page.as_str()), ("content-type", "image/png")];
    let put = http("PUT", made.uri(), &headers, "a picture").await;
    assert_eq!(put.status, 200, "{}", String::from_utf8_lossy(&put.body));
    assert_eq!(put.headers["access-control-allow-origin"], page.as_str());
    let foreign = [
        ("origin", "http://evil.example"),
        ("content-type", "image/png"),
    ];
    assert_eq!(http("PUT", made.uri(), &foreign, "x").await.status, 403);
    // The page's policy lets it speak to that address.
    let shown = http("GET", &page, &[], "").await;
    let policy = shown.headers["content-security-policy"].to_str().unwrap();
    let endpoint = env["AWS_ENDPOINT_URL_S3"].as_str().unwrap();
    assert!(policy.contains(endpoint), "{policy}");
    first.kill();

    let second = place.start();
    let client = s3(&environment(&second).await).await;
    let read = client
        .get_object()
        .bucket("documents")
        .key("t/1/a")
        .send()
        .await
        .unwrap();
    assert_eq!(read.content_type(), Some("image/png"));
    assert_eq!(read.body.collect().await.unwrap().to_vec(), b"a picture");
    // What lies in buckets is what Map states read.
    let write = client.put_object().bucket("documents").key("list.json");
    write
        .body(ByteStream::from_static(b"[]"))
        .send()
        .await
        .unwrap();
    assert!(place.path("data/buckets/documents/list.json").is_file());
}

#[tokio::test]
async fn mails_that_functions_send_are_in_the_outbox_of_this_machine_alone() {
    let place = Place::new();
    let running = place.start();
    let env = environment(&running).await;
    let endpoint = env["AWS_ENDPOINT_URL_SESV2"].as_str().unwrap();
    let config = aws_sdk_sesv2::config::Builder::from(&config(&env).await);
    let client = aws_sdk_sesv2::Client::from_conf(config.endpoint_url(endpoint).build());
    let text = |text: &str| Content::builder().data(text).build().unwrap();
    let body = Body::builder().text(text("Hello")).build();
    let message = Message::builder().subject(text("Invitation")).body(body);
    let content = EmailContent::builder().simple(message.build()).build();
    let to = Destination::builder()
        .to_addresses("ann@example.test")
        .build();
    let send = client.send_email().from_email_address("phone@example.test");
    send.destination(to).content(content).send().await.unwrap();

    let outbox = running.ready["outbox"].as_str().unwrap();
    let list = format!("{outbox}/messages?to=ann@example.test");
    let mails = http("GET", &list, &[], "").await.json();
    assert_eq!(mails["messages"][0]["subject"], "Invitation");
    assert_eq!(mails["messages"][0]["text"], "Hello");
    assert_eq!(http("GET", outbox, &[], "").await.status, 200);
    let foreign = [("origin", "http://evil.example")];
    assert_eq!(http("GET", &list, &foreign, "").await.status, 403);
    let rebound = [("host", "evil.example")];
    assert_eq!(http("GET", &list, &rebound, "").await.status, 403);
}
