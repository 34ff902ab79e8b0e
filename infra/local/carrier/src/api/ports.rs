//! Portability checks and porting orders.

use super::answer::{Filter, contains, equal, moment, one, page};
use super::{Answer, Door, Query, body_of, stepped, text_of, texts_of};
use crate::core::number::E164;
use crate::core::port::create::NewPorts;
use crate::core::port::{ExceptionCode, PortStatus};
use crate::core::problem::{Code, Refusal};
use crate::core::time::At;
use crate::core::{Input, Reply, State};
use crate::desk::{Desk, now};
use crate::view::ports as view;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

/// Most numbers of a portability check.
const MAX_CHECK: usize = 1000;
/// Days ahead for which dates are offered.
const WINDOWS: i64 = 10;

pub(super) fn router() -> Router<Arc<Desk>> {
    Router::new()
        .route("/portability_checks", post(check))
        .route("/porting_orders", get(list).post(create))
        .route("/porting_orders/exception_types", get(exception_types))
        .route("/porting_orders/{id}", get(show).patch(edit).delete(remove))
        .route("/porting_orders/{id}/actions/confirm", post(confirm))
        .route("/porting_orders/{id}/actions/cancel", post(cancel))
        .route("/porting_orders/{id}/actions/activate", post(activate))
        .route("/porting_orders/{id}/actions/share", post(share))
        .route("/porting_orders/{id}/allowed_foc_windows", get(windows))
        .route("/porting_orders/{id}/loa_template", get(loa_template))
        .route("/porting_orders/{id}/requirements", get(requirements))
        .route("/porting_orders/{id}/sub_request", get(sub_request))
        .route("/porting_phone_numbers", get(numbers))
}

async fn check(Shared(desk): Door, bytes: Bytes) -> Answer {
    let texts = texts_of(&body_of(&bytes)?, "phone_numbers")?;
    if texts.is_empty() || texts.len() > MAX_CHECK {
        return Err(Refusal::at(
            Code::Invalid,
            "/phone_numbers",
            format!("1 to {MAX_CHECK} phone numbers"),
        )
        .into());
    }
    let numbers: Vec<E164> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| E164::parse(text, &format!("/phone_numbers/{index}")))
        .collect::<Result<_, _>>()?;
    let found = desk.read(|state| state.portabilities(&numbers));
    let rows: Vec<Value> = numbers
        .iter()
        .zip(found)
        .map(|(number, found)| {
            json!({
                "record_type": "portability_check_result",
                "phone_number": number,
                "portable": found.reason.is_empty(),
                "fast_portable": found.fast,
                "not_portable_reason": found.reason,
            })
        })
        .collect();
    Ok(one(StatusCode::OK, Value::Array(rows)))
}

fn port_of(state: &State, id: &str) -> Value {
    state
        .ports
        .get(id)
        .map(|port| view::port(state, port, true))
        .unwrap_or_default()
}

async fn create(Shared(desk): Door, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    let wanted = NewPorts {
        numbers: texts_of(&body, "phone_numbers")?,
        customer_reference: text_of(&body, "customer_reference")?,
        customer_group_reference: text_of(&body, "customer_group_reference")?,
    };
    let rows = desk.step(Input::CreatePorts(wanted), |state, reply| match reply {
        Reply::Many(ids) => ids.iter().map(|id| port_of(state, id)).collect(),
        Reply::One(id) => vec![port_of(state, &id)],
        Reply::Done => Vec::new(),
    })?;
    Ok(one(StatusCode::CREATED, Value::Array(rows)))
}

fn with_link(id: &str, body: Value) -> axum::response::Response {
    let link = format!("/v2/porting_phone_numbers?filter[porting_order_id]={id}");
    Json(json!({ "data": body, "meta": { "phone_numbers_url": link } })).into_response()
}

async fn show(Shared(desk): Door, Path(id): Path<String>, query: Query) -> Answer {
    let listed = query.truth("include_phone_numbers")?.unwrap_or(true);
    let row = desk.read(|state| {
        state
            .ports
            .get(&id)
            .map(|port| view::port(state, port, listed))
    });
    Ok(with_link(
        &id,
        row.ok_or_else(|| Refusal::missing("porting order", &id))?,
    ))
}

