//! The OpenAPI document, written from the handlers.
use axum::Json;
use axum::response::IntoResponse;
use contract::api;
use serde_json::{Value, json};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Strowger",
        description = "Calls as workflows: sign in, place calls, answer and end them, watch them run.\n\nBodies are JSON. Every error is a \
            `Problem` that names what is wrong and what is allowed. Requests that cause something take an `Idempotency-Key`: the \
            same key with the same body has one effect, however often it is sent.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        super::session::sign_in,
        super::session::sign_out,
        super::session::refresh,
        super::people::me,
        super::people::people,
        super::calls::list,
        super::calls::get,
        super::calls::place::place,
        super::calls::command::command,
        super::calls::media::media,
        super::calls::execution::execution,
        super::api_keys::list,
        super::api_keys::create,
        super::api_keys::revoke,
        super::webhooks::list,
        super::webhooks::create,
        super::webhooks::get,
        super::webhooks::change,
        super::webhooks::remove,
        super::webhooks::rotate,
        super::webhooks::test,
        super::webhooks::deliveries,
        super::webhooks::replay,
        super::dossiers::list,
        super::dossiers::create,
        super::dossiers::get,
        super::dossiers::replace,
        super::dossiers::evaluate,
        super::dossiers::submit,
        super::dossiers::papers::announce,
        super::dossiers::papers::uploaded,
        super::dossiers::papers::read,
        super::dossiers::papers::remove,
        super::dossiers::views::list,
        super::calendars::list,
        super::dossiers::requirements::list,
        super::dossiers::screening::list,
        super::dossiers::screening::load,
        super::onboarding::list,
        super::onboarding::create,
        super::onboarding::get,
        super::onboarding::cancel,
        super::onboarding::invite_again,
        super::onboarding::go_live,
        super::onboarding::invitations::get,
        super::onboarding::invitations::accept,
        super::requests::list,
        super::requests::get,
        super::requests::cancel,
        super::redrive::redrive,
        super::requests::comment,
        super::requests::execution,
        super::tasks::list,
        super::tasks::get,
        super::tasks::complete,
        super::groups::list,
        super::groups::create,
        super::groups::get,
        super::groups::replace,
        super::groups::remove,
        super::flows::list,
        super::flows::create,
        super::flows::get,
        super::flows::replace,
        super::flows::remove,
        super::target_names::list,
        super::numbers::list,
        super::numbers::search::available,
        super::numbers::search::countries,
        super::numbers::assign,
        super::numbers::release,
        super::numbers::emergency_address::set,
        super::numbers::orders::order,
        super::numbers::orders::list,
        super::numbers::orders::get,
        super::numbers::orders::change,
        super::numbers::orders::cancel,
        super::notices::telnyx,
        super::porting::list,
        super::porting::draft::create,
        super::porting::get,
        super::porting::draft::edit,
        super::porting::submit,
        super::porting::letter::sign,
        super::porting::letter::upload,
        super::porting::letter::read_letter,
        super::porting::pin::read_pin,
        super::porting::cancel,
        super::porting::change_date,
        super::porting::snap_back,
        super::porting::comment,
        super::porting::outs::list,
        super::porting::out_record::record,
        super::porting::outs::get,
        super::porting::outs::authorise,
        super::porting::outs::reject,
        super::porting::outs::stands,
        super::porting::outs::snap_back,
        super::porting::outs::get_pin,
        super::porting::outs::set_pin,
    ),
    components(schemas(api::Problem)),
    tags(
        (name = "ports", description = "Numbers that come from another carrier, and numbers that go to one"),
        (name = "session", description = "Signing in and out"),
        (name = "people", description = "Who is there"),
        (name = "calls", description = "Calls and what runs them"),
        (name = "api-keys", description = "What programs of the tenant ask by, instead of somebody's password"),
        (name = "webhooks", description = "Events for programs of the tenant, signed after Standard Webhooks"),
        (name = "dossiers", description = "Who a customer is and what shows it"),
        (name = "onboardings", description = "New customers and people, from the first mail to the first call"),
        (name = "invitations", description = "Links that prove an address"),
        (name = "requests", description = "What takes days and several parties, and what runs it"),
        (name = "tasks", description = "What workflows ask people to do"),
        (name = "routing", description = "Whom numbers ring: groups of people, and flows that decide by the hour"),
        (name = "numbers", description = "Numbers: found, ordered, assigned, given back"),
        (name = "carriers", description = "What carriers send"),
    ),
)]
struct Described;

