//! Compressed objects. Source: developer guide, "ItemReader": the files of an S3 inventory are compressed with gzip, and what
//! Athena's `UNLOAD` writes is by default.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::LoadError;
use crate::objects::MAX_OBJECT_BYTES;

/// What a text never begins with.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The object itself, or what was compressed in it; at most [`MAX_OBJECT_BYTES`].
pub(super) fn whole(body: &[u8]) -> Result<Cow<'_, [u8]>, LoadError> {
    whole_within(body, MAX_OBJECT_BYTES)
}

fn whole_within(body: &[u8], most: usize) -> Result<Cow<'_, [u8]>, LoadError> {
    if !body.starts_with(&MAGIC) {
        return Ok(Cow::Borrowed(body));
    }
    let mut out = Vec::new();
    let decoder = MultiGzDecoder::new(body);
    decoder
        .take(most as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|error| {
            LoadError::content(format!("The compressed object cannot be read: {error}"))
        })?;
    if out.len() > most {
        return Err(LoadError::content(format!(
            "The object has more than {most} bytes once it is not compressed"
        )));
    }
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::{Gathered, plain};
    use super::*;
    use crate::asl::distributed::Format;

    fn compressed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn compressed_lines_are_items_and_so_are_several_members() {
        let body = [compressed("{\"a\":1}\n"), compressed("{\"a\":2}\n")].concat();
        let mut gathered = Gathered::new(0);
        plain(&body, &Format::JsonLines, &mut gathered).unwrap();
        assert_eq!(gathered.done().items.as_str(), r#"[{"a":1},{"a":2}]"#);
    }

    #[test]
    fn what_grows_too_large_or_is_torn_is_refused() {
        let body = compressed(&"x".repeat(1_000));
        assert_eq!(whole_within(&body, 1_000).unwrap().len(), 1_000);
        let refused = whole_within(&body, 999).unwrap_err();
        assert!(refused.to_string().contains("999 bytes"), "{refused}");
        let torn = whole(&body[..body.len() / 2]).unwrap_err();
        assert!(torn.to_string().contains("cannot be read"), "{torn}");
    }

    #[test]
    fn text_is_taken_as_it_is() {
        assert!(matches!(whole(b"[1]").unwrap(), Cow::Borrowed(b"[1]")));
    }
}
