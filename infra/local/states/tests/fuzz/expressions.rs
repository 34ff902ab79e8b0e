//! Paths, intrinsic functions and JSONata by their grammars.

use serde_json::{Value, json};

use super::chance::Chance;

/// A path that names one place at most.
pub(crate) fn reference(c: &mut Chance) -> String {
    c.one(&[
        "$",
        "$.a",
        "$.a.b",
        "$['a']['b']",
        "$.list[0]",
        "$.n",
        "$.s",
        "$.x",
        "$.yes",
        "$.t",
    ])
    .to_owned()
}

/// Any path, also into the context object and variables.
pub(crate) fn path(c: &mut Chance, variables: &[String]) -> String {
    match c.below(10) {
        0..5 => reference(c),
        5 => c
            .one(&[
                "$.list[*]",
                "$.list[-1:]",
                "$.list[0:2]",
                "$..b",
                "$.*",
                "$.list[0,1]",
                "$.list.length()",
            ])
            .to_owned(),
        6 if c.percent(20) => "$.list[?(@ =~ /a.*/i)]".to_owned(),
        6 => {
            let (operator, operand) = (
                c.one(&["==", "!=", "<", ">="]),
                c.one(&["1", "'a'", "$.n", "null"]),
            );
            format!("$.list[?(@ {operator} {operand})]")
        }
        7 => c
            .one(&[
                "$$.Execution.Id",
                "$$.State.Name",
                "$$.State.EnteredTime",
                "$$.Execution.Input.a",
                "$$",
                "$$.StateMachine.Name",
            ])
            .to_owned(),
        8 if !variables.is_empty() => format!("${}", c.one(variables)),
        _intrinsic => intrinsic(c, variables, 2),
    }
}

/// An intrinsic function with arguments that mostly fit.
pub(crate) fn intrinsic(c: &mut Chance, variables: &[String], depth: u32) -> String {
    let any = argument(c, variables, depth);
    let more = argument(c, variables, depth);
    let (small, edge) = (c.one(&["1", "2", "$.n"]), c.one(&["0", "-1", "9"]));
    let size = if c.percent(75) { small } else { edge };
    let call = match c.below(18) {
        0 => format!("Format('{{}} and {{}}', {any}, {more})"),
        1 => format!("Array({any}, {more})"),
        2 => format!("ArrayPartition({ARRAY}, {size})"),
        3 => format!("ArrayContains({ARRAY}, {any})"),
        4 => format!("ArrayRange(1, 9, {size})"),
        5 => format!("ArrayGetItem({ARRAY}, {size})"),
        6 => format!("ArrayLength({})", c.one(&["$.list", ARRAY, "$.s"])),
        7 => format!("ArrayUnique({})", c.one(&["$.list", ARRAY])),
        8 => format!("Base64Encode({any})"),
        9 => format!("Base64Decode({})", c.one(&["'YWJj'", "'='", "$.s"])),
        10 => {
            let algorithm = c.one(&["'MD5'", "'SHA-256'", "'SHA-1'", "'X'"]);
            format!("Hash({any}, {algorithm})")
        }
        11 => format!(
            "JsonMerge($.a, $.x, {})",
            c.one(&["false", "false", "true"])
        ),
        12 => format!("JsonToString({any})"),
        13 => {
            let text = c.one(&["'{\"a\":1}'", "'{'", "$.s", "States.JsonToString($)"]);
            format!("StringToJson({text})")
        }
        14 => format!("MathAdd($.n, {size})"),
        15 => format!("MathRandom(1, {size})"),
        16 => {
            let (text, marks) = (c.one(&["'a,b;c'", "$.s"]), c.one(&["','", "',;'", "''"]));
            format!("StringSplit({text}, {marks})")
        }
        _uuid => "UUID()".to_owned(),
    };
    format!("States.{call}")
}

const ARRAY: &str = "States.Array(1, 2, 'three', null)";

fn argument(c: &mut Chance, variables: &[String], depth: u32) -> String {
    if depth > 0 && c.percent(30) {
        return intrinsic(c, variables, depth - 1);
    }
    c.one(&[
        "$.a",
        "$.n",
        "$.s",
        "$.list",
        "'it\\'s'",
        "'\\{\\}'",
        "12",
        "-1.5",
        "true",
        "null",
        "$$.State.Name",
        "$",
    ])
    .to_owned()
}

