//! The rate limit: which calls count, how the quota is reported, and which clients share one.

use crate::support::{ADMIN_PASSWORD, Client, Reply, Setup, TestServer};
use doorsign::config::{Config, Contract};
use serde_json::json;
use std::time::Duration;
use warp::http::Method;

const LIST: &str = "custom-user-status.list";

/// A server with a limit of three calls per route and minute, unless `change` sets another one.
async fn server(change: impl FnOnce(&mut Config)) -> TestServer {
    let three = |config: &mut Config| config.rate_limit_calls = Some(3);
    Setup::new().config(three).config(change).start().await
}

/// The quota in a response: the limit, and how many calls are left.
fn quota(reply: &Reply) -> Option<(u64, u64)> {
    let number = |name| reply.header(name).map(|text| text.parse::<u64>().unwrap());
    let (limit, remaining, reset) = (
        number("x-ratelimit-limit"),
        number("x-ratelimit-remaining"),
        number("x-ratelimit-reset"),
    );
    assert_eq!(limit.is_some(), remaining.is_some(), "{:?}", reply.headers);
    assert_eq!(limit.is_some(), reset.is_some(), "{:?}", reply.headers);
    limit.zip(remaining)
}

/// How many calls are left after this one, which was allowed.
#[track_caller]
fn left(reply: Reply) -> u64 {
    quota(&reply.expect(200)).unwrap().1
}

/// Like [`server`], behind a trusted proxy on this machine.
async fn server_behind_proxy(change: impl FnOnce(&mut Config)) -> TestServer {
    server(|config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        change(config);
    })
    .await
}

/// Sends a request with this address in `X-Forwarded-For`.
async fn from(client: &Client, address: &str) -> Reply {
    let headers = [("x-forwarded-for", address)];
    client.send(Method::GET, "/api/info", &headers, "").await
}

#[tokio::test]
async fn calls_are_refused_after_the_limit_until_the_window_ends() {
    let server = server(|_| ()).await;
    let ann = server.user("ann").await;
    let reset = |reply: &Reply| reply.header("x-ratelimit-reset").map(str::to_owned);
    let end = Some("1767225660000".to_owned());
    for remaining in [2, 1, 0] {
        let reply = ann.get("me").await.expect(200);
        assert_eq!(quota(&reply), Some((3, remaining)));
        assert_eq!(reset(&reply), end, "milliseconds");
        assert_eq!(reply.header("retry-after"), None);
    }
    let refused = ann.get("me").await;
    refused.golden("too_many_requests");
    assert_eq!(quota(&refused), Some((3, 0)));
    assert_eq!(reset(&refused), end);
    assert_eq!(refused.header("retry-after"), Some("60"));
    server.clock.advance(Duration::from_millis(59_001));
    let refused = ann.get("me").await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(
        reset(&refused),
        end,
        "a refused call does not extend the window"
    );
    server.clock.advance(Duration::from_millis(999));
    assert_eq!(left(ann.get("me").await), 2);
}

#[tokio::test]
async fn every_response_to_a_counted_call_reports_the_quota() {
    let server = server(|config| config.rate_limit_calls = Some(4)).await;
    let ann = server.user("ann").await;
    // The first response comes from the database, the later ones from memory.
    let list = ann.get(LIST).await.expect(200);
    assert_eq!(quota(&list), Some((4, 3)));
    let tag = [("if-none-match", list.header("etag").unwrap())];
    let path = format!("/api/v1/{LIST}");
    let same = ann.send(Method::GET, &path, &tag, "").await.expect(304);
    assert_eq!(quota(&same), Some((4, 2)));
    assert_eq!(left(ann.get(LIST).await), 1);
    let head = ann.send(Method::HEAD, &path, &[], "").await.expect(200);
    assert_eq!(quota(&head), Some((4, 0)));
    for query in ["", "?count=7"] {
        ann.get(&format!("{LIST}{query}")).await.expect(429);
    }
    let forbidden = ann.create("a").await.expect(400);
    assert_eq!(quota(&forbidden), Some((4, 3)));
    let wrong = server.anon().login("ann", "wrong").await.expect(401);
    assert_eq!(quota(&wrong), Some((4, 3)));
    let right = server.anon().login("admin", ADMIN_PASSWORD).await;
    assert_eq!(left(right), 2, "no client is exempt before the login");
}

