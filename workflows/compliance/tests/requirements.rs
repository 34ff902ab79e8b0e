//! The requirements that ship, and the laws that hold for any dossier: a good document never harms, and who mends every
//! failure passes.

use compliance::requirement::{
    Asked, BadCatalogue, Catalogue, NotKnown, Resolved, Wanted, evaluate, resolve,
};
use compliance::world::REQUIREMENTS;
use contract::dossier::{
    Allowed, Compliance, Dossier, EndUserKind, Evaluation, Failure, FailureCode, NumberAction,
    NumberType,
};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};

const TODAY: Date = date(2026, 11, 21);

fn catalogue() -> Catalogue {
    Catalogue::read(REQUIREMENTS.map(|(_, text)| text)).expect("the data reads")
}

fn asked(
    country: &str,
    number_type: NumberType,
    end_user: EndUserKind,
    action: NumberAction,
) -> Asked {
    Asked {
        country: country.into(),
        number_type,
        end_user,
        action,
        numbers: 1,
        nationality: None,
    }
}

fn ids(found: &[Resolved]) -> Vec<&str> {
    found
        .iter()
        .map(|one| one.requirement.id.as_str())
        .collect()
}

fn empty(kind: &str) -> Dossier {
    let value =
        json!({ "id": "dossier-1", "tenant": "acme", "version": 1, "kind": kind, "endUser": {} });
    serde_json::from_value(value).expect("a dossier")
}

fn document(at: usize, kind: &str, issued: &str) -> Value {
    json!({
        "id": format!("document-{at}"), "kind": kind, "fileName": "scan.pdf", "mediaType": "application/pdf",
        "bytes": 1000, "sha256": "0".repeat(64), "uploadedAt": "2026-11-20T10:00:00Z", "issued": issued,
        "state": "pending-review"
    })
}

/// A business in Zürich that ports a Zürich number.
fn zurich() -> Dossier {
    serde_json::from_value(json!({
        "id": "dossier-1", "tenant": "acme", "version": 1, "kind": "business",
        "endUser": {
            "businessName": "Example Trading", "legalForm": "AG",
            "registerIds": [{ "scheme": "ch-uid", "country": "CH", "number": "CHE-123.456.788 MWST" }]
        },
        "addresses": [{
            "uses": ["service", "registered"], "street": "Bahnhofstrasse 1", "city": "Zürich", "region": "ZH",
            "postalCode": "8001", "country": "CH"
        }],
        "authorisedPerson": { "name": "Ana Pérez", "email": "ana@example.com" },
        "documents": [
            document(0, "letter_of_authorisation", "2026-11-20"), document(1, "invoice", "2026-11-01"),
            document(2, "register_extract", "2020-01-01")
        ],
        "previousService": { "provider": "Old Telecom", "accountNumber": "4711", "accountName": "Example Trading AG" }
    }))
    .expect("a dossier")
}

fn wanted(country: &str, number_type: NumberType, number: &str) -> Wanted {
    Wanted {
        country: country.into(),
        number_type,
        number: Some(contract::E164::parse(number).expect("a number")),
    }
}

fn zurich_port() -> (Vec<Resolved>, Vec<Wanted>) {
    let asked = asked(
        "CH",
        NumberType::Local,
        EndUserKind::Business,
        NumberAction::PortIn,
    );
    let requirements = resolve(&catalogue(), &[asked]).expect("known");
    (
        requirements,
        vec![wanted("CH", NumberType::Local, "+41445550100")],
    )
}

fn failures(evaluation: &Evaluation) -> Vec<&Failure> {
    evaluation
        .outcomes
        .iter()
        .flat_map(|outcome| &outcome.failures)
        .collect()
}

