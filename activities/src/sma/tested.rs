//! Test calls: both ends of a call that the platform makes to a number of its own. Neither has a mailbox or a workflow; the
//! request that asked is told.
use super::answer::{Surroundings, actions, response};
use super::event::{Event, Kind};
use super::handle::unavailable;
use crate::mailbox::Answer;
use crate::number::test_call::TEST_LEG;
use crate::ports::Unavailable;
use crate::ports::call_control::CallControl;
use crate::ports::calls::Calls;
use crate::ports::clock::Clock;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::numbers::{Numbers, TestCall};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::{Letter, shell};
use crate::shell::Failure;
use contract::moves::Move;
use contract::request::signal::SignalName;
use contract::{CallId, E164, LegId};
use serde_json::{Value, json};

/// Busy here (RFC 3261 §21.4.24): the call was seen, and nobody is to answer it.
const SEEN: u16 = 486;

/// Answers one event: of a test call here, any other by [`super::handle`].
///
/// # Errors
/// As [`super::handle`].
pub(crate) async fn handle(
    d: &(impl Calls + CallControl + Mailboxes + Numbers + Requests + Workflows + Clock),
    prompts: &str,
    event: Value,
) -> Result<Value, Failure> {
    let read: Event =
        serde_json::from_value(event.clone()).map_err(|error| Failure::bad_input(&error))?;
    let (call, leg) = read.address();
    let Some(answer) = answer(d, &read, &call, &leg).await.map_err(unavailable)? else {
        return super::handle(d, prompts, event).await;
    };
    let around = Surroundings {
        seat: None,
        prompts,
    };
    // Nothing that a test call is answered with needs a meeting.
    let actions = actions(&read, &answer, &around).unwrap_or_else(|possible| possible);
    Ok(response(&read, &call, &leg, actions))
}

/// The answer to an event of a test call; `None` if it is of a call like any other.
///
/// # Errors
/// [`Unavailable`] if the store fails: the service asks again.
pub(super) async fn answer(
    d: &(impl Numbers + Requests + Workflows + Clock),
    event: &Event,
    call: &CallId,
    leg: &LegId,
) -> Result<Option<Answer>, Unavailable> {
    let called = event.to().and_then(|to| E164::parse(to).ok());
    if event.kind == Kind::NewInboundCall {
        let Some(test) = arrived(d, event, called.as_ref()).await? else {
            return Ok(None);
        };
        tell(d, &test, "passed", None).await?;
        return Ok(Some(Answer::Do(vec![Move::HangUp { status: SEEN }])));
    }
    if leg.as_str() != TEST_LEG {
        return Ok(None);
    }
    let test = match &called {
        Some(called) => d.test_of(called).await?,
        None => None,
    };
    let test = test.filter(|test| test.test == call.as_str());
    match (event.kind, test) {
        (Kind::Hangup, Some(test)) => {
            let status = event.status();
            let why = match status {
                Some(status) => format!("the call did not arrive here: it ended with {status}"),
                None => "the call did not arrive here".to_owned(),
            };
            tell(d, &test, "failed", Some(&why)).await?;
            Ok(Some(Answer::Do(Vec::new())))
        }
        (Kind::Hangup, None) => Ok(Some(Answer::Do(Vec::new()))),
        // Somebody else answers this number.
        (Kind::CallAnswered, _) => Ok(Some(Answer::hang_up())),
        (_, _) => Ok(Some(Answer::Keep)),
    }
}

/// The test call that this new call is.
async fn arrived(
    d: &(impl Numbers + Clock),
    event: &Event,
    called: Option<&E164>,
) -> Result<Option<TestCall>, Unavailable> {
    // Only calls that show the number of test calls cost a look.
    let shows = d.test_caller().map(E164::as_str);
    let (Some(shows), Some(called)) = (shows, called) else {
        return Ok(None);
    };
    if event.from() != shows {
        return Ok(None);
    }
    let test = d.test_of(called).await?;
    Ok(test.filter(|test| d.now().as_second() <= test.until_s))
}

/// Tells the request once: a call that arrived and was then hung up has passed.
async fn tell(
    d: &(impl Requests + Workflows + Clock),
    test: &TestCall,
    topic: &str,
    reason: Option<&str>,
) -> Result<(), Unavailable> {
    let letter = Letter {
        key: format!("test/{}", test.test),
        name: SignalName::CallTested,
        topic: Some(topic.to_owned()),
        person: None,
        data: json!({ "test": test.test, "number": test.called, "reason": reason }),
    };
    shell::deliver(d, &test.request, &letter).await.map(drop)
}
