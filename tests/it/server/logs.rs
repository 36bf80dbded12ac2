//! The log: one line per request with the fields that operators need, and no secrets at any level.

use crate::support::process::{Home, PASSWORD, PASSWORD_START, Process};
use crate::support::{Live, Reply};
use serde_json::{Value, json};

const SETTING: &str = "/api/v1/settings/:_id";
const LOGIN: &str = "/api/v1/login";
const CREATE: &str = "/api/v1/custom-user-status.create";
const LONG_METHOD: &str = "METHODS-ARE-AS-LONG-AS-A-STRANGER-LIKES";

/// A response, and the method, route and user ID that its log line shows.
type Sent = (Reply, &'static str, &'static str, Option<String>);

/// Sends requests whose log lines differ in every field.
async fn send_requests(home: &Home, server: &Process) -> Vec<Sent> {
    let admin = server.with_headers(&home.token("admin", server.url()).await);
    let (user, _) = admin.credentials.clone().unwrap();
    let right = json!({"user": "admin", "password": PASSWORD}).to_string();
    let wrong = json!({"user": "admin", "password": "wrong"}).to_string();
    let status = json!({"name": server.url(), "statusType": "busy"}).to_string();
    let (anon, by_admin) = (&server.anon(), Some(&user));
    #[rustfmt::skip] // A table.
    let table = [
        (anon, "POST", LOGIN, &*right, 200, LOGIN, by_admin),
        (anon, "POST", LOGIN, &wrong, 401, LOGIN, None),
        (&admin, "POST", CREATE, &status, 200, CREATE, by_admin),
        (&admin, "POST", CREATE, "{}", 400, CREATE, by_admin),
        (anon, "POST", CREATE, "{}", 401, CREATE, None),
        (&admin, "GET", "/api/v1/me?a=b", "", 200, "/api/v1/me", by_admin),
        (anon, "OPTIONS", CREATE, "", 200, "any", None),
        (anon, "GET", "/no/such/route", "", 404, "unknown", None),
        (anon, "GET", "/api/v1/settings/private", "", 401, SETTING, None),
        (anon, "PUT", "/api/v1/settings/private", "", 405, SETTING, None),
        (anon, "GET", LOGIN, "", 405, LOGIN, None),
        (anon, LONG_METHOD, LOGIN, "", 405, LOGIN, None),
    ];
    let mut sent = Vec::new();
    for (client, method, path, body, status, route, user) in table {
        let json = [("content-type", "application/json")];
        let reply = client.send(method.parse().unwrap(), path, &json, body.to_owned());
        let method = method.get(..16).unwrap_or(method); // The log truncates it.
        sent.push((reply.await.expect(status), method, route, user.cloned()));
    }
    sent
}

fn is_request(line: &&str) -> bool {
    line.contains("doorsign::request")
}

#[tokio::test]
async fn every_request_is_logged_as_one_json_line_with_its_request_id() {
    let home = Home::with_data().await;
    let server = home.serve(&["--log-format", "json"], &[]).await;
    let sent = send_requests(&home, &server).await;
    let log = server.end().await.stderr;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let lines: Vec<&Value> = lines
        .iter()
        .filter(|line| line["target"] == "doorsign::request")
        .collect();
    assert_eq!(lines.len(), sent.len(), "{log}");
    for (line, (reply, method, route, user)) in lines.into_iter().zip(sent) {
        assert_eq!(
            line["request_id"].as_str(),
            reply.header("x-request-id"),
            "{line}"
        );
        assert_eq!(line["method"], method, "{line}");
        assert_eq!(line["route"], route, "{line}");
        assert_eq!(line["status"], reply.status.as_u16(), "{line}");
        assert_eq!(line["user_id"].as_str(), user.as_deref(), "{line}");
        assert_eq!(line["address"], "127.0.0.1", "{line}");
        let path = (reply.status == 404).then_some("/no/such/route");
        assert_eq!(line["path"].as_str(), path, "{line}");
        assert!(
            line["duration_ms"].as_f64().is_some_and(|ms| ms > 0.0),
            "{line}"
        );
        assert_eq!(line["level"], "INFO", "{line}");
    }
}