/// The document.
pub fn document() -> Value {
    // utoipa's own types always have a JSON form.
    let mut document = serde_json::to_value(Described::openapi()).unwrap_or_default();
    document["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer",
            "description": "The `accessToken` of a session, good for ten minutes, or the secret of an API key (`sk_..`)",
        },
        "cookie": {
            "type": "apiKey", "in": "cookie", "name": "strowger_refresh",
            "description": "Set by signing in and replaced by each refresh; scripts cannot read it",
        },
    });
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete(path, method, operation);
        }
    }
    document
}

/// Adds what is the same everywhere: the key's header, the errors of every route, and examples.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let bearer = operation["security"]
        .as_array()
        .is_some_and(|all| all.iter().any(|one| one.get("bearer").is_some()));
    let has_body = operation.get("requestBody").is_some();
    let mut problems = vec![(503, "`Store.Unavailable`: try again, with the same key")];
    if bearer && method != "delete" {
        problems.push((
            401,
            "`Session.Missing`, `Session.Invalid` or `Session.Expired`: no good access token; `ApiKey.Invalid`, `ApiKey.Revoked`, \
             `ApiKey.Expired` or `ApiKey.MakerGone`: no good API key",
        ));
    }
    if has_body {
        problems.push((
            400,
            "`Request.BadJson`: not JSON; `Request.BadHeader`: no good `Idempotency-Key`",
        ));
        problems.push((413, "`Request.TooLarge`: more than 16 KiB"));
        problems.push((415, "`Request.BadType`: not `application/json`"));
    }
    if has_body || path == "/v1/calls" {
        problems.push((
            422,
            "`Request.BadField`: `field` says which, `message` what is allowed",
        ));
    }
    for (status, description) in problems {
        let status = status.to_string();
        if operation["responses"].get(&status).is_none() {
            operation["responses"][status] = json!({
                "description": description,
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
        }
    }
    if method == "post" && takes_key(path) {
        let key = json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "New for each new wish, the same when sending it again; remembered for a day",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$" },
            "example": "7f9c2ba4e88f827d",
        });
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(key),
            None => operation["parameters"] = json!([key]),
        }
    }
    if let Some(example) = request_example(path).filter(|_| has_body) {
        operation["requestBody"]["content"]["application/json"]["example"] = example;
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        let Some(content) = response.pointer_mut("/content/application~1json") else {
            continue;
        };
        let example = if status.starts_with('2') {
            answer_example(path, method)
        } else {
            problem_example(status)
        };
        if let Some(example) = example {
            content["example"] = example;
        }
    }
}

/// Whether a POST here has one effect per `Idempotency-Key`.
fn takes_key(path: &str) -> bool {
    [
        "/v1/api-keys",
        "/v1/calls",
        "/v1/dossiers",
        "/v1/flows",
        "/v1/groups",
        "/v1/number-orders",
        "/v1/ports",
        "/v1/port-outs",
        "/v1/onboardings",
        "/v1/webhooks",
        "/v1/dossiers/{dossier}/documents",
        "/v1/dossiers/{dossier}/submit",
    ]
    .contains(&path)
        || [
            "/commands",
            "/cancel",
            "/invitation",
            "/go-live",
            "/release",
            "/change-date",
            "/snapback",
            "/standing",
            "/test",
            "/replay",
        ]
        .iter()
        .any(|end| path.ends_with(end))
}

/// A group as it is asked for.
fn group() -> Value {
    json!({ "name": "Sales", "strategy": "all_at_once", "ringS": 20, "members": ["p-anna-keller", "p-tan-wei-ming"] })
}

/// A flow as it is asked for.
fn flow() -> Value {
    json!({
        "name": "Office hours", "timeZone": "Europe/Zurich", "hours": [{ "day": "monday", "from": "08:00", "to": "17:30" }],
        "open": { "person": "p-anna-keller" }, "closed": { "refuse": "Open on Mondays from 8:00 to 17:30" },
    })
}

