//! The lists of sanctions against which dossiers are screened: loaded and seen by the phone company's people.
use crate::dossier::sanctions::{Layout, read};
use crate::http::body::is_plain;
use crate::http::requests::not_allowed;
use crate::http::{Ports, Refused, Shared, query};
use crate::people::{Caller, sha256_hex};
use crate::ports::calls::Write;
use crate::ports::clock;
use crate::ports::screening::{LISTS_MAX, Loaded, SanctionsList};
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{StatusCode, header};
use contract::Role;
use contract::api::Problem;
use contract::api::screening::{ScreeningList, ScreeningLists};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Largest list, in bytes: with its envelope it has to fit a function's request, of 6 MB.
const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest source, in characters.
const SOURCE_MAX: usize = 300;
/// How alike two names must be unless the query says otherwise.
const THRESHOLD: u8 = 90;

/// The lists of sanctions against which dossiers are screened.
#[utoipa::path(get, path = "/v1/screening-lists", operation_id = "list_screening_lists", tag = "dossiers", security(("bearer" = [])), responses(
    (status = 200, description = "Every list, without its names", body = ScreeningLists),
    (status = 403, description = "`Role.NotAllowed`: only for the phone company's people", body = Problem),
))]
pub(in crate::http) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
) -> Result<Json<ScreeningLists>, Refused> {
    staff_only(&caller)?;
    let d = &*api.ports;
    let heads = d.list_heads().await?;
    let lists = heads.into_iter().map(|head| shown(head, d.practises()));
    Ok(Json(ScreeningLists {
        lists: lists.collect(),
    }))
}

/// Load a list of sanctions: it takes the place of the one before, whole and at once.
///
/// The body is the list as comma-separated values (RFC 4180): in each row the names of one person or organisation (`layout=names`), or the
/// U.S. Treasury's `SDN.CSV` as it is given out (`layout=ofac-sdn`). The same again changes nothing. Who loaded what is kept.
#[utoipa::path(put, path = "/v1/screening-lists/{list}", operation_id = "load_screening_list", tag = "dossiers", security(("bearer" = [])), params(
    ("list" = String, Path, description = "The list's id, 1 to 40 characters of A-Za-z0-9_-, such as `OFAC-SDN`"),
    ("source" = String, Query, description = "Where it comes from, 1 to 300 characters"),
    ("asOf" = String, Query, description = "On which date its authority gave it out, such as 2026-11-20: not after tomorrow"),
    ("layout" = Option<String>, Query, description = "`names`, or not given; `ofac-sdn`"),
    ("threshold" = Option<u8>, Query, description = "How alike two names must be to be looked at, 50 to 100; 90 if not given", minimum = 50, maximum = 100),
), request_body(content = String, content_type = "text/plain", description = "At most 4 MiB, 60,000 rows and 100,000 names"), responses(
    (status = 200, description = "The list as it is now", body = ScreeningList),
    (status = 400, description = "`Request.BadText`: the body is not UTF-8", body = Problem),
    (status = 403, description = "`Role.NotAllowed`: only for the phone company's people", body = Problem),
    (status = 409, description = "`Screening.Older`: the list that is there is of a later date; `Screening.TooMany`: there are 100 others", body = Problem),
    (status = 413, description = "`Request.TooLarge`: more than 4 MiB", body = Problem),
    (status = 415, description = "`Request.BadType`: neither `text/csv` nor `text/plain`", body = Problem),
))]
pub(in crate::http) async fn load<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(asked): RawQuery,
    request: Request<Body>,
) -> Result<Json<ScreeningList>, Refused> {
    staff_only(&caller)?;
    if !is_plain(&id, 1..=40) || id == SanctionsList::PRACTICE {
        let message = "1 to 40 characters of A-Za-z0-9_-, and not PRACTICE";
        return Err(Refused::field("list", message));
    }
    let (asked, layout) = wished(id, asked.as_deref(), api.ports.now())?;
    let text = text_of(request).await?;
    let names = read(&text, layout).map_err(|why| Refused::field("body", why))?;
    let list = SanctionsList { names, ..asked };
    let d = &*api.ports;
    let loaded = Loaded {
        by: caller.person.to_string(),
        at: clock::text(d.now()),
        count: u32::try_from(list.names.len()).unwrap_or(u32::MAX),
        digest: digest(&list),
    };
    let heads = d.list_heads().await?;
    let are_enough = heads.len() >= LISTS_MAX;
    let before = heads.into_iter().find(|head| head.id == list.id);
    if before.is_none() && are_enough {
        // One more would be looked through by nobody.
        let message = format!("there are {LISTS_MAX} lists: load this one in the place of another");
        return Err(Refused::conflict("Screening.TooMany", message).of("list"));
    }
    let is_same = |head: &SanctionsList| {
        let known = head.loaded.as_ref();
        known.is_some_and(|known| known.digest == loaded.digest)
    };
    if let Some(same) = before.filter(is_same) {
        return Ok(Json(shown(same, d.practises())));
    }
    if d.load_list(&list, &loaded).await? == Write::Conflict {
        let message = "the list that is there is of a later date";
        return Err(Refused::conflict("Screening.Older", message).of("asOf"));
    }
    let names = loaded.count;
    tracing::info!(list = list.id, names, by = %caller.person, "a list of sanctions was loaded");
    let head = SanctionsList {
        names: Vec::new(),
        loaded: Some(loaded),
        ..list
    };
    Ok(Json(shown(head, d.practises())))
}

