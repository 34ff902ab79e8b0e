//! Real peers on loopback: everybody hears exactly the others.

mod browsers;

use browsers::browser::Browser;
use browsers::tone::{Tone, heard};
use browsers::{PATIENCE, Server};
use media::{Frame, Left, Party, Rooms};
use meetings::Limits;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

const TONES: [f64; 5] = [440.0, 620.0, 1_000.0, 1_500.0, 2_300.0];

/// A party of this process that plays a tone and remembers what it hears.
struct Phone {
    tone: Tone,
    state: Arc<PhoneState>,
}

#[derive(Default)]
struct PhoneState {
    heard: Mutex<Vec<i16>>,
    left: Mutex<Option<Left>>,
    more: Notify,
}

impl Party for Phone {
    fn speak(&mut self, out: &mut Frame) -> bool {
        self.tone.next(out);
        true
    }

    fn hear(&mut self, frame: &Frame) {
        self.state
            .heard
            .lock()
            .unwrap()
            .extend_from_slice(&frame[..]);
        self.state.more.notify_waiters();
    }

    fn left(&mut self, why: Left) {
        *self.state.left.lock().unwrap() = Some(why);
        self.state.more.notify_waiters();
    }
}

impl PhoneState {
    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let wait = async {
            loop {
                let more = self.more.notified();
                if is_so(self) {
                    return;
                }
                more.await;
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .unwrap_or_else(|_| panic!("{what}"));
    }

    async fn listen(&self, frames: usize) -> Vec<i16> {
        self.heard.lock().unwrap().clear();
        self.until("sound", |s| {
            s.heard.lock().unwrap().len() >= frames * media::FRAME_SAMPLES
        })
        .await;
        self.heard.lock().unwrap().clone()
    }
}

fn phone(hz: f64) -> (Box<dyn Party>, Arc<PhoneState>) {
    let state = Arc::new(PhoneState::default());
    (
        Box::new(Phone {
            tone: Tone::new(hz),
            state: state.clone(),
        }),
        state,
    )
}

/// Windows in which the right mix must come: on a busy machine one may have a gap.
const WINDOWS: usize = 8;

/// Within some windows, `who` hears exactly the tones of `expected`.
macro_rules! hears {
    ($who:expr, $expected:expr, $name:expr) => {{
        let expected = $expected;
        let mut last = heard(&$who.listen(75).await, &TONES);
        for _ in 1..WINDOWS {
            if last == expected {
                break;
            }
            last = heard(&$who.listen(75).await, &TONES);
        }
        assert_eq!(last, expected, "what {} hears", $name);
    }};
}

/// All but one.
fn all_but(n: usize, of: usize) -> Vec<bool> {
    (0..TONES.len()).map(|k| k < of && k != n).collect()
}

async fn browsers_hear_each_other(n: usize) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), Limits::default()).await;
    let names = ["anna", "bert", "cleo", "dora", "emil"];
    let call = server.meeting(&names[..n]).await;
    let mut browsers = Vec::new();
    for (k, tone) in TONES.into_iter().enumerate().take(n) {
        browsers.push(Browser::join(&call.url, call.token(k), k as u64, tone).await);
    }
    for browser in &browsers {
        browser
            .until("a roster of all", |seen| seen.roster.len() == n)
            .await;
    }
    for (k, browser) in browsers.iter().enumerate() {
        hears!(browser, all_but(k, n), names[k]);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_browsers_each_hear_the_other_two() {
    browsers_hear_each_other(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_browsers_each_hear_the_other_four() {
    browsers_hear_each_other(5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_and_two_browsers_hear_each_other_and_mute_works_for_both_kinds() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), Limits::default()).await;
    let call = server.meeting(&["anna", "bert", "phone"]).await;
    let anna = Browser::join(&call.url, call.token(0), 1, TONES[0]).await;
    let bert = Browser::join(&call.url, call.token(1), 2, TONES[1]).await;
    let (party, phone) = phone(TONES[2]);
    let seat = server
        .meetings
        .join(&call.id, call.token(2), party)
        .unwrap();
    assert_eq!(
        (seat.attendee_id(), seat.external_user_id()),
        (call.attendee_id(2), "phone")
    );
    let phone_id = call.attendee_id(2).to_owned();
    let seen = anna.until("all three", |seen| seen.roster.len() == 3).await;
    let phone_stream = *seen
        .roster
        .iter()
        .find(|(_, id)| **id == phone_id)
        .unwrap()
        .0;

    hears!(phone, [true, true, false, false, false], "phone");
    hears!(anna, [false, true, true, false, false], "anna");
    anna.until("volumes", |seen| {
        seen.volumes.get(&phone_stream).is_some_and(|v| *v < 30)
    })
    .await;

    seat.set_muted(true);
    anna.until("the phone muted", |seen| {
        seen.muted.get(&phone_stream) == Some(&true)
    })
    .await;
    hears!(anna, [false, true, false, false, false], "anna");
    bert.mute(true);
    anna.until("both muted", |seen| {
        seen.muted.values().filter(|m| **m).count() == 2
    })
    .await;
    hears!(phone, [true, false, false, false, false], "phone");
    seat.set_muted(false);
    hears!(bert, [true, false, true, false, false], "bert");

    drop(seat);
    anna.until("the phone gone", |seen| seen.roster.len() == 2)
        .await;
    assert!(
        phone.left.lock().unwrap().is_none(),
        "who leaves is not told that it left"
    );
    server.events.wait_for("AttendeeLeft phone").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn capabilities_set_over_the_api_take_a_voice_out_of_the_mix() {
    use aws_sdk_chimesdkmeetings::types::{AttendeeCapabilities, MediaCapabilities};
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), Limits::default()).await;
    let call = server.meeting(&["anna", "phone"]).await;
    let anna = Browser::join(&call.url, call.token(0), 1, TONES[0]).await;
    let (party, phone) = phone(TONES[2]);
    let _seat = server
        .meetings
        .join(&call.id, call.token(1), party)
        .unwrap();
    hears!(anna, [false, false, true, false, false], "anna");
    let listen_only = AttendeeCapabilities::builder()
        .audio(MediaCapabilities::Receive)
        .video(MediaCapabilities::None)
        .content(MediaCapabilities::None)
        .build()
        .unwrap();
    let request = server
        .chime
        .update_attendee_capabilities()
        .meeting_id(&call.id)
        .attendee_id(call.attendee_id(1));
    request.capabilities(listen_only).send().await.unwrap();
    hears!(anna, [false; 5], "anna");
    hears!(phone, [true, false, false, false, false], "phone");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_puts_clients_and_parties_out_with_their_reason() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), Limits::default()).await;
    let call = server
        .meeting(&["anna", "bert", "phone", "other phone"])
        .await;
    let anna = Browser::join(&call.url, call.token(0), 1, TONES[0]).await;
    let bert = Browser::join(&call.url, call.token(1), 2, TONES[1]).await;
    let (party, first) = phone(TONES[2]);
    let _first_seat = server
        .meetings
        .join(&call.id, call.token(2), party)
        .unwrap();
    let (party, second) = phone(TONES[3]);
    let _second_seat = server
        .meetings
        .join(&call.id, call.token(3), party)
        .unwrap();
    anna.until("all four", |seen| seen.roster.len() == 4).await;

    for n in [1, 2] {
        let delete = server
            .chime
            .delete_attendee()
            .meeting_id(&call.id)
            .attendee_id(call.attendee_id(n));
        delete.send().await.unwrap();
    }
    let seen = bert.until("the end", |seen| seen.ended.is_some()).await;
    assert_eq!(
        (seen.statuses, seen.ended),
        (vec![411], Some(browsers::browser::Ended::Closed(4411)))
    );
    first
        .until("told", |s| {
            *s.left.lock().unwrap() == Some(Left::AttendeeDeleted)
        })
        .await;
    anna.until("two left", |seen| seen.roster.len() == 2).await;
    assert_eq!(
        server
            .meetings
            .join(&call.id, call.token(2), phone(1.0).0)
            .unwrap_err(),
        media::JoinError::BadToken
    );

    server
        .chime
        .delete_meeting()
        .meeting_id(&call.id)
        .send()
        .await
        .unwrap();
    let seen = anna.until("the end", |seen| seen.ended.is_some()).await;
    assert_eq!(
        (seen.statuses, seen.ended),
        (vec![410], Some(browsers::browser::Ended::Closed(4410)))
    );
    second
        .until("told", |s| {
            *s.left.lock().unwrap() == Some(Left::MeetingEnded)
        })
        .await;
    server.events.wait_for("MeetingEnded").await;
    let joined = server.meetings.join(&call.id, call.token(3), phone(1.0).0);
    assert_eq!(joined.unwrap_err(), media::JoinError::NoSuchMeeting);
    server.stop().await;
}
