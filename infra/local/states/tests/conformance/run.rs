//! Runs one case on an engine of its own, in time that passes only when nothing else happens.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::types::StateMachineType;
use serde_json::{Map, Value, json};
use states::{Clock, Config, Engine, FolderObjects};

use crate::case::{Call, Case, Kind, Refusal, Step};
use crate::functions::Functions;
use crate::matching::{Mode, matches};
use crate::services::Services;
use crate::wire::{Answer, Wire};

/// When every case begins: 2026-01-01T00:00:00Z.
const START_MS: i64 = 1_767_225_600_000;
/// A case that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// The folder of buckets, in the case's folder.
const BUCKETS: &str = "buckets";
const ROLE: &str = "arn:aws:iam::000000000000:role/conformance";

/// Runs a case; `Err` says what was not as expected.
pub(crate) async fn case(case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    put_objects(case, &folder.path().join(BUCKETS)).map_err(|error| error.to_string())?;
    let mut session = Session::open(case, folder.path()).await?;
    let outcome = tokio::time::timeout(LIMIT, session.play(case)).await;
    session.engine.shutdown().await;
    outcome.unwrap_or_else(|_| Err("it did not end".to_owned()))?;
    judge_objects(case, &folder.path().join(BUCKETS))
}

/// Writes the objects of a case.
fn put_objects(case: &Case, buckets: &Path) -> std::io::Result<()> {
    for (place, content) in &case.objects {
        let path = buckets.join(place);
        if place.ends_with('/') {
            std::fs::create_dir_all(path)?;
            continue;
        }
        std::fs::create_dir_all(path.parent().unwrap_or(buckets))?;
        let text = match content {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// Compares the objects that are there afterwards.
fn judge_objects(case: &Case, buckets: &Path) -> Result<(), String> {
    for (pattern, expected) in &case.expect.objects {
        let path = pattern
            .split('/')
            .try_fold(buckets.to_owned(), |at, part| one_below(&at, part))
            .ok_or_else(|| format!("there is no object {pattern}"))?;
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let found = serde_json::from_str(&text).unwrap_or(Value::String(text));
        matches(expected, &found, Mode::Subset).map_err(|error| format!("{pattern}: {error}"))?;
    }
    Ok(())
}

/// The entry of a folder with this name; `*` is the only one.
fn one_below(dir: &Path, name: &str) -> Option<PathBuf> {
    if name != "*" {
        return Some(dir.join(name)).filter(|path| path.exists());
    }
    let mut entries = std::fs::read_dir(dir).ok()?.flatten();
    let only = entries.next()?.path();
    entries.next().is_none().then_some(only)
}

struct Session {
    engine: Engine,
    clock: Clock,
    wire: Wire,
    functions: Functions,
    services: Services,
    /// What scripts refer to as `$name`.
    names: BTreeMap<String, Value>,
    /// Invocations and requests that scripts have waited for, by function and by what was asked.
    seen: BTreeMap<String, usize>,
}

impl Session {
    async fn open(case: &Case, dir: &std::path::Path) -> Result<Self, String> {
        let functions = Functions::new(case.functions.clone());
        let clock = Clock::driven(START_MS);
        let services = Services::open(case.services.clone()).await?;
        let connections = match &case.connections {
            Value::Null => BTreeMap::new(),
            told => {
                let address = format!("http://{}", services.address);
                let told = told.to_string().replace("http://endpoint", &address);
                serde_json::from_str(&told).map_err(|error| format!("connections: {error}"))?
            }
        };
        let config = Config {
            drain_ms: 0,
            clock: clock.clone(),
            services: states::Services {
                endpoint: Some(format!("http://{}", services.address)),
                ..states::Services::default()
            },
            connections,
            objects: Some(Arc::new(FolderObjects::new(dir.join(BUCKETS)))),
            ..Config::new(dir)
        };
        let engine = Engine::open(config, Arc::new(functions.clone()))
            .map_err(|error| format!("the engine does not open: {error}"))?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let router = engine.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            engine,
            clock,
            wire: Wire::new(address),
            functions,
            services,
            names: BTreeMap::new(),
            seen: BTreeMap::new(),
        })
    }

    async fn play(&mut self, case: &Case) -> Result<(), String> {
        self.steps(&case.before, "before").await?;
        if let Some(definition) = &case.definition {
            let made = self.make(case, definition).await;
            if let Some(refusal) = &case.expect.refused {
                return refused("CreateStateMachine", made, refusal);
            }
            let made = made.map_err(|error| format!("CreateStateMachine: {error:?}"))?;
            self.names
                .insert("machine".to_owned(), made["stateMachineArn"].clone());
            let ended = match case.kind {
                Kind::Sync => self.run_sync(case).await?,
                Kind::Standard | Kind::Express => self.run(case).await?,
            };
            if let Some(ended) = ended {
                judge(case, &ended)?;
                self.judge_events(case).await?;
            }
        } else {
            self.steps(&case.script, "script").await?;
        }
        for (function, payloads) in &case.expect.invoked {
            let invoked = json!(self.functions.invoked(function));
            matches(&json!(payloads), &invoked, Mode::Exact)
                .map_err(|error| format!("invocations of {function}: {error}"))?;
        }
        // What follows from an end is asked after it.
        while !case.expect.asked.is_empty() && self.engine.calls_under_way() > 0 {
            tokio::task::yield_now().await;
        }
        for (what, requests) in &case.expect.asked {
            let asked = json!(self.services.asked(what));
            let expected = self.filled(&json!(requests));
            matches(&expected, &asked, Mode::Subset)
                .map_err(|error| format!("requests of {what}: {error}"))?;
        }
        self.steps(&case.after, "after").await
    }

    async fn make(&self, case: &Case, definition: &Value) -> Answer {
        let kind = match case.kind {
            Kind::Standard => StateMachineType::Standard,
            Kind::Express | Kind::Sync => StateMachineType::Express,
        };
        let definition = match definition {
            Value::String(text) => text.clone(),
            other => self.filled(other).to_string(),
        };
        let address = format!("http://{}", self.services.address);
        let definition = definition.replace("http://endpoint", &address);
        let made = self.wire.sdk.create_state_machine().name("machine");
        let made = made.role_arn(ROLE).definition(definition).r#type(kind);
        self.told(made.send().await)
    }

    fn told<T, E, R>(&self, answer: Result<T, SdkError<E, R>>) -> Answer
    where
        E: ProvideErrorMetadata + std::fmt::Debug,
        R: std::fmt::Debug,
    {
        match answer {
            Ok(_) => Ok(self.wire.last()),
            Err(SdkError::ServiceError(error)) => {
                let error = error.into_err();
                Err((
                    error.code().unwrap_or_default().to_owned(),
                    error.message().unwrap_or_default().to_owned(),
                ))
            }
            Err(other) => Err(("the client".to_owned(), format!("{other:?}"))),
        }
    }

    fn input(case: &Case) -> String {
        match (&case.input_text, &case.input) {
            (Some(text), _) => text.clone(),
            (None, Some(input)) => input.to_string(),
            (None, None) => "{}".to_owned(),
        }
    }

    /// Starts the execution and gives its description once it has closed.
    async fn run(&mut self, case: &Case) -> Result<Option<Value>, String> {
        let machine = self.name("machine");
        let start = self.wire.sdk.start_execution().state_machine_arn(machine);
        let started = start.name("run").input(Self::input(case)).send().await;
        let started = self.told(started);
        if let Some(refusal) = &case.expect.start_refused {
            refused("StartExecution", started, refusal)?;
            return Ok(None);
        }
        let started = started.map_err(|error| format!("StartExecution: {error:?}"))?;
        self.names
            .insert("execution".to_owned(), started["executionArn"].clone());
        self.steps(&case.script, "script").await?;
        match case.kind {
            Kind::Standard if case.expect.status.as_deref() != Some("RUNNING") => {
                self.end().await.map(Some)
            }
            Kind::Standard => self.describe().await.map(Some),
            Kind::Express | Kind::Sync => Ok(None),
        }
    }

    /// `StartSyncExecution`, with time going on until it answers.
    async fn run_sync(&mut self, case: &Case) -> Result<Option<Value>, String> {
        let request = json!({ "stateMachineArn": self.name("machine"), "name": "run", "input": Self::input(case) });
        let wire = self.wire.clone();
        let answer = tokio::spawn(async move { wire.call("StartSyncExecution", &request).await });
        self.steps(&case.script, "script").await?;
        while !answer.is_finished() {
            self.pass_time().await;
        }
        let answer = answer.await.map_err(|error| error.to_string())?;
        if let Some(refusal) = &case.expect.start_refused {
            refused("StartSyncExecution", answer, refusal)?;
            return Ok(None);
        }
        answer
            .map(Some)
            .map_err(|error| format!("StartSyncExecution: {error:?}"))
    }

    fn name(&self, name: &str) -> String {
        let value = self.names.get(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    }

    async fn describe(&self) -> Result<Value, String> {
        let execution = self.name("execution");
        let ask = self.wire.sdk.describe_execution().execution_arn(execution);
        self.told(ask.send().await)
            .map_err(|error| format!("DescribeExecution: {error:?}"))
    }

    /// The execution's description once it has closed.
    async fn end(&self) -> Result<Value, String> {
        loop {
            let told = self.describe().await?;
            if told["status"] != json!("RUNNING") {
                return Ok(told);
            }
            self.pass_time().await;
        }
    }

    /// If nothing else can happen, lets the next deadline come.
    async fn pass_time(&self) {
        let next_ms = self.engine.next_deadline_ms();
        // A call that ended in between may have set a deadline that comes before the one that was asked for.
        if self.engine.calls_under_way() <= self.functions.held()
            && let Some(next_ms) = next_ms
            && self.engine.next_deadline_ms() == Some(next_ms)
        {
            self.clock.advance_to(next_ms);
        }
        tokio::task::yield_now().await;
    }

    async fn steps(&mut self, steps: &[Step], part: &str) -> Result<(), String> {
        for (i, step) in steps.iter().enumerate() {
            self.step(step)
                .await
                .map_err(|error| format!("{part}[{i}]: {error}"))?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Call(call) => self.call(call).await,
            Step::Await { r#await, r#as } => {
                let number = self.seen.entry(r#await.clone()).or_default();
                let payload = self.functions.invocation(r#await, *number).await;
                *number += 1;
                self.names.insert(r#as.clone(), payload);
                Ok(())
            }
            Step::AwaitRequest {
                await_request,
                r#as,
            } => {
                let number = self.seen.entry(await_request.clone()).or_default();
                let request = loop {
                    if let Some(request) = self.services.asked(await_request).get(*number) {
                        break request.clone();
                    }
                    tokio::task::yield_now().await;
                };
                *number += 1;
                self.names.insert(r#as.clone(), request);
                Ok(())
            }
            Step::AwaitEvent { await_event, times } => {
                while self
                    .events()
                    .await?
                    .iter()
                    .filter(|event| event["type"] == json!(await_event))
                    .count()
                    < *times
                {}
                Ok(())
            }
            Step::AwaitEnd { .. } => self.end().await.map(|_| ()),
            Step::Advance { advance } => {
                let by_ms = (advance * 1_000.0).round() as i64;
                self.clock.advance_to(self.clock.now_ms() + by_ms);
                Ok(())
            }
        }
    }

    async fn call(&mut self, call: &Call) -> Result<(), String> {
        let request = self.filled(&call.with);
        let answer = self.wire.call(&call.call, &request).await;
        if let Some(refusal) = &call.error {
            return refused(&call.call, answer, refusal);
        }
        let answer = answer.map_err(|error| format!("{}: {error:?}", call.call))?;
        if let Some(expected) = &call.answer {
            matches(&self.filled(expected), &answer, Mode::Subset)
                .map_err(|error| format!("{}: {error}", call.call))?;
        }
        for (name, pointer) in &call.save {
            let value = answer
                .pointer(pointer)
                .ok_or_else(|| format!("{}: no {pointer} in {answer}", call.call))?;
            self.names.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    /// `$name` and `$name/pointer` become what they name, `{"$text": json}` becomes its text.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.named(text).unwrap_or_else(|| value.clone()),
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(members) => match members.get("$text") {
                Some(inner) if members.len() == 1 => json!(self.filled(inner).to_string()),
                Some(_) | None => members
                    .iter()
                    .map(|(key, value)| (key.clone(), self.filled(value)))
                    .collect::<Map<String, Value>>()
                    .into(),
            },
            other => other.clone(),
        }
    }

    fn named(&self, text: &str) -> Option<Value> {
        let reference = text.strip_prefix('$')?;
        let (name, pointer) = match reference.find('/') {
            Some(at) => reference.split_at(at),
            None => (reference, ""),
        };
        self.names.get(name)?.pointer(pointer).cloned()
    }

    async fn events(&self) -> Result<Vec<Value>, String> {
        let mut events = Vec::new();
        let mut next = None;
        loop {
            let ask = self.wire.sdk.get_execution_history();
            let ask = ask.execution_arn(self.name("execution")).max_results(1_000);
            let page = self
                .told(ask.set_next_token(next).send().await)
                .map_err(|error| format!("GetExecutionHistory: {error:?}"))?;
            events.extend(page["events"].as_array().cloned().unwrap_or_default());
            next = page["nextToken"].as_str().map(str::to_owned);
            if next.is_none() {
                return Ok(events);
            }
        }
    }

    async fn judge_events(&self, case: &Case) -> Result<(), String> {
        let expect = &case.expect;
        if expect.history.is_none() && expect.history_includes.is_none() {
            return Ok(());
        }
        let events = self.events().await?;
        let outline = || {
            let types = events.iter().map(|event| event["type"].to_string());
            types.collect::<Vec<_>>().join(", ")
        };
        if let Some(history) = &expect.history {
            for (i, wanted) in history.iter().enumerate() {
                let found = events.get(i).unwrap_or(&Value::Null);
                self.event(wanted, found).map_err(|error| {
                    format!("event {}: {error}\n  history: {}", i + 1, outline())
                })?;
            }
            if events.len() > history.len() {
                return Err(format!("more events than expected: {}", outline()));
            }
        }
        let mut rest = events.iter();
        for wanted in expect.history_includes.iter().flatten() {
            if !rest.any(|found| self.event(wanted, found).is_ok()) {
                return Err(format!(
                    "no event (any more) like {wanted}: {}",
                    json!(events)
                ));
            }
        }
        Ok(())
    }

    fn event(&self, wanted: &Value, found: &Value) -> Result<(), String> {
        match wanted {
            Value::String(_) => matches(wanted, &found["type"], Mode::Exact),
            other => matches(&self.filled(other), found, Mode::Subset),
        }
    }
}

fn refused(operation: &str, answer: Answer, refusal: &Refusal) -> Result<(), String> {
    match answer {
        Ok(answer) => Err(format!(
            "{operation}: expected {}, and it gives {answer}",
            refusal.name
        )),
        Err((name, message)) => {
            if name != refusal.name {
                return Err(format!(
                    "{operation}: expected {}, and it is {name}: {message}",
                    refusal.name
                ));
            }
            match &refusal.message {
                Some(wanted) => matches(wanted, &json!(message), Mode::Exact)
                    .map_err(|error| format!("{operation}: the message {error}")),
                None => Ok(()),
            }
        }
    }
}

/// Compares how an execution ended.
fn judge(case: &Case, ended: &Value) -> Result<(), String> {
    let expect = &case.expect;
    let said = |error: String| format!("{error}\n  the execution: {ended}");
    if let Some(status) = &expect.status {
        matches(&json!(status), &ended["status"], Mode::Exact)
            .map_err(|error| said(format!("status: {error}")))?;
    }
    if let Some(output) = &expect.output {
        let text = ended["output"].as_str().unwrap_or("(no output)");
        let found: Value =
            serde_json::from_str(text).map_err(|error| said(format!("output: {error}")))?;
        matches(output, &found, Mode::Exact).map_err(|error| said(format!("output: {error}")))?;
    }
    if let Some(text) = &expect.output_text {
        matches(&json!(text), &ended["output"], Mode::Exact)
            .map_err(|error| said(format!("output: {error}")))?;
    }
    for (name, wanted) in [("error", &expect.error), ("cause", &expect.cause)] {
        if let Some(wanted) = wanted {
            matches(wanted, &ended[name], Mode::Exact)
                .map_err(|error| said(format!("{name}: {error}")))?;
        }
    }
    Ok(())
}
