//! The AWS SDK, and plain requests as a browser on another origin sends them.

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, ServerSideEncryption};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::rt::TokioExecutor;
use objects::{Config, MAX_OBJECT_BYTES, Objects};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;

const PAGE: &str = "http://localhost:8080";
const SECRET: &str = "a-secret-of-this-folder";

struct Service {
    client: aws_sdk_s3::Client,
    endpoint: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn client(endpoint: &str, secret: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", secret, None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

async fn service(dir: &Path) -> Service {
    service_with(dir, "a secret of these tests").await
}

async fn service_with(dir: &Path, encryption: &str) -> Service {
    let config = Config {
        dir: dir.to_owned(),
        access_key_id: "local".to_owned(),
        secret_access_key: SECRET.to_owned(),
        encryption_secret: encryption.to_owned(),
        buckets: vec!["documents".to_owned()],
        origins: vec![PAGE.to_owned()],
    };
    let objects = Objects::open(config).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = objects.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = client(&endpoint, SECRET);
    Service {
        client,
        endpoint,
        server,
    }
}

fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

/// A URL to put exactly these bytes, once.
async fn presigned(client: &aws_sdk_s3::Client, key: &str, bytes: &[u8]) -> PresignedRequest {
    let put = client.put_object().bucket("documents").key(key);
    put.content_type("application/pdf")
        .content_length(i64::try_from(bytes.len()).unwrap())
        .checksum_sha256(sha256(bytes))
        .if_none_match("*")
        .presigned(PresigningConfig::expires_in(Duration::from_secs(60)).unwrap())
        .await
        .unwrap()
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    text: String,
}

async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let client: Hyper<_, Full<Bytes>> = Hyper::builder(TokioExecutor::new()).build_http();
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Full::new(Bytes::copy_from_slice(body));
    let answer = client.request(request.body(body).unwrap()).await.unwrap();
    let (head, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Sends a presigned request as a browser does: the client itself says host and length.
async fn put(made: &PresignedRequest, change: (&str, &str), body: &[u8]) -> Answer {
    let headers = made.headers().filter(|(name, _)| *name != "content-length");
    let headers: Vec<(&str, &str)> = headers
        .map(|(name, value)| {
            if name == change.0 {
                change
            } else {
                (name, value)
            }
        })
        .chain([("origin", PAGE)])
        .collect();
    send("PUT", made.uri(), &headers, body).await
}

#[tokio::test]
async fn a_browser_of_the_platforms_origin_puts_exactly_what_was_agreed_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let pdf = b"%PDF-1.7 a document";
    let made = presigned(&service.client, "t/1/a", pdf).await;

    let asked = "content-type,if-none-match,x-amz-checksum-sha256";
    let preflight = [
        ("origin", PAGE),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", asked),
    ];
    let allowed = send("OPTIONS", made.uri(), &preflight, b"").await;
    assert_eq!(allowed.status, 200, "{}", allowed.text);
    assert_eq!(allowed.headers["access-control-allow-origin"], PAGE);
    assert_eq!(allowed.headers["access-control-allow-headers"], asked);

    for (change, body, status) in [
        (("", ""), &b"%PDF-1.7 b document"[..], 400),
        (("", ""), b"%PDF-1.7 a longer document", 403),
        (("content-type", "text/html"), pdf, 403),
        (("x-amz-checksum-sha256", sha256(b"x").as_str()), pdf, 403),
        (("", ""), pdf, 200),
        (("", ""), pdf, 412),
    ] {
        let answer = put(&made, change, body).await;
        assert_eq!(answer.status, status, "{change:?}: {}", answer.text);
        assert_eq!(answer.headers["access-control-allow-origin"], PAGE);
    }
    let found = service
        .client
        .head_object()
        .bucket("documents")
        .key("t/1/a");
    let found = found
        .checksum_mode(aws_sdk_s3::types::ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(found.content_type(), Some("application/pdf"));
    assert_eq!(found.content_length(), Some(19));
    assert_eq!(found.checksum_sha256(), Some(sha256(pdf).as_str()));
}

#[tokio::test]
async fn an_upload_that_was_damaged_on_its_way_replaces_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let bucket = "documents";
    let key = "t/1/a";
    let first = service.client.put_object().bucket(bucket).key(key);
    first
        .body(ByteStream::from_static(b"first"))
        .send()
        .await
        .unwrap();
    let made = service.client.put_object().bucket(bucket).key(key);
    let made = made
        .checksum_sha256(sha256(b"other"))
        .presigned(PresigningConfig::expires_in(Duration::from_secs(60)).unwrap())
        .await
        .unwrap();
    assert_eq!(put(&made, ("", ""), b"OTHER").await.status, 400);
    let read = service
        .client
        .get_object()
        .bucket(bucket)
        .key(key)
        .send()
        .await
        .unwrap();
    assert_eq!(read.body.collect().await.unwrap().to_vec(), b"first");
}

#[tokio::test]
async fn what_is_not_signed_altered_over_or_of_another_site_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let plain = format!("{}/documents/t/1/a", service.endpoint);
    assert_eq!(send("PUT", &plain, &[], b"x").await.status, 403);
    assert_eq!(send("GET", &plain, &[], b"").await.status, 403);

    let get = service.client.get_object().bucket("documents").key("t/1/a");
    let signed = get
        .presigned(PresigningConfig::expires_in(Duration::from_secs(60)).unwrap())
        .await
        .unwrap();
    assert_eq!(send("GET", signed.uri(), &[], b"").await.status, 404);
    let other = signed.uri().replace("/t/1/a", "/t/2/a");
    assert_eq!(send("GET", &other, &[], b"").await.status, 403);
    let longer = signed
        .uri()
        .replace("X-Amz-Expires=60", "X-Amz-Expires=6000");
    assert_ne!(longer, signed.uri());
    assert_eq!(send("GET", &longer, &[], b"").await.status, 403);
    let foreign = [("origin", "http://evil.example")];
    let refused = send("GET", signed.uri(), &foreign, b"").await;
    assert_eq!(refused.status, 403);
    assert!(!refused.headers.contains_key("access-control-allow-origin"));

    let past = std::time::SystemTime::now() - Duration::from_secs(120);
    let over = PresigningConfig::builder()
        .start_time(past)
        .expires_in(Duration::from_secs(60))
        .build()
        .unwrap();
    let get = service.client.get_object().bucket("documents").key("t/1/a");
    let over = get.presigned(over).await.unwrap();
    assert_eq!(send("GET", over.uri(), &[], b"").await.status, 403);

    let stranger = client(&service.endpoint, "another secret");
    assert!(stranger.list_buckets().send().await.is_err());
}

#[tokio::test]
async fn objects_are_there_after_a_restart_and_gone_without_a_trace_after_deletion() {
    let dir = tempfile::tempdir().unwrap();
    let first = service(dir.path()).await;
    let write = first.client.put_object().bucket("documents").key("t/1/a");
    let write = write
        .content_type("image/png")
        .body(ByteStream::from_static(b"0123456789"));
    write.send().await.unwrap();
    drop(first);
    let second = service(dir.path()).await;
    let read = second.client.get_object().bucket("documents").key("t/1/a");
    let read = read.range("bytes=2-4").send().await.unwrap();
    assert_eq!(read.content_type(), Some("image/png"));
    assert_eq!(read.body.collect().await.unwrap().to_vec(), b"234");
    let delete = second
        .client
        .delete_object()
        .bucket("documents")
        .key("t/1/a");
    delete.send().await.unwrap();
    let listed = second
        .client
        .list_objects_v2()
        .bucket("documents")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.key_count(), Some(0));
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["documents"]);
}

