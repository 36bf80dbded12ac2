//! A token secret that is removed while a server runs.

use crate::support::data_folder::served;
use crate::support::process::Home;
use std::fs;

#[tokio::test]
async fn no_token_is_created_that_the_running_server_would_reject() {
    let home = Home::new();
    let (server, _) = served(&home).await;
    let secret = home.data().join("token-secret");
    let kept = fs::read(&secret).unwrap();
    let create = ["token", "create", "admin", "--name", "t"];

    fs::remove_file(&secret).unwrap();
    let reason = home.run(&create).await.refused(1);
    assert!(reason.contains("restart the server"), "{reason}");
    home.run(&["user", "list"]).await.succeeded();
    assert!(!secret.exists(), "a command creates no secret");

    let other = Home::with_data().await;
    fs::copy(other.data().join("token-secret"), &secret).unwrap();
    let reason = home.run(&create).await.refused(1);
    assert!(reason.contains("restart the server"), "{reason}");

    fs::write(&secret, kept).unwrap();
    let headers = home.token("admin", "t").await;
    server.with_headers(&headers).get("me").await.expect(200);
    server.end().await;

    // Without a server, a command creates a new secret, which invalidates every token.
    fs::remove_file(&secret).unwrap();
    home.token("admin", "u").await;
    assert!(secret.exists());
}
