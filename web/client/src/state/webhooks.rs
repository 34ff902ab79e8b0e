//! Webhooks in words, one that is asked for, and what is known of a log of deliveries.

use super::clock::{Millis, moment, parse, precise, when};
use super::request_words::{kind as kind_words, outcome, spelled};
use super::words::Tone;
use contract::request::Kind;
use contract::webhook::{
    Attempt, Deliveries, DeliveryState, DeliveryView, Event, NewWebhook, WebhookView,
};

/// A webhook that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    /// Where events are posted.
    pub(crate) url: String,
    /// Requests of which kinds it hears; empty for all.
    pub(crate) kinds: Vec<Kind>,
}

impl Draft {
    /// Takes a kind in, or out again. They stay in the order of [`Kind::ALL`].
    pub(crate) fn tick(&mut self, kind: Kind) {
        let ticked = |one: &Kind| self.kinds.contains(one) != (*one == kind);
        self.kinds = Kind::ALL.into_iter().filter(ticked).collect();
    }

    /// What is sent, or what is wrong with the address.
    pub(crate) fn body(&self) -> Result<NewWebhook, String> {
        let url = self.url.trim();
        if url.is_empty() {
            return Err("Say where events are posted.".to_owned());
        }
        if !url.contains("://") {
            return Err("An address such as https://example.com/hooks.".to_owned());
        }
        Ok(NewWebhook {
            url: url.to_owned(),
            kinds: self.kinds.clone(),
        })
    }
}

/// Of what it hears.
pub(crate) fn hears(kinds: &[Kind]) -> String {
    if kinds.is_empty() {
        return "Every request".to_owned();
    }
    let words: Vec<&str> = kinds.iter().map(|kind| kind_words(*kind)).collect();
    words.join(", ")
}

/// Where a webhook is, as a chip.
pub(crate) fn standing(webhook: &WebhookView) -> (&'static str, Tone) {
    match (webhook.enabled, &webhook.disabled_because) {
        (false, Some(_)) => ("Switched off", Tone::Failed),
        (false, None) => ("Off", Tone::Quiet),
        (true, _) if webhook.failing_since.is_some() => ("Failing", Tone::Waits),
        (true, _) => ("On", Tone::Well),
    }
}

/// When it was made, and what is wrong with it. `zone_min` is local time minus UTC.
pub(crate) fn story(webhook: &WebhookView, now: Millis, zone_min: i32) -> Vec<String> {
    let told = |text: &str| parse(text).map(|at| when(at, now, zone_min));
    let mut story: Vec<String> = told(&webhook.made_at)
        .map(|at| format!("made {at}"))
        .into_iter()
        .collect();
    let failing = webhook.failing_since.as_deref().and_then(told);
    story.extend(failing.map(|at| format!("nothing was taken since {at}")));
    let off = webhook.disabled_because.as_ref();
    story.extend(off.map(|why| format!("switched off by the platform: {why}")));
    story
}

/// Where a delivery is, as a chip.
pub(crate) const fn delivered(state: DeliveryState) -> (&'static str, Tone) {
    match state {
        DeliveryState::Pending => ("On its way", Tone::Waits),
        DeliveryState::Delivered => ("Taken", Tone::Well),
        DeliveryState::Failed => ("Not taken", Tone::Failed),
        DeliveryState::Stopped => ("Stopped", Tone::Quiet),
    }
}

/// What a delivery tells of: the request and where it was, in words.
pub(crate) fn about(delivery: &DeliveryView) -> String {
    let Ok(event) = serde_json::from_str::<Event>(&delivery.body) else {
        return "An event".to_owned();
    };
    match event.data {
        None => "A test".to_owned(),
        Some(data) => {
            let status = match data.outcome {
                Some(ended) => outcome(ended).0.to_owned(),
                None => spelled(&data.status),
            };
            format!("{}: {status}", data.title)
        }
    }
}

/// What was posted, for a person to read.
pub(crate) fn posted(delivery: &DeliveryView) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(&delivery.body).ok();
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    pretty.unwrap_or_else(|| delivery.body.clone())
}

/// When a delivery was made, how often it was tried, and what was answered last.
pub(crate) fn course(delivery: &DeliveryView, zone_min: i32) -> String {
    let mut words: Vec<String> = parse(&delivery.made_at)
        .map(|at| moment(at, zone_min))
        .into_iter()
        .collect();
    words.push(match delivery.attempts.len() {
        0 => "not tried yet".to_owned(),
        1 => "1 attempt".to_owned(),
        count => format!("{count} attempts"),
    });
    words.extend(delivery.attempts.last().map(answer));
    words.join(", ")
}