/// A payload template: plain values, paths under names that end in `.$`.
pub(crate) fn template(c: &mut Chance, variables: &[String]) -> Value {
    let mut members = json!({ "plain": c.scalar() });
    for name in ["p", "q"].into_iter().take(1 + c.below(2)) {
        if c.percent(80) {
            members[format!("{name}.$")] = json!(path(c, variables));
        } else {
            members[name] = json!({ "deep.$": path(c, variables), "list": [{ "in.$": "$.n" }] });
        }
    }
    members
}

/// JSONata in its marks.
pub(crate) fn marked(c: &mut Chance, variables: &[String]) -> String {
    format!("{{% {} %}}", jsonata(c, variables, 3))
}

/// A JSONata expression. Most have a value for the usual input.
pub(crate) fn jsonata(c: &mut Chance, v: &[String], depth: u32) -> String {
    if depth == 0 || c.percent(25) {
        return leaf(c, v);
    }
    if c.percent(50) {
        return function(c, v, depth - 1);
    }
    let part = |c: &mut Chance| jsonata(c, v, depth - 1);
    match c.below(11) {
        0 => {
            let (left, right) = (part(c), part(c));
            format!(
                "({left} {} {right})",
                c.one(&[
                    "+", "-", "*", "/", "%", "and", "or", "=", "!=", "<", ">=", "in"
                ])
            )
        }
        1 => format!("({} & {})", part(c), part(c)),
        2 => format!("({} ? {} : {})", part(c), part(c), part(c)),
        3 => format!("[{}, {}]", part(c), part(c)),
        4 => format!("{{\"k\": {}, \"l\": {}}}", part(c), part(c)),
        5 => format!("($y := {}; $z := {}; [$y, $z])", part(c), part(c)),
        6 => format!("{} ~> $string", part(c)),
        7 => {
            let (end, depth) = (part(c), c.below(30));
            format!("($f := function($k) {{ $k <= 0 ? {end} : $f($k - 1) }}; $f({depth}))")
        }
        _item => {
            let which = c.one(&["0", "-1", "$ > 1", "true", "'a'"]);
            format!("$states.input.list[{which}]")
        }
    }
}

/// A call of a function, or of one that takes functions.
fn function(c: &mut Chance, v: &[String], depth: u32) -> String {
    let part = jsonata(c, v, depth);
    match c.below(11) {
        0 => format!("$map([1..3], function($i, $at) {{ [$i, $at, {part}] }})"),
        1 => format!("$filter({part}, function($i) {{ $i > 1 }})"),
        2 => {
            let operator = c.one(&["+", "*", "&"]);
            format!("$reduce([1..4], function($s, $i) {{ $s {operator} $i }})")
        }
        3 => {
            let order = c.one(&["$l > $r", "true", "$l < $r"]);
            format!("$sort([3, 1, 2], function($l, $r) {{ {order} }})")
        }
        4 => format!("$append({part}, {})", jsonata(c, v, depth)),
        5 => {
            let (from, to) = (c.below(3), c.below(20));
            format!("$range({from}, {to}, {})", c.one(&["1", "2", "-1", "0"]))
        }
        6 => format!("$partition([1..7], {})", c.one(&["2", "3", "0", "100"])),
        7 => {
            let found = c.one(&["'X'", "/X/", "/[a-z]+/i", "/(a+)+$/"]);
            format!("$replace('aXbX', {found}, 'y')")
        }
        8 => {
            let from = c.one(&["0", "1", "-2", "99"]);
            format!("$substring('text', {from}) & $lookup({{'a': 's'}}, 'a')")
        }
        9 => format!("$each($states.input, function($e, $k) {{ {part} }})"),
        _simple => format!("${}({part})", c.one(&SIMPLE)),
    }
}

/// Functions of one argument.
const SIMPLE: [&str; 22] = [
    "string",
    "exists",
    "type",
    "count",
    "not",
    "boolean",
    "uppercase",
    "length",
    "keys",
    "number",
    "abs",
    "sum",
    "max",
    "trim",
    "reverse",
    "distinct",
    "spread",
    "merge",
    "floor",
    "sqrt",
    "hash",
    "parse",
];

fn leaf(c: &mut Chance, variables: &[String]) -> String {
    if !variables.is_empty() && c.percent(25) {
        return format!("${}", c.one(variables));
    }
    c.one(&[
        "1",
        "2.5",
        "-3",
        "'s'",
        "\"q\"",
        "true",
        "null",
        "[]",
        "{}",
        "[1..3]",
        "$states.input",
        "$states.input.a.b",
        "$states.input.list",
        "$states.input.n",
        "$states.context.Execution.Name",
        "$states.context.State.EnteredTime",
        "$random(7)",
        "$uuid()",
        "$now()",
        "$millis()",
    ])
    .to_owned()
}
