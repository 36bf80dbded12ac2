//! Compares the OpenAPI document with the running routes: nothing is undocumented, and nothing
//! documented is missing.

mod compat;
mod displays;
mod hooks;
mod invitations;
mod people;
mod rooms;
mod statuses;
mod stream;
mod structure;
mod users;
mod workspace;

use crate::support::full::first_refusal;
use crate::support::openapi::{document, requests};
use crate::support::{Reply, Setup, TEST_TIMEOUT, TestServer};
use document::{Document, Operation, body_of, masked};
use doorsign::api::ROUTES;
use doorsign::config::{Compat, Contract};
use doorsign::hooks::delivery::Pace;
use doorsign::transport::limits::Limits;
use requests::{Case, People, Who, broken_body, missing_body, unseen};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use warp::http::Method;

/// The responses received, by operation and status.
type Responses = BTreeMap<(Operation, u16), Vec<Value>>;

/// Prevents retries of failed deliveries during the test.
const ONCE: Pace = Pace {
    limit: TEST_TIMEOUT,
    waits: &[Duration::from_secs(24 * 60 * 60)],
};

fn setup() -> Setup {
    Setup::new().pace(ONCE).config(|config| {
        config.webhook_allow = vec!["127.0.0.0/8".parse().unwrap()];
        config.site_url = Some("http://127.0.0.1:3000".to_owned());
        config.login_failures_per_user = 1;
        config.login_failures_per_address = 2;
        config.create_tokens_for_users_secret = Some("known to both".into());
        config.registration_secret = Some("known to both".into());
    })
}

#[test]
fn the_document_and_the_routes_have_the_same_operations() {
    let routes = ROUTES.iter().map(Operation::of);
    assert_eq!(Document::read().operations(), routes.collect());
}

