//! Sets a status and reads one.

use crate::support::Client;
use serde_json::{Value, json};

pub const SET: &str = "users.setStatus";
pub const GET: &str = "users.getStatus";
/// The initial time of a test's clock, and a minute later.
pub const NOW: &str = "2026-01-01T00:00:00.000Z";
pub const SOON: &str = "2026-01-01T00:01:00.000Z";

/// Sets the status of `client`.
pub async fn set(client: &Client, body: Value) {
    let set = client.post(SET, body).await.expect(200);
    assert_eq!(set.text(), r#"{"success":true}"#);
}

/// How `client` sees itself in the list: status, text, source and end, null where there is none.
pub async fn own_status(client: &Client) -> Value {
    let route = format!("users.presence?ids={}", client.id());
    let list = client.get(&route).await.expect(200).json();
    let row = &list["users"][0];
    json!([
        row["status"],
        row["statusText"],
        row["statusSource"],
        row["statusExpiresAt"]
    ])
}

/// How `by` sees `of`.
pub async fn seen(by: &Client, of: &Client) -> String {
    let route = format!("users.getStatus?userId={}", of.id());
    let seen = by.get(&route).await.expect(200).json();
    seen["status"].as_str().unwrap().to_owned()
}

/// SQL for `count` users who are busy until `end`, as if a server had put them there.
pub fn many(count: usize, end: i64) -> String {
    format!(
        "BEGIN;
         CREATE TEMP TABLE many AS
             WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < {count})
             SELECT one.* FROM n, (SELECT * FROM user LIMIT 1) AS one;
         UPDATE many SET id = 'user' || rowid, username = 'user' || rowid, username_key = 'user' || rowid,
                         email = NULL, email_key = NULL;
         INSERT INTO user SELECT * FROM many;
         INSERT INTO presence SELECT id, 'offline', 1 FROM many;
         INSERT INTO claim (user_id, source, status, text, expires_at) SELECT id, 'manual', 'busy', 'Lunch', {end} FROM many;
         COMMIT"
    )
}
