use super::*;
use crate::house::House;
use crate::ports::webhooks::Secret;
use crate::webhooks::address::Allowed;
use crate::webhooks::events::tests::{changed, webhook};
use crate::webhooks::{Wish, begin, give_up, sign};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use contract::webhook::{Event, WebhookGiveUpInput};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the receiver does with the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    Fails,
    Redirects,
    IsGone,
    /// Never answers.
    Hangs,
    /// Answers, and then goes on talking for ever.
    Talks,
    /// Takes the event and closes the connection without a word.
    HangsUp,
}

/// A receiver: what it heard, and its moods in order; the last one stays.
#[derive(Debug, Default)]
struct Heard {
    events: Vec<(HeaderMap, String)>,
    moods: Vec<Mood>,
}

type Ears = Arc<Mutex<Heard>>;

async fn hear(State(ears): State<Ears>, headers: HeaderMap, body: String) -> Response {
    let mood = {
        let mut heard = ears.lock().unwrap();
        heard.events.push((headers, body));
        if heard.moods.len() > 1 {
            heard.moods.remove(0)
        } else {
            heard.moods[0]
        }
    };
    match mood {
        Mood::Takes => StatusCode::NO_CONTENT.into_response(),
        Mood::Fails => (StatusCode::INTERNAL_SERVER_ERROR, "broken").into_response(),
        Mood::Redirects => {
            let to = [(header::LOCATION, "/elsewhere")];
            (StatusCode::TEMPORARY_REDIRECT, to).into_response()
        }
        Mood::IsGone => StatusCode::GONE.into_response(),
        Mood::Hangs => std::future::pending().await,
        Mood::Talks => {
            let words =
                futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(1_000)));
            axum::body::Body::from_stream(words).into_response()
        }
        Mood::HangsUp => panic!("the receiver dies"),
    }
}

/// A house with a webhook that leads to a receiver, and a delivery to it.
struct Scene {
    house: House,
    ears: Ears,
    poster: Poster,
    input: WebhookSendInput,
}