#[test]
fn the_catalogue_covers_four_countries_and_every_row_tells_its_source() {
    let catalogue = catalogue();
    let countries: Vec<&str> = catalogue
        .countries()
        .map(|rows| rows.country.as_str())
        .collect();
    assert_eq!(countries, ["CH", "PA", "SG", "US"]);
    for rows in catalogue.countries() {
        for row in &rows.requirements {
            assert!(
                row.id.starts_with(&rows.country.to_lowercase()),
                "{}",
                row.id
            );
            assert!(
                row.source.len() > 20 && row.description.len() > 10 && !row.example.is_empty(),
                "{}",
                row.id
            );
        }
        for case in &rows.covers {
            for (number_type, action) in case
                .number_types
                .iter()
                .flat_map(|t| case.actions.iter().map(move |a| (t, a)))
            {
                for user in [EndUserKind::Individual, EndUserKind::Business] {
                    let asked = asked(&rows.country, *number_type, user, *action);
                    let found = resolve(&catalogue, &[asked]).expect("covered");
                    assert!(
                        !found.is_empty(),
                        "{} {number_type:?} {action:?} asks for nothing",
                        rows.country
                    );
                }
            }
        }
    }
}

#[test]
fn what_singapore_asks_depends_on_who_and_how_many() {
    let catalogue = catalogue();
    let mut port = asked(
        "SG",
        NumberType::Local,
        EndUserKind::Business,
        NumberAction::PortIn,
    );
    port.nationality = Some("SG".into());
    let citizen = resolve(&catalogue, std::slice::from_ref(&port)).expect("known");
    assert_eq!(
        ids(&citizen),
        [
            "sg.authorised-person",
            "sg.business",
            "sg.address",
            "sg.register",
            "sg.register.extract",
            "sg.port.letter",
            "sg.port.invoice",
            "sg.port.account",
        ]
    );
    port.nationality = Some("CH".into());
    port.numbers = 2;
    let more = resolve(&catalogue, &[port]).expect("known");
    let added: Vec<&str> = ids(&more)
        .into_iter()
        .filter(|id| !ids(&citizen).contains(id))
        .collect();
    assert_eq!(added, ["sg.work-permit", "sg.port.block"]);
}

#[test]
fn a_requirement_shows_itself_with_its_source() {
    let (requirements, _) = zurich_port();
    let letter = requirements
        .iter()
        .find(|one| one.requirement.id == "ch.port.letter")
        .expect("asked")
        .view();
    assert_eq!(
        (
            letter.country.as_str(),
            letter.as_of.as_str(),
            letter.verified
        ),
        ("CH", "2026-11-21", true)
    );
    assert_eq!(letter.acceptance.len(), 4);
    assert!(letter.source.contains("90 days"));
}

#[test]
fn several_countries_ask_the_same_thing_once() {
    let catalogue = catalogue();
    let both = ["CH", "PA", "CH"].map(|country| {
        asked(
            country,
            NumberType::Mobile,
            EndUserKind::Individual,
            NumberAction::Order,
        )
    });
    let found = resolve(&catalogue, &both).expect("known");
    assert_eq!(
        ids(&found),
        [
            "ch.authorised-person",
            "ch.person",
            "ch.address",
            "ch.identity",
            "ch.identity.copy",
            "pa.address",
            "pa.identity",
            "pa.identity.copy",
        ]
    );
}

#[test]
fn what_nobody_has_written_down_is_not_free() {
    let catalogue = catalogue();
    let mut one = asked(
        "FR",
        NumberType::Local,
        EndUserKind::Business,
        NumberAction::Order,
    );
    let refused = resolve(&catalogue, std::slice::from_ref(&one)).expect_err("no rows");
    assert_eq!(
        refused,
        NotKnown::Country {
            country: "FR".into()
        }
    );
    one.country = "SG".into();
    one.number_type = NumberType::SharedCost;
    assert!(matches!(
        resolve(&catalogue, &[one]),
        Err(NotKnown::Case { .. })
    ));
}

