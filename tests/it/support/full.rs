//! Databases without room.

use crate::support::{Client, Reply, Setup, TestServer};
use futures_util::future::join_all;

/// The pages of a database of 1 MiB that are not its reserve.
pub const COMMON: i64 = 224;

/// The answer to the first create that is refused, of ever more statuses with the longest of names.
pub async fn first_refusal(client: &Client) -> Reply {
    for group in 0..1000 {
        let names: Vec<_> = (0..64)
            .map(|n| format!("{group} {n} {}", "🍜".repeat(110)))
            .collect();
        let creating = names.iter().map(|name| client.create(name));
        let mut replies = join_all(creating).await.into_iter();
        if let Some(refused) = replies.find(|reply| reply.status != 200) {
            return refused;
        }
    }
    panic!("never full");
}

/// What fills it are events of long ago, which would make room by themselves.
pub async fn small() -> TestServer {
    Setup::new()
        .config(|config| {
            config.max_database_mib = 1;
            config.event_retention_days = 0;
        })
        .start()
        .await
}

/// Adds ever smaller events until none fits any more. A database that has grown into its reserve
/// grows no further.
pub fn fill(server: &TestServer) {
    let database = server.database();
    database
        .pragma_update_and_check(None, "max_page_count", COMMON, |_| Ok(()))
        .unwrap();
    for length in [2000, 200, 20, 0] {
        let payload = "x".repeat(length);
        let add = "INSERT INTO event (kind, payload, created_at) VALUES ('', ?1, 0)";
        while database.execute(add, [&payload]).is_ok() {}
    }
}
