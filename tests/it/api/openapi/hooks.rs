//! Requests about hooks, webhooks and the audit trail that together provoke every status documented
//! for them.

use crate::support::openapi::requests::Case;
use crate::support::openapi::requests::Who::{Admin, Anonymous, Bob};

pub fn cases() -> Vec<Case> {
    [additions(), reads(), operations(), removals(), audit()].concat()
}

/// Adds two webhooks. One of them never accepts a delivery.
#[rustfmt::skip] // A table: rows on one line are easier to compare.
fn additions() -> Vec<Case> {
    const ADD: &str = "POST /api/v1/webhooks.add";
    let long = format!(r#"{{"name":"{}","url":"https://ci.example.org/"}}"#, "a".repeat(41));
    vec![
        Case::new(200, Anonymous, "GET /api/v1/events.schema", ""),
        Case::new(403, Bob, ADD, ""),
        Case::new(200, Admin, ADD, r#"{"name":"ci","url":"{receiver}/204","events":["custom_user_status.*"]}"#),
        Case::new(200, Admin, ADD, r#"{"name":"broken","url":"{receiver}/500","events":[]}"#),
        Case::new(400, Admin, ADD, ""),
        Case::new(400, Admin, ADD, r#"{"name":"other"}"#),
        Case::new(400, Admin, ADD, r#"{"name":"","url":"https://ci.example.org/"}"#),
        Case::new(400, Admin, ADD, r#"{"name":"C I","url":"https://ci.example.org/"}"#),
        Case::new(400, Admin, ADD, &long),
        Case::new(400, Admin, ADD, r#"{"name":"ci","url":"https://ci.example.org/"}"#),
        Case::new(400, Admin, ADD, r#"{"name":"other","url":""}"#),
        Case::new(400, Admin, ADD, r#"{"name":"other","url":[]}"#),
        Case::new(400, Admin, ADD, r#"{"name":"other","url":"http://10.0.0.1/"}"#),
        Case::new(400, Admin, ADD, r#"{"name":"other","url":"ftp://ci.example.org/"}"#),
        Case::new(400, Admin, ADD, r#"{"name":"other","url":"https://ci.example.org/","events":["presence.shown"]}"#),
        Case::new(400, Admin, ADD, r#"{"name":"other","url":"https://ci.example.org/","events":"presence.changed"}"#),
        Case::new(400, Admin, ADD, r#"{"name":"other","url":"https://ci.example.org/","x":1}"#),
    ]
}

/// Publishes an event that one webhook accepts and the other one refuses, and reads their
/// deliveries.
#[rustfmt::skip]
fn reads() -> Vec<Case> {
    const LIST: &str = "GET /api/v1/hooks.list";
    const DELIVERIES: &str = "GET /api/v1/hooks.deliveries";
    const DELIVERY: &str = "GET /api/v1/hooks.delivery";
    vec![
        Case::new(200, Admin, "POST /api/v1/custom-user-status.create", r#"{"name":"out to sea","statusType":"away"}"#),
        Case::new(200, Bob, "GET /api/v1/events", ""),
        Case::new(200, Admin, DELIVERIES, "").at("?hook=webhook-broken&state=retrying&after=").until(r#""state":"retrying""#),
        Case::new(200, Admin, DELIVERIES, "").at("?hook=webhook-broken&state=&after={position}"),
        Case::new(400, Admin, DELIVERIES, ""),
        Case::new(400, Admin, DELIVERIES, "").at("?hook=nobody"),
        Case::new(400, Admin, DELIVERIES, "").at("?hook=webhook-ci&state=lost"),
        Case::new(400, Admin, DELIVERIES, "").at("?hook=webhook-ci&after=yesterday"),
        Case::new(403, Bob, DELIVERIES, ""),
        Case::new(200, Admin, DELIVERY, "").at("?hook=webhook-broken&event={position}"),
        Case::new(400, Admin, DELIVERY, "").at("?hook=webhook-broken"),
        Case::new(400, Admin, DELIVERY, "").at("?hook=webhook-broken&event=1000000"),
        Case::new(400, Admin, DELIVERY, "").at("?hook=nobody&event=1"),
        Case::new(400, Admin, DELIVERY, "").at("?hook=webhook-broken&event=first"),
        Case::new(403, Bob, DELIVERY, ""),
        Case::new(200, Admin, LIST, "").until(r#""lag":0"#),
        Case::new(400, Admin, LIST, "").at("?count=1"),
        Case::new(403, Bob, LIST, ""),
    ]
}

#[rustfmt::skip]
fn operations() -> Vec<Case> {
    const RETRY: &str = "POST /api/v1/hooks.retry";
    const DROP: &str = "POST /api/v1/hooks.drop";
    const REPLAY: &str = "POST /api/v1/hooks.replay";
    const PAUSE: &str = "POST /api/v1/hooks.pause";
    const RESUME: &str = "POST /api/v1/hooks.resume";
    vec![
        Case::new(200, Admin, PAUSE, r#"{"hook":"webhook-broken"}"#),
        Case::new(400, Admin, PAUSE, "{}"),
        Case::new(400, Admin, PAUSE, r#"{"hook":""}"#),
        Case::new(400, Admin, PAUSE, r#"{"hook":"nobody"}"#),
        Case::new(403, Bob, PAUSE, ""),
        Case::new(200, Admin, RETRY, r#"{"hook":"webhook-broken","event":"{position}"}"#),
        Case::new(200, Admin, RETRY, r#"{"hook":"webhook-ci","event":null}"#),
        Case::new(400, Admin, RETRY, r#"{"hook":"nobody"}"#),
        Case::new(400, Admin, RETRY, r#"{"hook":"webhook-ci","event":1000000}"#),
        Case::new(400, Admin, RETRY, r#"{"hook":"webhook-ci","event":"first"}"#),
        Case::new(400, Admin, RETRY, r#"{"hook":"webhook-ci","event":-1}"#),
        Case::new(403, Bob, RETRY, ""),
        Case::new(200, Admin, DROP, r#"{"hook":"webhook-broken","event":"{position}"}"#),
        Case::new(400, Admin, DROP, r#"{"hook":"webhook-ci"}"#),
        Case::new(400, Admin, DROP, r#"{"hook":"webhook-ci","event":null}"#),
        Case::new(400, Admin, DROP, r#"{"hook":"webhook-ci","event":1000000}"#),
        Case::new(400, Admin, DROP, r#"{"hook":"nobody","event":1}"#),
        Case::new(403, Bob, DROP, ""),
        Case::new(200, Admin, RESUME, r#"{"hook":"webhook-broken"}"#),
        Case::new(400, Admin, RESUME, r#"{"hook":"nobody"}"#),
        Case::new(400, Admin, RESUME, r#"{"hook":"webhook-ci","x":1}"#),
        Case::new(403, Bob, RESUME, ""),
        Case::new(200, Admin, REPLAY, r#"{"hook":"webhook-ci","since":"2025-12-31T23:00:00.000Z"}"#),
        Case::new(200, Admin, REPLAY, r#"{"hook":"webhook-ci","since":"2020-01-01","until":"2020-01-02"}"#),
        Case::new(400, Admin, REPLAY, r#"{"hook":"webhook-ci"}"#),
        Case::new(400, Admin, REPLAY, r#"{"hook":"webhook-ci","since":null}"#),
        Case::new(400, Admin, REPLAY, r#"{"hook":"webhook-ci","since":"yesterday"}"#),
        Case::new(400, Admin, REPLAY, r#"{"hook":"webhook-ci","since":"2020-01-02","until":"2020-01-01"}"#),
        Case::new(400, Admin, REPLAY, r#"{"hook":"nobody","since":"2020-01-01"}"#),
        Case::new(403, Bob, REPLAY, ""),
    ]
}

#[rustfmt::skip]
fn removals() -> Vec<Case> {
    const LIST: &str = "GET /api/v1/webhooks.list";
    const TEST: &str = "POST /api/v1/webhooks.test";
    let of = |verb: &str| format!("POST /api/v1/webhooks.{verb}");
    let refused = |verb: &str| vec![
        Case::new(400, Admin, &of(verb), r#"{"name":"nobody"}"#),
        Case::new(400, Admin, &of(verb), r#"{"name":"No Name"}"#),
        Case::new(400, Admin, &of(verb), "{}"),
        Case::new(403, Bob, &of(verb), ""),
    ];
    let refused = ["test", "rotate", "disable", "enable", "remove"].map(refused);
    let done = vec![
        Case::new(200, Admin, TEST, r#"{"name":"ci"}"#),
        Case::new(200, Admin, TEST, r#"{"name":"broken"}"#),
        Case::new(200, Admin, &of("disable"), r#"{"name":"broken"}"#),
        Case::new(200, Admin, &of("enable"), r#"{"name":"broken"}"#),
        Case::new(200, Admin, &of("remove"), r#"{"name":"broken"}"#),
        Case::new(200, Admin, LIST, ""),
        Case::new(200, Admin, &of("rotate"), r#"{"name":"ci"}"#),
        Case::new(200, Admin, LIST, ""),
        Case::new(400, Admin, LIST, "").at("?name=ci"),
        Case::new(403, Bob, LIST, ""),
    ];
    refused.into_iter().flatten().chain(done).collect()
}

#[rustfmt::skip]
fn audit() -> Vec<Case> {
    const LIST: &str = "GET /api/v1/audit.list";
    vec![
        Case::new(200, Admin, LIST, ""),
        Case::new(200, Admin, LIST, "").at("?action=login&action=webhook.created&user=admin&since=2020-01-01&until=2099-12-31T23:59:59Z&count=2&offset=1"),
        Case::new(200, Admin, LIST, "").at("?action=webhook.removed&count=1"),
        Case::new(200, Admin, LIST, "").at("?user=&since=&until=&count=&offset="),
        Case::new(400, Admin, LIST, "").at("?action=everything"),
        Case::new(400, Admin, LIST, "").at("?since=yesterday"),
        Case::new(400, Admin, LIST, "").at("?until=tomorrow"),
        Case::new(400, Admin, LIST, "").at("?count=few"),
        Case::new(400, Admin, LIST, "").at("?x=1"),
        Case::new(403, Bob, LIST, ""),
        Case::new(401, Anonymous, LIST, ""),
    ]
}
