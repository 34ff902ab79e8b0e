//! The API, driven by the real SDK.

mod browsers;

use aws_sdk_chimesdkmeetings as chime;
use browsers::Server;
use chime::error::{ProvideErrorMetadata, SdkError};
use chime::types::{
    AttendeeCapabilities, AttendeeFeatures, AttendeeIdItem, ContentFeatures, ContentResolution,
    CreateAttendeeRequestItem, MediaCapabilities, MeetingFeaturesConfiguration, Tag, VideoFeatures,
    VideoResolution,
};
use meetings::Limits;

/// An error's code and message.
fn words<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> (String, String) {
    let error = error.as_service_error().expect("an answer of the service");
    (
        error.code().unwrap_or_default().to_owned(),
        error.message().unwrap_or_default().to_owned(),
    )
}

fn capabilities(
    audio: MediaCapabilities,
    video: MediaCapabilities,
    content: MediaCapabilities,
) -> AttendeeCapabilities {
    AttendeeCapabilities::builder()
        .audio(audio)
        .video(video)
        .content(content)
        .build()
        .unwrap()
}

fn wanted(name: &str) -> CreateAttendeeRequestItem {
    CreateAttendeeRequestItem::builder()
        .external_user_id(name)
        .build()
        .unwrap()
}

async fn server() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), Limits::default()).await;
    (dir, server)
}

fn create(
    server: &Server,
    token: &str,
) -> chime::operation::create_meeting::builders::CreateMeetingFluentBuilder {
    server
        .chime
        .create_meeting()
        .client_request_token(token)
        .media_region("ap-southeast-1")
        .external_meeting_id("call-1")
}

#[tokio::test]
async fn a_meeting_can_be_created_read_and_deleted() {
    let (_dir, server) = server().await;
    let created = create(&server, "request-1").send().await.unwrap();
    let meeting = created.meeting().unwrap();
    let id = meeting.meeting_id().unwrap();
    assert_eq!(
        meeting.meeting_arn().unwrap(),
        format!("arn:aws:chime:us-east-1:000000000000:meeting/{id}")
    );
    assert_eq!(meeting.external_meeting_id(), Some("call-1"));
    assert_eq!(meeting.media_region(), Some("ap-southeast-1"));
    let placement = meeting.media_placement().unwrap();
    assert_eq!(
        placement.signaling_url().unwrap(),
        format!("ws://{}/control/{id}", server.addr)
    );
    assert_eq!(
        placement.audio_host_url().unwrap(),
        server.meetings.media_addr().to_string()
    );
    let read = server
        .chime
        .get_meeting()
        .meeting_id(id)
        .send()
        .await
        .unwrap();
    assert_eq!(read.meeting(), created.meeting());
    server
        .chime
        .delete_meeting()
        .meeting_id(id)
        .send()
        .await
        .unwrap();
    let gone = server
        .chime
        .get_meeting()
        .meeting_id(id)
        .send()
        .await
        .unwrap_err();
    assert!(gone.as_service_error().unwrap().is_not_found_exception());
    let again = server
        .chime
        .delete_meeting()
        .meeting_id(id)
        .send()
        .await
        .unwrap_err();
    assert_eq!(words(&again).0, "NotFoundException");
    server.events.wait_for("MeetingEnded").await;
    assert_eq!(server.events.names(), ["MeetingStarted", "MeetingEnded"]);
}

