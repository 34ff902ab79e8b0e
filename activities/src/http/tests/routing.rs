//! Groups and flows, and the numbers that ring them.
use crate::house::House;
use crate::people::Caller;
use crate::ports::calls::Calls;
use axum::http::{Method, StatusCode};
use contract::Role;
use contract::view::{Phase, Rang, Rung};
use serde_json::{Value, json};

const NUMBER: &str = "/v1/numbers/+41445550100";

pub(super) fn group() -> Value {
    json!({
        "name": "Sales", "strategy": "all_at_once", "ringS": 20,
        "members": ["p-anna-keller", "p-tan-wei-ming"],
    })
}

pub(super) fn flow(group: &str) -> Value {
    json!({
        "name": "Office hours", "timeZone": "Europe/Zurich", "holidays": "CH",
        "hours": [{ "day": "monday", "from": "08:00", "to": "17:30" }],
        "open": { "group": group, "ringS": 15 },
        "closed": { "refuse": "Closed" },
        "unanswered": { "person": "p-lucia-mendez" },
    })
}

/// Makes a group or a flow; tells its id.
pub(super) async fn made(house: &House, what: &str, body: Value) -> String {
    let path = format!("/v1/{what}s");
    let answer = house
        .ask(&house.lucia(), Method::POST, &path, Some(body))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.body[what].as_str().unwrap().to_owned()
}

async fn refused(
    house: &House,
    who: &Caller,
    asked: (Method, &str, Value),
) -> (u16, String, String) {
    let (method, path, body) = asked;
    let answer = house.ask(who, method, path, Some(body)).await;
    let field = answer.body["field"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), answer.error().to_owned(), field)
}

fn no(status: u16, error: &str, field: &str) -> (u16, String, String) {
    (status, error.to_owned(), field.to_owned())
}

