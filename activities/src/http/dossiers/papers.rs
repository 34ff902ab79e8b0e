//! A dossier's documents: announced, uploaded straight to the store, checked, read by who may.
use super::{no_such_dossier, visible};
use crate::documents::{Kind, arrived, may_upload};
use crate::dossier::wake::tell_check;
use crate::dossier::{DossierRecord, Seen};
use crate::http::begin::claimed;
use crate::http::body::{Body, Key, line};
use crate::http::{Ports, Refused, Shared, Source};
use crate::people::Caller;
use crate::ports::calls::Shelf;
use crate::ports::clock;
use crate::ports::documents::{PUT_VALID_S, Place, Upload};
use crate::ports::requests::{Requests, Which};
use crate::request::RequestRecord;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use contract::api::Problem;
use contract::api::dossiers::{AnnounceDocument, ReadFrom, UploadTo};
use contract::dossier::review::DossierView;
use contract::dossier::{DOCUMENT_BYTES_MAX, Document, DocumentState, Dossier, LIST_MAX};
use contract::request::Kind as RequestKind;
use contract::{DocumentId, TenantId};
use jiff::SignedDuration;

/// Longest name of a file, in characters.
const FILE_NAME_MAX: usize = 200;

/// Open ports that are looked at, in pages of [`PORTS_AT_ONCE`], before a document is deleted.
const PORT_PAGES: usize = 20;

/// Ports of a page.
const PORTS_AT_ONCE: u32 = 100;

/// Announce a document, and get where to upload it. One that has not come within half an hour is given up.
///
/// Announced again with the same key, it is the same document, with a new address to upload it to.
#[utoipa::path(post, path = "/v1/dossiers/{dossier}/documents", operation_id = "announce_document", tag = "dossiers",
    security(("bearer" = [])), params(("dossier" = String, Path, description = "The dossier's id")), request_body = AnnounceDocument,
    responses(
    (status = 201, description = "Where to upload it", body = UploadTo),
    (status = 404, description = "`Dossier.NotFound`: no such dossier, or not yours to see", body = Problem),
    (status = 409, description = "`Dossier.TooManyDocuments`; `Request.KeyReused`: another request had this key", body = Problem),
))]
pub(in crate::http) async fn announce<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(dossier): Path<String>,
    key: Key,
    Body(body): Body<AnnounceDocument>,
) -> Result<(StatusCode, Json<UploadTo>), Refused> {
    let d = &*api.ports;
    let record = visible(d, &caller, &dossier).await?;
    clear_away(d, &record).await?;
    may_upload(&body.media_type, body.bytes.into()).map_err(|why| {
        let field = if Kind::of(&body.media_type).is_none() {
            "mediaType"
        } else {
            "bytes"
        };
        Refused::field(field, why.to_string())
    })?;
    let sha256 = read_hash(&body.sha256)?;
    let name = body.file_name.trim();
    line("fileName", name, FILE_NAME_MAX)?;
    if name.contains(['/', '\\']) || name == ".." {
        return Err(Refused::field("fileName", "a name without / and \\"));
    }
    let route = format!("POST /v1/dossiers/{dossier}/documents");
    let document = DocumentId(claimed(d, &caller, &key, &route, &body, "doc").await?.0);
    let announced = Document {
        id: document.clone(),
        kind: body.kind,
        file_name: name.to_owned(),
        media_type: body.media_type.clone(),
        bytes: body.bytes,
        sha256: body.sha256.clone(),
        uploaded_at: clock::text(d.now()),
        issued: body.issued.clone(),
        state: DocumentState::Draft,
        valid_until: body.valid_until.clone(),
        rejection_reason: None,
    };
    let place = Place::new(&record.view.dossier.tenant, &document);
    let noted = d.update_dossier(&record.view.dossier.id, |record| {
        record.announce(&announced)
    });
    if !noted.await?.ok_or_else(no_such_dossier)?.0 {
        let message = format!("a dossier has at most {LIST_MAX} documents: remove one first");
        return Err(Refused::conflict("Dossier.TooManyDocuments", message));
    }
    let signed = d
        .sign_put(&Upload {
            place,
            media_type: body.media_type,
            bytes: body.bytes,
            sha256,
        })
        .await?;
    let upload = UploadTo {
        document,
        url: signed.url,
        headers: signed.headers,
    };
    Ok((StatusCode::CREATED, Json(upload)))
}

