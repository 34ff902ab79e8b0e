//! What the answer tells: the outcome, and at the deeper levels what became of the data on its way through the state.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::cut::{Cut, NAMELESS};
use super::maps::Mapped;
use crate::asl::{self, Definition, StateIx};
use crate::core::Identity;
use crate::core::trial::{Outcome, Trial, Verdict};
use crate::json::Json;

pub(super) struct Test<'a> {
    pub(super) cut: &'a Cut,
    pub(super) identity: Identity,
    pub(super) context: Option<Json>,
    pub(super) variables: asl::expression::Variables,
}

impl Test<'_> {
    pub(super) fn trial<'d>(&self, definition: &'d Definition) -> Trial<'d> {
        Trial::new(definition, self.identity.clone(), self.context.clone()).tested_as(NAMELESS)
    }

    /// What a Pass state with these fields makes of `input`.
    fn passed(&self, fields: &[(&str, Option<&Value>)], input: &Json) -> Option<Json> {
        let mut state = json!({ "Type": "Pass", "End": true });
        for (name, value) in fields {
            if let Some(value) = value {
                state[*name] = (*value).clone();
            }
        }
        let text = json!({ "StartAt": self.cut.name, "States": { &self.cut.name: state } });
        let definition = asl::compile(&text.to_string()).ok()?;
        let identity = Identity {
            input: input.clone(),
            ..self.identity.clone()
        };
        let mut trial = Trial::new(&definition, identity, self.context.clone()).tested_as(NAMELESS);
        trial.enter(Arc::clone(&self.variables), Vec::new());
        trial.run();
        match trial.verdict()? {
            Verdict::Succeeded { output, .. } => Some(output),
            _other => None,
        }
    }

    pub(super) fn inspect(
        &self,
        trial: &Trial<'_>,
        verdict: &Verdict,
        mock: Option<&Outcome>,
        mapped: &Mapped,
    ) -> Map<String, Value> {
        let mut data = Map::new();
        let mut put = |name: &str, value: Option<Json>| {
            if let Some(value) = value {
                data.insert(name.to_owned(), json!(value.as_str()));
            }
        };
        let input = &self.identity.input;
        put("input", Some(input.clone()));
        let field = |name: &str| self.cut.state.get(name);
        let succeeded = matches!(verdict, Verdict::Succeeded { .. });
        let result = match (mock, self.cut.kind.as_str()) {
            (Some(Ok(result)), "Task") => Some(result.clone()),
            (Some(Ok(result)), _) => Some(result.clone()),
            _other => trial.result().cloned(),
        };
        let is_task = self.cut.kind == "Task";
        // Recorded from AWS: what branches would be given is told where the state makes something of its input.
        let given = self.cut.kind != "Parallel"
            || field("Parameters").is_some()
            || field("Arguments").is_some();
        let arguments = trial.arguments().filter(|_| given);
        if self.cut.jsonata {
            put("afterArguments", arguments.cloned());
            put("result", result.filter(|_| is_task));
        } else {
            let literal = field("Result");
            if literal.is_none() && given {
                let picked = self.passed(&[("InputPath", field("InputPath"))], input);
                put("afterInputPath", picked);
            }
            if self.cut.kind == "Pass" && literal.is_none() {
                let fields = [
                    ("InputPath", field("InputPath")),
                    ("Parameters", field("Parameters")),
                ];
                put("afterParameters", self.passed(&fields, input));
            }
            put("afterParameters", arguments.cloned());
            let result = match literal {
                Some(literal) => Some(Json::trusted(literal.to_string())),
                None if self.cut.kind == "Pass" => None,
                None => result,
            };
            put(
                "result",
                result.clone().filter(|_| is_task || literal.is_some()),
            );
            if succeeded && !matches!(self.cut.kind.as_str(), "Wait" | "Choice" | "Succeed") {
                self.results(&mut put, result, input);
            }
        }
        mapped.tell(&mut data);
        self.errors(&mut data, verdict, trial, mock);
        let mut variables: Map<String, Value> = Map::new();
        let assigned = trial.assigned();
        let all = self.variables.iter().map(|(k, v)| (k.clone(), v.clone()));
        for (name, value) in all.chain(assigned) {
            let value = serde_json::from_str(value.as_str()).unwrap_or(Value::Null);
            variables.insert(name.to_string(), value);
        }
        if !variables.is_empty() {
            let text = Value::Object(variables).to_string();
            data.insert("variables".into(), json!(text));
        }
        data
    }

    fn results(
        &self,
        put: &mut impl FnMut(&str, Option<Json>),
        result: Option<Json>,
        input: &Json,
    ) {
        let field = |name: &str| self.cut.state.get(name);
        let selected = match (result, field("ResultSelector")) {
            (Some(result), Some(selector)) => {
                self.passed(&[("Parameters", Some(selector))], &result)
            }
            (Some(result), None) => Some(result),
            (None, _) => {
                let fields = [
                    ("InputPath", field("InputPath")),
                    ("Parameters", field("Parameters")),
                ];
                self.passed(&fields, input)
            }
        };
        let literal = selected
            .as_ref()
            .and_then(|s| serde_json::from_str::<Value>(s.as_str()).ok());
        let placed = match field("ResultPath").map(Value::as_str) {
            // As it was given, blanks and all.
            None | Some(Some("$")) => selected.clone(),
            Some(_) => {
                let fields = [
                    ("Result", literal.as_ref()),
                    ("ResultPath", field("ResultPath")),
                ];
                self.passed(&fields, input)
            }
        };
        put("afterResultSelector", selected);
        put("afterResultPath", placed);
    }

    fn errors(
        &self,
        data: &mut Map<String, Value>,
        verdict: &Verdict,
        trial: &Trial<'_>,
        mock: Option<&Outcome>,
    ) {
        let details = match verdict {
            Verdict::Retriable {
                retrier, delay_s, ..
            } => json!({ "retryIndex": retrier, "retryBackoffIntervalSeconds": delay_s }),
            Verdict::Caught { catcher, .. } => json!({ "catchIndex": catcher }),
            // The retrier that has no attempts left is told too.
            Verdict::Failed { error, .. } if mock.is_some() => match trial.retrier(error) {
                Some(retrier) => json!({ "retryIndex": retrier }),
                None => return,
            },
            Verdict::Succeeded { .. } | Verdict::Failed { .. } => return,
        };
        data.insert("errorDetails".into(), details);
    }
}

