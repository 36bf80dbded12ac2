//! The table of the errors of create in docs/api.md: each row is provoked, and compared with its status, error type and field.

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

/// An answer, as far as the table tells of it.
#[derive(Debug)]
struct Told {
    status: u16,
    retry_after: bool,
    body: Value,
}

impl From<Reply> for Told {
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

/// Passes when the answer is what the row's second cell says.
fn check(row: &[String], told: &Told) {
    let (case, cell) = (format!("{row:?}: {told:?}"), row[1].as_str());
    assert_eq!(usize::from(told.status), number(cell), "{case}");
    let code = cell[3..].strip_prefix(" `").map(|_| spans(cell)[0]);
    if let Some(code) = code {
        assert_eq!(told.body["errorType"], code, "{case}");
    }
    if let Some((_, field)) = cell.split_once("`field` ") {
        assert_eq!(told.body["details"]["field"], spans(field)[0], "{case}");
    }
    assert_eq!(told.retry_after, cell.contains("`Retry-After`"), "{case}");
}

async fn posted(client: &Client, body: Value) -> Told {
    client.post(CREATE, body).await.into()
}

async fn all_posted(client: &Client, bodies: impl IntoIterator<Item = Value>) -> Vec<Told> {
    let mut told = Vec::new();
    for body in bodies {
        told.push(posted(client, body).await);
    }
    told
}

/// The answers to everything that a row's first cell tells of.
async fn provoked(request: &str, server: &TestServer) -> Vec<Told> {
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
            posted_well(&admin, named("é".repeat(longest))).await;
            let mut names: Vec<String> = spans(text).iter().map(|c| format!("a{c}b")).collect();
            names.push("é".repeat(longest + 1));
            all_posted(&admin, names.into_iter().map(named)).await
        }
        "no `statusType`" => all_posted(&admin, [json!({"name": "untyped"})]).await,
        text if text.starts_with("a `statusType` other than ") => {
            for word in &spans(text)[1..] {
                posted_well(&admin, of_type(word)).await;
            }
            all_posted(&admin, ["Busy", "disabled"].map(of_type)).await
        }
        "a name in use" => {
            posted_well(&admin, good.clone()).await;
            all_posted(&admin, [good]).await
        }
        "no, wrong, expired or another user's credentials" => strangers(server, &good).await,
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
        other => panic!("nothing here provokes {other}"),
    }
}

async fn posted_well(client: &Client, body: Value) {
    client.post(CREATE, body).await.expect(200);
}

async fn strangers(server: &TestServer, body: &Value) -> Vec<Told> {
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
    let mut told = Vec::new();
    for credentials in credentials {
        let stranger = Client::new(server.address, credentials);
        told.push(posted(&stranger, body.clone()).await);
    }
    told
}

async fn unreadable(admin: &Client) -> Vec<Told> {
    let broken: Told = admin.post_raw(CREATE, JSON, "{\n!").await.into();
    let error = broken.body["error"].to_string();
    assert!(error.contains("line 2 column 1"), "{error}");
    let unsaid: Told = admin.post_raw(CREATE, "text/plain", "{}").await.into();
    let error = unsaid.body["error"].to_string();
    assert!(error.contains("Content-Type: application/json"), "{error}");
    vec![broken, unsaid]
}

async fn too_large(server: &TestServer, admin: &Client, limit: usize) -> Vec<Told> {
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

async fn too_slow() -> Told {
    let limits = Limits {
        body: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    let begun = create(&server.admin().await, "Content-Length: 10\r\n", "{");
    let mut raw = Raw::sent(&server, begun).await;
    raw.reply().await.unwrap().into()
}

/// What a server answers that has no room left, by way of its own setting, which SQLite tells as a full disk.
async fn full() -> Told {
    let setup = Setup::new().config(|config| config.max_database_mib = 1);
    let server = setup.start().await;
    first_refusal(&server.admin().await).await.into()
}

/// What a server answers while another process writes; afterwards it has recovered.
async fn busy(server: &TestServer, admin: &Client) -> Told {
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = json!({"name": "meanwhile", "statusType": "busy"});
    let told = posted(admin, body.clone()).await;
    other.execute_batch("COMMIT").unwrap();
    posted_well(admin, body).await;
    told
}

#[tokio::test]
async fn every_error_of_create_is_answered_as_its_row_says() {
    let server = TestServer::start().await;
    let rows = Page::of("api").table("request");
    assert_eq!(rows.len(), 11);
    for row in rows {
        let answers = provoked(&row[0], &server).await;
        assert!(!answers.is_empty(), "{row:?}");
        for told in answers {
            check(&row, &told);
        }
    }
}
