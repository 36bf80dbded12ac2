//! Dev mode's controls: the seed, the reset, the list of requests, and access checks.

use crate::support::dev::{JSON, ask, control, dev_server, look, seeded};
use crate::support::good_requests::HANDSHAKE;
use crate::support::scripted::{FAST, recording};
use crate::support::{ADMIN_PASSWORD, Setup, TestServer};
use doorsign::api::{DEV_ROUTES, ROUTES};
use doorsign::dev::seed::PEOPLE;
use doorsign::service::users;
use serde_json::json;
use warp::http::Method;

#[tokio::test]
async fn every_seeded_user_can_log_in_by_password_and_by_token() {
    let server = dev_server().await;
    for person in &PEOPLE {
        let me = seeded(&server, person.username).get("me").await;
        assert_eq!(me.expect(200).json()["_id"], person.id);
        if let Some(password) = person.password {
            let login = server.anon().login(person.username, password).await;
            assert_eq!(login.expect(200).json()["data"]["userId"], person.id);
        }
    }
    let roles = async |name| seeded(&server, name).get("me").await.json()["roles"].clone();
    assert_eq!(roles("admin").await, json!(["admin"]));
    assert_eq!(roles("ann").await, json!(["user"]));
    assert_eq!(roles("rocket.cat").await, json!(["bot"]));
    server.anon().login("rocket.cat", "").await.refused(401);
}

#[tokio::test]
async fn a_reset_restores_the_seed() {
    let server = dev_server().await;
    let (admin, bob) = (seeded(&server, "admin"), seeded(&server, "bob"));
    admin.create("new").await.expect(200);
    let by_password = server.anon().logged_in("ann", "ann").await;
    seeded(&server, "ann").post("logout", json!({})).await;
    let roles = vec!["admin".to_owned()];
    users::set_roles(&server.app, "bob", roles).await.unwrap();
    users::set_password(&server.app, "bob", "other")
        .await
        .unwrap();
    users::set_active(&server.app, "admin", false)
        .await
        .unwrap();
    bob.create("by bob").await.expect(200);
    for _ in 0..10 {
        server.anon().login("ann", "wrong").await;
    }
    let blocked = server.anon().login("ann", "ann").await;
    assert!(blocked.text().contains("blocked"), "{}", blocked.text());
    let later = json!({"advance": "1s", "frozen": true});
    control(&server, "clock", later).await;
    let fault = json!({"route": "/api/v1/roles.list", "fault": "500"});
    control(&server, "faults", fault).await;

    assert_eq!(
        control(&server, "reset", json!({})).await,
        json!({"success": true})
    );

    assert!(admin.names().await.is_empty());
    bob.create("forbidden again").await.refused(400);
    server.anon().login("bob", "bob").await.expect(200);
    server.anon().login("ann", "ann").await.expect(200);
    seeded(&server, "ann").get("me").await.expect(200);
    by_password.get("me").await.refused(401);
    let clock = json!({"now": "2026-01-01T00:00:00.000Z", "frozen": false, "success": true});
    assert_eq!(look(&server, "clock").await, clock);
    assert_eq!(look(&server, "faults").await["faults"], json!([]));
    let requests = look(&server, "requests").await;
    let after = requests["requests"].as_array().unwrap();
    assert_eq!(after.len(), 6, "only requests after the reset: {requests}");
}

