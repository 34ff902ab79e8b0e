//! The file store behind a check: bytes are read whole and compared with what was promised before they replace anything. Whoever
//! asks for encryption has them encrypted before they are kept.

use crate::seal::{MARK, OVERHEAD, Seal};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use s3s::checksum::ChecksumHasher;
use s3s::dto::{
    Checksum, ChecksumAlgorithm, CopyObjectInput, CopyObjectOutput, CreateBucketInput,
    CreateBucketOutput, DeleteObjectInput, DeleteObjectOutput, GetBucketLocationInput,
    GetBucketLocationOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectsV2Input,
    ListObjectsV2Output, PutObjectInput, PutObjectOutput, ServerSideEncryption, StreamingBlob,
};
use s3s::{Body, S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Component, Path, PathBuf};
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;

/// Largest object, in bytes.
pub const MAX_OBJECT_BYTES: usize = 64 * 1024 * 1024;
/// Most uploads that are read at once; others wait.
pub const MAX_AT_ONCE: usize = 8;

/// The store.
#[derive(Debug)]
pub(crate) struct Checked {
    files: FileSystem,
    dir: PathBuf,
    uploads: Semaphore,
    seal: Seal,
}

impl Checked {
    pub(crate) fn new(files: FileSystem, dir: PathBuf, seal: Seal) -> Self {
        Self {
            files,
            dir,
            seal,
            uploads: Semaphore::new(MAX_AT_ONCE),
        }
    }

    /// The files that `s3s-fs` keeps beside an object: its type and its checksums. It leaves them when the object goes.
    fn beside(&self, bucket: &str, key: &str) -> [PathBuf; 2] {
        let (bucket, key) = (URL_SAFE_NO_PAD.encode(bucket), URL_SAFE_NO_PAD.encode(key));
        ["metadata", "internal"].map(|what| {
            self.dir
                .join(format!(".bucket-{bucket}.object-{key}.{what}.json"))
        })
    }

    /// The file of an object. `None` for a key that `s3s-fs` does not take as it stands.
    fn file(&self, bucket: &str, key: &str) -> Option<PathBuf> {
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        let is_inside = Path::new(key).components().all(plain) && !key.ends_with('/');
        is_inside.then(|| self.dir.join(bucket).join(key))
    }

    /// The file of an object that is there and encrypted.
    async fn sealed(&self, bucket: &str, key: &str) -> Option<PathBuf> {
        let path = self.file(bucket, key)?;
        let mut file = tokio::fs::File::open(&path).await.ok()?;
        let mut start = [0; MARK.len()];
        file.read_exact(&mut start).await.ok()?;
        (start == MARK).then_some(path)
    }

    /// What is in an encrypted file.
    fn opened(&self, kept: &[u8], bucket: &str, key: &str) -> S3Result<Bytes> {
        self.seal.open(kept).map_err(|error| {
            tracing::error!(bucket, key, %error, "an object");
            s3_error!(InternalError, "the object cannot be read: {error}")
        })
    }
}

fn aes256() -> ServerSideEncryption {
    ServerSideEncryption::from_static(ServerSideEncryption::AES256)
}

fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

/// Takes the checksums of the plain bytes off a request whose bytes are encrypted: they have been compared.
fn sealable(input: &mut PutObjectInput, encryption: &ServerSideEncryption) -> S3Result<Checksum> {
    if encryption.as_str() != ServerSideEncryption::AES256 {
        return Err(s3_error!(
            NotImplemented,
            "x-amz-server-side-encryption: AES256 is the one there is"
        ));
    }
    if input.content_md5.is_some() {
        return Err(s3_error!(
            NotImplemented,
            "Content-MD5 of an object that is encrypted: send x-amz-checksum-sha256"
        ));
    }
    Ok(Checksum {
        checksum_crc32: input.checksum_crc32.take(),
        checksum_crc32c: input.checksum_crc32c.take(),
        checksum_crc64nvme: input.checksum_crc64nvme.take(),
        checksum_sha1: input.checksum_sha1.take(),
        checksum_sha256: input.checksum_sha256.take(),
        ..Checksum::default()
    })
}

/// Reads a body whole: as many bytes as were promised, at most `most`.
async fn read(body: Option<StreamingBlob>, promised: Option<i64>, most: usize) -> S3Result<Bytes> {
    let promised = promised.and_then(|length| usize::try_from(length).ok());
    let too_large = || s3_error!(EntityTooLarge, "at most {MAX_OBJECT_BYTES} bytes");
    if promised.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut body = body.ok_or_else(|| s3_error!(IncompleteBody))?;
    let mut bytes = BytesMut::new();
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| s3_error!(IncompleteBody))?;
        if bytes.len() + part.len() > most {
            return Err(too_large());
        }
        bytes.extend_from_slice(&part);
    }
    if promised.is_some_and(|length| length != bytes.len()) {
        return Err(s3_error!(IncompleteBody));
    }
    Ok(bytes.freeze())
}

/// The checksums that a request promises, in its headers or behind its body.
fn promised(request: &S3Request<PutObjectInput>) -> Checksum {
    let input = &request.input;
    let trailing = |name: &str| {
        let trailers = request.trailing_headers.as_ref()?;
        trailers
            .read(|headers| Some(headers.get(name)?.to_str().ok()?.to_owned()))
            .flatten()
    };
    let or = |header: &Option<String>, name: &str| header.clone().or_else(|| trailing(name));
    Checksum {
        checksum_crc32: or(&input.checksum_crc32, "x-amz-checksum-crc32"),
        checksum_crc32c: or(&input.checksum_crc32c, "x-amz-checksum-crc32c"),
        checksum_crc64nvme: or(&input.checksum_crc64nvme, "x-amz-checksum-crc64nvme"),
        checksum_sha1: or(&input.checksum_sha1, "x-amz-checksum-sha1"),
        checksum_sha256: or(&input.checksum_sha256, "x-amz-checksum-sha256"),
        ..Checksum::default()
    }
}