pub(super) fn told(definition: &Definition, verdict: &Verdict) -> Map<String, Value> {
    let mut answer = Map::new();
    let name = |ix: &Option<StateIx>| ix.map(|ix| definition.state(ix).name.to_string());
    let (status, output, next, error, cause) = match verdict {
        Verdict::Succeeded { output, next } => ("SUCCEEDED", Some(output), name(next), None, None),
        Verdict::Failed { error, cause } => ("FAILED", None, None, Some(error), cause.as_ref()),
        Verdict::Retriable { error, cause, .. } => {
            ("RETRIABLE", None, None, Some(error), cause.as_ref())
        }
        Verdict::Caught {
            error,
            cause,
            output,
            next,
            ..
        } => (
            "CAUGHT_ERROR",
            Some(output),
            name(next),
            Some(error),
            cause.as_ref(),
        ),
    };
    answer.insert("status".into(), json!(status));
    let output = output.map(|output| json!(output.as_str()));
    answer.extend(output.map(|output| ("output".to_owned(), output)));
    answer.extend(next.map(|next| ("nextState".to_owned(), json!(next))));
    // An error without a name has an empty one here.
    let error = error.filter(|error| !error.is_empty());
    answer.extend(error.map(|error| ("error".to_owned(), json!(error))));
    answer.extend(cause.map(|cause| ("cause".to_owned(), json!(cause))));
    answer
}
