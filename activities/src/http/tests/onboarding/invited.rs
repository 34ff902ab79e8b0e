//! The link of an invitation, and the password that is chosen by it.
use super::{EMAIL, accept, begun, link, look, opened, pair, sign_in, staff};
use crate::house::House;
use axum::http::{Method, StatusCode};

#[tokio::test]
async fn a_link_proves_the_address_once_and_then_the_password_signs_in() {
    let house = House::new().await;
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let link = link(&house, &of, 0).await;
    assert_eq!(sign_in(&house, "correct horse").await.status.as_u16(), 401);
    let seen = look(&house, &link).await;
    assert_eq!(seen.body["company"], "Alpenblick AG", "{}", seen.text);
    assert_eq!(seen.body["email"], EMAIL);
    assert_eq!(
        pair(&accept(&house, &link, "short").await),
        (422, "Request.BadField")
    );
    let done = accept(&house, &link, "correct horse").await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    let again = accept(&house, &link, "other horse").await;
    assert_eq!(pair(&again), (409, "Invitation.Accepted"));
    let session = sign_in(&house, "correct horse").await;
    assert_eq!(session.status, StatusCode::OK, "{}", session.text);
    assert_eq!(session.body["me"]["role"], "administrator");
    assert_eq!(session.body["me"]["tenant"], of.1.0);
    let path = format!("/v1/onboardings/{}", of.0);
    let view = house.ask(&staff(&house), Method::GET, &path, None).await;
    assert!(!view.text.contains(link.rsplit('.').next().unwrap()));
}

#[tokio::test]
async fn a_new_link_makes_the_one_before_void_and_the_same_mail_goes_out_once() {
    let house = House::new().await;
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let first = link(&house, &of, 0).await;
    assert_eq!(link(&house, &of, 0).await, first);
    assert_eq!(house.mails().len(), 1);
    let second = link(&house, &of, 1).await;
    assert_eq!(house.mails().len(), 2);
    for bad in [
        first.as_str(),
        "nonsense",
        "a.b",
        &second[..second.len() - 1],
    ] {
        assert_eq!(
            pair(&look(&house, bad).await),
            (404, "Invitation.NotFound"),
            "{bad}"
        );
        let refused = accept(&house, bad, "correct horse").await;
        assert_eq!(pair(&refused), (404, "Invitation.NotFound"), "{bad}");
    }
    assert_eq!(look(&house, &second).await.status, StatusCode::OK);
}
