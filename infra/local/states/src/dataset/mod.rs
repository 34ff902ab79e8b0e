//! Datasets of an `ItemReader`: from objects to items. Source: developer guide, "ItemReader (Map)".

mod csv;
mod gzip;
mod json;

use serde_json::Value;

use crate::asl::distributed::{Format, Source};
use crate::core::items::{Items, MAX_ITEMS_BYTES, Read, Sources};
use crate::core::map_run::NOT_ITERABLE;
use crate::json::{Json, push_string};
use crate::objects::{ObjectInfo, Objects, ObjectsError};

/// Most objects of one listing.
const MAX_LISTED: usize = 100_000_000;

/// Why there are no items.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoadError {
    /// The store.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
    /// The arguments lack something.
    #[error("The ItemReader names no '{0}'")]
    Argument(&'static str),
    /// What was read is not what the reader was told. The text is for people.
    #[error("{0}")]
    Content(String),
}

impl LoadError {
    fn content(text: impl Into<String>) -> Self {
        Self::Content(text.into())
    }
}

/// Items that are being gathered, as the text of an array.
#[derive(Debug)]
struct Gathered {
    text: String,
    count: u32,
    /// 0 for any number.
    most: u32,
    /// Where they came from, if that is told.
    sources: Sources,
    /// The bytes of that.
    source_bytes: usize,
}

impl Gathered {
    fn new(most: u32) -> Self {
        Self {
            text: String::from("["),
            count: 0,
            most,
            sources: Sources::new(),
            source_bytes: 0,
        }
    }

    /// What is added next came from this object.
    fn open(&mut self, uri: String) {
        // One without items is the source of none.
        if self
            .sources
            .last()
            .is_some_and(|(first, _)| *first == self.count)
            && let Some((_, empty)) = self.sources.pop()
        {
            self.source_bytes -= empty.len();
        }
        self.source_bytes += uri.len();
        self.sources.push((self.count, uri));
    }

    fn is_full(&self) -> bool {
        self.most > 0 && self.count >= self.most
    }

    /// Adds an item, unless there are enough.
    fn push(&mut self, item: &str) -> Result<(), LoadError> {
        if self.is_full() {
            return Ok(());
        }
        if self.text.len() + self.source_bytes + item.len() > MAX_ITEMS_BYTES {
            return Err(LoadError::content(format!(
                "The dataset has more than {MAX_ITEMS_BYTES} bytes"
            )));
        }
        if self.count > 0 {
            self.text.push(',');
        }
        self.text.push_str(item);
        self.count += 1;
        Ok(())
    }

    fn done(mut self) -> Read {
        self.text.push(']');
        Read {
            items: Json::trusted(self.text),
            sources: self.sources,
        }
    }
}

/// Reads the items that an `ItemReader` stands for: an array or an object.
pub(crate) async fn load(
    objects: &dyn Objects,
    source: &Source,
    arguments: &Json,
    most: u32,
) -> Result<Read, LoadError> {
    let arguments: Value = serde_json::from_str(arguments.as_str()).unwrap_or_default();
    let bucket = arguments["Bucket"]
        .as_str()
        .ok_or(LoadError::Argument("Bucket"))?;
    match source {
        Source::Object(format) => {
            let key = arguments["Key"]
                .as_str()
                .ok_or(LoadError::Argument("Key"))?;
            let version = arguments["VersionId"].as_str();
            let items = object(objects, bucket, key, version, format, most).await?;
            Ok(items.into())
        }
        Source::Listing { load } => {
            let prefix = arguments["Prefix"].as_str().unwrap_or("");
            let limit = match load {
                Some(_) => 0,
                None => most,
            };
            let listed = listing(objects, bucket, prefix, limit).await?;
            let mut gathered = Gathered::new(most);
            for info in &listed {
                match load {
                    None => gathered.push(&listed_item(info))?,
                    Some(format) => {
                        gathered.open(format!("S3://{bucket}/{}", info.key));
                        gather(objects, bucket, &info.key, format, &mut gathered).await?;
                    }
                }
                if gathered.is_full() {
                    break;
                }
            }
            Ok(gathered.done())
        }
    }
}

