//! Lists of sanctions over the API.
use super::requesting::staff;
use crate::dossier::screen;
use crate::house::{Answer, House};
use crate::people::Caller;
use crate::ports::screening::{LISTS_MAX, SanctionsList, Screening};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use contract::dossier::review::{DossierScreenInput, ScreeningVerdict};
use serde_json::json;

const PATH: &str = "/v1/screening-lists/UN-SC?source=UN&asOf=2026-11-20";

async fn load(house: &House, who: &Caller, path: &str, kind: &str, list: &str) -> Answer {
    let request = Request::builder()
        .method(Method::PUT)
        .uri(path)
        .header("authorization", format!("Bearer {}", house.token(who, 0)))
        .header("content-type", kind)
        .body(Body::from(list.to_owned()))
        .unwrap();
    house.send(request).await
}

#[tokio::test]
async fn a_list_is_loaded_once_takes_the_place_of_the_one_before_and_is_screened_against() {
    let house = House::new().await;
    let staff = staff(&house);
    let dossier = house.dossier().await;
    let many: String = (0..20_000)
        .map(|at| format!("Somebody Number {at}\n"))
        .collect();
    let list = format!("{many}\"Trading, Isthmus\",The Isthmus\n");
    let first = load(&house, &staff, PATH, "text/csv; charset=utf-8", &list).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(first.body["names"], 20_002);
    assert_eq!(first.body["loadedBy"], "p-ruth-amsler");
    assert_eq!(first.body["counts"], true);
    let again = load(&house, &staff, PATH, "text/csv", &list).await;
    assert_eq!(again.body, first.body, "the same again changes nothing");
    let look = async || {
        let input = DossierScreenInput {
            dossier: dossier.as_str().into(),
            request: "vd-1".into(),
        };
        screen::screen(&*house.aws, input).await.unwrap()
    };
    let found = look().await;
    assert_eq!(found.verdict, ScreeningVerdict::Suspect);
    assert_eq!(found.hits[0].list, "UN-SC");
    // A correction of the same date.
    let other = load(&house, &staff, PATH, "text/csv", "Somebody Else\n").await;
    assert_eq!(other.body["names"], 1, "{}", other.text);
    assert_eq!(look().await.verdict, ScreeningVerdict::Clear);
    let lists = house.aws.lists().await.unwrap();
    let lists: Vec<_> = lists
        .iter()
        .map(|one| (one.id.as_str(), one.count()))
        .collect();
    assert_eq!(lists, [("PRACTICE", 3), ("UN-SC", 1)]);
    let shown = house
        .ask(&staff, Method::GET, "/v1/screening-lists", None)
        .await;
    assert_eq!(shown.body["lists"][1], other.body);
    assert!(!shown.text.contains("Somebody"));
    let older = PATH.replace("11-20", "11-19");
    let older = load(&house, &staff, &older, "text/csv", "Somebody\n").await;
    assert_eq!(
        (older.status, older.error()),
        (StatusCode::CONFLICT, "Screening.Older")
    );
}

#[tokio::test]
async fn what_is_no_list_is_refused_and_only_the_phone_companys_people_load_one() {
    let house = House::new().await;
    let staff = staff(&house);
    let csv = "text/csv";
    let lucia = house.lucia();
    for (who, path, kind, list, status, error) in [
        (&lucia, PATH, csv, "A", 403, "Role.NotAllowed"),
        (
            &staff,
            PATH,
            "application/json",
            "A",
            415,
            "Request.BadType",
        ),
        (&staff, PATH, csv, "", 422, "Request.BadField"),
        (&staff, PATH, csv, "\"A", 422, "Request.BadField"),
        (
            &staff,
            "/v1/screening-lists/PRACTICE?source=a&asOf=2026-11-20",
            csv,
            "A",
            422,
            "Request.BadField",
        ),
        (
            &staff,
            "/v1/screening-lists/UN-SC?asOf=2026-11-20",
            csv,
            "A",
            422,
            "Request.BadField",
        ),
        (
            &staff,
            "/v1/screening-lists/UN-SC?source=a&asOf=yesterday",
            csv,
            "A",
            422,
            "Request.BadField",
        ),
        (
            &staff,
            "/v1/screening-lists/UN-SC?source=a&asOf=2026-11-20&threshold=101",
            csv,
            "A",
            422,
            "Request.BadField",
        ),
        (
            &staff,
            "/v1/screening-lists/UN-SC?source=a&asOf=2026-11-20&layout=xml",
            csv,
            "A",
            422,
            "Request.BadField",
        ),
    ] {
        let answer = load(&house, who, path, kind, list).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (status, error),
            "{path}: {}",
            answer.text
        );
    }
    let huge = "x\n".repeat(2 * 1024 * 1024 + 1);
    let answer = load(&house, &staff, PATH, csv, &huge).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let seen = house
        .ask(&lucia, Method::GET, "/v1/screening-lists", None)
        .await;
    assert_eq!(seen.error(), "Role.NotAllowed");
    let known = house.aws.list_heads().await.unwrap();
    assert_eq!(json!(known).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_mistyped_date_is_refused_and_stands_in_nobodys_way() {
    let house = House::new().await;
    let staff = staff(&house);
    let far = PATH.replace("2026-11-20", "2062-11-20");
    let refused = load(&house, &staff, &far, "text/csv", "Somebody\n").await;
    assert_eq!(
        (refused.status.as_u16(), refused.error()),
        (422, "Request.BadField"),
        "{}",
        refused.text
    );
    assert_eq!(refused.body["field"], "asOf");
    let right = load(&house, &staff, PATH, "text/csv", "Somebody\n").await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.text);
}

#[tokio::test]
async fn a_list_that_nobody_would_look_through_is_refused() {
    let house = House::new().await;
    let staff = staff(&house);
    let known = house.aws.list_heads().await.unwrap().len();
    for at in known..LISTS_MAX {
        let list = SanctionsList {
            id: format!("LIST-{at}"),
            threshold: 90,
            names: vec!["Somebody".to_owned()],
            as_of: "2026-11-20".to_owned(),
            ..SanctionsList::default()
        };
        house.aws.put_list(&list).await.unwrap();
    }
    let refused = load(&house, &staff, PATH, "text/csv", "Somebody\n").await;
    assert_eq!(
        (refused.status, refused.error()),
        (StatusCode::CONFLICT, "Screening.TooMany"),
        "{}",
        refused.text
    );
    // One that is there is loaded anew.
    let there = PATH.replace("UN-SC", "LIST-99");
    let anew = load(&house, &staff, &there, "text/csv", "Somebody\n").await;
    assert_eq!(anew.status, StatusCode::OK, "{}", anew.text);
}
