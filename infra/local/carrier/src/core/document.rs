//! Documents. The bytes are the store's; the desk knows what they are.
//! <https://developers.telnyx.com/api-reference/documents/upload-a-document>

use super::owned::text_field;
use super::problem::{Code, Refusal};
use super::table::Row;
use super::time::At;
use super::{Reply, Stamp, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Largest document, in bytes.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;

/// What is sent.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// Its name.
    pub filename: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The customer's reference.
    pub customer_reference: Option<String>,
}

/// A document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// Its name.
    pub filename: String,
    /// What its bytes are.
    pub content_type: String,
    /// The customer's reference.
    pub customer_reference: Option<String>,
    /// SHA-256, in hex.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Whether the carrier can read it: not when its name has `illegible` in it.
    pub legible: bool,
}

impl Row for Document {
    const KIND: &'static str = "document";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// What the first bytes say.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    let kinds: [(&[u8], &str); 4] = [
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"II*\0", "image/tiff"),
    ];
    kinds
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map(|(_, name)| *name)
}

impl State {
    pub(super) fn upload(&mut self, new: NewDocument, now: At) -> Result<Reply, Refusal> {
        self.room(self.documents.len(), 1)?;
        if new.bytes.is_empty() || new.bytes.len() > MAX_BYTES {
            let detail = format!(
                "a document has 1 to {MAX_BYTES} bytes, not {}",
                new.bytes.len()
            );
            return Err(Refusal::at(Code::Invalid, "/file", detail));
        }
        let content_type = content_type(&new.bytes).ok_or_else(|| {
            Refusal::at(
                Code::MediaType,
                "/file",
                "a document is a PDF, PNG, JPEG or TIFF",
            )
        })?;
        let id = self.id();
        let stamp = self.stamp(now);
        let sha256 = Sha256::digest(&new.bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.documents.put(Document {
            id: id.clone(),
            stamp,
            legible: !new.filename.to_lowercase().contains("illegible"),
            filename: new.filename,
            content_type: content_type.to_owned(),
            customer_reference: new.customer_reference,
            sha256,
            bytes: new.bytes.len() as u64,
        });
        self.blob(id.clone(), Some(new.bytes));
        Ok(Reply::One(id))
    }

    pub(super) fn edit_document(
        &mut self,
        id: &str,
        body: &Value,
        now: At,
    ) -> Result<Reply, Refusal> {
        let mut document = self
            .documents
            .get(id)
            .ok_or_else(|| Refusal::missing("document", id))?
            .clone();
        if let Some(reference) = text_field(body, "customer_reference")? {
            document.customer_reference = reference;
        }
        if let Some(Some(name)) = text_field(body, "filename")? {
            document.filename = name;
        }
        document.stamp.updated_at = now;
        self.documents.put(document);
        Ok(Reply::One(id.to_owned()))
    }

    pub(super) fn delete_document(&mut self, id: &str) -> Result<Reply, Refusal> {
        if self.documents.get(id).is_none() {
            return Err(Refusal::missing("document", id));
        }
        let named = |value: &Option<String>| value.as_deref() == Some(id);
        let in_use = self
            .ports
            .iter()
            .any(|port| named(&port.documents.loa) || named(&port.documents.invoice))
            || self
                .attachments
                .iter()
                .any(|attachment| attachment.document == id);
        if in_use {
            return Err(Refusal::new(
                Code::Illegal,
                "the document belongs to an order; it cannot be deleted",
            ));
        }
        self.documents.remove(id);
        self.blob(id.to_owned(), None);
        Ok(Reply::One(id.to_owned()))
    }
}
