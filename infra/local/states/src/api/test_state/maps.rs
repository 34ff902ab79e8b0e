//! Map states: what their items, their children's input and their limits would be. The state is entered as a distributed Map
//! whose children do nothing.
//!
//! Source: API reference, `InspectionData` and `TestStateConfiguration`.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::inspect::Test;
use crate::asl::{self, Kind, errors};
use crate::core::map_run::{EXCEEDED, MapRun, Settings};
use crate::core::record::{Problem, What};
use crate::core::trial::{Outcome, Trial};
use crate::dataset;
use crate::engine::beside;
use crate::json::Json;
use crate::objects::{ObjectInfo, Objects, ObjectsError, Page};

/// What there is to tell of a Map state.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    settings: Option<Settings>,
    /// The items, where an `ItemReader` or `ItemsPath` gives them.
    items: Option<Json>,
    /// What `ItemsPath` leads to, as it was given.
    given: Option<Json>,
    /// The input of each iteration, where there is an `ItemSelector`.
    selected: Option<Json>,
    /// The input of each batch, where there is an `ItemBatcher`.
    batched: Option<Json>,
    /// `ItemReader` has an `ItemsPointer`.
    pointed: bool,
    /// The items come by `ItemsPath`.
    by_path: bool,
    /// Why there are none.
    pub(super) failed: Option<(String, Option<String>)>,
}

/// What there is to tell of the tested state, if it is a Map. `data` is what its `ItemReader` reads.
pub(super) async fn mapped(test: &Test<'_>, data: Option<&str>) -> Mapped {
    if test.cut.kind != "Map" {
        return Mapped::default();
    }
    let field = |name: &str| test.cut.state.get(name);
    let reads = field("ItemReader").is_some();
    let mut mapped = Mapped {
        pointed: reads && test.cut.state["ItemReader"]["ReaderConfig"]["ItemsPointer"].is_string(),
        by_path: field("ItemsPath").is_some(),
        ..Mapped::default()
    };
    let entered = entered(test, &[], data).await;
    mapped.settings = entered.settings;
    mapped.failed = entered.failed;
    if reads && data.is_none() {
        return mapped;
    }
    mapped.items = entered.items;
    mapped.given = entered.given;
    let limits = ["MaxConcurrency", "MaxConcurrencyPath"];
    if field("ItemSelector").is_some() || field("Parameters").is_some() {
        let without = [&limits[..], &["ItemBatcher"]].concat();
        mapped.selected = self::entered(test, &without, data).await.inputs;
    }
    if field("ItemBatcher").is_some() {
        mapped.batched = self::entered(test, &limits, data).await.inputs;
    }
    mapped
}

impl Mapped {
    /// The outcome once so many iterations have failed.
    pub(super) fn with_failures(&self, outcome: Outcome, failures: Option<u32>) -> Outcome {
        let (Ok(result), Some(settings), Some(failures)) = (&outcome, &self.settings, failures)
        else {
            return outcome;
        };
        let count = match serde_json::from_str::<Vec<Value>>(result.as_str()) {
            Ok(items) => items.len(),
            Err(_written) => self.count(),
        };
        let share = f64::from(failures) * 100.0 / (count.max(1) as f64);
        let too_many = settings.tolerated_count.is_some_and(|most| failures > most);
        let too_large = settings
            .tolerated_percentage
            .is_some_and(|most| share > most);
        if too_many || too_large {
            let error = errors::EXCEED_TOLERATED_FAILURE.to_owned();
            return Err((error, Some(EXCEEDED.to_owned())));
        }
        outcome
    }

    fn count(&self) -> usize {
        let items = self.items.as_ref().map(Json::as_str).unwrap_or_default();
        serde_json::from_str::<Vec<Value>>(items).map_or(0, |items| items.len())
    }

