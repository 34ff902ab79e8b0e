//! Chime SDK Voice as a carrier, held against the voice service.

use activities::aws::{Aws, Names};
use activities::carriers::Any;
use activities::carriers::config::{CarrierConfig, Place};
use activities::ports::carriers::{Carrier, CarrierError, Carriers, Held, NewOrder, Search};
use activities::ports::porting::Porting;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_chimesdkvoice::Client;
use aws_sdk_chimesdkvoice::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
};
use aws_sdk_chimesdkvoice::types::SipMediaApplicationEndpoint;
use bytes::Bytes;
use contract::E164;
use contract::dossier::NumberType;
use jiff::Timestamp;
use media::{JoinError, Party, Rooms, Seat};
use std::collections::HashMap;
use std::sync::Arc;
use tempfile::TempDir;
use voice::{CarrierNumber, Config, Functions, InvokeError, Voice};

const OURS: &str = "+41445550100";
const COMING: &str = "+41445552000";
const SOLD: &str = "+12125550142";

struct Nobody;

#[async_trait]
impl Functions for Nobody {
    async fn invoke(&self, _: &str, _: Bytes) -> Result<Bytes, InvokeError> {
        Err(InvokeError::NotFound)
    }
}

impl Rooms for Nobody {
    fn join(&self, _: &str, _: &str, _: Box<dyn Party>) -> Result<Seat, JoinError> {
        Err(JoinError::NoSuchMeeting)
    }
}

/// The service with one application.
struct Service {
    config: SdkConfig,
    client: Client,
    application: String,
    _voice: Voice,
    _dir: TempDir,
}

