//! The rules of the signalling, one test each.

use super::*;
use crate::room::{Ending, MediaCommand};
use crate::signal::codes::CloseCode;
use crate::signal::frames::{PING, PONG, PingPong};
use media::Left;
use std::time::Duration;

const A: ConnId = ConnId(1);
const B: ConnId = ConnId(2);
const C: ConnId = ConnId(3);

fn closes(out: &[Output]) -> Vec<(ConnId, CloseCode)> {
    out.iter()
        .filter_map(|o| {
            if let Output::Close { conn, code } = o {
                Some((*conn, *code))
            } else {
                None
            }
        })
        .collect()
}

fn audio_status(out: &[Output], to: ConnId) -> Vec<u32> {
    let frames = sent(out, to, FrameType::AudioStatus);
    frames
        .into_iter()
        .filter_map(|f| f.audio_status.and_then(|s| s.audio_status))
        .collect()
}

#[test]
fn the_answer_to_join_is_join_ack_and_then_index() {
    let mut stage = Stage::new();
    stage.give(Input::Open {
        conn: A,
        newcomer: newcomer(1),
    });
    let out = stage.frame(A, &join(7));
    let kinds: Vec<i32> = out
        .iter()
        .filter_map(|o| {
            if let Output::Send { frame, .. } = o {
                Some(frame.kind)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(kinds, [FrameType::JoinAck as i32, FrameType::Index as i32]);
    let ack = sent(&out, A, FrameType::JoinAck)
        .remove(0)
        .join_ack
        .unwrap();
    assert_eq!(
        (ack.wants_compressed_sdp, ack.video_subscription_limit),
        (Some(false), Some(25))
    );
    assert_eq!(
        events(&out),
        [RoomEvent::Authorized {
            who: who(1),
            external_user_id: "user-1".to_owned()
        }]
    );
}

#[test]
fn a_newcomer_gets_the_whole_roster_and_the_others_only_the_newcomer() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    let out = stage.up(B, newcomer(2), 2);
    let ids = |to| -> Vec<String> {
        let frames = sent(&out, to, FrameType::AudioStreamIdInfo);
        frames
            .into_iter()
            .flat_map(|f| f.audio_stream_id_info.unwrap().streams)
            .filter_map(|s| s.attendee_id)
            .collect()
    };
    assert_eq!(ids(B), [who(1).to_string(), who(2).to_string()]);
    assert_eq!(ids(A), [who(2).to_string()]);
    let first = sent(&out, A, FrameType::AudioStreamIdInfo)
        .remove(0)
        .audio_stream_id_info
        .unwrap()
        .streams
        .remove(0);
    assert_eq!(
        (first.muted, first.external_user_id.as_deref()),
        (Some(false), Some("user-2"))
    );
}

#[test]
fn nobody_is_present_before_its_media_is_up() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.give(Input::Open {
        conn: B,
        newcomer: newcomer(2),
    });
    stage.frame(B, &join(2));
    let out = stage.frame(B, &subscribe(false));
    assert!(sent(&out, A, FrameType::AudioStreamIdInfo).is_empty());
    assert_eq!(stage.room.present(), 1);
}

#[test]
fn a_ping_is_answered_with_its_own_id_even_before_join() {
    let mut stage = Stage::new();
    stage.give(Input::Open {
        conn: A,
        newcomer: newcomer(1),
    });
    let mut ping = SignalFrame::of(FrameType::PingPong, START);
    ping.ping_pong = Some(PingPong {
        kind: PING,
        ping_id: 4_711,
    });
    let out = stage.frame(A, &ping);
    let pong = sent(&out, A, FrameType::PingPong).remove(0).ping_pong;
    assert_eq!(
        pong,
        Some(PingPong {
            kind: PONG,
            ping_id: 4_711
        })
    );
}

#[test]
fn the_server_pings_and_gives_up_on_a_socket_that_says_nothing() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    let out = stage.pass(29_000);
    assert_eq!(sent(&out, A, FrameType::PingPong).len(), 2);
    assert!(closes(&out).is_empty());
    let out = stage.pass(1_200);
    assert_eq!(closes(&out), [(A, CloseCode::TryAgain)]);
}

