//! The functions' store of documents against the laptop's S3: what is agreed on is what can be put, and what is put can be read.

use activities::aws::{Aws, Names};
use activities::documents::{Kind, Refusal, arrived};
use activities::ports::documents::{Documents, Place, Signed, Upload};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use bytes::Bytes;
use contract::{DocumentId, TenantId};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use objects::{Config, Objects};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

const PAGE: &str = "http://localhost:8080";
const PDF: &[u8] = b"%PDF-1.7\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n";

/// The adapter, and the S3 that it speaks to.
struct Scene {
    aws: Aws,
    place: Place,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::open(Config {
            dir: dir.path().to_owned(),
            access_key_id: "local".to_owned(),
            secret_access_key: "secret".to_owned(),
            encryption_secret: "a secret of these tests".to_owned(),
            buckets: vec!["documents".to_owned()],
            origins: vec![PAGE.to_owned()],
        });
        let router = objects.unwrap().router();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let key = Credentials::new("local", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(key))
            .endpoint_url(endpoint)
            .build();
        Self {
            aws: Aws::new(config, Names::from_map(&HashMap::new())),
            place: Place::new(&TenantId::from("t-1"), &DocumentId::from("d-12345678")),
            _dir: dir,
        }
    }

    fn upload(&self, bytes: &[u8]) -> Upload {
        Upload {
            place: self.place.clone(),
            media_type: Kind::Pdf.media_type().to_owned(),
            bytes: u32::try_from(bytes.len()).unwrap(),
            sha256: Sha256::digest(bytes).into(),
        }
    }
}

/// A request as a page sends it: with the headers that it was told, and those of the browser.
async fn send(method: &str, signed: &Signed, body: &'static [u8]) -> (u16, http::HeaderMap, Bytes) {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut request = http::Request::builder().method(method).uri(&signed.url);
    request = request.header("origin", PAGE);
    for (name, value) in &signed.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::from(Bytes::from_static(body))).unwrap();
    let (head, body) = client.request(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), head.headers, bytes)
}

#[tokio::test]
async fn what_was_agreed_on_is_put_once_checked_and_read_again() {
    let scene = Scene::new().await;
    assert_eq!(scene.aws.head(&scene.place).await.unwrap(), None);
    assert_eq!(scene.aws.read(&scene.place, 10).await.unwrap(), None);
    let signed = scene.aws.sign_put(&scene.upload(PDF)).await.unwrap();
    for of_the_browser in ["host", "content-length"] {
        assert!(!signed.headers.contains_key(of_the_browser), "{signed:?}");
    }
    let other: &[u8] = b"%PDF-1.7\ntrailer\n<< /Root 2 0 R >>\nstartxref\n9\n%%EOF\n";
    assert_eq!(send("PUT", &signed, other).await.0, 400, "other bytes");
    assert_eq!(send("PUT", &signed, b"%PDF").await.0, 403, "another length");
    let mut page = signed.clone();
    page.headers
        .insert("content-type".into(), "text/html".into());
    assert_eq!(send("PUT", &page, PDF).await.0, 403, "another type");
    assert_eq!(send("PUT", &signed, PDF).await.0, 200);
    assert_eq!(send("PUT", &signed, PDF).await.0, 412, "a second time");

    let stored = scene.aws.head(&scene.place).await.unwrap().unwrap();
    let upload = scene.upload(PDF);
    assert_eq!(
        (stored.bytes, stored.media_type),
        (PDF.len() as u64, upload.media_type)
    );
    assert_eq!(stored.sha256, Some(upload.sha256));
    assert_eq!(
        scene.aws.read(&scene.place, 4).await.unwrap().unwrap(),
        b"%PDF"
    );
    let whole = scene
        .aws
        .read(&scene.place, 1 << 20)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        arrived(Kind::Pdf, upload.bytes, &upload.sha256, &whole),
        Ok(())
    );
    assert!(matches!(
        arrived(Kind::Png, upload.bytes, &upload.sha256, &whole),
        Err(Refusal::Mismatch { .. })
    ));
}

#[tokio::test]
async fn a_download_is_saved_under_its_name_and_a_deleted_document_is_gone() {
    let scene = Scene::new().await;
    let bytes = PDF.to_vec();
    scene
        .aws
        .write(&scene.place, "application/pdf", bytes)
        .await
        .unwrap();
    let url = scene
        .aws
        .sign_get(&scene.place, "Müller 1.pdf")
        .await
        .unwrap();
    let get = Signed {
        url,
        headers: Default::default(),
    };
    let (status, headers, body) = send("GET", &get, b"").await;
    assert_eq!((status, &body[..]), (200, PDF));
    assert_eq!(headers["content-type"], "application/pdf");
    let saved = headers["content-disposition"].to_str().unwrap();
    assert!(
        saved.contains("filename*=UTF-8''M%C3%BCller%201.pdf"),
        "{saved}"
    );
    for _ in 0..2 {
        scene.aws.delete(&scene.place).await.unwrap();
    }
    assert_eq!(scene.aws.head(&scene.place).await.unwrap(), None);
    assert_eq!(send("GET", &get, b"").await.0, 404);
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_is_unavailable_and_not_empty() {
    let mut scene = Scene::new().await;
    let names = Names {
        documents_bucket: "nowhere".to_owned(),
        ..Names::from_map(&HashMap::new())
    };
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url("http://127.0.0.1:9");
    scene.aws = Aws::new(config.build(), names);
    assert!(scene.aws.head(&scene.place).await.is_err());
    assert!(scene.aws.read(&scene.place, 1).await.is_err());
}
