//! However long a request waits, the looks that it takes meanwhile fit into its execution.
use serde_json::Value;

/// Most events of an execution (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>).
const EVENTS: u64 = 25_000;
/// Most events of one look: a turn whose time is over, a call that is tried nine times, and two choices.
const EVENTS_OF_LOOK: u64 = 6 + 2 + 9 * 3 + 2 * 2;
/// The terms by which orders and onboardings look (`infra/world/terms`), in seconds.
const POLL_S: u64 = 3_600;

/// Seconds as a definition writes them: a number, the term of looks, or so many of it.
fn seconds(text: &str) -> Option<u64> {
    match text.trim().split_once(" * ") {
        Some((term, times)) => Some(seconds(term)? * seconds(times)?),
        None if text.trim() == "$pollS" => Some(POLL_S),
        None => text.trim().parse().ok(),
    }
}

/// How a turn that asks again and again paces itself: in its first so many turns, and after them. None where it waits for a deadline, or a
/// function says how long.
fn pace(turn: &Value) -> Option<(u64, u64, u64)> {
    let asks = !turn["Arguments"]["Payload"]["task"].is_null();
    let text = match &turn["TimeoutSeconds"] {
        // One that asks nobody for anything, such as a test call, is tried a few times.
        Value::Number(whole) => return whole.as_u64().filter(|_| asks).map(|s| (0, s, s)),
        Value::String(text) => text.trim_start_matches("{%").trim_end_matches("%}").trim(),
        _ => return None,
    };
    // One that looks at its deadline, too, looks once more then.
    let bounded = text.strip_prefix("$min([");
    let text = bounded
        .and_then(|text| text.split_once(", $max([30, "))
        .map_or(text, |(pace, _)| pace);
    let text = text.strip_prefix("$max([30, ").unwrap_or(text);
    let text = text.strip_suffix("])").unwrap_or(text);
    if let Some(always) = seconds(text) {
        return Some((0, always, always));
    }
    // Its turns are counted from the first, or from when it began to ask.
    let turns = text
        .strip_prefix("$round < ")
        .or_else(|| text.strip_prefix("$round - $from < "));
    let (many, paces) = turns?.split_once(" ? ")?;
    let (first, then) = paces.split_once(" : ")?;
    Some((many.parse().ok()?, seconds(first)?, seconds(then)?))
}

/// How many looks an execution takes that waits here for all of its time.
fn looks(whole_s: u64, (many, first_s, then_s): (u64, u64, u64)) -> u64 {
    let first = many.min(whole_s / first_s);
    first + whole_s.saturating_sub(first * first_s) / then_s
}

#[test]
fn no_request_looks_so_often_that_its_history_fills_up() {
    let mut seen = 0;
    for (name, asl, _) in crate::definitions() {
        let Some(whole_s) = asl["TimeoutSeconds"].as_u64() else {
            continue;
        };
        for (state, turn) in asl["States"].as_object().expect("States") {
            let function = turn["Arguments"]["FunctionName"].as_str();
            if function != Some("${RequestTurnFunction}") {
                continue;
            }
            let Some(pace) = pace(turn) else { continue };
            seen += 1;
            let events = looks(whole_s, pace) * EVENTS_OF_LOOK;
            assert!(events < EVENTS, "{name}: {state}: {events} events");
        }
    }
    assert!(seen > 15, "{seen} turns pace themselves");
}

#[test]
fn a_pace_is_read_as_it_is_written() {
    let turn = |limit: Value| serde_json::json!({ "TimeoutSeconds": limit });
    let paced = |text: &str| pace(&turn(text.into()));
    assert_eq!(paced("{% $pollS %}"), Some((0, 3_600, 3_600)));
    let slower = "{% $max([30, $round < 400 ? $pollS : $pollS * 24]) %}";
    assert_eq!(paced(slower), Some((400, 3_600, 86_400)));
    assert_eq!(
        paced("{% $round < 100 ? 900 : 43200 %}"),
        Some((100, 900, 43_200))
    );
    assert_eq!(
        paced("{% $round - $from < 100 ? 900 : 43200 %}"),
        Some((100, 900, 43_200))
    );
    let bounded = "{% $min([$round < 400 ? $pollS : $pollS * 24, $max([30, $leftS])]) %}";
    assert_eq!(paced(bounded), Some((400, 3_600, 86_400)));
    assert_eq!(paced("{% $waitS %}"), None);
    assert_eq!(pace(&turn(100.into())), None);
    assert_eq!(looks(15_552_000, (0, 3_600, 3_600)), 4_320);
    assert_eq!(looks(15_552_000, (400, 3_600, 86_400)), 563);
}