    /// Adds what `inspectionData` tells of a Map state.
    pub(super) fn tell(&self, data: &mut Map<String, Value>) {
        let Some(settings) = &self.settings else {
            return;
        };
        let mut put = |name: &str, value: Option<Value>| {
            data.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("maxConcurrency", Some(json!(settings.max_concurrency)));
        let count = settings.tolerated_count.map(|count| json!(count));
        put("toleratedFailureCount", count);
        let share = settings.tolerated_percentage.map(|share| json!(share));
        put("toleratedFailurePercentage", share);
        let text = |json: &Option<Json>| json.as_ref().map(|json| json!(json.as_str()));
        put(
            "afterItemsPointer",
            text(&self.items).filter(|_| self.pointed),
        );
        put("afterItemsPath", text(&self.given).filter(|_| self.by_path));
        put("afterItemSelector", text(&self.selected));
        put("afterItemBatcher", text(&self.batched));
    }
}

/// The state once it has been entered.
#[derive(Default)]
struct Entered {
    settings: Option<Settings>,
    items: Option<Json>,
    given: Option<Json>,
    inputs: Option<Json>,
    failed: Option<(String, Option<String>)>,
}

impl Entered {
    fn of(run: &MapRun) -> Self {
        let inputs = run.children.iter().map(|child| run.input(child));
        let inputs: Vec<String> = inputs.map(|input| input.as_str().to_owned()).collect();
        Self {
            settings: Some(run.settings.clone()),
            items: Some(run.items.text().clone()),
            given: None,
            inputs: Some(Json::trusted(format!("[{}]", inputs.join(",")))),
            failed: None,
        }
    }
}

async fn entered(test: &Test<'_>, without: &[&str], data: Option<&str>) -> Entered {
    let compiled = beside(|| asl::compile(&idle(test, without).to_string()));
    let Ok(definition) = compiled else {
        return Entered::default();
    };
    let mut trial = test.trial(&definition);
    beside(|| {
        trial.enter(Arc::clone(&test.variables), Vec::new());
        trial.run();
    });
    let reading = trial.map_run().and_then(|run| run.settings.reading.clone());
    if let (Some(reading), Some(data)) = (reading, data) {
        let source = definition
            .states
            .iter()
            .find_map(|state| match &state.kind {
                Kind::Map(map) => Some(&map.distributed.as_ref()?.reader.as_ref()?.source),
                _other => None,
            });
        if let Some(source) = source {
            let given = Given(Bytes::from(data.to_owned()));
            let read = dataset::load(&given, source, &reading.arguments, reading.max_items).await;
            let read = read.map_err(|error| Problem {
                error: errors::ITEM_READER_FAILED.to_owned(),
                cause: Some(error.to_string()),
            });
            beside(|| trial.items_read(read));
        }
    }
    beside(|| told(&trial))
}

fn told(trial: &Trial<'_>) -> Entered {
    if let Some(run) = trial.map_run() {
        return Entered {
            given: given(trial),
            ..Entered::of(run)
        };
    }
    // A Map without items has ended already, and so has one that could not begin.
    let failed = match trial.verdict() {
        Some(crate::core::trial::Verdict::Failed { error, cause }) => Some((error, cause)),
        _other => None,
    };
    Entered {
        failed,
        ..Entered::default()
    }
}

/// The items as the state came by them, before they were told apart.
fn given(trial: &Trial<'_>) -> Option<Json> {
    trial.records.iter().find_map(|record| match &record.what {
        What::MapRunEntered { items: Some(items) } => Some(items.clone()),
        What::MapRunEntered { items: None } => Some(trial.execution.identity.input.clone()),
        _other => None,
    })
}

/// A machine of the tested state alone, distributed, with children that do nothing.
fn idle(test: &Test<'_>, without: &[&str]) -> Value {
    let mut state = test.cut.state.clone();
    if let Some(members) = state.as_object_mut() {
        let dropped = [
            "Retry",
            "Catch",
            "ResultWriter",
            "Iterator",
            "Next",
            "Assign",
        ];
        let shaping = ["Output", "OutputPath", "ResultSelector", "ResultPath"];
        for name in dropped.iter().chain(&shaping).chain(without) {
            members.remove(*name);
        }
        if let Some(selector) = members.remove("Parameters") {
            members.insert("ItemSelector".to_owned(), selector);
        }
    }
    state["End"] = json!(true);
    state["ItemProcessor"] = json!({
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "-", "States": { "-": { "Type": "Succeed" } },
    });
    let language = if test.cut.jsonata {
        "JSONata"
    } else {
        "JSONPath"
    };
    json!({ "QueryLanguage": language, "StartAt": test.cut.name, "States": { &test.cut.name: state } })
}

/// The one object that there is: what was given for the source.
#[derive(Debug)]
struct Given(Bytes);

#[async_trait]
impl Objects for Given {
    async fn get(&self, _: &str, _: &str, _: Option<&str>) -> Result<Bytes, ObjectsError> {
        Ok(self.0.clone())
    }

    /// The objects of a list, as `ListObjectsV2` names them.
    async fn list(&self, _: &str, _: &str, _: Option<&str>) -> Result<Page, ObjectsError> {
        let wrong = |why: String| {
            ObjectsError::Store(format!(
                "'mapItemReaderData' is not a list of objects: {why}"
            ))
        };
        let listed: Vec<Value> =
            serde_json::from_slice(&self.0).map_err(|error| wrong(error.to_string()))?;
        let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let objects = listed.iter().map(|item| ObjectInfo {
            key: text(item, "Key"),
            size: item["Size"].as_u64().unwrap_or_default(),
            etag: text(item, "Etag"),
            modified_s: item["LastModified"].as_i64().unwrap_or_default(),
            storage_class: text(item, "StorageClass"),
        });
        Ok(Page {
            objects: objects.collect(),
            next: None,
        })
    }

    async fn put(&self, _: &str, _: &str, _: Bytes) -> Result<(), ObjectsError> {
        Err(ObjectsError::Store(
            "nothing is written in a test".to_owned(),
        ))
    }
}
