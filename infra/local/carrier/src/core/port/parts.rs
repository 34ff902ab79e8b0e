//! What belongs to a porting order: comments, papers, bundles, jobs, sharing tokens.

use super::PortStatus;
use super::edit::comment_payload;
use crate::core::event::Family;
use crate::core::problem::{Code, Refusal};
use crate::core::table::Row;
use crate::core::time::At;
use crate::core::timer::{PortTimer, Timer};
use crate::core::{Reply, Stamp, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest comment, in characters.
const MAX_COMMENT: usize = 5000;
/// Most papers of an order, beside letter and invoice.
const MAX_ATTACHMENTS: usize = 50;
/// Longest life of a sharing token: thirty days, in seconds.
const MAX_TOKEN_S: u64 = 30 * 24 * 3600;

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The customer.
    User,
    /// The carrier's staff.
    Admin,
}

impl Author {
    /// As the API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

/// A comment on a porting order or a port-out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comment {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// The order.
    pub subject: String,
    /// What is said.
    pub body: String,
    /// Who said it.
    pub author: Author,
}

impl Row for Comment {
    const KIND: &'static str = "comment";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// A paper of a porting order or a port-out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attachment {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// The order.
    pub subject: String,
    /// The document.
    pub document: String,
    /// `loa`, `invoice`, `csr` or `other`.
    pub kind: String,
}

impl Row for Attachment {
    const KIND: &'static str = "attachment";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// The bundle of a porting number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Configuration {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// The porting number.
    pub number: String,
    /// The bundle.
    pub bundle: String,
}

impl Row for Configuration {
    const KIND: &'static str = "configuration";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// Where an activation job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobStatus {
    /// Waits for its time.
    Created,
    /// Runs.
    InProcess,
    /// Brought numbers.
    Completed,
    /// Brought none.
    Failed,
}

/// An activation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// Its order.
    pub port: String,
    /// Where it stands.
    pub status: JobStatus,
    /// Whether the customer may start it.
    pub on_demand: bool,
    /// The date.
    pub activate_at: At,
    /// From when it may run.
    pub opens: At,
    /// When it runs by itself.
    pub closes: At,
}

impl Row for Job {
    const KIND: &'static str = "job";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// A token for others to see an order's documents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// Its order.
    pub port: String,
    /// What it allows.
    pub permission: String,
    /// How long it lives, in seconds.
    pub expires_in_s: u64,
    /// Until when.
    pub ends: At,
}

impl Row for Token {
    const KIND: &'static str = "token";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// Reads a comment.
pub(in crate::core) fn read_comment(body: &str) -> Result<String, Refusal> {
    let body = body.trim();
    if body.is_empty() || body.chars().count() > MAX_COMMENT {
        return Err(Refusal::at(
            Code::Invalid,
            "/body",
            format!("a comment has 1 to {MAX_COMMENT} characters"),
        ));
    }
    Ok(body.to_owned())
}

impl State {
    pub(in crate::core) fn comment_port(
        &mut self,
        id: &str,
        body: &str,
        staff: bool,
        now: At,
    ) -> Result<Reply, Refusal> {
        self.port(id)?;
        self.room(self.comments.len(), 1)?;
        let body = read_comment(body)?;
        let author = if staff { Author::Admin } else { Author::User };
        Ok(Reply::One(self.say(id, &body, author, now)))
    }

    pub(in crate::core) fn say(&mut self, id: &str, body: &str, author: Author, now: At) -> String {
        let (key, stamp) = (self.id(), self.stamp(now));
        let comment = Comment {
            id: key.clone(),
            stamp,
            subject: id.to_owned(),
            body: body.to_owned(),
            author,
        };
        let told = self
            .ports
            .get(id)
            .map(|port| (comment_payload(port, &comment), port.webhook_url.clone()));
        self.comments.put(comment);
        if let Some((payload, url)) = told {
            self.emit(
                Family::Port,
                "porting_order.new_comment",
                id,
                url,
                payload,
                now,
            );
        }
        key
    }