#[test]
fn an_initial_mute_is_in_the_first_entry_and_a_change_goes_to_all() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.give(Input::Open {
        conn: B,
        newcomer: newcomer(2),
    });
    stage.frame(B, &join(2));
    stage.frame(B, &subscribe(true));
    let out = stage.give(Input::MediaUp { conn: B });
    let entry = sent(&out, A, FrameType::AudioStreamIdInfo)
        .remove(0)
        .audio_stream_id_info
        .unwrap()
        .streams
        .remove(0);
    assert_eq!(entry.muted, Some(true));
    let out = stage.frame(B, &mute(false));
    for to in [A, B] {
        let change = sent(&out, to, FrameType::AudioStreamIdInfo)
            .remove(0)
            .audio_stream_id_info
            .unwrap()
            .streams
            .remove(0);
        assert_eq!(
            (change.audio_stream_id, change.attendee_id, change.muted),
            (Some(2), None, Some(false))
        );
    }
    assert!(out.contains(&Output::Media(MediaCommand::May {
        conn: B,
        speak: true,
        hear: true
    })));
}

#[test]
fn leaving_is_acknowledged_and_told_without_dropped() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.up(B, newcomer(2), 2);
    let out = stage.frame(B, &leave());
    assert_eq!(sent(&out, B, FrameType::LeaveAck).len(), 1);
    let gone = sent(&out, A, FrameType::AudioStreamIdInfo)
        .remove(0)
        .audio_stream_id_info
        .unwrap()
        .streams
        .remove(0);
    assert_eq!(
        (
            gone.audio_stream_id,
            gone.attendee_id,
            gone.muted,
            gone.dropped
        ),
        (Some(2), None, None, None)
    );
    assert_eq!(
        events(&out),
        [RoomEvent::Left {
            who: who(2),
            external_user_id: "user-2".to_owned()
        }]
    );
    // It should close its socket; if not, the server does.
    let out = stage.pass(6_000);
    assert_eq!(closes(&out), [(B, CloseCode::Normal)]);
}

#[test]
fn a_broken_socket_is_dropped_only_after_the_grace() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.up(B, newcomer(2), 2);
    assert!(
        stage
            .give(Input::Closed { conn: B })
            .contains(&Output::Media(MediaCommand::Drop { conn: B }))
    );
    assert!(events(&stage.pass(9_800)).is_empty());
    let out = stage.pass(400);
    let gone = sent(&out, A, FrameType::AudioStreamIdInfo)
        .remove(0)
        .audio_stream_id_info
        .unwrap()
        .streams
        .remove(0);
    assert_eq!((gone.audio_stream_id, gone.dropped), (Some(2), Some(true)));
    assert_eq!(
        events(&out),
        [RoomEvent::Dropped {
            who: who(2),
            external_user_id: "user-2".to_owned()
        }]
    );
}

#[test]
fn coming_back_within_the_grace_is_no_event_and_a_higher_stream_id() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.up(B, newcomer(2), 2);
    stage.give(Input::Closed { conn: B });
    stage.pass(5_000);
    let out = stage.up(C, newcomer(2), 2);
    assert!(
        !events(&out)
            .iter()
            .any(|e| !matches!(e, RoomEvent::Authorized { .. }))
    );
    let streams = sent(&out, A, FrameType::AudioStreamIdInfo)
        .remove(0)
        .audio_stream_id_info
        .unwrap()
        .streams;
    // The new entry first, then the old id's end: the client hides it.
    let ids: Vec<_> = streams
        .iter()
        .map(|s| (s.audio_stream_id, s.attendee_id.is_some()))
        .collect();
    assert_eq!(ids, [(Some(3), true), (Some(2), false)]);
    assert!(events(&stage.pass(15_000)).is_empty());
}

#[test]
fn a_second_device_replaces_the_first_which_is_told_301() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.up(B, newcomer(2), 2);
    let out = stage.up(C, newcomer(2), 99);
    assert_eq!(audio_status(&out, B), [301]);
    assert_eq!(closes(&out), [(B, CloseCode::Replaced)]);
    assert_eq!(stage.room.present(), 2);
}