impl Scene {
    async fn new(moods: &[Mood]) -> Self {
        let ears = Ears::default();
        ears.lock().unwrap().moods = moods.to_vec();
        let router = Router::new()
            .route("/hooks", post(hear))
            .with_state(ears.clone());
        let router = router.route("/elsewhere", post(|| async { StatusCode::OK }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let house = House::new().await;
        let webhook = Webhook {
            url,
            tenant: house.lucia().tenant,
            made_by: house.lucia().person,
            ..webhook()
        };
        house.aws.put_webhook(&webhook, 0).await.unwrap();
        let event = Event::of(None, &changed("begun", 1)).unwrap();
        let body = serde_json::json!(event).to_string();
        let begun = begin(&*house.aws, &webhook, &event, body, &Wish::Event)
            .await
            .unwrap();
        Self {
            ears,
            poster: Poster::new(Allowed::parse("127.0.0.0/8")).unwrap(),
            input: WebhookSendInput {
                tenant: webhook.tenant,
                webhook: webhook.id,
                delivery: begun.id,
            },
            house,
        }
    }

    async fn send(&self) -> SendResult {
        send(&*self.house.aws, &self.poster, self.input.clone())
            .await
            .unwrap()
            .result
    }

    async fn delivery(&self) -> Delivery {
        let found = self
            .house
            .aws
            .delivery(&self.input.webhook, &self.input.delivery)
            .await;
        found.unwrap().unwrap()
    }

    async fn webhook(&self) -> Webhook {
        let found = self
            .house
            .aws
            .webhook(&self.input.tenant, &self.input.webhook)
            .await;
        found.unwrap().unwrap()
    }

    async fn change(&self, change: impl FnMut(&mut Webhook) + Send) {
        let changed =
            self.house
                .aws
                .change_webhook(&self.input.tenant, &self.input.webhook, change);
        changed.await.unwrap().unwrap();
    }

    fn heard(&self) -> Vec<(HeaderMap, String)> {
        self.ears.lock().unwrap().events.clone()
    }
}

#[tokio::test]
async fn a_receiver_that_fails_gets_the_same_bytes_until_it_takes_them() {
    use Mood::{Fails, HangsUp, Redirects, Takes};
    let scene = Scene::new(&[Fails, Redirects, HangsUp, Takes]).await;
    for _ in 0..3 {
        assert_eq!(scene.send().await, SendResult::Again);
    }
    assert!(scene.webhook().await.failing_since.is_some());
    assert_eq!(scene.send().await, SendResult::Delivered);
    assert_eq!(scene.webhook().await.failing_since, None);
    // The answer of the last one was lost: it is not posted again.
    assert_eq!(scene.send().await, SendResult::Delivered);

    let heard = scene.heard();
    assert_eq!(heard.len(), 4);
    let secret = scene.webhook().await.secret.0;
    for (headers, body) in &heard {
        let text = |name: &str| headers[name].to_str().unwrap();
        assert_eq!(body, &heard[0].1);
        assert_eq!(text("webhook-id"), heard[0].0["webhook-id"]);
        let at = text("webhook-timestamp").parse().unwrap();
        let signed = signature(&[&secret], text("webhook-id"), at, body);
        assert_eq!(text("webhook-signature"), signed);
        assert_eq!(text("content-type"), "application/json");
    }
    let log = scene.delivery().await;
    assert_eq!(log.state, DeliveryState::Delivered);
    let statuses: Vec<_> = log.attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [Some(500), Some(307), None, Some(204)]);
    assert_eq!(
        log.attempts[1].problem.as_deref(),
        Some("it answered with a redirect, which is not followed")
    );
}

#[tokio::test]
async fn an_answer_that_never_ends_is_an_answer_and_is_not_read_to_its_end() {
    let scene = Scene::new(&[Mood::Talks]).await;
    assert_eq!(scene.send().await, SendResult::Delivered);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_times_out() {
    let mut scene = Scene::new(&[Mood::Hangs]).await;
    scene.poster =
        Poster::with_limit(Allowed::parse("127.0.0.0/8"), Duration::from_millis(100)).unwrap();
    assert_eq!(scene.send().await, SendResult::Again);
    assert_eq!(scene.heard().len(), 1);
    let log = scene.delivery().await;
    assert_eq!(
        log.attempts[0].problem.as_deref(),
        Some("it did not answer in time")
    );
    assert_eq!(log.state, DeliveryState::Pending);
}

#[tokio::test]
async fn what_is_switched_off_or_removed_meanwhile_is_not_posted() {
    let scene = Scene::new(&[Mood::Takes]).await;
    scene.change(|webhook| webhook.enabled = false).await;
    assert_eq!(scene.send().await, SendResult::Stopped);
    assert_eq!(scene.delivery().await.state, DeliveryState::Stopped);
    let other = Scene::new(&[Mood::Takes]).await;
    other
        .house
        .aws
        .remove_webhook(&other.input.tenant, &other.input.webhook)
        .await
        .unwrap();
    assert_eq!(other.send().await, SendResult::Stopped);
    assert!(scene.heard().is_empty() && other.heard().is_empty());
    let unknown = WebhookSendInput {
        delivery: "nothing".into(),
        ..scene.input.clone()
    };
    let refused = send(&*scene.house.aws, &scene.poster, unknown).await;
    assert_eq!(refused, Err(WebhookError::Unknown("nothing".into())));
}

#[tokio::test]
async fn a_private_address_is_not_spoken_to_by_number_or_by_name() {
    let scene = Scene::new(&[Mood::Takes]).await;
    let strict = Poster::new(Allowed::parse("192.0.2.0/24")).unwrap();
    let send = async || {
        send(&*scene.house.aws, &strict, scene.input.clone())
            .await
            .unwrap()
            .result
    };
    assert_eq!(send().await, SendResult::Again);
    let port = scene
        .webhook()
        .await
        .url
        .split(':')
        .nth(2)
        .unwrap()
        .to_owned();
    for host in ["localhost", "127.1", "2130706433"] {
        scene
            .change(|webhook| webhook.url = format!("http://{host}:{port}"))
            .await;
        assert_eq!(send().await, SendResult::Again, "{host}");
    }
    assert!(scene.heard().is_empty());
    let log = scene.delivery().await;
    let problems: Vec<_> = log
        .attempts
        .iter()
        .map(|attempt| attempt.problem.clone().unwrap())
        .collect();
    assert!(
        problems[1].contains("no address of the public internet"),
        "{problems:?}"
    );
    let tells = |problem: &String| problem.contains("127.0.0.1") || problem.contains("::1");
    assert!(!problems.iter().any(tells), "{problems:?}");
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day() {
    let scene = Scene::new(&[Mood::Fails]).await;
    let (old, new) = (scene.webhook().await.secret.0, sign::secret(&[9; 32]));
    let rotate = |until: &'static str| {
        let (old, new) = (Secret(old.clone()), Secret(new.clone()));
        move |webhook: &mut Webhook| {
            webhook.secret = new.clone();
            webhook.old_secret = Some(old.clone());
            webhook.old_until = Some(until.to_owned());
        }
    };
    for (until, signatures) in [("2999-01-01T00:00:00Z", 2), ("2020-01-01T00:00:00Z", 1)] {
        scene.change(rotate(until)).await;
        scene.send().await;
        let (headers, _) = scene.heard().pop().unwrap();
        let count = headers["webhook-signature"]
            .to_str()
            .unwrap()
            .split(' ')
            .count();
        assert_eq!(count, signatures, "{until}");
    }
}

#[tokio::test]
async fn rotated_again_because_the_answer_was_lost_the_secret_in_use_still_signs() {
    let scene = Scene::new(&[Mood::Fails]).await;
    let in_use = scene.webhook().await.secret.0;
    for byte in [8, 9] {
        let fresh = Secret(sign::secret(&[byte; 32]));
        let now = scene.house.aws.now();
        scene
            .change(move |webhook| webhook.rotate(fresh.clone(), now).unwrap())
            .await;
    }
    scene.send().await;
    let (headers, body) = scene.heard().pop().unwrap();
    let text = |name: &str| headers[name].to_str().unwrap();
    let at = text("webhook-timestamp").parse().unwrap();
    let own = sign::signature(&[&in_use], text("webhook-id"), at, &body);
    let signed: Vec<_> = text("webhook-signature").split(' ').collect();
    assert_eq!(signed.len(), 3);
    assert!(signed.contains(&own.as_str()));
}

#[tokio::test]
async fn one_failed_day_leaves_it_on_three_or_a_410_switch_it_off_and_tell_its_maker() {
    let scene = Scene::new(&[Mood::Fails, Mood::IsGone]).await;
    assert_eq!(scene.send().await, SendResult::Again);
    let WebhookSendInput {
        tenant,
        webhook,
        delivery,
    } = scene.input.clone();
    let input = WebhookGiveUpInput {
        tenant,
        webhook,
        delivery,
        gone: false,
    };
    let d = &*scene.house.aws;
    let given = give_up::give_up(d, input.clone()).await.unwrap();
    assert!(!given.disabled && scene.webhook().await.enabled);
    assert_eq!(scene.delivery().await.state, DeliveryState::Failed);

    scene
        .change(|webhook| webhook.failing_since = Some("2026-01-01T00:00:00.000Z".into()))
        .await;
    let given = give_up::give_up(d, input.clone()).await.unwrap();
    assert!(given.disabled && !scene.webhook().await.enabled);
    assert_eq!(given.since, "2026-01-01T00:00:00.000Z");
    assert_eq!(given.reason, "it failed");
    let lucia = scene.house.password(&given.name).0;
    assert_eq!(given.to, lucia);
    // A second run tells the same, so that the mail goes out although the first answer was lost.
    assert_eq!(give_up::give_up(d, input).await.unwrap(), given);
}

#[tokio::test]
async fn who_made_a_programs_key_hears_of_the_programs_webhook() {
    let scene = Scene::new(&[Mood::IsGone]).await;
    let lucia = scene.house.lucia();
    let path = "/v1/api-keys";
    let body = serde_json::json!({ "name": "CRM", "role": "administrator" });
    let made = scene
        .house
        .ask(&lucia, axum::http::Method::POST, path, Some(body))
        .await;
    let key = made.body["key"]["id"].as_str().unwrap().to_owned();
    scene
        .change(|webhook| webhook.made_by = key.clone().into())
        .await;
    assert_eq!(scene.send().await, SendResult::Gone);
    let WebhookSendInput {
        tenant,
        webhook,
        delivery,
    } = scene.input.clone();
    let input = WebhookGiveUpInput {
        tenant,
        webhook,
        delivery,
        gone: true,
    };
    let given = give_up::give_up(&*scene.house.aws, input).await.unwrap();
    assert_eq!(given.to, scene.house.password(&given.name).0);
    assert_eq!(given.name, "Lucía Méndez");
}

#[tokio::test]
async fn a_receiver_that_is_gone_says_so() {
    let scene = Scene::new(&[Mood::IsGone]).await;
    assert_eq!(scene.send().await, SendResult::Gone);
    let WebhookSendInput {
        tenant,
        webhook,
        delivery,
    } = scene.input.clone();
    let input = WebhookGiveUpInput {
        tenant,
        webhook,
        delivery,
        gone: true,
    };
    assert!(
        give_up::give_up(&*scene.house.aws, input)
            .await
            .unwrap()
            .disabled
    );
}