#[test]
fn a_complete_dossier_is_compliant() {
    let (requirements, numbers) = zurich_port();
    let evaluation = evaluate(&requirements, &zurich(), &numbers, TODAY);
    assert_eq!(failures(&evaluation), Vec::<&Failure>::new());
    assert_eq!(evaluation.verdict, Compliance::Compliant);
    assert_eq!(evaluation.outcomes.len(), requirements.len());
}

#[test]
fn each_kind_of_failure_names_its_field_and_what_is_allowed() {
    let (requirements, numbers) = zurich_port();
    let change = |pointer: &str, value: Value| {
        let mut fields = serde_json::to_value(zurich()).expect("fields");
        *fields.pointer_mut(pointer).expect(pointer) = value;
        let dossier: Dossier = serde_json::from_value(fields).expect("a dossier");
        let evaluation = evaluate(&requirements, &dossier, &numbers, TODAY);
        assert_eq!(evaluation.verdict, Compliance::Noncompliant, "{pointer}");
        let found = failures(&evaluation);
        assert_eq!(found.len(), 1, "{found:?}");
        (
            found[0].field.clone(),
            found[0].code,
            found[0].words.clone(),
        )
    };
    let told = |field: &str, code, words: &str| (field.to_owned(), code, words.to_owned());
    use FailureCode as Code;
    let words = "dated 2026-08-22, and at most 90 days are allowed: not before 2026-08-23";
    assert_eq!(
        change("/documents/0/issued", json!("2026-08-22")),
        told("/documents/0/issued", Code::TooOld, words)
    );
    let words = "dated 2026-11-22, after today";
    assert_eq!(
        change("/documents/1/issued", json!("2026-11-22")),
        told("/documents/1/issued", Code::InTheFuture, words)
    );
    let words = "\"scan.pdf\" was not accepted: its time is over";
    assert_eq!(
        change("/documents/2/state", json!("rejected")),
        told("/documents/2/state", Code::Rejected, words)
    );
    let words = "missing: Latest invoice (invoice or service_record)";
    assert_eq!(
        change("/documents/1/kind", json!("other")),
        told("/documents/-", Code::Missing, words)
    );
    let words = "its check digit is 9, and the rest of it asks for 8";
    let field = "/endUser/registerIds/0/number";
    assert_eq!(
        change(field, json!("CHE-123.456.789")),
        told(field, Code::Identifier, words)
    );
    let words = "the address does not lie in the area Zürich of the number";
    assert_eq!(
        change("/addresses/0/region", json!("GE")),
        told("/addresses/0/region", Code::Locality, words)
    );
    let words = "a post-office box is no address; a street with its number is";
    assert_eq!(
        change("/addresses/0/street", json!("Postfach 12")),
        told("/addresses/0/street", Code::Form, words)
    );
    let words = "missing: an address in CH, area Zürich for the use service";
    assert_eq!(
        change("/addresses/0/country", json!("DE")),
        told("/addresses/-", Code::Missing, words)
    );
    let words = "it has another form than \"ana@example.com\"";
    assert_eq!(
        change("/authorisedPerson/email", json!("ana.example.com")),
        told("/authorisedPerson/email", Code::Form, words)
    );
    let words = "missing, such as \"4711-22\"";
    let field = "/previousService/accountNumber";
    assert_eq!(change(field, json!(" ")), told(field, Code::Missing, words));
    let words = "it has 1 characters; allowed: 2 to 200";
    assert_eq!(
        change("/previousService/provider", json!("X")),
        told("/previousService/provider", Code::Length, words)
    );
}

#[test]
fn the_last_allowed_day_is_allowed() {
    let (requirements, numbers) = zurich_port();
    let mut dossier = zurich();
    dossier.documents[0].issued = Some(contract::dossier::Day::parse("2026-08-23").expect("a day"));
    dossier.documents[1].issued = Some(contract::dossier::Day::parse("2026-10-22").expect("a day"));
    dossier.documents[2].valid_until =
        Some(contract::dossier::Day::parse("2026-11-21").expect("a day"));
    assert_eq!(
        evaluate(&requirements, &dossier, &numbers, TODAY).verdict,
        Compliance::Compliant
    );
    let tomorrow = evaluate(
        &requirements,
        &dossier,
        &numbers,
        TODAY.tomorrow().expect("a day"),
    );
    let fields: Vec<&str> = failures(&tomorrow)
        .iter()
        .map(|failure| failure.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "/documents/2/validUntil",
            "/documents/0/issued",
            "/documents/1/issued"
        ]
    );
}