#[test]
fn the_same_client_again_is_not_told_that_it_is_elsewhere() {
    let mut stage = Stage::new();
    stage.up(B, newcomer(2), 2);
    let out = stage.up(C, newcomer(2), 2);
    assert_eq!(audio_status(&out, B), Vec::<u32>::new());
    assert_eq!(closes(&out), [(B, CloseCode::Normal)]);
}

#[test]
fn deleting_an_attendee_tells_it_411_and_puts_a_party_out() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.up(B, newcomer(2), 2);
    let out = stage.give(Input::AttendeeDeleted {
        attendee: who(2).attendee,
    });
    assert_eq!(audio_status(&out, B), [411]);
    assert_eq!(closes(&out), [(B, CloseCode::AttendeeRemoved)]);
    assert_eq!(sent(&out, A, FrameType::AudioStreamIdInfo).len(), 1);

    stage.give(Input::PartyJoined {
        conn: C,
        newcomer: newcomer(3),
    });
    let out = stage.give(Input::AttendeeDeleted {
        attendee: who(3).attendee,
    });
    assert!(out.contains(&Output::Media(MediaCommand::PutOut {
        conn: C,
        left: Left::AttendeeDeleted
    })));
}

#[test]
fn an_ended_meeting_says_410_before_it_closes() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.give(Input::PartyJoined {
        conn: C,
        newcomer: newcomer(3),
    });
    let out = stage.give(Input::End {
        ending: Ending::Deleted,
    });
    let status = out
        .iter()
        .position(|o| matches!(o, Output::Send { frame, .. } if frame.audio_status.is_some()));
    let close = out.iter().position(|o| matches!(o, Output::Close { .. }));
    assert!(status.unwrap() < close.unwrap());
    assert_eq!(audio_status(&out, A), [410]);
    assert_eq!(closes(&out), [(A, CloseCode::MeetingEnded)]);
    assert!(out.contains(&Output::Media(MediaCommand::PutOut {
        conn: C,
        left: Left::MeetingEnded
    })));
    assert_eq!(
        events(&out),
        [RoomEvent::Ended {
            ending: Ending::Deleted
        }]
    );
    assert!(
        stage.give(Input::Tick).is_empty(),
        "an ended room does nothing"
    );
}

#[test]
fn a_meeting_ends_when_it_was_empty_for_five_minutes_or_is_a_day_old() {
    let mut stage = Stage::new();
    assert!(!stage.pass(299_000).contains(&Output::Expire {
        ending: Ending::Empty
    }));
    stage.give(Input::PartyJoined {
        conn: C,
        newcomer: newcomer(3),
    });
    assert!(!stage.pass(400_000).contains(&Output::Expire {
        ending: Ending::Empty
    }));
    stage.give(Input::PartyLeft { conn: C });
    assert!(stage.pass(300_400).contains(&Output::Expire {
        ending: Ending::Empty
    }));

    let mut stage = Stage::new();
    stage.give(Input::PartyJoined {
        conn: C,
        newcomer: newcomer(3),
    });
    stage.now = stage.now + Duration::from_secs(24 * 3_600);
    assert!(stage.give(Input::Tick).contains(&Output::Expire {
        ending: Ending::TooLong
    }));
}

#[test]
fn a_full_meeting_refuses_with_409_but_lets_those_back_who_were_in() {
    let mut stage = Stage::of(Room::new(Limits::default(), 1, START));
    stage.up(A, newcomer(1), 1);
    stage.give(Input::Open {
        conn: B,
        newcomer: newcomer(2),
    });
    let out = stage.frame(B, &join(2));
    let error = sent(&out, B, FrameType::JoinAck).remove(0).error.unwrap();
    assert_eq!(error.status, Some(409));
    assert_eq!(closes(&out), [(B, CloseCode::AtCapacity)]);
    stage.give(Input::Closed { conn: A });
    let out = stage.up(C, newcomer(1), 1);
    assert_eq!(sent(&out, C, FrameType::AudioStreamIdInfo).len(), 1);
}

