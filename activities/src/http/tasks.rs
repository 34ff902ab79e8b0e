//! The work queue: what workflows ask people to do.
use super::body::Body;
use super::caller::only_people;
use super::problem::place;
use super::requests::{not_allowed, told};
use super::{Ports, Refused, Shared, access, query};
use crate::forms;
use crate::people::Caller;
use crate::porting::out::by_hand::STANDING_FORM;
use crate::porting::out::offer::{self, NotTaken};
use crate::ports::requests::{Requests, Which};
use crate::request::{Letter, RequestRecord, is_by_people, shell, task_key};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use contract::api::Problem;
use contract::api::requests::{DoTask, Task, Tasks};
use contract::request::signal::SignalName;
use contract::request::task::TaskView;
use contract::{RequestId, Role};
use serde_json::Value;

/// How many tasks a page has unless the query says otherwise.
const LIMIT: u32 = 50;

/// What waits for you, the nearest deadline first.
///
/// The phone company's people get what waits for them in every tenant, administrators what waits for their tenant. A request whose
/// workflow failed waits for the phone company's people without a task: it is in `stalled`.
#[utoipa::path(get, path = "/v1/tasks", operation_id = "list_tasks", tag = "tasks", security(("bearer" = [])), params(
    ("limit" = Option<u32>, Query, description = "1 to 100; 50 if not given", minimum = 1, maximum = 100),
    ("next" = Option<String>, Query, description = "`next` of the page before, unchanged"),
), responses(
    (status = 200, description = "A page of tasks", body = Tasks),
    (status = 403, description = "`Role.NotAllowed`: only for administrators", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<Tasks>, Refused> {
    let (mut limit, mut next) = (LIMIT, None);
    for (name, value) in query::parameters(asked.as_deref(), &["limit", "next"])? {
        match name {
            "limit" => limit = query::limit(&value)?,
            _ => next = Some(value),
        }
    }
    let which = match caller.role {
        Role::Staff => Which::WaitingForOperators,
        Role::Administrator => Which::WaitingFor(caller.tenant.clone()),
        Role::Person | Role::Operator => {
            return Err(not_allowed("only administrators have tasks"));
        }
    };
    let page = Requests::list(&*api.ports, &which, limit, next.as_deref()).await?;
    let (mut tasks, mut stalled) = (Vec::new(), Vec::new());
    for record in page.records {
        let is_stalled = record.is_stalled();
        let request = access::shown_to(caller.role, record.view);
        match request.task.clone() {
            Some(task) => tasks.push(Task {
                task,
                schema: Value::Null,
                request,
            }),
            None if is_stalled => stalled.push(request),
            None => {}
        }
    }
    Ok(Json(Tasks {
        tasks,
        stalled,
        next: page.next,
    }))
}

/// A task with its form.
///
/// The form of a port-out's answer offers a customer the reasons that were found (`faults` of its request) and no other.
#[utoipa::path(get, path = "/v1/tasks/{task}", operation_id = "get_task", tag = "tasks", security(("bearer" = [])), params(
    ("task" = String, Path, description = "The task's id"),
), responses(
    (status = 200, description = "The task, its form and its request", body = Task),
    (status = 404, description = "`Task.NotFound`: no such task, done, or not yours to see", body = Problem),
))]
pub(super) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(task): Path<String>,
) -> Result<Json<Task>, Refused> {
    let record = of_task(&*api.ports, &caller, &task).await?;
    let request = access::shown_to(caller.role, record.view);
    let open = request.task.clone().filter(|open| open.id.0 == task);
    let task = open.ok_or_else(no_such_task)?;
    let mut schema = forms::find(&task.form).map_or(Value::Null, |form| form.schema.clone());
    if task.form == offer::FORM {
        schema = offer::offered(&request, caller.role == Role::Staff, schema);
    }
    Ok(Json(Task {
        schema,
        task,
        request,
    }))
}

