//! The letter of authorisation: looked at, signed on the screen, or handed in on paper.
use super::{finish, mine, read};
use crate::documents;
use crate::dossier::{DossierRecord, Seen};
use crate::http::body::{Body, line};
use crate::http::caller::SignedIn;
use crate::http::requests::{no_such_request, not_allowed};
use crate::http::{Ports, Refused, Shared, Source};
use crate::letter::{self, Signature};
use crate::people::Caller;
use crate::porting::{desk, papers};
use crate::ports::clock;
use crate::ports::documents::Place;
use crate::ports::porting::Porting;
use crate::ports::requests::Requests;
use crate::request::RequestRecord;
use axum::extract::{Extension, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use compliance::screening::is_same_name;
use contract::Role;
use contract::api::Problem;
use contract::dossier::{Document, DocumentKind, DocumentState};
use contract::port::Signer;
use contract::port::api::{SignLetter, UploadedLetter};

/// Longest name of who signed, in characters.
const NAME_MAX: usize = 200;

/// Sign the letter of authorisation on the screen.
///
/// Whoever the letter names signs it, by that name; the phone company's people sign for nobody, and a program's key for nobody either.
#[utoipa::path(post, path = "/v1/ports/{port}/sign", operation_id = "sign_port", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), request_body = SignLetter, responses(
    (status = 202, description = "Signed; the workflow goes on"),
    (status = 403, description = "`Role.NotAllowed`: not yours to do; `ApiKey.NotAllowed`: asked by a key", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
    (status = 409, description = "`Request.NotNow`; `Port.LetterChanged`: another letter than the one that was shown", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(in crate::http) async fn sign<P: Ports>(
    State(state): State<Shared<P>>,
    SignedIn(caller): SignedIn,
    source: Option<Extension<Source>>,
    Path(id): Path<String>,
    Body(body): Body<SignLetter>,
) -> Result<StatusCode, Refused> {
    let d = &*state.ports;
    let (record, _) = mine(d, &caller, &id).await?;
    if caller.role == Role::Staff {
        return Err(not_allowed("only the customer signs the letter"));
    }
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if body.document.len() != 64 || !body.document.bytes().all(is_hex) {
        return Err(Refused::field("document", "64 characters of 0-9a-f"));
    }
    let signature = Signature {
        strokes: body.strokes,
        name: body.name.trim().to_owned(),
        at: clock::text(d.now()),
        from: source.map_or_else(|| "unknown".to_owned(), |Extension(source)| source.0),
        document: body.document,
    };
    signature
        .check()
        .map_err(|bad| Refused::field(bad.field, bad.allowed))?;
    let signer = Signer {
        name: signature.name.clone(),
        at: signature.at.clone(),
        person: Some(caller.person.clone()),
        upload: None,
    };
    put_signature(d, &record, Some(signature), signer).await?;
    finish(d, &caller, &record, "port-letter").await
}

/// Notes who signed, if the letter is still the one that was shown.
async fn put_signature<P: Ports>(
    d: &P,
    record: &RequestRecord,
    signature: Option<Signature>,
    signer: Signer,
) -> Result<(), Refused> {
    let changed = || {
        let message = "the letter has changed since it was shown: look at it again, then sign";
        Refused::conflict("Port.LetterChanged", message).of("document")
    };
    let waits = |record: &RequestRecord| {
        record
            .view
            .task
            .as_ref()
            .is_some_and(|task| task.form == "port-letter")
    };
    if !waits(record) {
        let message = format!(
            "a port that is `{}` does not wait for a signature",
            record.view.status
        );
        return Err(Refused::conflict("Request.NotNow", message));
    }
    let put = |record: &mut RequestRecord| {
        let mut port = read(record)?;
        let letter = port.view.letter.as_mut().ok_or_else(changed)?;
        if let Some(signature) = &signature {
            if signature.document != letter.document {
                return Err(changed());
            }
            let named = port.view.form.dossier.as_ref().map(papers::signer);
            let named = named.ok_or_else(changed)?;
            if !is_same_name(&signature.name, &named) {
                let allowed = format!("{named}, whom the letter names: nobody else signs it");
                return Err(Refused::field("name", allowed));
            }
        }
        letter.signed = Some(signer.clone());
        port.hidden.signature.clone_from(&signature);
        port.put(record);
        Ok(())
    };
    let done = Requests::update(d, &record.view.id, put).await?;
    done.ok_or_else(no_such_request)?.0
}

/// Whether a document can be the scan of a letter: one that has passed the checks of uploads, as every document of a dossier has.
fn is_letter(document: &Document) -> bool {
    let is_refused = match document.state {
        DocumentState::Rejected | DocumentState::Expired => true,
        DocumentState::Draft
        | DocumentState::PendingReview
        | DocumentState::InReview
        | DocumentState::Approved
        | DocumentState::ProvisionallyApproved => false,
    };
    document.kind == DocumentKind::LetterOfAuthorisation
        && document.media_type == documents::Kind::Pdf.media_type()
        && !is_refused
}

/// Hand in the letter of authorisation signed on paper: a document of the port's dossier.
///
/// A person says whose signature it is, no program's key.
#[utoipa::path(post, path = "/v1/ports/{port}/letter", operation_id = "upload_letter", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), request_body = UploadedLetter, responses(
    (status = 202, description = "Taken; the workflow goes on"),
    (status = 403, description = "`Role.NotAllowed`: not yours to do; `ApiKey.NotAllowed`: asked by a key", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
    (status = 409, description = "`Request.NotNow`: no letter waits to be signed", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(in crate::http) async fn upload<P: Ports>(
    State(state): State<Shared<P>>,
    SignedIn(caller): SignedIn,
    Path(id): Path<String>,
    Body(body): Body<UploadedLetter>,
) -> Result<StatusCode, Refused> {
    let d = &*state.ports;
    let (record, port) = mine(d, &caller, &id).await?;
    let name = body.name.trim().to_owned();
    line("name", &name, NAME_MAX)?;
    // The port's copy of its dossier is older than the scan.
    let dossier = match &port.view.form.dossier {
        Some(copy) => d.dossier(&copy.id).await?,
        None => None,
    };
    let is_theirs = |dossier: &DossierRecord| dossier.view.dossier.tenant == record.view.tenant;
    let is_it = |document: &Document| document.id == body.document && is_letter(document);
    let has_it = |dossier: DossierRecord| dossier.view.dossier.documents.iter().any(is_it);
    if !dossier.filter(is_theirs).is_some_and(has_it) {
        let allowed = "a PDF that was uploaded into the port's dossier as its letter of authorisation, and was not refused";
        return Err(Refused::field("document", allowed));
    }
    let signer = Signer {
        name,
        at: clock::text(d.now()),
        person: Some(caller.person.clone()),
        upload: Some(body.document),
    };
    put_signature(d, &record, None, signer).await?;
    finish(d, &caller, &record, "port-letter").await
}

/// The letter of authorisation as it stands, signed or not. Who read a signed one is noted with the dossier.
#[utoipa::path(get, path = "/v1/ports/{port}/letter.pdf", operation_id = "get_letter", tag = "ports", security(("bearer" = [])), params(
    ("port" = String, Path, description = "The port's id"),
), responses(
    (status = 200, description = "A PDF", content_type = "application/pdf", body = Vec<u8>),
    (status = 303, description = "It was signed on paper: the scan can be read at `Location`, for a minute and without a token"),
    (status = 403, description = "`Role.NotAllowed`: only for administrators", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such port, or not yours to see", body = Problem),
    (status = 409, description = "`Port.NoLetter`: `field` says what is still missing", body = Problem),
))]
pub(in crate::http) async fn read_letter<P: Ports>(
    State(state): State<Shared<P>>,
    caller: Caller,
    source: Option<Extension<Source>>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let d = &*state.ports;
    let (record, port) = mine(d, &caller, &id).await?;
    let signed = port
        .view
        .letter
        .as_ref()
        .and_then(|letter| letter.signed.as_ref());
    let seen = |what: String| Seen {
        at: clock::text(d.now()),
        person: caller.person,
        what,
        source: source.map(|Extension(source)| source.0).unwrap_or_default(),
    };
    let dossier = port.view.form.dossier.as_ref().map(|dossier| &dossier.id);
    // What was signed is noted before it is shown.
    if let Some(scan) = signed.and_then(|signer| signer.upload.as_ref()) {
        // What can be noted nowhere is not shown.
        let nowhere = || {
            let message = "the port has no dossier that the scan is a document of";
            Refused::conflict("Port.NoLetter", message).of("dossier")
        };
        let dossier = dossier.ok_or_else(nowhere)?;
        d.audit(dossier, &seen(scan.0.clone())).await?;
        // Its bytes may be more than an answer holds.
        let place = Place::new(&record.view.tenant, scan);
        let url = d.sign_get(&place, "letter-of-authorisation.pdf").await?;
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response());
    }
    let gaining =
        desk(d, &port).map_or_else(|_| "Strowger".to_owned(), |(_, desk)| desk.legal_name());
    let letter = papers::letter_pdf(&record.view.id, &port, &gaining);
    let bytes = letter.map_err(|why| {
        let refused = Refused::conflict("Port.NoLetter", why.to_string());
        match why {
            papers::NoLetter::Missing { field, .. } => refused.of(field),
            papers::NoLetter::NoWording(_) | papers::NoLetter::Bad(_) => refused,
        }
    })?;
    // No letter is made without a dossier.
    if let (Some(_), Some(dossier)) = (signed, dossier) {
        let what = format!("{}{}", Seen::LETTER, record.view.id);
        d.audit(dossier, &seen(what)).await?;
    }
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            "inline; filename=\"letter-of-authorisation.pdf\"".to_owned(),
        ),
        (header::ETAG, format!("\"{}\"", letter::fingerprint(&bytes))),
    ];
    Ok((headers, bytes).into_response())
}
