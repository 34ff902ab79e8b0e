//! Definitions by the grammar of the States Language: every state type, both query languages, nested Map and Parallel.

use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::expressions::{marked, path, reference, template};

pub(crate) const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:hands";
pub(crate) const LEAF: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:leaf";
/// How deep Map and Parallel are nested.
const DEPTH: u32 = 2;

/// Makes one definition.
pub(crate) struct Grammar<'a> {
    c: &'a mut Chance,
    /// States so far: names are unique in a definition.
    states: usize,
    /// Variables that are assigned before the state at hand.
    variables: Vec<String>,
    /// How many there were: an inner scope cannot assign to the variables of an outer one.
    assigned: usize,
    /// The query language of the whole is JSONata.
    jsonata: bool,
}

/// A definition that is right by the grammar; what its expressions come to is another matter.
pub(crate) fn definition(c: &mut Chance) -> Value {
    let jsonata = c.percent(50);
    let mut grammar = Grammar {
        c,
        states: 0,
        variables: Vec::new(),
        assigned: 0,
        jsonata,
    };
    let mut flow = grammar.flow(DEPTH);
    if jsonata {
        flow["QueryLanguage"] = json!("JSONata");
    }
    if grammar.c.percent(60) {
        flow["TimeoutSeconds"] = json!(30 + grammar.c.below(90));
    }
    if grammar.c.percent(20) {
        flow["Comment"] = json!(grammar.c.text());
        flow["Version"] = json!("1.0");
    }
    flow
}