async fn edit(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    let row = desk.step(
        Input::EditPort {
            id: id.clone(),
            body,
        },
        |state, _| port_of(state, &id),
    )?;
    Ok(with_link(&id, row))
}

async fn remove(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    desk.step(Input::DeletePort(id), |_, _| ())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn confirm(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.step(Input::ConfirmPort(id.clone()), |state, _| {
        port_of(state, &id)
    })?;
    Ok(with_link(&id, row))
}

async fn cancel(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let row = desk.step(Input::CancelPort(id.clone()), |state, _| {
        port_of(state, &id)
    })?;
    Ok(with_link(&id, row))
}

async fn activate(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    stepped(
        &desk,
        StatusCode::ACCEPTED,
        Input::ActivatePort(id),
        |state, id| state.jobs.get(id).map(view::job).unwrap_or_default(),
    )
}

async fn share(Shared(desk): Door, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let body = body_of(&bytes)?;
    let expires_in_s = body
        .get("expires_in_seconds")
        .map_or(Some(3600), Value::as_u64);
    let expires_in_s = expires_in_s.ok_or_else(|| {
        Refusal::at(
            Code::Invalid,
            "/expires_in_seconds",
            "expires_in_seconds is a whole number",
        )
    })?;
    let permission =
        text_of(&body, "permissions")?.unwrap_or_else(|| "porting_order.document.read".to_owned());
    let signer = desk.signer.clone();
    stepped(
        &desk,
        StatusCode::CREATED,
        Input::SharePort {
            id,
            expires_in_s,
            permission,
        },
        |state, id| {
            let Some(row) = state.tokens.get(id) else {
                return Value::Null;
            };
            let claims = json!({ "jti": row.id, "sub": row.port, "scope": row.permission, "exp": row.ends.0 / 1000 });
            view::token(row, &signer.token(&claims))
        },
    )
}

/// Dates that the donor would take, a window a day.
async fn windows(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    const DAY_MS: i64 = 24 * 3600 * 1000;
    let notice_s = desk.read(|state| {
        state
            .ports
            .get(&id)
            .map(|port| state.world.pace(&port.country).foc_notice_s)
    });
    let notice_s = notice_s.ok_or_else(|| Refusal::missing("porting order", &id))?;
    let notice_ms = i64::try_from(notice_s).unwrap_or(0) * 1000;
    // From the first midnight after the notice; eight to sixteen o'clock.
    let first = ((now().0 + notice_ms) / DAY_MS + 1) * DAY_MS;
    let rows: Vec<Value> = (0..WINDOWS)
        .map(|day| first + day * DAY_MS)
        .map(|day| {
            let (from, to) = (At(day + DAY_MS / 3), At(day + DAY_MS / 3 * 2));
            json!({ "record_type": "porting_order_foc_window", "started_at": from.iso(), "ended_at": to.iso() })
        })
        .collect();
    Ok(one(StatusCode::OK, Value::Array(rows)))
}

async fn loa_template(Shared(desk): Door, Path(id): Path<String>, query: Query) -> Answer {
    if query.get("loa_configuration_id").is_some() {
        let detail = "the practice carrier has one letter and no configurations of it";
        return Err(Refusal::at(Code::NotBuilt, "loa_configuration_id", detail).into());
    }
    let letter = desk.read(|state| {
        state
            .ports
            .get(&id)
            .map(|port| crate::pdf::letter(port, &state.numbers_of(port), now()))
    });
    let letter = letter.ok_or_else(|| Refusal::missing("porting order", &id))?;
    let name = format!("attachment; filename=\"loa-{id}.pdf\"");
    Ok((
        [
            (header::CONTENT_TYPE, "application/pdf".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        letter,
    )
        .into_response())
}

async fn requirements(Shared(desk): Door, Path(id): Path<String>, query: Query) -> Answer {
    let rows = desk.read(|state| {
        state
            .ports
            .get(&id)
            .map(|port| view::requirements(state, port))
    });
    page(
        rows.ok_or_else(|| Refusal::missing("porting order", &id))?,
        &query,
        &[],
    )
}

async fn sub_request(Shared(desk): Door, Path(id): Path<String>) -> Answer {
    let found = desk.read(|state| {
        state
            .ports
            .get(&id)
            .map(|port| (port.group.clone(), port.status))
    });
    let (group, status) = found.ok_or_else(|| Refusal::missing("porting order", &id))?;
    if status == PortStatus::Draft {
        return Err(Refusal::new(Code::NotFound, "a draft has no sub request yet").into());
    }
    Ok(one(
        StatusCode::OK,
        json!({ "port_request_id": group, "sub_request_id": id }),
    ))
}

async fn exception_types() -> Answer {
    let rows: Vec<Value> = ExceptionCode::ALL
        .iter()
        .map(|code| view::exception(*code))
        .collect();
    Ok(one(StatusCode::OK, Value::Array(rows)))
}

async fn list(Shared(desk): Door, query: Query) -> Answer {
    let listed = query.truth("include_phone_numbers")?.unwrap_or(true);
    let rows = desk.read(|state| {
        let mut rows: Vec<_> = state.ports.iter().collect();
        rows.sort_by_key(|row| row.stamp.seq);
        // Filters by number look at every number, not at the listed ones.
        let part = query.get("filter.phone_numbers.phone_number.contains");
        let country = query.get("filter.phone_numbers.country_code");
        rows.into_iter()
            .filter(|port| {
                part.is_none_or(|part| {
                    state
                        .numbers_of(port)
                        .iter()
                        .any(|number| number.as_str().contains(part))
                })
            })
            .filter(|port| country.is_none_or(|country| port.country == country))
            .map(|port| view::port(state, port, listed))
            .collect()
    });
    let filters = [
        equal!("customer_reference", "/customer_reference"),
        equal!("customer_group_reference", "/customer_group_reference"),
        equal!("parent_support_key", "/parent_support_key"),
        equal!("status", "/status/value"),
        equal!("misc.type", "/misc/type"),
        equal!("phone_numbers.carrier_name", "/old_service_provider_ocn"),
        equal!(
            "activation_settings.fast_port_eligible",
            "/activation_settings/fast_port_eligible"
        ),
        contains!("end_user.admin.entity_name", "/end_user/admin/entity_name"),
        contains!(
            "end_user.admin.auth_person_name",
            "/end_user/admin/auth_person_name"
        ),
        moment!("activation_settings.foc_datetime_requested.gt", "/activation_settings/foc_datetime_requested", >),
        moment!("activation_settings.foc_datetime_requested.lt", "/activation_settings/foc_datetime_requested", <),
        Filter {
            name: "phone_numbers.phone_number.contains",
            test: |_, _| true,
        },
        Filter {
            name: "phone_numbers.country_code",
            test: |_, _| true,
        },
    ];
    page(rows, &query, &filters)
}

async fn numbers(Shared(desk): Door, query: Query) -> Answer {
    let rows = desk.read(|state| {
        let wanted = query.get("filter.porting_order_id");
        let mut rows: Vec<_> = state
            .port_numbers
            .iter()
            .filter(|row| wanted.is_none_or(|id| row.port == id))
            .collect();
        rows.sort_by_key(|row| row.stamp.seq);
        rows.into_iter()
            .filter_map(|row| {
                state
                    .ports
                    .get(&row.port)
                    .map(|port| view::number(port, row))
            })
            .collect()
    });
    let filters = [
        equal!("porting_order_id", "/porting_order_id"),
        equal!("porting_order_status", "/porting_order_status"),
        equal!("support_key", "/support_key"),
        equal!("phone_number", "/phone_number"),
        equal!("portability_status", "/portability_status"),
        equal!("activation_status", "/activation_status"),
    ];
    page(rows, &query, &filters)
}
