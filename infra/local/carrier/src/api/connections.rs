//! Connections: <https://developers.telnyx.com/api-reference/connections/retrieve-a-connection>. They are made where calls are led, not here.

use super::Answer;
use super::answer::one;
use crate::core::problem::Refusal;
use crate::desk::Desk;
use crate::routes::NumberRoutes;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;
use std::sync::Arc;

pub(super) fn router(routes: Arc<dyn NumberRoutes>) -> Router<Arc<Desk>> {
    Router::new()
        .route("/connections/{id}", get(show))
        .with_state(routes)
}

async fn show(State(routes): State<Arc<dyn NumberRoutes>>, Path(id): Path<String>) -> Answer {
    let found = routes.connection(&id);
    let found = found.ok_or_else(|| Refusal::missing("connection", &id))?;
    Ok(one(
        StatusCode::OK,
        json!({
            "id": id,
            "record_type": "ip_connection",
            "connection_name": id,
            "active": found.active,
        }),
    ))
}