    /// Attaches documents that exist, each of a kind that is allowed.
    pub(in crate::core) fn attach(
        &mut self,
        subject: &str,
        pointer: &str,
        kinds: &[&str],
        documents: &[(String, String)],
        now: At,
    ) -> Result<Reply, Refusal> {
        let there = self
            .attachments
            .iter()
            .filter(|attachment| attachment.subject == subject)
            .count();
        if documents.is_empty() || there + documents.len() > MAX_ATTACHMENTS {
            return Err(Refusal::at(
                Code::Invalid,
                pointer,
                format!("1 to {MAX_ATTACHMENTS} documents"),
            ));
        }
        for (index, (document, kind)) in documents.iter().enumerate() {
            if self.documents.get(document).is_none() {
                let pointer = format!("{pointer}/{index}/document_id");
                return Err(Refusal::at(
                    Code::NoSuchAssociation,
                    pointer,
                    format!("no document has the id {document:?}"),
                ));
            }
            if !kinds.contains(&kind.as_str()) {
                let pointer = format!("{pointer}/{index}");
                return Err(Refusal::at(
                    Code::Invalid,
                    pointer,
                    format!("the type is one of {}", kinds.join(", ")),
                ));
            }
        }
        let mut ids = Vec::new();
        for (document, kind) in documents {
            let (id, stamp) = (self.id(), self.stamp(now));
            let (subject, document, kind) = (subject.to_owned(), document.clone(), kind.clone());
            self.attachments.put(Attachment {
                id: id.clone(),
                stamp,
                subject,
                document,
                kind,
            });
            ids.push(id);
        }
        Ok(Reply::Many(ids))
    }

    pub(in crate::core) fn attach_to_port(
        &mut self,
        id: &str,
        documents: &[(String, String)],
        now: At,
    ) -> Result<Reply, Refusal> {
        self.port(id)?;
        self.attach(
            id,
            "/additional_documents",
            &["loa", "invoice", "csr", "other"],
            documents,
            now,
        )
    }

    pub(in crate::core) fn detach_from_port(
        &mut self,
        id: &str,
        attachment: &str,
    ) -> Result<Reply, Refusal> {
        self.port(id)?;
        if self
            .attachments
            .get(attachment)
            .is_none_or(|row| row.subject != id)
        {
            return Err(Refusal::missing("additional document", attachment));
        }
        self.attachments.remove(attachment);
        Ok(Reply::Done)
    }

    pub(in crate::core) fn configure_port_numbers(
        &mut self,
        pairs: &[(String, String)],
        now: At,
    ) -> Result<Reply, Refusal> {
        for (index, (number, bundle)) in pairs.iter().enumerate() {
            let pointer = |name: &str| format!("/phone_number_configurations/{index}/{name}");
            if self.port_numbers.get(number).is_none() {
                let detail = format!("no porting phone number has the id {number:?}");
                return Err(Refusal::at(
                    Code::NoSuchAssociation,
                    pointer("porting_phone_number_id"),
                    detail,
                ));
            }
            if bundle.is_empty() {
                return Err(Refusal::at(
                    Code::Missing,
                    pointer("user_bundle_id"),
                    "user_bundle_id is needed",
                ));
            }
        }
        self.room(self.configurations.len(), pairs.len())?;
        let mut ids = Vec::new();
        for (number, bundle) in pairs {
            let (id, stamp) = (self.id(), self.stamp(now));
            self.configurations.put(Configuration {
                id: id.clone(),
                stamp,
                number: number.clone(),
                bundle: bundle.clone(),
            });
            ids.push(id);
        }
        Ok(Reply::Many(ids))
    }

    pub(in crate::core) fn make_job(&mut self, port: &str, date: At, now: At) {
        let Some(on_demand) = self.ports.get(port).map(|port| port.fast) else {
            return;
        };
        let (id, stamp) = (self.id(), self.stamp(now));
        let window_ms = i64::try_from(self.world.paces.common.activation_window_s)
            .unwrap_or(0)
            .saturating_mul(1000);
        let (port, opens) = (port.to_owned(), At(date.0 - window_ms));
        self.jobs.put(Job {
            id,
            stamp,
            port,
            status: JobStatus::Created,
            on_demand,
            activate_at: date,
            opens,
            closes: date,
        });
    }

