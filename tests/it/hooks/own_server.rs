//! `examples/own_server.rs` is short, and its hook is called.

use crate::support::process::Home;

#[test]
fn a_custom_server_takes_fewer_than_20_lines() {
    let source = include_str!("../../../examples/own_server.rs");
    let code = source
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"));
    assert!(code.count() < 20);
}

#[tokio::test]
async fn a_custom_server_serves_and_calls_its_hook() {
    let home = Home::of_example("own_server");
    let mut server = home.serve(&[], &[]).await;
    let admin = server.with_headers(&home.token("admin", "test").await);
    admin.create("caught up").await.expect(200);
    while server.line().await != "Ding! \"caught up\" is new\n" {}
}
