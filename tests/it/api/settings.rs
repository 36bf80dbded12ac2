//! Settings: the public ones, reading and changing single ones, and what survives a restart.

use crate::support::{Client, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::{Value, json};
use warp::http::Method;

const INVISIBLE: &str = "Accounts_AllowInvisibleStatusOption";
const BROADCAST: &str = "Presence_broadcast_disabled";

async fn public(client: &Client, query: &str) -> Value {
    let path = format!("settings.public{query}");
    client.get(&path).await.expect(200).json()
}

fn ids(page: &Value) -> Vec<&str> {
    let rows = page["settings"].as_array().unwrap().iter();
    rows.map(|row| row["_id"].as_str().unwrap()).collect()
}

/// The value of one public setting.
async fn value(client: &Client, id: &str) -> Value {
    let page = public(client, &format!("?_id={id}")).await;
    assert_eq!(page["total"], 1, "{page}");
    page["settings"][0]["value"].clone()
}

async fn set(client: &Client, id: &str, value: Value) {
    let route = format!("settings/{id}");
    let done = client.post(&route, json!({"value": value})).await;
    assert_eq!(done.expect(200).json(), json!({"success": true}));
}

#[tokio::test]
async fn the_public_settings_have_rocket_chats_defaults() {
    let setup = Setup::new().config(|c| c.site_url = Some("https://chat.example".to_owned()));
    let server = setup.start().await;
    let mut page = public(&server.anon(), "?count=0").await;
    for row in page["settings"].as_array_mut().unwrap() {
        if row["_id"] == "uniqueID" {
            assert_eq!(row["value"].as_str().unwrap().len(), 17);
            row["value"] = json!("UNIQUE-ID");
        }
    }
    let golden = include_str!("../golden/settings_public.txt");
    let rows = page["settings"].as_array().unwrap().iter();
    let listed: String = rows
        .map(|row| format!("{} = {}\n", row["_id"].as_str().unwrap(), row["value"]))
        .collect();
    assert_eq!(listed, golden);
}

#[tokio::test]
async fn pages_of_public_settings_are_contiguous_and_sorted_by_id() {
    let server = TestServer::start().await;
    let anon = server.anon();
    let all = public(&anon, "?count=0").await;
    let expected = ids(&all);
    assert!(expected.is_sorted());
    let mut walked = Vec::new();
    loop {
        let page = public(&anon, &format!("?count=7&offset={}", walked.len())).await;
        assert_eq!(page["total"], json!(expected.len()));
        assert_eq!(page["offset"], json!(walked.len()));
        assert_eq!(page["count"], json!(ids(&page).len()));
        walked.extend(ids(&page).into_iter().map(str::to_owned));
        if walked.len() >= expected.len() {
            break;
        }
    }
    assert_eq!(walked, expected);
    let beyond = public(&anon, "?offset=1000").await;
    assert_eq!((&beyond["count"], ids(&beyond).len()), (&json!(0), 0));
}

#[tokio::test]
async fn public_settings_are_selected_by_id_and_unknown_parameters_are_refused() {
    let server = TestServer::start().await;
    let anon = server.anon();
    for (query, expected) in [
        ("?_id=uniqueID", &["uniqueID"] as &[&str]),
        (
            "?_id=uniqueID,Site_Name,nothing",
            &["Site_Name", "uniqueID"],
        ),
        ("?_id=Site_Name%2CuniqueID&count=1", &["Site_Name"]),
        ("?_id=API_Enable_CORS", &[]),
        ("?_id=nothing", &[]),
        (
            "?_id=Site_Name&sort=%7B%22_id%22:-1%7D&query=%7B%7D",
            &["Site_Name"],
        ),
    ] {
        assert_eq!(ids(&public(&anon, query).await), expected, "{query}");
    }
    for (query, text) in [
        ("?fields=x", "must NOT have additional properties"),
        ("?count=x", "must be number"),
        ("?_id=a&_id=b", "must be string"),
    ] {
        let refused = anon.get(&format!("settings.public{query}")).await;
        let expected =
            json!({"success": false, "errorType": "error-invalid-params", "error": text});
        let refused = refused.expect(400).error_of_rocket_chat();
        assert_eq!(refused, expected, "{query}");
    }
}

#[tokio::test]
async fn no_other_login_services_are_configured() {
    let server = TestServer::start().await;
    let anon = server.anon();
    anon.get("settings.oauth").await.golden("settings_oauth");
    let configurations = anon.get("service.configurations").await;
    configurations.golden("service_configurations");
}

#[tokio::test]
async fn a_change_takes_effect_with_the_next_request() {
    let server = TestServer::start().await;
    let (admin, anon) = (server.admin().await, server.anon());
    for (id, before, after) in [
        (INVISIBLE, json!(true), json!(false)),
        ("Site_Name", json!("doorsign"), json!("Büro 🚪")),
        ("Site_Name", json!("Büro 🚪"), json!("")),
        ("Site_Name", json!(""), json!("doorsign")),
    ] {
        assert_eq!(value(&anon, id).await, before);
        set(&admin, id, after.clone()).await;
        assert_eq!(value(&anon, id).await, after);
        let found = admin.get(&format!("settings/{id}")).await.expect(200);
        let expected = json!({"_id": id, "value": after, "success": true});
        assert_eq!(found.json(), expected);
    }
    let values = server.app.settings().await.unwrap();
    assert!(!values.allow_invisible() && values.allow_status_message_change());
}

#[tokio::test]
async fn an_invalid_change_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let (admin, anon) = (server.admin().await, server.anon());
    let before = public(&anon, "?count=0").await;
    let value = |value: Value| json!({"value": value}).to_string();
    for (id, body, golden) in [
        ("nothing", value(json!(1)), "setting_unknown"),
        ("Site_Name%00", value(json!("x")), "setting_unknown"),
        ("Site_Name", value(json!(1)), "setting_wants_text"),
        (INVISIBLE, value(json!("true")), "setting_wants_boolean"),
        ("Site_Name", value(json!(null)), "setting_no_value"),
        ("Site_Name", value(json!(["x"])), "setting_no_value"),
        ("Site_Name", value(json!(1.5)), "setting_no_value"),
        ("Site_Name", "{}".to_owned(), "setting_without_value"),
        ("Site_Name", "{".to_owned(), "setting_without_value"),
        ("uniqueID", value(json!("mine")), "setting_fixed"),
        ("uniqueID", value(json!(1)), "setting_fixed"),
    ] {
        let route = format!("settings/{id}");
        let refused = admin.post_raw(&route, "application/json", body).await;
        refused.golden(golden);
    }
    admin
        .get("settings/nothing")
        .await
        .golden("setting_unknown");
    assert_eq!(public(&anon, "?count=0").await, before);
}