#[tokio::test]
async fn requests_refused_before_the_limit_is_checked_are_not_counted() {
    let server = server(|_| ()).await;
    let (ann, anon) = (server.user("ann").await, server.anon());
    let number = || json!({"_id": "a", "name": 5, "statusType": "busy"});
    for _ in 0..4 {
        for (reply, status) in [
            (anon.get("me").await, 401),
            (anon.get(LIST).await, 401),
            (anon.post("login", json!({})).await, 401),
            (anon.get("nothing").await, 404),
            (anon.get("login").await, 405),
            (ann.post("permissions.update", json!({})).await, 403),
            (ann.get(&format!("{LIST}?count=x")).await, 400),
            (ann.get("permissions.listAll?updatedSince=x").await, 400),
            (ann.post("custom-user-status.create", number()).await, 400),
            (ann.post("custom-user-status.update", number()).await, 400),
            (ann.post("custom-user-status.delete", json!({})).await, 400),
        ] {
            assert_eq!(quota(&reply.expect(status)), None);
        }
    }
    assert_eq!(left(ann.get("me").await), 2);
    assert_eq!(left(ann.get(LIST).await), 2);
    assert_eq!(left(anon.login("ann", "ann's password").await), 2);
    assert_eq!(left(ann.get("permissions.listAll").await), 2);
    assert_eq!(quota(&ann.create("a").await), Some((3, 2)));
}

#[tokio::test]
async fn each_route_has_its_own_quota_and_users_of_one_address_share_it() {
    let server = server(|_| ()).await;
    let (ann, bob, anon) = (
        server.user("ann").await,
        server.user("bob").await,
        server.anon(),
    );
    for route in ["me", LIST, "roles.list", "permissions.listAll"] {
        assert_eq!(left(ann.get(route).await), 2, "{route}");
        assert_eq!(left(bob.get(route).await), 1, "{route}");
    }
    assert_eq!(left(anon.get("info").await), 2);
    assert_eq!(left(anon.send(Method::GET, "/api/info", &[], "").await), 2);
    for _ in 0..4 {
        let document = anon.get("openapi.json").await.expect(200);
        assert_eq!(quota(&document), None, "it is not counted");
    }
    assert_eq!(left(ann.post("logout", json!({})).await), 2);
    assert_eq!(left(bob.get("logout").await), 2);
}

#[tokio::test]
async fn each_client_behind_a_trusted_proxy_has_its_own_quota() {
    let server = server_behind_proxy(|_| ()).await;
    let anon = server.anon();
    for (address, remaining) in [
        ("192.0.2.1", 2),
        ("192.0.2.2", 2),
        ("192.0.2.1:4711", 1),
        // The client's own value precedes the one that the proxy appends.
        ("192.0.2.3, 192.0.2.1", 0),
        ("192.0.2.2, 127.0.0.1", 1),
        ("127.0.0.1", 2),
        ("2001:db8:0:1::1", 2),
        ("2001:db8:0:1:f::2", 1),
        ("[2001:db8:0:2::1]:80", 2),
    ] {
        assert_eq!(left(from(&anon, address).await), remaining, "{address}");
    }
    from(&anon, "192.0.2.1").await.expect(429);
    let none = anon.send(Method::GET, "/api/info", &[], "").await;
    assert_eq!(left(none), 1, "it is 127.0.0.1 itself");
}

#[tokio::test]
async fn the_client_address_header_of_an_untrusted_peer_is_ignored() {
    for trusted in ["by default none", "10.0.0.0/8"] {
        let network: Option<ipnet::IpNet> = trusted.parse().ok();
        let trust = |config: &mut Config| config.trusted_proxies.extend(network);
        let server = server(trust).await;
        let anon = server.anon();
        for remaining in [2, 1, 0] {
            let address = format!("192.0.2.{remaining}");
            assert_eq!(left(from(&anon, &address).await), remaining, "{trusted}");
        }
        from(&anon, "192.0.2.9").await.expect(429);
    }
}

