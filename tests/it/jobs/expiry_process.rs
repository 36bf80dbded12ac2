//! Expiry of claims by the system clock, in servers that are killed before it. `expiry` covers
//! manual clocks.

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

/// Starts a server. Returns it and its administrator.
async fn start_server(home: &Home, token: &str) -> (Process, Client) {
    let server = home.serve(&[], &[]).await;
    let admin = server.with_headers(token);
    (server, admin)
}

/// Sets `client` to busy until `end`.
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

/// Waits for `count` expiry events and returns their times. Sends requests meanwhile, as clients
/// do.
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
    in_time("the expiry of a claim", waiting).await
}

fn claims(home: &Home) -> i64 {
    let count = "SELECT count(*) FROM claim";
    database(home)
        .query_row(count, [], |row| row.get(0))
        .unwrap()
}

/// A home folder without a running server, and a token of its administrator.
async fn home() -> (Home, String) {
    let home = Home::with_data().await;
    let token = home.token("admin", "test").await;
    (home, token)
}

#[tokio::test]
async fn a_claim_expires_within_a_second_of_its_time_and_never_before() {
    let (home, token) = home().await;
    let (_server, admin) = start_server(&home, &token).await;
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
async fn a_claim_that_ends_before_the_pending_ones_expires_on_time() {
    let (home, token) = home().await;
    home.run(&["user", "add", "ann"]).await.succeeded();
    let ann = home.token("ann", "test").await;
    let (server, admin) = start_server(&home, &token).await;
    busy_until(&server.with_headers(&ann), now() + 3_600_000).await;
    let end = now() + 1500;
    busy_until(&admin, end).await;
    let late = ends(&home, &admin, 1).await[0] - end;
    assert!((0..1000).contains(&late), "{late} ms late");
    assert_eq!(claims(&home), 1);
}

#[tokio::test]
async fn a_claim_survives_a_kill_and_expires_on_time_in_the_next_server() {
    let (home, token) = home().await;
    let (server, admin) = start_server(&home, &token).await;
    // Long enough for the next server to start before it, even on a busy machine.
    let end = now() + 8000;
    busy_until(&admin, end).await;
    server.kill().await;
    let (_server, admin) = start_server(&home, &token).await;
    let shown = status(&admin).await;
    let expected = jiff::Timestamp::from_millisecond(end).unwrap();
    assert_eq!(shown["statusSource"], json!("manual"), "{shown}");
    assert_eq!(shown["statusExpiresAt"], json!(format!("{expected:.3}")));
    let late = ends(&home, &admin, 1).await[0] - end;
    assert!((0..1000).contains(&late), "{late} ms late");
    assert_eq!(status(&admin).await["statusSource"], json!(null));
}

#[tokio::test]
async fn claims_that_expired_without_a_running_server_are_hidden_and_swept_at_the_start() {
    let (home, token) = home().await;
    let (server, admin) = start_server(&home, &token).await;
    busy_until(&admin, now() + 3_600_000).await;
    server.kill().await;
    // As if the server had been down for over an hour, with 400 further claims.
    let past = now() - 1;
    let database = database(&home);
    database
        .execute("UPDATE claim SET expires_at = ?1", [past])
        .unwrap();
    database.execute_batch(&many(400, past)).unwrap();
    drop(database);
    let start = now();
    let (_server, admin) = start_server(&home, &token).await;
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
