//! Scripts, styles and other files under names that carry their content's hash, with their compressed twins.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::Mode;
use crate::stamp::hex;
use crate::{npm, run, workspace};

/// The folder of built files below `web/dist`.
pub(crate) const FOLDER: &str = "assets";

/// Hexadecimal digits of the hash in a name.
const HASH_DIGITS: usize = 10;

/// Files that are worth compressing.
const COMPRESSIBLE: [&str; 9] = [
    "html",
    "js",
    "css",
    "wasm",
    "svg",
    "json",
    "webmanifest",
    "map",
    "txt",
];

/// Names below `assets/` that the page links to.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) start: String,
    pub(crate) wasm: String,
    pub(crate) styles: Option<String>,
    pub(crate) media: Option<String>,
}

/// `name.ext` with the content's hash: `name-<hash>.ext`.
pub(crate) fn name(file: &str, content: &[u8]) -> String {
    let hash = &hex(&Sha256::digest(content))[..HASH_DIGITS];
    match file.rsplit_once('.') {
        Some((stem, ext)) => format!("{stem}-{hash}.{ext}"),
        None => format!("{file}-{hash}"),
    }
}

/// Fills a new `dist` folder with everything but the page.
pub(crate) fn write(work: &Path, dist: &Path, mode: Mode) -> Result<Built> {
    let assets = dist.join(FOLDER);
    fs::create_dir_all(&assets)?;
    let public = workspace::at("web/client/public");
    if public.is_dir() {
        copy(&public, dist)?;
    }
    let styles = workspace::at("web/client/styles/main.css");
    let styles = styles.is_file().then_some(styles);
    bundle(&work.join("start.js"), styles.as_deref(), &assets, mode)?;

    let wasm = only(work, "client-", "wasm")?.context("wasm-bindgen wrote no module")?;
    fs::copy(work.join(&wasm), assets.join(&wasm))?;
    Ok(Built {
        start: only(&assets, "start-", "js")?.context("esbuild wrote no script")?,
        styles: only(&assets, "main-", "css")?,
        media: media(&assets)?,
        wasm,
    })
}

/// esbuild: one script with all glue in it, one style sheet with all imports in it.
fn bundle(start: &Path, styles: Option<&Path>, assets: &Path, mode: Mode) -> Result<()> {
    run::say("bundling scripts and styles");
    let mut command = npm::program("xtask/tools", "esbuild");
    command
        .arg(start)
        .args(styles)
        .args([
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--log-level=warning",
            "--charset=utf8",
        ])
        .args(["--entry-names=[name]-[hash]", "--asset-names=[name]-[hash]"])
        .args(
            ["woff2", "woff", "svg", "png", "wav", "mp3", "ogg"]
                .map(|ext| format!("--loader:.{ext}=file")),
        )
        .arg(format!("--outdir={}", assets.display()))
        .arg(format!("--outbase={}", workspace::root().display()))
        .env("NODE_PATH", workspace::at("web/media/node_modules"));
    if mode == Mode::Small {
        command.arg("--minify");
    }
    run::quietly(&mut command)
}

/// Builds the media module and takes over what it wrote; gives its entry's name.
fn media(assets: &Path) -> Result<Option<String>> {
    run::say("bundling the media module");
    npm::script("web/media", "build")?;
    let built = workspace::at("web/media/dist");
    let mut entry = None;
    for file in fs::read_dir(&built).with_context(|| format!("no {}", built.display()))? {
        let file = file?.path();
        let plain = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if plain == "media.js" {
            let content = fs::read(&file)?;
            let named = name(plain, &content);
            fs::write(assets.join(&named), content)?;
            entry = Some(named);
        } else if file.is_file() && !plain.ends_with(".map") {
            fs::copy(&file, assets.join(plain))?;
        }
    }
    Ok(entry)
}

/// The one file of a folder with this beginning and extension.
fn only(folder: &Path, begins: &str, ext: &str) -> Result<Option<String>> {
    let mut found = fs::read_dir(folder)?
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(begins) && name.ends_with(&format!(".{ext}")));
    let first = found.next();
    match found.next() {
        Some(second) => bail!(
            "both {} and {second} in {}",
            first.unwrap_or_default(),
            folder.display()
        ),
        None => Ok(first),
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// Writes a `.br` beside every file that gets smaller by it.
pub(crate) fn compress(dist: &Path, mode: Mode) -> Result<()> {
    if mode == Mode::Fast {
        return Ok(());
    }
    run::say("compressing");
    for file in files(dist)? {
        let ext = file.extension().and_then(OsStr::to_str).unwrap_or_default();
        if !COMPRESSIBLE.contains(&ext) {
            continue;
        }
        let content = fs::read(&file)?;
        let small = brotli(&content)?;
        if small.len() < content.len() {
            fs::write(twin(&file), small)?;
        }
    }
    Ok(())
}

/// The compressed file's path: the name with `.br` after it.
pub(crate) fn twin(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".br");
    PathBuf::from(name)
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    const QUALITY: u32 = 11;
    const WINDOW_BITS: u32 = 22;
    let mut small = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut small, 64 * 1024, QUALITY, WINDOW_BITS);
    writer.write_all(content)?;
    drop(writer);
    Ok(small)
}

/// Every file below a folder, in order of its path.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_with_the_content_and_only_with_it() {
        assert_eq!(name("a.js", b"1"), name("a.js", b"1"));
        assert_ne!(name("a.js", b"1"), name("a.js", b"2"));
        assert!(name("client.wasm", b"1").starts_with("client-"));
        assert!(name("client.wasm", b"1").ends_with(".wasm"));
    }
}