fn request_example(path: &str) -> Option<Value> {
    match path {
        "/v1/api-keys" => {
            Some(json!({ "name": "Customers out of the CRM", "role": "administrator" }))
        }
        "/v1/webhooks" => Some(json!({ "url": "https://example.com/hooks" })),
        "/v1/webhooks/{webhook}" => Some(json!({ "enabled": false })),
        "/v1/session" => Some(
            json!({ "email": "anna.keller@isthmus.example", "password": "k7pm-2qrs-w9xy-abcd" }),
        ),
        "/v1/calls" => Some(json!({ "to": "044 555 01 77", "device": "tab-5f2a90c1" })),
        "/v1/calls/{call}/commands" => {
            Some(json!({ "command": "answer", "device": "tab-5f2a90c1" }))
        }
        "/v1/requests/{request}/comments" => {
            Some(json!({ "text": "The invoice of October is on its way" }))
        }
        "/v1/dossiers" => Some(business()),
        "/v1/dossiers/{dossier}" => Some(json!({ "version": 1, "form": business() })),
        "/v1/dossiers/{dossier}/evaluation" | "/v1/dossiers/{dossier}/submit" => Some(json!({
            "purposes": [{ "country": "CH", "numberType": "local", "action": "order", "numbers": 1 }],
        })),
        "/v1/dossiers/{dossier}/documents" => Some(json!({
            "kind": "proof_of_address", "fileName": "bill.pdf", "mediaType": "application/pdf", "bytes": 81204,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        })),
        "/v1/tasks/{task}" => Some(json!({ "answer": { "decision": "approve" } })),
        "/v1/groups" => Some(group()),
        "/v1/groups/{group}" => Some(json!({
            "name": "Sales", "strategy": "in_turn", "ringS": 15, "members": ["p-anna-keller"], "version": 1,
        })),
        "/v1/flows" => Some(flow()),
        "/v1/flows/{flow}" => Some({
            let mut changed = flow();
            changed["version"] = json!(1);
            changed
        }),
        "/v1/number-orders" => Some(json!({
            "carrier": "telnyx", "country": "CH", "numberType": "local", "numbers": ["+41445551000"],
        })),
        "/v1/number-orders/{order}" => Some(json!({ "dossier": "d-isthmus-trading" })),
        "/v1/numbers/{number}" => Some(json!({ "person": "p-anna-keller" })),
        "/v1/numbers/{number}/emergency-address" => {
            Some(json!({ "street": "Bahnhofstrasse 1", "city": "Zürich", "country": "CH" }))
        }
        "/v1/onboardings" => Some(json!({
            "kind": "tenant", "tenant": { "name": "Alpenblick AG", "slug": "alpenblick", "country": "CH" },
            "person": { "name": "Reto Caduff", "email": "reto.caduff@alpenblick.example" },
            "numbers": [{ "country": "CH", "numberType": "local", "count": 1 }],
        })),
        "/v1/invitations/{invitation}" => Some(json!({ "password": "k7pm-2qrs-w9xy-abcd" })),
        "/v1/calls/{call}/media" => Some(json!({ "device": "tab-5f2a90c1" })),
        "/v1/ports" | "/v1/ports/{port}" => Some(json!({})),
        "/v1/ports/{port}/sign" => Some(json!({
            "strokes": [[[100, 200], [150, 90], [200, 210], [260, 80], [320, 200], [400, 120], [480, 190], [600, 150]]],
            "name": "Anna Keller", "document": "0".repeat(64),
        })),
        "/v1/ports/{port}/letter" => {
            Some(json!({ "document": "d-0199f0a27c1e", "name": "Anna Keller" }))
        }
        "/v1/ports/{port}/change-date" => Some(json!({ "foc": "2027-01-20T09:00:00+01:00" })),
        "/v1/ports/{port}/snapback" => Some(json!({ "numbers": ["+41445552000"] })),
        "/v1/ports/{port}/comments" => {
            Some(json!({ "text": "The invoice of October is on its way" }))
        }
        "/v1/port-outs" => Some(json!({
            "numbers": ["+41445552000"], "gaining": "Other Telecom", "externalId": "case-123456789012-muen-2026-0123456789abcdef",
        })),
        "/v1/port-outs/{portOut}/reject" => Some(json!({ "reason": "wrong_pin" })),
        "/v1/port-outs/{portOut}/standing" => Some(json!({ "status": "ported" })),
        "/v1/port-outs/pin" => Some(json!({ "pin": "4711" })),
        _ => None,
    }
}