#[tokio::test]
async fn the_client_address_header_is_configurable() {
    let server = server_behind_proxy(|config| {
        config.client_address_header = "CF-Connecting-IP".into();
    })
    .await;
    let named = async |header, address| {
        let (anon, headers) = (server.anon(), [(header, address)]);
        let reply = anon.send(Method::GET, "/api/info", &headers, "").await;
        left(reply)
    };
    assert_eq!(named("cf-connecting-ip", "192.0.2.1").await, 2);
    assert_eq!(named("cf-connecting-ip", "192.0.2.2").await, 2);
    assert_eq!(named("cf-connecting-ip", "192.0.2.1").await, 1);
    assert_eq!(named("x-forwarded-for", "192.0.2.3").await, 2);
    assert_eq!(
        named("x-forwarded-for", "192.0.2.4").await,
        1,
        "the header is ignored"
    );
}

#[tokio::test]
async fn failed_logins_count_against_the_client_and_not_the_proxy() {
    let server = server_behind_proxy(|config| {
        config.rate_limit_calls = Some(0);
        config.login_failures_per_address = 2;
    })
    .await;
    server.user("ann").await;
    let login = async |address: &str, password: &str| {
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", address),
        ];
        let body = json!({"user": "ann", "password": password}).to_string();
        let anon = server.anon();
        anon.send(Method::POST, "/api/v1/login", &headers, body)
            .await
    };
    for _ in 0..2 {
        login("192.0.2.1", "wrong").await.golden("login_refused");
    }
    let blocked = login("192.0.2.1", "ann's password").await;
    blocked.golden("login_blocked_address");
    login("192.0.2.2", "ann's password").await.expect(200);
}

#[tokio::test]
async fn users_who_may_bypass_the_limit_are_not_counted() {
    let server = server(|_| ()).await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let bot = server.user_with_roles("bot", &["bot"]).await;
    for _ in 0..4 {
        for exempt in [&admin, &bot] {
            for route in ["me", LIST, "info"] {
                let reply = exempt.get(route).await.expect(200);
                assert_eq!(quota(&reply), None, "{route}");
            }
        }
    }
    assert_eq!(left(ann.get("me").await), 2);
    // A user who is granted the permission is exempt from the next call on.
    let grant = json!({"permissions": [{"_id": "api-bypass-rate-limit", "roles": ["user"]}]});
    admin.post("permissions.update", grant).await.expect(200);
    assert_eq!(quota(&ann.get("me").await.expect(200)), None);
    assert_eq!(left(admin.get("me").await), 1);
}

#[tokio::test]
async fn the_contract_determines_the_limit_unless_a_setting_does() {
    for (contract, calls) in [(Contract::Documented, 120), (Contract::Server, 10)] {
        let setup = Setup::new().contract(contract).rate_limited();
        let server = setup.start().await;
        let anon = server.anon();
        for n in 1..=calls {
            let reply = anon.get("info").await.expect(200);
            assert_eq!(quota(&reply), Some((calls, calls - n)), "{contract}");
        }
        anon.get("info").await.expect(429);
    }
    let server = server(|config| config.rate_limit_calls = Some(0)).await;
    for _ in 0..130 {
        let reply = server.anon().get("info").await.expect(200);
        assert_eq!(quota(&reply), None, "the limit is off");
    }
}

#[tokio::test]
async fn the_length_of_the_window_is_configurable() {
    let server = server(|config| config.rate_limit_seconds = 7).await;
    let anon = server.anon();
    for _ in 0..3 {
        anon.get("info").await.expect(200);
    }
    let refused = anon.get("info").await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("7"));
    server.clock.advance(Duration::from_secs(7));
    anon.get("info").await.expect(200);
}

#[tokio::test]
async fn concurrent_calls_are_limited_exactly() {
    let server = server(|_| ()).await;
    let anon = server.anon();
    let calls = futures_util::future::join_all((0..32).map(|_| anon.get("info"))).await;
    let allowed = calls.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(allowed, 3);
}