#[tokio::test]
async fn a_reset_restores_settings_and_statuses_and_clears_rate_limits() {
    let setup = Setup::dev().config(|config| config.rate_limit_calls = Some(3));
    let server = setup.start().await;
    let (admin, ann) = (seeded(&server, "admin"), seeded(&server, "ann"));
    let setting = "settings/Accounts_AllowUserStatusMessageChange";
    let value = async || admin.get(setting).await.expect(200).json()["value"].clone();
    let status = async || ann.get("users.getStatus").await.expect(200).json();
    let (set, before) = (value().await, status().await);
    admin
        .post(setting, json!({"value": false}))
        .await
        .expect(200);
    admin
        .post(setting, json!({"value": true}))
        .await
        .expect(200);
    let busy = json!({"status": "busy", "message": "in a meeting"});
    ann.post("users.setStatus", busy).await.expect(200);
    assert_ne!(status().await, before);
    admin
        .post(setting, json!({"value": false}))
        .await
        .expect(200);
    assert_ne!(value().await, set);
    for _ in 0..4 {
        ann.get("permissions.listAll").await;
    }
    ann.get("permissions.listAll").await.refused(429);
    control(&server, "reset", json!({})).await;
    assert_eq!((value().await, status().await), (set, before));
    ann.get("permissions.listAll").await.expect(200);
}

#[tokio::test]
async fn a_reset_publishes_no_event_and_hooks_continue_after_it() {
    let (hook, mut given) = recording("hook");
    let server = Setup::dev().hook(hook).pace(FAST).start().await;
    let admin = seeded(&server, "admin");
    for name in ["same", "same"] {
        admin.create(name).await.expect(200);
        assert_eq!(given.next().await.status.name, "same");
        control(&server, "reset", json!({})).await;
    }
    given.is_empty();
}

#[tokio::test]
async fn requests_are_listed_in_order_and_without_secrets() {
    let server = dev_server().await;
    let ann = seeded(&server, "ann");
    ann.get("custom-user-status.list?count=2").await.expect(200);
    server.anon().login("ann", "a wrong secret").await;
    let path = "/nowhere?authToken=a-secret&x=1";
    ann.send(Method::GET, path, &[], "").await.expect(404);
    let listed = look(&server, "requests").await;
    let row = |n: usize| {
        let row = &listed["requests"][n];
        assert!(row["durationMs"].is_number(), "{row}");
        assert_eq!(row["time"], "2026-01-01T00:00:00.000Z");
        ["method", "path", "status", "userId"].map(|key| row[key].clone())
    };
    let list = "/api/v1/custom-user-status.list?count=2";
    let rows = [
        [json!("GET"), json!(list), json!(200), json!(PEOPLE[1].id)],
        [
            json!("POST"),
            json!("/api/v1/login"),
            json!(401),
            json!(null),
        ],
        [
            json!("GET"),
            json!("/nowhere?authToken=***&x=1"),
            json!(404),
            json!(null),
        ],
    ];
    assert_eq!([row(0), row(1), row(2)], rows);
    let text = listed.to_string();
    assert!(!text.contains("secret") && !text.contains(&ann.credentials.unwrap().1));
    let last = look(&server, "requests?limit=1").await;
    assert_eq!(last["requests"], json!([listed["requests"][2]]));
}

