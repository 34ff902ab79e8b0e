//! Who saw a dossier's documents.
use super::visible;
use crate::dossier::Seen;
use crate::http::{Ports, Refused, Shared};
use crate::people::Caller;
use axum::Json;
use axum::extract::{Path, State};
use contract::api::Problem;
use contract::api::dossiers::{DocumentAct, DocumentView, DocumentViews};
use contract::{DocumentId, Role};

/// Most that are told.
const TOLD_MAX: u32 = 100;

/// Who read or removed the documents of a dossier, the newest first.
#[utoipa::path(get, path = "/v1/dossiers/{dossier}/views", operation_id = "list_document_views", tag = "dossiers",
    security(("bearer" = [])), params(("dossier" = String, Path, description = "The dossier's id")), responses(
    (status = 200, description = "The newest 100", body = DocumentViews),
    (status = 404, description = "`Dossier.NotFound`: no such dossier, or not yours to see", body = Problem),
))]
pub(in crate::http) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(dossier): Path<String>,
) -> Result<Json<DocumentViews>, Refused> {
    let d = &*api.ports;
    let dossier = visible(d, &caller, &dossier).await?.view.dossier.id;
    let seen = d.audited(&dossier, TOLD_MAX).await?;
    let views = seen.into_iter().map(|seen| told(seen, caller.role));
    Ok(Json(DocumentViews {
        views: views.collect(),
    }))
}

fn told(seen: Seen, role: Role) -> DocumentView {
    let (act, document) = match seen.what.strip_prefix(Seen::REMOVED) {
        Some(document) => (DocumentAct::Removed, document.to_owned()),
        None => (DocumentAct::Read, seen.what),
    };
    DocumentView {
        at: seen.at,
        person: seen.person,
        document: DocumentId(document),
        act,
        from: Some(seen.source).filter(|from| role == Role::Staff && !from.is_empty()),
    }
}