/// What a program answered.
fn answer(attempt: &Attempt) -> String {
    match attempt.status {
        Some(status) => format!("answered {status}"),
        None => "no answer".to_owned(),
    }
}

/// One attempt: when, what was answered after how long, and what is wrong with that.
pub(crate) fn tried(attempt: &Attempt, zone_min: i32) -> String {
    let at = parse(&attempt.at).map(|at| format!("{}: ", moment(at, zone_min)));
    let took = precise(Millis::from(attempt.took_ms));
    let why = attempt.problem.as_ref().map(|why| format!(", {why}"));
    let (at, why) = (at.unwrap_or_default(), why.unwrap_or_default());
    format!("{at}{} after {took}{why}", answer(attempt))
}

/// What is known of a log, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Log {
    /// The deliveries.
    pub(crate) deliveries: Vec<DeliveryView>,
    /// Where the part after them begins, if there is one.
    pub(crate) next: Option<String>,
}

impl Log {
    /// With the newest part as it is now. What is known of older ones stays, unless something between them is not.
    pub(crate) fn with_newest(self, newest: Deliveries) -> Self {
        let Some(last) = newest.deliveries.last().map(|last| last.id.clone()) else {
            return Self::default();
        };
        let follows_on = self.deliveries.iter().any(|known| known.id == last);
        // Ids sort by time.
        let older = self.deliveries.into_iter();
        let older: Vec<_> = older
            .filter(|known| follows_on && known.id < last)
            .collect();
        let next = if older.is_empty() {
            newest.next
        } else {
            self.next
        };
        Self {
            deliveries: newest.deliveries.into_iter().chain(older).collect(),
            next,
        }
    }

    /// With the part after what is known.
    pub(crate) fn with_older(mut self, older: Deliveries) -> Self {
        let last = self.deliveries.last().map(|last| last.id.clone());
        let fresh = older.deliveries.into_iter();
        let fresh = fresh.filter(|one| last.as_ref().is_none_or(|last| one.id < *last));
        self.deliveries.extend(fresh);
        self.next = older.next;
        self
    }