impl Grammar<'_> {
    /// States one after the other; each can be reached, and the last one ends.
    fn flow(&mut self, depth: u32) -> Value {
        let jsonata = self.jsonata;
        let outside = self.variables.clone();
        let count = 1 + self.c.below(4);
        let first = self.states;
        self.states += count;
        let name = |i: usize| format!("S{i}");
        let mut states = Map::new();
        for i in first..first + count {
            let next = (i + 1 < first + count).then(|| name(i + 1));
            // JSONata can be chosen for a state where the whole is JSONPath, not the reverse.
            let own = jsonata || self.c.percent(15);
            let mut state = self.state(next.as_deref(), depth, own);
            if own && !jsonata {
                state["QueryLanguage"] = json!("JSONata");
            }
            states.insert(name(i), state);
        }
        self.variables = outside;
        json!({ "StartAt": name(first), "States": states })
    }

    fn state(&mut self, next: Option<&str>, depth: u32, jsonata: bool) -> Value {
        let kinds = match next {
            Some(_) => [
                "Pass", "Task", "Choice", "Wait", "Task", "Pass", "Parallel", "Map",
            ],
            None => [
                "Pass", "Task", "Succeed", "Fail", "Pass", "Wait", "Parallel", "Map",
            ],
        };
        let kind = self
            .c
            .one(if depth == 0 { &kinds[..6] } else { &kinds[..] });
        let mut state = match kind {
            "Task" => self.task(jsonata),
            "Choice" => self.choice(next.unwrap_or_default(), jsonata),
            "Wait" => self.wait(jsonata),
            "Fail" => self.fail(jsonata),
            "Parallel" => {
                let branches: Vec<Value> = (0..1 + self.c.below(3))
                    .map(|_| self.flow(depth - 1))
                    .collect();
                json!({ "Branches": branches })
            }
            "Map" => self.map(depth, jsonata),
            "Pass" if !jsonata && self.c.percent(30) => json!({ "Result": self.c.value(2) }),
            _pass_or_succeed => json!({}),
        };
        state["Type"] = json!(kind);
        if kind != "Fail" {
            self.data(&mut state, kind, jsonata);
        }
        match (kind, next) {
            ("Choice" | "Succeed" | "Fail", _) => {}
            (_, Some(next)) => state["Next"] = json!(next),
            (_, None) => state["End"] = json!(true),
        }
        if matches!(kind, "Task" | "Parallel" | "Map") {
            self.handling(&mut state, next, jsonata);
        }
        state
    }

    fn expression(&mut self, jsonata: bool) -> Value {
        if jsonata {
            return json!(marked(self.c, &self.variables));
        }
        template(self.c, &self.variables)
    }

    /// How data passes through.
    fn data(&mut self, state: &mut Value, kind: &str, jsonata: bool) {
        if jsonata {
            if self.c.percent(50) {
                state["Output"] = if self.c.percent(70) {
                    self.expression(true)
                } else {
                    json!({ "o": self.expression(true), "p": [1] })
                };
            }
        } else {
            let has = |field: &str, kinds: &[&str]| (field.to_owned(), kinds.contains(&kind));
            for (field, fits) in [
                has(
                    "InputPath",
                    &[
                        "Pass", "Task", "Choice", "Wait", "Succeed", "Parallel", "Map",
                    ],
                ),
                has(
                    "OutputPath",
                    &[
                        "Pass", "Task", "Choice", "Wait", "Succeed", "Parallel", "Map",
                    ],
                ),
            ] {
                if fits && self.c.percent(15) {
                    state[field] = if self.c.percent(10) {
                        Value::Null
                    } else {
                        json!(path_of_data(self.c))
                    };
                }
            }
            if has("", &["Pass", "Parallel"]).1 && self.c.percent(40) {
                state["Parameters"] = self.expression(false);
            }
            if has("", &["Task", "Parallel", "Map"]).1 && self.c.percent(25) {
                state["ResultSelector"] = self.expression(false);
            }
            if has("", &["Pass", "Task", "Parallel", "Map"]).1 && self.c.percent(40) {
                state["ResultPath"] = if self.c.percent(20) {
                    Value::Null
                } else {
                    json!(self.c.one(&["$", "$.r", "$.a.r", "$.list[0]"]))
                };
            }
        }
        if kind != "Succeed" && self.c.percent(30) {
            let name = self.fresh();
            state["Assign"] = if jsonata {
                json!({ name.as_str(): self.expression(true) })
            } else {
                json!({ format!("{name}.$"): reference(self.c) })
            };
            self.variables.push(name);
        }
    }

    fn task(&mut self, jsonata: bool) -> Value {
        let arguments = if jsonata { "Arguments" } else { "Parameters" };
        let invoke = "arn:aws:states:::lambda:invoke";
        let token = if jsonata {
            json!({ "token": "{% $states.context.Task.Token %}" })
        } else {
            json!({ "token.$": "$$.Task.Token" })
        };
        let mut state = match self.c.below(8) {
            0 | 1 => {
                let payload = self.expression(jsonata);
                let function = self.c.one(&["echo", "echo", "fail", "missing"]);
                json!({ "Resource": invoke, arguments: { "FunctionName": function, "Payload": payload } })
            }
            2 | 3 => {
                json!({ "Resource": format!("{invoke}.waitForTaskToken"), arguments: { "FunctionName": "hold", "Payload": token } })
            }
            4 => json!({ "Resource": ACTIVITY, arguments: self.expression(jsonata) }),
            5 => {
                let how = self.c.one(&["", ".sync", ".sync:2"]);
                let input = self.expression(jsonata);
                json!({ "Resource": format!("arn:aws:states:::states:startExecution{how}"),
                    arguments: { "StateMachineArn": LEAF, "Input": input } })
            }
            6 => json!({ "Resource": "arn:aws:lambda:us-east-1:000000000000:function:echo" }),
            _sdk => {
                json!({ "Resource": "arn:aws:states:::aws-sdk:sfn:describeStateMachine", arguments: { "StateMachineArn": LEAF } })
            }
        };
        if self.c.percent(70) {
            state["TimeoutSeconds"] = if jsonata && self.c.percent(30) {
                json!("{% 20 + 5 %}")
            } else {
                json!(20 + self.c.below(40))
            };
        } else if !jsonata && self.c.percent(30) {
            state["TimeoutSecondsPath"] = json!("$.n");
        }
        if self.c.percent(25) {
            state["HeartbeatSeconds"] = json!(1 + self.c.below(15));
        }
        state
    }

    fn wait(&mut self, jsonata: bool) -> Value {
        match (self.c.below(4), jsonata) {
            (0, true) => json!({ "Seconds": "{% $states.input.n %}" }),
            (0, false) => json!({ "SecondsPath": "$.n" }),
            (1, true) => json!({ "Timestamp": "{% $states.input.t %}" }),
            (1, false) => json!({ "TimestampPath": "$.t" }),
            (2, _) => {
                json!({ "Timestamp": self.c.one(&["2026-01-01T00:00:09Z", "2020-02-29T23:59:59.999+01:00", "2026-01-01T00:01:00Z"]) })
            }
            _seconds => json!({ "Seconds": self.c.below(20) }),
        }
    }

    fn fail(&mut self, jsonata: bool) -> Value {
        match (self.c.below(3), jsonata) {
            (0, _) => json!({}),
            (1, true) => {
                json!({ "Error": "{% 'E' & $string($states.input.n) %}", "Cause": self.c.text().replace("{%", "") })
            }
            (1, false) => json!({ "ErrorPath": "$.s", "CausePath": "States.JsonToString($.a)" }),
            _plain => json!({ "Error": "Custom.Error", "Cause": "so" }),
        }
    }

    fn choice(&mut self, next: &str, jsonata: bool) -> Value {
        let count = 1 + self.c.below(3);
        let rules: Vec<Value> = (0..count)
            .map(|_| {
                let mut rule = if jsonata {
                    json!({ "Condition": self.c.one(&["{% $states.input.n > 3 %}", "{% $exists($states.input.a.b) %}", "{% true %}", "{% $states.input.s in ['text'] %}"]) })
                } else {
                    self.rule(2)
                };
                rule["Next"] = json!(next);
                rule
            })
            .collect();
        json!({ "Choices": rules, "Default": next })
    }

    fn rule(&mut self, depth: u32) -> Value {
        if depth > 0 && self.c.percent(30) {
            return match self.c.below(3) {
                0 => json!({ "Not": self.rule(depth - 1) }),
                1 => json!({ "And": [self.rule(depth - 1), self.rule(depth - 1)] }),
                _or => json!({ "Or": [self.rule(depth - 1), self.rule(depth - 1)] }),
            };
        }
        let (operator, operand) = self.c.one(&[
            ("IsPresent", json!(true)),
            ("IsNull", json!(false)),
            ("IsString", json!(true)),
            ("IsNumeric", json!(true)),
            ("IsBoolean", json!(false)),
            ("IsTimestamp", json!(true)),
            ("NumericEquals", json!(3)),
            ("NumericGreaterThanEquals", json!(2.5)),
            ("NumericLessThanPath", json!("$.n")),
            ("StringEquals", json!("text")),
            ("StringMatches", json!("t*\\*x?")),
            ("StringLessThan", json!("u")),
            ("StringGreaterThanEqualsPath", json!("$.s")),
            ("BooleanEquals", json!(true)),
            ("BooleanEqualsPath", json!("$.yes")),
            ("TimestampLessThan", json!("2026-01-01T00:00:00Z")),
            ("TimestampEqualsPath", json!("$.t")),
        ]);
        json!({ "Variable": reference(self.c), operator: operand })
    }

    fn map(&mut self, depth: u32, jsonata: bool) -> Value {
        let mut processor = self.flow(depth - 1);
        let mut state = json!({});
        let distributed = depth == DEPTH && self.c.percent(25);
        if distributed {
            let kind = self.c.one(&["STANDARD", "EXPRESS"]);
            // What waits for a token can be in Standard children only.
            let waits = ["waitForTaskToken", ".sync", ":activity:"];
            let text = processor.to_string();
            let kind = if waits.iter().any(|wait| text.contains(wait)) {
                "STANDARD"
            } else {
                kind
            };
            processor["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": kind });
            if self.c.percent(40) {
                state["ToleratedFailurePercentage"] = json!(self.c.below(101));
            }
            if self.c.percent(30) {
                state["ItemBatcher"] = json!({ "MaxItemsPerBatch": 1 + self.c.below(3) });
            }
        } else if self.c.percent(20) {
            processor["ProcessorConfig"] = json!({ "Mode": "INLINE" });
        }
        state["ItemProcessor"] = processor;
        if jsonata {
            state["Items"] = self.c.one(&[
                json!("{% [1..4] %}"),
                json!("{% $states.input.list %}"),
                json!([1, "{% 2 %}"]),
                json!("{% {'k': 1} %}"),
            ]);
            if self.c.percent(40) {
                state["ItemSelector"] = json!({ "v": "{% $states.context.Map.Item.Value %}", "at": "{% $states.context.Map.Item.Index %}" });
            }
        } else {
            state["ItemsPath"] = json!(self.c.one(&["$.list", "$.list", "$", "$.list[0:2]"]));
            if self.c.percent(40) {
                state["ItemSelector"] = json!({ "v.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "n.$": "$.n" });
            }
        }
        if self.c.percent(50) {
            state["MaxConcurrency"] = json!(self.c.below(4));
        }
        state
    }

    /// The name of a variable that nothing else assigns.
    fn fresh(&mut self) -> String {
        self.assigned += 1;
        format!("v{}", self.assigned)
    }

    /// Retry and Catch.
    fn handling(&mut self, state: &mut Value, next: Option<&str>, jsonata: bool) {
        if self.c.percent(35) {
            let errors = self.c.one(&[
                json!(["States.ALL"]),
                json!(["Boom", "States.Timeout"]),
                json!(["States.TaskFailed"]),
                json!(["Lambda.AWSLambdaException", "Boom"]),
            ]);
            state["Retry"] = json!([{ "ErrorEquals": errors, "IntervalSeconds": 1 + self.c.below(3), "MaxAttempts": self.c.below(4), "BackoffRate": 1.5, "MaxDelaySeconds": 5,
                "JitterStrategy": self.c.one(&["FULL", "NONE"]) }]);
        }
        if let Some(next) = next
            && self.c.percent(35)
        {
            let mut catcher = json!({ "ErrorEquals": ["States.ALL"], "Next": next });
            if jsonata {
                catcher["Output"] = json!("{% $states.errorOutput %}");
                let name = self.fresh();
                catcher["Assign"] = json!({ name: "{% $states.errorOutput.Error %}" });
            } else if self.c.percent(60) {
                catcher["ResultPath"] = json!("$.error");
            }
            state["Catch"] = json!([catcher]);
        }
    }
}

fn path_of_data(c: &mut Chance) -> String {
    loop {
        let path = path(c, &[]);
        // Intrinsic functions are for payload templates.
        if !path.starts_with("States.") {
            return path;
        }
    }
}
