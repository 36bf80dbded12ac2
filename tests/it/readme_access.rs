//! Who may ask what, as README.md's table of routes says: everybody, whoever is logged in, or who holds a permission, by its name.

use crate::readme::{routes, spans, table};
use crate::support::{ADMIN_PASSWORD, Client, TestServer};
use serde_json::{Value, json};
use warp::http::Method;

#[tokio::test]
async fn every_route_is_open_to_whom_the_readme_says_and_to_nobody_else() {
    for row in table("route") {
        let who = row[1].as_str();
        // Nobody; somebody; somebody whose role was granted what the row names.
        let expected = match who {
            "everybody" => [true, true],
            "logged in" => [false, true],
            _ => [false, false],
        };
        for (method, path) in routes(&row[0]) {
            let case = format!("{method} {path} is for: {who}");
            let server = TestServer::start().await;
            let anonymous = ask(&server, &server.anon(), &method, &path).await;
            let ann = server.user("ann").await;
            let logged_in = ask(&server, &ann, &method, &path).await;
            let answers = [anonymous, logged_in];
            assert_eq!(
                answers.map(|status| status == 200),
                expected,
                "{case}: {answers:?}"
            );
            if expected[1] {
                continue;
            }
            assert_eq!(anonymous, 401, "{case}");
            let [permission] = spans(who)[..] else {
                panic!("{case}")
            };
            let grant = json!({"permissions": [{"_id": permission, "roles": ["admin", "user"]}]});
            let admin = server.admin().await;
            admin.post("permissions.update", grant).await.expect(200);
            assert_eq!(ask(&server, &ann, &method, &path).await, 200, "{case}");
        }
    }
}

/// The status code that answers a request with which nothing is wrong but, perhaps, its sender.
async fn ask(server: &TestServer, client: &Client, method: &str, path: &str) -> u16 {
    let body = match path.rsplit('/').next().unwrap() {
        "custom-user-status.create" => json!({"name": "new", "statusType": "busy"}),
        "custom-user-status.update" => {
            json!({"_id": made(server).await, "name": "renamed", "statusType": "busy"})
        }
        "custom-user-status.delete" => json!({"customUserStatusId": made(server).await}),
        "login" => json!({"user": "admin", "password": ADMIN_PASSWORD}),
        "permissions.update" => {
            json!({"permissions": [{"_id": "view-statistics", "roles": ["admin"]}]})
        }
        _ => json!({}),
    };
    let json = [("content-type", "application/json")];
    let method: Method = method.parse().unwrap();
    let body = if method == Method::GET {
        String::new()
    } else {
        body.to_string()
    };
    let reply = client.send(method, path, &json, body).await;
    reply.status.as_u16()
}

/// The id of a new status.
async fn made(server: &TestServer) -> Value {
    let name = format!("made {:?}", std::time::Instant::now());
    let body = json!({"name": name.replace(['"', '<', '>', '&'], " "), "statusType": "busy"});
    let admin = server.admin().await;
    let made = admin.post("custom-user-status.create", body).await;
    made.expect(200).json()["customUserStatus"]["_id"].clone()
}