/// A dossier's form with what it must have.
fn business() -> Value {
    json!({ "kind": "business", "endUser": { "businessName": "Isthmus Trading", "legalForm": "AG" } })
}

fn answer_example(path: &str, method: &str) -> Option<Value> {
    let me = json!({
        "person": "p-anna-keller", "tenant": "t-isthmus-trading", "tenantName": "Isthmus Trading", "name": "Anna Keller",
        "email": "anna.keller@isthmus.example", "role": "person", "numbers": ["+41445550100", "+5078330100"],
    });
    let call = json!({
        "id": "c-0199f0a2-7c1e-7d3a-9a52-3f1d5b7c9e01", "tenant": "t-isthmus-trading", "workflow": "outbound-call", "rev": 1,
        "phase": "starting", "state": "Start", "steps": [],
        "legs": [
            { "id": "caller", "kind": "client", "status": "waiting", "name": "Anna Keller", "number": "+41445550100",
              "person": "p-anna-keller", "device": "tab-5f2a90c1" },
            { "id": "callee", "kind": "phone", "status": "waiting", "name": "+41445550177", "number": "+41445550177" },
        ],
        "dialled": "+41445550177", "startedAt": "2026-11-20T22:15:00.000Z",
    });
    match (path, method) {
        ("/v1/session" | "/v1/session/refresh", "post") => {
            Some(json!({ "accessToken": "eyJ..", "expiresInS": 600, "me": me }))
        }
        ("/v1/me", _) => Some(me),
        ("/v1/people", _) => Some(json!({ "people": [{
            "person": "p-tan-wei-ming", "name": "Tan Wei Ming", "email": "tan.weiming@isthmus.example",
            "numbers": ["+6565550100"], "presence": "available",
        }] })),
        ("/v1/calls", "get") => Some(json!({ "calls": [call] })),
        ("/v1/calls" | "/v1/calls/{call}", _) => Some(call),
        _ => None,
    }
}

fn problem_example(status: &str) -> Option<Value> {
    match status {
        "400" => Some(json!({
            "error": "Request.BadHeader", "field": "Idempotency-Key",
            "message": "one Idempotency-Key is needed, 8 to 64 characters of A-Za-z0-9_-",
        })),
        "403" => Some(json!({
            "error": "Role.NotAllowed", "message": "only an administrator of the tenant may do this",
        })),
        "401" => Some(
            json!({ "error": "Session.Expired", "message": "the access token has expired: refresh the session" }),
        ),
        "404" => Some(json!({ "error": "Call.NotFound", "message": "there is no such call" })),
        "409" => Some(json!({ "error": "Call.Ended", "message": "the call has ended" })),
        "422" => Some(json!({
            "error": "Request.BadField", "field": "device", "message": "a device is 8 to 64 characters of A-Za-z0-9_-",
        })),
        _ => None,
    }
}

/// `GET /openapi.json`
pub(super) async fn serve() -> impl IntoResponse {
    Json(document())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The checked-in document; `UPDATE_OPENAPI=1` writes it anew.
    #[test]
    fn the_checked_in_document_is_the_one_that_is_served() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        // The order of JSON's fields means nothing and depends on who else is built along.
        let now: Value = serde_json::from_str(&document().to_string()).unwrap();
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            let text = serde_json::to_string_pretty(&now).unwrap();
            std::fs::write(path, format!("{text}\n")).unwrap();
        }
        let known = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            serde_json::from_str::<Value>(&known).is_ok_and(|known| known == now),
            "activities/openapi.json is not what the handlers say: run with UPDATE_OPENAPI=1 and review the diff"
        );
    }

    #[test]
    fn every_error_body_is_a_problem() {
        let document = document();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let body = &response["content"]["application/json"]["schema"]["$ref"];
                    assert!(
                        status.starts_with(['2', '3']) || body == "#/components/schemas/Problem",
                        "{method} {path} {status}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(value: &Value, document: &Value) {
            match value {
                Value::Object(fields) => {
                    if let Some(to) = fields.get("$ref").and_then(Value::as_str) {
                        assert!(document.pointer(&to[1..]).is_some(), "{to}");
                    }
                    fields.values().for_each(|field| walk(field, document));
                }
                Value::Array(values) => values.iter().for_each(|value| walk(value, document)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        let document = document();
        walk(&document, &document);
    }
}
