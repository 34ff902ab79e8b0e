//! How much a browser has to fetch.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::assets;

/// One built file, in bytes.
struct Size {
    name: String,
    raw: u64,
    brotli: Option<u64>,
}

/// Prints each file's size and what the first page view costs, before the media module.
pub(crate) fn print(dist: &Path) -> Result<()> {
    let sizes = measured(dist)?;
    eprintln!("{:>11} {:>11}  file", "bytes", "brotli");
    for size in &sizes {
        let brotli = size
            .brotli
            .map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
        eprintln!("{:>11} {brotli:>11}  {}", size.raw, size.name);
    }
    eprintln!(
        "first view, before the media module: {} kB",
        first_view_bytes(&sizes) / 1000
    );
    Ok(())
}

/// What the first page view fetches, in bytes as sent: the page, the start script, the module and the styles.
pub(crate) fn first_view(dist: &Path) -> Result<u64> {
    Ok(first_view_bytes(&measured(dist)?))
}

fn first_view_bytes(sizes: &[Size]) -> u64 {
    sizes
        .iter()
        .filter(|size| {
            let name = size.name.trim_start_matches("assets/");
            name == "index.html"
                || ["start-", "client-", "main-"]
                    .iter()
                    .any(|begins| name.starts_with(begins))
        })
        .map(|size| size.brotli.unwrap_or(size.raw))
        .sum()
}

fn measured(dist: &Path) -> Result<Vec<Size>> {
    let mut sizes = Vec::new();
    for file in assets::files(dist)? {
        if file.extension().is_some_and(|ext| ext == "br") {
            continue;
        }
        sizes.push(Size {
            name: file
                .strip_prefix(dist)
                .unwrap_or(&file)
                .display()
                .to_string(),
            raw: fs::metadata(&file)?.len(),
            brotli: fs::metadata(assets::twin(&file))
                .ok()
                .map(|meta| meta.len()),
        });
    }
    Ok(sizes)
}