async fn object(
    objects: &dyn Objects,
    bucket: &str,
    key: &str,
    version: Option<&str>,
    format: &Format,
    most: u32,
) -> Result<Json, LoadError> {
    let body = objects.get(bucket, key, version).await?;
    if let Format::Json { pointer } = format {
        // An object stays one: its pairs are the items.
        let body = gzip::whole(&body)?;
        return json::collection(text(&body)?, pointer.as_deref(), most);
    }
    let mut gathered = Gathered::new(most);
    items(objects, &body, format, &mut gathered).await?;
    Ok(gathered.done().items)
}

/// Adds the items of one object.
async fn gather(
    objects: &dyn Objects,
    bucket: &str,
    key: &str,
    format: &Format,
    gathered: &mut Gathered,
) -> Result<(), LoadError> {
    let body = objects.get(bucket, key, None).await?;
    items(objects, &body, format, gathered).await
}

async fn items(
    objects: &dyn Objects,
    body: &[u8],
    format: &Format,
    gathered: &mut Gathered,
) -> Result<(), LoadError> {
    match format {
        Format::AthenaManifest(inner) => {
            for line in text(body)?.lines().map(|l| l.trim().trim_matches('"')) {
                if line.is_empty() || gathered.is_full() {
                    continue;
                }
                let place = line.strip_prefix("s3://").and_then(|p| p.split_once('/'));
                let (bucket, key) = place.ok_or_else(|| {
                    LoadError::content(format!("'{line}' in the manifest is not an S3 address"))
                })?;
                let body = objects.get(bucket, key, None).await?;
                plain(&body, inner, gathered)?;
            }
            Ok(())
        }
        Format::Inventory => {
            let inventory = json::inventory(text(body)?)?;
            for file in &inventory.files {
                if gathered.is_full() {
                    break;
                }
                let body = objects.get(&inventory.bucket, &file.key, None).await?;
                let body = gzip::whole(&body)?;
                csv::rows(text(&body)?, &inventory.columns(), ',', gathered)?;
            }
            Ok(())
        }
        Format::Json { .. } | Format::JsonLines | Format::Csv(_) => plain(body, format, gathered),
    }
}

/// The items of one object that names no others.
fn plain(body: &[u8], format: &Format, gathered: &mut Gathered) -> Result<(), LoadError> {
    let body = &*gzip::whole(body)?;
    match format {
        Format::Json { pointer } => {
            let found = json::collection(text(body)?, pointer.as_deref(), 0)?;
            let found = Items::of(&found).map_err(|_| LoadError::content(NOT_ITERABLE))?;
            for index in 0..found.len() {
                gathered.push(found.slice(index, index + 1))?;
            }
            Ok(())
        }
        Format::JsonLines => json::lines(text(body)?, gathered),
        Format::Csv(how) => csv::items(text(body)?, how, gathered),
        Format::Inventory | Format::AthenaManifest(_) => {
            Err(LoadError::content("A manifest cannot name manifests"))
        }
    }
}

async fn listing(
    objects: &dyn Objects,
    bucket: &str,
    prefix: &str,
    most: u32,
) -> Result<Vec<ObjectInfo>, LoadError> {
    let most = match most {
        0 => MAX_LISTED,
        some => some as usize,
    };
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = objects.list(bucket, prefix, after.as_deref()).await?;
        found.extend(page.objects);
        if found.len() >= most || page.next.is_none() {
            found.truncate(most);
            return Ok(found);
        }
        after = page.next;
    }
}

/// An object as an item, with AWS's names.
fn listed_item(info: &ObjectInfo) -> String {
    let mut item = String::from("{\"Etag\":");
    push_string(&mut item, &info.etag);
    item.push_str(",\"Key\":");
    push_string(&mut item, &info.key);
    item.push_str(&format!(
        ",\"LastModified\":{},\"Size\":{},\"StorageClass\":",
        info.modified_s, info.size
    ));
    push_string(&mut item, &info.storage_class);
    item.push('}');
    item
}

fn text(body: &[u8]) -> Result<&str, LoadError> {
    let text = std::str::from_utf8(body)
        .map_err(|error| LoadError::content(format!("The object is not UTF-8: {error}")))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
