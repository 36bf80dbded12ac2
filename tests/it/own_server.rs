//! `examples/own_server.rs`: that a hook of one's own takes so little, and that it rings.

use crate::child::Program;
use crate::scripted::{PATIENCE, create};
use crate::support::Client;
use tokio::time::timeout;

#[test]
fn a_doorsign_of_ones_own_takes_fewer_than_20_lines() {
    let source = include_str!("../../examples/own_server.rs");
    let code = source
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"));
    assert!(code.count() < 20);
}

#[tokio::test]
async fn a_doorsign_of_ones_own_serves_and_calls_its_hook() {
    let program = Program::example("own_server");
    let mut server = program.start().await;
    let credentials = program.token("admin").await;
    let client = Client::new(server.address, Some(credentials));
    create(&client, "caught up").await;
    let rung = async { while server.line().await != "Ding! \"caught up\" is new" {} };
    let rung = timeout(PATIENCE, rung).await;
    assert!(rung.is_ok(), "the bell has not rung");
}
