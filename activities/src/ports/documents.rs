//! Documents: files that customers and operators put and read by URLs that are good for one of them and for a short time.
use super::Unavailable;
use contract::{DocumentId, TenantId};
use std::collections::BTreeMap;
use std::future::Future;

/// How long an upload's URL is good, in seconds: a slow line carries the largest document in that time.
pub const PUT_VALID_S: u32 = 15 * 60;
/// How long a download's URL is good, in seconds: it is followed at once.
pub const GET_VALID_S: u32 = 60;

/// Where a document lies. Ids are ours, so a place says nothing about what is in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(String);

impl Place {
    /// A tenant's document.
    pub fn new(tenant: &TenantId, document: &DocumentId) -> Self {
        Self(format!("t/{tenant}/{document}"))
    }

    /// The object's key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What may be put, and nothing else: all of it is bound into the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where.
    pub place: Place,
    /// The type, such as `application/pdf`.
    pub media_type: String,
    /// Exactly as many bytes.
    pub bytes: u32,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
}

/// A request that its receiver may send once, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Where to.
    pub url: String,
    /// Headers that must be sent with it. A browser adds `Host` and `Content-Length` itself, so they are not among them.
    pub headers: BTreeMap<String, String>,
}

/// What is known of a document without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// How many bytes it has.
    pub bytes: u64,
    /// The type it was put with.
    pub media_type: String,
    /// SHA-256 of its bytes, if the store computed it.
    pub sha256: Option<[u8; 32]>,
}

/// The store of documents.
pub trait Documents: Send + Sync {
    /// A request to put a document, once: a place that is taken is not overwritten. Good for [`PUT_VALID_S`].
    fn sign_put(&self, upload: &Upload)
    -> impl Future<Output = Result<Signed, Unavailable>> + Send;

    /// A URL to read a document, good for [`GET_VALID_S`]; a browser saves it under `file_name` and shows nothing of it.
    fn sign_get(
        &self,
        place: &Place,
        file_name: &str,
    ) -> impl Future<Output = Result<String, Unavailable>> + Send;

    /// What is known of a document, if it is there.
    fn head(
        &self,
        place: &Place,
    ) -> impl Future<Output = Result<Option<Stored>, Unavailable>> + Send;

    /// The first bytes of a document, at most `most`; `None` if it is not there.
    fn read(
        &self,
        place: &Place,
        most: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, Unavailable>> + Send;

    /// Puts a document that the platform made itself, over whatever was there.
    fn write(
        &self,
        place: &Place,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Deletes a document; one that is not there is deleted already.
    fn delete(&self, place: &Place) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
