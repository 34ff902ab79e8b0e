//! S3 on one machine: buckets are folders, objects files; signatures and presigned URLs are verified.
//!
//! `s3s` speaks the protocol and `s3s-fs` keeps the files. Between them [`checked`] looks at bytes before they are kept, and [`seal`]
//! encrypts them; around them [`pages`] says which web pages may ask.

mod checked;
mod pages;
mod seal;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use std::io;
use std::path::PathBuf;

pub use checked::{MAX_AT_ONCE, MAX_OBJECT_BYTES};

/// How it is set up.
#[derive(Clone)]
pub struct Config {
    /// Folder of the buckets; made when it is not there.
    pub dir: PathBuf,
    /// The one access key's id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// What the key of encrypted objects is made of: random, 128 bits at least. With another one they do not open.
    pub encryption_secret: String,
    /// Buckets that are there from the beginning.
    pub buckets: Vec<String>,
    /// Origins of web pages that may upload and download by presigned URLs, such as `http://localhost:8080`.
    pub origins: Vec<String>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("dir", &self.dir)
            .field("buckets", &self.buckets)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}

/// Why it cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made or written.
    #[error("{dir}: {source}")]
    Dir {
        /// The folder.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A bucket's name is none.
    #[error("{0:?} is no name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens")]
    Bucket(String),
    /// An origin is none.
    #[error("{0:?} is no origin like http://localhost:8080")]
    Origin(String),
    /// The file store refuses the folder.
    #[error("{dir}: {reason}")]
    Store {
        /// The folder.
        dir: PathBuf,
        /// What it said.
        reason: String,
    },
}

/// The running service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    service: S3Service,
    origins: Vec<axum::http::HeaderValue>,
}

impl Objects {
    /// Opens the folder and makes the buckets that are not there.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(config: Config) -> Result<Self, OpenError> {
        let cannot = |dir: &PathBuf| {
            let dir = dir.clone();
            move |source| OpenError::Dir { dir, source }
        };
        for bucket in &config.buckets {
            if !s3s::path::check_bucket_name(bucket) {
                return Err(OpenError::Bucket(bucket.clone()));
            }
            let path = config.dir.join(bucket);
            std::fs::create_dir_all(&path).map_err(cannot(&path))?;
        }
        std::fs::create_dir_all(&config.dir).map_err(cannot(&config.dir))?;
        let origins = config
            .origins
            .iter()
            .map(|origin| {
                let value = origin
                    .parse()
                    .map_err(|_| OpenError::Origin(origin.clone()))?;
                let named = origin.starts_with("http://") || origin.starts_with("https://");
                named
                    .then_some(value)
                    .ok_or_else(|| OpenError::Origin(origin.clone()))
            })
            .collect::<Result<_, _>>()?;
        let files = s3s_fs::FileSystem::new(&config.dir).map_err(|error| OpenError::Store {
            dir: config.dir.clone(),
            reason: format!("{error:?}"),
        })?;
        let mut builder = S3ServiceBuilder::new(checked::Checked::new(
            files,
            config.dir,
            seal::Seal::new(&config.encryption_secret),
        ));
        builder.set_auth(SimpleAuth::from_single(
            config.access_key_id,
            config.secret_access_key,
        ));
        Ok(Self {
            service: builder.build(),
            origins,
        })
    }

    /// The whole API, path-style: `/<bucket>/<key>`.
    pub fn router(&self) -> Router {
        let service = self.service.clone();
        let serve = move |request: Request| answer(service.clone(), request);
        Router::new()
            .fallback(serve)
            .layer(pages::cross_origin(&self.origins))
            .layer(middleware::from_fn_with_state(
                self.origins.clone(),
                pages::known_pages_only,
            ))
    }
}

async fn answer(service: S3Service, request: Request) -> Response {
    let request = request.map(s3s::Body::http_body_unsync);
    match service.call(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            tracing::error!(?error, "a request to S3 was not answered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
