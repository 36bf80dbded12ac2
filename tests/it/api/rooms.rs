//! Rooms and more that clients ask for at their start, and that do not exist here.

use crate::support::{Client, Setup};
use doorsign::config::Contract;
use serde_json::{Value, json};
use warp::http::Method;

const CONTRACTS: [Contract; 2] = [Contract::Documented, Contract::Server];

async fn get(client: &Client, route: &str) -> Value {
    client.get(route).await.expect(200).json()
}

#[tokio::test]
async fn a_client_that_asks_for_rooms_first_gets_empty_results() {
    for contract in CONTRACTS {
        let server = Setup::new().contract(contract).start().await;
        let ann = server.user("ann").await;
        let changes = json!({"update": [], "remove": [], "success": true});
        for route in ["rooms.get", "subscriptions.get"] {
            assert_eq!(get(&ann, route).await, changes);
            let since = format!("{route}?updatedSince=2026-11-25T10:00:00.000Z");
            assert_eq!(get(&ann, &since).await, changes);
        }
        let emoji = json!({"emojis": {"update": [], "remove": []}, "success": true});
        assert_eq!(get(&ann, "emoji-custom.list").await, emoji);
        for (route, list) in [
            ("channels.list", "channels"),
            ("groups.list", "groups"),
            ("im.list", "ims"),
            ("commands.list", "commands"),
        ] {
            let mut page = json!({"offset": 0, "count": 0, "total": 0, "success": true});
            page[list] = json!([]);
            assert_eq!(get(&ann, route).await, page);
            page["offset"] = json!(5);
            let query = r#"?offset=5&count=20&sort={"name":1}&query={}&fields={}"#;
            let query = query
                .replace('{', "%7B")
                .replace('}', "%7D")
                .replace('"', "%22");
            assert_eq!(get(&ann, &format!("{route}{query}")).await, page);
        }
    }
}

#[tokio::test]
async fn an_invalid_date_or_an_unknown_parameter_is_refused_although_the_list_is_empty() {
    for contract in CONTRACTS {
        let server = Setup::new().contract(contract).start().await;
        let ann = server.user("ann").await;
        for route in ["rooms.get", "subscriptions.get", "emoji-custom.list"] {
            let refused = ann.get(&format!("{route}?updatedSince=yesterday")).await;
            refused.golden("updated_since_not_a_date");
            ann.get(&format!("{route}?x=1")).await.expect(400);
        }
        ann.get("channels.list?count=all").await.expect(400);
    }
}

#[tokio::test]
async fn the_license_names_the_modules_of_the_status_visibility_and_no_limits() {
    for contract in CONTRACTS {
        let server = Setup::new().contract(contract).start().await;
        let ann = server.user("ann").await;
        for route in ["licenses.info", "licenses.info?loadValues=true"] {
            ann.get(route).await.golden("license");
        }
    }
}

#[tokio::test]
async fn a_push_token_is_accepted_and_not_enabled() {
    for contract in CONTRACTS {
        let server = Setup::new().contract(contract).start().await;
        let ann = server.user("ann").await;
        let token = json!({"id": "device", "type": "gcm", "value": "a token", "appName": "app"});
        let reply = ann.post("push.token", token).await.expect(200).json();
        let result = &reply["result"];
        assert_eq!(result["_id"], "device");
        assert_eq!(result["token"], json!({"gcm": "a token"}));
        assert_eq!(result["userId"], ann.id());
        assert_eq!(result["enabled"], false);
        for (field, value, golden) in [
            ("id", json!(7), "push_token_bad_id"),
            ("type", json!("fax"), "push_token_bad_type"),
            ("value", json!(""), "push_token_bad_value"),
            ("appName", Value::Null, "push_token_bad_app"),
            ("value", json!("x".repeat(4097)), "push_token_bad_value"),
        ] {
            let mut token = json!({"type": "apn", "value": "a token", "appName": "app"});
            token[field] = value;
            ann.post("push.token", token).await.golden(golden);
        }
    }
}

#[tokio::test]
async fn a_push_token_is_removed_at_a_logout() {
    for contract in CONTRACTS {
        let server = Setup::new().contract(contract).start().await;
        let ann = server.user("ann").await;
        let json = [("content-type", "application/json")];
        let remove = async |client: &Client, body: &str| {
            let path = "/api/v1/push.token";
            client
                .send(Method::DELETE, path, &json, body.to_owned())
                .await
        };
        let removed = remove(&ann, r#"{"token":"a token"}"#).await;
        assert_eq!(removed.expect(200).json(), json!({"success": true}));
        for (body, text) in [
            ("{}", "must have required property 'token'"),
            (r#"{"token":""}"#, "must NOT have fewer than 1 characters"),
            (
                r#"{"token":"a","x":1}"#,
                "must NOT have additional properties",
            ),
        ] {
            assert_eq!(remove(&ann, body).await.expect(400).json()["error"], text);
        }
        remove(&server.anon(), "{}").await.expect(401);
    }
}

#[tokio::test]
async fn preferences_can_be_read_as_they_were_chosen() {
    for contract in CONTRACTS {
        let server = Setup::new().contract(contract).start().await;
        let ann = server.user("ann").await;
        let read = async || get(&ann, "users.getPreferences").await["preferences"].take();
        assert_eq!(read().await, json!({"language": "en"}));
        let data = json!({"data": {"clockMode": 2, "hideRoles": true}});
        ann.post("users.setPreferences", data).await.expect(200);
        let chosen = json!({"clockMode": 2, "hideRoles": true, "language": "en"});
        assert_eq!(read().await, chosen);
        let own = format!("users.getPreferences?userId={}", ann.id());
        assert_eq!(get(&ann, &own).await["preferences"], chosen);
        ann.get("users.getPreferences?x=1").await.expect(400);
    }
}