#[test]
fn numbers_of_two_areas_need_two_addresses() {
    let (requirements, mut numbers) = zurich_port();
    numbers.push(wanted("CH", NumberType::Local, "+41225550100"));
    let mut dossier = zurich();
    let evaluation = evaluate(&requirements, &dossier, &numbers, TODAY);
    let found = failures(&evaluation);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].field, "/addresses/-",
        "the address in Zürich stays where it is"
    );
    mend(&mut dossier, found[0]);
    assert_eq!(dossier.addresses[1].region.as_deref(), Some("GE"));
    assert_eq!(
        evaluate(&requirements, &dossier, &numbers, TODAY).verdict,
        Compliance::Compliant
    );
}

#[test]
fn a_catalogue_that_cannot_be_right_is_refused_in_words() {
    let good = REQUIREMENTS[0].1;
    let refuse = |from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        Catalogue::read([text.as_str()]).expect_err(to).to_string()
    };
    assert_eq!(
        refuse("/authorisedPerson/name", "/authorisedPerson/pin"),
        "ch.authorised-person: a field that no dossier has"
    );
    assert_eq!(
        refuse("\"example\": \"ana@example.com\"", "\"example\": \"ana\""),
        "ch.authorised-person: a field's example does not fit its own rule"
    );
    assert_eq!(
        refuse("ch.identity.copy", "ch.identity"),
        "ch.identity: its id is there twice"
    );
    assert!(refuse("[A-Z]{2}", "[A-Z{2}").contains("not a pattern"));
    assert!(refuse("\"port_in\"", "\"port_up\"").contains("unknown variant"));
    assert_eq!(
        Catalogue::read([good, good]).err(),
        Some(BadCatalogue::Twice("CH".into()))
    );
}

/// Does what a failure says, and nothing else.
fn mend(dossier: &mut Dossier, failure: &Failure) {
    let mut fields = serde_json::to_value(&*dossier).expect("fields");
    let value = match &failure.allowed {
        Allowed::OneOf { values } => json!(values[0]),
        Allowed::Text { example, .. } => json!(example),
        Allowed::Between { first, last } => {
            json!(last.as_ref().or(first.as_ref()).expect("a bound"))
        }
        Allowed::Element {
            member,
            values,
            country,
            regions,
            example,
        } => {
            let list = failure.field.strip_suffix("/-").expect("a list");
            let list = fields
                .pointer_mut(list)
                .and_then(Value::as_array_mut)
                .expect(list);
            let (at, country) = (list.len() + 100, country.as_deref().unwrap_or("CH"));
            let mut element = match member.as_str() {
                "uses" => {
                    json!({ "uses": values, "street": example, "city": "Any", "country": country, "region": regions.first() })
                }
                "scheme" => json!({ "country": "CH", "number": example }),
                "requirement" => json!({ "madeAt": "2026-11-21T10:00:00Z", "by": "Ana" }),
                _ if failure.field.starts_with("/documents") => document(at, "other", "2026-11-21"),
                _ => json!({ "country": country, "number": example }),
            };
            if member != "uses" {
                element[member.as_str()] = json!(values[0]);
            }
            list.push(element);
            *dossier = serde_json::from_value(fields).expect("still a dossier");
            return;
        }
    };
    put(&mut fields, &failure.field, value);
    *dossier = serde_json::from_value(fields).expect("still a dossier");
}

