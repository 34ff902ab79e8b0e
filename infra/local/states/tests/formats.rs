//! Folders that older formats left: opened, or refused with words.

mod support;

use std::path::Path;
use std::sync::Arc;

use aws_sdk_sfn::types::{EncryptionConfiguration, EncryptionType, ExecutionStatus, Tag};
use serde_json::json;
use states::{Clock, Config, Engine, FORMAT, LogError, OpenError};
use support::{Folder, Functions, Running, open, open_with};

fn config(dir: &Path) -> Config {
    Config {
        drain_ms: 0,
        ..Config::new(dir)
    }
}

fn last_segment(dir: &Path) -> std::path::PathBuf {
    let segments = std::fs::read_dir(dir.join("log")).expect("a log");
    segments
        .map(|entry| entry.expect("an entry").path())
        .max()
        .expect("a segment")
}

/// A folder as format 2 left it: a snapshot, two segments, two open executions.
const FORMAT_2: [(&str, &[u8]); 4] = [
    (
        "log/0000000001.seg",
        include_bytes!("formats/format-2/log/0000000001.seg"),
    ),
    (
        "log/0000000002.seg",
        include_bytes!("formats/format-2/log/0000000002.seg"),
    ),
    ("secret", include_bytes!("formats/format-2/secret")),
    ("snapshot", include_bytes!("formats/format-2/snapshot")),
];

#[tokio::test(flavor = "multi_thread")]
async fn segments_and_snapshots_of_an_older_format_are_refused_with_words() {
    for without in ["", "snapshot"] {
        let folder = Folder::new();
        std::fs::create_dir(folder.path().join("log")).expect("a folder");
        for (name, bytes) in FORMAT_2.into_iter().filter(|(name, _)| *name != without) {
            std::fs::write(folder.path().join(name), bytes).expect("written");
        }
        let older = Engine::open(config(folder.path()), Arc::new(Functions::default()));
        let Err(OpenError::Log(error)) = older else {
            panic!("opened")
        };
        let LogError::OlderFormat { path, found: 2 } = &error else {
            panic!("{error}")
        };
        assert_eq!(path.ends_with("snapshot"), without.is_empty(), "{path:?}");
        assert!(
            error.to_string().contains("with the version that wrote it"),
            "{error}"
        );
        for (name, bytes) in FORMAT_2.into_iter().filter(|(name, _)| *name != without) {
            let left = std::fs::read(folder.path().join(name)).expect("read");
            assert_eq!(left, bytes, "{name} is left as it was");
        }
    }
}