fn staff_only(caller: &Caller) -> Result<(), Refused> {
    if caller.role == Role::Staff {
        return Ok(());
    }
    Err(not_allowed("only the phone company's people do this"))
}

fn shown(head: SanctionsList, practises: bool) -> ScreeningList {
    ScreeningList {
        names: head.count(),
        counts: head.counts(practises),
        list: head.id,
        source: head.source,
        as_of: head.as_of,
        threshold: head.threshold,
        loaded_by: head.loaded.as_ref().map(|loaded| loaded.by.clone()),
        loaded_at: head.loaded.map(|loaded| loaded.at),
    }
}

/// The list that a query describes, without its names, and how its body is to be read.
fn wished(
    id: String,
    asked: Option<&str>,
    now: Timestamp,
) -> Result<(SanctionsList, Layout), Refused> {
    let (mut source, mut as_of, mut layout, mut threshold) = (None, None, Layout::Names, THRESHOLD);
    let names = ["source", "asOf", "layout", "threshold"];
    for (name, value) in query::parameters(asked, &names)? {
        match name {
            "source" => source = Some(value.trim().to_owned()),
            "asOf" => as_of = value.parse::<Date>().ok(),
            "layout" => {
                let known = Layout::of(&value);
                layout = known.ok_or_else(|| Refused::field("layout", "names or ofac-sdn"))?;
            }
            _ => {
                let read = value
                    .parse::<u8>()
                    .ok()
                    .filter(|read| (50..=100).contains(read));
                threshold = read.ok_or_else(|| Refused::field("threshold", "50 to 100"))?;
            }
        }
    }
    let fits = |text: &String| (1..=SOURCE_MAX).contains(&text.chars().count());
    let source = source.filter(fits);
    let source = source.ok_or_else(|| Refused::field("source", "1 to 300 characters"))?;
    let as_of = as_of.ok_or_else(|| Refused::field("asOf", "a date such as 2026-11-20"))?;
    // A list of a later date than today's would be in the way of each one after it. Somewhere it is tomorrow already.
    let tomorrow = now.to_zoned(TimeZone::UTC).date();
    let tomorrow = tomorrow.saturating_add(Span::new().days(1));
    if as_of > tomorrow {
        let allowed = format!("a date until {tomorrow}: when its authority gave the list out");
        return Err(Refused::field("asOf", allowed));
    }
    let list = SanctionsList {
        id,
        threshold,
        source,
        as_of: as_of.to_string(),
        ..SanctionsList::default()
    };
    Ok((list, layout))
}

async fn text_of(request: Request<Body>) -> Result<String, Refused> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let kinds = ["text/csv", "text/plain"];
    if !kinds.iter().any(|kind| essence.eq_ignore_ascii_case(kind)) {
        let message = "the body is a list, with the header Content-Type: text/csv or text/plain";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refused::new(status, "Request.BadType", message).of("Content-Type"));
    }
    let bytes = to_bytes(request.into_body(), LIST_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| {
        let message = format!("a list has at most {LIST_BYTES_MAX} bytes");
        Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "Request.TooLarge", message)
    })?;
    String::from_utf8(bytes.to_vec()).map_err(|_| {
        let message = "the list is not UTF-8";
        Refused::new(StatusCode::BAD_REQUEST, "Request.BadText", message)
    })
}

/// What tells a list from any other.
fn digest(list: &SanctionsList) -> String {
    let SanctionsList {
        threshold,
        source,
        as_of,
        ..
    } = list;
    sha256_hex(&format!(
        "{threshold}\n{source}\n{as_of}\n{}",
        list.names.join("\n")
    ))
}
