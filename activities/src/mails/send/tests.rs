use super::*;
use crate::house::House;
use contract::mail::Template;
use std::collections::BTreeMap;

fn input(key: &str, to: &str) -> MailSendInput {
    let words = Template::VerifyEmail.words().iter();
    MailSendInput {
        key: key.to_owned(),
        to: to.to_owned(),
        template: Template::VerifyEmail,
        language: None,
        words: words
            .map(|word| ((*word).to_owned(), "x".to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

#[tokio::test]
async fn a_retry_sends_nothing_twice_and_gives_the_same_answer() {
    let house = House::new().await;
    let first = send(&*house.aws, input("k-1", "ann@example.test"))
        .await
        .unwrap();
    let again = send(&*house.aws, input("k-1", "ann@example.test"))
        .await
        .unwrap();
    assert_eq!(first, again);
    let other = send(&*house.aws, input("k-2", "ann@example.test"))
        .await
        .unwrap();
    assert_ne!(first, other);
    let mails = house.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(
        mails[0]["Destination"]["ToAddresses"][0],
        "ann@example.test"
    );
    assert_eq!(
        mails[0]["Content"]["Simple"]["Subject"]["Data"],
        "Confirm your e-mail address"
    );
}

#[tokio::test]
async fn while_one_attempt_is_under_way_another_waits_and_a_stale_one_makes_room() {
    let house = House::new().await;
    let now = house.aws.now().as_second();
    assert_eq!(house.aws.claim("k", now).await.unwrap(), Claimed::Now);
    let busy = send(&*house.aws, input("k", "ann@example.test")).await;
    assert_eq!(busy, Err(MailSendError::Unavailable));
    assert_eq!(house.aws.claim("k", now + 61).await.unwrap(), Claimed::Now);
    assert_eq!(
        house.aws.claim("k", now + 62).await.unwrap(),
        Claimed::UnderWay
    );
    assert!(house.mails().is_empty());
}

#[tokio::test]
async fn a_refused_mail_is_told_and_can_be_sent_to_a_better_address() {
    let house = House::new().await;
    let refused = send(&*house.aws, input("k", "nobody")).await;
    assert_eq!(
        refused,
        Err(MailSendError::Refused("not an address".to_owned()))
    );
    send(&*house.aws, input("k", "ann@example.test"))
        .await
        .unwrap();
}