/// Sets a field, with the objects that lead to it.
fn put(fields: &mut Value, pointer: &str, value: Value) {
    let mut at = &mut *fields;
    for part in pointer.split('/').skip(1) {
        at = match at {
            Value::Array(list) => &mut list[part.parse::<usize>().expect("an index")],
            other => &mut other[part],
        };
    }
    *at = value;
    // A person is written with a name and an address for mail; the other one follows.
    if pointer.starts_with("/authorisedPerson/") {
        for (member, filler) in [("name", "Ana Pérez"), ("email", "ana@example.com")] {
            let person = &mut fields["authorisedPerson"];
            if person[member].is_null() {
                person[member] = json!(filler);
            }
        }
    }
}

const KINDS: [&str; 8] = [
    "letter_of_authorisation",
    "invoice",
    "register_extract",
    "proof_of_identity",
    "work_permit",
    "trade_licence",
    "number_allocation",
    "other",
];

fn documents() -> impl Strategy<Value = Vec<Value>> {
    let states = ["draft", "pending-review", "rejected", "expired", "approved"];
    let one = (
        0..KINDS.len(),
        0..states.len(),
        0i64..120,
        prop::option::of(0i64..60),
    );
    prop::collection::vec(one, 0..8).prop_map(move |list| {
        let day = |back: i64| {
            TODAY
                .checked_sub(jiff::Span::new().days(back))
                .expect("a day")
                .to_string()
        };
        let each = list
            .into_iter()
            .enumerate()
            .map(|(at, (kind, state, back, until))| {
                let mut document = document(at, KINDS[kind], &day(back - 10));
                document["state"] = json!(states[state]);
                if let Some(until) = until {
                    document["validUntil"] = json!(day(until - 30));
                }
                document
            });
        each.collect()
    })
}

fn dossiers() -> impl Strategy<Value = Dossier> {
    let address = (0usize..3, 0usize..4, any::<bool>()).prop_map(|(usage, place, boxed)| {
        let (country, region) = [("CH", Some("ZH")), ("CH", None), ("SG", None), ("PA", Some("8"))][place];
        let street = if boxed { "PO Box 7, Postfach, Apartado" } else { "Main Street 1" };
        let usage = ["service", "emergency", "billing"][usage];
        json!({ "uses": [usage], "street": street, "city": "X", "country": country, "region": region })
    });
    let entry = (0usize..6, any::<bool>()).prop_map(|(scheme, good)| {
        let scheme = compliance::identifier::Scheme::ALL[scheme];
        let number = if good { scheme.example() } else { "000" };
        json!({ "scheme": scheme.name(), "country": "CH", "number": number })
    });
    let paper = (0usize..3, any::<bool>(), 0usize..3).prop_map(|(kind, over, country)| {
        let expires = if over { "2026-11-20" } else { "2030-01-01" };
        let (kind, country) = (
            ["passport", "national_id", "work_permit"][kind],
            ["CH", "SG", "PA"][country],
        );
        json!({ "kind": kind, "country": country, "number": "1", "expires": expires })
    });
    let lists = (
        prop::collection::vec(address, 0..4),
        prop::collection::vec(entry, 0..3),
        prop::collection::vec(paper, 0..3),
    );
    (any::<bool>(), any::<bool>(), lists, documents()).prop_map(
        |(business, named, (addresses, entries, papers), documents)| {
            let mut fields =
                serde_json::to_value(empty(if business { "business" } else { "individual" }))
                    .expect("fields");
            fields["addresses"] = json!(addresses);
            fields["endUser"]["registerIds"] = json!(entries);
            fields["identities"] = json!(papers);
            fields["documents"] = json!(documents);
            if named {
                fields["authorisedPerson"] = json!({ "name": "A", "email": "nowhere" });
                fields["endUser"]["givenNames"] = json!("Ana");
            }
            serde_json::from_value(fields).expect("a dossier")
        },
    )
}

