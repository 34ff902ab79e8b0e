//! An S3 endpoint, with the bucket in the path. Source: S3 API reference, `GetObject`, `ListObjectsV2`, `PutObject`.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;

use super::{MAX_OBJECT_BYTES, ObjectInfo, Objects, ObjectsError, Page};
use crate::remote::{Answer, Client, SendError, Services, Target, encoded};

/// Longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(300);

/// Objects behind an endpoint that speaks S3's API.
#[derive(Debug)]
pub struct S3Objects {
    services: Services,
    region: String,
    client: Client,
}

impl S3Objects {
    /// Asks where `services` says that `s3` is.
    pub fn new(services: Services, region: impl Into<String>) -> Self {
        Self {
            services,
            region: region.into(),
            client: Client::default(),
        }
    }

    async fn send(&self, request: http::Result<Request<Bytes>>) -> Result<Answer, ObjectsError> {
        let request = request.map_err(|error| ObjectsError::Store(error.to_string()))?;
        let target = Target {
            id: "s3",
            prefix: "s3",
            signing: "s3",
            region: &self.region,
        };
        let sent =
            self.services
                .send_within(&self.client, &target, request, LIMIT, MAX_OBJECT_BYTES);
        sent.await.map_err(|error| match error {
            SendError::TooLarge(_) => ObjectsError::TooLarge(String::new()),
            SendError::Socket(_) | SendError::Late(_) => ObjectsError::Store(error.to_string()),
        })
    }
}

/// A path of segments between slashes, each encoded.
fn path(bucket: &str, key: &str) -> String {
    let mut path = format!("/{}", encoded(bucket));
    for segment in key.split('/') {
        path.push('/');
        path.push_str(&encoded(segment));
    }
    path
}

fn checked(answer: Answer, bucket: &str, key: &str) -> Result<Bytes, ObjectsError> {
    if (200..300).contains(&answer.status) {
        return Ok(answer.body);
    }
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    Err(match element(&text, "Code").as_deref() {
        Some("NoSuchBucket") => ObjectsError::NoBucket(bucket.to_owned()),
        Some("NoSuchKey") => ObjectsError::NoKey {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        },
        Some(code) => {
            let message = element(&text, "Message").unwrap_or_default();
            ObjectsError::Store(format!("{message} (S3, {code}, status {})", answer.status))
        }
        None if answer.status == 404 => ObjectsError::NoKey {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        },
        None => ObjectsError::Store(format!("S3 answered with status {}", answer.status)),
    })
}

#[async_trait]
impl Objects for S3Objects {
    async fn get(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<Bytes, ObjectsError> {
        let mut path = path(bucket, key);
        if let Some(version) = version {
            path.push_str(&format!("?versionId={}", encoded(version)));
        }
        let answer = self.send(Request::get(path).body(Bytes::new())).await?;
        checked(answer, bucket, key)
    }

    async fn list(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Page, ObjectsError> {
        let mut path = format!(
            "/{}?list-type=2&prefix={}",
            encoded(bucket),
            encoded(prefix)
        );
        if let Some(after) = after {
            path.push_str(&format!("&continuation-token={}", encoded(after)));
        }
        let answer = self.send(Request::get(path).body(Bytes::new())).await?;
        let body = checked(answer, bucket, "")?;
        page(&String::from_utf8_lossy(&body))
            .ok_or_else(|| ObjectsError::Store("S3 did not answer with a list".to_owned()))
    }

    async fn put(&self, bucket: &str, key: &str, body: Bytes) -> Result<(), ObjectsError> {
        let request = Request::put(path(bucket, key))
            .header("content-type", "application/json")
            .body(body);
        let answer = self.send(request).await?;
        checked(answer, bucket, key).map(|_| ())
    }
}

/// Reads `ListBucketResult`: its elements neither nest in each other nor have attributes that matter.
fn page(text: &str) -> Option<Page> {
    if !text.contains("<ListBucketResult") {
        return None;
    }
    let mut objects = Vec::new();
    for part in text.split("<Contents>").skip(1) {
        let part = part.split("</Contents>").next()?;
        objects.push(ObjectInfo {
            key: element(part, "Key")?,
            size: element(part, "Size")?.parse().ok()?,
            etag: element(part, "ETag").unwrap_or_default(),
            modified_s: element(part, "LastModified")?
                .parse::<jiff::Timestamp>()
                .ok()?
                .as_second(),
            storage_class: element(part, "StorageClass").unwrap_or_else(|| "STANDARD".to_owned()),
        });
    }
    let more = element(text, "IsTruncated").as_deref() == Some("true");
    let next = element(text, "NextContinuationToken").filter(|_| more);
    Some(Page { objects, next })
}

/// The text of the first element of this name.
fn element(text: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("<{name}>"))? + name.len() + 2;
    let end = start + text.get(start..)?.find(&format!("</{name}>"))?;
    Some(unescaped(text.get(start..end)?))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').unwrap_or(0);
        let c = match &rest[..end] {
            "&lt" => Some('<'),
            "&gt" => Some('>'),
            "&amp" => Some('&'),
            "&quot" => Some('"'),
            "&apos" => Some('\''),
            number => number
                .strip_prefix("&#x")
                .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                .or_else(|| number.strip_prefix("&#")?.parse().ok())
                .and_then(char::from_u32),
        };
        match c {
            Some(c) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_its_escapes_and_its_token() {
        let text = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><IsTruncated>true</IsTruncated>\
            <Contents><Key>a&amp;b/c d&#x41;</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
            <ETag>&quot;e&quot;</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass></Contents>\
            <NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
        let page = page(text).unwrap();
        assert_eq!(page.next.as_deref(), Some("t"));
        assert_eq!(page.objects[0].key, "a&b/c dA");
        assert_eq!(page.objects[0].etag, "\"e\"");
        assert_eq!(
            (page.objects[0].size, page.objects[0].modified_s),
            (12, 1_767_225_600)
        );
    }

    #[test]
    fn a_path_is_encoded_segment_by_segment() {
        assert_eq!(path("b", "x y/ü&.json"), "/b/x%20y/%C3%BC%26.json");
    }
}