#[tokio::test]
async fn a_group_is_made_once_changed_by_its_version_and_deleted() {
    let (house, key) = (House::new().await, "a-key-of-a-group");
    let lucia = house.lucia();
    let make = || house.ask_with_key(&lucia, Method::POST, "/v1/groups", Some(group()), key);
    let (first, again) = (make().await, make().await);
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(first.body, again.body);
    let id = first.body["group"].as_str().unwrap();
    assert!(id.starts_with("g-") && first.body["version"] == 1);
    let path = format!("/v1/groups/{id}");

    let mut changed = group();
    changed["name"] = json!("SALES");
    changed["version"] = json!(1);
    let put = || house.ask(&lucia, Method::PUT, &path, Some(changed.clone()));
    let after = put().await;
    assert_eq!(
        (after.status, &after.body["version"]),
        (StatusCode::OK, &json!(2))
    );
    assert_eq!(put().await.body, after.body, "sent again");
    changed["name"] = json!("Support");
    let late = refused(&house, &lucia, (Method::PUT, &path, changed.clone())).await;
    assert_eq!(late, no(409, "Group.Changed", "version"));
    changed["version"] = json!(2);
    let renamed = house
        .ask(&lucia, Method::PUT, &path, Some(changed.clone()))
        .await;
    assert_eq!(renamed.body["name"], "Support");

    // Its old name is free, its new one is not.
    made(&house, "group", group()).await;
    let mut taken = group();
    taken["name"] = json!("support");
    let taken = refused(&house, &lucia, (Method::POST, "/v1/groups", taken)).await;
    assert_eq!(taken, no(409, "Group.NameTaken", "name"));

    let listed = house.ask(&lucia, Method::GET, "/v1/groups", None).await;
    let names: Vec<_> = listed.body["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| &g["name"])
        .collect();
    assert_eq!(names, ["Sales", "Support"]);
    let gone = house.ask(&lucia, Method::DELETE, &path, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let missing = house.ask(&lucia, Method::GET, &path, None).await;
    assert_eq!(
        (missing.status.as_u16(), missing.error()),
        (404, "Group.NotFound")
    );
}

#[tokio::test]
async fn what_is_used_stays_and_says_by_what() {
    let house = House::new().await;
    let lucia = house.lucia();
    let group_id = made(&house, "group", group()).await;
    let flow_id = made(&house, "flow", flow(&group_id)).await;
    let (group_path, flow_path) = (
        format!("/v1/groups/{group_id}"),
        format!("/v1/flows/{flow_id}"),
    );
    let lead = |body: Value| house.ask(&lucia, Method::PATCH, NUMBER, Some(body));
    let led = lead(json!({ "flow": flow_id })).await;
    assert_eq!(
        (led.status, &led.body["flow"], led.body.get("person")),
        (StatusCode::OK, &json!(flow_id), None)
    );
    let anna = house.ask(&house.anna(), Method::GET, "/v1/me", None).await;
    assert!(
        !anna.text.contains("+41445550100"),
        "it is no number of hers any more"
    );

    for (path, by) in [
        (&group_path, "the flow Office hours"),
        (&flow_path, "+41445550100"),
    ] {
        let kept = house.ask(&lucia, Method::DELETE, path, None).await;
        assert_eq!(kept.status, StatusCode::CONFLICT);
        assert!(
            kept.error().ends_with(".InUse") && kept.text.contains(by),
            "{}",
            kept.text
        );
    }
    // A number that rings the group uses it too; one that leaves it does not.
    lead(json!({ "group": group_id })).await;
    let both = house.ask(&lucia, Method::GET, &group_path, None).await;
    assert_eq!(both.body["usedBy"], json!(["+41445550100", flow_id]));
    assert_eq!(
        house
            .ask(&lucia, Method::DELETE, &flow_path, None)
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    lead(json!({ "person": "p-anna-keller" })).await;
    let free = house.ask(&lucia, Method::GET, &group_path, None).await;
    assert_eq!(free.body["usedBy"], json!([]));
    assert_eq!(
        house
            .ask(&lucia, Method::DELETE, &group_path, None)
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let nobody = lead(json!({ "person": null })).await;
    assert_eq!(
        (nobody.status, nobody.body.get("person")),
        (StatusCode::OK, None)
    );
}

#[tokio::test]
async fn a_flow_that_stops_ringing_a_group_lets_it_go() {
    let house = House::new().await;
    let lucia = house.lucia();
    let group_id = made(&house, "group", group()).await;
    let flow_id = made(&house, "flow", flow(&group_id)).await;
    let path = format!("/v1/flows/{flow_id}");
    let mut body = flow(&group_id);
    body["open"] = json!({ "person": "p-anna-keller" });
    body.as_object_mut().unwrap().remove("holidays");
    body["version"] = json!(1);
    let changed = house.ask(&lucia, Method::PUT, &path, Some(body)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let read = house.ask(&lucia, Method::GET, &path, None).await;
    assert_eq!(
        (read.body.get("holidays"), &read.body["version"]),
        (None, &json!(2))
    );
    let gone = house
        .ask(
            &lucia,
            Method::DELETE,
            &format!("/v1/groups/{group_id}"),
            None,
        )
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn bad_input_names_the_field_and_other_tenants_are_not_found() {
    let house = House::new().await;
    let lucia = house.lucia();
    let eve = house.add_foreign_tenant().await;
    let stranger = Caller {
        role: Role::Administrator,
        ..eve
    };
    let theirs = house
        .ask(
            &stranger,
            Method::POST,
            "/v1/groups",
            Some(json!({
                "name": "Theirs", "strategy": "in_turn", "ringS": 20, "members": ["p-eve"],
            })),
        )
        .await;
    let theirs = theirs.body["group"].as_str().unwrap().to_owned();
    let with = |mut body: Value, field: &str, value: Value| {
        body[field] = value;
        body
    };
    let flows = flow("g-none");
    for (path, body, expected) in [
        (
            "/v1/groups",
            with(group(), "members", json!(["p-anna-keller", "p-eve"])),
            no(404, "Person.NotFound", "members[1]"),
        ),
        (
            "/v1/groups",
            with(group(), "members", json!([])),
            no(422, "Request.BadField", "members"),
        ),
        (
            "/v1/groups",
            with(group(), "ringS", json!(600)),
            no(422, "Request.BadField", "ringS"),
        ),
        (
            "/v1/groups",
            with(group(), "version", json!(1)),
            no(422, "Request.BadField", "version"),
        ),
        (
            "/v1/flows",
            with(flows.clone(), "open", json!({ "group": theirs })),
            no(404, "Group.NotFound", "open.group"),
        ),
        (
            "/v1/flows",
            with(flows.clone(), "open", json!({ "person": "p-eve" })),
            no(404, "Person.NotFound", "open.person"),
        ),
        (
            "/v1/flows",
            with(flows.clone(), "timeZone", json!("Mars/Olympus")),
            no(422, "Request.BadField", "timeZone"),
        ),
        (
            "/v1/flows",
            with(flows, "holidays", json!("XX")),
            no(422, "Request.BadField", "holidays"),
        ),
    ] {
        let told = refused(&house, &lucia, (Method::POST, path, body)).await;
        assert_eq!(told, expected);
    }
    let path = format!("/v1/groups/{theirs}");
    for (method, body) in [
        (Method::GET, None),
        (Method::DELETE, None),
        (Method::PUT, Some(with(group(), "version", json!(1)))),
    ] {
        let answer = house.ask(&lucia, method, &path, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (404, "Group.NotFound")
        );
    }
    for (body, expected) in [
        (
            json!({ "group": theirs }),
            no(404, "Group.NotFound", "group"),
        ),
        (
            json!({ "flow": "f-none" }),
            no(404, "Flow.NotFound", "flow"),
        ),
        (
            json!({ "person": "p-eve" }),
            no(404, "Person.NotFound", "person"),
        ),
        (json!({}), no(422, "Request.BadField", "person")),
        (json!({ "group": "" }), no(422, "Request.BadField", "group")),
        (
            json!({ "group": "g-1", "flow": "f-1" }),
            no(422, "Request.BadField", "person"),
        ),
        (
            json!({ "person": null, "group": theirs }),
            no(422, "Request.BadField", "person"),
        ),
    ] {
        let told = refused(&house, &lucia, (Method::PATCH, NUMBER, body)).await;
        assert_eq!(told, expected);
    }
    let anna = refused(&house, &house.anna(), (Method::POST, "/v1/groups", group())).await;
    assert_eq!(anna, no(403, "Role.NotAllowed", ""));
}

#[tokio::test]
async fn of_those_who_ring_the_first_has_the_call_and_the_others_only_see_it() {
    let house = House::new().await;
    let call = house.place(&house.lucia(), "+41445550177").await;
    let rung = |person: &str, name: &str| Rung {
        person: person.into(),
        name: name.into(),
        status: Rang::Ringing,
    };
    house
        .change(&call.id, |record| {
            record.view.phase = Phase::Ringing;
            record.view.rung = vec![rung("p-anna-keller", "Anna"), rung("p-tan-wei-ming", "Tan")];
        })
        .await;
    let path = format!("/v1/calls/{}/commands", call.id);
    let command = |who: Caller, body: Value| {
        let (house, path) = (&house, &path);
        async move { house.ask(&who, Method::POST, path, Some(body)).await }
    };
    let answer = |device: &str| json!({ "command": "answer", "device": device });
    let first = command(house.anna(), answer("tab-of-anna")).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    let second = command(house.wei(), answer("tab-of-wei-")).await;
    assert_eq!(second.error(), "Call.AnsweredElsewhere");
    for body in [
        json!({ "command": "decline" }),
        json!({ "command": "hang_up" }),
    ] {
        let late = command(house.wei(), body).await;
        assert!(late.status.is_client_error(), "{}", late.text);
    }
    let seen = house
        .ask(
            &house.wei(),
            Method::GET,
            &format!("/v1/calls/{}", call.id),
            None,
        )
        .await;
    assert_eq!(seen.body["legs"][1]["person"], "p-anna-keller");
    assert_eq!(seen.body["rung"][1]["status"], "stopped");
    let media = format!("/v1/calls/{}/media", call.id);
    let token = house
        .ask(
            &house.wei(),
            Method::POST,
            &media,
            Some(json!({ "device": "tab-of-anna" })),
        )
        .await;
    assert_eq!(token.status, StatusCode::FORBIDDEN);
    let record = house.aws.get(&call.id).await.unwrap().unwrap();
    assert!(record.private.engaged.contains(&"p-anna-keller".into()));
    assert!(!record.private.engaged.contains(&"p-tan-wei-ming".into()));
}
