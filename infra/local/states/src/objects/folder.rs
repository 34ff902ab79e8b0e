//! A folder of buckets: `DIR/BUCKET/KEY`.

use std::path::{Component, Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use md5::{Digest, Md5};

use super::{MAX_OBJECT_BYTES, ObjectInfo, Objects, ObjectsError, Page};

/// Most objects of one page.
const MAX_PAGE: usize = 1_000;

/// Buckets as folders, objects as files.
#[derive(Debug, Clone)]
pub struct FolderObjects {
    dir: PathBuf,
}

impl FolderObjects {
    /// The buckets in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    fn bucket(&self, bucket: &str) -> Result<PathBuf, ObjectsError> {
        let path = inside(&self.dir, bucket);
        path.filter(|path| path.is_dir() && *path != self.dir)
            .ok_or_else(|| ObjectsError::NoBucket(bucket.to_owned()))
    }

    fn object(&self, bucket: &str, key: &str) -> Result<PathBuf, ObjectsError> {
        let folder = self.bucket(bucket)?;
        inside(&folder, key)
            .filter(|path| *path != folder)
            .ok_or_else(|| no_key(bucket, key))
    }
}

fn no_key(bucket: &str, key: &str) -> ObjectsError {
    ObjectsError::NoKey {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
    }
}

/// A path below `dir`; `None` for one that would lead out of it.
fn inside(dir: &Path, name: &str) -> Option<PathBuf> {
    let name = Path::new(name);
    let plain = name
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    plain.then(|| dir.join(name))
}

fn store(error: &std::io::Error) -> ObjectsError {
    ObjectsError::Store(error.to_string())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ObjectsError> + Send + 'static,
) -> Result<T, ObjectsError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(ObjectsError::Store(error.to_string())))
}

#[async_trait]
impl Objects for FolderObjects {
    async fn get(
        &self,
        bucket: &str,
        key: &str,
        _version: Option<&str>,
    ) -> Result<Bytes, ObjectsError> {
        let path = self.object(bucket, key)?;
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        blocking(move || {
            let about = std::fs::metadata(&path).map_err(|_| no_key(&bucket, &key))?;
            if !about.is_file() {
                return Err(no_key(&bucket, &key));
            }
            if about.len() > MAX_OBJECT_BYTES as u64 {
                return Err(ObjectsError::TooLarge(format!("{bucket}/{key}")));
            }
            let bytes = std::fs::read(&path).map_err(|error| store(&error))?;
            Ok(Bytes::from(bytes))
        })
        .await
    }

    async fn list(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Page, ObjectsError> {
        let folder = self.bucket(bucket)?;
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        blocking(move || {
            let mut keys = Vec::new();
            walk(&folder, "", &mut keys).map_err(|error| store(&error))?;
            keys.retain(|key| {
                key.starts_with(&prefix) && after.as_ref().is_none_or(|after| key > after)
            });
            keys.sort_unstable();
            let more = keys.len() > MAX_PAGE;
            keys.truncate(MAX_PAGE);
            let next = keys.last().filter(|_| more).cloned();
            let objects = keys
                .into_iter()
                .map(|key| info(&folder, key))
                .collect::<std::io::Result<Vec<_>>>()
                .map_err(|error| store(&error))?;
            Ok(Page { objects, next })
        })
        .await
    }

    async fn put(&self, bucket: &str, key: &str, body: Bytes) -> Result<(), ObjectsError> {
        let path = self.object(bucket, key)?;
        blocking(move || {
            let parent = path.parent().unwrap_or(&path).to_owned();
            let new = parent.join(format!(".{}.new", uuid::Uuid::new_v4()));
            std::fs::create_dir_all(&parent)
                .and_then(|()| std::fs::write(&new, &body))
                .and_then(|()| std::fs::rename(&new, &path))
                .map_err(|error| store(&error))
        })
        .await
    }
}

/// The keys below a folder. Files that are being written begin with a dot.
fn walk(dir: &Path, prefix: &str, keys: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let key = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{key}/"), keys)?;
        } else {
            keys.push(key);
        }
    }
    Ok(())
}

fn info(folder: &Path, key: String) -> std::io::Result<ObjectInfo> {
    let path = folder.join(&key);
    let about = std::fs::metadata(&path)?;
    let modified = about.modified()?.duration_since(std::time::UNIX_EPOCH);
    let digest: String = Md5::digest(std::fs::read(&path)?)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(ObjectInfo {
        key,
        size: about.len(),
        etag: format!("\"{digest}\""),
        modified_s: modified.map_or(0, |since| since.as_secs() as i64),
        storage_class: "STANDARD".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_is_got_and_listed_and_nothing_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("b")).unwrap();
        let store = FolderObjects::new(dir.path());
        store
            .put("b", "x/1.json", Bytes::from_static(b"[]"))
            .await
            .unwrap();
        store
            .put("b", "y", Bytes::from_static(b"abc"))
            .await
            .unwrap();
        assert_eq!(&store.get("b", "x/1.json", None).await.unwrap()[..], b"[]");
        let page = store.list("b", "", None).await.unwrap();
        let keys: Vec<&str> = page.objects.iter().map(|o| o.key.as_str()).collect();
        assert_eq!(keys, ["x/1.json", "y"]);
        assert_eq!(page.objects[1].etag, "\"900150983cd24fb0d6963f7d28e17f72\"");
        let page = store.list("b", "x/", None).await.unwrap();
        assert_eq!(page.objects.len(), 1);
        for key in ["../b/y", "/etc/hosts", "x/../../b/y", ""] {
            assert!(
                matches!(
                    store.get("b", key, None).await,
                    Err(ObjectsError::NoKey { .. })
                ),
                "{key}"
            );
        }
        for bucket in ["..", "none", ""] {
            assert!(
                matches!(
                    store.list(bucket, "", None).await,
                    Err(ObjectsError::NoBucket(_))
                ),
                "{bucket}"
            );
        }
    }
}
