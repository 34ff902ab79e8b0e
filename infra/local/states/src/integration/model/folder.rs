//! Which models there are, and reading them.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use flate2::read::MultiGzDecoder;

use super::shapes::{Metadata, Model};

/// Most services of a folder (botocore has some 430).
const MOST_SERVICES: usize = 2_000;
/// Largest model, in bytes, once it is not compressed (EC2's has 4 MB).
const MOST_BYTES: u64 = 64 * 1_048_576;
/// What is read of every model at first: its metadata are at its beginning.
const HEAD_BYTES: u64 = 16_384;
const FILES: [&str; 2] = ["service-2.json", "service-2.json.gz"];

/// A model that is there.
struct Listed {
    file: PathBuf,
    model: OnceLock<Result<Arc<Model>, String>>,
}

/// API models of services, for `aws-sdk:` tasks of those that are not built in; none by default. Clones share what has been read
/// of them.
#[derive(Clone, Default)]
pub struct ServiceModels(Arc<HashMap<String, Listed>>);

impl ServiceModels {
    /// The models in a folder that is laid out as botocore's `data`: `<service>/<version>/service-2.json`, or `.json.gz`; of
    /// several versions the last. Only the beginning of each is read now; the rest, up to 64 MiB, when a definition first names
    /// the service. The error is a sentence about the folder.
    pub fn open(folder: &Path) -> Result<Self, String> {
        listed(folder).map(|models| Self(Arc::new(models)))
    }

    /// How many services there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The model of the service with this name in resources, or why it cannot be read; `None` if there is none. Blocks its
    /// thread while the model is read.
    pub(super) fn find(&self, name: &str) -> Option<Result<&Arc<Model>, &str>> {
        let listed = self.0.get(name)?;
        let read = listed.model.get_or_init(|| {
            let text = content(&listed.file, MOST_BYTES + 1)?;
            if text.len() as u64 > MOST_BYTES {
                return Err(format!("it has more than {MOST_BYTES} bytes"));
            }
            Model::parse(&text).map(Arc::new)
        });
        Some(read.as_ref().map_err(String::as_str))
    }
}

impl fmt::Debug for ServiceModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceModels({})", self.len())
    }
}

fn listed(folder: &Path) -> Result<HashMap<String, Listed>, String> {
    let mut models = HashMap::new();
    for service in folders(folder)? {
        let (file, metadata) = match described(&service) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            // The other services are as good as without it.
            Err(why) => {
                tracing::warn!(%why, "a service model cannot be used");
                continue;
            }
        };
        let model = OnceLock::new();
        models.insert(metadata.name(), Listed { file, model });
        if models.len() > MOST_SERVICES {
            return Err(format!("there are more than {MOST_SERVICES} services"));
        }
    }
    if models.is_empty() {
        return Err("there is no <service>/<version>/service-2.json or .json.gz".to_owned());
    }
    Ok(models)
}

/// The last model in the folder of a service, and its metadata; `None` if there is no model.
fn described(service: &Path) -> Result<Option<(PathBuf, Metadata)>, String> {
    let versions = folders(service)?;
    let mut files = versions
        .iter()
        .rev()
        .flat_map(|version| FILES.map(|name| version.join(name)));
    let Some(file) = files.find(|file| file.is_file()) else {
        return Ok(None);
    };
    let head = content(&file, HEAD_BYTES)?;
    let metadata = metadata(&String::from_utf8_lossy(&head));
    let metadata = metadata.ok_or_else(|| {
        let at = file.display();
        format!("{at}: there are no metadata at its beginning")
    })?;
    Ok(Some((file, metadata)))
}

/// The folders in a folder, in order.
fn folders(at: &Path) -> Result<Vec<PathBuf>, String> {
    let said = |error: std::io::Error| format!("{}: {error}", at.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(at).map_err(said)? {
        let path = entry.map_err(said)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The first bytes of a file, once it is not compressed.
fn content(file: &Path, most: u64) -> Result<Vec<u8>, String> {
    let said = |error: std::io::Error| format!("{}: {error}", file.display());
    let opened = File::open(file).map_err(said)?;
    let mut out = Vec::new();
    if file.extension().is_some_and(|extension| extension == "gz") {
        MultiGzDecoder::new(opened)
            .take(most)
            .read_to_end(&mut out)
            .map_err(said)?;
    } else {
        opened.take(most).read_to_end(&mut out).map_err(said)?;
    }
    Ok(out)
}

/// The metadata in the beginning of a model.
fn metadata(head: &str) -> Option<Metadata> {
    let (_, rest) = head.split_once("\"metadata\"")?;
    let rest = rest.trim_start().strip_prefix(':')?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Metadata>();
    values.next()?.ok()
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const HEAD: &str = r#"{ "version": "2.0", "metadata": { "apiVersion": "1", "endpointPrefix": "parcels",
        "protocol": "json", "serviceId": "Parcels" }, "operations": { "Send": {"#;

    #[test]
    fn metadata_are_read_from_the_beginning() {
        assert_eq!(metadata(HEAD).unwrap().name(), "parcels");
        assert!(metadata("{\"metadata\": {").is_none());
        assert!(metadata("{}").is_none());
    }

    #[test]
    fn compressed_models_are_read_up_to_a_bound() {
        use std::io::Write;

        let folder = tempfile::tempdir().unwrap();
        let version = folder.path().join("parcels/2021-01-01");
        std::fs::create_dir_all(&version).unwrap();
        let file = version.join("service-2.json.gz");
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(HEAD.as_bytes()).unwrap();
        std::fs::write(&file, packed.finish().unwrap()).unwrap();
        assert_eq!(content(&file, 9).unwrap(), &HEAD.as_bytes()[..9]);
        assert_eq!(listed(folder.path()).unwrap()["parcels"].file, file);
    }

    #[test]
    fn a_file_that_cannot_be_read_costs_its_service_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = |place: &str, text: &str| {
            let path = folder.path().join(place);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        file("broken/2021-01-01/service-2.json.gz", "not compressed");
        file("parcels/2021-01-01/service-2.json", HEAD);
        let models = listed(folder.path()).unwrap();
        assert_eq!(models.keys().collect::<Vec<_>>(), ["parcels"]);
    }

    #[test]
    fn the_last_version_is_taken_and_other_files_are_left() {
        let folder = tempfile::tempdir().unwrap();
        for (place, text) in [
            ("parcels/2020-01-01/service-2.json", "nonsense"),
            ("parcels/2021-01-01/service-2.json", HEAD),
            ("parcels/2022-01-01/paginators-1.json", "{}"),
            ("other/2020-01-01/service-2.json", "nonsense"),
        ] {
            let path = folder.path().join(place);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let models = listed(folder.path()).unwrap();
        assert_eq!(models.len(), 1);
        assert!(
            models["parcels"]
                .file
                .ends_with("2021-01-01/service-2.json")
        );
        assert!(listed(&folder.path().join("other")).is_err());
        assert!(listed(&folder.path().join("nowhere")).is_err());
    }
}
