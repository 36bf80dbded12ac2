//! Claims that end by the machine's clock, in servers that are killed before they do. What a clock does to them is in `expiry`.

use crate::support::presence::{many, set};
use crate::support::process::{Home, Process};
use crate::support::{Client, in_time};
use doorsign::app::{Clock, SystemClock};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

fn now() -> i64 {
    SystemClock.now().as_millis()
}

fn database(home: &Home) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    Connection::open_with_flags(home.data().join("doorsign.db"), flags).unwrap()
}

/// A server and its administrator.
async fn served(home: &Home, token: &str) -> (Process, Client) {
    let server = home.serve(&[], &[]).await;
    let admin = server.with_headers(token);
    (server, admin)
}

/// Becomes busy until `end`.
async fn busy_until(client: &Client, end: i64) {
    let end = jiff::Timestamp::from_millisecond(end).unwrap().to_string();
    set(
        client,
        json!({"status": "busy", "message": "Lunch", "expiresAt": end}),
    )
    .await;
}

async fn status(client: &Client) -> Value {
    client.get("users.getStatus").await.expect(200).json()
}

/// When the claims ended that are told of as such, once there are `count`. Asks the server meanwhile, as people do.
async fn ends(home: &Home, client: &Client, count: usize) -> Vec<i64> {
    let database = database(home);
    let sql = "SELECT created_at FROM event WHERE kind = 'presence.changed' AND payload ->> 'source' IS NULL";
    let mut events = database.prepare(sql).unwrap();
    let waiting = async {
        loop {
            let ends: Result<Vec<i64>, _> =
                events.query_map([], |row| row.get(0)).unwrap().collect();
            let ends = ends.unwrap();
            if ends.len() >= count {
                return ends;
            }
            status(client).await;
        }
    };
    in_time("the end of a claim", waiting).await
}

fn claims(home: &Home) -> i64 {
    let count = "SELECT count(*) FROM claim";
    database(home)
        .query_row(count, [], |row| row.get(0))
        .unwrap()
}

/// A home with a token of its administrator's, whose server does not run.
async fn home() -> (Home, String) {
    let home = Home::with_data().await;
    let token = home.token("admin", "test").await;
    (home, token)
}

#[tokio::test]
async fn a_claim_ends_within_a_second_of_its_time_and_never_before() {
    let (home, token) = home().await;
    let (_server, admin) = served(&home, &token).await;
    for n in 1..=2 {
        let end = now() + 1500;
        busy_until(&admin, end).await;
        assert_eq!(status(&admin).await["statusSource"], json!("manual"));
        let late = ends(&home, &admin, n).await[n - 1] - end;
        assert!((0..1000).contains(&late), "{late} ms late");
    }
    assert_eq!(claims(&home), 0);
}

#[tokio::test]
async fn a_claim_outlives_a_kill_and_ends_on_time_in_the_next_server() {
    let (home, token) = home().await;
    let (server, admin) = served(&home, &token).await;
    // Long enough for the next server to start before it, on a busy machine too.
    let end = now() + 8000;
    busy_until(&admin, end).await;
    server.kill().await;
    let (_server, admin) = served(&home, &token).await;
    let shown = status(&admin).await;
    let expected = jiff::Timestamp::from_millisecond(end).unwrap();
    assert_eq!(shown["statusSource"], json!("manual"), "{shown}");
    assert_eq!(shown["statusExpiresAt"], json!(format!("{expected:.3}")));
    let late = ends(&home, &admin, 1).await[0] - end;
    assert!((0..1000).contains(&late), "{late} ms late");
    assert_eq!(status(&admin).await["statusSource"], json!(null));
}

#[tokio::test]
async fn claims_that_ended_while_no_server_ran_count_no_more_at_once_and_are_swept_at_the_start() {
    let (home, token) = home().await;
    let (server, admin) = served(&home, &token).await;
    busy_until(&admin, now() + 3_600_000).await;
    server.kill().await;
    // As if it had been off for more than that hour; and others with it.
    let past = now() - 1;
    let database = database(&home);
    database
        .execute("UPDATE claim SET expires_at = ?1", [past])
        .unwrap();
    database.execute_batch(&many(400, past)).unwrap();
    drop(database);
    let start = now();
    let (_server, admin) = served(&home, &token).await;
    let shown = status(&admin).await;
    assert_eq!(
        (&shown["status"], &shown["statusSource"]),
        (&json!("offline"), &json!(null))
    );
    let list = admin.get("users.presence").await.json();
    assert_eq!(list["users"], json!([]));
    let ends = ends(&home, &admin, 401).await;
    assert_eq!((ends.len(), claims(&home)), (401, 0));
    assert!(ends.iter().all(|end| (start..=now()).contains(end)));
}