#[tokio::test]
async fn invalid_control_requests_are_refused_with_the_reason_and_change_nothing() {
    let server = dev_server().await;
    for (control, body, words) in [
        ("reset", json!({"all": true}), "unknown field `all`"),
        ("clock", json!({"moved": "1d"}), "expected one of `now`"),
        ("clock", json!({"now": "noon"}), "now must be a date"),
        ("clock", json!({"advance": "1 month"}), "advance must be"),
        ("clock", json!({"now": -1}), "1970"),
        ("clock", json!({"advance": "9999 years"}), "advance must be"),
        ("clock", json!([]), "expected a map"),
        ("faults", json!({"fault": "500"}), "route must be"),
        (
            "faults",
            json!({"route": "me", "fault": "500"}),
            "route must be",
        ),
        ("faults", json!({"route": "*"}), "fault must be"),
        (
            "faults",
            json!({"route": "*", "fault": "404"}),
            "fault must be",
        ),
        (
            "faults",
            json!({"route": "*", "fault": "latency"}),
            "ms must be",
        ),
        (
            "faults",
            json!({"route": "*", "fault": "500", "count": 0}),
            "count",
        ),
        (
            "faults",
            json!({"route": "*", "fault": "500", "count": -1}),
            "invalid value",
        ),
        ("faults", json!({"clear": true, "route": "*"}), "clear"),
        ("faults", json!({"times": 1}), "unknown field"),
    ] {
        let reply = ask(&server, control, body.clone()).await;
        assert!(reply.text().contains(words), "{body}: {}", reply.text());
        reply.refused(400);
    }
    let limit = "/dev/requests?limit=x";
    let reply = server.anon().send(Method::GET, limit, &[], "").await;
    reply.refused(400);
    assert_eq!(look(&server, "faults").await["faults"], json!([]));
    let clock = look(&server, "clock").await;
    assert_eq!(clock["now"], "2026-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn controls_accept_only_local_hosts_and_origins() {
    let server = dev_server().await;
    let anon = server.anon();
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (method, headers, status) in [
        (Method::GET, &[("host", "localhost:3000")][..], 200),
        (Method::GET, &[("host", "[::1]")], 200),
        (Method::GET, &[("origin", "http://localhost:5173")], 200),
        (
            Method::POST,
            &[("content-type", "application/json; charset=utf-8")],
            400,
        ),
        (Method::GET, &[("host", "rebound.example.org")], 403),
        (Method::GET, &[("host", "127.0.0.1.example.org")], 403),
        (Method::GET, &[("host", "localhost.example.org:3000")], 403),
        (Method::GET, &[("origin", "https://example.org")], 403),
        (Method::GET, &[("origin", "null")], 403),
        (
            Method::POST,
            &[JSON, ("origin", "https://example.org")],
            403,
        ),
        (Method::POST, &[JSON, ("host", "example.org")], 403),
        (Method::POST, &[form], 415),
        (Method::POST, &[("content-type", "text/plain")], 415),
        (Method::POST, &[], 415),
    ] {
        let reply = anon.send(method.clone(), "/dev/clock", headers, "").await;
        assert_eq!(reply.status, status, "{method} {headers:?}");
    }
}

#[tokio::test]
async fn every_route_refuses_a_foreign_host_name() {
    let server = dev_server().await;
    let (anon, routes) = (server.anon(), ROUTES.iter().chain(DEV_ROUTES));
    for route in routes {
        for host in ["evil.example", "evil.example:3000", "192.0.2.1"] {
            let headers = [&[("host", host), JSON][..], HANDSHAKE].concat();
            let sent = anon.send(route.method.clone(), route.path, &headers, "{}");
            let reply = sent.await;
            assert!(reply.text().contains("localhost"), "{}", reply.text());
            reply.refused(403);
        }
    }
    for (method, path) in [(Method::GET, "/nowhere"), (Method::OPTIONS, "/api/info")] {
        let sent = anon.send(method, path, &[("host", "evil.example")], "");
        sent.await.refused(403);
    }
    let login = json!({"user": "admin", "password": "admin"}).to_string();
    for (host, status) in [
        ("evil.example", 403),
        ("LOCALHOST:3000", 200),
        ("[::1]", 200),
    ] {
        let headers = [("host", host), JSON];
        let sent = anon.send(Method::POST, "/api/v1/login", &headers, login.clone());
        sent.await.expect(status);
    }
    let setup = Setup::new().start().await;
    let named = [("host", "chat.example")];
    let sent = setup.anon();
    let sent = sent.send(Method::GET, "/api/info", &named, "");
    sent.await.expect(200);
}

#[tokio::test]
async fn controls_exist_only_in_dev_mode() {
    let server = TestServer::start().await;
    let admin = server.anon().logged_in("admin", ADMIN_PASSWORD).await;
    for control in ["reset", "clock", "faults", "requests"] {
        for method in [Method::GET, Method::POST] {
            let path = format!("/dev/{control}");
            let reply = admin.send(method, &path, &[JSON], "{}").await;
            reply.refused(404);
        }
    }
    server.anon().login("admin", "admin").await.refused(401);
    seeded(&server, "admin").get("me").await.refused(401);
}