async fn open() -> Service {
    let dir = tempfile::tempdir().expect("a folder");
    let mut config = Config::new(
        dir.path().join("voice"),
        "127.0.0.1:0".parse().expect("an address"),
        dir.path().join("buckets"),
    );
    config.numbers = vec![CarrierNumber {
        number: OURS.to_owned(),
        country: "CH".to_owned(),
    }];
    config.available = vec![CarrierNumber {
        number: SOLD.to_owned(),
        country: "US".to_owned(),
    }];
    let voice = Voice::open(config, Arc::new(Nobody), Arc::new(Nobody))
        .await
        .expect("a service");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let router = voice.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let credentials = Credentials::new("local", "local", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build();
    let client = Client::new(&config);
    let function = SipMediaApplicationEndpoint::builder()
        .lambda_arn("arn:aws:lambda:us-east-1:000000000000:function:sma-event")
        .build();
    let made = client
        .create_sip_media_application()
        .aws_region("us-east-1")
        .name("main")
        .endpoints(function)
        .send()
        .await
        .expect("made");
    let made = made.sip_media_application.expect("an application");
    Service {
        application: made.sip_media_application_id.expect("its id"),
        config,
        client,
        _voice: voice,
        _dir: dir,
    }
}

impl Service {
    /// The adapter of a deployment whose calls go to this application.
    fn aws(&self, application: &str) -> Aws {
        let names = HashMap::from([(
            "SIP_MEDIA_APPLICATION_ID".to_owned(),
            application.to_owned(),
        )]);
        let chime = CarrierConfig {
            id: "chime".into(),
            place: Place::Chime,
        };
        Aws::new(self.config.clone(), Names::from_map(&names)).with_carriers(vec![chime])
    }
}

async fn not_led(aws: &Aws, numbers: &[&str]) -> Vec<String> {
    let numbers: Vec<E164> = numbers.iter().map(|text| number(text)).collect();
    let chime = aws.carrier(&"chime".into()).expect("configured");
    chime.not_led(None, &numbers).await.expect("an answer")
}

fn number(text: &str) -> E164 {
    E164::parse(text).expect("a number")
}

#[tokio::test]
async fn what_would_keep_chime_from_leading_numbers_here_is_seen_before_they_come() {
    let place = open().await;
    let aws = place.aws(&place.application);
    assert_eq!(not_led(&aws, &[COMING]).await, Vec::<String>::new());

    let chime = aws.carrier(&"chime".into()).expect("configured");
    chime.lead_here(&number(OURS)).await.expect("led here");
    assert_eq!(not_led(&aws, &[OURS]).await, Vec::<String>::new());
    let rules = place.client.list_sip_rules().send().await.expect("rules");
    let rule = rules.sip_rules().first().expect("its rule");
    let disabled = place
        .client
        .update_sip_rule()
        .sip_rule_id(rule.sip_rule_id().expect("an id"))
        .name(rule.name().expect("a name"))
        .disabled(true);
    disabled.send().await.expect("disabled");
    assert_eq!(
        not_led(&aws, &[OURS, COMING]).await,
        [format!(
            "{OURS}: its SIP rule \"number {OURS}\" is disabled"
        )]
    );
    assert_eq!(not_led(&aws, &[COMING]).await, Vec::<String>::new());

    let elsewhere = place.aws("nowhere");
    assert_eq!(
        not_led(&elsewhere, &[COMING]).await,
        ["there is no SIP media application nowhere"]
    );
    let unnamed = place.aws("");
    assert_eq!(
        not_led(&unnamed, &[COMING]).await,
        ["this deployment names no SIP media application"]
    );
}

/// How many rules lead a number, and whether all of them do.
async fn led(place: &Service, wanted: &str) -> (usize, bool) {
    let listed = place.client.list_sip_rules().send().await.expect("rules");
    let rules = listed.sip_rules().iter();
    let rules: Vec<_> = rules
        .filter(|rule| rule.trigger_value() == Some(wanted))
        .collect();
    let leads = rules.iter().all(|rule| rule.disabled() != Some(true));
    (rules.len(), leads)
}

fn order(text: &str) -> NewOrder {
    NewOrder {
        key: "no-1".to_owned(),
        numbers: vec![number(text)],
        since: Timestamp::now(),
    }
}

#[tokio::test]
async fn a_number_that_leaves_is_led_here_no_more_and_goes_when_it_is_given_back() {
    let place = open().await;
    let aws = place.aws(&place.application);
    let chime: &Any = aws.carrier(&"chime".into()).expect("configured");
    let sold = number(SOLD);
    chime.order(&order(SOLD)).await.expect("had");
    chime.lead_here(&sold).await.expect("led here");
    for _ in 0..2 {
        chime.lead_no_more(&sold).await.expect("led no more");
        assert_eq!(led(&place, SOLD).await.0, 0);
    }
    // It comes back, and what had stopped half-way leads again.
    chime.lead_here(&sold).await.expect("led here");
    let rules = place.client.list_sip_rules().send().await.expect("rules");
    let rule = rules.sip_rules().first().expect("its rule");
    let disable = place.client.update_sip_rule().name("half-way");
    let id = rule.sip_rule_id().expect("an id");
    let disabled = disable.sip_rule_id(id).disabled(true).send().await;
    disabled.expect("disabled");
    chime.lead_here(&sold).await.expect("led here");
    assert_eq!(led(&place, SOLD).await, (1, true));

    for _ in 0..2 {
        chime.release(&sold).await.expect("given back");
        assert_eq!(led(&place, SOLD).await.0, 0);
    }
    let get = place.client.get_phone_number().phone_number_id(SOLD);
    assert!(get.send().await.is_err(), "it is charged for no more");
    // What the service does not let go is told.
    let kept = chime.release(&number(OURS)).await;
    assert!(matches!(kept, Err(CarrierError::Refused(_))), "{kept:?}");
}

#[tokio::test]
async fn chime_orders_in_the_us_alone_at_the_prices_of_its_list() {
    let place = open().await;
    let aws = place.aws(&place.application);
    let chime: &Any = aws.carrier(&"chime".into()).expect("configured");
    let search = Search {
        country: "US".to_owned(),
        number_type: NumberType::Local,
        area: None,
        pattern: None,
        limit: 10,
    };
    let found = chime.search(&search).await.expect("an answer");
    let price = found[0].price.as_ref().expect("a price");
    assert_eq!(
        (price.monthly.as_deref(), price.currency.as_str()),
        (Some("1.00"), "USD")
    );
    assert_eq!(chime.by_case("US"), None);
    let abroad = chime.order(&order(COMING)).await;
    let Err(CarrierError::Refused(why)) = &abroad else {
        panic!("not refused: {abroad:?}");
    };
    assert!(why.to_string().contains("support case"), "{why}");
    let how = chime.by_case("CH").expect("by case");
    assert!(how.contains("support case"), "{how}");
    // What came is looked up before it is taken in.
    assert_eq!(chime.held(&number(OURS)).await.expect("told"), Held::Free);
    chime.lead_here(&number(OURS)).await.expect("led here");
    for one in [OURS, COMING] {
        let held = chime.held(&number(one)).await.expect("told");
        assert!(matches!(held, Held::Not(_)), "{one}: {held:?}");
    }
    // Ports are support cases everywhere: they come from where it sells.
    let takes = chime.takes().await.expect("an answer").expect("offers");
    let countries: Vec<&str> = takes.iter().map(|offer| offer.country.as_str()).collect();
    assert_eq!(countries, ["CH", "US"]);
}
