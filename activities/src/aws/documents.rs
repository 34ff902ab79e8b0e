//! [`Documents`] on S3. What is bound into an upload's signature is compared by S3 itself: length and type by the signature, the
//! bytes by their checksum, and that nothing is overwritten by `If-None-Match: *`.
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::documents::{Documents, GET_VALID_S, PUT_VALID_S, Place, Signed, Stored, Upload};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ServerSideEncryption};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::time::Duration;

const SERVICE: &str = "S3";
/// Headers that a browser sets itself and does not let a page set.
const OF_THE_BROWSER: [&str; 2] = ["host", "content-length"];

fn valid(seconds: u32) -> Result<PresigningConfig, Unavailable> {
    PresigningConfig::expires_in(Duration::from_secs(seconds.into()))
        .map_err(|error| Unavailable::new(SERVICE, error))
}

/// `attachment`, with the name in both spellings (RFC 6266): plain for old programs, and as UTF-8.
fn saved_as(file_name: &str) -> String {
    let plain: String = file_name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_. ".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut encoded = String::new();
    for byte in file_name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

impl Documents for Aws {
    async fn sign_put(&self, upload: &Upload) -> Result<Signed, Unavailable> {
        let put = self.s3.put_object().bucket(&self.names.documents_bucket);
        let made = put
            .key(upload.place.as_str())
            .content_type(&upload.media_type)
            .content_length(upload.bytes.into())
            .checksum_sha256(STANDARD.encode(upload.sha256))
            .if_none_match("*")
            .server_side_encryption(ServerSideEncryption::Aes256)
            .presigned(valid(PUT_VALID_S)?)
            .await
            .map_err(unavailable(SERVICE))?;
        let headers = made
            .headers()
            .filter(|(name, _)| !OF_THE_BROWSER.contains(&name.to_ascii_lowercase().as_str()))
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Signed {
            url: made.uri().to_owned(),
            headers: headers.collect::<BTreeMap<_, _>>(),
        })
    }

    async fn sign_get(&self, place: &Place, file_name: &str) -> Result<String, Unavailable> {
        let get = self.s3.get_object().bucket(&self.names.documents_bucket);
        let made = get
            .key(place.as_str())
            .response_content_disposition(saved_as(file_name))
            .presigned(valid(GET_VALID_S)?)
            .await
            .map_err(unavailable(SERVICE))?;
        Ok(made.uri().to_owned())
    }

    async fn head(&self, place: &Place) -> Result<Option<Stored>, Unavailable> {
        let head = self.s3.head_object().bucket(&self.names.documents_bucket);
        let head = head
            .key(place.as_str())
            .checksum_mode(ChecksumMode::Enabled);
        match head.send().await {
            Ok(found) => {
                let sha256 = found.checksum_sha256();
                let sha256 = sha256.and_then(|text| STANDARD.decode(text).ok());
                Ok(Some(Stored {
                    bytes: found
                        .content_length()
                        .unwrap_or_default()
                        .try_into()
                        .unwrap_or(0),
                    media_type: found.content_type().unwrap_or_default().to_owned(),
                    sha256: sha256.and_then(|bytes| bytes.try_into().ok()),
                }))
            }
            Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found()) => Ok(None),
            Err(error) => Err(unavailable(SERVICE)(error)),
        }
    }

    async fn read(&self, place: &Place, most: u32) -> Result<Option<Vec<u8>>, Unavailable> {
        let get = self.s3.get_object().bucket(&self.names.documents_bucket);
        let last = most.max(1) - 1;
        let get = get.key(place.as_str()).range(format!("bytes=0-{last}"));
        match get.send().await {
            Ok(found) => {
                let bytes = found.body.collect().await;
                let bytes = bytes.map_err(|error| Unavailable::new(SERVICE, error))?;
                Ok(Some(bytes.to_vec()))
            }
            Err(error) if error.as_service_error().is_some_and(|e| e.is_no_such_key()) => Ok(None),
            // Nothing can be cut out of an empty object.
            Err(error) if code_of(&error) == Some("InvalidRange") => Ok(Some(Vec::new())),
            Err(error) => Err(unavailable(SERVICE)(error)),
        }
    }

    async fn write(
        &self,
        place: &Place,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), Unavailable> {
        let put = self.s3.put_object().bucket(&self.names.documents_bucket);
        put.key(place.as_str())
            .content_type(media_type)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .server_side_encryption(ServerSideEncryption::Aes256)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(unavailable(SERVICE))?;
        Ok(())
    }

    async fn delete(&self, place: &Place) -> Result<(), Unavailable> {
        let delete = self.s3.delete_object().bucket(&self.names.documents_bucket);
        let delete = delete.key(place.as_str()).send().await;
        delete.map_err(unavailable(SERVICE))?;
        Ok(())
    }
}

fn code_of<E, R>(error: &aws_sdk_s3::error::SdkError<E, R>) -> Option<&str>
where
    E: aws_sdk_s3::error::ProvideErrorMetadata,
{
    error.as_service_error()?.code()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_cannot_break_out_of_its_header() {
        assert_eq!(
            saved_as("Müller \"1\"\r\n.pdf"),
            "attachment; filename=\"M_ller _1___.pdf\"; filename*=UTF-8''M%C3%BCller%20%221%22%0D%0A.pdf"
        );
    }
}