#[test]
fn frames_out_of_order_malformed_or_the_servers_own_close_with_4400() {
    let refused: [(&str, Vec<u8>); 7] = [
        ("no prefix", b"hello".to_vec()),
        ("empty", Vec::new()),
        ("no type", vec![0x05, 0x08, 0x01]),
        ("not protobuf", vec![0x05, 0xFF, 0xFF]),
        ("too large", vec![0x05; crate::limits::MAX_FRAME_BYTES + 1]),
        ("SUBSCRIBE first", encode(&subscribe(false)).to_vec()),
        (
            "a server's frame",
            encode(&SignalFrame::of(FrameType::JoinAck, START)).to_vec(),
        ),
    ];
    for (what, bytes) in refused {
        let mut stage = Stage::new();
        stage.up(A, newcomer(1), 1);
        stage.give(Input::Open {
            conn: B,
            newcomer: newcomer(2),
        });
        let out = stage.give(Input::Message {
            conn: B,
            message: &bytes,
        });
        assert_eq!(closes(&out), [(B, CloseCode::BadRequest)], "{what}");
        let error = sent(&out, B, FrameType::Notification)
            .remove(0)
            .error
            .unwrap();
        assert_eq!(error.status, Some(400), "{what}");
        assert!(!error.description.unwrap().is_empty(), "{what}");
    }
}

#[test]
fn a_flood_of_frames_closes_with_4429_and_the_rate_of_a_client_does_not() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    for second in 0..30 {
        stage.now = START + Duration::from_secs(second);
        for _ in 0..20 {
            assert!(
                closes(&stage.frame(A, &SignalFrame::of(FrameType::ClientMetric, START)))
                    .is_empty()
            );
        }
    }
    let flood: Vec<Output> = (0..400)
        .flat_map(|_| stage.frame(A, &SignalFrame::of(FrameType::ClientMetric, START)))
        .collect();
    assert_eq!(closes(&flood), [(A, CloseCode::TooManyFrames)]);
}

#[test]
fn who_does_not_join_or_gets_no_media_is_given_up() {
    let mut stage = Stage::new();
    stage.give(Input::Open {
        conn: A,
        newcomer: newcomer(1),
    });
    assert_eq!(closes(&stage.pass(10_200)), [(A, CloseCode::TryAgain)]);
    stage.give(Input::Open {
        conn: B,
        newcomer: newcomer(2),
    });
    stage.frame(B, &join(2));
    stage.frame(B, &subscribe(false));
    let out = stage.pass(25_200);
    assert_eq!(closes(&out), [(B, CloseCode::TryAgain)]);
    assert!(out.contains(&Output::Media(MediaCommand::Drop { conn: B })));
}

#[test]
fn lost_media_asks_the_client_to_reconnect() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    let out = stage.give(Input::MediaGone { conn: A });
    assert_eq!(audio_status(&out, A), [500]);
    assert_eq!(closes(&out), [(A, CloseCode::TryAgain)]);
    assert_eq!(
        events(&stage.pass(10_200)).len(),
        1,
        "and it is dropped if it does not"
    );
}

#[test]
fn volumes_are_told_for_all_present_and_never_for_the_muted() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.up(B, newcomer(2), 2);
    stage.frame(B, &mute(true));
    let out = stage.give(Input::Levels {
        levels: &[(A, 20), (B, 15)],
    });
    let states = sent(&out, A, FrameType::AudioMetadata)
        .remove(0)
        .audio_metadata
        .unwrap()
        .attendee_states;
    let states: Vec<_> = states
        .iter()
        .map(|s| (s.audio_stream_id, s.volume, s.signal_strength))
        .collect();
    assert_eq!(
        states,
        [(Some(1), Some(20), Some(2)), (Some(2), Some(127), Some(2))]
    );
}

#[test]
fn a_data_message_goes_to_the_others_with_its_sender() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.up(B, newcomer(2), 2);
    let out = stage.frame(A, &data("chat", b"hello", 0));
    assert!(sent(&out, A, FrameType::DataMessage).is_empty());
    let message = sent(&out, B, FrameType::DataMessage)
        .remove(0)
        .data_message
        .unwrap()
        .messages
        .remove(0);
    assert_eq!(message.sender_attendee_id, Some(who(1).to_string()));
    assert_eq!(message.sender_external_user_id.as_deref(), Some("user-1"));
    assert!(message.ingest_time_ns.unwrap() > 0);
}

