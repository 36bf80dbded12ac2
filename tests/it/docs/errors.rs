//! The table of the errors of create in docs/api.md: each row is triggered and compared with its
//! status, error type and field.

use crate::support::full::first_refusal;
use crate::support::page::{Page, spans};
use crate::support::raw::{Raw, chunked, create};
use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::domain::StatusName;
use doorsign::service::users;
use doorsign::transport::limits::Limits;
use serde_json::{Value, json};
use std::time::Duration;

const CREATE: &str = "custom-user-status.create";
const JSON: &str = "application/json";

/// A response, reduced to the columns of the table.
#[derive(Debug)]
struct Answer {
    status: u16,
    retry_after: bool,
    body: Value,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        let retry_after = reply.header("retry-after").is_some();
        Self {
            status: reply.status.as_u16(),
            retry_after,
            body: reply.json(),
        }
    }
}

/// The first number in a text.
fn number(text: &str) -> usize {
    let digits = text.split(|c: char| !c.is_ascii_digit());
    digits
        .filter_map(|digits| digits.parse().ok())
        .next()
        .unwrap()
}

/// Checks an answer against the row's second cell.
fn check(row: &[String], answer: &Answer) {
    let (case, cell) = (format!("{row:?}: {answer:?}"), row[1].as_str());
    assert_eq!(usize::from(answer.status), number(cell), "{case}");
    let code = cell[3..].strip_prefix(" `").map(|_| spans(cell)[0]);
    if let Some(code) = code {
        assert_eq!(answer.body["errorType"], code, "{case}");
    }
    if let Some((_, field)) = cell.split_once("`field` ") {
        assert_eq!(answer.body["details"]["field"], spans(field)[0], "{case}");
    }
    assert_eq!(answer.retry_after, cell.contains("`Retry-After`"), "{case}");
}

async fn posted(client: &Client, body: Value) -> Answer {
    client.post(CREATE, body).await.into()
}

async fn all_posted(client: &Client, bodies: impl IntoIterator<Item = Value>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for body in bodies {
        answers.push(posted(client, body).await);
    }
    answers
}

/// The answers to all requests that a row's first cell describes.
async fn answers_to(request: &str, server: &TestServer) -> Vec<Answer> {
    let admin = server.admin().await;
    let good = json!({"name": "good", "statusType": "busy"});
    let named = |name: String| json!({"name": name, "statusType": "busy"});
    let of_type = |word: &str| json!({"name": format!("is {word}"), "statusType": word});
    match request {
        "no `name`" => {
            let null = json!({"name": null, "statusType": "busy"});
            all_posted(&admin, [json!({"statusType": "busy"}), null]).await
        }
        text if text.starts_with("a name with ") => {
            let longest = number(text.split("longer than").nth(1).unwrap());
            assert_eq!(longest, StatusName::MAX_CHARS);
            accepted(&admin, named("é".repeat(longest))).await;
            let mut names: Vec<String> = spans(text).iter().map(|c| format!("a{c}b")).collect();
            names.push("é".repeat(longest + 1));
            all_posted(&admin, names.into_iter().map(named)).await
        }
        "no `statusType`" => all_posted(&admin, [json!({"name": "untyped"})]).await,
        text if text.starts_with("a `statusType` other than ") => {
            for word in &spans(text)[1..] {
                accepted(&admin, of_type(word)).await;
            }
            all_posted(&admin, ["Busy", "disabled"].map(of_type)).await
        }
        "a name in use" => {
            accepted(&admin, good.clone()).await;
            all_posted(&admin, [good]).await
        }
        "no, wrong, expired or another user's credentials" => bad_credentials(server, &good).await,
        "logged in, without the permission" => vec![posted(&server.user("ann").await, good).await],
        "a body that is not JSON, or not declared as JSON" => unreadable(&admin).await,
        "a body over 64 KiB" => too_large(server, &admin, number(request) * 1024).await,
        "a body that takes longer than 30 s" => {
            let limit = Limits::default().body.as_secs();
            assert_eq!(u64::try_from(number(request)).unwrap(), limit);
            vec![too_slow().await]
        }
        "the disk is full, the database busy, the server stopping" => {
            vec![full().await, busy(server, &admin).await]
        }
        other => panic!("unknown request: {other}"),
    }
}

async fn accepted(client: &Client, body: Value) {
    client.post(CREATE, body).await.expect(200);
}

async fn bad_credentials(server: &TestServer, body: &Value) -> Vec<Answer> {
    let ann = server.user("anna").await.credentials.unwrap();
    let admin = server.admin().await.credentials.unwrap();
    let life = Some(Duration::from_secs(1));
    let expired = users::create_token(&server.app, "admin", "short", life)
        .await
        .unwrap();
    server.clock.advance(Duration::from_secs(1));
    let credentials = [
        None,
        Some((admin.0.clone(), "wrong".to_owned())),
        Some((expired.0.as_str().to_owned(), expired.1)),
        Some((admin.0, ann.1)),
    ];
    let mut answers = Vec::new();
    for credentials in credentials {
        let client = Client::new(server.address, credentials);
        answers.push(posted(&client, body.clone()).await);
    }
    answers
}

async fn unreadable(admin: &Client) -> Vec<Answer> {
    let broken: Answer = admin.post_raw(CREATE, JSON, "{\n!").await.into();
    let error = broken.body["error"].to_string();
    assert!(error.contains("line 2 column 1"), "{error}");
    let undeclared: Answer = admin.post_raw(CREATE, "text/plain", "{}").await.into();
    let error = undeclared.body["error"].to_string();
    assert!(error.contains("Content-Type: application/json"), "{error}");
    vec![broken, undeclared]
}

async fn too_large(server: &TestServer, admin: &Client, limit: usize) -> Vec<Answer> {
    let body = r#"{"name":"large","statusType":"busy"}"#;
    let most = " ".repeat(limit - body.len()) + body;
    admin.post_raw(CREATE, JSON, most.clone()).await.expect(200);
    let more = most + " ";
    let unannounced = create(
        admin,
        "Transfer-Encoding: chunked\r\n",
        &chunked(&more, 7000),
    );
    let mut raw = Raw::sent(server, unannounced).await;
    let unannounced = raw.reply().await.unwrap().into();
    vec![admin.post_raw(CREATE, JSON, more).await.into(), unannounced]
}

async fn too_slow() -> Answer {
    let limits = Limits {
        body: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    let incomplete = create(&server.admin().await, "Content-Length: 10\r\n", "{");
    let mut raw = Raw::sent(&server, incomplete).await;
    raw.reply().await.unwrap().into()
}

/// The answer of a server at its maximum database size, which SQLite reports as a full disk.
async fn full() -> Answer {
    let setup = Setup::new().config(|config| config.max_database_mib = 1);
    let server = setup.start().await;
    first_refusal(&server.admin().await).await.into()
}

/// The answer of a server while another process writes. Afterwards it accepts requests again.
async fn busy(server: &TestServer, admin: &Client) -> Answer {
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = json!({"name": "meanwhile", "statusType": "busy"});
    let answer = posted(admin, body.clone()).await;
    other.execute_batch("COMMIT").unwrap();
    accepted(admin, body).await;
    answer
}

#[tokio::test]
async fn every_error_of_create_has_the_response_in_its_row() {
    let server = TestServer::start().await;
    let rows = Page::of("api").table("request");
    assert_eq!(rows.len(), 11);
    for row in rows {
        let answers = answers_to(&row[0], &server).await;
        assert!(!answers.is_empty(), "{row:?}");
        for answer in answers {
            check(&row, &answer);
        }
    }
}
