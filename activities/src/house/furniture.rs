//! What tests put into the house: another tenant, calls, dossiers, requests, sessions and connections.
use super::House;
use crate::people::Caller;
use crate::ports::calls::{CallRecord, Calls};
use crate::ports::connections::{Connection, Connections};
use crate::ports::directory::{Credential, Directory, NewTenant, Person, Tenant};
use crate::ports::requests::Requests;
use crate::ports::sessions::{SessionRecord, Sessions};
use crate::request::{self, Begun};
use crate::seed::sample;
use axum::http::{Method, StatusCode};
use contract::request::{Kind, RequestView};
use contract::view::CallView;
use contract::{CallId, Role};
use serde_json::{Value, json};

impl House {
    /// A second tenant with one operator, to be kept out.
    pub(crate) async fn add_foreign_tenant(&self) -> Caller {
        let tenant = Tenant {
            tenant: "t-other".into(),
            name: "Other".into(),
            dial: sample::dial_policy(),
            country: None,
            closed_at: None,
        };
        let person = Person {
            person: "p-eve".into(),
            tenant: "t-other".into(),
            name: "Eve".into(),
            email: "eve@other.example".into(),
            role: Role::Operator,
            numbers: Vec::new(),
            ring_limit_s: 25,
            language: None,
        };
        let people = vec![Credential {
            person,
            password_hash: "none".into(),
        }];
        self.aws
            .create_tenant(&NewTenant {
                tenant,
                people,
                numbers: Vec::new(),
            })
            .await
            .unwrap();
        Caller {
            tenant: "t-other".into(),
            person: "p-eve".into(),
            role: Role::Operator,
            session: "s-eve".into(),
        }
    }

    /// Places a call and gives its record.
    pub(crate) async fn place(&self, caller: &Caller, to: &str) -> CallView {
        let body = json!({ "to": to, "device": "tab-12345678" });
        let answer = self
            .ask(caller, Method::POST, "/v1/calls", Some(body))
            .await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        serde_json::from_value(answer.body).unwrap()
    }

    /// A dossier of the sample tenant; gives its id.
    pub(crate) async fn dossier(&self) -> String {
        let body = json!({ "kind": "business", "endUser": { "businessName": "Isthmus Trading" } });
        let lucia = self.lucia();
        let answer = self
            .ask(&lucia, Method::POST, "/v1/dossiers", Some(body))
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.body["dossier"]["id"].as_str().unwrap().to_owned()
    }

    /// A request of the sample tenant in which its administrator has to fill in the form `review`.
    pub(crate) async fn asks_for_review(&self, request: &str) -> RequestView {
        self.begins(request, Kind::VerifyDossier).await;
        self.asks(request, "customer", Value::Null).await
    }

    /// A request of the sample tenant begins.
    pub(crate) async fn begins(&self, request: &str, kind: Kind) {
        let begun = Begun {
            id: request.into(),
            kind,
            tenant: sample::TENANT.into(),
            person: None,
            title: "A dossier".to_owned(),
            details: json!({ "dossier": "d-1" }),
            numbers: Vec::new(),
            hidden: Value::Null,
        };
        request::begin::begin(&*self.aws, begun).await.unwrap();
    }

    /// A request asks somebody to fill in the form `review`.
    pub(crate) async fn asks(&self, request: &str, owner: &str, about: Value) -> RequestView {
        let turn = json!({
            "token": "token", "request": request, "state": "Review", "round": 1, "attempt": 0, "received": 0,
            "status": "in_review", "owner": owner, "nextAction": "Look at it",
            "task": { "form": "review", "title": "Review the dossier", "about": about },
            "accepts": ["task.done@review", "request.cancel"],
        });
        let turn = serde_json::from_value(turn).unwrap();
        request::turn::turn(&*self.aws, turn).await.unwrap();
        let record = Requests::get(&*self.aws, &request.into()).await.unwrap();
        record.unwrap().view
    }

    /// Changes a call's record as turns do.
    pub(crate) async fn change(
        &self,
        call: &CallId,
        mut change: impl FnMut(&mut CallRecord) + Send,
    ) -> CallRecord {
        let changed = Calls::update(&*self.aws, call, |record| {
            change(record);
            crate::ports::calls::Changed::Yes
        });
        changed.await.unwrap().unwrap()
    }

    /// Has somebody signed in, so that their tokens belong to a session.
    pub(crate) async fn sign_in(&self, caller: &Caller) {
        let now = jiff::Timestamp::now();
        let session = SessionRecord {
            family: caller.session.clone(),
            tenant: caller.tenant.clone(),
            person: caller.person.clone(),
            current: String::new(),
            previous: None,
            rotated_at_ms: now.as_millisecond(),
            client: String::new(),
            expires: now.as_second() + 600,
        };
        self.aws.create_session(&session).await.unwrap();
    }

    /// Records a connection that was opened `age_s` seconds ago.
    pub(crate) async fn connect(&self, caller: &Caller, id: &str, age_s: i64) -> Connection {
        let now = jiff::Timestamp::now().as_second();
        let connection = Connection {
            id: id.to_owned(),
            tenant: caller.tenant.clone(),
            person: caller.person.clone(),
            role: caller.role,
            device: "tab-12345678".into(),
            session: caller.session.clone(),
            since: now - age_s,
            expires: now + 600,
        };
        self.aws.add(&connection).await.unwrap();
        connection
    }
}