#[tokio::test]
async fn too_large_is_refused_before_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let made = service.client.put_object().bucket("documents").key("big");
    let made = made
        .presigned(PresigningConfig::expires_in(Duration::from_secs(60)).unwrap())
        .await
        .unwrap();
    let body = vec![0; MAX_OBJECT_BYTES + 1];
    let answer = put(&made, ("", ""), &body).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert!(answer.text.contains("EntityTooLarge"), "{}", answer.text);
}

#[test]
fn a_wrong_configuration_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let config = |bucket: &str, origin: &str| Config {
        dir: dir.path().to_owned(),
        access_key_id: "local".to_owned(),
        secret_access_key: SECRET.to_owned(),
        encryption_secret: "a secret of these tests".to_owned(),
        buckets: vec![bucket.to_owned()],
        origins: vec![origin.to_owned()],
    };
    let wrong = |bucket, origin| {
        Objects::open(config(bucket, origin))
            .unwrap_err()
            .to_string()
    };
    assert!(wrong("../up", PAGE).contains("no name of a bucket"));
    assert!(wrong("documents", "localhost").contains("no origin"));
}

#[tokio::test]
async fn what_is_to_be_encrypted_lies_there_encrypted_and_is_read_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let first = service(dir.path()).await;
    let plain = b"A passport, number X0000001".repeat(1000);
    let put = first.client.put_object().bucket("documents").key("t/1/a");
    let kept = put
        .server_side_encryption(ServerSideEncryption::Aes256)
        .checksum_sha256(sha256(&plain))
        .content_type("application/pdf")
        .body(plain.clone().into())
        .send()
        .await
        .unwrap();
    let aes = Some(&ServerSideEncryption::Aes256);
    assert_eq!(kept.server_side_encryption(), aes);
    assert_eq!(kept.checksum_sha256(), Some(sha256(&plain).as_str()));
    let file = std::fs::read(dir.path().join("documents/t/1/a")).unwrap();
    assert!(!file.windows(8).any(|part| part == b"passport"));

    let read = |range: Option<&str>| {
        let get = first.client.get_object().bucket("documents").key("t/1/a");
        get.set_range(range.map(str::to_owned)).send()
    };
    let whole = read(None).await.unwrap();
    assert_eq!(whole.server_side_encryption(), aes);
    assert_eq!(whole.content_type(), Some("application/pdf"));
    assert_eq!(whole.body.collect().await.unwrap().into_bytes(), plain);
    let part = read(Some("bytes=2-9")).await.unwrap();
    let of = format!("bytes 2-9/{}", plain.len());
    assert_eq!(part.content_range(), Some(of.as_str()));
    assert_eq!(
        &part.body.collect().await.unwrap().into_bytes()[..],
        b"passport"
    );
    let beyond = read(Some("bytes=9000000-")).await.unwrap_err();
    assert_eq!(beyond.raw_response().unwrap().status().as_u16(), 416);

    let copy = first.client.copy_object().bucket("documents").key("t/1/b");
    copy.copy_source("documents/t/1/a").send().await.unwrap();
    for key in ["t/1/a", "t/1/b"] {
        let head = first.client.head_object().bucket("documents").key(key);
        let head = head
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        assert_eq!(head.content_length(), i64::try_from(plain.len()).ok());
        assert_eq!(head.checksum_sha256(), Some(sha256(&plain).as_str()));
        assert_eq!(head.server_side_encryption(), aes);
    }

    // Under another key nothing is told, and nothing of the file either.
    let other = service_with(dir.path(), "another secret").await;
    let get = other.client.get_object().bucket("documents").key("t/1/a");
    let refused = get.send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 500);
}

#[tokio::test]
async fn encryption_that_there_is_not_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let put = service.client.put_object().bucket("documents").key("t/1/a");
    let put = put.server_side_encryption(ServerSideEncryption::AwsKms);
    let refused = put
        .body(ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 501);
    assert!(!dir.path().join("documents/t/1/a").exists());
}
