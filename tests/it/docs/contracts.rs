//! The table of the two contracts in docs/compatibility.md: each case is sent to create and update
//! under both, and compared with its cell.

use crate::support::page::{Page, spans};
use crate::support::{Client, Reply, Setup};
use doorsign::config::Contract;
use serde_json::{Value, json};

const CREATE: &str = "custom-user-status.create";
const UPDATE: &str = "custom-user-status.update";
const JSON: &str = "application/json";

/// The body of a request, and the variant of its case.
struct Sent {
    variant: &'static str,
    content_type: &'static str,
    body: String,
}

fn json(variant: &'static str, body: &Value) -> Sent {
    Sent {
        variant,
        content_type: JSON,
        body: body.to_string(),
    }
}

/// The bodies for a case. Their names are not in use, except for `taken`.
fn bodies(case: &str) -> Vec<Sent> {
    match case {
        "`name` absent or null" => vec![
            json("absent", &json!({"statusType": "busy"})),
            json("null", &json!({"name": null, "statusType": "busy"})),
        ],
        "`statusType` absent, null or `\"\"`" => vec![
            json("absent", &json!({"name": "a"})),
            json("null", &json!({"name": "b", "statusType": null})),
            json("empty", &json!({"name": "c", "statusType": ""})),
        ],
        "unknown keys" => vec![json(
            "",
            &json!({"name": "d", "statusType": "busy", "key": 1}),
        )],
        "a number or boolean instead of a string" => vec![
            json("number", &json!({"name": 5, "statusType": "busy"})),
            json("boolean", &json!({"name": true, "statusType": "busy"})),
        ],
        "malformed JSON, or a body that is not JSON" => vec![
            Sent {
                variant: "malformed",
                content_type: JSON,
                body: "{\"name\":\n!".to_owned(),
            },
            Sent {
                variant: "not JSON",
                content_type: "text/plain",
                body: "{}".to_owned(),
            },
        ],
        "a bad type together with a name in use" => {
            vec![json("", &json!({"name": "taken", "statusType": "bad"}))]
        }
        other => panic!("unknown case: {other}"),
    }
}

/// The part of a cell for a variant. `absent: this; null: that` has a part for each variant; other
/// cells are the same for all.
fn part<'a>(cell: &'a str, variant: &str) -> &'a str {
    let own = |part: &'a str| part.strip_prefix(variant)?.strip_prefix(": ");
    cell.split("; ").find_map(own).unwrap_or(cell)
}

/// An administrator who sends requests to one route, and the response of that route to an empty
/// object.
struct Sender {
    admin: Client,
    route: &'static str,
    to_nothing: Value,
    id: Value,
}

impl Sender {
    async fn send(&self, sent: &Sent) -> Reply {
        let mut body = sent.body.clone();
        if let (UPDATE, Ok(Value::Object(mut fields))) = (self.route, serde_json::from_str(&body)) {
            fields.insert("_id".to_owned(), self.id.clone());
            body = Value::Object(fields).to_string();
        }
        self.admin
            .post_raw(self.route, sent.content_type, body)
            .await
    }

    fn check(&self, cell: &str, sent: &Sent, reply: Reply) {
        let answer = reply.json();
        let error = answer["error"].as_str().unwrap_or_default();
        let status = &answer["customUserStatus"];
        let name = || serde_json::from_str::<Value>(&sent.body).unwrap()["name"].clone();
        let right = match part(cell, sent.variant) {
            "ignored" => status["name"] == name(),
            "converted to a string" => status["name"] == *name().to_string(),
            "accepted and stored as `\"\"`; an update clears it" => status["statusType"] == "",
            "treated as `{}`" => reply.error_of_rocket_chat() == self.to_nothing,
            "reports the type" => answer["details"]["field"] == "StatusType",
            "reports the name" => error.contains("name is already in use"),
            "400 with the position of the error or the expected content type" => {
                let expected = if sent.variant == "malformed" {
                    "line 2 column 1"
                } else {
                    JSON
                };
                reply.status == 400 && error.contains(expected)
            }
            text => match spans(text)[..] {
                [text] => reply.status == 400 && error.contains(text),
                _ => panic!("unknown cell: {text}"),
            },
        };
        let (route, text) = (self.route, reply.text());
        assert!(
            right,
            "{route} {}: {cell}, but it is\n{} {text}",
            sent.body, reply.status
        );
    }
}

/// A server with `contract` and two statuses: one whose name is in use, and one to update.
async fn sender(contract: Contract, route: &'static str) -> (crate::support::TestServer, Sender) {
    let server = Setup::new().contract(contract).start().await;
    let admin = server.admin().await;
    let mut id = Value::Null;
    for name in ["taken", "other"] {
        let body = json!({"name": name, "statusType": "busy"});
        let made = admin.post(CREATE, body).await.expect(200).json();
        id = made["customUserStatus"]["_id"].clone();
    }
    let to_nothing = admin.post(route, json!({})).await.expect(400);
    let to_nothing = to_nothing.error_of_rocket_chat();
    (
        server,
        Sender {
            admin,
            route,
            to_nothing,
            id,
        },
    )
}

/// The rows of the table, which has a column for each contract.
fn contracts() -> Vec<Vec<String>> {
    Page::of("compatibility").table("case | `documented` (default)")
}

#[tokio::test]
async fn create_and_update_match_each_cell_of_the_table_of_contracts() {
    let rows = contracts();
    for (column, contract) in [(1, Contract::Documented), (2, Contract::Server)] {
        for route in [CREATE, UPDATE] {
            let (_server, sender) = sender(contract, route).await;
            for row in &rows {
                for sent in bodies(&row[0]) {
                    sender.check(&row[column], &sent, sender.send(&sent).await);
                }
            }
        }
    }
    assert_eq!(rows.len(), 6);
}
