//! Objects in buckets: where an `ItemReader` reads and a `ResultWriter` writes.

mod folder;
mod s3;

use async_trait::async_trait;
use bytes::Bytes;

pub use folder::FolderObjects;
pub use s3::S3Objects;

/// Largest object that is read, in bytes.
pub const MAX_OBJECT_BYTES: usize = 256 * 1_048_576;

/// A store of objects.
#[async_trait]
pub trait Objects: Send + Sync + std::fmt::Debug {
    /// The bytes of an object, or of one of its versions.
    async fn get(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<Bytes, ObjectsError>;

    /// Objects whose keys begin with `prefix`, in the order of their keys, those behind the page that `after` ended.
    async fn list(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Page, ObjectsError>;

    /// Writes an object, whole.
    async fn put(&self, bucket: &str, key: &str, body: Bytes) -> Result<(), ObjectsError>;
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The objects.
    pub objects: Vec<ObjectInfo>,
    /// What to ask for the next part with, if there is one.
    pub next: Option<String>,
}

/// What a list says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its key.
    pub key: String,
    /// Its size, in bytes.
    pub size: u64,
    /// Its ETag, with quotation marks.
    pub etag: String,
    /// When it was written, in seconds since 1970.
    pub modified_s: i64,
    /// Its storage class (`STANDARD`).
    pub storage_class: String,
}

/// Why an object cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectsError {
    /// There is no such bucket.
    #[error("The specified bucket does not exist: {0}")]
    NoBucket(String),
    /// There is no such object.
    #[error("The specified key does not exist: {bucket}/{key}")]
    NoKey {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// The object is larger than [`MAX_OBJECT_BYTES`].
    #[error("The object {0} has more than {MAX_OBJECT_BYTES} bytes")]
    TooLarge(String),
    /// The store refused, or cannot be reached.
    #[error("{0}")]
    Store(String),
}
