//! Floods of correct logins: they do not block other addresses, and few logins remain.

use crate::support::{Live, Setup};
use serde_json::json;
use warp::http::Method;

#[tokio::test]
async fn a_flood_of_logins_does_not_block_another_address() {
    const SOCKETS: usize = 60;
    const LOGINS: usize = 10;
    let setup = Setup::new().config(|config| {
        config.password_hashers = 1;
        config.logins_per_user = 5;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let server = setup.start().await;
    server.user("ann").await;
    let before = logins_of_ann(&server);
    let mut sockets: Vec<Live> = Vec::new();
    for _ in 0..SOCKETS {
        sockets.push(server.live().await);
    }
    // All sockets send at once without waiting for responses, so that the queue stays full until
    // the administrator is done.
    for live in &mut sockets {
        for n in 0..LOGINS {
            let with = json!({"user": {"username": "ann"}, "password": "ann's password"});
            live.send_frame(
                json!({"msg": "method", "id": n.to_string(), "method": "login", "params": [with]}),
            )
            .await;
        }
    }
    let body = json!({"user": "admin", "password": crate::support::ADMIN_PASSWORD}).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", "192.0.2.7"),
    ];
    let anon = server.anon();
    for _ in 0..10 {
        let login = anon.send(Method::POST, "/api/v1/login", &headers, body.clone());
        login.await.expect(200);
    }
    // Some logins of the flooding address are refused because the queue is full.
    let mut answers = Vec::new();
    for live in &mut sockets {
        let is_result = |frame: &serde_json::Value| frame["msg"] == "result";
        answers.push(live.next_where(is_result).await);
    }
    let is_refused = |answer: &&serde_json::Value| answer.get("error").is_some();
    let refused = answers.iter().filter(is_refused).count();
    assert!(refused > 0 && refused < SOCKETS, "{refused} are refused");
    drop(sockets);
    assert!(logins_of_ann(&server) - before <= 5);
}

fn logins_of_ann(server: &crate::support::TestServer) -> i64 {
    let sql =
        "SELECT count(*) FROM login WHERE user_id = (SELECT id FROM user WHERE username = 'ann')";
    let database = server.database();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}
