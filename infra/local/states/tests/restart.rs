//! What is in the folder when a process ends is what the next one goes on with.

mod support;

use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::json;
use states::{Config, Engine, FORMAT, LogError, OpenError, Subject};
use std::path::Path;
use std::sync::Arc;
use support::{CALLBACK, Folder, Functions, INVOKE, Running, flow, open, open_with, task};

fn config(dir: &Path) -> Config {
    Config {
        drain_ms: 0,
        ..Config::new(dir)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_waits_retries_and_unanswered_calls_go_on_after_a_restart() {
    for compact in [false, true] {
        let folder = Folder::new();
        let up = open(folder.path()).await;
        up.functions.on("turn", |_| Ok(json!(null)));
        let mut invoked = up.functions.invocations();
        let token = up.machine("token", &flow(json!({ "A": task(CALLBACK, "turn", json!("{% $states.context.Task.Token %}")) }))).await;
        let wait = up
            .machine(
                "wait",
                &flow(json!({ "A": { "Type": "Wait", "Seconds": 2, "End": true } })),
            )
            .await;
        let call = up
            .machine(
                "call",
                &flow(json!({ "A": task(INVOKE, "never", json!({ "key": 1 })) })),
            )
            .await;
        let mut retried = task(INVOKE, "later", json!({}));
        retried["Retry"] = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 2 }]);
        let retry = up.machine("retry", &flow(json!({ "A": retried }))).await;
        let one = up.start(&token, json!({})).await;
        let held = invoked.recv().await.expect("invoked").1;
        let two = up.start(&wait, json!({})).await;
        let three = up.start(&call, json!({})).await;
        assert_eq!(invoked.recv().await.expect("invoked").0, "never");
        let four = up.start(&retry, json!({})).await;
        assert_eq!(invoked.recv().await.expect("invoked").0, "later");
        while !up
            .outline(&four)
            .await
            .last()
            .is_some_and(|line| line.ends_with("TaskFailed"))
        {}
        while !up
            .outline(&one)
            .await
            .last()
            .is_some_and(|line| line.ends_with("TaskSubmitted"))
        {}
        let entered = up.history(&two).await[1]
            .timestamp
            .to_millis()
            .expect("a time");
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        up.close().await;

        let functions = Functions::default();
        functions.on("later", |_| Ok(json!("now")));
        let mut invoked = functions.invocations();
        let up = open_with(config(folder.path()), functions).await;
        assert_eq!(
            invoked.recv().await,
            Some(("never".to_owned(), json!({ "key": 1 }))),
            "the lost call is made again"
        );
        let told = up.outline(&three).await;
        let [.., scheduled, first, second] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(scheduled.ends_with("TaskScheduled"), "{told:?}");
        assert!(first.ends_with("TaskStarted"), "{told:?}");
        assert!(
            second.ends_with("TaskStarted"),
            "{told:?}: it is told that it is called again"
        );
        let done = up
            .client
            .send_task_success()
            .task_token(held.as_str().expect("a token"))
            .output("5");
        done.send().await.expect("the token is still good");
        assert_eq!(up.end(&one).await.1, Some(json!(5)));
        assert_eq!(up.end(&four).await.0, ExecutionStatus::Succeeded);
        assert_eq!(up.end(&two).await.0, ExecutionStatus::Succeeded);
        let left = up.history(&two).await[2]
            .timestamp
            .to_millis()
            .expect("a time");
        assert!(
            (2_000..6_000).contains(&(left - entered)),
            "a wait keeps its time: {} ms",
            left - entered
        );
        assert!(
            invoked
                .try_recv()
                .is_ok_and(|(function, _)| function == "later"),
            "the retry came in its time"
        );
        assert!(invoked.try_recv().is_err(), "nothing else was called");
        up.client
            .stop_execution()
            .execution_arn(&three)
            .send()
            .await
            .expect("stopped");
        up.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_executions_and_their_histories_are_still_there() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let ended = up
        .run(
            &flow(json!({ "A": { "Type": "Pass", "Output": { "x": 1 }, "End": true } })),
            json!({}),
        )
        .await;
    let before = up.outline(&ended.arn).await;
    up.engine.compact().await.expect("compacted");
    up.close().await;
    let up = open(folder.path()).await;
    assert_eq!(up.end(&ended.arn).await.1, Some(json!({ "x": 1 })));
    assert_eq!(up.outline(&ended.arn).await, before);
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_compact_at_once_forget_what_is_too_many_and_nothing_else() {
    const KEEP: usize = 5;
    let folder = Folder::new();
    let limits = || Config {
        keep_closed: KEEP,
        ..config(folder.path())
    };
    let up = open_with(limits(), Functions::default()).await;
    let machine = up
        .machine("m", &flow(json!({ "A": { "Type": "Pass", "End": true } })))
        .await;
    let listed = async |up: &Running| {
        let asked = up.client.list_executions().state_machine_arn(&machine);
        asked.send().await.expect("listed").executions.len()
    };
    for _ in 0..10 {
        for _ in 0..40 {
            let execution = up.start(&machine, json!({})).await;
            up.end(&execution).await;
        }
        let (one, other) = tokio::join!(up.engine.compact(), up.engine.compact());
        one.and(other).expect("compacted");
        assert_eq!(listed(&up).await, KEEP);
    }
    up.close().await;
    let up = open_with(limits(), Functions::default()).await;
    assert!(up.engine.damage().is_empty());
    assert_eq!(listed(&up).await, KEEP);
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_goes_and_its_segments_with_it() {
    let folder = Folder::new();
    let up = open_with(
        Config {
            keep_closed: 0,
            ..config(folder.path())
        },
        Functions::default(),
    )
    .await;
    let ended = up
        .run(
            &flow(json!({ "A": { "Type": "Pass", "End": true } })),
            json!({}),
        )
        .await;
    // Upkeep comes by itself; its moment is not ours to say.
    while up
        .client
        .describe_execution()
        .execution_arn(&ended.arn)
        .send()
        .await
        .is_ok()
    {}
    up.engine.compact().await.expect("compacted");
    let segments = std::fs::read_dir(folder.path().join("log"))
        .expect("a log")
        .count();
    assert_eq!(
        segments, 1,
        "only the segment that is being written is left"
    );
    up.close().await;
    let up = open(folder.path()).await;
    assert_eq!(
        up.client
            .list_state_machines()
            .send()
            .await
            .expect("listed")
            .state_machines()
            .len(),
        1
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_use_and_a_newer_format_are_refused_with_words() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let second = Engine::open(config(folder.path()), Arc::new(Functions::default()));
    assert!(matches!(second, Err(OpenError::InUse(_))));
    up.close().await;
    let path = last_segment(folder.path());
    let mut bytes = std::fs::read(&path).expect("a segment");
    bytes[8..12].copy_from_slice(&(FORMAT + 1).to_le_bytes());
    let crc = crc32fast::hash(&bytes[..16]);
    bytes[16..20].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&path, bytes).expect("written");
    let newer = Engine::open(config(folder.path()), Arc::new(Functions::default()));
    let Err(OpenError::Log(error)) = newer else {
        panic!("opened")
    };
    assert!(matches!(error, LogError::NewerFormat { found, .. } if found == FORMAT + 1));
    assert!(error.to_string().contains("use a newer version"), "{error}");
}

fn last_segment(dir: &Path) -> std::path::PathBuf {
    let segments = std::fs::read_dir(dir.join("log")).expect("a log");
    segments
        .map(|entry| entry.expect("an entry").path())
        .max()
        .expect("a segment")
}

/// A folder with two executions, and the size of the log before and after the second was started.
async fn two_executions(folder: &Folder) -> (String, String, usize, usize) {
    let up = open(folder.path()).await;
    let wait = flow(json!({ "A": { "Type": "Wait", "Seconds": 3600, "End": true } }));
    let machine = up.machine("m", &wait).await;
    up.close().await;
    let mut sizes = Vec::new();
    let mut started = Vec::new();
    for name in ["one", "two"] {
        let up = open(folder.path()).await;
        let start = up.client.start_execution().state_machine_arn(&machine);
        let start = start.name(name).send().await.expect("started");
        started.push(start.execution_arn);
        // A log that is closed ends behind its last frame.
        up.close().await;
        let size = std::fs::metadata(last_segment(folder.path())).expect("a segment");
        sizes.push(size.len() as usize);
    }
    let (one, two) = (started[0].clone(), started[1].clone());
    (one, two, sizes[0], sizes[1])
}

async fn known(dir: &Path, executions: [&str; 2]) -> [bool; 2] {
    let up = open(dir).await;
    let mut known = [false; 2];
    for (i, arn) in executions.into_iter().enumerate() {
        known[i] = up
            .client
            .describe_execution()
            .execution_arn(arn)
            .send()
            .await
            .is_ok();
    }
    up.close().await;
    known
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_torn_at_any_byte_of_its_last_record_opens_without_it() {
    let folder = Folder::new();
    let (one, two, before, after) = two_executions(&folder).await;
    let path = last_segment(folder.path());
    let whole = std::fs::read(&path).expect("a segment");
    assert_eq!(whole.len(), after);
    for cut in before..after {
        std::fs::write(&path, &whole[..cut]).expect("written");
        assert_eq!(
            known(folder.path(), [&one, &two]).await,
            [true, false],
            "cut at {cut}"
        );
        let left = std::fs::metadata(&path).expect("a segment").len() as usize;
        assert_eq!(left, before, "the torn end is gone");
    }
    std::fs::write(&path, &whole).expect("written");
    assert_eq!(known(folder.path(), [&one, &two]).await, [true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn zeros_behind_the_last_record_are_no_damage_and_are_cut_off() {
    const AHEAD_BYTES: usize = 4 * 1_048_576;
    let folder = Folder::new();
    let (one, two, before, after) = two_executions(&folder).await;
    let path = last_segment(folder.path());
    let whole = std::fs::read(&path).expect("a segment");
    // As a crash leaves it: longer than what was written, and torn in the second case.
    for (cut, there) in [(after, true), (after - 5, false)] {
        let mut bytes = whole[..cut].to_vec();
        bytes.resize(AHEAD_BYTES, 0);
        std::fs::write(&path, &bytes).expect("written");
        let up = open(folder.path()).await;
        assert!(up.engine.damage().is_empty());
        up.close().await;
        assert_eq!(known(folder.path(), [&one, &two]).await, [true, there]);
        let left = std::fs::metadata(&path).expect("a segment").len() as usize;
        assert_eq!(left, if there { after } else { before });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_costs_one_execution_is_told_with_its_place_and_stops_nothing_else() {
    let folder = Folder::new();
    let (one, two, before, _) = two_executions(&folder).await;
    let path = last_segment(folder.path());
    let mut bytes = std::fs::read(&path).expect("a segment");
    bytes[before - 5] ^= 0x10;
    std::fs::write(&path, &bytes).expect("written");
    let mut ends = Vec::new();
    for _ in 0..3 {
        let up = open(folder.path()).await;
        let [damage] = &up.engine.damage()[..] else {
            panic!("{:?}", up.engine.damage())
        };
        assert_eq!(damage.path, path);
        assert!((damage.offset as usize) < before);
        let Subject::Beginning { arn, .. } = &damage.subject else {
            panic!("{damage:?}")
        };
        assert_eq!(**arn, *one, "its beginning is what was damaged");
        let told = up.client.describe_execution().execution_arn(&two);
        let told = told.send().await.expect("the other is there");
        assert_eq!(told.status, ExecutionStatus::Running);
        ends.push(runtime_error(&up, &one, ".seg at byte").await);
        up.close().await;
    }
    assert_eq!(ends[0], ends[1], "it ends once");
    assert_eq!(ends[1], ends[2]);
}

/// Holds that an execution ended because of damage, and gives when.
async fn runtime_error(up: &Running, arn: &str, place: &str) -> Option<DateTime> {
    let told = up.client.describe_execution().execution_arn(arn);
    let told = told.send().await.expect("described");
    assert_eq!(told.status(), &ExecutionStatus::Failed);
    assert_eq!(told.error(), Some("States.Runtime"));
    let cause = told.cause().expect("a cause");
    assert!(cause.contains(place), "{cause}");
    let outline = up.outline(arn).await;
    assert_eq!(outline.len(), 2, "{outline:?}");
    assert!(outline[0].ends_with("ExecutionStarted"), "{outline:?}");
    assert!(outline[1].ends_with("ExecutionFailed"), "{outline:?}");
    told.stop_date().copied()
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_whose_definition_is_damaged_are_named_and_the_open_ones_end() {
    const MARK: &[u8] = b"the definition that is damaged";
    for compact in [false, true] {
        let folder = Folder::new();
        let up = open(folder.path()).await;
        let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "A",
            "Comment": String::from_utf8_lossy(MARK), "States": {
            "A": { "Type": "Choice", "Default": "Wait", "Choices": [
                { "Condition": "{% $states.input.over %}", "Next": "Over" }] },
            "Wait": { "Type": "Wait", "Seconds": 3600, "End": true },
            "Over": { "Type": "Succeed" } } });
        let machine = up.machine("m", &machine).await;
        let waits = up.start(&machine, json!({ "over": false })).await;
        let over = up.start(&machine, json!({ "over": true })).await;
        assert_eq!(up.end(&over).await.0, ExecutionStatus::Succeeded);
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        let other = flow(json!({ "A": { "Type": "Pass", "End": true } }));
        let other = up.run(&other, json!({})).await.arn;
        up.close().await;
        let path = if compact {
            folder.path().join("snapshot")
        } else {
            last_segment(folder.path())
        };
        let mut bytes = std::fs::read(&path).expect("a file");
        let found = bytes.windows(MARK.len()).position(|at| at == MARK);
        bytes[found.expect("the definition")] ^= 0x10;
        std::fs::write(&path, &bytes).expect("written");

        let mut ends = Vec::new();
        for _ in 0..2 {
            let up = open(folder.path()).await;
            let gone = up.client.describe_execution().execution_arn(&over);
            gone.send().await.expect_err("it had closed");
            let mut named: Vec<String> = up
                .engine
                .damage()
                .into_iter()
                .map(|damage| match damage.subject {
                    Subject::Execution(arn) => format!("ends: {arn}"),
                    Subject::Lost { arn, .. } => format!("lost: {}", arn.unwrap_or_default()),
                    other => format!("{other:?}"),
                })
                .collect();
            named.sort_unstable();
            let expected = [
                "Other".into(),
                format!("ends: {waits}"),
                format!("lost: {over}"),
            ];
            assert_eq!(named, expected);
            ends.push(runtime_error(&up, &waits, "definition number 1").await);
            assert_eq!(up.end(&other).await.0, ExecutionStatus::Succeeded);
            up.close().await;
        }
        assert_eq!(ends[0], ends[1], "it ends once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_was_emptied_or_removed_is_named_and_nothing_is_written_over_it() {
    let emptied: [Option<&[u8]>; 4] = [Some(b""), Some(b"SFNLOG"), Some(&[0; 4_096]), None];
    for left in emptied {
        let folder = Folder::new();
        let (one, two, ..) = two_executions(&folder).await;
        let path = last_segment(folder.path());
        match left {
            Some(left) => std::fs::write(&path, left).expect("written"),
            // Only what a snapshot covers is removed: here it is the segment behind it.
            None => {
                let up = open(folder.path()).await;
                up.engine.compact().await.expect("compacted");
                up.close().await;
                std::fs::remove_file(last_segment(folder.path())).expect("removed");
            }
        }
        let there = left.is_none();
        let mut started = Vec::new();
        for life in 0..3 {
            let up = open(folder.path()).await;
            let damage = up.engine.damage();
            // A removed one is made anew, and the next start knows nothing of it.
            let named = life == 0 || left.is_some();
            assert_eq!(damage.len(), usize::from(named), "{damage:?}");
            assert!(
                damage
                    .iter()
                    .all(|it| (it.offset, &it.subject) == (0, &Subject::Segment))
            );
            let wait = flow(json!({ "A": { "Type": "Wait", "Seconds": 3600, "End": true } }));
            let machine = up.machine(&format!("m{life}"), &wait).await;
            started.push(up.start(&machine, json!({})).await);
            up.close().await;
            assert_eq!(known(folder.path(), [&one, &two]).await, [there; 2]);
            for arn in &started {
                assert_eq!(known(folder.path(), [arn, arn]).await, [true; 2]);
            }
        }
        if let Some(left) = left {
            assert_eq!(std::fs::read(&path).expect("it is there"), left);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_damage_ended_is_ended_once() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    up.functions.on("turn", |_| Ok(json!(null)));
    let mut invoked = up.functions.invocations();
    let turn =
        flow(json!({ "A": task(CALLBACK, "turn", json!("{% $states.context.Task.Token %}")) }));
    let machine = up.machine("m", &turn).await;
    let path = last_segment(folder.path());
    // While it is written to, a segment is longer than what was written.
    let size = || {
        let bytes = std::fs::read(&path).expect("a segment");
        let last = bytes.iter().rposition(|byte| *byte != 0);
        last.map_or(0, |last| last + 1)
    };
    let one = up.start(&machine, json!({})).await;
    let token = invoked.recv().await.expect("invoked").1;
    let submitted = async || {
        up.outline(&one)
            .await
            .last()
            .is_some_and(|l| l.ends_with("TaskSubmitted"))
    };
    while !submitted().await {}
    let before = size();
    let beat = up.client.send_task_success().output("1");
    let token = token.as_str().expect("a token");
    beat.task_token(token).send().await.expect("taken");
    let after = size();
    up.start(&machine, json!({})).await;
    up.close().await;
    // The last byte of the frame with the task's end; the frame of the other start says that it was durable.
    let mut bytes = std::fs::read(&path).expect("a segment");
    assert!(before < after);
    bytes[after - 1] ^= 0x10;
    std::fs::write(&path, &bytes).expect("written");

    let mut ends = Vec::new();
    for _ in 0..3 {
        let up = open(folder.path()).await;
        assert_eq!(up.engine.damage().len(), 1, "it is told every time");
        let told = up.client.describe_execution().execution_arn(&one);
        let told = told.send().await.expect("described");
        assert_eq!(told.status(), &ExecutionStatus::Failed);
        assert_eq!(told.error(), Some("States.Runtime"));
        let cause = told.cause().expect("a cause").to_owned();
        assert!(cause.contains(".seg at byte"), "{cause}");
        ends.push((told.stop_date().copied(), up.outline(&one).await, size()));
        up.close().await;
    }
    assert_eq!(ends[0], ends[1], "nothing more is written of it");
    assert_eq!(ends[1], ends[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_of_a_deleted_machine_ends_at_its_next_transition_after_a_restart_too() {
    for compact in [false, true] {
        let folder = Folder::new();
        let up = open(folder.path()).await;
        up.functions.on("turn", |_| Ok(json!(null)));
        let mut invoked = up.functions.invocations();
        let token = json!("{% $states.context.Task.Token %}");
        let mut turn = task(CALLBACK, "turn", token);
        turn["Next"] = json!("B");
        turn.as_object_mut().expect("a state").remove("End");
        let definition = flow(json!({ "A": turn, "B": { "Type": "Pass", "End": true } }));
        let machine = up.machine("m", &definition).await;
        let execution = up.start(&machine, json!({})).await;
        let (_, token) = invoked.recv().await.expect("invoked");
        let submitted = async || {
            let outline = up.outline(&execution).await;
            outline.last().is_some_and(|l| l.ends_with("TaskSubmitted"))
        };
        while !submitted().await {}
        let deleted = up.client.delete_state_machine().state_machine_arn(&machine);
        deleted.send().await.expect("deleted");
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        up.close().await;

        let up = open(folder.path()).await;
        up.functions.on("turn", |_| Ok(json!(null)));
        let sent = up.client.send_task_success().output("1");
        let sent = sent.task_token(token.as_str().expect("a token")).send();
        sent.await.expect("the task goes on");
        let (status, ..) = up.end(&execution).await;
        assert_eq!(status, ExecutionStatus::Aborted);
        let outline = up.outline(&execution).await;
        let last = outline.iter().rev().take(2).map(String::as_str);
        let kinds: Vec<&str> = last.filter_map(|event| event.split(' ').nth(1)).collect();
        assert_eq!(kinds, ["ExecutionAborted", "TaskStateExited"]);
        up.close().await;
    }
}