    /// Whether something of it is still on its way.
    pub(crate) fn moves(&self) -> bool {
        let mut all = self.deliveries.iter();
        all.any(|one| one.state == DeliveryState::Pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::webhook::EventType;

    /// 2026-11-20T10:00:00Z.
    const NOW: Millis = 1_795_168_800_000;

    fn webhook() -> WebhookView {
        WebhookView {
            id: "wh-1".into(),
            tenant: "t-1".into(),
            url: "https://example.test/hooks".to_owned(),
            kinds: Vec::new(),
            enabled: true,
            made_at: "2026-11-01T10:00:00.000Z".to_owned(),
            failing_since: None,
            disabled_because: None,
        }
    }

    fn delivery(id: &str) -> DeliveryView {
        DeliveryView {
            id: id.into(),
            message: "evt_1".to_owned(),
            kind: EventType::RequestChanged,
            request: None,
            state: DeliveryState::Delivered,
            made_at: "2026-11-20T09:30:00.000Z".to_owned(),
            attempts: Vec::new(),
            body: String::new(),
        }
    }

    fn attempt(status: Option<u16>, problem: Option<&str>) -> Attempt {
        Attempt {
            at: "2026-11-20T09:30:01.000Z".to_owned(),
            took_ms: 12,
            status,
            problem: problem.map(str::to_owned),
        }
    }

    fn part(ids: &[&str], next: Option<&str>) -> Deliveries {
        Deliveries {
            deliveries: ids.iter().map(|id| delivery(id)).collect(),
            next: next.map(str::to_owned),
        }
    }

    fn ids(log: &Log) -> Vec<&str> {
        log.deliveries.iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn what_is_asked_for_has_an_address_and_kinds_in_their_order() {
        let mut draft = Draft::default();
        assert!(draft.body().is_err());
        draft.url = "example.com".to_owned();
        assert!(draft.body().is_err());
        draft.url = " https://example.com/hooks ".to_owned();
        for kind in [Kind::PortIn, Kind::OnboardTenant, Kind::PortOut] {
            draft.tick(kind);
        }
        draft.tick(Kind::PortOut);
        let body = draft.body().unwrap();
        assert_eq!(body.url, "https://example.com/hooks");
        assert_eq!(body.kinds, [Kind::OnboardTenant, Kind::PortIn]);
        assert_eq!(hears(&body.kinds), "Onboarding, Port");
        assert_eq!(hears(&[]), "Every request");
    }

    #[test]
    fn a_webhook_is_on_failing_or_off() {
        let since = Some("2026-11-20T09:00:00.000Z".to_owned());
        let failing = WebhookView {
            failing_since: since,
            ..webhook()
        };
        let off = WebhookView {
            enabled: false,
            disabled_because: Some("it failed".to_owned()),
            ..failing.clone()
        };
        let by_hand = WebhookView {
            enabled: false,
            ..webhook()
        };
        for (webhook, words) in [
            (webhook(), "On"),
            (failing.clone(), "Failing"),
            (off.clone(), "Switched off"),
            (by_hand, "Off"),
        ] {
            assert_eq!(standing(&webhook).0, words);
        }
        assert_eq!(story(&webhook(), NOW, 0), ["made 1 Nov"]);
        assert_eq!(
            story(&off, NOW, 0),
            [
                "made 1 Nov",
                "nothing was taken since 09:00",
                "switched off by the platform: it failed"
            ]
        );
    }

    #[test]
    fn a_delivery_says_of_what_it_tells_and_how_it_went() {
        let mut one = delivery("1");
        assert_eq!(about(&one), "An event");
        assert_eq!(posted(&one), "");
        assert_eq!(course(&one, 0), "Fri 20 Nov, 09:30, not tried yet");
        let test =
            r#"{"type":"webhook.test","timestamp":"2026-11-20T09:30:00.000Z","tenant":"t-1"}"#;
        one.body = test.to_owned();
        assert_eq!(about(&one), "A test");
        assert!(posted(&one).contains("\n  \"tenant\": \"t-1\""));
        let mut event: serde_json::Value = serde_json::from_str(test).unwrap();
        event["data"] = serde_json::json!({
            "request": "r-1", "kind": "port-in", "rev": 3, "title": "Port of 1 number", "status": "in_review", "owner": "operator",
            "nextAction": "Review", "numbers": [],
        });
        one.body = event.to_string();
        assert_eq!(about(&one), "Port of 1 number: In review");
        event["data"]["outcome"] = "cancelled".into();
        one.body = event.to_string();
        assert_eq!(about(&one), "Port of 1 number: Cancelled");

        one.attempts = vec![attempt(Some(500), Some("it failed")), attempt(None, None)];
        assert_eq!(course(&one, 0), "Fri 20 Nov, 09:30, 2 attempts, no answer");
        assert_eq!(
            tried(&one.attempts[0], 0),
            "Fri 20 Nov, 09:30: answered 500 after 12 ms, it failed"
        );
        one.attempts = vec![attempt(Some(204), None)];
        assert_eq!(
            course(&one, 60),
            "Fri 20 Nov, 10:30, 1 attempt, answered 204"
        );
    }

    #[test]
    fn a_log_grows_at_both_ends_and_has_no_gap() {
        let log = Log::default().with_newest(part(&["5", "4"], Some("4")));
        let log = log.with_older(part(&["3", "2"], Some("2")));
        assert_eq!(ids(&log), ["5", "4", "3", "2"]);
        let log = log.with_newest(part(&["6", "5"], Some("5")));
        assert_eq!(ids(&log), ["6", "5", "4", "3", "2"]);
        assert_eq!(log.next.as_deref(), Some("2"));
        let far = log.with_newest(part(&["9", "8"], Some("8")));
        assert_eq!(ids(&far), ["9", "8"], "what came between is not known");
        assert_eq!(far.next.as_deref(), Some("8"));
        let all = far.with_newest(part(&["9", "8"], None));
        assert_eq!(all.next, None);
        assert_eq!(all.with_newest(part(&[], None)), Log::default());
    }

    #[test]
    fn a_log_moves_while_something_is_on_its_way() {
        let mut log = Log::default().with_newest(part(&["2", "1"], None));
        assert!(!log.moves());
        log.deliveries[1].state = DeliveryState::Pending;
        assert!(log.moves());
        assert_eq!(delivered(DeliveryState::Pending).0, "On its way");
    }
}
