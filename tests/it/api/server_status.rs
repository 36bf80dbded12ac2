//! What administrators read about the server: its state, its configuration and all settings.

use crate::support::process::{Home, PASSWORD, Process};
use crate::support::receiver::Receiver;
use crate::support::webhooks::{add_named, create, server_and_admin};
use crate::support::{Setup, TestServer, in_time};
use doorsign::domain::Setting;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn the_status_shows_version_start_sizes_and_connections() {
    let setup = Setup::new().config(|config| {
        (config.max_database_mib, config.max_connections) = (64, 100);
    });
    let server = setup.start().await;
    let admin = server.admin().await;
    let status = admin.get("server.status").await.expect(200).json();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["startedAt"], "2026-01-01T00:00:00.000Z");
    let file = server.data.join("doorsign.db").metadata().unwrap().len();
    let database = &status["database"];
    assert_eq!(database["limitBytes"], 64 * 1024 * 1024);
    let (bytes, log) = (&database["bytes"], &database["walBytes"]);
    assert!(bytes.as_u64().unwrap() >= file, "{database}");
    assert!(log.as_u64().unwrap() > 0, "{database}");
    let connections = &status["connections"];
    assert_eq!(
        (&connections["limit"], &connections["streams"]),
        (&json!(100), &json!(0))
    );
    assert!(connections["open"].as_u64().unwrap() >= 1, "{connections}");
    assert_eq!(status["failingHooks"], 0);
}

#[tokio::test]
async fn the_status_of_an_unlimited_database_has_no_limit() {
    let server = TestServer::start().await;
    let status = server.admin().await.get("server.status").await;
    assert_eq!(
        status.expect(200).json()["database"]["limitBytes"],
        Value::Null
    );
}

#[tokio::test]
async fn the_status_counts_hooks_that_retry_a_delivery() {
    let (server, admin) = server_and_admin().await;
    let receiver = Receiver::start();
    receiver.answers(500);
    add_named(&server, "ci", &receiver, &[]).await;
    create(&admin, &["lunch"]).await;
    let failing = async || {
        let status = admin.get("server.status").await.expect(200).json();
        status["failingHooks"].clone()
    };
    let counted = async {
        while failing().await != 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    in_time("a failing hook", counted).await;
    let disabled = admin.post("webhooks.disable", json!({"name": "ci"}));
    disabled.await.expect(200);
    assert_eq!(failing().await, 0, "a disabled hook does not fail");
}

#[tokio::test]
async fn the_configuration_names_the_source_of_each_value_and_shows_no_secret() {
    let home = Home::new();
    std::fs::write(home.path().join("doorsign.toml"), "login_days = 7\n").unwrap();
    let environment = [
        ("DOORSIGN_ADMIN_PASSWORD", PASSWORD),
        ("DOORSIGN_REGISTRATION_SECRET", "open sesame"),
    ];
    let command = home.command(&["serve", "--log", "error"], &environment);
    let server = Process::served(command).await;
    let admin = server.anon().logged_in("admin", PASSWORD).await;
    let reply = admin.get("server.configuration").await.expect(200);
    for secret in [PASSWORD, "correct-horse", "open sesame"] {
        assert!(!reply.text().contains(secret));
    }
    let rows = reply.json()["configuration"].clone();
    let row = |key: &str| {
        let rows = rows.as_array().unwrap().iter();
        rows.clone().find(|row| row["key"] == key).unwrap().clone()
    };
    let expected = [
        json!({"key": "login_days", "value": 7, "source": "file", "from": "doorsign.toml", "secret": false}),
        json!({"key": "data", "value": "data", "source": "environment", "from": "DOORSIGN_DATA", "secret": false}),
        json!({"key": "log", "value": "error", "source": "flag", "from": "--log", "secret": false}),
        json!({"key": "site_url", "value": null, "source": "default", "secret": false}),
        json!({"key": "cors_origins", "value": [], "source": "default", "secret": false}),
        json!({"key": "registration_secret", "value": null, "source": "environment",
            "from": "DOORSIGN_REGISTRATION_SECRET", "secret": true}),
    ];
    for expected in expected {
        assert_eq!(row(expected["key"].as_str().unwrap()), expected);
    }
    server.end().await;
}

#[tokio::test]
async fn administrators_list_every_setting_with_its_default_and_what_holds_it() {
    let setup =
        Setup::new().config(|config| config.cors_origins = vec!["https://a.example".into()]);
    let server = setup.start().await;
    let admin = server.admin().await;
    let name = json!({"value": "Studio North"});
    admin.post("settings/Site_Name", name).await.expect(200);
    let list = admin.get("settings.list").await.expect(200).json();
    let rows = list["settings"].as_array().unwrap();
    let ids: Vec<_> = rows
        .iter()
        .map(|row| row["_id"].as_str().unwrap())
        .collect();
    let all: Vec<_> = Setting::ALL.iter().map(|setting| setting.id()).collect();
    assert_eq!(ids, all);
    let row = |id: &str| rows.iter().find(|row| row["_id"] == id).unwrap().clone();
    assert_eq!(
        row("Site_Name"),
        json!({"_id": "Site_Name", "value": "Studio North", "type": "text", "default": "doorsign",
            "public": true, "readOnly": false})
    );
    assert_eq!(
        row("API_CORS_Origin"),
        json!({"_id": "API_CORS_Origin", "value": "https://a.example", "type": "text", "default": "",
            "public": false, "readOnly": true, "configuration": "cors_origins"})
    );
    let url = row("Site_Url")["value"].clone();
    assert!(
        url.as_str().unwrap().starts_with("http://127.0.0.1:"),
        "{url}"
    );
}

#[tokio::test]
async fn a_parameter_is_refused_because_these_lists_have_no_filters() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for route in ["server.status", "server.configuration", "settings.list"] {
        let refused = admin.get(&format!("{route}?x=1")).await.expect(400);
        assert_eq!(refused.json()["errorType"], "error-invalid-params");
    }
}
