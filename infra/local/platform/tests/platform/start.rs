//! Starting and stopping: what is said, and the exit codes.

use std::net::TcpListener;

use crate::process::{Place, processes_of, until};

fn refused(command: &mut std::process::Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    assert!(
        output.stdout.is_empty(),
        "{:?}",
        String::from_utf8_lossy(&output.stdout)
    );
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = told
        .lines()
        .rfind(|line| line.starts_with("strowger: "))
        .unwrap_or_default()
        .to_owned();
    (output.status.code(), last)
}

#[test]
fn one_line_of_json_names_every_address_and_the_sample_people() {
    let place = Place::new();
    let running = place.start();
    let ready = &running.ready;
    for pointer in [
        "/web",
        "/api",
        "/websocket",
        "/sip/udp",
        "/sip/tcp",
        "/aws/endpoint",
        "/aws/sfn",
        "/aws/dynamodb",
        "/aws/dynamodbstreams",
        "/aws/chime_sdk_voice",
        "/aws/chime_sdk_meetings",
        "/aws/lambda",
        "/aws/execute_api",
        "/carrier/endpoint",
        "/carrier/public_key",
        "/practice",
        "/outbox",
        "/s3/endpoint",
        "/s3/secret_access_key",
        "/aws/sesv2",
        "/people/0/email",
        "/people/0/password",
        "/numbers/0",
    ] {
        assert!(
            ready.pointer(pointer).is_some_and(|told| told.is_string()),
            "{pointer} in {ready}"
        );
    }
    assert!(ready["sip"]["accounts"].is_array());
}

#[tokio::test]
async fn sigterm_ends_it_with_nothing_left_and_nothing_more_said() {
    let place = Place::new();
    let running = place.start();
    until("functions run", || {
        !processes_of(&place.path("notes")).is_empty()
    })
    .await;
    running.signal("TERM");
    let (status, rest) = running.wait();
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
    assert_eq!(processes_of(&place.path("notes")), Vec::<u32>::new());
}

#[test]
fn the_sample_people_stay_the_same_over_a_restart() {
    let place = Place::new();
    let first = place.start();
    let people = first.ready["people"].clone();
    drop(first);
    assert_eq!(place.start().ready["people"], people);
}

#[test]
fn a_taken_port_is_named_with_the_option_that_changes_it() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for option in ["--port", "--aws-port", "--carrier-port", "--s3-port"] {
        let (code, told) = refused(place.command().args([option, &port]));
        assert_eq!(code, Some(3), "{told}");
        assert!(
            told.contains(&format!("127.0.0.1:{port}")) && told.contains(option),
            "{told}"
        );
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let place = Place::new();
    std::fs::write(place.path("file"), "").unwrap();
    let (code, told) = refused(place.command().arg("--data").arg(place.path("file/data")));
    assert_eq!(code, Some(4), "{told}");
    assert!(
        told.contains("file/data") && told.contains("--data"),
        "{told}"
    );
}

#[test]
fn a_folder_in_use_names_the_process_and_is_free_after_a_kill() {
    let place = Place::new();
    let first = place.start();
    let (code, told) = refused(&mut place.command());
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains(&format!("process {}", first.pid())), "{told}");
    first.kill();
    drop(place.start());
}

#[test]
fn data_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("data")).unwrap();
    std::fs::write(place.path("data/format.json"), r#"{"version":99}"#).unwrap();
    let (code, told) = refused(&mut place.command());
    assert_eq!(code, Some(6), "{told}");
    assert!(told.contains("format 99"), "{told}");
    assert!(!place.path("data/dynamodb/dynamodb.sqlite").exists());
}

#[test]
fn what_is_missing_is_named_with_the_option_that_says_where_it_is() {
    let place = Place::new();
    for (option, path) in [("--bootstrap", "nowhere"), ("--definitions", "notes")] {
        let (code, told) = refused(place.command().arg(option).arg(place.path(path)));
        assert_eq!(code, Some(7), "{told}");
        assert!(told.contains(option) && told.contains(path), "{told}");
    }
}

#[test]
fn a_function_that_does_not_start_fails_the_start_and_leaves_nothing_running() {
    let place = Place::new();
    std::fs::write(place.path("bootstrap"), "#!/bin/sh\nexit 3\n").unwrap();
    let (code, told) = refused(&mut place.command());
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("sample data") && told.contains("exit status: 3"),
        "{told}"
    );
}