#[tokio::test]
async fn every_setting_accepts_the_value_that_it_has() {
    for contract in [Contract::Documented, Contract::Server] {
        let setup = Setup::new().contract(contract);
        let server = setup.config(|c| c.rate_limit_calls = Some(0)).start().await;
        let admin = server.admin().await;
        let before = public(&admin, "?count=0").await;
        for row in before["settings"].as_array().unwrap() {
            let id = row["_id"].as_str().unwrap();
            set(&admin, id, row["value"].clone()).await;
        }
        let ann = server.user("ann").await;
        let repeated = ann.post("settings/uniqueID", json!({"value": "x"}));
        repeated.await.golden("route_forbidden");
        assert_eq!(public(&admin, "?count=0").await, before);
    }
}

#[tokio::test]
async fn single_settings_need_the_permission() {
    let server = TestServer::start().await;
    let (ann, anon) = (server.user("ann").await, server.anon());
    for id in ["Site_Name", "nothing"] {
        let route = format!("settings/{id}");
        ann.get(&route).await.golden("route_forbidden");
        ann.post(&route, json!({})).await.golden("route_forbidden");
        anon.get(&route).await.golden("create_unauthenticated");
        anon.post(&route, json!({}))
            .await
            .golden("create_unauthenticated");
    }
}

#[tokio::test]
async fn settings_from_the_configuration_are_read_only() {
    let origins = [
        "https://a.example".to_owned(),
        "https://b.example".to_owned(),
    ];
    let server = Setup::new().config(|c| {
        c.cors_origins = origins.into();
        (c.rate_limit_calls, c.rate_limit_seconds) = (Some(70), 30);
    });
    let server = server.start().await;
    let admin = server.admin().await;
    for (id, value) in [
        ("API_Enable_CORS", json!(true)),
        (
            "API_CORS_Origin",
            json!("https://a.example,https://b.example"),
        ),
        ("API_Enable_Rate_Limiter", json!(true)),
        ("API_Enable_Rate_Limiter_Limit_Calls_Default", json!(70)),
        ("API_Enable_Rate_Limiter_Limit_Time_Default", json!(30_000)),
        ("Site_Url", json!(format!("http://{}", server.address))),
    ] {
        let route = format!("settings/{id}");
        assert_eq!(admin.get(&route).await.json()["value"], value);
        let other = match value {
            Value::Bool(_) => json!(false),
            Value::Number(_) => json!(1),
            _ => json!("https://c.example"),
        };
        admin
            .post(&route, json!({"value": value}))
            .await
            .expect(200);
        let refused = admin.post(&route, json!({"value": other})).await;
        assert_eq!(
            refused.expect(400).json()["errorType"],
            "error-action-not-allowed"
        );
    }
}

#[tokio::test]
async fn settings_survive_a_restart_except_the_broadcast_which_is_enabled_again() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Setup::at(folder.path()).start();
    let server = start().await;
    let (admin, anon) = (server.admin().await, server.anon());
    let unique = value(&anon, "uniqueID").await;
    set(&admin, INVISIBLE, json!(false)).await;
    set(&admin, BROADCAST, json!(true)).await;
    assert_eq!(value(&anon, BROADCAST).await, true);
    server.stop().await;
    let server = start().await;
    let anon = server.anon();
    assert_eq!(value(&anon, "uniqueID").await, unique);
    assert_eq!(value(&anon, INVISIBLE).await, false);
    assert_eq!(value(&anon, BROADCAST).await, false);
    let other = TestServer::start().await;
    assert_ne!(value(&other.anon(), "uniqueID").await, unique);
}

#[tokio::test]
async fn enabling_the_broadcast_needs_the_permission_to_manage_statuses() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    set(&admin, BROADCAST, json!(true)).await;
    for route in ["presence.enableBroadcast", "presence.getConnections"] {
        let method = if route.ends_with("Broadcast") {
            Method::POST
        } else {
            Method::GET
        };
        let path = format!("/api/v1/{route}");
        let refused = ann.send(method.clone(), &path, &[], "").await;
        refused.golden("route_forbidden");
        let refused = server.anon().send(method, &path, &[], "").await;
        refused.golden("create_unauthenticated");
    }
    assert_eq!(value(&ann, BROADCAST).await, true);
    let enabled = admin.post("presence.enableBroadcast", json!({})).await;
    assert_eq!(enabled.expect(200).json(), json!({"success": true}));
    assert_eq!(value(&ann, BROADCAST).await, false);
    let connections = admin.get("presence.getConnections").await.expect(200);
    assert_eq!(
        connections.text(),
        r#"{"current":0,"max":10000,"success":true}"#
    );
}
