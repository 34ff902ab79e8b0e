//! The AWS SDK sends; the folder and the outbox have it.

use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use axum::body::{Body as Bytes, to_bytes};
use axum::http::Request;
use mail::Outbox;
use serde_json::Value;
use tower::ServiceExt;

fn content(text: &str) -> Content {
    Content::builder().data(text).build().unwrap()
}

async fn client(outbox: &Outbox) -> aws_sdk_sesv2::Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = outbox.api_router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let config = aws_sdk_sesv2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    aws_sdk_sesv2::Client::from_conf(config)
}

fn send(
    client: &aws_sdk_sesv2::Client,
    to: &str,
    subject: &str,
) -> aws_sdk_sesv2::operation::send_email::builders::SendEmailFluentBuilder {
    let body = Body::builder()
        .text(content("Hello http://a.test/x"))
        .build();
    let message = Message::builder().subject(content(subject)).body(body);
    let simple = EmailContent::builder().simple(message.build()).build();
    let to = Destination::builder().to_addresses(to).build();
    let send = client.send_email().from_email_address("phone@example.test");
    send.destination(to).content(simple)
}

async fn get(outbox: &Outbox, path: &str) -> (u16, String) {
    let request = Request::get(path).body(Bytes::empty()).unwrap();
    let answer = outbox.practice_router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_mail_that_was_sent_is_a_file_and_in_the_outbox_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(dir.path().to_owned()).unwrap();
    let client = client(&outbox).await;
    let mut ids = Vec::new();
    for (to, subject) in [
        ("ann@example.test", "One"),
        ("Ben <ben@example.test>", "Two"),
    ] {
        let sent = send(&client, to, subject).send().await.unwrap();
        ids.push(sent.message_id.unwrap());
    }
    let again = Outbox::open(dir.path().to_owned()).unwrap();
    let (_, listed) = get(&again, "/practice/mail/messages").await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let subjects: Vec<_> = listed["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["subject"].clone())
        .collect();
    assert_eq!(subjects.len(), 2);
    let (_, of_ben) = get(&again, "/practice/mail/messages?to=BEN@example.test").await;
    let of_ben: Value = serde_json::from_str(&of_ben).unwrap();
    assert_eq!(of_ben["messages"][0]["subject"], "Two");
    assert_eq!(of_ben["messages"].as_array().unwrap().len(), 1);
    let eml = std::fs::read_to_string(dir.path().join(format!("{}.eml", ids[0]))).unwrap();
    assert!(eml.contains("Subject: One"), "{eml}");
    let (status, file) = get(&again, &format!("/practice/mail/messages/{}/eml", ids[0])).await;
    assert_eq!((status, file), (200, eml));
    let (_, page) = get(&again, "/practice/mail").await;
    assert!(page.contains("<a href=\"http://a.test/x\">"), "{page}");
    for gone in ["nobody", "..%2f..%2fetc"] {
        assert_eq!(
            get(&again, &format!("/practice/mail/messages/{gone}"))
                .await
                .0,
            404
        );
    }
}

#[tokio::test]
async fn what_ses_would_not_take_is_refused_in_its_way() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(dir.path().to_owned()).unwrap();
    let client = client(&outbox).await;
    let refused = send(&client, "nobody", "One")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(refused.is_bad_request_exception(), "{refused:?}");
    assert_eq!(
        refused.meta().message(),
        Some("\"nobody\" is no e-mail address")
    );
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    assert!(client.list_contact_lists().send().await.is_err());
}