#[test]
fn a_data_message_with_a_lifetime_reaches_those_who_join_within_it() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.frame(A, &data("chat", b"hello", 3_000));
    stage.pass(2_000);
    assert_eq!(
        sent(&stage.up(B, newcomer(2), 2), B, FrameType::DataMessage).len(),
        1
    );
    stage.pass(2_000);
    assert!(sent(&stage.up(C, newcomer(3), 3), C, FrameType::DataMessage).is_empty());
}

#[test]
fn data_messages_over_the_rate_come_back_marked_and_bad_ones_are_refused() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    stage.up(B, newcomer(2), 2);
    let mut many = data("chat", b"x", 0);
    let messages = &mut many.data_message.as_mut().unwrap().messages;
    *messages = vec![messages[0].clone(); 250];
    let out = stage.frame(A, &many);
    let passed = sent(&out, B, FrameType::DataMessage)
        .remove(0)
        .data_message
        .unwrap()
        .messages
        .len();
    let back = sent(&out, A, FrameType::DataMessage)
        .remove(0)
        .data_message
        .unwrap()
        .messages;
    assert_eq!((passed, back.len()), (200, 50));
    assert!(back.iter().all(|m| m.ingest_time_ns == Some(0)));
    for bad in [
        data("no spaces", b"x", 0),
        data("", b"x", 0),
        data("chat", &[0; 2_049], 0),
    ] {
        let mut stage = Stage::new();
        stage.up(A, newcomer(1), 1);
        assert_eq!(closes(&stage.frame(A, &bad)), [(A, CloseCode::BadRequest)]);
    }
}

#[test]
fn a_screen_share_is_present_beside_its_attendee_and_hears_nothing() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    let mut content = newcomer(1);
    content.who.content = true;
    let out = stage.up(B, content, 5);
    let entry = sent(&out, A, FrameType::AudioStreamIdInfo)
        .remove(0)
        .audio_stream_id_info
        .unwrap()
        .streams
        .remove(0);
    assert_eq!(entry.attendee_id, Some(format!("{}#content", who(1))));
    assert!(out.contains(&Output::Media(MediaCommand::May {
        conn: B,
        speak: true,
        hear: false
    })));
    assert_eq!(stage.room.present(), 2);
}

#[test]
fn capabilities_reach_the_media_side() {
    let mut stage = Stage::new();
    stage.up(A, newcomer(1), 1);
    let rights = AudioRights {
        speak: false,
        hear: true,
    };
    let out = stage.give(Input::Rights {
        attendee: who(1).attendee,
        rights,
    });
    assert_eq!(
        out,
        [Output::Media(MediaCommand::May {
            conn: A,
            speak: false,
            hear: true
        })]
    );
}

#[test]
fn after_a_restart_those_who_come_back_in_time_were_never_gone_and_the_others_are_dropped() {
    let present = [(newcomer(1), 4), (newcomer(2), 7)];
    let mut stage = Stage::of(Room::restored(
        Limits::default(),
        250,
        START,
        present,
        9,
        START,
    ));
    stage.pass(3_000);
    let out = stage.up(A, newcomer(1), 1);
    assert!(
        events(&out)
            .iter()
            .all(|e| matches!(e, RoomEvent::Authorized { .. }))
    );
    let roster = sent(&out, A, FrameType::AudioStreamIdInfo)
        .remove(0)
        .audio_stream_id_info
        .unwrap()
        .streams;
    let ids: Vec<_> = roster.iter().map(|s| s.audio_stream_id).collect();
    assert_eq!(ids, [Some(10), Some(7)], "ids go on rising");
    assert!(events(&stage.pass(16_800)).is_empty());
    let dropped = RoomEvent::Dropped {
        who: who(2),
        external_user_id: "user-2".to_owned(),
    };
    assert_eq!(events(&stage.pass(400)), [dropped]);
}