#[tokio::test]
async fn every_request_is_logged_as_one_text_line_with_the_same_fields() {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    let sent = send_requests(&home, &server).await;
    let log = server.end().await.stderr;
    let lines: Vec<&str> = log.lines().filter(is_request).collect();
    assert_eq!(lines.len(), sent.len(), "{log}");
    for (line, (reply, method, route, user)) in lines.into_iter().zip(sent) {
        let (id, status) = (reply.header("x-request-id").unwrap(), reply.status.as_u16());
        let start = format!(
            " INFO doorsign::request request_id={id} method={method} route={route} status={status} duration_ms="
        );
        let (_, rest) = line
            .split_once(&start)
            .unwrap_or_else(|| panic!("{start}: {line}"));
        let user = user.map(|id| format!(" user_id={id}")).unwrap_or_default();
        let path = if status == 404 {
            " path=/no/such/route"
        } else {
            ""
        };
        let user = format!("{user} address=127.0.0.1{path}");
        let duration = rest
            .strip_suffix(&user)
            .unwrap_or_else(|| panic!("{user}: {line}"));
        assert!(duration.parse::<f64>().is_ok(), "{line}");
    }
}

/// The parts of a token that depend on its secret or its claims. The header is the same for all.
fn parts(token: &str) -> Vec<String> {
    token.split('.').skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn passwords_and_tokens_are_not_logged_even_at_trace_level() {
    const WRONG: &str = "a-slip-of-the-keyboard";
    for format in ["text", "json"] {
        let home = Home::with_data().await;
        let server = home
            .serve(&["--log-format", format], &[("DOORSIGN_LOG", "trace")])
            .await;
        let pat = server.with_headers(&home.token("admin", "t").await);
        let login = server.anon().logged_in("admin", PASSWORD).await;
        let tokens = [&pat, &login].map(|client| client.credentials.clone().unwrap().1);
        let anon = server.anon();
        anon.login("admin", WRONG).await.expect(401);
        anon.login(WRONG, WRONG).await.expect(401);
        anon.post_raw(
            "login",
            "application/json",
            format!("{{\"password\":\"{WRONG}"),
        )
        .await
        .expect(400);
        anon.post("login", json!({"resume": &tokens[0]}))
            .await
            .expect(200);
        anon.get(&format!("me?token={}&password={WRONG}", tokens[0]))
            .await
            .expect(401);
        pat.create("caught up").await.expect(200);
        login.post("logout", json!({})).await.expect(200);
        login.get("me").await.expect(401);
        let ended = server.end().await;
        assert_eq!(ended.stdout, "");
        assert!(
            ended.stderr.contains("/api/v1/logout"),
            "the log is not verbose: {}",
            ended.stderr
        );
        let secrets = tokens.iter().flat_map(|token| parts(token));
        for secret in secrets.chain([PASSWORD_START.to_owned(), WRONG.to_owned()]) {
            assert!(
                !ended.stderr.contains(&secret),
                "{secret}: {}",
                ended.stderr
            );
        }
    }
}

#[tokio::test]
async fn the_path_of_an_unknown_route_is_logged_truncated_and_without_its_query() {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    let path = format!("/{}?token=secret", "long/".repeat(100));
    let anon = server.anon();
    anon.send("GET".parse().unwrap(), &path, &[], "")
        .await
        .expect(404);
    let log = server.end().await.stderr;
    let line = log.lines().find(is_request).unwrap();
    assert!(line.ends_with(&format!(" path={}", &path[..200])), "{line}");
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn every_call_of_a_live_connection_is_logged_as_one_line() {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    let token = home.token("admin", "t").await;
    let admin = server.with_headers(&token);
    let mut live = Live::open(admin.address()).await;
    live.connect().await;
    live.failure(
        "login",
        json!([{"user": {"username": "admin"}, "password": "wrong"}]),
    )
    .await;
    live.failure("getUserStatusText", json!([])).await;
    live.log_in(json!({"resume": admin.credentials.as_ref().unwrap().1}))
        .await;
    live.failure("no-such\nmethod token=1", json!(["secret"]))
        .await;
    live.result("listCustomUserStatus", json!([])).await;
    live.result("logout", json!([])).await;
    drop(live);
    let log = server.end().await.stderr;
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("doorsign::call"))
        .collect();
    let user = format!(" user_id={}", admin.id());
    let expected = [
        ("login", " error=401", ""),
        ("getUserStatusText", " error=error-invalid-user", ""),
        ("login", "", &*user),
        ("unknown", " error=404", &*user),
        ("listCustomUserStatus", "", &*user),
        ("logout", "", &*user),
    ];
    assert_eq!(lines.len(), expected.len(), "{log}");
    for (line, (method, error, user)) in lines.iter().zip(expected) {
        let start = format!(" INFO doorsign::call method={method}{error} duration_ms=");
        assert!(line.contains(&start), "{start}: {line}");
        assert!(
            line.ends_with(&format!("{user} address=127.0.0.1")),
            "{line}"
        );
    }
    assert!(!log.contains("secret") && !log.contains("no-such"), "{log}");
}