/// Cases that the catalogue covers, in several countries at once.
fn cases() -> impl Strategy<Value = (Vec<Asked>, Vec<Wanted>)> {
    let one = (0usize..7, any::<bool>(), any::<bool>(), 1u32..4).prop_map(
        |(place, port, business, numbers)| {
            let (country, number_type, number) = [
                ("CH", NumberType::Local, "+41445550100"),
                ("CH", NumberType::Local, "+41225550100"),
                ("CH", NumberType::TollFree, "+41800555010"),
                ("SG", NumberType::Local, "+6565550100"),
                ("PA", NumberType::Mobile, "+50765550100"),
                ("US", NumberType::Local, "+12125550100"),
                ("US", NumberType::TollFree, "+18005550100"),
            ][place];
            let action = if port {
                NumberAction::PortIn
            } else {
                NumberAction::Order
            };
            let end_user = if business {
                EndUserKind::Business
            } else {
                EndUserKind::Individual
            };
            let asked = Asked {
                numbers,
                ..asked(country, number_type, end_user, action)
            };
            (asked, wanted(country, number_type, number))
        },
    );
    prop::collection::vec(one, 1..4).prop_map(|list| list.into_iter().unzip())
}

proptest! {
    #[test]
    fn who_mends_every_failure_is_compliant((asked, numbers) in cases(), dossier in dossiers()) {
        let requirements = resolve(&catalogue(), &asked).expect("covered");
        let evaluation = evaluate(&requirements, &dossier, &numbers, TODAY);
        prop_assert_eq!(&evaluate(&requirements, &dossier, &numbers, TODAY), &evaluation);
        let mut mended = dossier.clone();
        for failure in failures(&evaluation) {
            mend(&mut mended, failure);
        }
        let after = evaluate(&requirements, &mended, &numbers, TODAY);
        prop_assert_eq!(failures(&after), Vec::<&Failure>::new());
    }

    #[test]
    fn mending_one_requirement_passes_that_one((asked, numbers) in cases(), dossier in dossiers(), at in any::<prop::sample::Index>()) {
        let requirements = resolve(&catalogue(), &asked).expect("covered");
        let evaluation = evaluate(&requirements, &dossier, &numbers, TODAY);
        let at = at.index(evaluation.outcomes.len());
        let mut mended = dossier.clone();
        for failure in &evaluation.outcomes[at].failures {
            mend(&mut mended, failure);
        }
        let after = evaluate(&requirements, &mended, &numbers, TODAY);
        prop_assert!(after.outcomes[at].passed, "{:?}", after.outcomes[at]);
    }

    #[test]
    fn one_more_document_never_harms((asked, numbers) in cases(), dossier in dossiers(), kind in 0..KINDS.len(), back in 0i64..200) {
        let requirements = resolve(&catalogue(), &asked).expect("covered");
        let before = evaluate(&requirements, &dossier, &numbers, TODAY);
        let issued = TODAY.checked_sub(jiff::Span::new().days(back)).expect("a day").to_string();
        let mut more = dossier.clone();
        more.documents.push(serde_json::from_value(document(99, KINDS[kind], &issued)).expect("a document"));
        let after = evaluate(&requirements, &more, &numbers, TODAY);
        for (before, after) in before.outcomes.iter().zip(&after.outcomes) {
            prop_assert!(after.passed || !before.passed, "{}", before.requirement);
        }
    }

    #[test]
    fn nothing_is_asked_twice_and_order_of_asking_changes_no_outcome((asked, numbers) in cases(), dossier in dossiers()) {
        let catalogue = catalogue();
        let there = resolve(&catalogue, &asked).expect("covered");
        let mut once = ids(&there);
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), there.len());
        let back: Vec<Asked> = asked.iter().rev().cloned().collect();
        let back = resolve(&catalogue, &back).expect("covered");
        let one = evaluate(&there, &dossier, &numbers, TODAY);
        let other = evaluate(&back, &dossier, &numbers, TODAY);
        prop_assert_eq!(one.verdict, other.verdict);
    }
}