#[tokio::test]
async fn the_document_is_served_unchanged_without_a_login() {
    let server = TestServer::start().await;
    let reply = server.anon().get("openapi.json").await.expect(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(
        reply.text() == document::TEXT,
        "a different document is served"
    );
    assert_eq!(reply.json()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn every_documented_status_occurs_and_matches_the_document() {
    let (document, mut responses) = (Document::read(), Responses::new());
    let server = setup().start().await;
    let mut people = People::of(&server).await;
    let mut ask = async |case: Case| {
        let reply = people.ask(&server, &case).await;
        check(&document, &mut responses, &case, &reply);
        check_request(&document, &people, &case, &reply);
    };
    for case in for_every_operation(&document).into_iter().chain(cases()) {
        ask(case).await;
    }
    // The block after failed logins ends.
    server.clock.advance(Duration::from_secs(301));
    for case in users::own_end() {
        ask(case).await;
    }
    check_rate_limits(&document, &mut responses).await;
    check_compat_9(&document, &mut responses).await;
    let short_timeout = Limits {
        body: Duration::from_millis(1),
        ..Limits::default()
    };
    let short_timeout = setup().limits(short_timeout).start().await;
    for operation in with_body(&document) {
        let line = format!("{} {}", operation.method, operation.asked());
        let case = |status| Case::new(status, Who::Anonymous, &line, "");
        let broken = broken_body(&server, &line).await;
        check(&document, &mut responses, &case(400), &broken);
        let missing = missing_body(&short_timeout, &line).await;
        check(&document, &mut responses, &case(408), &missing);
    }
    check_full_database(&document, &mut responses).await;
    check_every_status_was_seen(&document, &responses);
    check_every_example_was_seen(&document, &responses);
}

#[tokio::test]
async fn the_server_contract_answers_as_documented() {
    let (document, mut responses) = (Document::read(), Responses::new());
    let server = setup().contract(Contract::Server).start().await;
    let mut people = People::of(&server).await;
    for case in statuses::server() {
        let reply = people.ask(&server, &case).await;
        check(&document, &mut responses, &case, &reply);
    }
}

#[tokio::test]
async fn every_documented_request_gets_the_same_response_from_8_and_9_but_for_the_listed_cells() {
    let eight = setup().start().await;
    let nine = setup().compat(Compat::Nine).start().await;
    let (mut of_eight, mut of_nine) = (People::of(&eight).await, People::of(&nine).await);
    let (mut same, mut moved) = (0, 0);
    for case in cases() {
        let old = compat::seen(&of_eight.ask(&eight, &case).await);
        let new = compat::seen(&of_nine.ask(&nine, &case).await);
        let expected = compat::under_9(&case, old.clone());
        assert_eq!(new, expected, "{:?} {} {}", case.who, case.line, case.body);
        *(if old == new { &mut same } else { &mut moved }) += 1;
    }
    assert!(same > 400 && moved > 20, "{same} and {moved}");
}

#[tokio::test]
async fn undocumented_requests_get_404_or_405_as_documented() {
    let (document, server) = (Document::read(), TestServer::start().await);
    let ask = async |method: &Method, path: &str, status: u16, response: &str| {
        let reply = server.anon().send(method.clone(), path, &[], "").await;
        assert_eq!(reply.status, status, "{method} {path}");
        let response = format!("/components/responses/{response}");
        let problems = document.problems_of_answer(&response, &reply);
        assert!(problems.is_empty(), "{method} {path}: {problems:#?}");
    };
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let known = document.operations();
    for operation in &known {
        for method in &methods {
            let request = Operation {
                method: method.to_string(),
                path: operation.path.clone(),
            };
            if !known.contains(&request) {
                ask(method, &operation.asked(), 405, "WrongMethod").await;
            }
        }
        ask(
            &Method::GET,
            &format!("{}/unknown", operation.asked()),
            404,
            "UnknownRoute",
        )
        .await;
    }
}

/// Every request to a server with the documented contract.
fn cases() -> Vec<Case> {
    let all = [
        statuses::documented(),
        users::cases(),
        workspace::cases(),
        invitations::cases(),
        people::cases(),
        hooks::cases(),
        rooms::cases(),
        displays::cases(),
    ];
    all.into_iter().flatten().collect()
}

/// Repeats every successful call on a server that allows one call, and expects 429.
async fn check_rate_limits(document: &Document, responses: &mut Responses) {
    let one_call = setup().config(|config| config.rate_limit_calls = Some(1));
    let server = one_call.start().await;
    let mut people = People::of(&server).await;
    let no_exemptions = r#"{"permissions":[{"_id":"api-bypass-rate-limit","roles":[]}]}"#;
    let grant = Case::new(
        200,
        Who::Admin,
        "POST /api/v1/permissions.update",
        no_exemptions,
    );
    people.ask(&server, &grant).await.expect(200);
    let mut called = BTreeSet::new();
    let cases = cases().into_iter().chain(users::own_end());
    for case in cases.filter(|case| case.status < 400) {
        let operation = case.operation();
        if document.statuses(&operation).contains(&429) && called.insert(operation) {
            people.ask(&server, &case).await;
            let again = people.ask(&server, &case).await;
            check(
                document,
                responses,
                &Case {
                    status: 429,
                    ..case
                },
                &again,
            );
        }
    }
}

/// Asks a server under compat 9 for what only its responses contain.
async fn check_compat_9(document: &Document, responses: &mut Responses) {
    let server = setup().compat(Compat::Nine).start().await;
    let mut people = People::of(&server).await;
    for case in compat::cases() {
        let reply = people.ask(&server, &case).await;
        check(document, responses, &case, &reply);
    }
}

/// A request without a login for every operation that requires one, and a request with an oversized
/// body for every operation that has a body.
fn for_every_operation(document: &Document) -> Vec<Case> {
    let operations = document.operations();
    let logins = operations
        .iter()
        .filter(|operation| document.wants_login(operation));
    let line = |operation: &Operation| format!("{} {}", operation.method, operation.asked());
    let unknown = logins.map(|operation| Case::new(401, Who::Anonymous, &line(operation), ""));
    let large = with_body(document).map(|operation| {
        let takes_pictures = operation.path.ends_with("setAvatar");
        let most = if takes_pictures { 704 } else { 64 } * 1024;
        Case::new(413, Who::Admin, &line(&operation), &"x".repeat(most + 1))
    });
    unknown.chain(large).collect()
}

fn with_body(document: &Document) -> impl Iterator<Item = Operation> {
    let operations = document.operations().into_iter();
    operations.filter(|operation| operation.method != "GET")
}

/// Fills a database until a create gets 503.
async fn check_full_database(document: &Document, responses: &mut Responses) {
    let server = setup()
        .config(|config| config.max_database_mib = 1)
        .start()
        .await;
    let admin = server.admin().await;
    let create = "POST /api/v1/custom-user-status.create";
    let refused = first_refusal(&admin).await;
    check(
        document,
        responses,
        &Case::new(503, Who::Admin, create, ""),
        &refused,
    );
}

#[track_caller]
fn check(document: &Document, responses: &mut Responses, case: &Case, reply: &Reply) {
    let (operation, status) = (case.operation(), reply.status.as_u16());
    let request = format!("{:?}: {:.200} {:.200}", case.who, case.line, case.body);
    assert_eq!(status, case.status, "{request}\n{}", reply.text());
    assert!(
        document.statuses(&operation).contains(&status),
        "{request}: {status} is not documented"
    );
    let problems = document.problems_of_answer(&document.response(&operation, status), reply);
    assert!(
        problems.is_empty(),
        "{request}\n{}\n{problems:#?}",
        reply.text()
    );
    let seen = responses.entry((operation, status)).or_default();
    if reply.body.is_empty() {
        seen.push(Value::Null);
    } else {
        seen.push(masked(body_of(reply)));
    }
    if status == 400 {
        // Examples may leave out the field and the hint.
        seen.push(masked(reply.error_of_rocket_chat()));
    }
}

/// Checks that the schema of a request body accepts what the server accepts, and rejects what the
/// server refuses for its shape.
#[track_caller]
fn check_request(document: &Document, people: &People, case: &Case, reply: &Reply) {
    const SHAPE: [&str; 3] = [
        "error-the-field-is-required",
        "error-input-is-not-a-valid-field",
        "invalid-params",
    ];
    let Some(body) = case.json() else { return };
    let body: Value = serde_json::from_str(&people.filled(&body.to_string())).unwrap();
    let schema = format!(
        "{}/requestBody/content/application~1json/schema",
        case.operation().pointer()
    );
    let problems = document.problems(&schema, &body);
    if reply.status == 200 {
        assert!(
            problems.is_empty(),
            "{} accepted {body}: {problems:#?}",
            case.line
        );
    } else if SHAPE.iter().any(|code| reply.json()["errorType"] == *code) {
        assert!(
            !problems.is_empty(),
            "{} refused {body}: {}",
            case.line,
            reply.text()
        );
    }
}

fn check_every_status_was_seen(document: &Document, responses: &Responses) {
    let unseen = unseen(document);
    let seen: BTreeSet<_> = responses.keys().cloned().collect();
    let both: Vec<_> = seen.intersection(&unseen).collect();
    assert!(both.is_empty(), "listed as unseen, but provoked: {both:?}");
    let operations = document.operations().into_iter();
    let documented = operations.flat_map(|operation| {
        let statuses = document.statuses(&operation).into_iter();
        statuses.map(move |status| (operation.clone(), status))
    });
    assert_eq!(documented.collect::<BTreeSet<_>>(), &seen | &unseen);
}

/// Checks that every example response was received, apart from IDs and times.
fn check_every_example_was_seen(document: &Document, responses: &Responses) {
    for ((operation, status), answers) in responses {
        let response = document.at(&document.response(operation, *status));
        let examples = response["content"]["application/json"]["examples"].as_object();
        for (name, example) in examples.into_iter().flatten() {
            let example = masked(example["value"].clone());
            assert!(
                answers.contains(&example),
                "{operation} {status} never returned its example {name}: {example:#}"
            );
        }
    }
}