/// Makes a folder one of an older format. Format 3 had no starts of Express executions and no gaps of executions, and up to
/// format 4 there were no traces, no keys of activities and no map runs that were given up; up to format 5 no items of several
/// objects: of what has none of that, nothing else is different.
fn as_of(format: u8, dir: &Path) {
    let older = u32::from(format).to_le_bytes();
    for entry in std::fs::read_dir(dir.join("log")).expect("a log") {
        let path = entry.expect("a segment").path();
        let mut bytes = std::fs::read(&path).expect("a segment");
        bytes[8..12].copy_from_slice(&older);
        let crc = crc32fast::hash(&bytes[..16]);
        bytes[16..20].copy_from_slice(&crc.to_le_bytes());
        std::fs::write(&path, bytes).expect("written");
    }
    let path = dir.join("snapshot");
    let Ok(mut bytes) = std::fs::read(&path) else {
        return;
    };
    bytes[8..12].copy_from_slice(&older);
    // Its head, which is there twice: behind a frame's header of 24 bytes come its kind and the format, a byte each.
    let mut at = 16;
    for _ in 0..2 {
        let len = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        assert_eq!(u32::from(bytes[at + 25]), FORMAT);
        bytes[at + 25] = format;
        let crc = crc32fast::hash(&bytes[at + 24..at + 24 + len]);
        bytes[at + 16..at + 20].copy_from_slice(&crc.to_le_bytes());
        let crc = crc32fast::hash(&bytes[at..at + 20]);
        bytes[at + 20..at + 24].copy_from_slice(&crc.to_le_bytes());
        at += 24 + len;
    }
    std::fs::write(&path, bytes).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_an_older_format_goes_on_in_segments_of_this_format() {
    for (older, compact) in [3, 4, 5].into_iter().flat_map(|f| [(f, false), (f, true)]) {
        let folder = Folder::new();
        let up = open(folder.path()).await;
        let machine = up.waiting_machine().await;
        let mut started = vec![up.start(&machine, json!({})).await];
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        up.close().await;
        as_of(older, folder.path());
        let old = last_segment(folder.path());
        for _ in 0..2 {
            let up = open(folder.path()).await;
            assert!(up.engine.damage().is_empty());
            started.push(up.start(&machine, json!({})).await);
            for arn in &started {
                let told = up.client.describe_execution().execution_arn(arn);
                let told = told.send().await.expect("it is known");
                assert_eq!(told.status(), &ExecutionStatus::Running);
            }
            up.close().await;
        }
        let format = |path: &Path| {
            let bytes = std::fs::read(path).expect("a segment");
            u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes"))
        };
        let new = last_segment(folder.path());
        assert_eq!((format(&old), format(&new)), (u32::from(older), FORMAT));
    }
}

/// A folder that a program of format 4 left in November 2026, when histories had no word for a map run that is given up: one
/// execution that was stopped with its map run, one that is open in its map run, an activity. The children wait for December.
const FORMAT_4: [(&str, &[u8]); 2] = [
    (
        "log/0000000001.seg",
        include_bytes!("formats/format-4/log/0000000001.seg"),
    ),
    ("secret", include_bytes!("formats/format-4/secret")),
];
/// A minute after their wait, in milliseconds since 1970.
const THEN_MS: i64 = 1_796_083_260_000;

async fn key_of(up: &Running, activity: &str) -> (EncryptionType, Option<String>, Option<i32>) {
    let told = up.client.describe_activity().activity_arn(activity);
    let told = told.send().await.expect("it is known");
    let told = told.encryption_configuration.expect("it has one");
    (
        told.r#type,
        told.kms_key_id,
        told.kms_data_key_reuse_period_seconds,
    )
}

async fn trace_of(up: &Running, execution: &str) -> Option<String> {
    let told = up.client.describe_execution().execution_arn(execution);
    told.send().await.expect("it is known").trace_header
}

#[tokio::test(flavor = "multi_thread")]
async fn what_format_4_wrote_is_told_as_it_was_and_goes_on() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("log")).expect("a folder");
    for (name, bytes) in FORMAT_4 {
        std::fs::write(folder.path().join(name), bytes).expect("written");
    }
    let config = || Config {
        clock: Clock::driven(THEN_MS),
        ..config(folder.path())
    };
    let name = |name: &str| format!("arn:aws:states:us-east-1:000000000000:execution:m:{name}");
    let activity = "arn:aws:states:us-east-1:000000000000:activity:hands";
    let (stopped, waits) = (name("stopped"), name("open"));

    let up = open_with(config(), Functions::default()).await;
    assert!(up.engine.damage().is_empty());
    let told = [
        "1<-0 ExecutionStarted",
        "2<-0 MapStateEntered",
        "3<-2 MapStateStarted",
        "4<-3 MapRunStarted",
        "5<-0 ExecutionAborted",
    ];
    assert_eq!(up.outline(&stopped).await, told);
    assert_eq!(trace_of(&up, &stopped).await, None);
    let key = key_of(&up, activity).await;
    assert_eq!(key, (EncryptionType::AwsOwnedKey, None, None));
    let (status, output, ..) = up.end(&waits).await;
    assert_eq!(
        (status, output),
        (ExecutionStatus::Succeeded, Some(json!([7])))
    );
    let again = up.client.redrive_execution().execution_arn(&stopped);
    again.send().await.expect("redriven");
    assert_eq!(up.end(&stopped).await.0, ExecutionStatus::Succeeded);
    let outline = up.outline(&stopped).await;
    assert_eq!(outline[..5], told);
    assert_eq!(
        outline[5..7],
        ["6<-5 ExecutionRedriven", "7<-6 MapRunRedriven"]
    );
    up.engine.compact().await.expect("compacted");
    up.close().await;

    let up = open_with(config(), Functions::default()).await;
    assert!(up.engine.damage().is_empty());
    assert_eq!(up.outline(&stopped).await, outline);
    assert_eq!(key_of(&up, activity).await.0, EncryptionType::AwsOwnedKey);
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_format_5_adds_is_there_after_a_restart() {
    for compact in [false, true] {
        let folder = Folder::new();
        let up = open(folder.path()).await;
        let machine = up.waiting_machine().await;
        let mut started = Vec::new();
        for _ in 0..2 {
            let start = up.client.start_execution().state_machine_arn(&machine);
            let start = start.trace_header("Root=1-2-3").send().await;
            started.push(start.expect("it starts").execution_arn);
        }
        let stop = up.client.stop_execution().execution_arn(&started[0]);
        stop.send().await.expect("stopped");
        let untraced = up.start(&machine, json!({})).await;
        let key = EncryptionConfiguration::builder()
            .r#type(EncryptionType::CustomerManagedKmsKey)
            .kms_key_id("k");
        let key = key.build().expect("a configuration");
        let made = up.client.create_activity().name("keyed");
        let made = made.encryption_configuration(key).send().await;
        let keyed = made.expect("made").activity_arn;
        let made = up.client.create_activity().name("plain").send().await;
        let plain = made.expect("made").activity_arn;
        // What changes an activity writes the whole of it.
        let tag = Tag::builder().key("k").value("v").build();
        let tagged = up.client.tag_resource().resource_arn(&keyed).tags(tag);
        tagged.send().await.expect("tagged");
        if compact {
            up.engine.compact().await.expect("compacted");
        }
        up.close().await;

        let up = open(folder.path()).await;
        assert!(up.engine.damage().is_empty());
        for execution in &started {
            let trace = trace_of(&up, execution).await;
            assert_eq!(trace.as_deref(), Some("Root=1-2-3"));
        }
        assert_eq!(trace_of(&up, &untraced).await, None);
        let own = EncryptionType::CustomerManagedKmsKey;
        let key = key_of(&up, &keyed).await;
        assert_eq!(key, (own, Some("k".to_owned()), Some(300)));
        assert_eq!(key_of(&up, &plain).await.0, EncryptionType::AwsOwnedKey);
        let tags = up.client.list_tags_for_resource().resource_arn(&keyed);
        let tags = tags.send().await.expect("listed");
        assert_eq!(tags.tags().len(), 1);
        up.close().await;
    }
}