#[tokio::test]
async fn the_same_request_token_gives_the_same_meeting_and_a_different_request_a_conflict() {
    let (_dir, server) = server().await;
    let first = create(&server, "request-1").send().await.unwrap();
    let again = create(&server, "request-1").send().await.unwrap();
    assert_eq!(first.meeting(), again.meeting());
    let other = create(&server, "request-1")
        .external_meeting_id("call-2")
        .send()
        .await
        .unwrap_err();
    assert!(other.as_service_error().unwrap().is_conflict_exception());
    assert!(words(&other).1.contains("ClientRequestToken"));
    let fresh = create(&server, "request-2").send().await.unwrap();
    assert_ne!(first.meeting(), fresh.meeting());
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let (_dir, server) = server().await;
    let long = "x".repeat(65);
    let cases = [
        (
            "MediaRegion",
            create(&server, "request-1").media_region("mars-north-1"),
        ),
        (
            "ExternalMeetingId",
            create(&server, "request-1").external_meeting_id("aws:mine"),
        ),
        (
            "ExternalMeetingId",
            create(&server, "request-1").external_meeting_id("semi;colon"),
        ),
        (
            "ExternalMeetingId",
            create(&server, "request-1").external_meeting_id(long),
        ),
        ("ClientRequestToken", create(&server, "no spaces here")),
        (
            "PrimaryMeetingId",
            create(&server, "request-1").primary_meeting_id("00000000-0000-4000-8000-000000000000"),
        ),
        (
            "MeetingFeatures.Attendee.MaxCount",
            create(&server, "request-1").meeting_features(
                MeetingFeaturesConfiguration::builder()
                    .attendee(AttendeeFeatures::builder().max_count(0).build())
                    .build(),
            ),
        ),
    ];
    for (field, request) in cases {
        let error = request.send().await.unwrap_err();
        let (code, message) = words(&error);
        assert_eq!(code, "BadRequestException");
        assert!(message.starts_with(&format!("{field}: ")), "{message}");
    }
    let error = server
        .chime
        .get_meeting()
        .meeting_id("not-a-uuid")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        words(&error),
        (
            "BadRequestException".to_owned(),
            "MeetingId: must be a UUID".to_owned()
        )
    );
}

#[tokio::test]
async fn attendees_can_be_created_listed_in_pages_and_deleted() {
    let (_dir, server) = server().await;
    let call = server.meeting(&["anna"]).await;
    let one = server
        .chime
        .create_attendee()
        .meeting_id(&call.id)
        .external_user_id("bert")
        .send()
        .await
        .unwrap();
    let bert = one.attendee().unwrap();
    assert!(
        bert.join_token()
            .unwrap()
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    );
    assert_eq!(
        bert.capabilities().unwrap().audio(),
        &MediaCapabilities::SendReceive
    );
    // ExternalUserId is an idempotency token.
    let same = server
        .chime
        .create_attendee()
        .meeting_id(&call.id)
        .external_user_id("bert")
        .send()
        .await
        .unwrap();
    assert_eq!(same.attendee(), one.attendee());

    let batch = (0..30).map(|n| wanted(&format!("user-{n}"))).collect();
    let made = server
        .chime
        .batch_create_attendee()
        .meeting_id(&call.id)
        .set_attendees(Some(batch))
        .send()
        .await
        .unwrap();
    assert_eq!((made.attendees().len(), made.errors().len()), (30, 0));

    let pages = server
        .chime
        .list_attendees()
        .meeting_id(&call.id)
        .into_paginator()
        .page_size(7)
        .send();
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    let mut names: Vec<_> = pages
        .iter()
        .flat_map(|p| p.attendees())
        .map(|a| a.external_user_id().unwrap())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!((pages.len(), names.len()), (5, 32));

    let id = bert.attendee_id().unwrap();
    let got = server
        .chime
        .get_attendee()
        .meeting_id(&call.id)
        .attendee_id(id)
        .send()
        .await
        .unwrap();
    assert_eq!(got.attendee(), Some(bert));
    server
        .chime
        .delete_attendee()
        .meeting_id(&call.id)
        .attendee_id(id)
        .send()
        .await
        .unwrap();
    let gone = server
        .chime
        .get_attendee()
        .meeting_id(&call.id)
        .attendee_id(id)
        .send()
        .await
        .unwrap_err();
    assert!(gone.as_service_error().unwrap().is_not_found_exception());
    // The name is free again, for a new attendee with a new token.
    let anew = server
        .chime
        .create_attendee()
        .meeting_id(&call.id)
        .external_user_id("bert")
        .send()
        .await
        .unwrap();
    assert_ne!(anew.attendee().unwrap().join_token(), bert.join_token());
}