/// Do a task.
///
/// The answer is checked against the form's schema. A task is done once: the first answer counts.
#[utoipa::path(post, path = "/v1/tasks/{task}", operation_id = "do_task", tag = "tasks", security(("bearer" = [])), params(
    ("task" = String, Path, description = "The task's id"),
), request_body = DoTask, responses(
    (status = 202, description = "The workflow goes on"),
    (status = 403, description = "`Role.NotAllowed`: it waits for somebody else; `ApiKey.NotAllowed`: a key lets no numbers go", body = Problem),
    (status = 404, description = "`Task.NotFound`: no such task, or not yours to see", body = Problem),
    (status = 409, description = "`Task.Done`: it is done, or no longer to be done; `Request.Ended`; of a port-out's answer also `PortOut.NotTheirs`, `PortOut.NotFound` and `PortOut.NoteWanted`", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(super) async fn complete<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(task): Path<String>,
    Body(body): Body<DoTask>,
) -> Result<StatusCode, Refused> {
    let d = &*api.ports;
    let record = of_task(d, &caller, &task).await?;
    let open = record.view.task.as_ref().filter(|open| open.id.0 == task);
    let open = open.ok_or_else(done)?;
    if !access::may_do(&caller, &record.view, open.owner) {
        return Err(not_allowed("the task waits for somebody else"));
    }
    let form = forms::find(&open.form).ok_or_else(done)?;
    form.check(&body.answer, d.now()).map_err(|wrong| {
        let field = place(&format!("/answer{}", wrong.field));
        Refused::field(&field, wrong.why)
    })?;
    let told = answer(d, &caller, &record, open, body.answer).await;
    told.map_err(|refused| {
        if refused.error() == "Request.TooLarge" {
            refused.of("answer")
        } else {
            refused
        }
    })
}

/// Hands in the answer of a task. The same answer again changes nothing; another one is too late.
pub(super) async fn answer<P: Ports>(
    d: &P,
    caller: &Caller,
    record: &RequestRecord,
    task: &TaskView,
    data: Value,
) -> Result<StatusCode, Refused> {
    if caller.key().is_some() && lets_numbers_go(&task.form, &data) {
        return Err(only_people());
    }
    let data = match task.form.as_str() {
        offer::FORM => {
            let is_staff = caller.role == Role::Staff;
            offer::taken(&record.view, is_staff, data).map_err(not_taken)?
        }
        _ => data,
    };
    let letter = Letter {
        key: task_key(&task.id),
        name: SignalName::TaskDone,
        topic: Some(task.form.clone()),
        person: Some(caller.person.clone()),
        data,
    };
    let inbox = &record.inbox;
    let is_over = match inbox.seq_of(&letter.key) {
        // Given before: another answer is too late.
        Some(own) => inbox
            .unsettled(own)
            .is_none_or(|own| own.data != letter.data),
        // Somebody has ended the turn that asked. Ended by anything else, it is asked for again, and the answer waits for that.
        None => inbox.taken().is_some_and(|note| is_by_people(note.name)),
    };
    if is_over {
        return Err(done());
    }
    told(shell::deliver(d, &record.view.id, &letter).await?)
}

/// Whether numbers may go to another carrier by this answer: people give it, by this door as by the port-out's own.
fn lets_numbers_go(form: &str, answer: &Value) -> bool {
    form == STANDING_FORM || form == offer::FORM && answer["decision"] == "authorise"
}

/// The workflow would not take it either; so whoever answers is told at once.
fn not_taken(why: NotTaken) -> Refused {
    let error = match why {
        NotTaken::NotTheirs => "PortOut.NotTheirs",
        NotTaken::NotFound(_) => "PortOut.NotFound",
        NotTaken::NoteWanted => "PortOut.NoteWanted",
    };
    Refused::conflict(error, why.to_string())
}

pub(super) fn done() -> Refused {
    Refused::conflict("Task.Done", "the task is done, or no longer to be done")
}

/// The request of a task: a task's id is the request's and a number.
async fn of_task(d: &impl Requests, caller: &Caller, task: &str) -> Result<RequestRecord, Refused> {
    let (request, _) = task.rsplit_once('.').ok_or_else(no_such_task)?;
    let record = Requests::get(d, &RequestId(request.to_owned())).await?;
    record
        .filter(|record| access::may_see_request(caller, &record.view))
        .ok_or_else(no_such_task)
}

fn no_such_task() -> Refused {
    let message = "there is no such task";
    Refused::new(StatusCode::NOT_FOUND, "Task.NotFound", message)
}