fn compare(promised: &Checksum, bytes: &[u8]) -> S3Result<()> {
    let mut hasher = ChecksumHasher {
        crc32: promised.checksum_crc32.is_some().then(Default::default),
        crc32c: promised.checksum_crc32c.is_some().then(Default::default),
        sha1: promised.checksum_sha1.is_some().then(Default::default),
        sha256: promised.checksum_sha256.is_some().then(Default::default),
        crc64nvme: promised.checksum_crc64nvme.is_some().then(Default::default),
    };
    hasher.update(bytes);
    let found = hasher.finalize();
    let same = found.checksum_crc32 == promised.checksum_crc32
        && found.checksum_crc32c == promised.checksum_crc32c
        && found.checksum_sha1 == promised.checksum_sha1
        && found.checksum_sha256 == promised.checksum_sha256
        && found.checksum_crc64nvme == promised.checksum_crc64nvme;
    if same {
        return Ok(());
    }
    Err(s3_error!(
        BadDigest,
        "the bytes that arrived do not have the checksum that was sent with them"
    ))
}

#[async_trait::async_trait]
impl S3 for Checked {
    async fn put_object(
        &self,
        mut request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let _one = self.uploads.acquire().await;
        let body = request.input.body.take();
        let bytes = read(body, request.input.content_length, MAX_OBJECT_BYTES).await?;
        let checksums = promised(&request);
        compare(&checksums, &bytes)?;
        // What was behind the body is known by now: the store gets it as if it had been in front.
        request.trailing_headers = None;
        let input = &mut request.input;
        input.checksum_crc32 = checksums.checksum_crc32;
        input.checksum_crc32c = checksums.checksum_crc32c;
        input.checksum_crc64nvme = checksums.checksum_crc64nvme;
        input.checksum_sha1 = checksums.checksum_sha1;
        input.checksum_sha256 = checksums.checksum_sha256;
        input.checksum_algorithm = None::<ChecksumAlgorithm>;
        let Some(encryption) = input.server_side_encryption.clone() else {
            input.body = Some(StreamingBlob::from(Body::from(bytes)));
            return self.files.put_object(request).await;
        };
        let told = sealable(input, &encryption)?;
        let sealed = self.seal.close(&bytes);
        let sealed = sealed.map_err(|error| s3_error!(InternalError, "{error}"))?;
        input.content_length = i64::try_from(sealed.len()).ok();
        input.body = Some(StreamingBlob::from(Body::from(sealed)));
        let mut answer = self.files.put_object(request).await?;
        let output = &mut answer.output;
        output.server_side_encryption = Some(encryption);
        output.checksum_crc32 = told.checksum_crc32;
        output.checksum_crc32c = told.checksum_crc32c;
        output.checksum_crc64nvme = told.checksum_crc64nvme;
        output.checksum_sha1 = told.checksum_sha1;
        output.checksum_sha256 = told.checksum_sha256;
        Ok(answer)
    }

    async fn get_object(
        &self,
        mut request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        if self.sealed(&bucket, &key).await.is_none() {
            return self.files.get_object(request).await;
        }
        let range = request.input.range.take();
        let _one = self.uploads.acquire().await;
        let mut answer = self.files.get_object(request).await?;
        let output = &mut answer.output;
        let kept = read(output.body.take(), None, MAX_OBJECT_BYTES + OVERHEAD).await?;
        let whole = self.opened(&kept, &bucket, &key)?;
        let length = whole.len() as u64;
        let part = match range {
            Some(range) => range.check(length)?,
            None => 0..length,
        };
        if range.is_some() {
            let last = part.end.saturating_sub(1);
            output.content_range = Some(format!("bytes {}-{last}/{length}", part.start));
        } else {
            output.checksum_sha256 = Some(sha256(&whole));
        }
        let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let bytes = whole.slice(within(part.start)..within(part.end));
        output.content_length = i64::try_from(bytes.len()).ok();
        output.body = Some(StreamingBlob::from(Body::from(bytes)));
        output.server_side_encryption = Some(aes256());
        Ok(answer)
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let Some(file) = self.sealed(&bucket, &key).await else {
            return self.files.head_object(request).await;
        };
        let _one = self.uploads.acquire().await;
        let mut answer = self.files.head_object(request).await?;
        let kept = tokio::fs::read(file).await;
        let kept = kept.map_err(|_| s3_error!(NoSuchKey))?;
        let whole = self.opened(&kept, &bucket, &key)?;
        let output = &mut answer.output;
        output.content_length = i64::try_from(whole.len()).ok();
        output.checksum_sha256 = Some(sha256(&whole));
        output.server_side_encryption = Some(aes256());
        Ok(answer)
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let beside = self.beside(&request.input.bucket, &request.input.key);
        let answer = self.files.delete_object(request).await?;
        for path in beside {
            match tokio::fs::remove_file(&path).await {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::error!(%error, "what was kept of an object that is gone stays");
                    return Err(s3_error!(InternalError));
                }
            }
        }
        Ok(answer)
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        self.files.copy_object(request).await
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.files.list_objects_v2(request).await
    }

    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        self.files.create_bucket(request).await
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.files.head_bucket(request).await
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.files.get_bucket_location(request).await
    }

    async fn list_buckets(
        &self,
        request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        self.files.list_buckets(request).await
    }
}
