//! `custom-user-status.*` as clients see it, under both contracts.

use crate::support::TestServer;
use serde_json::json;

#[tokio::test]
async fn create_answers_with_the_published_example() {
    let server = TestServer::start().await;
    let reply = server
        .admin()
        .await
        .post(
            "custom-user-status.create",
            json!({"name": "caught up", "statusType": "busy"}),
        )
        .await;
    reply.golden("create");
}
