//! Signing in, staying signed in, signing out.
use crate::house::{Answer, House};
use crate::people::limits::MAX_PER_EMAIL;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

const AGENT: &str = "browser";

async fn session(
    house: &House,
    method: Method,
    path: &str,
    cookie: Option<&str>,
    agent: &str,
    body: Option<Value>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("user-agent", agent);
    if let Some(cookie) = cookie {
        request = request.header("cookie", format!("other=1; strowger_refresh={cookie}"));
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    house
        .send(
            request
                .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
                .unwrap(),
        )
        .await
}

async fn sign_in(house: &House, email: &str, password: &str) -> Answer {
    session(
        house,
        Method::POST,
        "/v1/session",
        None,
        AGENT,
        Some(json!({ "email": email, "password": password })),
    )
    .await
}

async fn refresh(house: &House, cookie: &str, agent: &str) -> Answer {
    session(
        house,
        Method::POST,
        "/v1/session/refresh",
        Some(cookie),
        agent,
        None,
    )
    .await
}

fn cookie(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    cookie
        .strip_prefix("strowger_refresh=")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned()
}

async fn me(house: &House, token: &Value) -> Answer {
    let token = token.as_str().unwrap();
    let request = Request::builder()
        .uri("/v1/me")
        .header("authorization", format!("bearer {token}"));
    house.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn who_signs_in_is_who_they_are() {
    let house = House::new().await;
    for person in &house.seeded.people {
        let answer = sign_in(
            &house,
            &person.email.to_uppercase(),
            person.password.as_ref().unwrap(),
        )
        .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.body["expiresInS"], 600);
        let me = me(&house, &answer.body["accessToken"]).await.body;
        assert_eq!(me, answer.body["me"]);
        let tenant = match person.role {
            contract::Role::Staff => "Strowger",
            contract::Role::Person | contract::Role::Operator | contract::Role::Administrator => {
                "Isthmus Trading"
            }
        };
        assert_eq!(
            (me["name"].as_str(), me["tenantName"].as_str()),
            (Some(person.name.as_str()), Some(tenant))
        );
        assert_eq!(me["role"], serde_json::to_value(person.role).unwrap());
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let house = House::new().await;
    let (email, _) = house.password("Anna Keller");
    let wrong = sign_in(&house, &email, "wrong-password").await;
    let unknown = sign_in(&house, "nobody@isthmus.example", "wrong-password").await;
    assert_eq!(
        (wrong.status, wrong.error()),
        (StatusCode::UNAUTHORIZED, "Session.BadCredentials")
    );
    assert_eq!((wrong.status, wrong.text), (unknown.status, unknown.text));
    assert!(!wrong.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn guessing_is_slowed_down_and_says_until_when() {
    let house = House::new().await;
    let (email, password) = house.password("Anna Keller");
    // A window may end in between, so up to twice as many attempts count as soon enough.
    let mut tries = 0;
    let refused = loop {
        let answer = sign_in(&house, &email, "wrong-password").await;
        tries += 1;
        assert!(tries <= 2 * MAX_PER_EMAIL + 1, "never slowed down");
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
    };
    assert!(tries > MAX_PER_EMAIL, "{tries}");
    assert_eq!(refused.error(), "Session.TooManyAttempts");
    let wait: i64 = refused.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=900).contains(&wait));
    assert_eq!(
        sign_in(&house, &email, &password).await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "even with the right one"
    );
    let (email, password) = house.password("Tan Wei Ming");
    assert_eq!(
        sign_in(&house, &email, &password).await.status,
        StatusCode::OK,
        "others are not held up"
    );
}

#[tokio::test]
async fn signing_in_rightly_is_never_slowed_down() {
    let house = House::new().await;
    let (email, password) = house.password("Anna Keller");
    for _ in 0..MAX_PER_EMAIL + 3 {
        assert_eq!(
            sign_in(&house, &email, &password).await.status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn each_refresh_gives_another_cookie_and_a_retry_the_same() {
    let house = House::new().await;
    let (email, password) = house.password("Anna Keller");
    let first = cookie(&sign_in(&house, &email, &password).await);
    let answer = refresh(&house, &first, AGENT).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(
        me(&house, &answer.body["accessToken"]).await.status,
        StatusCode::OK
    );
    let second = cookie(&answer);
    assert_ne!(first, second);
    assert_eq!(
        cookie(&refresh(&house, &first, AGENT).await),
        second,
        "the lost answer again"
    );
    assert_ne!(cookie(&refresh(&house, &second, AGENT).await), second);
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_both_go_on() {
    let house = House::new().await;
    let (email, password) = house.password("Anna Keller");
    let first = cookie(&sign_in(&house, &email, &password).await);
    let (one, other) = tokio::join!(
        refresh(&house, &first, AGENT),
        refresh(&house, &first, AGENT)
    );
    assert_eq!((one.status, other.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(cookie(&one), cookie(&other));
}

#[tokio::test]
async fn a_replayed_cookie_ends_the_session_for_everybody_who_has_it() {
    let house = House::new().await;
    let (email, password) = house.password("Anna Keller");
    let first = cookie(&sign_in(&house, &email, &password).await);
    let second = cookie(&refresh(&house, &first, AGENT).await);
    let thief = refresh(&house, &first, "another program").await;
    assert_eq!(
        (thief.status, thief.error()),
        (StatusCode::UNAUTHORIZED, "Session.Invalid")
    );
    assert_eq!(
        refresh(&house, &second, AGENT).await.status,
        StatusCode::UNAUTHORIZED,
        "the whole family"
    );
}

#[tokio::test]
async fn a_made_up_cookie_ends_nobodys_session() {
    let house = House::new().await;
    let (email, password) = house.password("Anna Keller");
    let good = cookie(&sign_in(&house, &email, &password).await);
    let family = good.split('.').next().unwrap();
    for bad in [
        "",
        "x",
        &format!("{family}.guess.guess"),
        "f.s.t",
        &good.replacen('.', ".x", 1),
    ] {
        assert_eq!(
            refresh(&house, bad, AGENT).await.status,
            StatusCode::UNAUTHORIZED,
            "{bad}"
        );
        session(
            &house,
            Method::DELETE,
            "/v1/session",
            Some(&format!("{family}.guess.guess")),
            AGENT,
            None,
        )
        .await;
    }
    assert_eq!(refresh(&house, &good, AGENT).await.status, StatusCode::OK);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_its_sockets() {
    let house = House::new().await;
    let (email, password) = house.password("Anna Keller");
    let answer = sign_in(&house, &email, &password).await;
    let good = cookie(&answer);
    let mut caller = house.anna();
    caller.session = good.split('.').next().unwrap().to_owned();
    house.connect(&caller, "of-this-session", 60).await;
    house.connect(&house.anna(), "of-another", 60).await;
    let out = session(
        &house,
        Method::DELETE,
        "/v1/session",
        Some(&good),
        AGENT,
        None,
    )
    .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(
        out.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(
        refresh(&house, &good, AGENT).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(house.asked().closed, ["of-this-session"]);
    let again = session(
        &house,
        Method::DELETE,
        "/v1/session",
        Some(&good),
        AGENT,
        None,
    )
    .await;
    assert_eq!(again.status, StatusCode::NO_CONTENT, "twice is fine");
}
