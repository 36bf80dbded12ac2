//! The tables and commands of docs/testing.md about dev mode.

use crate::support::dev::{control, dev_server, look};
use crate::support::page::{Page, routes, spans};
use crate::support::process::{Home, paste};
use doorsign::api::DEV_ROUTES;
use doorsign::dev::seed::PEOPLE;
use serde_json::Value;
use std::collections::BTreeSet;

#[tokio::test]
async fn the_table_of_controls_is_complete_and_every_body_in_it_is_accepted() {
    let server = dev_server().await;
    let mut named = BTreeSet::new();
    for row in Page::of("testing").table("control route") {
        let [(method, path)] = &routes(&row[0])[..] else {
            panic!("more than one route in a row: {row:?}");
        };
        let (name, bodies) = (path.strip_prefix("/dev/").unwrap(), spans(&row[1]));
        assert_eq!(method == "POST", !bodies.is_empty(), "{row:?}");
        if bodies.is_empty() {
            look(&server, name).await;
        }
        for body in bodies {
            let json: Value = serde_json::from_str(body).unwrap();
            control(&server, name, json).await;
        }
        named.insert((method.clone(), path.clone()));
    }
    let served = DEV_ROUTES
        .iter()
        .map(|route| (route.method.to_string(), route.path.to_owned()));
    assert_eq!(named, served.collect());
}

#[tokio::test]
async fn the_users_of_dev_mode_are_those_in_the_table() {
    let server = dev_server().await;
    let rows = Page::of("testing").table("user");
    assert_eq!(rows.len(), PEOPLE.len());
    for (row, person) in rows.iter().zip(&PEOPLE) {
        let words = [0, 1, 2, 3].map(|n| row[n].trim_matches('`'));
        let password = person.password.unwrap_or("none");
        assert_eq!(words[..3], [person.username, password, person.id]);
        let me = crate::support::dev::seeded(&server, person.username)
            .get("me")
            .await;
        assert_eq!(me.json()["roles"], serde_json::json!([words[3]]));
    }
}

#[tokio::test]
async fn the_commands_of_dev_mode_work() {
    let page = Page::of("testing");
    let start = page.shell("doorsign dev");
    let home = Home::new();
    let process = home
        .serve(&[start.strip_prefix("doorsign ").unwrap()], &[])
        .await;
    for route in DEV_ROUTES {
        let line = format!("{:<4} {} ", route.method.as_str(), route.path);
        assert!(process.greeting.contains(&line), "the start prints {line}");
    }
    let block = page.shell("/dev/clock");
    let address = process.address().to_string();
    let line = block.replace("127.0.0.1:3000", &address);
    let now = |answer: &str| -> jiff::Timestamp {
        let json: Value = serde_json::from_str(answer).unwrap();
        json["now"].as_str().unwrap().parse().unwrap()
    };
    let first = paste(&line, &[]).await.succeeded();
    let second = paste(&line, &[]).await.succeeded();
    let moved = now(&first).duration_until(now(&second)).as_hours();
    assert_eq!(moved, 24);
}