/// Gives up what was announced so long ago that it cannot come any more, with the bytes of what came and was never said to be there.
async fn clear_away<P: Ports>(d: &P, record: &DossierRecord) -> Result<(), Refused> {
    // An upload that begins at the last moment may take as long again.
    let long_ago = d.now() - SignedDuration::from_secs(2 * i64::from(PUT_VALID_S));
    if !record.has_left_overs(long_ago) {
        return Ok(());
    }
    let Dossier { id, tenant, .. } = &record.view.dossier;
    let given_up = d.update_dossier(id, |record| record.give_up(long_ago));
    let (given_up, _) = given_up.await?.ok_or_else(no_such_dossier)?;
    for document in &given_up {
        d.delete(&Place::new(tenant, document)).await?;
    }
    let forgotten = d.update_dossier(id, |record| {
        record.given_up.retain(|one| !given_up.contains(one));
    });
    forgotten.await?.ok_or_else(no_such_dossier).map(drop)
}

/// Say that a document was uploaded: it is looked at, and becomes a part of the dossier.
///
/// A dossier that was approved is a draft again, and is to be handed in again, unless only ports ask for such a document (invoice, service
/// record, letter of authorisation); while it is renewed, and where something must follow, what was approved holds meanwhile
/// (`approvedUntil`). One that is being looked at is looked at from the beginning.
#[utoipa::path(post, path = "/v1/dossiers/{dossier}/documents/{document}/uploaded", operation_id = "document_uploaded", tag = "dossiers",
    security(("bearer" = [])), params(
    ("dossier" = String, Path, description = "The dossier's id"), ("document" = String, Path, description = "The document's id"),
), responses(
    (status = 200, description = "The dossier with the document", body = DossierView),
    (status = 404, description = "`Dossier.NotFound`, `Document.NotFound`: nobody announced it", body = Problem),
    (status = 409, description = "`Document.NotThere`: nothing was uploaded yet", body = Problem),
    (status = 422, description = "`Document.Refused`: what is wrong with the file; announce another", body = Problem),
))]
pub(in crate::http) async fn uploaded<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path((dossier, document)): Path<(String, String)>,
) -> Result<Json<DossierView>, Refused> {
    let d = &*api.ports;
    let record = visible(d, &caller, &dossier).await?;
    let known =
        |document_of: &[Document]| document_of.iter().find(|one| one.id.0 == document).cloned();
    if known(&record.view.dossier.documents).is_some() {
        return Ok(Json(record.shown(d.now())));
    }
    let announced = known(&record.announced).ok_or_else(no_such_document)?;
    let place = Place::new(&record.view.dossier.tenant, &announced.id);
    let bytes = d.read(&place, DOCUMENT_BYTES_MAX).await?.ok_or_else(|| {
        Refused::conflict(
            "Document.NotThere",
            "nothing was uploaded yet: PUT the bytes first",
        )
    })?;
    let kind = may_upload(&announced.media_type, announced.bytes.into());
    let sha256 = read_hash(&announced.sha256)?;
    let fits = kind.and_then(|kind| arrived(kind, announced.bytes, &sha256, &bytes));
    let id = record.view.dossier.id;
    let taken = d.update_dossier(&id, |record| record.arrive(&announced, fits.is_ok()));
    let (was_awaited, record) = taken.await?.ok_or_else(no_such_dossier)?;
    if !was_awaited {
        // Said to be there by somebody else meanwhile, or given up.
        known(&record.view.dossier.documents).ok_or_else(no_such_document)?;
        return Ok(Json(record.shown(d.now())));
    }
    match fits {
        Ok(()) => {
            tell_check(d, &record, &caller.person).await?;
            Ok(Json(record.shown(d.now())))
        }
        Err(why) => {
            d.delete(&place).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Err(Refused::new(status, "Document.Refused", why.to_string()).of("document"))
        }
    }
}

/// Read a document. Who read it is noted.
#[utoipa::path(get, path = "/v1/dossiers/{dossier}/documents/{document}", operation_id = "read_document", tag = "dossiers",
    security(("bearer" = [])), params(
    ("dossier" = String, Path, description = "The dossier's id"), ("document" = String, Path, description = "The document's id"),
), responses(
    (status = 200, description = "Where to read it", body = ReadFrom),
    (status = 404, description = "`Dossier.NotFound`, `Document.NotFound`", body = Problem),
))]
pub(in crate::http) async fn read<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    source: Option<Extension<Source>>,
    Path((dossier, document)): Path<(String, String)>,
) -> Result<Json<ReadFrom>, Refused> {
    let d = &*api.ports;
    let dossier = visible(d, &caller, &dossier).await?.view.dossier;
    let found = dossier.documents.iter().find(|one| one.id.0 == document);
    let found = found.ok_or_else(no_such_document)?;
    let seen = Seen {
        at: clock::text(d.now()),
        person: caller.person,
        what: found.id.0.clone(),
        source: source.map(|Extension(source)| source.0).unwrap_or_default(),
    };
    // Noted before it is shown.
    d.audit(&dossier.id, &seen).await?;
    let place = Place::new(&dossier.tenant, &found.id);
    let url = d.sign_get(&place, &found.file_name).await?;
    Ok(Json(ReadFrom { url }))
}