#[tokio::test]
async fn what_does_not_fit_the_meeting_is_an_error_of_that_attendee_alone() {
    let (_dir, server) = server().await;
    let features = MeetingFeaturesConfiguration::builder()
        .attendee(AttendeeFeatures::builder().max_count(2).build())
        .video(
            VideoFeatures::builder()
                .max_resolution(VideoResolution::None)
                .build(),
        )
        .content(
            ContentFeatures::builder()
                .max_resolution(ContentResolution::None)
                .build(),
        )
        .build();
    let made = server
        .chime
        .create_meeting_with_attendees()
        .client_request_token("request-1")
        .media_region("us-east-1")
        .external_meeting_id("call-1")
        .meeting_features(features)
        .attendees(wanted("anna"))
        .attendees(
            CreateAttendeeRequestItem::builder()
                .external_user_id("video")
                .capabilities(capabilities(
                    MediaCapabilities::SendReceive,
                    MediaCapabilities::SendReceive,
                    MediaCapabilities::None,
                ))
                .build()
                .unwrap(),
        )
        .attendees(wanted("bert"))
        .attendees(wanted("cleo"))
        .send()
        .await
        .unwrap();
    let names: Vec<_> = made
        .attendees()
        .iter()
        .map(|a| a.external_user_id().unwrap())
        .collect();
    assert_eq!(names, ["anna", "bert"]);
    let errors: Vec<_> = made
        .errors()
        .iter()
        .map(|e| (e.external_user_id().unwrap(), e.error_code().unwrap()))
        .collect();
    assert_eq!(errors, [("video", "BadRequest"), ("cleo", "LimitExceeded")]);
    let id = made.meeting().unwrap().meeting_id().unwrap();
    let full = server
        .chime
        .create_attendee()
        .meeting_id(id)
        .external_user_id("cleo")
        .send()
        .await
        .unwrap_err();
    assert!(
        full.as_service_error()
            .unwrap()
            .is_limit_exceeded_exception()
    );
}

#[tokio::test]
async fn capabilities_are_held_against_the_meeting_and_one_another() {
    use MediaCapabilities::{None, Receive, Send, SendReceive};
    let (_dir, server) = server().await;
    let call = server.meeting(&["anna", "bert", "cleo"]).await;
    let update = |wanted| {
        let request = server
            .chime
            .update_attendee_capabilities()
            .meeting_id(&call.id);
        request
            .attendee_id(call.attendee_id(0))
            .capabilities(wanted)
            .send()
    };
    let changed = update(capabilities(Receive, Receive, Receive))
        .await
        .unwrap();
    assert_eq!(
        changed.attendee().unwrap().capabilities().unwrap().audio(),
        &Receive
    );
    let error = update(capabilities(SendReceive, Send, Receive))
        .await
        .unwrap_err();
    assert_eq!(words(&error).0, "BadRequestException");
    assert!(words(&error).1.starts_with("Capabilities.Content: "));

    server
        .chime
        .batch_update_attendee_capabilities_except()
        .meeting_id(&call.id)
        .excluded_attendee_ids(
            AttendeeIdItem::builder()
                .attendee_id(call.attendee_id(2))
                .build()
                .unwrap(),
        )
        .capabilities(capabilities(Send, None, None))
        .send()
        .await
        .unwrap();
    let list = server
        .chime
        .list_attendees()
        .meeting_id(&call.id)
        .send()
        .await
        .unwrap();
    for attendee in list.attendees() {
        let excluded = attendee.external_user_id() == Some("cleo");
        let expected = if excluded { SendReceive } else { Send };
        assert_eq!(attendee.capabilities().unwrap().audio(), &expected);
    }
}

#[tokio::test]
async fn tags_can_be_put_read_and_taken_away() {
    let (_dir, server) = server().await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let created = create(&server, "request-1")
        .tags(tag("tenant", "a"))
        .send()
        .await
        .unwrap();
    let arn = created.meeting().unwrap().meeting_arn().unwrap();
    server
        .chime
        .tag_resource()
        .resource_arn(arn)
        .tags(tag("tenant", "b"))
        .tags(tag("kind", "call"))
        .send()
        .await
        .unwrap();
    server
        .chime
        .untag_resource()
        .resource_arn(arn)
        .tag_keys("kind")
        .send()
        .await
        .unwrap();
    let tags = server
        .chime
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .unwrap();
    assert_eq!(tags.tags(), [tag("tenant", "b")]);
    let elsewhere = arn.replace("us-east-1", "eu-west-1");
    let error = server
        .chime
        .list_tags_for_resource()
        .resource_arn(elsewhere)
        .send()
        .await
        .unwrap_err();
    assert!(
        error
            .as_service_error()
            .unwrap()
            .is_resource_not_found_exception()
    );
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_or_too_large_are_refused() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (_dir, server) = server().await;
    let post = async |body: &str| {
        let mut stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
        let head = format!(
            "POST /meetings HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server may answer before it has read all.
        let _ = stream.write_all(body.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    for body in [
        "",
        "{",
        "[]",
        "\"text\"",
        &format!("{{\"x\":\"{}\"}}", "y".repeat(300_000)),
    ] {
        let answer = post(body).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(
            answer
                .to_ascii_lowercase()
                .contains("x-amzn-errortype: badrequestexception"),
            "{answer}"
        );
    }
}
