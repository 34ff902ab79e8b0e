//! Checks of documents: what may be uploaded, and whether what arrived is what was announced. Pure; each refusal is words for the
//! person who chose the file.
//!
//! A document of these kinds can be shown to an operator and sent to a carrier. This is no search for viruses: documents are only ever
//! downloaded, never opened by the platform.

mod pdf;
mod picture;

use contract::dossier::DOCUMENT_BYTES_MAX;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A kind of file that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PDF.
    Pdf,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Jpeg, Self::Png];

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// As people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Jpeg => "JPEG picture",
            Self::Png => "PNG picture",
        }
    }

    /// The kind of a media type.
    pub fn of(media_type: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.media_type() == media_type)
    }
}

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Of a type that is not taken.
    #[error(
        "a document is a PDF, a JPEG or a PNG picture (application/pdf, image/jpeg, image/png), not {0}"
    )]
    Type(String),
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Too much in it.
    #[error("a document has at most {DOCUMENT_BYTES_MAX} bytes, this one has {0}")]
    TooLarge(u64),
    /// Another file than was announced.
    #[error("what arrived is not the file that was announced: its {0} differs; upload it again")]
    Another(&'static str),
    /// Of another kind than its name says.
    #[error("the file says that it is a {declared}, and is {found}")]
    Mismatch {
        /// What it was announced as.
        declared: &'static str,
        /// What its bytes say.
        found: String,
    },
    /// A password is needed to read it.
    #[error(
        "the PDF is protected by a password or by permissions: save it without protection and upload it again"
    )]
    Encrypted,
    /// Its end is missing or its inside is damaged.
    #[error("the {0} is damaged or was cut off: {1}")]
    Broken(&'static str, &'static str),
}

/// Whether a file may be uploaded, by what is said of it.
///
/// # Errors
/// [`Refusal`].
pub fn may_upload(media_type: &str, bytes: u64) -> Result<Kind, Refusal> {
    let kind = Kind::of(media_type).ok_or_else(|| {
        let told: String = media_type
            .chars()
            .filter(|c| !c.is_control())
            .take(80)
            .collect();
        Refusal::Type(told)
    })?;
    match bytes {
        0 => Err(Refusal::Empty),
        bytes if bytes > u64::from(DOCUMENT_BYTES_MAX) => Err(Refusal::TooLarge(bytes)),
        _ => Ok(kind),
    }
}

/// Whether these bytes are a document of this kind that can be read to its end.
///
/// # Errors
/// [`Refusal`].
pub fn inspect(kind: Kind, bytes: &[u8]) -> Result<(), Refusal> {
    may_upload(kind.media_type(), bytes.len() as u64)?;
    let found = infer::get(bytes).map(|found| found.mime_type());
    // Some writers put a few bytes before a PDF's head, which readers accept (ISO 32000-1, implementation note 13).
    let is_pdf = kind == Kind::Pdf && pdf::begins(bytes);
    if !is_pdf && found != Some(kind.media_type()) {
        return Err(Refusal::Mismatch {
            declared: kind.name(),
            found: found.and_then(Kind::of).map_or_else(
                || {
                    found.map_or_else(
                        || "none that is known".to_owned(),
                        |mime| format!("of the type {mime}"),
                    )
                },
                |kind| format!("a {}", kind.name()),
            ),
        });
    }
    match kind {
        Kind::Pdf => pdf::check(bytes),
        Kind::Jpeg => picture::jpeg(bytes).map_err(|why| Refusal::Broken(kind.name(), why)),
        Kind::Png => picture::png(bytes).map_err(|why| Refusal::Broken(kind.name(), why)),
    }
}

/// Whether these bytes are what was announced, and a document that can be read to its end.
///
/// # Errors
/// [`Refusal`].
pub fn arrived(kind: Kind, announced: u32, sha256: &[u8; 32], bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() as u64 != u64::from(announced) {
        return Err(Refusal::Another("length"));
    }
    if Sha256::digest(bytes).as_slice() != sha256 {
        return Err(Refusal::Another("checksum"));
    }
    inspect(kind, bytes)
}

#[cfg(test)]
mod tests;