/// Take a document out of a dossier that is a draft, was refused or is expired. Who did is noted, and its bytes are deleted. What is approved
/// keeps its documents while it is renewed.
#[utoipa::path(delete, path = "/v1/dossiers/{dossier}/documents/{document}", operation_id = "remove_document", tag = "dossiers",
    security(("bearer" = [])), params(
    ("dossier" = String, Path, description = "The dossier's id"), ("document" = String, Path, description = "The document's id"),
), responses(
    (status = 200, description = "The dossier without it", body = DossierView),
    (status = 404, description = "`Dossier.NotFound`, `Document.NotFound`", body = Problem),
    (status = 409, description = "`Dossier.NotDraft`: it was submitted; `Document.InUse`: an open request relies on it", body = Problem),
))]
pub(in crate::http) async fn remove<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    source: Option<Extension<Source>>,
    Path((dossier, document)): Path<(String, String)>,
) -> Result<Json<DossierView>, Refused> {
    let d = &*api.ports;
    let before = visible(d, &caller, &dossier).await?.view.dossier;
    if before.documents.iter().any(|one| one.id.0 == document) {
        free(d, &before.tenant, &document).await?;
    }
    let now = d.now();
    let taken = d.update_dossier(&before.id, |record| record.withdraw(&document, now));
    let (taken, record) = taken.await?.ok_or_else(no_such_dossier)?;
    let taken = taken.map_err(|status| {
        if status != record.view.status {
            let message = "what is approved relies on this document: it can go once its dossier is approved anew, or is expired";
            return Refused::conflict("Dossier.NotDraft", message);
        }
        let status = serde_json::to_value(status).unwrap_or_default();
        let status = status.as_str().unwrap_or_default();
        let message =
            format!("a dossier that is `{status}` keeps its documents: only a draft, or one that was refused or is expired, lets them go");
        Refused::conflict("Dossier.NotDraft", message)
    })?;
    let gone = taken.ok_or_else(no_such_document)?;
    let seen = Seen {
        at: clock::text(d.now()),
        person: caller.person,
        what: format!("{}{}", Seen::REMOVED, gone.id.0),
        source: source.map(|Extension(source)| source.0).unwrap_or_default(),
    };
    d.audit(&before.id, &seen).await?;
    d.delete(&Place::new(&before.tenant, &gone.id)).await?;
    let forgotten = d.update_dossier(&before.id, |record| {
        record.announced.retain(|one| one.id != gone.id);
    });
    let (_, record) = forgotten.await?.ok_or_else(no_such_dossier)?;
    Ok(Json(record.shown(d.now())))
}

/// Whether no open port of the tenant has this document: a port keeps a copy of its dossier, and sends its papers on.
async fn free<P: Ports>(d: &P, tenant: &TenantId, document: &str) -> Result<(), Refused> {
    let which = Which::OfTenant {
        tenant: tenant.clone(),
        kind: RequestKind::PortIn,
        shelf: Shelf::Live,
    };
    let mut next = None;
    for _ in 0..PORT_PAGES {
        let page = Requests::list(d, &which, PORTS_AT_ONCE, next.as_deref()).await?;
        let has = |record: &RequestRecord| record.view.details.to_string().contains(document);
        if let Some(port) = page.records.iter().find(|record| has(record)) {
            let message = format!(
                "the port {} relies on it until it has ended",
                port.view.title
            );
            return Err(Refused::conflict("Document.InUse", message));
        }
        next = page.next;
        if next.is_none() {
            return Ok(());
        }
    }
    let message = "too many ports are open to say that none relies on it: try again when fewer are";
    Err(Refused::conflict("Document.InUse", message))
}

fn no_such_document() -> Refused {
    let message = "the dossier has no such document";
    Refused::new(StatusCode::NOT_FOUND, "Document.NotFound", message)
}

fn read_hash(text: &str) -> Result<[u8; 32], Refused> {
    let bad = || Refused::field("sha256", "64 characters of 0-9a-f");
    if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(bad());
    }
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| bad())?;
    }
    Ok(hash)
}