    /// Another moment within the window; the cut-over moves with it.
    pub(in crate::core) fn edit_job(
        &mut self,
        port: &str,
        id: &str,
        at: At,
        now: At,
    ) -> Result<Reply, Refusal> {
        let order = self.port(port)?;
        let job = self
            .jobs
            .get(id)
            .filter(|job| job.port == port)
            .ok_or_else(|| Refusal::missing("activation job", id))?;
        if order.status != PortStatus::FocDateConfirmed || job.status != JobStatus::Created {
            return Err(super::illegal(
                order,
                "moved",
                "one that is foc-date-confirmed and not under way",
            ));
        }
        if at < job.opens || at > job.closes || at <= now {
            let detail = format!(
                "the moment lies between {} and {}",
                job.opens.iso(),
                job.closes.iso()
            );
            return Err(Refusal::at(Code::Invalid, "/activate_at", detail));
        }
        let due = self.settings.scale.reached(at, now);
        let job = self.jobs.edit(id).expect("seen above");
        job.activate_at = at;
        job.stamp.updated_at = now;
        let order = self.ports.edit(port).expect("seen above");
        order.foc_due = Some(due);
        order.round += 1;
        self.port_wakes(port, due, PortTimer::Foc);
        Ok(Reply::One(id.to_owned()))
    }

    fn move_job(&mut self, port: &str, from: JobStatus, to: JobStatus, now: At) {
        let found = self
            .jobs
            .iter()
            .find(|job| job.port == port && job.status == from)
            .map(|job| job.id.clone());
        if let Some(job) = found.and_then(|id| self.jobs.edit(&id)) {
            job.status = to;
            job.stamp.updated_at = now;
        }
    }

    pub(in crate::core) fn job_starts(&mut self, port: &str, now: At) {
        self.move_job(port, JobStatus::Created, JobStatus::InProcess, now);
    }

    pub(in crate::core) fn job_ends(&mut self, port: &str, brought: bool, now: At) {
        let to = if brought {
            JobStatus::Completed
        } else {
            JobStatus::Failed
        };
        self.move_job(port, JobStatus::InProcess, to, now);
        self.move_job(port, JobStatus::Created, to, now);
    }

    pub(in crate::core) fn share_port(
        &mut self,
        id: &str,
        expires_in_s: u64,
        permission: &str,
        now: At,
    ) -> Result<Reply, Refusal> {
        self.port(id)?;
        self.room(self.tokens.len(), 1)?;
        if !(1..=MAX_TOKEN_S).contains(&expires_in_s) {
            return Err(Refusal::at(
                Code::Invalid,
                "/expires_in_seconds",
                format!("1 to {MAX_TOKEN_S} seconds"),
            ));
        }
        if ![
            "porting_order.document.read",
            "porting_order.document.update",
        ]
        .contains(&permission)
        {
            let detail =
                "permissions is porting_order.document.read or porting_order.document.update";
            return Err(Refusal::at(Code::Invalid, "/permissions", detail));
        }
        let (key, stamp) = (self.id(), self.stamp(now));
        let ends = now.plus_ms(i64::try_from(expires_in_s).unwrap_or(0) * 1000);
        self.wake(ends, Timer::TokenEnds(key.clone()));
        let (port, permission) = (id.to_owned(), permission.to_owned());
        self.tokens.put(Token {
            id: key.clone(),
            stamp,
            port,
            permission,
            expires_in_s,
            ends,
        });
        Ok(Reply::One(key))
    }

    pub(in crate::core) fn token_ends(&mut self, id: &str, now: At) {
        if let Some(token) = self.tokens.remove(id) {
            self.emit(
                Family::Port,
                "porting_order.sharing_token_expired",
                &token.port,
                None,
                Value::Null,
                now,
            );
        }
    }
}
