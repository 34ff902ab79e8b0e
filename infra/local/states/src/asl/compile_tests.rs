use super::*;

fn findings(text: &str) -> Vec<(String, String)> {
    let found = compile(text).expect_err("the definition should be refused");
    found.into_iter().map(|d| (d.location, d.message)).collect()
}

fn machine(states: &str) -> String {
    format!(r#"{{"QueryLanguage":"JSONata","StartAt":"A","States":{states}}}"#)
}

#[test]
fn text_that_is_not_json_is_located_by_line_and_column() {
    let found = compile("{\n  nope").expect_err("refused");
    assert_eq!(found[0].code, Code::InvalidJson);
    assert_eq!(found[0].location, "line 2, column 3");
}

#[test]
fn missing_fields_are_named_as_aws_names_them() {
    let found = findings(r#"{"QueryLanguage":"JSONata"}"#);
    assert_eq!(
        found,
        [(
            "/".to_owned(),
            "These fields are required: [States, StartAt]".to_owned()
        )]
    );
}

/// Developer guide, "Transforming data with JSONata": an expression that is not opened or closed as it should be is refused.
#[test]
fn an_expression_with_something_around_its_delimiters_is_refused() {
    for text in ["{% 1 %} ", " {% 1 %}", "{% 1", "1 %}"] {
        for state in [
            format!(r#"{{"Type":"Pass","Output":{{"x":["{text}"]}},"End":true}}"#),
            format!(r#"{{"Type":"Fail","Cause":"{text}"}}"#),
        ] {
            let compiled = compile(&machine(&format!(r#"{{"A":{state}}}"#)));
            assert!(compiled.is_err(), "{state}");
        }
    }
    assert!(
        compile(&machine(
            r#"{"A":{"Type":"Pass","Output":"50 %","End":true}}"#
        ))
        .is_ok()
    );
}

#[test]
fn a_state_may_change_to_jsonata_and_not_back() {
    let mixed = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","InputPath":"$.x","Next":"B"},
        "B":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% 1 %}","End":true}}}"#;
    assert!(compile(mixed).is_ok());
    let found = findings(&machine(
        r#"{"A":{"Type":"Pass","QueryLanguage":"JSONPath","End":true}}"#,
    ));
    assert_eq!(
        found,
        [(
            "/States/A".to_owned(),
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
                .to_owned()
        )]
    );
}

#[test]
fn a_field_of_the_other_language_is_refused_by_name() {
    let found = findings(&machine(
        r#"{"A":{"Type":"Pass","ResultPath":"$.x","End":true}}"#,
    ));
    assert_eq!(found[0].0, "/States/A/ResultPath");
    let found = findings(r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Output":1,"End":true}}}"#);
    assert_eq!(
        found[0],
        (
            "/States/A/Output".to_owned(),
            "The field 'Output' is not supported when 'QueryLanguage' is 'JSONPath'".to_owned()
        )
    );
}

#[test]
fn a_bad_path_or_function_is_located() {
    let pass = |field: &str| {
        format!(r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass",{field},"End":true}}}}}}"#)
    };
    let refused = [
        (r#""InputPath":"x""#, "/States/A/InputPath"),
        (r#""ResultPath":"$[*]""#, "/States/A/ResultPath"),
        (r#""ResultPath":"$$.a""#, "/States/A/ResultPath"),
        (r#""OutputPath":"$.a[""#, "/States/A/OutputPath"),
        (r#""Parameters":{"a.$":"b"}"#, "/States/A/Parameters"),
        (r#""Parameters":{"a.$":1}"#, "/States/A/Parameters"),
        (
            r#""Parameters":{"a.$":"$.a","a":1}"#,
            "/States/A/Parameters",
        ),
        (
            r#""Parameters":{"a.$":"States.Nope()"}"#,
            "/States/A/Parameters",
        ),
        (
            r#""Parameters":{"a.$":"States.UUID(1)"}"#,
            "/States/A/Parameters",
        ),
        (
            r#""Parameters":{"a.$":"States.Format('a\\\"b')"}"#,
            "/States/A/Parameters",
        ),
        (r#""Assign":{"1a":2}"#, "/States/A/Assign/1a"),
    ];
    for (field, at) in refused {
        assert_eq!(findings(&pass(field))[0].0, at, "{field}");
    }
}

#[test]
fn a_choice_rule_has_one_operator_and_operands_of_its_type() {
    let choice = |rule: &str| {
        format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Choice","Choices":[{rule}],"Default":"B"}},"B":{{"Type":"Succeed"}}}}}}"#
        )
    };
    let good = r#"{"Not":{"And":[{"Variable":"$.a","IsPresent":true},{"Variable":"$.a","NumericEquals":1}]},"Next":"B"}"#;
    assert!(compile(&choice(good)).is_ok());
    let refused = [
        (r#"{"Variable":"$.a","Next":"B"}"#, "/States/A/Choices/0"),
        (
            r#"{"Variable":"$.a","IsNull":true,"IsPresent":true,"Next":"B"}"#,
            "/States/A/Choices/0",
        ),
        (r#"{"IsNull":true,"Next":"B"}"#, "/States/A/Choices/0"),
        (
            r#"{"Variable":"$.a","NumericEquals":"1","Next":"B"}"#,
            "/States/A/Choices/0/NumericEquals",
        ),
        (
            r#"{"Variable":"$.a","TimestampEquals":"soon","Next":"B"}"#,
            "/States/A/Choices/0/TimestampEquals",
        ),
        (
            r#"{"Variable":"$.a","StringMatches":"a\\b","Next":"B"}"#,
            "/States/A/Choices/0/StringMatches",
        ),
        (
            r#"{"Variable":"$.a","IsNull":1,"Next":"B"}"#,
            "/States/A/Choices/0/IsNull",
        ),
        (r#"{"And":[],"Next":"B"}"#, "/States/A/Choices/0/And"),
        (
            r#"{"And":[{"Variable":"$.a","IsNull":true,"Next":"B"}],"Next":"B"}"#,
            "/States/A/Choices/0/And/0/Next",
        ),
        (
            r#"{"Condition":"{% true %}","Next":"B"}"#,
            "/States/A/Choices/0",
        ),
        (r#"{"Variable":"$.a","IsNull":true}"#, "/States/A/Choices/0"),
    ];
    for (rule, at) in refused {
        assert_eq!(findings(&choice(rule))[0].0, at, "{rule}");
    }
}

#[test]
fn a_transition_must_lead_to_a_state_of_the_same_machine() {
    let found = findings(&machine(r#"{"A":{"Type":"Pass","Next":"B"}}"#));
    assert_eq!(
        found[0],
        (
            "/States/A/Next".to_owned(),
            "Missing 'Next' target: B".to_owned()
        )
    );
    let nested = r#"{"A":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"B","States":{"B":{"Type":"Pass","Next":"A"}}}]}}"#;
    assert_eq!(
        findings(&machine(nested))[0].0,
        "/States/A/Branches/0/States/B/Next"
    );
}

#[test]
fn a_bad_expression_is_located_inside_its_field() {
    let found = findings(&machine(
        r#"{"A":{"Type":"Pass","Output":{"a":["{% 1 + %}"]},"End":true}}"#,
    ));
    assert_eq!(found[0].0, "/States/A/Output/a/0");
    let found = findings(&machine(
        r#"{"A":{"Type":"Pass","Output":"{% $eval('1') %}","End":true}}"#,
    ));
    assert!(found[0].1.contains("$eval"));
}

#[test]
fn a_flow_without_an_end_is_refused_and_an_unreachable_state_is_only_odd() {
    let found = findings(&machine(r#"{"A":{"Type":"Pass","Next":"A"}}"#));
    assert_eq!(found[0].1, "No way from 'StartAt' leads to an end");
    let compiled = compile(&machine(
        r#"{"A":{"Type":"Succeed"},"B":{"Type":"Succeed"}}"#,
    ))
    .expect("allowed");
    assert_eq!(compiled.warnings[0].location, "/States/B");
}

#[test]
fn retriers_and_catchers_keep_their_rules() {
    let task = |extra: &str| {
        machine(&format!(
            r#"{{"A":{{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{{"FunctionName":"f"}},{extra},"End":true}}}}"#
        ))
    };
    let all_first = r#""Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["X"]}]"#;
    assert_eq!(
        findings(&task(all_first))[0].0,
        "/States/A/Retry/0/ErrorEquals"
    );
    let short = r#""Retry":[{"ErrorEquals":["X"],"IntervalSeconds":5,"MaxDelaySeconds":5}]"#;
    assert_eq!(
        findings(&task(short))[0].0,
        "/States/A/Retry/0/MaxDelaySeconds"
    );
    let beat = r#""TimeoutSeconds":5,"HeartbeatSeconds":5"#;
    assert_eq!(findings(&task(beat))[0].0, "/States/A/HeartbeatSeconds");
}

#[test]
fn every_finding_is_reported_not_only_the_first() {
    let found = findings(&machine(
        r#"{"A":{"Type":"Wait","End":true},"B":{"Type":"Choice","Choices":[]}}"#,
    ));
    assert_eq!(found.len(), 2);
}

#[test]
fn a_name_that_is_used_twice_is_all_that_is_found() {
    let around = r#"{"A":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}}}]}}"#;
    let beside = r#"{"A":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"B","States":{"B":{"Type":"Succeed"}}},{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}]}}"#;
    for (states, at) in [
        (around, "/States/A/Branches/0/States/A"),
        (beside, "/States/A/Branches/1/States/B"),
    ] {
        let found = compile(&machine(states)).expect_err("refused");
        let told: Vec<_> = found
            .iter()
            .map(|d| (d.code, d.location.as_str()))
            .collect();
        assert_eq!(told, [(Code::DuplicateName, at)]);
    }
}

/// Guide, "Service quotas": a definition may have 1 MB; how many states that are is not said.
#[test]
fn a_definition_has_as_many_states_as_fit() {
    let chain: Vec<String> = (0..24_000)
        .map(|i| format!(r#""{i}":{{"Type":"Pass","Next":"{}"}}"#, i + 1))
        .collect();
    let text = format!(
        r#"{{"StartAt":"0","States":{{{},"24000":{{"Type":"Fail"}}}}}}"#,
        chain.join(",")
    );
    assert!(text.len() < MAX_DEFINITION_BYTES, "{}", text.len());
    let compiled = compile(&text).expect("a definition");
    assert_eq!(
        (compiled.states.len(), compiled.warnings.len()),
        (24_001, 0)
    );
}

#[test]
fn more_states_than_can_be_are_told_once() {
    let states: Vec<String> = (0..80_000).map(|i| format!(r#""{i}":0"#)).collect();
    let text = format!(r#"{{"StartAt":"0","States":{{{}}}}}"#, states.join(","));
    assert!(text.len() < MAX_DEFINITION_BYTES, "{}", text.len());
    let found = findings(&text);
    let told = found.iter().filter(|(_, why)| why.contains("at most"));
    assert_eq!(told.count(), 1);
}

#[test]
fn machines_too_deep_for_the_parser_are_too_deeply_nested() {
    let nested = |levels: usize| {
        (0..levels).fold(
            r#"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#.to_owned(),
            |inner, i| {
                format!(
                    r#"{{"StartAt":"P{i}","States":{{"P{i}":{{"Type":"Parallel","End":true,"Branches":[{inner}]}}}}}}"#
                )
            },
        )
    };
    assert!(compile(&nested(31)).is_ok());
    for levels in [32, 40, 200] {
        let found = compile(&nested(levels)).expect_err("refused");
        assert_eq!(found[0].code, Code::TooDeep, "{levels}");
        assert!(found[0].message.contains("nested"), "{}", found[0].message);
    }
}
